"""Schemas: what OpenAPI says of a value becomes JSON Schema 2020-12 that stands alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

import jsonschema_rs

from facade.model.action import Schema
from facade.spec.document import Document, escape
from facade.spec.schemas.applicator import (
    EVALUATING,
    LISTS,
    MAPS,
    PLACES,
    STRICT_IF_WEAK,
    Entry,
    Place,
    entries,
)
from facade.spec.schemas.choice import Meanings, choose
from facade.spec.schemas.dialect import METASCHEMA
from facade.spec.schemas.discriminator import ALTERNATIVES, Discriminators, told
from facade.spec.schemas.expansion import Expansion
from facade.spec.schemas.keyword import ABSENT, PLAIN
from facade.spec.schemas.mend import ANNOTATIONS, allow_null, mend, require_only, take_closure
from facade.spec.schemas.pattern import linear
from facade.spec.schemas.reference import KEYWORDS, References
from facade.spec.schemas.site import Edge, Site

MAX_DEPTH = 50
"""Schemas within one another; deeper ones allow anything. Validators bound their own depth."""
MAX_DEFINITIONS = 2_000
"""Of one bundle, the nearest first; farther ones allow anything."""


class Direction(StrEnum):
    """Which way a value goes, named by what a schema says of properties that never do."""

    REQUEST = "readOnly"
    RESPONSE = "writeOnly"


@dataclass(frozen=True, slots=True)
class Piece:
    """A schema whose references still point to definitions that it does not hold."""

    schema: Schema
    references: Mapping[str, Site] = field(default_factory=dict)
    """Those definitions, by name."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a schema stands while it is converted."""

    owner: Site
    """The definition that it is a part of."""
    here: Site
    direction: Direction
    references: dict[str, Site]
    """The definitions that the owner refers to, by name: filled in passing."""
    doubts: list[str]
    """The pointers of what came out allowing more than the document says: filled in passing."""
    place: Place = Place.SAME
    hidden: frozenset[str] = frozenset()
    """The properties that never go this way, by the schemas around for the same value."""
    member: bool = False
    """Whether it is one of an `allOf`."""
    depth: int = 0

    def doubt(self) -> Any:
        """Notes that something cannot be said, and stands for it."""
        self.doubts.append(self.here.pointer)
        return ABSENT


class Schemas:
    """Converts a document's schemas, each one once, when it is first asked for.

    Whatever comes out compiles as Draft 2020-12. A keyword whose value is broken
    is left out, a reference that leads nowhere allows anything, and what would
    refuse because of it is left out too. A property that never goes in the
    direction asked for is not required.
    """

    def __init__(self, document: Document) -> None:
        self._references = References(document)
        self._discriminators = Discriminators(self._references)
        self._expansion = Expansion(self._discriminators.edges)
        self._pieces: dict[tuple[Site, Direction], Piece] = {}
        self._patterns: dict[str, str | None] = {}

    @property
    def references(self) -> References:
        """What follows the document's references, for others who read its schemas."""
        return self._references

    def bundle(self, pointer: str, direction: Direction) -> Schema:
        """The schema at a JSON pointer, with all that it refers to under `$defs`."""
        return self.close(self.piece(pointer, direction), direction)

    def close(self, piece: Piece, direction: Direction) -> Schema:
        """Gives a piece the definitions that it needs, and those that they need."""
        if isinstance(piece.schema, bool) or not piece.references:
            return piece.schema
        definitions: dict[str, Schema] = {}
        waiting = list(piece.references.items())
        for name, site in waiting:
            if name in definitions:
                continue
            if len(definitions) >= MAX_DEFINITIONS:
                definitions[name] = True
                continue
            found = self._definition(site, direction)
            definitions[name] = found.schema
            waiting.extend(found.references.items())
        return {**piece.schema, "$defs": definitions}

    def piece(self, pointer: str, direction: Direction) -> Piece:
        """The schema at a JSON pointer; one that is but a reference becomes what it means."""
        site = self._references.enter(pointer)
        node = self._references.node(pointer)
        if not isinstance(node, Mapping) or "$ref" not in node:
            return self._definition(site, direction)
        notes = self._beside(node, pointer)
        targets = self._references.targets(node, site)
        target = targets.get("$ref")
        if target is None or self._expansion.heavy(target) or notes.keys() - ANNOTATIONS:
            return self._definition(site, direction)
        if len(targets) > 1:
            return self._definition(site, direction)
        found = self._definition(target, direction)
        notes = _plain(notes)
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
        if "$ref" not in node:
            return False
        targets = self._references.targets(node, self._references.enter(pointer))
        found = (self._references.node(each.pointer) for each in targets.values() if each)
        return any(_mapping(each).get(direction.value) is True for each in found)

    def _beside(self, node: Mapping[str, Any], pointer: str) -> dict[str, Any]:
        beside = self._references.beside(node, pointer)
        return {
            key: each
            for key, each in beside.items()
            if not (key in KEYWORDS and isinstance(each, str))
        }

    def _definition(self, site: Site, direction: Direction) -> Piece:
        known = self._pieces.get((site, direction))
        if known is None:
            spot = Spot(site, site, direction, {}, [])
            schema = self._convert(self._references.node(site.pointer), spot)
            known = Piece(schema, spot.references)
            self._pieces[site, direction] = known
        return known

    def _within(self, spot: Spot, token: str, place: Place) -> Spot:
        """The place of a schema within another."""
        here = self._references.enter(f"{spot.here.pointer}/{token}", spot.here.scope)
        member = token.startswith("allOf/")
        deeper = replace(spot, here=here, member=member, depth=spot.depth + 1)
        if place is Place.CHILD:
            return replace(deeper, place=Place.CHILD, hidden=frozenset())
        same = place is Place.SAME or spot.place is Place.CHILD
        return deeper if same else replace(deeper, place=place)

    def _convert(self, node: Any, spot: Spot) -> Schema:
        if isinstance(node, bool):
            return node
        if not isinstance(node, Mapping) or spot.depth > MAX_DEPTH:
            spot.doubt()
            return True
        before = len(spot.doubts)
        targets = self._references.targets(node, spot.here)
        found = (self._link(node[key], each, spot) for key, each in targets.items())
        links = [link for link in found if link]
        opened = len(spot.doubts) > before
        beside = self._beside(node, spot.here.pointer)
        if targets and not beside and len(links) < 2:
            return links[0] if links else True
        kept = self._keywords(beside, spot, opened=opened)
        for link in links:
            if "$ref" in kept:
                kept["allOf"] = [*kept.get("allOf", ()), link]
            else:
                kept = {**link, **kept}
        return allow_null(beside, kept)

    def _link(self, written: str, target: Site | None, spot: Spot) -> dict[str, Any] | None:
        """A reference to a definition; None where it means anything."""
        if target is None and written.removesuffix("#") == METASCHEMA:
            return {"$ref": written}
        end = target
        if target is not None and spot.place is not Place.CHILD:
            end = self._expansion.end(spot.owner, Edge(target, spot.place is Place.BRANCH))
        if end is None or self._expansion.heavy(end):
            spot.doubt()
            return None
        if spot.member and self._references.is_closed(end.pointer):
            end = end._replace(open=True)
        name = end.name
        spot.references[name] = end
        return {"$ref": f"#/$defs/{name}"}

    def _keywords(self, node: Mapping[str, Any], spot: Spot, *, opened: bool) -> dict[str, Any]:
        if not node.keys().isdisjoint({"properties", "allOf"}):
            hidden = self.hidden(spot.here.pointer, spot.direction)
            spot = replace(spot, hidden=spot.hidden | hidden)
        kept: dict[str, Any] = {}
        for entry in entries(node):
            before = len(spot.doubts)
            value = self._keyword(entry, spot)
            weak = len(spot.doubts) > before
            opened = opened or (weak and entry.key in EVALUATING)
            if weak and entry.key == "oneOf":
                kept.update({} if value is ABSENT or "anyOf" in node else {"anyOf": value})
            elif value is not ABSENT:
                kept[entry.key] = value
        if opened:
            kept.pop("unevaluatedProperties", None)
            kept.pop("unevaluatedItems", None)
        asked = kept.get("required"), kept.get("enum")
        self._close_together(node, kept, spot, opened=opened)
        mend(node, kept, spot.hidden)
        if spot.place is Place.BRANCH and (kept.get("required"), kept.get("enum")) != asked:
            spot.doubt()
        self._discriminate(node, kept, spot)
        return kept

    def _keyword(self, entry: Entry, spot: Spot) -> Any:
        key, value = entry.key, entry.value
        if key in PLAIN:
            found = PLAIN[key](value)
            return spot.doubt() if found is ABSENT and key not in ANNOTATIONS else found
        if key in LISTS:
            return self._several(entry, spot)
        if key in MAPS:
            return self._named(entry, spot)
        if key in PLACES:
            return self._single(entry, spot)
        if key == "pattern":
            return self._pattern(value) or spot.doubt()
        return ABSENT

    def _single(self, entry: Entry, spot: Spot) -> Any:
        if not isinstance(entry.value, Mapping | bool):
            return spot.doubt()
        before = len(spot.doubts)
        within = self._within(spot, entry.token, PLACES[entry.key])
        schema = self._convert(entry.value, within)
        weak = len(spot.doubts) > before
        return ABSENT if weak and entry.key in STRICT_IF_WEAK else schema

    def _several(self, entry: Entry, spot: Spot) -> Any:
        key = entry.key
        if not isinstance(entry.value, list):
            return spot.doubt()
        schemas = []
        for index, each in enumerate(entry.value):
            before = len(spot.doubts)
            within = self._within(spot, f"{entry.token}/{index}", PLACES[key])
            schema = self._convert(each, within)
            if schema is True and len(spot.doubts) > before and key in ALTERNATIVES:
                return ABSENT
            schemas.append(schema)
        if key == "allOf":
            schemas = [schema for schema in schemas if schema is not True]
        return schemas or ABSENT

    def _named(self, entry: Entry, spot: Spot) -> Any:
        key = entry.key
        if not isinstance(entry.value, Mapping):
            return spot.doubt()
        found: dict[str, Schema] = {}
        for name, each in entry.value.items():
            label = self._pattern(name) if key == "patternProperties" else name
            if label is None:
                spot.doubt()
                continue
            within = self._within(spot, f"{entry.token}/{escape(name)}", PLACES[key])
            found[label] = self._convert(each, within)
        return found

    def _pattern(self, pattern: Any) -> str | None:
        """A regular expression as it runs in linear time, or None."""
        if not isinstance(pattern, str):
            return None
        if pattern not in self._patterns:
            self._patterns[pattern] = linear(pattern)
        return self._patterns[pattern]

    def _close_together(
        self, node: Mapping[str, Any], kept: dict[str, Any], spot: Spot, *, opened: bool
    ) -> None:
        """What a part of an `allOf` does not know, another may; what none knows, is unknown."""
        here = spot.here.pointer
        member = spot.member or (spot.owner.open and here == spot.owner.pointer)
        if not (member or "allOf" in node) or not self._references.is_closed(here):
            return
        if kept.get("additionalProperties") is False:
            del kept["additionalProperties"]
            require_only(self._references.named(here), kept)
        whole = self._references.is_whole(here) and self._references.is_fillable(here)
        if not member and not opened and whole:
            kept["unevaluatedProperties"] = False

    def _discriminate(self, node: Mapping[str, Any], kept: dict[str, Any], spot: Spot) -> None:
        """Applies the schema that the discriminator's property means, in place of any that fits."""
        apart = told(node)
        if apart is None:
            return
        key = next((each for each in ALTERNATIVES if each in kept), "")
        if key:
            here = f"{spot.here.pointer}/{key if key in node else 'oneOf'}"
            schemas = kept.pop(key)
            pointers = [f"{here}/{index}" for index in range(len(schemas))]
            found = self._discriminators.meanings(apart, spot.here, pointers)
            rule = choose(found, schemas, {"anyOf": schemas})
            if "type" not in kept and self._discriminators.are_objects(pointers):
                kept["type"] = "object"
        else:
            heirs = {} if spot.owner.base or spot.here != spot.owner.plain else self._heirs(spot)
            found = self._discriminators.meanings(apart, spot.here, [*heirs])
            found.complete = False
            schemas = [*heirs.values()]
            rule = choose(found, schemas, take_closure(kept) if heirs else True)
        _mark(kept, found, schemas)
        if kept.keys().isdisjoint({"if", "then", "else"}):
            kept.update(rule)
        else:
            kept["allOf"] = [*kept.get("allOf", ()), rule]

    def _heirs(self, spot: Spot) -> dict[str, Schema]:
        """References to the definitions of the schemas that inherit, by pointer."""
        found: dict[str, Schema] = {}
        for each in self._discriminators.heirs(spot.here):
            end = self._expansion.end(spot.owner, Edge(each, branch=True))
            if end is not None and not self._expansion.heavy(end):
                spot.references[end.name] = end
                found[each.pointer] = {"$ref": f"#/$defs/{end.name}"}
        return found


def validator(schema: Schema) -> jsonschema_rs.Draft202012Validator:
    """Compiles a schema; regular expressions run in linear time."""
    return jsonschema_rs.Draft202012Validator(
        schema if isinstance(schema, bool) else dict(schema),
        pattern_options=jsonschema_rs.RegexOptions(),
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _mark(kept: dict[str, Any], found: Meanings, schemas: list[Schema]) -> None:
    """Keeps what each value means, for those who read the schema."""
    links = {
        value: link["$ref"]
        for value, position in found.shown.items()
        if isinstance(link := schemas[position], Mapping) and "$ref" in link
    }
    if links:
        kept["discriminator"] = {"propertyName": found.name, "mapping": links}


def _plain(node: Mapping[str, Any]) -> dict[str, Any]:
    found = {key: PLAIN[key](value) for key, value in node.items()}
    return {key: value for key, value in found.items() if value is not ABSENT}
