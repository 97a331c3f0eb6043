"""Servers: where an operation's backend is, as the document says (OAS 3.2 section 4.6)."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from facade.model.action import Server

ROOT: Final = Server(url="/")


def nearest_servers(levels: Iterable[Any]) -> tuple[Server, ...]:
    """The servers of the first level that has any: the operation's, the path's, the document's.

    A level whose entries are all unusable still counts: what it keeps away from
    must not be called instead. Where no level has any, it is `/`, the root of
    where the document comes from (OAS 3.2 section 4.1.1).
    """
    for node in levels:
        if isinstance(node, list) and node:
            return tuple(_server(each) for each in node if _usable(each))
    return (ROOT,)


def _usable(node: Any) -> bool:
    return isinstance(node, Mapping) and isinstance(node.get("url"), str)


def _server(node: Mapping[str, Any]) -> Server:
    variables = node.get("variables")
    known = {
        name: each
        for name, each in (variables.items() if isinstance(variables, Mapping) else ())
        if isinstance(each, Mapping)
    }
    enums = {name: each.get("enum") for name, each in known.items()}
    return Server(
        url=node["url"],
        variables={
            name: _text(each["default"])
            for name, each in known.items()
            if _is_scalar(each.get("default"))
        },
        enums={
            name: tuple(_text(value) for value in enum if _is_scalar(value))
            for name, enum in enums.items()
            if isinstance(enum, list)
        },
    )


def _is_scalar(value: Any) -> bool:
    return isinstance(value, str | int | float | Decimal)


def _text(value: Any) -> str:
    """As a YAML document means it, where quotes were forgotten: `8080`, `true`."""
    return str(value).lower() if isinstance(value, bool) else str(value)
