"""Whatever JSON a stream is made of, and wherever it is cut, its items come out as they went in."""

import itertools
import json
from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from facade.model.stream import Element, Framing
from facade.transcode.framing.choice import Decoding
from facade.transcode.framing.decoder import Judge

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
SCALARS = st.none() | st.booleans() | st.integers() | TEXTS
NAMES = st.text('ab"\\/~,]}')
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
INDENTS = st.sampled_from([None, 0, 2])
CUTS = st.lists(st.integers(0, 400), max_size=6)


def pieces(data: bytes, cuts: list[int]) -> Iterator[bytes]:
    borders = [0, *sorted(min(each, len(data)) for each in cuts), len(data)]
    for start, end in itertools.pairwise(borders):
        yield data[start:end]


def elements(framing: Framing, path: tuple[str, ...], data: bytes, cuts: list[int]) -> list[bytes]:
    made = Decoding(framing, path, "", Judge(limit=10_000))
    items = [item for piece in pieces(data, cuts) for item in made.feed(piece)]
    items += made.finish()
    return [item.json for item in items if isinstance(item, Element)]


@given(st.lists(VALUES, max_size=6), INDENTS, CUTS)
def test_the_elements_of_an_array_come_out_as_they_went_in(
    values: list[Any],
    indent: int | None,
    cuts: list[int],
) -> None:
    data = json.dumps(values, indent=indent, ensure_ascii=False).encode()
    found = elements(Framing.ELEMENTS, (), data, cuts)
    assert [json.loads(each) for each in found] == values
    assert all(each in data for each in found)


@given(st.dictionaries(st.text("ab/~"), VALUES, max_size=4), st.lists(VALUES), INDENTS, CUTS)
def test_an_array_is_found_among_any_other_members(
    around: dict[str, Any], values: list[Any], indent: int | None, cuts: list[int]
) -> None:
    whole = {**{key: each for key, each in around.items() if key != "a/"}, "a/": [0, {"b": values}]}
    data = json.dumps({**whole, "z": values}, indent=indent).encode()
    found = elements(Framing.ELEMENTS, ("a/", "1", "b"), data, cuts)
    assert [json.loads(each) for each in found] == values


@given(st.lists(VALUES, max_size=6), st.sampled_from(["\n", "\r\n", "\n\n"]), CUTS)
def test_lines_come_out_as_they_went_in(values: list[Any], end: str, cuts: list[int]) -> None:
    data = end.join(json.dumps(each) for each in values).encode()
    assert [json.loads(each) for each in elements(Framing.LINES, (), data, cuts)] == values


@given(st.lists(VALUES, max_size=6), INDENTS, CUTS)
def test_sequences_come_out_as_they_went_in(
    values: list[Any], indent: int | None, cuts: list[int]
) -> None:
    data = "".join(f"\x1e{json.dumps(each, indent=indent)}\n" for each in values).encode()
    assert [json.loads(each) for each in elements(Framing.SEQUENCE, (), data, cuts)] == values
