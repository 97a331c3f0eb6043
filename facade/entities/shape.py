"""What an entity looks like: its schema, its fields, and where it holds its key; pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from facade.listing.shown import output
from facade.model.action import Action, Schema
from facade.model.entity import EntityType, Verb
from facade.spec.spec import Spec

DEFINITIONS = "#/$defs/"
ALTERNATIVES = ("allOf", "anyOf", "oneOf")
MAX_HOPS = 32
"""References that are followed one after another."""

WORD = re.compile(r"[^a-z0-9]+")
ENDS = ("id", "name", "key", "slug", "uuid", "code", "number")
"""How the names of keys end: `petId` is a pet's `id`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A schema at one place, with the definitions that it refers to."""

    schema: Schema
    definitions: Mapping[str, Schema]

    @property
    def fields(self) -> Mapping[str, "Shape"]:
        """Those that are declared, in any of its parts."""
        return {
            name: Shape(schema=each, definitions=self.definitions)
            for part in self._parts()
            for name, each in _mapping(part.get("properties")).items()
        }

    @property
    def is_closed(self) -> bool:
        """Whether it says that it has no other fields."""
        return any(part.get("additionalProperties") is False for part in self._parts())

    @property
    def types(self) -> frozenset[str]:
        """The JSON types that it names."""
        found: set[str] = set()
        for part in self._parts():
            said = part.get("type")
            found.update([said] if isinstance(said, str) else said or ())
        return frozenset(found)

    def said(self, keyword: str) -> Any:
        """The first value of a keyword; None where it does not stand there."""
        return next((part[keyword] for part in self._parts() if keyword in part), None)

    def items(self) -> "Shape | None":
        """What each item of an array is; None where nothing says that."""
        found = next((part["items"] for part in self._parts() if "items" in part), None)
        return None if found is None else Shape(schema=found, definitions=self.definitions)

    def at(self, path: tuple[str, ...]) -> "Shape | None":
        """What stands at a path of fields; None where that is not declared."""
        shape: Shape | None = self
        for name in path:
            shape = shape.fields.get(name) if shape else None
        return shape

    def alone(self) -> Schema:
        """A schema that stands by itself."""
        if isinstance(self.schema, bool) or not self.definitions:
            return self.schema
        return {**self.schema, "$defs": dict(self.definitions)}

    def _parts(self) -> Iterator[Mapping[str, Any]]:
        """It, what it refers to, and the parts and alternatives that it is made of."""
        waiting: list[tuple[Any, int]] = [(self.schema, 0)]
        while waiting:
            node, hops = waiting.pop(0)
            if not isinstance(node, Mapping) or hops > MAX_HOPS:
                continue
            yield node
            reference = node.get("$ref")
            if isinstance(reference, str) and reference.startswith(DEFINITIONS):
                waiting.append((self.definitions.get(reference[len(DEFINITIONS) :]), hops + 1))
            for word in ALTERNATIVES:
                waiting.extend((each, hops + 1) for each in node.get(word) or ())


NOTHING_KNOWN = Shape(schema=True, definitions={})


def shape_of(schema: Schema) -> Shape:
    """A schema that stands alone."""
    found = schema.get("$defs") if isinstance(schema, Mapping) else None
    plain = schema
    if isinstance(schema, Mapping) and found:
        plain = {key: each for key, each in schema.items() if key != "$defs"}
    return Shape(schema=plain, definitions=_mapping(found))


def shape_in(spec: Spec, kind: EntityType) -> Shape:
    """Of one entity: by what GET answers, else an element of LIST, else the body of CREATE."""
    if Verb.GET in kind.operations:
        found = shape_of(output(spec.action(kind.operations[Verb.GET])))
        if found.fields:
            return found
    if Verb.LIST in kind.operations:
        element = element_of(spec.action(kind.operations[Verb.LIST]))
        if element is not None and element.fields:
            return element
    if Verb.CREATE in kind.operations:
        return body_of(spec.action(kind.operations[Verb.CREATE]))
    return NOTHING_KNOWN


def body_of(action: Action) -> Shape:
    """Of the whole body that an action takes."""
    return shape_of(action.input_schema).at(("body",)) or NOTHING_KNOWN


def items_path(action: Action) -> tuple[str, ...] | None:
    """Where in its answers a LIST has the entities; None: nothing says so."""
    rule = action.paging
    if rule is not None and rule.items is not None:
        return rule.items
    shape = shape_of(output(action))
    if "array" in shape.types or (shape.items() and not shape.fields):
        return ()
    arrays = [name for name, each in shape.fields.items() if "array" in each.types]
    return (arrays[0],) if len(arrays) == 1 else None


def element_of(action: Action) -> Shape | None:
    """Of one entity among those that a LIST answers; None where that is not declared."""
    path = items_path(action)
    found = None if path is None else shape_of(output(action)).at(path)
    return found.items() if found else None


def key_field(kind: EntityType, shape: Shape) -> str:
    """The field in which an entity holds its key; empty where nothing tells.

    What the document says; the one that is called as the variable, whatever its case; `id` for
    `petId`, and so on.
    """
    if kind.key_field:
        return kind.key_field
    plain = {_plain(name): name for name in shape.fields}
    key = _plain(kind.key)
    if key in plain:
        return plain[key]
    return next((plain[end] for end in ENDS if key.endswith(end) and end in plain), "")


def _plain(name: str) -> str:
    return WORD.sub("", name.lower())


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
