"""Discriminators: which schema a property's value means (OAS 3.2 section 4.24)."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import unquote

from facade.spec.document import escape, unescape
from facade.spec.schemas.choice import Meanings
from facade.spec.schemas.reference import References
from facade.spec.schemas.site import Edge, Site

ALTERNATIVES = ("oneOf", "anyOf")
COMPONENTS = "/components/schemas"
MAX_HEIRS = 100
"""Schemas that inherit from one with a discriminator; where there are more, none is applied."""
NAME = re.compile(r"[A-Za-z0-9._-]+")
LITERAL = re.compile(r"true|false|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
NULLABLE = ("nullable", "x-nullable")
MICROSOFT = "x-ms-discriminator-value"
"""Azure's documents of 2.0 name the heirs of a schema by it."""


@dataclass(frozen=True, slots=True)
class Told:
    """A Discriminator Object."""

    name: str
    """Of the property."""
    mapping: Mapping[str, Any]
    default: Any = None
    """The `defaultMapping` of OpenAPI 3.2."""


def told(node: Mapping[str, Any]) -> Told | None:
    """The discriminator of a schema."""
    found = node.get("discriminator")
    name = found.get("propertyName") if isinstance(found, Mapping) else None
    if not isinstance(found, Mapping) or not isinstance(name, str):
        return None
    mapping = found.get("mapping")
    return Told(name, mapping if isinstance(mapping, Mapping) else {}, found.get("defaultMapping"))


class Discriminators:
    """Finds what the discriminators of a document's schemas mean."""

    def __init__(self, references: References) -> None:
        """Takes what follows the document's references; looks at nothing yet."""
        self._references = references

    def edges(self, site: Site) -> tuple[Edge, ...]:
        """The references of a schema to all that may apply to the same value."""
        heirs = (Edge(each, branch=True) for each in self.heirs(site))
        return (*self._references.edges(site), *heirs)

    def heirs(self, site: Site) -> list[Site]:
        """The schemas that inherit by `allOf` from one whose discriminator tells them apart."""
        node = self._references.node(site.pointer)
        apart = told(node) if isinstance(node, Mapping) else None
        if apart is None or not node.keys().isdisjoint({*ALTERNATIVES, "$ref"}):
            return []
        mapped = (self._target(each, site) for each in apart.mapping.values())
        found = {each.pointer: None for each in mapped if each and each.pointer != site.pointer}
        family = [site.pointer]
        for pointer in family:
            family.extend(each for each in self._children.get(pointer, ()) if each not in family)
        found.update(dict.fromkeys(family[1:]))
        few = list(found) if len(found) <= MAX_HEIRS else []
        return [self._references.enter(each, site.scope) for each in few]

    def meanings(self, apart: Told, site: Site, pointers: Sequence[str]) -> Meanings:
        """What the values of the property mean, of the schemas at some pointers.

        The mapping counts first, then the names of the schemas, then what they themselves
        say of the property by `const` and `enum`, then the names as wires often have them.
        """
        ends = [self._end(each, site) for each in pointers]
        found = Meanings(name=apart.name)
        for value, reference in apart.mapping.items():
            position = _position(self._target(reference, site), ends)
            found.map(value, _spellings(value), position)
        if apart.default is not None:
            found.default = _position(self._target(apart.default, site), ends)
        names = [list(self._names(*each)) for each in zip(pointers, ends, strict=True)]
        tags = [self._tags(apart.name, each) for each in pointers]
        found.name_all(names)
        found.name_all(tags)
        found.name_all([[*_cases(each)] for each in names])
        found.complete = all(
            found.is_mapped(index) or self._is_settled(each, ends[index], site, found.of(index))
            for index, each in enumerate(pointers)
        )
        found.show(tags, names)
        return found

    def are_objects(self, pointers: Sequence[str]) -> bool:
        """Whether the schemas at some pointers take nothing but objects."""
        return all(map(self._is_object, pointers))

    def _is_object(self, pointer: str) -> bool:
        parts = self._references.parts(pointer).values()
        typed = any(each.get("type") == "object" for each in parts)
        return typed and not any(each.get(key) for each in parts for key in NULLABLE)

    @cached_property
    def _children(self) -> Mapping[str, list[str]]:
        """The components that inherit from a schema without another between, by its pointer."""
        found: dict[str, list[str]] = {}
        components = self._references.node(COMPONENTS)
        for name, node in components.items() if isinstance(components, Mapping) else ():
            members = node.get("allOf") if isinstance(node, Mapping) else None
            pointer = f"{COMPONENTS}/{escape(name)}"
            for index, each in enumerate(members if isinstance(members, list) else ()):
                member = self._references.enter(f"{pointer}/allOf/{index}")
                for target in self._references.targets(each, member).values() if each else ():
                    if target:
                        found.setdefault(target.pointer, []).append(pointer)
        return found

    def _target(self, reference: Any, site: Site) -> Site | None:
        """What a mapping's value refers to: the name of a component goes before a URI."""
        if not isinstance(reference, str):
            return None
        named = [f"#{COMPONENTS}/{escape(reference)}"] if NAME.fullmatch(reference) else []
        found = (self._references.follow(each, site) for each in (*named, reference))
        return next((each for each in found if each), None)

    def _end(self, pointer: str, site: Site) -> str:
        """Where the schema stands that one at a pointer means."""
        node = self._references.node(pointer)
        if not isinstance(node, Mapping):
            return pointer
        target = self._references.targets(node, site).get("$ref")
        return target.pointer if target else pointer

    def _names(self, pointer: str, end: str) -> Iterator[str]:
        """The names of a schema: Microsoft's, the component's, the end of the reference to it."""
        node, target = self._references.node(pointer), self._references.node(end)
        if isinstance(target, Mapping) and isinstance(target.get(MICROSOFT), str):
            yield target[MICROSOFT]
        reference = node.get("$ref") if isinstance(node, Mapping) else None
        if isinstance(reference, str):
            yield _last(unquote(reference))
        parent, _, _ = end.rpartition("/")
        if parent == COMPONENTS:
            yield _last(end)

    def _tags(self, name: str, pointer: str) -> list[Any]:
        """The values of the property that a schema allows, where it lists them."""
        lists = []
        for at, part in self._references.parts(pointer).items():
            named = part.get("properties")
            if isinstance(named, Mapping) and name in named:
                places = self._references.parts(f"{at}/properties/{escape(name)}").values()
                lists += [[each["const"]] for each in places if "const" in each]
                lists += [each["enum"] for each in places if _is_choice(each.get("enum"))]
        return [each for each in lists[0] if all(each in one for one in lists)] if lists else []

    def _is_settled(self, pointer: str, end: str, site: Site, values: list[Any]) -> bool:
        """Whether no other values than those can mean a schema that no mapping means."""
        parts = {**self._references.parts(pointer)}
        parts.pop(site.pointer, None)
        if any("type" in each and "object" not in _types(each) for each in parts.values()):
            return True
        if any(not each.keys().isdisjoint(ALTERNATIVES) for each in parts.values()):
            return False
        return bool(values) and not self.heirs(self._references.enter(end))


def _position(target: Site | None, ends: list[str]) -> int | None:
    return ends.index(target.pointer) if target and target.pointer in ends else None


def _spellings(value: str) -> list[Any]:
    """A key of a mapping, and what else it may mean: keys are texts, values may be none."""
    return [value, json.loads(value)] if LITERAL.fullmatch(value) else [value]


def _cases(names: Sequence[str]) -> Iterator[str]:
    """The names in other cases: documents say `Cat` where backends say `cat` or `CAT`."""
    for name in names:
        yield from (name.lower(), name[:1].lower() + name[1:], name.upper())
        yield HUMP.sub("_", name).lower()


def _last(reference: str) -> str:
    return unescape(reference.rpartition("/")[2])


def _is_choice(value: Any) -> bool:
    return isinstance(value, list) and bool(value)


def _types(node: Mapping[str, Any]) -> Any:
    return node["type"] if isinstance(node["type"], list) else [node["type"]]
