"""Reading: what of a document's schemas decides which type a value becomes."""

from collections.abc import Mapping
from dataclasses import replace
from enum import Enum, auto
from itertools import chain
from typing import Any, Final, NamedTuple

from facade.spec.document import MAX_HOPS, OBJECT
from facade.spec.schemas.discriminator import ALTERNATIVES, NULLABLE
from facade.spec.schemas.mend import ANNOTATIONS
from facade.spec.schemas.reference import KEYWORDS
from facade.spec.schemas.site import COMPONENT
from facade.spec.shapes.choices import Choice, is_null
from facade.spec.shapes.reader import COMPOSED, Reader
from facade.spec.shapes.shape import NUMBER, Shape, Value

MIN_ALTERNATIVES: Final = 2
JSON_TYPES: Final = ("string", "number", "boolean", "object", "array")
"""All but null, in the order in which alternatives are listed."""
SILENT: Final = ANNOTATIONS | {"example", "externalDocs", "xml", "readOnly", "writeOnly", *NULLABLE}
"""Keywords that do not change which type a value becomes."""


class Sort(Enum):
    """How a value becomes a type."""

    NOTHING = auto()
    """No value but null fits."""
    ANY = auto()
    """Nothing is said of it."""
    TOLD = auto()
    """One of several objects, told apart by a discriminator."""
    MIXED = auto()
    """Of one of several JSON types."""
    SINGLE = auto()
    """Of one JSON type."""


class Told(NamedTuple):
    """Alternatives that a discriminator tells apart."""

    property: str
    branches: Mapping[str, Value]
    """By what the discriminator calls them."""
    own: str
    """What it calls the parent of the others; empty where that is none of them."""


class Meant(NamedTuple):
    """What a schema that only describes another one is of."""

    value: Value
    null: bool
    """Whether it adds null to that."""


class Reading:
    """Reads the schemas of a document, each once."""

    def __init__(self, reader: Reader) -> None:
        """Takes what reads shapes."""
        self._reader = reader
        self._references = reader.schemas.references
        self._types: dict[Value, tuple[str, ...]] = {}
        self._told: dict[Value, Told | None] = {}
        self._nulls: dict[Value, bool] = {}
        self._essences: dict[Value, Meant] = {}

    def value(self, pointer: str) -> Value:
        """The value that the schema at a pointer is of."""
        return self._reader.value(pointer)

    def shape(self, value: Value) -> Shape:
        """What is asked of a value, whichever way it goes."""
        return self._reader.shape(value, None)

    def takes_null(self, value: Value) -> bool:
        """Whether a value may be null; what only speaks of properties or items may not."""
        if value not in self._nulls:
            self._nulls[value] = False
            self._nulls[value] = self._takes_null(value)
        return self._nulls[value]

    def essence(self, value: Value) -> Value:
        """The value whose type it has: what only describes another schema, or adds null, is it."""
        return self._meant(value).value

    def choices(self, value: Value) -> list[Choice]:
        """The alternatives of a value, but those that it is itself one of."""
        found = self.shape(value).choices
        return [each for each in found if not any(one.pointer in value for one in each.branches)]

    def json_types(self, value: Value) -> tuple[str, ...]:
        """The JSON types but null that a value may be of."""
        if value not in self._types:
            self._types[value] = JSON_TYPES
            self._types[value] = self._json_types(value)
        return self._types[value]

    def sort(self, value: Value) -> Sort:
        """How a value becomes a type."""
        types = self.json_types(value)
        if not types:
            return Sort.NOTHING
        if self.told(value):
            return Sort.TOLD
        if types == JSON_TYPES and self._is_free(value):
            return Sort.ANY
        return Sort.SINGLE if len(types) == 1 else Sort.MIXED

    def told(self, value: Value) -> Told | None:
        """The alternatives of a value where a discriminator tells them apart."""
        if value not in self._told:
            self._told[value] = self._read_told(value)
        return self._told[value]

    def candidates(self, value: Value, json_type: str) -> list[Value]:
        """The alternatives of a value that may be of a JSON type."""
        pointers = (one.pointer for each in self.choices(value) for one in each.branches)
        found = [(each,) for each in dict.fromkeys(pointers)]
        return [each for each in found if json_type in self.json_types(each)]

    def merged(self, value: Value, branch: Value) -> Value:
        """One alternative of a value, with what the value says beside them."""
        own, other = self.shape(value), self.shape(branch)
        has_all = own.properties.keys() <= other.properties.keys()
        has_items = own.items or own.prefix or own.extra or own.patterned
        return branch if has_all and not has_items else (*value, *branch)

    def adds(self, value: Value, branch: Value) -> bool:
        """Whether an alternative declares what the value beside them does not."""
        own, other = self.shape(value), self.shape(branch)
        parts = other.items or other.prefix or other.extra or other.patterned
        return bool(
            parts or other.properties.keys() - own.properties.keys() or self.choices(branch)
        )

    def map_of(self, value: Value) -> Value | None:
        """The values of a map, where a value is one: an object of which no property is named."""
        shape = self.shape(value)
        extras = self.extras(value)
        if shape.properties or self.choices(value) or len(extras) != 1:
            return None
        return None if self.sort(extras[0]) is Sort.ANY else extras[0]

    def extras(self, value: Value) -> list[Value]:
        """What is asked of properties that are not named; an empty one: anything."""
        shape = self.shape(value)
        if shape.open:
            return [()]
        extra = [shape.extra] if shape.extra and not shape.closed else []
        return [*extra, *shape.patterned]

    def perhaps(self, value: Value) -> list[str]:
        """The properties that are declared on a condition only."""
        shape = self.shape(value)
        found: dict[str, None] = {}
        for pointer, _ in shape.rest:
            node = self._references.node(pointer)
            for branch in _conditional(node):
                named = branch.get("properties") if isinstance(branch, Mapping) else None
                found.update(dict.fromkeys(named if isinstance(named, Mapping) else ()))
        return [each for each in found if each not in shape.properties]

    def scalar(self, value: Value) -> Shape | None:
        """What is asked of a scalar whose schema says all of it itself; None for all else."""
        return self._reader.scalar(value[0]) if len(value) == 1 else None

    def said(self, *pointers: str) -> tuple[str, bool]:
        """What the first of some schemas says that says anything; whether one is deprecated."""
        comment, deprecated = "", False
        for pointer in pointers:
            node = self._references.node(pointer)
            if isinstance(node, OBJECT):
                comment = comment or _comment(node)
                deprecated = deprecated or node.get("deprecated") is True
        return comment, deprecated

    def _meant(self, value: Value) -> Meant:
        if value not in self._essences:
            self._essences[value] = self._read_meant(value)
        return self._essences[value]

    def _read_meant(self, value: Value) -> Meant:
        null = False
        for _ in range(MAX_HOPS):
            inner = self._inner(value[0]) if len(value) == 1 else ""
            if not inner:
                break
            null = null or _adds_null(self._references.node(value[0]))
            value = self._reader.value(inner)
        return Meant(value, null)

    def _takes_null(self, value: Value) -> bool:
        if not all(map(self._reader.takes_null, value)):
            return False
        meant = self._meant(value)
        own = self.shape(meant.value).null and all(map(self._has_null, self.choices(meant.value)))
        return meant.null or own

    def _has_null(self, choice: Choice) -> bool:
        owner = choice.pointer.removesuffix("/oneOf").removesuffix("/anyOf")
        others = ((each.pointer,) for each in choice.branches)
        return _adds_null(self._references.node(owner)) or any(map(self.takes_null, others))

    def _json_types(self, value: Value) -> tuple[str, ...]:
        said = self.shape(value).types
        found = {"number" if each in NUMBER else each for each in said}
        for choice in self.choices(value):
            found &= {each for one in choice.branches for each in self.json_types((one.pointer,))}
        return tuple(each for each in JSON_TYPES if each in found)

    def _is_free(self, value: Value) -> bool:
        branches = [(one.pointer,) for each in self.choices(value) for one in each.branches]
        return not branches or any(self.json_types(each) == JSON_TYPES for each in branches)

    def _read_told(self, value: Value) -> Told | None:
        choices = self.choices(value)
        choice = choices[0] if len(choices) == 1 else None
        if choice and not choice.property:
            choice = self._tagged(choice)
        if choice is None:
            return None
        branches: dict[str, Value] = {}
        for each in choice.branches:
            merged = self.merged(value, (each.pointer,))
            if not each.values or not self._has_tag(merged, choice.property):
                return None
            for name in each.values:
                branches.setdefault(name, merged)
        own = "" if choice.pointer.endswith(ALTERNATIVES) else self._own(value, choice, branches)
        return Told(choice.property, branches, own)

    def _tagged(self, choice: Choice) -> Choice | None:
        """Alternatives without a discriminator, by a property of which each has its own values."""
        shapes = [self.shape((each.pointer,)) for each in choice.branches]
        if len(shapes) < MIN_ALTERNATIVES:
            return None
        for name in shapes[0].properties:
            tags = [self._tags(each, name) for each in shapes]
            if all(tags) and len({*chain(*tags)}) == sum(map(len, tags)):
                pairs = zip(choice.branches, tags, strict=True)
                branches = tuple(replace(each, values=own) for each, own in pairs)
                return Choice(choice.pointer, branches, name)
        return None

    def _tags(self, shape: Shape, name: str) -> tuple[str, ...]:
        """The values that a property must have, where they are listed and texts."""
        if name not in shape.required or name not in shape.properties:
            return ()
        tag = self.shape(shape.properties[name])
        texts = tuple(each for each in (tag.values or {}).values() if isinstance(each, str))
        return texts if not tag.null and len(texts) == len(tag.values or ()) else ()

    def _own(self, value: Value, choice: Choice, branches: Mapping[str, Value]) -> str:
        """What a parent calls itself, where it can be meant."""
        component = COMPONENT.fullmatch(choice.pointer)
        tag = self.shape(value).properties.get(choice.property)
        listed = self.shape(tag).values if tag else None
        is_abstract = listed is not None and set(listed.values()) <= branches.keys()
        return "" if is_abstract or not component or component[1] in branches else component[1]

    def _has_tag(self, value: Value, name: str) -> bool:
        tag = self.shape(value).properties.get(name)
        is_text = bool(tag) and self.json_types(tag or ()) == ("string",)
        return is_text and self.json_types(value) == ("object",)

    def _inner(self, pointer: str) -> str:
        """The one schema that gives the schema at a pointer its type; empty: it is that itself.

        A component that is made of another by `allOf` stays itself: it may come to have more.
        """
        node = self._references.node(pointer)
        if not isinstance(node, Mapping) or node.keys().isdisjoint(COMPOSED):
            return ""
        beside = self._references.beside(node, pointer)
        if "allOf" in beside and COMPONENT.fullmatch(pointer):
            return ""
        targets = self._references.targets(node, self._references.enter(pointer)).values()
        inner = [each.pointer if each else "" for each in targets]
        inner += [
            each for key in ("allOf", *ALTERNATIVES) for each in self._members(key, beside, pointer)
        ]
        if len(inner) != 1 or not inner[0]:
            return ""
        said = beside.keys() - {*KEYWORDS, "allOf", *ALTERNATIVES} - SILENT
        loud = {each for each in said if not each.startswith("x-")}
        same = self._reader.types(pointer) == self._reader.types(inner[0])
        return inner[0] if not loud or (loud == {"type"} and same) else ""

    def _members(self, key: str, node: Mapping[str, Any], pointer: str) -> list[str]:
        listed = node.get(key)
        return [
            f"{pointer}/{key}/{index}"
            for index, each in enumerate(listed if isinstance(listed, list) else ())
            if not (key == "allOf" and _is_silent(each)) and not (key != "allOf" and is_null(each))
        ]


def _is_silent(node: Any) -> bool:
    return isinstance(node, Mapping) and all(
        each in SILENT or each.startswith("x-") for each in node
    )


def _conditional(node: Any) -> list[Any]:
    if not isinstance(node, Mapping):
        return []
    dependent = node.get("dependentSchemas")
    several = list(dependent.values()) if isinstance(dependent, Mapping) else []
    return [*(node.get(key) for key in ("then", "else")), *several]


def _adds_null(node: Any) -> bool:
    if not isinstance(node, Mapping):
        return False
    lists = [node.get(key) for key in ALTERNATIVES]
    others = [each for one in lists if isinstance(one, list) for each in one]
    return any(node.get(key) is True for key in NULLABLE) or any(map(is_null, others))


def _comment(node: Mapping[str, Any]) -> str:
    for key in ("description", "title"):
        said = node.get(key)
        if isinstance(said, str) and said.strip():
            return said.strip()
    return ""
