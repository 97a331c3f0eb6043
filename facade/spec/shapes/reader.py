"""Reader: the shapes of one document's values, each made once."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from typing import Any, Final

from facade.spec.document import OBJECT, Document, escape
from facade.spec.schemas.applicator import entries
from facade.spec.schemas.discriminator import ALTERNATIVES, NULLABLE
from facade.spec.schemas.keyword import enum_values, is_number, is_of, types
from facade.spec.schemas.reference import KEYWORDS
from facade.spec.schemas.schema import Direction, Schemas
from facade.spec.shapes.choices import Choices, is_null
from facade.spec.shapes.shape import (
    ALL,
    HARMLESS,
    LEAST,
    MOST,
    NUMBER,
    Shape,
    Value,
    bounds,
    canonical,
    exact,
)

MAX_DEPTH: Final = 100
"""Schemas within one another that are looked through for the types of one value."""
ANY: Final = ALL - {"null"}
COMPOSED: Final = frozenset({*KEYWORDS, *ALTERNATIVES, "allOf"})
SAID: Final = frozenset(
    {"type", "format", "title", "description", "example", "examples", "readOnly", "writeOnly"}
    | frozenset(NULLABLE)
)
"""What a plain schema says: its type, and what does not matter to a shape."""
SCALARS: Final = frozenset(
    {NUMBER, *(frozenset({each}) for each in ("integer", "string", "boolean"))}
)
LOGIC: Final = frozenset(
    {"not", "if", "then", "else", "contains", "minContains", "maxContains", "propertyNames"}
    | {"patternProperties", "dependentRequired", "dependentSchemas", "unevaluatedItems"}
    | {"contentEncoding", "contentMediaType", "contentSchema"}
)
"""Keywords that only logic compares."""


class Reader:
    """Reads what a document asks of its values."""

    def __init__(self, document: Document, schemas: Schemas | None = None) -> None:
        """Takes the document, and what follows its references where that is there already."""
        self.document = document
        self.schemas = schemas or Schemas(document)
        self._references = self.schemas.references
        self._choices = Choices(self._references)
        self._shapes: dict[tuple[Value, str], Shape] = {}
        self._depth = 0
        self._nulls: dict[str, bool] = {}
        self._types: dict[str, frozenset[str]] = {}
        self._scalars: dict[str, Shape | None] = {}

    def value(self, *pointers: str) -> Value:
        """A value by its schemas, each where it stands in the end, so that equals are equal."""
        if len(pointers) == 1 and pointers[0]:
            return (self._choices.end(pointers[0]),)
        return tuple(dict.fromkeys(self._choices.end(each) for each in pointers if each))

    def shape(self, value: Value, direction: Direction | None) -> Shape:
        """What is asked of a value that goes in a direction; None: in any, with all it may hold."""
        key = (value, direction.value if direction else "")
        if key not in self._shapes:
            self._shapes[key] = self._read(value, direction)
        return self._shapes[key]

    def scalar(self, pointer: str) -> Shape | None:
        """What is asked of a text, a number or a truth by a schema that says all of it itself.

        None where it does not. Most schemas of a document are such, and most say little more than
        their type: these have one shape together. So none says where it stands.
        """
        node = self._references.node(pointer)
        if not isinstance(node, OBJECT) or not COMPOSED.isdisjoint(node):
            return None
        if node.get("type") in ("object", "array"):
            return None
        if not SAID.issuperset(node):
            return _scalar(node)
        said = f"{node.get('type')} {node.get('format')} {[node.get(each) for each in NULLABLE]}"
        if said not in self._scalars:
            self._scalars[said] = _scalar(node)
        return self._scalars[said]

    def takes_null(self, pointer: str) -> bool:
        """Whether the schema at a pointer allows null; a circle does not forbid it."""
        if pointer not in self._nulls and self._depth < MAX_DEPTH:
            self._nulls[pointer] = True
            with self._deeper():
                self._nulls[pointer] = self._takes_null(pointer)
        return self._nulls.get(pointer, True)

    def types(self, pointer: str) -> frozenset[str]:
        """The types but null that the schema at a pointer allows."""
        if pointer not in self._types and self._depth < MAX_DEPTH:
            self._types[pointer] = ANY
            with self._deeper():
                self._types[pointer] = self._all_types(pointer)
        return self._types.get(pointer, ANY)

    @contextmanager
    def _deeper(self) -> Iterator[None]:
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1

    def _takes_null(self, pointer: str) -> bool:
        node = self._references.node(pointer)
        if not isinstance(node, Mapping):
            return node is not False
        beside = self._references.beside(node, pointer)
        if any(beside.get(each) is True for each in NULLABLE):
            return True
        if not _allows_null(beside):
            return False
        found = self._references.targets(node, self._references.enter(pointer)).values()
        always = [each.pointer for each in found if each] + _members(beside, pointer, "allOf")
        perhaps = [_members(beside, pointer, key) for key in ALTERNATIVES]
        return all(map(self.takes_null, always)) and all(
            any(map(self.takes_null, branches)) for branches in perhaps if branches
        )

    def _all_types(self, pointer: str) -> frozenset[str]:
        if self._references.node(pointer) is False:
            return frozenset()
        found = ANY
        for at, part in self._references.parts(pointer).items():
            found &= _types(part)
            for key in ALTERNATIVES:
                branches = _members(part, at, key)
                kept = [each for each in branches if not is_null(self._references.node(each))]
                if kept:
                    found &= frozenset().union(*map(self.types, kept))
        return found

    def _read(self, value: Value, direction: Direction | None) -> Shape:
        shape = Shape(at=value[0] if value else "", types=ANY)
        waiting = list(value)
        read: set[str] = set()
        hidden: frozenset[str] = frozenset()
        for pointer in waiting:
            parts = self._references.parts(pointer)
            if direction:
                hidden |= self.schemas.hidden(pointer, direction)
            shape.types &= self.types(pointer)
            for at, part in parts.items():
                if at not in read:
                    read.add(at)
                    waiting.extend(self._add(shape, at, part, owner=at in value))
        shape.null = all(map(self.takes_null, value))
        for name in hidden:
            shape.properties.pop(name, None)
        shape.required -= hidden
        shape.settle()
        return shape

    def _add(self, shape: Shape, at: str, part: Mapping[str, Any], *, owner: bool) -> list[str]:
        """Adds one part to a shape; answers the alternatives that are none, being alone."""
        _add_plain(shape, part)
        _add_numbers(shape, part)
        self._add_object(shape, at, part)
        self._add_array(shape, at, part)
        logic = {each.key: each.value for each in entries(part) if each.key in LOGIC}
        if _is_misplaced(part):
            logic["enum"] = part["enum"]
        if logic:
            shape.rest.append((at, canonical(logic)))
        alone = []
        for choice in self._choices.of(at, part, owner=owner):
            if len(choice.branches) == 1 and not choice.property:
                shape.alone.append(choice.branches[0])
                alone.append(choice.branches[0].pointer)
            elif choice.branches:
                shape.choices.append(choice)
        return alone

    def _add_object(self, shape: Shape, at: str, part: Mapping[str, Any]) -> None:
        named = part.get("properties")
        for name in named if isinstance(named, Mapping) else ():
            place = f"{at}/properties/{escape(str(name))}"
            own = self.value(place)
            shape.places.setdefault(name, place)
            shape.properties[name] = (*shape.properties.get(name, ()), *own)
        required = part.get("required")
        if isinstance(required, list):
            shape.required |= {each for each in required if isinstance(each, str)}
        self._add_undeclared(shape, at, part)
        if isinstance(named, Mapping) or isinstance(part.get("additionalProperties"), Mapping):
            shape.object_like = True

    def _add_undeclared(self, shape: Shape, at: str, part: Mapping[str, Any]) -> None:
        for key in ("additionalProperties", "unevaluatedProperties"):
            if part.get(key) is False:
                shape.closed = True
            elif isinstance(part.get(key), Mapping) and part[key]:
                shape.extra = (*shape.extra, *self.value(f"{at}/{key}"))
            elif key in part:
                shape.open = shape.open or part[key] in (True, {})
        patterns = part.get("patternProperties")
        for pattern in patterns if isinstance(patterns, Mapping) else ():
            own = self.value(f"{at}/patternProperties/{escape(str(pattern))}")
            shape.patterned.append(own)

    def _add_array(self, shape: Shape, at: str, part: Mapping[str, Any]) -> None:
        for entry in entries(part):
            if entry.key == "items" and isinstance(entry.value, Mapping | bool):
                shape.items = (*shape.items, *self.value(f"{at}/{entry.token}"))
                shape.array_like = True
            elif entry.key == "prefixItems" and isinstance(entry.value, list):
                for index in range(len(entry.value)):
                    if index >= len(shape.prefix):
                        shape.prefix.append(())
                    own = self.value(f"{at}/{entry.token}/{index}")
                    shape.prefix[index] = (*shape.prefix[index], *own)


def _scalar(node: Mapping[str, Any]) -> Shape | None:
    named = _types(node)
    if named not in SCALARS:
        return None
    shape = Shape(types=named)
    _add_plain(shape, node)
    if shape.types & NUMBER:
        _add_numbers(shape, node)
    shape.null = any(node.get(each) is True for each in NULLABLE) or _allows_null(node)
    shape.settle()
    return shape if shape.types else None


def _add_plain(shape: Shape, part: Mapping[str, Any]) -> None:
    listed = part.get("enum")
    values = None
    if isinstance(listed, list) and listed:
        values = enum_values(listed, types(part.get("type")))
    if "const" in part:
        values = [part["const"]]
    if values is not None and not _is_misplaced(part):
        own = {canonical(each): each for each in values if each is not None}
        known = shape.values
        shape.values = own if known is None else {key: known[key] for key in known if key in own}
    pattern, said = part.get("pattern"), part.get("format")
    if isinstance(pattern, str):
        shape.patterns |= {pattern}
    if isinstance(said, str) and said not in HARMLESS:
        shape.formats |= {said}
    if isinstance(part.get("contentEncoding"), str):
        shape.encodings |= {part["contentEncoding"].lower()}
    if "default" in part:
        shape.default = shape.default or canonical(part["default"])
    shape.deprecated = shape.deprecated or part.get("deprecated") is True


def _is_misplaced(part: Mapping[str, Any]) -> bool:
    """Whether the listed values are none that the schema's own type has: of an array, its items."""
    said, listed = types(part.get("type")), part.get("enum")
    if not isinstance(said, str | list) or not isinstance(listed, list) or not listed:
        return False
    return not any(is_of(each, said) for each in listed)


def _add_numbers(shape: Shape, part: Mapping[str, Any]) -> None:
    for low in bounds(part, "Minimum"):
        shape.lower = low if shape.lower is None else max(shape.lower, low)
    for high in bounds(part, "Maximum"):
        known = shape.upper
        tighter = known is None or (high[0], not high[1]) < (known[0], not known[1])
        shape.upper = high if tighter else known
    step = part.get("multipleOf")
    if is_number(step) and step > 0:
        shape.multiples |= {exact(step)}
    for key in LEAST:
        if is_number(part.get(key)):
            shape.least[key] = max(shape.least.get(key, Fraction(0)), exact(part[key]))
    for key in MOST:
        if is_number(part.get(key)):
            shape.most[key] = min(shape.most.get(key, exact(part[key])), exact(part[key]))
    shape.unique = shape.unique or part.get("uniqueItems") is True


def _members(node: Mapping[str, Any], pointer: str, key: str) -> list[str]:
    listed = node.get(key)
    count = len(listed) if isinstance(listed, list) else 0
    return [f"{pointer}/{key}/{index}" for index in range(count)]


def _allows_null(node: Mapping[str, Any]) -> bool:
    said = types(node.get("type"))
    listed = node.get("enum")
    typed = "null" in said if isinstance(said, list) else said == "null"
    free = not isinstance(said, str | list)
    enumerated = not isinstance(listed, list) or not listed or None in listed
    fixed = "const" not in node or node["const"] is None
    return (typed or free) and enumerated and fixed


def _types(part: Mapping[str, Any]) -> frozenset[str]:
    said = types(part.get("type"))
    if not isinstance(said, str | list):
        return ANY
    named = frozenset({said} if isinstance(said, str) else said) - {"null"}
    return named | NUMBER if "number" in named else named
