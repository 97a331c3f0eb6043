"""Packing: a document in a form that another process takes over at once, and reads as it needs.

The form is for processes of the same release on the same machine; it is never stored.
"""

import marshal
import pickle
from collections.abc import Iterator, Mapping
from typing import Any, Final

from facade.model.action import Problem
from facade.spec.document import Document
from facade.spec.outline import Outline
from facade.spec.schemas.resource import has_names

MANY: Final = ("paths", "x-ms-paths", "webhooks")
"""The objects whose members are packed one by one …"""
COMPONENTS: Final = "components"
"""… and the one whose members' members are: nearly all of a document stands in them."""

Packed = tuple[str, bool, bytes, dict[str, dict[str, Any]], bytes, tuple[Problem, ...]]
"""The version, whether it is nameless, the tree but for what is packed apart, that, the outline."""


class Sections(Mapping[str, Any]):
    """An object of a document whose members are read one by one, when each is asked for."""

    def __init__(self, members: dict[str, Any]) -> None:
        """Takes the members, each as bytes or, if it has been read, as what it is."""
        self._members = members

    def __getitem__(self, key: str) -> Any:
        value = self._members[key]
        if isinstance(value, bytes):  # which no value of a document is
            value = self._members[key] = _read(value)
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)


def pack(document: Document, known: Outline) -> Packed:
    """Packs a document and its outline.

    A document whose schemas have names is read as a whole there, too: names are sought everywhere.
    """
    tree = dict(document.tree)
    nameless = document.nameless or not has_names(tree)
    apart: dict[str, dict[str, Any]] = {}
    for key in (*MANY, COMPONENTS) if nameless else ():
        if isinstance(tree.get(key), dict):
            apart[key], tree[key] = _apart(tree[key], deeper=key == COMPONENTS), None
    plain = dict(known.rows), dict(known.aliases), dict(known.names), known.asking
    head, rest = _written(tree), marshal.dumps(plain)
    return document.version, nameless, head, apart, rest, known.hidden


def unpack(*packed: Any) -> tuple[Document, Outline]:
    """Takes over what `pack` made, without reading more of it than the outline."""
    version, nameless, head, apart, rest, hidden = packed
    tree = _read(head)
    for key, members in apart.items():
        tree[key] = Sections({name: _section(each) for name, each in members.items()})
    rows, aliases, names, asking = _read(rest)
    return Document(tree, version, nameless), Outline(rows, aliases, names, asking, hidden)


def _apart(node: dict[str, Any], *, deeper: bool) -> dict[str, Any]:
    return {
        key: _apart(each, deeper=False) if deeper and isinstance(each, dict) else _written(each)
        for key, each in node.items()
    }


def _section(packed: Any) -> Any:
    return Sections(packed) if isinstance(packed, dict) else packed


def _written(node: Any) -> bytes:
    try:
        return marshal.dumps(node)
    except ValueError:  # marshal has no Decimal
        return pickle.dumps(node, pickle.HIGHEST_PROTOCOL)


def _read(packed: bytes) -> Any:
    loads = pickle.loads if packed[:1] == pickle.PROTO else marshal.loads
    return loads(packed)  # written by a process that this one has started
