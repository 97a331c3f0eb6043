"""Numbers as the ledger keeps them: packed, joined with others, read off a service."""

import pytest

from facade.catalog.numbering import joined, needed, used
from facade.model.typed import METHODS, TYPES, Kept, Numbers
from facade.spec.typed.numbers import numbered
from facade.stores.kept_numbers import KeptNumbers
from tests.typed import PET, PETS

OWN: Numbers = {"a": {"x": Kept(1, "x"), "y": Kept(3, "y")}, TYPES: {"a": Kept(0, "A")}}


def test_a_service_is_numbered_again_by_the_numbers_that_it_has() -> None:
    settled, _ = numbered(PETS, {PET: {"gone": Kept(7, "gone")}})
    known = used(settled)
    again, after = numbered(PETS, known)
    assert again == settled
    assert after is known
    assert min(each.number for each in known[PET].values()) == 8
    assert known[METHODS].keys() == {each.key for each in PETS.methods}


@pytest.mark.parametrize(
    ("carried", "found"),
    [
        ({}, OWN),
        ({"a": {"x": Kept(9, "other")}}, OWN),
        ({"a": {"z": Kept(3, "z")}}, OWN),
        ({"a": {"z": Kept(2, "z")}}, {**OWN, "a": {**OWN["a"], "z": Kept(2, "z")}}),
        ({"b": {"x": Kept(1, "x")}}, {**OWN, "b": {"x": Kept(1, "x")}}),
        ({TYPES: {"b": Kept(0, "B")}}, {**OWN, TYPES: {**OWN[TYPES], "b": Kept(0, "B")}}),
    ],
)
def test_what_comes_along_takes_what_is_free(carried: Numbers, found: Numbers) -> None:
    assert joined(OWN, carried) == found


def test_of_what_comes_along_only_that_is_kept_which_the_service_has() -> None:
    settled, _ = numbered(PETS, {})
    known = used(settled)
    junk: Numbers = {"/nowhere": {"x": Kept(1, "x")}, PET: {"no such:text": Kept(99, "junk")}}
    carried = {**known, **junk, PET: {**known[PET], **junk[PET]}}
    assert needed(carried, PETS) == known


def test_equal_numbers_have_one_digest_in_whatever_order() -> None:
    turned = {scope: dict([*OWN[scope].items()][::-1]) for scope in [*OWN][::-1]}
    assert KeptNumbers.pack(turned) == KeptNumbers.pack(OWN)
    assert KeptNumbers.pack(OWN).unpack() == OWN
    assert KeptNumbers.pack({}) == KeptNumbers()
    assert KeptNumbers().unpack() == {}
