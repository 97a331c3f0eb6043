"""Shape: what all schemas that speak of one value say of it together, without their order."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, TypeAlias

from facade.spec.schemas.keyword import is_number
from facade.spec.shapes.choices import Branch, Choice

Value: TypeAlias = tuple[str, ...]
"""The pointers of the schemas that a value satisfies together; none: it is any value."""

ALL: Final = frozenset({"null", "boolean", "object", "array", "number", "integer", "string"})
NUMBER: Final = frozenset({"number", "integer"})
LEAST: Final = ("minLength", "minItems", "minProperties")
MOST: Final = ("maxLength", "maxItems", "maxProperties")
OWNER: Final[Mapping[str, frozenset[str]]] = {
    "Length": frozenset({"string"}),
    "Items": frozenset({"array"}),
    "Properties": frozenset({"object"}),
}
"""The type that a length is of."""
HARMLESS: Final = frozenset({"password", "string", "number", "integer", "boolean", "html"})
"""Formats that ask nothing of a value beyond its type."""


@dataclass(slots=True, kw_only=True)
class Shape:
    """What is asked of one value: filled part by part, then only read."""

    at: str = ""
    """The pointer by which findings call it."""
    types: frozenset[str] = ALL
    """Without null; `number` stands beside `integer`."""
    null: bool = True
    values: dict[str, Any] | None = None
    """Of `enum` and `const`, without null, by their JSON."""
    least: dict[str, Fraction] = field(default_factory=dict)
    """Lower limits of lengths, by keyword."""
    most: dict[str, Fraction] = field(default_factory=dict)
    lower: tuple[Fraction, bool] | None = None
    """The least number, and whether it is itself excluded."""
    upper: tuple[Fraction, bool] | None = None
    multiples: frozenset[Fraction] = frozenset()
    unique: bool = False
    patterns: frozenset[str] = frozenset()
    formats: frozenset[str] = frozenset()
    encodings: frozenset[str] = frozenset()
    """How texts stand for bytes."""
    properties: dict[str, Value] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    """Where the properties are declared."""
    required: frozenset[str] = frozenset()
    closed: bool = False
    """Whether there are no properties but those that are declared."""
    extra: Value = ()
    """What is asked of properties that are not declared."""
    open: bool = False
    """Whether it says itself that there may be any such."""
    patterned: list[Value] = field(default_factory=list)
    """What is asked of properties by the patterns of their names."""
    items: Value = ()
    prefix: list[Value] = field(default_factory=list)
    choices: list[Choice] = field(default_factory=list)
    alone: list[Branch] = field(default_factory=list)
    """Alternatives to which there is no other: the value is asked for them with all else."""
    rest: list[tuple[str, str]] = field(default_factory=list)
    """What only logic compares: the pointer of a part, and the JSON of its keywords."""
    default: str = ""
    """As JSON; empty where there is none."""
    deprecated: bool = False
    object_like: bool = False
    """Whether it speaks of properties; what has no type is then meant to be an object."""
    array_like: bool = False

    def settle(self) -> None:
        """Sets right what the parts mean only together."""
        if self.object_like != self.array_like and self.types == ALL - {"null"}:
            self.types = frozenset({"object" if self.object_like else "array"})
            self.null = False
        if self.values is not None:
            kept = {key: each for key, each in self.values.items() if type_of(each) & self.types}
            self.values = kept
            self.types &= frozenset().union(*map(type_of, kept.values()))
        for limits in (self.least, self.most):
            for key in [each for each in limits if not OWNER[each[3:]] & self.types]:
                del limits[key]
        self.least = {key: value for key, value in self.least.items() if value}
        if not self.types & NUMBER:
            self.lower = self.upper = None
            self.multiples = frozenset()


def type_of(value: Any) -> frozenset[str]:
    """The types that a JSON value is of."""
    if is_number(value):
        return NUMBER if value == int(value) else frozenset({"number"})
    kinds = ((bool, "boolean"), (str, "string"), (list, "array"), (Mapping, "object"))
    return frozenset(name for kind, name in kinds if isinstance(value, kind))


def canonical(value: Any) -> str:
    """A value as JSON that is equal where the values are; 1.0 is 1."""
    if is_number(value) and value == int(value):
        return str(int(value))
    return json.dumps(_plain(value), sort_keys=True, ensure_ascii=False, default=str)


def _plain(value: Any) -> Any:
    """The same value with doubles for the decimals that equal them."""
    if isinstance(value, Decimal):
        near = float(value)
        return near if Decimal(repr(near)) == value else value.normalize()
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return {key: _plain(each) for key, each in value.items()} if type(value) is dict else value


def bounds(part: Mapping[str, Any], side: str) -> Iterator[tuple[Fraction, bool]]:
    """The limits of a number on one side, `Minimum` or `Maximum`, of every edition."""
    plain, exclusive = part.get(side.lower()), part.get(f"exclusive{side}")
    if is_number(plain):
        yield exact(plain), exclusive is True
    if is_number(exclusive):
        yield exact(exclusive), True


def exact(number: Any) -> Fraction:
    """A number as it is written."""
    return Fraction(str(number))
