"""The choice of a discriminator in words of JSON Schema 2020-12."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from facade.model.action import Schema
from facade.spec.text.numbers import dumps, number_of

UNCLEAR = -1
"""A value that is named but means no single one of the schemas."""


@dataclass(slots=True, kw_only=True)
class Meanings:
    """What the values of a discriminator's property mean: positions in a list of schemas."""

    name: str
    """Of the property."""
    positions: dict[str, int] = field(default_factory=dict)
    """By value, as JSON writes it."""
    shown: dict[str, int] = field(default_factory=dict)
    """Of those values, the ones that a caller should use."""
    default: int | None = None
    """What is meant where nothing is said, or nothing that is named (OAS 3.2)."""
    complete: bool = False
    """Whether a value that is not named can mean nothing."""

    def map(self, value: str, spellings: list[Any], position: int | None) -> None:
        """Adds what a mapping says; without a position it leads nowhere."""
        for each in spellings:
            self.positions[dumps(each)] = UNCLEAR if position is None else position
        if position is not None:
            self.shown[value] = position

    def is_mapped(self, position: int) -> bool:
        """Whether a mapping names a schema."""
        return position in self.shown.values()

    def name_all(self, names: Sequence[Sequence[Any]]) -> None:
        """Adds names of each schema; one of several is unclear, a known one keeps its meaning."""
        found: dict[str, int] = {}
        for position, each in enumerate(names):
            for text in map(dumps, each):
                found[text] = position if found.get(text, position) == position else UNCLEAR
        self.positions = {**found, **self.positions}

    def show(self, *names: Sequence[Sequence[Any]]) -> None:
        """Chooses what to show of schemas without mapping: the first kind of names they have."""
        mapped = set(self.shown.values())
        for position in range(len(names[0])):
            kinds = ([each for each in kind[position] if isinstance(each, str)] for kind in names)
            clear = ([each for each in kind if self.at(each) == position] for kind in kinds)
            best = next(filter(None, clear), []) if position not in mapped else []
            self.shown.update(dict.fromkeys(best, position))

    def at(self, value: Any) -> int | None:
        """The position that a value means."""
        return self.positions.get(dumps(value))

    @property
    def named(self) -> list[Any]:
        """The values that mean one of the schemas."""
        return [_value(text) for text, at in self.positions.items() if at != UNCLEAR]

    def of(self, position: int) -> list[Any]:
        """The values that mean a schema."""
        return [_value(text) for text, at in self.positions.items() if at == position]


def _value(text: str) -> Any:
    return json.loads(text, parse_float=number_of)


def choose(found: Meanings, schemas: Sequence[Schema], otherwise: Schema) -> dict[str, Any]:
    """The rule that applies to a value the schema that it means, and no other.

    `otherwise` goes for what says nothing, or something unclear.
    """
    meant = {position: found.of(position) for position in sorted({*found.positions.values()})}
    meant.pop(UNCLEAR, None)
    if not meant:
        return {} if otherwise is True else {"allOf": [otherwise]}
    ways = [
        {"if": {"properties": {found.name: _one_of(values)}}, "then": schemas[position]}
        for position, values in meant.items()
    ]
    rule = {
        "if": _says(found.name, _one_of(found.named)),
        "then": {"allOf": ways} if len(ways) > 1 else ways[0]["then"],
    }
    rest = _rest(found, schemas, otherwise)
    return rule if rest is True else {**rule, "else": rest}


def _rest(found: Meanings, schemas: Sequence[Schema], otherwise: Schema) -> Schema:
    """What goes for a value that names nothing, or nothing clearly."""
    if found.default is not None:
        return {"if": {"type": "object"}, "then": schemas[found.default], "else": otherwise}
    if not found.complete:
        return otherwise
    unclear = found.of(UNCLEAR)
    stray = _says(found.name, {"not": _one_of(unclear)} if unclear else True)
    allowed = {"properties": {found.name: {"enum": [*found.shown] or found.named}}}
    return {"if": stray, "then": allowed, "else": otherwise}


def _says(name: str, value: Schema) -> dict[str, Any]:
    said = {} if value is True else {"properties": {name: value}}
    return {"type": "object", "required": [name], **said}


def _one_of(values: list[Any]) -> dict[str, Any]:
    return {"const": values[0]} if len(values) == 1 else {"enum": values}
