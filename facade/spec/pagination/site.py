"""Paged: what is known of an operation where the rule of its pages is sought."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from facade.model.action import Parameter
from facade.model.paging import Path
from facade.spec.pagination.answer_shape import Shape

USUAL = frozenset(
    {"items", "data", "results", "value", "values", "records", "entries", "elements", "rows"}
    | {"list", "objects", "content", "hits", "docs", "documents", "resources"}
)
"""What the array of a page is called, where there are several arrays."""
BESIDE = frozenset(
    {"errors", "warnings", "messages", "links", "link", "included", "includes", "fields"}
    | {"columns", "facets", "aggregations", "schemas", "notifications", "sort"}
)
"""What arrays beside it are called."""
WRAPPERS = frozenset({"data", "result", "results", "response", "payload", "embedded", "body"})
"""What the object around it is called."""
SEPARATORS = re.compile(r"[^a-z0-9]+")


class Header(NamedTuple):
    """One declared header field of an answer."""

    shape: Shape
    description: str


@dataclass(frozen=True, kw_only=True)
class Paged:
    """An operation, seen as one whose answers may be pages."""

    node: Mapping[str, Any]
    method: str
    parameters: Mapping[str, tuple[Parameter, Shape]]
    """Those of the query, by the backend's names."""
    body: frozenset[str] | None
    """The properties of the request body that are arguments of their own; None: it has no body."""
    answer: Shape | None
    """None: what is answered is not JSON, or nothing is known of it."""
    headers: Mapping[str, Header]

    def key(self, name: str, *, in_body: bool = False) -> Path | None:
        """The argument that goes to a parameter of the query or a property of the body."""
        if in_body:
            return None if self.body is None else ((name,) if name in self.body else ("body", name))
        found = self.parameters.get(name)
        return (found[0].key,) if found else None

    @cached_property
    def items(self) -> Path | None:
        """Where the items of a page are; None where that is not plain."""
        return _items(self.answer) if self.answer else None


def plain(name: str) -> str:
    """A name without case and separators: `@odata.nextLink` is `odatanextlink`."""
    return SEPARATORS.sub("", name.lower())


def _items(answer: Shape) -> Path | None:
    if answer.types == {"array"}:
        return ()
    here = _arrays(answer)
    if len(here) > 1:
        here = [name for name in here if plain(name) in USUAL]
    if here:
        return (here[0],) if len(here) == 1 else None
    inner = [
        (name, *below)
        for name, shape in answer.properties.items()
        if plain(name) in WRAPPERS and (below := tuple(_inner(shape)))
    ]
    return inner[0] if len(inner) == 1 else None


def _inner(shape: Shape) -> Iterator[str]:
    """The name of the one array within an object that wraps the answer."""
    names = _arrays(shape)
    if len(names) > 1:
        names = [name for name in names if plain(name) in USUAL]
    if len(names) == 1:
        yield names[0]


def _arrays(shape: Shape) -> list[str]:
    return [
        name
        for name, each in shape.properties.items()
        if each.types == {"array"} and plain(name) not in BESIDE
    ]
