"""Names that tell nothing of what they are of, and are of nothing else."""

import pytest

from facade.sealing import KEY, Seal

SEAL = Seal([bytes(KEY)])


@pytest.mark.parametrize("parts", [("a",), ("a", b"b"), ("a", "", "\ud800", "é")])
def test_what_is_named_under_some_parts_has_the_name_of_all(parts: tuple[str | bytes, ...]) -> None:
    for cut in range(len(parts) + 1):
        assert SEAL.namer.under(*parts[:cut]).name(*parts[cut:]) == SEAL.name(*parts)


def test_no_two_lists_of_parts_and_no_two_keys_have_one_name() -> None:
    lists = [(), ("",), ("a",), ("ab",), ("a", "b"), ("a", "b", ""), ("1:a",), ("a1:b",)]
    rings = (SEAL, SEAL.derived("cache"), Seal([b"k" * KEY]))
    assert len({ring.name(*each) for ring in rings for each in lists}) == len(rings) * len(lists)
