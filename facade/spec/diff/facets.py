"""Facets: what single keywords ask of a value, and whether one asks no more than another."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from facade.model.formats import RANGES
from facade.spec.diff.pair import Pair
from facade.spec.diff.phrase import length_in, listed, range_in, types_in
from facade.spec.diff.proof import Holds, Prover
from facade.spec.shapes.shape import Shape


class Facet(NamedTuple):
    """One way in which a value can be narrowed or widened."""

    holds: Callable[[Shape, Shape, Prover], Holds]
    """Whether all of the first shape is in the second, as far as this facet sees."""
    said: Callable[[Pair], str]
    """How a pair differs, as a sentence."""


def _holds(answer: object) -> Holds:
    return Holds.YES if answer else Holds.NO


def _types(narrow: Shape, wide: Shape, _: Prover) -> Holds:
    return _holds(narrow.types <= wide.types)


def _null(narrow: Shape, wide: Shape, _: Prover) -> Holds:
    return _holds(wide.null or not narrow.null)


def _values(narrow: Shape, wide: Shape, _: Prover) -> Holds:
    if wide.values is None:
        return Holds.YES
    if narrow.values is None:
        both = narrow.types == frozenset({"boolean"}) and wide.values.keys() >= {"true", "false"}
        return _holds(both)
    return _holds(narrow.values.keys() <= wide.values.keys())


def _range(narrow: Shape, wide: Shape, _: Prover) -> Holds:
    low = wide.lower is None or (narrow.lower is not None and narrow.lower >= wide.lower)
    high = wide.upper is None or (
        narrow.upper is not None
        and (narrow.upper[0], not narrow.upper[1]) <= (wide.upper[0], not wide.upper[1])
    )
    steps = all(
        any(not each % step for each in narrow.multiples)
        or (step.numerator == 1 and "number" not in narrow.types)
        for step in wide.multiples
    )
    return _holds(low and high and steps)


def _length(narrow: Shape, wide: Shape, _: Prover) -> Holds:
    least = all(narrow.least.get(key, 0) >= value for key, value in wide.least.items())
    most = all(key in narrow.most and narrow.most[key] <= value for key, value in wide.most.items())
    return _holds(least and most and (narrow.unique or not wide.unique))


def _pattern(narrow: Shape, wide: Shape, prover: Prover) -> Holds:
    missing = wide.patterns - narrow.patterns
    if not missing or "string" not in narrow.types:
        return Holds.YES
    if not narrow.patterns:
        return Holds.NO
    return prover.covers(_patterned(wide), _patterned(narrow))


def _patterned(shape: Shape) -> dict[str, object]:
    return {"type": "string", "allOf": [{"pattern": each} for each in sorted(shape.patterns)]}


def _format(narrow: Shape, wide: Shape, _: Prover) -> Holds:
    return _holds(all(any(_within(one, other) for one in narrow.formats) for other in wide.formats))


def _within(narrow: str, wide: str) -> bool:
    """Whether what is of one format is of another: int32 is of int64."""
    if narrow == wide:
        return True
    if narrow not in RANGES or wide not in RANGES or ("int" in wide) > ("int" in narrow):
        return False
    return RANGES[wide][0] <= RANGES[narrow][0] and RANGES[narrow][1] <= RANGES[wide][1]


def _said_null(pair: Pair) -> str:
    if pair.new.null:
        return f"{pair.name} {'takes' if pair.sent else 'may be'} null now"
    return f"{pair.name} {'does not take' if pair.sent else 'is not'} null any more"


def _said_values(pair: Pair) -> str:
    old, new = pair.old.values, pair.new.values
    if old is None or new is None:
        words = "any value" if new is None else f"only {listed(_texts(new))}"
        return f"{pair.name} {'takes' if pair.sent else 'may be'} {words} now"
    gone = [str(old[key]) for key in old if key not in new]
    come = [str(new[key]) for key in new if key not in old]
    lost = f"{'does not take' if pair.sent else 'is not'} {listed(gone)} any more" if gone else ""
    won = f"{'takes' if pair.sent else 'may be'} {listed(come)} now" if come else ""
    return f"{pair.name} {' and '.join(filter(None, (lost, won)))}"


def _texts(values: Mapping[str, object]) -> list[str]:
    return [str(each) for each in values.values()]


def _pattern_in(shape: Shape) -> str:
    return listed(list(shape.patterns)) if shape.patterns else "any"


def _format_in(shape: Shape) -> str:
    return listed(list(shape.formats)) if shape.formats else "any"


def _was(word: str, said: Callable[[Shape], str]) -> Callable[[Pair], str]:
    """What it is now and what it was."""

    def sentence(pair: Pair) -> str:
        return f"the {word} of {pair.name} is {said(pair.new)} now; it was {said(pair.old)}"

    return sentence


TABLE: Final[Mapping[str, Facet]] = MappingProxyType(
    {
        "type": Facet(_types, _was("type", types_in)),
        "null": Facet(_null, _said_null),
        "values": Facet(_values, _said_values),
        "range": Facet(_range, _was("range", range_in)),
        "length": Facet(_length, _was("length", length_in)),
        "pattern": Facet(_pattern, _was("pattern", _pattern_in)),
        "format": Facet(_format, _was("format", _format_in)),
    }
)
"""By the word that the rules have for it, in the order in which they are looked at."""
