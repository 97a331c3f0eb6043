"""What the list of connections answers: by name, filtered, page by page."""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import TypeVar

from facade.connections.connections import Connections
from facade.listing.filter import Field, parse_filter
from facade.listing.pages import Asked, Tokens
from facade.model.access import Target
from facade.model.connection import Connection

T = TypeVar("T")
"""A connection, in the form of the face that lists it."""

FIELDS: Mapping[str, Field[Connection]] = {
    "id": Field(str, lambda connection: connection.name.connection),
    "uid": Field(str, lambda connection: connection.uid),
    "title": Field(str, lambda connection: connection.title),
    "description": Field(str, lambda connection: connection.description),
    "labels": Field(dict, lambda connection: connection.labels),
    "connector": Field(str, lambda connection: connection.connector),
    "version": Field(str, lambda connection: connection.version),
    "state": Field(str, lambda connection: connection.state.value),
}


class ConnectionList:
    """Lists the connections of a tenant."""

    def __init__(self, connections: Connections, tokens: Tokens) -> None:
        """Takes where they are, and the tokens that lead from page to page."""
        self._connections = connections
        self._tokens = tokens

    async def page(
        self, tenant: str, asked: Asked, form: Callable[[Connection], T], weigh: Callable[[T], int]
    ) -> tuple[tuple[T, ...], str]:
        """The connections of a page by name, and the next token; raises InvalidRequest."""
        matches = parse_filter(asked.filter, FIELDS)

        async def entries(after: str) -> AsyncIterator[tuple[str, T | None]]:
            for each in self._connections.all(tenant):
                name = each.name.connection
                if name > after:
                    target = Target(connection=name, connector=each.connector)
                    shown = asked.shows(target) and matches(each)
                    yield name, form(each) if shown else None

        return await self._tokens.page(asked, entries, weigh)
