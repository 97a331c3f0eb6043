"""Schemas put together and asked: what several of them say of one value."""

import math
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import jsonschema_rs


class Impossible(Exception):
    """No value was found that the schema allows."""


def merge(into: dict[str, Any], schema: Mapping[str, Any]) -> None:
    """Adds what another schema asks of the same value."""
    for key, value in schema.items():
        into[key] = BOTH.get(key, _first)(into[key], value) if key in into else value


def _first(one: Any, _: Any) -> Any:
    """What only describes, or what a validator is left to judge."""
    return one


def _properties(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    both = dict(one)
    for name, each in other.items():
        both[name] = {"allOf": [both[name], each]} if name in both else each
    return both


def _names(one: list[str], other: list[str]) -> list[str]:
    return list(dict.fromkeys([*one, *other]))


def _members(one: list[Any], other: list[Any]) -> list[Any]:
    return [each for each in one if each in other]


def _inner(one: Any, other: Any) -> Any:
    if one is False or other is False:
        return False
    return one if one == other else {"allOf": [one, other]}


def narrowed(one: Any, other: Any) -> list[str]:
    first, second = ([each] if isinstance(each, str) else each for each in (one, other))
    both = [each for each in first if each in second]
    if "integer" in (*first, *second) and "number" in (*first, *second):
        both = [*both, "integer"]
    if not both:
        raise Impossible
    return list(dict.fromkeys(both))


BOTH: Mapping[str, Callable[[Any, Any], Any]] = {
    "properties": _properties,
    "required": _names,
    "enum": _members,
    "type": narrowed,
    "items": _inner,
    "additionalProperties": _inner,
    **dict.fromkeys(("minimum", "minLength", "minItems", "minProperties", "exclusiveMinimum"), max),
    **dict.fromkeys(("maximum", "maxLength", "maxItems", "maxProperties", "exclusiveMaximum"), min),
}
"""What two values of a keyword come to."""


def types_of(schema: Mapping[str, Any]) -> list[str]:
    found = schema.get("type", [])
    return [found] if isinstance(found, str) else list(found)


@cache
def of_type(kind: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator({"type": kind})


def is_of(value: Any, kinds: list[str]) -> bool:
    return any(of_type(kind).is_valid(value) for kind in kinds)


def bounds(schema: Mapping[str, Any], step: int) -> tuple[float, float]:
    """The least and the greatest number; infinite where there is no greatest."""
    low = schema.get("minimum", -math.inf)
    if "exclusiveMinimum" in schema:
        low = max(low, schema["exclusiveMinimum"] + (step or 0.01))
    high = schema.get("maximum", math.inf)
    if "exclusiveMaximum" in schema:
        high = min(high, schema["exclusiveMaximum"] - (step or 0.01))
    if low == -math.inf:
        low = min(0, high - 100) if high < math.inf else 0
    return low, high
