"""Schema resources: the parts of a document that have a URI of their own, and their anchors.

JSON Schema 2020-12 (core), sections 4.3.5, 8.2 and 9.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any
from urllib.parse import urljoin

from facade.spec.document import OBJECT, Document, escape, unescape
from facade.spec.schemas.dialect import Dialect, spoken, stated

DATA = frozenset({"const", "default", "enum", "example", "examples"})
"""The keywords whose values are no schemas, whatever they look like."""
TREES = (dict, list)
ANCHORS = ("$anchor", "$dynamicAnchor")
NAMES = frozenset({"$id", "id", "$schema", "$recursiveAnchor", *ANCHORS})
RECURSIVE = ""
"""What an anchor of `$recursiveAnchor` (2019-09) is called: it has no name."""


@dataclass(frozen=True, slots=True)
class Resource:
    """A schema with an identifier, or the document as a whole."""

    pointer: str
    uri: str
    """Relative where the document does not say where it is."""
    dialect: Dialect


@dataclass(frozen=True, slots=True)
class Index:
    """The names that a document gives to its schemas."""

    uris: dict[str, str] = field(default_factory=dict)
    """The pointers of resources."""
    anchors: dict[tuple[str, str], str] = field(default_factory=dict)
    """The pointers of schemas, by resource and anchor."""
    dynamic: dict[str, dict[str, str]] = field(default_factory=dict)
    """Of the anchors, those that `$dynamicRef` looks for, by resource."""


class Resources:
    """Finds schemas by URI and anchor, and the resource that a schema belongs to."""

    def __init__(self, document: Document) -> None:
        """Takes the document; it is searched for names once, when the first is asked for."""
        self._document = document
        own = document.tree.get("$self")
        uri = own.partition("#")[0] if isinstance(own, str) else ""
        self.root = Resource("", uri, spoken(document))
        self._found: dict[str, Resource] = {}

    @cached_property
    def _named(self) -> bool:
        return not self._document.nameless and has_names(self._document.tree)

    @cached_property
    def _index(self) -> Index:
        return self._survey() if self._named else Index()

    @cached_property
    def dynamic(self) -> bool:
        """Whether any schema has an anchor whose meaning depends on the way to it."""
        return bool(self._index.dynamic)

    def at(self, pointer: str) -> Resource:
        """The resource that the schema at a JSON pointer belongs to."""
        if not self._named:
            return self.root
        found = self._found.get(pointer)
        if found is None:
            found = self._found[pointer] = self._around(pointer)
        return found

    def _around(self, pointer: str) -> Resource:
        found = self.root
        node: Any = self._document.tree
        at = ""
        for token in pointer.split("/")[1:]:
            at = f"{at}/{token}"
            node = member(node, token)
            if isinstance(node, Mapping):
                found = _enter(found, node, at)
        return found

    def by_uri(self, uri: str) -> str | None:
        """The pointer of the resource that is called so."""
        return "" if uri == self.root.uri else self._index.uris.get(uri)

    def anchor(self, resource: str, name: str) -> str | None:
        """The pointer of the schema that has the anchor in the resource at a pointer."""
        return self._index.anchors.get((resource, name))

    def dynamic_anchors(self, resource: str) -> Mapping[str, str]:
        """The anchors of a resource that `$dynamicRef` looks for, with their pointers."""
        return self._index.dynamic.get(resource, MappingProxyType({}))

    def _survey(self) -> Index:
        index = Index()
        waiting: list[tuple[Any, str, Resource]] = [(self._document.tree, "", self.root)]
        while waiting:
            node, pointer, around = waiting.pop()
            if isinstance(node, dict):
                if pointer:
                    around = _enter(around, node, pointer)
                _enlist(node, pointer, around, index)
            waiting.extend((each, f"{pointer}/{escape(key)}", around) for key, each in _parts(node))
        return index


def join(base: str, reference: str) -> str:
    """A URI reference made absolute (RFC 3986 section 5); one that is none stays as it is."""
    try:
        return urljoin(base, reference)
    except ValueError:
        return reference


def has_names(tree: Mapping[str, Any]) -> bool:
    """Whether any part of a document has a name; nearly no document has one."""
    waiting: list[Any] = [part for _, part in _parts(tree)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += [each for each in node if isinstance(each, TREES)]
            continue
        if not NAMES.isdisjoint(node) and _is_named(node):
            return True
        waiting += [
            each
            for key, each in node.items()
            if isinstance(each, TREES) and key not in DATA and key[:2] != "x-"
        ]
    return False


def _is_named(node: Mapping[str, Any]) -> bool:
    return any(isinstance(node.get(name), str | bool) for name in NAMES)


def _parts(node: Mapping[str, Any] | list[Any]) -> Iterator[tuple[str, Any]]:
    """The objects and arrays in one that may be schemas or hold some."""
    if isinstance(node, list):
        items = ((str(at), each) for at, each in enumerate(node))
        yield from (item for item in items if isinstance(item[1], TREES))
        return
    for key, each in node.items():
        if isinstance(each, TREES) and key not in DATA and not key.startswith("x-"):
            yield key, each


def member(node: Any, token: str) -> Any:
    """What a token of a JSON pointer leads to from a node; None where nothing is there."""
    key = unescape(token) if "~" in token else token
    if isinstance(node, OBJECT):
        return node.get(key)
    if isinstance(node, list) and key.isdecimal() and int(key) < len(node):
        return node[int(key)]
    return None


def _enter(around: Resource, node: Mapping[str, Any], pointer: str) -> Resource:
    """The resource of a node: its own where it has a name or a dialect, else the one around."""
    own = stated(node.get("$schema"))
    dialect = own or around.dialect
    if not _is_reference(node, dialect):
        uri = _text(node.get(dialect.identifier)).partition("#")[0]
        if uri:
            return Resource(pointer, join(around.uri, uri), dialect)
    return Resource(pointer, around.uri, dialect) if own else around


def _enlist(node: Mapping[str, Any], pointer: str, resource: Resource, index: Index) -> None:
    if resource.pointer == pointer and pointer and resource.uri:
        index.uris.setdefault(resource.uri, pointer)
    if _is_reference(node, resource.dialect):
        return
    names = [_text(node.get(key)) for key in ANCHORS if key not in resource.dialect.unknown]
    if not resource.dialect.siblings:
        names.append(_text(node.get(resource.dialect.identifier)).partition("#")[2])
    for name in filter(None, names):
        index.anchors.setdefault((resource.pointer, name), pointer)
    found = {_text(node.get("$dynamicAnchor")): pointer}
    if node.get("$recursiveAnchor") is True:
        found[RECURSIVE] = pointer
    else:
        found.pop(RECURSIVE, None)
    if found:
        index.dynamic.setdefault(resource.pointer, {}).update(found)


def _is_reference(node: Mapping[str, Any], dialect: Dialect) -> bool:
    """Whether nothing but its `$ref` counts of a node."""
    return not dialect.siblings and isinstance(node.get("$ref"), str)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
