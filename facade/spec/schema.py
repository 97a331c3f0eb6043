"""Schemas: what OpenAPI says of a value becomes JSON Schema 2020-12 that stands alone."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import jsonschema_rs

from facade.model.action import Schema
from facade.spec.document import Document, escape
from facade.spec.expansion import Edge, Expansion
from facade.spec.keyword import ABSENT, PLAIN, is_number, is_of
from facade.spec.reference import References, name_of

MAX_DEPTH = 50
"""Schemas within one another; deeper ones allow anything. Validators bound their own depth."""
MAX_DEFINITIONS = 2_000
"""Of one bundle, the nearest first; farther ones allow anything."""
MAX_PATTERN = 2_000
"""Characters of a regular expression."""

ANNOTATIONS = frozenset({"title", "description", "default", "examples", "deprecated"})
COMPOSED = frozenset({"$ref", "allOf", "anyOf", "oneOf", "not", "if", "const"})
"""The keywords that may refuse null whatever `type` says."""


class Direction(StrEnum):
    """Which way a value goes, named by what a schema says of properties that never do."""

    REQUEST = "readOnly"
    RESPONSE = "writeOnly"


class Place(StrEnum):
    """How a schema within another is applied."""

    SAME = "same"
    """To the same value, always."""
    BRANCH = "branch"
    """To the same value, perhaps."""
    CHILD = "child"
    """To a part of the value."""


PLACES: Mapping[str, Place] = MappingProxyType(
    {
        "items": Place.CHILD,
        "additionalProperties": Place.CHILD,
        "contains": Place.CHILD,
        "propertyNames": Place.CHILD,
        "unevaluatedItems": Place.CHILD,
        "unevaluatedProperties": Place.CHILD,
        "not": Place.BRANCH,
        "if": Place.BRANCH,
        "then": Place.BRANCH,
        "else": Place.BRANCH,
        "allOf": Place.SAME,
        "anyOf": Place.BRANCH,
        "oneOf": Place.BRANCH,
        "prefixItems": Place.CHILD,
        "properties": Place.CHILD,
        "patternProperties": Place.CHILD,
        "dependentSchemas": Place.BRANCH,
    }
)
"""The keywords that hold schemas."""
LISTS = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
MAPS = frozenset({"properties", "patternProperties", "dependentSchemas"})
STRICT_IF_OPEN = frozenset({"not", "if", "contains"})
"""They would refuse, or ask for more, if their schema allowed anything."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A schema whose references still point to definitions that it does not hold."""

    schema: Schema
    references: tuple[str, ...] = ()
    """The JSON pointers of those definitions."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a schema stands while it is converted."""

    owner: str
    """The pointer of the definition that it is a part of."""
    pointer: str
    direction: Direction
    references: dict[str, None]
    """The definitions that the owner refers to, in order: filled in passing."""
    place: Place = Place.SAME
    hidden: frozenset[str] = frozenset()
    """The properties that never go this way, by the schemas around for the same value."""
    depth: int = 0

    def within(self, token: str, place: Place) -> "Spot":
        """The place of a schema within this one."""
        pointer, depth = f"{self.pointer}/{token}", self.depth + 1
        if place is Place.CHILD:
            return replace(
                self, pointer=pointer, depth=depth, place=Place.CHILD, hidden=frozenset()
            )
        same = place is Place.SAME or self.place is Place.CHILD
        return replace(self, pointer=pointer, depth=depth, place=self.place if same else place)


class Schemas:
    """Converts a document's schemas, each one once, when it is first asked for.

    Whatever comes out compiles as Draft 2020-12. A keyword whose value is broken
    is left out, a reference that leads nowhere allows anything, and what would
    refuse because of it is left out too. A property that never goes in the
    direction asked for is not required.
    """

    def __init__(self, document: Document) -> None:
        self._references = References(document)
        self._expansion = Expansion(self._references.edges)
        self._pieces: dict[tuple[str, Direction], Piece] = {}
        self._patterns: dict[str, bool] = {}

    def bundle(self, pointer: str, direction: Direction) -> Schema:
        """The schema at a JSON pointer, with all that it refers to under `$defs`."""
        return self.close(self.piece(pointer, direction), direction)

    def close(self, piece: Piece, direction: Direction) -> Schema:
        """Gives a piece the definitions that it needs, and those that they need."""
        if isinstance(piece.schema, bool) or not piece.references:
            return piece.schema
        definitions: dict[str, Schema] = {}
        waiting = list(piece.references)
        for pointer in waiting:
            name = name_of(pointer)
            if name in definitions:
                continue
            if len(definitions) >= MAX_DEFINITIONS:
                definitions[name] = True
                continue
            found = self._definition(pointer, direction)
            definitions[name] = found.schema
            waiting.extend(found.references)
        return {**piece.schema, "$defs": definitions}

    def piece(self, pointer: str, direction: Direction) -> Piece:
        """The schema at a JSON pointer; one that is but a reference becomes what it means."""
        node = self._references.node(pointer)
        if not isinstance(node, Mapping) or "$ref" not in node:
            return self._definition(pointer, direction)
        siblings = self._references.beside(node)
        target = self._references.target(node["$ref"], pointer)
        if target is None or self._expansion.heavy(target) or siblings.keys() - ANNOTATIONS:
            return self._definition(pointer, direction)
        found = self._definition(target, direction)
        notes = _plain(siblings)
        if isinstance(found.schema, bool) or not notes:
            return found
        return replace(found, schema={**found.schema, **notes})

    def parts(self, pointer: str) -> dict[str, Mapping[str, Any]]:
        """The document's schemas that a value always has to satisfy together, by pointer."""
        return self._references.parts(pointer)

    def hidden(self, pointer: str, direction: Direction) -> frozenset[str]:
        """The properties of the object at a pointer that never go in a direction."""
        return frozenset(
            name
            for at, part in self.parts(pointer).items()
            for name, each in _mapping(part.get("properties")).items()
            if self._is_hidden(each, f"{at}/properties/{escape(name)}", direction)
        )

    def _is_hidden(self, node: Any, pointer: str, direction: Direction) -> bool:
        if not isinstance(node, Mapping):
            return False
        if node.get(direction.value) is True:
            return True
        target = self._references.target(node.get("$ref"), pointer)
        return bool(target) and _mapping(self._references.node(target or "")).get(direction) is True

    def _definition(self, pointer: str, direction: Direction) -> Piece:
        known = self._pieces.get((pointer, direction))
        if known is None:
            spot = Spot(pointer, pointer, direction, {})
            schema = self._convert(self._references.node(pointer), spot)
            known = Piece(schema, tuple(spot.references))
            self._pieces[pointer, direction] = known
        return known

    def _convert(self, node: Any, spot: Spot) -> Schema:
        if isinstance(node, bool):
            return node
        if not isinstance(node, Mapping) or spot.depth > MAX_DEPTH:
            return True
        link = self._link(node["$ref"], spot) if isinstance(node.get("$ref"), str) else None
        beside = self._references.beside(node)
        if link is not None and not beside:
            return link or True
        return _nullable(beside, {**(link or {}), **self._keywords(beside, spot)})

    def _link(self, reference: str, spot: Spot) -> dict[str, Any]:
        """A reference to a definition; empty where it means anything."""
        target = self._references.target(reference, spot.pointer)
        if target is None or self._expansion.heavy(target):
            return {}
        edge = Edge(target, spot.place is Place.BRANCH)
        if spot.place is not Place.CHILD and self._expansion.circular(spot.owner, edge):
            return {}
        spot.references[target] = None
        return {"$ref": f"#/$defs/{name_of(target)}"}

    def _keywords(self, node: Mapping[str, Any], spot: Spot) -> dict[str, Any]:
        if not node.keys().isdisjoint({"properties", "allOf"}):
            hidden = self.hidden(spot.pointer, spot.direction)
            spot = replace(spot, hidden=spot.hidden | hidden)
        found = {key: self._keyword(key, value, spot) for key, value in node.items()}
        kept = {key: value for key, value in found.items() if value is not ABSENT}
        _mend_bounds(node, kept)
        _mend_enum(kept)
        _mend_patterns(node, kept)
        _mend_required(spot.hidden, kept)
        _mend_discriminated(node, kept)
        return kept

    def _keyword(self, key: str, value: Any, spot: Spot) -> Any:
        if key in PLAIN:
            return PLAIN[key](value)
        if key in LISTS:
            return self._several(key, value, spot)
        if key in MAPS:
            return self._named(key, value, spot)
        if key in PLACES:
            return self._single(key, value, spot)
        if key == "pattern" and self._runs(value):
            return value
        return ABSENT

    def _single(self, key: str, value: Any, spot: Spot) -> Any:
        if not isinstance(value, Mapping | bool):
            return ABSENT
        schema = self._convert(value, spot.within(key, PLACES[key]))
        return ABSENT if schema is True and key in STRICT_IF_OPEN else schema

    def _several(self, key: str, value: Any, spot: Spot) -> Any:
        if not isinstance(value, list):
            return ABSENT
        spots = (spot.within(f"{key}/{index}", PLACES[key]) for index in range(len(value)))
        schemas = [self._convert(*each) for each in zip(value, spots, strict=True)]
        if key == "allOf":
            schemas = [schema for schema in schemas if schema is not True]
        elif key != "prefixItems" and any(schema is True for schema in schemas):
            return ABSENT
        return schemas or ABSENT

    def _named(self, key: str, value: Any, spot: Spot) -> Any:
        if not isinstance(value, Mapping):
            return ABSENT
        return {
            name: self._convert(each, spot.within(f"{key}/{escape(name)}", PLACES[key]))
            for name, each in value.items()
            if key != "patternProperties" or self._runs(name)
        }

    def _runs(self, pattern: Any) -> bool:
        """Whether a regular expression is one that runs in linear time."""
        if not isinstance(pattern, str) or len(pattern) > MAX_PATTERN:
            return False
        if pattern not in self._patterns:
            self._patterns[pattern] = _compiles({"pattern": pattern})
        return self._patterns[pattern]


def validator(schema: Schema) -> jsonschema_rs.Draft202012Validator:
    """Compiles a schema; regular expressions run in linear time."""
    return jsonschema_rs.Draft202012Validator(
        schema if isinstance(schema, bool) else dict(schema),
        pattern_options=jsonschema_rs.RegexOptions(),
    )


def _compiles(schema: Schema) -> bool:
    try:
        validator(schema)
    except ValueError:
        return False
    return True


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _plain(node: Mapping[str, Any]) -> dict[str, Any]:
    found = {key: PLAIN[key](value) for key, value in node.items()}
    return {key: value for key, value in found.items() if value is not ABSENT}


def _mend_bounds(node: Mapping[str, Any], kept: dict[str, Any]) -> None:
    """An exclusive bound is a number, or `true` beside the bound before OpenAPI 3.1."""
    for exclusive, bound in (
        ("exclusiveMinimum", "minimum"),
        ("exclusiveMaximum", "maximum"),
    ):
        value = node.get(exclusive)
        if is_number(value):
            kept[exclusive] = value
        elif value is True and bound in kept:
            kept[exclusive] = kept.pop(bound)


def _mend_enum(kept: dict[str, Any]) -> None:
    """An enum of another type than the value's (YAML's `[1, 2]` for a string) would allow none."""
    choices, types = kept.get("enum"), kept.get("type")
    if choices and types and not any(is_of(choice, types) for choice in choices):
        del kept["enum"]


def _mend_patterns(node: Mapping[str, Any], kept: dict[str, Any]) -> None:
    """Names that only a pattern allows stay allowed where the pattern cannot run."""
    if len(kept.get("patternProperties", ())) < len(_mapping(node.get("patternProperties"))):
        kept.pop("additionalProperties", None)
        kept.pop("unevaluatedProperties", None)


def _mend_required(hidden: frozenset[str], kept: dict[str, Any]) -> None:
    if "required" in kept:
        kept["required"] = [name for name in kept["required"] if name not in hidden]
        if not kept["required"]:
            del kept["required"]


def _mend_discriminated(node: Mapping[str, Any], kept: dict[str, Any]) -> None:
    """A discriminator, not `oneOf`, says which one is meant where several fit."""
    if "discriminator" in node and "oneOf" in kept and "anyOf" not in kept:
        kept["anyOf"] = kept.pop("oneOf")


def _nullable(node: Mapping[str, Any], kept: dict[str, Any]) -> dict[str, Any]:
    """Null is allowed beside the type, by the keyword of OpenAPI 3.0 or its forerunner."""
    if node.get("nullable") is not True and node.get("x-nullable") is not True:
        return kept
    if not kept.keys().isdisjoint(COMPOSED):
        notes = {key: value for key, value in kept.items() if key in ANNOTATIONS}
        rest = {key: value for key, value in kept.items() if key not in ANNOTATIONS}
        return {**notes, "anyOf": [rest, {"type": "null"}]}
    if "type" in kept:
        types = [kept["type"]] if isinstance(kept["type"], str) else kept["type"]
        kept["type"] = list(dict.fromkeys([*types, "null"]))
    if "enum" in kept and None not in kept["enum"]:
        kept["enum"] = [*kept["enum"], None]
    return kept
