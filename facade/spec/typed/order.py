"""Order: whose types are made before whose, so that a document's own order names none of them.

A schema that stands within an operation is called by that operation. Where others refer to it,
that one is made before them; a circle of operations is gone through by their names.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import unquote

from facade.spec.document import OBJECT, Document
from facade.spec.path import CONTAINERS, Row

HOMES: Final = (*(f"#/{each}/" for each in CONTAINERS), "#/components/pathItems/")
"""How references to what stands within operations begin."""


def in_order(rows: Mapping[str, Row], document: Document) -> list[str]:
    """The ids of the actions, in the order in which their types are to be made."""
    owners = _owners(rows)
    needs = {name: _needed(_nodes(row, document), owners) - {name} for name, row in rows.items()}
    shared = _needed([document.tree.get("components")], owners)
    first = [*sorted(shared), *sorted(name for name, others in needs.items() if others)]
    return [*dict.fromkeys((*_after_their_needs(first, needs), *rows))]


def _owners(rows: Mapping[str, Row]) -> dict[str, str]:
    """Whose what stands at a pointer is: of what a whole path has, the first by name."""
    owners = {pointer: name for name, (_, _, pointer, *_) in rows.items()}
    for pointer, name in sorted(owners.items(), key=lambda each: each[1]):
        owners.setdefault(pointer.rpartition("/")[0], name)
    return owners


def _nodes(row: Row, document: Document) -> list[Any]:
    """What an operation is made of: itself, and the parameters of its path."""
    *_, layers = row
    shared = (node.get("parameters") for node in map(document.find, layers))
    return [document.find(row[2]), *shared]


def _needed(nodes: list[Any], owners: Mapping[str, str]) -> set[str]:
    """The actions within which something stands that is referred to."""
    return {owner for each in _references(nodes) if (owner := _owner(each, owners))}


def _references(waiting: list[Any]) -> Iterator[str]:
    while waiting:
        node = waiting.pop()
        if isinstance(node, OBJECT):
            said = node.get("$ref")
            if isinstance(said, str) and said.startswith(HOMES):
                yield unquote(said[1:])
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)


def _owner(pointer: str, owners: Mapping[str, str]) -> str:
    while pointer and pointer not in owners:
        pointer = pointer.rpartition("/")[0]
    return owners.get(pointer, "")


def _after_their_needs(names: Iterable[str], needs: Mapping[str, set[str]]) -> Iterator[str]:
    """The actions, each after those that it needs."""
    begun: set[str] = set()
    waiting = [(name, False) for name in reversed([*names])]
    while waiting:
        name, is_ready = waiting.pop()
        if is_ready:
            yield name
        elif name not in begun:
            begun.add(name)
            waiting.append((name, True))
            waiting.extend((each, False) for each in sorted(needs[name], reverse=True))
