"""Known: what can be said of a value before it is there, from its schema."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

MAX_DEPTH: Final = 32
"""References and compositions that are followed one into another; below, anything may be."""
MAX_EITHER: Final = 16
"""Of which one value may be one; of more, nothing is known."""

_NO_TYPES: Final[frozenset[str]] = frozenset()


class Known(Protocol):
    """What is known of a value before a flow runs."""

    @property
    def types(self) -> frozenset[str]:
        """JSON's types that it may have, by JSON Schema's names; empty: every one."""

    @property
    def names(self) -> tuple[str, ...]:
        """The fields that are known by name."""

    def field(self, name: str) -> "Known | None":
        """Gives what is known of a field; None where it is certainly not there."""

    def items(self) -> "Known":
        """Gives what is known of the items of a list."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Known, said out: by whoever puts values together."""

    types: frozenset[str] = _NO_TYPES
    fields: Mapping[str, Known] = field(default_factory=dict)
    rest: Known | None = None
    """What fields are that `fields` has not; None: there are no others."""
    item: Known | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The fields that are known by name."""
        return tuple(self.fields)

    def field(self, name: str) -> Known | None:
        """Gives what is known of a field; None where it is certainly not there."""
        return self.fields.get(name, self.rest)

    def items(self) -> Known:
        """Gives what is known of the items of a list."""
        return self.item or ANYTHING


class _Anything:
    """Of which nothing is known."""

    types = _NO_TYPES
    names: tuple[str, ...] = ()

    def field(self, name: str) -> Known:
        """Gives anything."""
        del name
        return self

    def items(self) -> Known:
        """Gives anything."""
        return self


ANYTHING: Final[Known] = _Anything()
"""A value of which nothing is known."""


def scalar(*types: str) -> Known:
    """Gives a value that has no fields."""
    return Shape(types=frozenset(types))


def list_of(item: Known) -> Known:
    """Gives a list whose items are alike."""
    return Shape(types=frozenset({"array"}), item=item)


def object_of(fields: Mapping[str, Known], rest: Known | None = None) -> Known:
    """Gives an object by its fields; without `rest` it has no others."""
    return Shape(types=frozenset({"object"}), fields=fields, rest=rest)


def either(first: Known, second: Known) -> Known:
    """Gives a value that is one of two: it has the fields of both."""
    return _one_of((first, second)) or ANYTHING


@dataclass(frozen=True, slots=True)
class _Either:
    """One of several: what any of them has may be there."""

    several: tuple[Known, ...]

    @property
    def types(self) -> frozenset[str]:
        """The types of all of them."""
        every = [each.types for each in self.several]
        return frozenset().union(*every) if all(every) else _NO_TYPES

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all of them."""
        return tuple(dict.fromkeys(name for each in self.several for name in each.names))

    def field(self, name: str) -> Known | None:
        """Gives what any of them knows of a field; None where none has it."""
        return _one_of([each.field(name) for each in self.several])

    def items(self) -> Known:
        """Gives what any of them knows of its items."""
        may_be = [each for each in self.several if not each.types or "array" in each.types]
        return _one_of([each.items() for each in may_be]) or ANYTHING


def _one_of(several: Iterable[Known | None]) -> Known | None:
    """One of those that are; None where none is."""
    there: dict[int, Known] = {}
    for each in several:
        there |= {id(one): one for one in _leaves(each)}
    if ANYTHING in there.values() or len(there) > MAX_EITHER:
        return ANYTHING
    leaves = tuple(there.values())
    return _Either(leaves) if len(leaves) > 1 else next(iter(leaves), None)


def _leaves(known: Known | None) -> tuple[Known, ...]:
    """What a value may be, one by one."""
    if known is None:
        return ()
    return known.several if isinstance(known, _Either) else (known,)


def known_of(schema: Mapping[str, Any]) -> Known:
    """Gives what a JSON Schema (2020-12) says of a value.

    An object that names properties has no others, unless `additionalProperties` or
    `patternProperties` say that it does: a schema that keeps silent describes what there is.
    """
    return _of(schema, schema, MAX_DEPTH)


def _of(schema: object, root: Mapping[str, Any], depth: int) -> Known:
    """What a schema below a root says."""
    if not isinstance(schema, Mapping) or not schema or depth <= 0:
        return ANYTHING
    if isinstance(schema.get("$ref"), str):
        return _of(_target(schema["$ref"], root), root, depth - 1)
    for word in ("anyOf", "oneOf"):
        if isinstance(schema.get(word), list):
            own = {key: value for key, value in schema.items() if key != word}
            each = [_of(_merged([own, one], root, depth), root, depth - 1) for one in schema[word]]
            return _one_of(each) or ANYTHING
    if isinstance(schema.get("allOf"), list):
        own = {key: value for key, value in schema.items() if key != "allOf"}
        return _of(_merged([own, *schema["allOf"]], root, depth), root, depth - 1)
    return _Schema(schema, root, depth)


def _target(reference: str, root: Mapping[str, Any]) -> object:
    """What a reference within the document leads to; None where it leads out of it, or nowhere."""
    at: object = root if reference.startswith("#") else None
    for word in reference.removeprefix("#").split("/")[1:]:
        name = word.replace("~1", "/").replace("~0", "~")
        at = at.get(name) if isinstance(at, Mapping) else None
    return at


def _merged(several: list[Any], root: Mapping[str, Any], depth: int) -> Mapping[str, Any]:
    """Schemas that hold together as one; fields of all of them, open where any is open."""
    made: dict[str, Any] = {}
    for each in several:
        one = each
        for _ in range(depth):
            if not isinstance(one, Mapping) or not isinstance(one.get("$ref"), str):
                break
            one = _target(one["$ref"], root)
        if not isinstance(one, Mapping):
            continue
        properties = {**made.get("properties", {}), **one.get("properties", {})}
        below = [*made.get("allOf", []), *one.get("allOf", [])]
        made = {**made, **one}
        made |= {"properties": properties} if properties else {}
        made |= {"allOf": below} if below else {}
    return made


class _Schema:
    """What one plain schema says, looked into as far as is asked."""

    __slots__ = ("_depth", "_root", "_schema")

    def __init__(self, schema: Mapping[str, Any], root: Mapping[str, Any], depth: int) -> None:
        self._schema = schema
        self._root = root
        self._depth = depth

    @property
    def types(self) -> frozenset[str]:
        """As `type` says, or as the properties do."""
        said = self._schema.get("type")
        found = {said} if isinstance(said, str) else set(said or ())
        if not found and "properties" in self._schema:
            found = {"object"}
        if found and self._schema.get("nullable") is True:
            found.add("null")
        return frozenset(found)

    @property
    def names(self) -> tuple[str, ...]:
        """The properties."""
        return tuple(self._properties)

    @property
    def _properties(self) -> Mapping[str, Any]:
        said = self._schema.get("properties")
        return said if isinstance(said, Mapping) else {}

    def field(self, name: str) -> Known | None:
        """Gives a property; anything in an object that is open."""
        if self.types and "object" not in self.types:
            return None
        if name in self._properties:
            return self._below(self._properties[name])
        more = self._schema.get("additionalProperties")
        if isinstance(more, Mapping):
            return self._below(more)
        is_open = more is True or "patternProperties" in self._schema or not self._properties
        return ANYTHING if more is not False and is_open else None

    def items(self) -> Known:
        """Gives what `items` says."""
        return self._below(self._schema.get("items"))

    def _below(self, schema: object) -> Known:
        return _of(schema, self._root, self._depth - 1)
