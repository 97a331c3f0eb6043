"""Text becomes JSON again: what a schema says of a value tells which value the text is."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import islice
from typing import Any

from facade.transcode.arguments import STRICT
from facade.transcode.body.binary import applied
from facade.transcode.json_text import is_json
from facade.transcode.validation.schema import Check, compile_schema

ALL = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
ARRAY = frozenset({"array", "null"})
OBJECT = frozenset({"object", "null"})
CONTAINERS = frozenset({"array", "object"})
NUMBERS = frozenset({"integer", "number"})
STRING = json.JSONEncoder(ensure_ascii=False)
MAX_NESTED = 32
"""Schemas that a type is sought in, within one another; what is deeper may be anything."""

Fragment = str
"""The JSON of one value, every digit as it stood."""


class Kind:
    """What schemas say of one value, asked for as far as it is needed.

    Several schemas are alternatives: those of a property that is declared in several places.
    """

    def __init__(self, schemas: tuple[Any, ...], root: Any) -> None:
        """Takes the schemas, and the one that holds the definitions that they refer to."""
        self._schemas = schemas
        self._root = root
        self._members: dict[str, Kind] = {}

    @cached_property
    def types(self) -> frozenset[str]:
        """The JSON types that the value may have; all of them where no schema says any.

        What names properties or items and no type means an object or an array.
        """
        found = [types_of(each, self._root) for each in self._schemas]
        said = [each for each in found if each != ALL]
        if said:
            return frozenset().union(*said)
        return OBJECT if self.names else ARRAY if self._listed("items") else ALL

    @cached_property
    def is_single(self) -> bool:
        """Whether it is no array and no object, but more than null."""
        return not self.types & CONTAINERS and not self.types <= OBJECT

    @cached_property
    def names(self) -> Mapping[str, None]:
        """The properties that are declared, in their order."""
        return dict.fromkeys(name for node in self._nodes for name in node.get("properties") or ())

    @cached_property
    def is_open(self) -> bool:
        """Whether there may be other properties: said so, where it need not be an object."""
        said = self._listed("additionalProperties")
        return False not in said and (self.types <= OBJECT or bool(said))

    def member(self, name: str) -> "Kind":
        """What is said of a property: where it is declared, or of those that are not."""
        if name not in self.names:
            return self._rest
        found = self._members.get(name)
        if found is None:
            found = self._members[name] = self._kind(tuple(self._of_member(name)))
        return found

    def item(self, index: int) -> "Kind":
        """What is said of an item, by its position."""
        prefixes = [node.get("prefixItems") or () for node in self._nodes]
        at = tuple(each[index] for each in prefixes if len(each) > index)
        return self._kind(at) if at else self._items

    def fits(self, fragment: Fragment) -> bool:
        """Whether the value is valid."""
        try:
            return self._check.fits(STRICT.decode(fragment))
        except (ValueError, RecursionError):
            return False

    def scalar(self, text: str) -> Fragment:
        """Which value a text is: a number, a boolean or null where it may be one, else a string.

        Where it may be a string as well, it is one unless only the other one is valid. What the
        schema says nothing of is a string.
        """
        types = self.types
        literal = None if types == ALL else _literal(text, types)
        if literal is None:
            return dumps(text)
        if "string" in types and (self.fits(string := dumps(text)) or not self.fits(literal)):
            return string
        return literal

    @cached_property
    def _nodes(self) -> list[Mapping[str, Any]]:
        return [node for each in self._schemas for node in applied(each, self._root)]

    @cached_property
    def _rest(self) -> "Kind":
        return self._kind(self._listed("additionalProperties"))

    @cached_property
    def _items(self) -> "Kind":
        return self._kind(self._listed("items"))

    @cached_property
    def _check(self) -> Check:
        definitions = self._root.get("$defs", {}) if isinstance(self._root, Mapping) else {}
        return compile_schema({"anyOf": list(self._schemas), "$defs": definitions})

    def _kind(self, schemas: tuple[Any, ...]) -> "Kind":
        return Kind(schemas, self._root)

    def _listed(self, keyword: str) -> tuple[Any, ...]:
        return tuple(node[keyword] for node in self._nodes if keyword in node)

    def _of_member(self, name: str) -> Iterator[Any]:
        for node in self._nodes:
            if name in (node.get("properties") or {}):
                yield node["properties"][name]


def kind_of(schema: Any) -> Kind:
    """What a schema that stands alone says."""
    return Kind((schema,), schema)


def types_of(schema: Any, root: Any, depth: int = 0) -> frozenset[str]:
    """The JSON types that a schema allows, as far as keywords that speak of types tell."""
    if not isinstance(schema, Mapping) or depth > MAX_NESTED:
        return ALL
    types = ALL & _named(schema)
    if isinstance(schema.get("$ref"), str):
        types &= types_of(_followed(schema["$ref"], root), root, depth + 1)
    for each in schema.get("allOf") or ():
        types &= types_of(each, root, depth + 1)
    for branches in _branches(schema):
        found = [types_of(each, root, depth + 1) for each in branches]
        types &= frozenset().union(*found)
    return types


def dumps(text: str) -> Fragment:
    """The JSON of a string."""
    return STRING.encode(text)


def array(fragments: list[Fragment]) -> Fragment:
    """The JSON of an array."""
    return f"[{','.join(fragments)}]"


def object_of(members: Mapping[str, Fragment]) -> Fragment:
    """The JSON of an object."""
    listed = [f"{STRING.encode(name)}:{each}" for name, each in members.items()]
    return "{" + ",".join(listed) + "}"


def _followed(reference: str, root: Any) -> Any:
    return next(islice(applied({"$ref": reference}, root), 1, 2), True)


def _branches(schema: Mapping[str, Any]) -> Iterator[list[Any]]:
    """Lists of schemas of which one holds."""
    yield from (schema[key] for key in ("anyOf", "oneOf") if schema.get(key))
    if "if" in schema:
        yield [schema.get("then", True), schema.get("else", True)]


def _named(schema: Mapping[str, Any]) -> frozenset[str]:
    """By `type`, `enum` and `const`: an integer is a number too."""
    types = ALL
    if "type" in schema:
        listed = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        types = frozenset(listed) | ({"integer"} if "number" in listed else frozenset())
    values = schema.get("enum", [schema["const"]] if "const" in schema else None)
    if isinstance(values, list) and values:
        types &= frozenset().union(*(_types_of_value(each) for each in values))
    return types


def _types_of_value(value: Any) -> frozenset[str]:
    for kinds, names in (
        (bool, {"boolean"}),
        (str, {"string"}),
        (list, {"array"}),
        (Mapping, {"object"}),
        (type(None), {"null"}),
    ):
        if isinstance(value, kinds):
            return frozenset(names)
    return NUMBERS


def _literal(text: str, types: frozenset[str]) -> Fragment | None:
    """The text as a value other than a string; None where it is none of those types."""
    if types & NUMBERS and NUMBER.fullmatch(text):
        return text
    if "boolean" in types and text in ("true", "false"):
        return text
    if "null" in types and not text:
        return "null"
    return container(text, types)


def container(text: str, types: frozenset[str]) -> Fragment | None:
    """The text as a JSON array or object; None where it is none, or may not be one."""
    wanted = {"[": "array", "{": "object"}.get(text[:1])
    return text if wanted in types and is_json(text.encode()) else None
