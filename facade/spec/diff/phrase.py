"""Phrases: what values are called in the sentences of findings."""

from collections.abc import Iterator
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any, Final

from facade.spec.document import Document, unescape
from facade.spec.shapes.shape import ALL, NUMBER, Shape

MAX_TEXT = 60
MAX_LISTED = 5
_EXACT: Final = Context(prec=100)
"""Limits are decimals that were written: that many digits are all that one has."""

PLACES: Final = {
    "items": "an item of {}",
    "prefixItems": "an item of {}",
    "itemSchema": "an item of {}",
    "additionalProperties": "a further property of {}",
    "unevaluatedProperties": "a further property of {}",
    "requestBody": "the body",
    "requestBodies": "the body",
    "responses": "the answer",
}
"""What a keyword of a pointer makes of the name of what it stands in."""


def name_of(pointer: str, document: Document) -> str:
    """What the value is called whose schema stands at a pointer."""
    tokens = [unescape(each) for each in pointer.split("/")[1:]]
    name = "the value"
    if tokens[:2] == ["components", "schemas"] and len(tokens) > 2:
        name, tokens = quoted(tokens[2]), tokens[3:]
    for word, after in _words(tokens):
        if word == "properties":
            name = quoted(after)
        elif word == "parameters":
            name = _parameter(pointer, document)
        else:
            name = PLACES.get(word, "{}").format(name)
    return name


def quoted(text: Any) -> str:
    """A name or value within a sentence, cut where it is long."""
    plain = str(text)
    return f"`{plain if len(plain) <= MAX_TEXT else plain[:MAX_TEXT] + '…'}`"


def listed(texts: Iterator[str] | list[str]) -> str:
    """Several names or values within a sentence; of many the first."""
    found = sorted(texts)
    shown = ", ".join(map(quoted, found[:MAX_LISTED]))
    return shown if len(found) <= MAX_LISTED else f"{shown} and {len(found) - MAX_LISTED} more"


def types_in(shape: Shape) -> str:
    """The types of a value, as people say them."""
    if shape.types == ALL - {"null"}:
        return "any"
    found = shape.types - {"integer"} if shape.types >= NUMBER else shape.types
    return " or ".join(sorted(found)) or ("null" if shape.null else "none")


def range_in(shape: Shape) -> str:
    """The numbers that a value may be."""
    said = []
    if shape.lower is not None:
        said.append(f"{'more than' if shape.lower[1] else 'at least'} {_number(shape.lower[0])}")
    if shape.upper is not None:
        said.append(f"{'less than' if shape.upper[1] else 'at most'} {_number(shape.upper[0])}")
    said += [f"a multiple of {_number(each)}" for each in sorted(shape.multiples)]
    return " and ".join(said) or "without limits"


def length_in(shape: Shape) -> str:
    """The lengths that a value may have."""
    limits = {**shape.least, **shape.most}
    said = [f"{key} {_number(limits[key])}" for key in sorted(limits)]
    said += ["uniqueItems"] if shape.unique else []
    return ", ".join(said) or "without limits"


def _number(number: Fraction) -> str:
    if number.denominator == 1:
        return str(number.numerator)
    return str(_EXACT.divide(Decimal(number.numerator), Decimal(number.denominator)))


def _words(tokens: list[str]) -> Iterator[tuple[str, str]]:
    """The keywords of a pointer with what follows each; a name is never taken for a keyword."""
    names = {"properties", "patternProperties", "dependentSchemas", "content", "paths", "$defs"}
    rest = iter(tokens)
    for token in rest:
        yield token, next(rest, "") if token in names else ""


def _parameter(pointer: str, document: Document) -> str:
    head, _, tail = pointer.partition("/parameters/")
    place = f"{head}/parameters/{tail.partition('/')[0]}"
    try:
        node, _ = document.follow(document.find(place), place)
    except LookupError:
        return "the parameter"
    name = node.get("name") if isinstance(node, dict) else None
    return quoted(name) if isinstance(name, str) else "the parameter"
