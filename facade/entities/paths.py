"""Paths of a document as collections and their items."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from facade.model.entity import Verb
from facade.spec.path import VARIABLE, bare
from facade.spec.spec import Spec

NAME, IGNORED, KEY = "x-entity", "x-entity-ignore", "x-entity-key"
"""On an operation or its path: what the entity is called, that it is none, and which of its
properties is its key."""

NAMELESS = re.compile(r"api|v\d+(?:[._-]?\d+)*(?:(?:alpha|beta)\d*)?", re.IGNORECASE)
"""Segments that stand before every path of an API, and name nothing."""

OF_COLLECTION: Mapping[str, Verb] = {"GET": Verb.LIST, "POST": Verb.CREATE}
OF_ITEM: Mapping[str, Verb] = {
    "GET": Verb.GET,
    "PUT": Verb.UPDATE,
    "PATCH": Verb.UPDATE,
    "DELETE": Verb.DELETE,
}


@dataclass(slots=True, kw_only=True)
class Collection:
    """A collection and its items, as they are found."""

    segments: tuple[str, ...]
    key: str = ""
    """The variable at the end of an item's path; empty: there are no items."""
    operations: dict[Verb, str] = field(default_factory=dict)
    said: dict[str, Any] = field(default_factory=dict)
    """What the document itself says, by the words above."""

    @property
    def statics(self) -> tuple[str, ...]:
        """The fixed segments that may name it, the last one last."""
        return tuple(each for each in self.segments if _names(each))

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of the variables before the key."""
        return tuple(bare(name) for each in self.segments for name in VARIABLE.findall(each))


def collections(spec: Spec) -> list[Collection]:
    """The collections whose items have a path of their own, in the document's order.

    Paths that differ in the names of their variables alone are one.
    """
    found: dict[str, Collection] = {}
    for action_id, row in spec.outline.rows.items():
        method, path, pointer, _, layers = row
        said = _said(spec, (*layers, pointer))
        if said.get(IGNORED) is True or "?" in path or "#" in path:
            continue
        segments = tuple(path.strip("/").split("/"))
        _note(found, segments, OF_COLLECTION.get(method), action_id, said)
        if VARIABLE.fullmatch(segments[-1]) and method in OF_ITEM:
            collection = _at(found, segments[:-1])
            collection.key = collection.key or bare(VARIABLE.findall(segments[-1])[0])
            _put(collection, OF_ITEM[method], action_id, said, first=method == "PATCH")
    return [each for each in found.values() if each.key and each.statics]


def _note(
    found: dict[str, Collection],
    segments: tuple[str, ...],
    verb: Verb | None,
    action_id: str,
    said: Mapping[str, Any],
) -> None:
    if verb is not None and not VARIABLE.search(segments[-1]):
        _put(_at(found, segments), verb, action_id, said, first=False)


def _put(
    collection: Collection, verb: Verb, action_id: str, said: Mapping[str, Any], *, first: bool
) -> None:
    """PATCH goes before PUT; of what stands twice, the first counts."""
    if first or verb not in collection.operations:
        collection.operations[verb] = action_id
    for word, value in said.items():
        if isinstance(value, str) and value:
            collection.said.setdefault(word, value)


def _at(found: dict[str, Collection], segments: tuple[str, ...]) -> Collection:
    shape = VARIABLE.sub("{}", "/".join(segments))
    return found.setdefault(shape, Collection(segments=segments))


def _said(spec: Spec, pointers: tuple[str, ...]) -> dict[str, Any]:
    """What path items and the operation say, the last one's word before all others."""
    told: dict[str, Any] = {}
    for pointer in pointers:
        node = spec.document.find(pointer)
        if isinstance(node, Mapping):
            told |= {word: node[word] for word in (NAME, IGNORED, KEY) if word in node}
    return told


def _names(segment: str) -> bool:
    return bool(segment) and not VARIABLE.search(segment) and not NAMELESS.fullmatch(segment)


def levels(collection: Collection) -> Iterator[str]:
    """The names that a collection may have, from the shortest on."""
    statics = collection.statics
    for count in range(1, len(statics) + 1):
        yield ".".join(statics[-count:])
    yield ".".join((*statics, collection.key))
    yield ".".join((*statics, *collection.variables, collection.key))
