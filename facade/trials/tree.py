"""Tree: the body of an answer as nodes, each with the path by which a mapping reaches it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from facade.expressions.exact_json import write_json
from facade.model.trial import Node

MOST: Final = 2_000
"""Nodes that are shown of one answer."""
DEEPEST: Final = 64
LONGEST: Final = 200
"""Characters of a value."""
_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""Keys that JMESPath takes without quotes."""


def nodes_of(body: Any) -> tuple[tuple[Node, ...], bool]:
    """The nodes of a value in the order of its text, and whether there are more of them."""
    found: list[Node] = []
    for node in _walked(body, "@", "", 0):
        if len(found) == MOST:
            return tuple(found), True
        found.append(node)
    return tuple(found), False


def type_of(value: Any) -> str:
    """JSON's name for the type of a value; integers are told from other numbers."""
    kinds = ((bool, "boolean"), (str, "string"), (int, "integer"), (list, "array"))
    if value is None:
        return "null"
    if isinstance(value, Mapping):
        return "object"
    return next((name for kind, name in kinds if isinstance(value, kind)), "number")


def _walked(value: Any, path: str, name: str, depth: int) -> Iterator[Node]:
    kind = type_of(value)
    members = _members(value) if depth < DEEPEST else ()
    holds = kind in ("object", "array")
    text = "" if holds else write_json(value)
    yield Node(
        path=path,
        name=name,
        depth=depth,
        type=kind,
        text=text if len(text) <= LONGEST else text[: LONGEST - 1] + "…",
        size=len(value) if holds else 0,
    )
    for key, each in members:
        yield from _walked(each, _below(path, key), str(key), depth + 1)


def _members(value: Any) -> Any:
    if isinstance(value, Mapping):
        return value.items()
    return enumerate(value) if isinstance(value, list) else ()


def _below(path: str, key: str | int) -> str:
    if isinstance(key, int):
        return f"{path}[{key}]"
    said = key if _PLAIN.fullmatch(key) else msgspec.json.encode(key).decode()
    return said if path == "@" else f"{path}.{said}"
