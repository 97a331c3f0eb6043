"""What the lists of the catalog answer: in order, filtered, page by page."""

from bisect import bisect_right
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import TypeVar

from facade.catalog.catalog import Catalog
from facade.catalog.request import invalid
from facade.errors.fault import Violation
from facade.listing.filter import Field, parse_filter
from facade.listing.pages import Asked, Tokens
from facade.model.access import Target
from facade.model.action import Action
from facade.model.names import (
    ANY,
    LIVE,
    ActionName,
    ConnectorName,
    VersionName,
    parse_action,
    parse_connector,
    parse_version,
)
from facade.model.version import Connector, Version

T = TypeVar("T")
"""What is listed, in the form of the face that lists it."""

ACTION_FIELDS: Mapping[str, Field[Action]] = {
    "id": Field(str, lambda action: action.id),
    "alias": Field(str, lambda action: action.alias),
    "title": Field(str, lambda action: action.title),
    "description": Field(str, lambda action: action.description),
    "tags": Field(tuple, lambda action: action.tags),
    "method": Field(str, lambda action: action.method),
    "path": Field(str, lambda action: action.path),
    "safe": Field(bool, lambda action: action.safe),
    "idempotent": Field(bool, lambda action: action.idempotent),
    "deprecated": Field(bool, lambda action: action.deprecated),
    "callable": Field(bool, lambda action: not action.problems),
}

CONNECTOR_FIELDS: Mapping[str, Field[Connector]] = {
    "id": Field(str, lambda connector: connector.name.connector),
    "title": Field(str, lambda connector: connector.title),
    "description": Field(str, lambda connector: connector.description),
    "labels": Field(dict, lambda connector: connector.labels),
}

VERSION_FIELDS: Mapping[str, Field[Version]] = {
    "id": Field(str, lambda version: version.name.version),
    "state": Field(str, lambda version: version.state.value),
    "notes": Field(str, lambda version: version.notes),
    "labels": Field(dict, lambda version: version.labels),
}


class Listing:
    """Lists what the catalog holds at the moment of each page.

    Every list takes the page that is asked for, how an entry is written, and how many bytes what
    was written has; it gives the entries and the next token, and raises InvalidRequest.
    """

    def __init__(self, catalog: Catalog, tokens: Tokens) -> None:
        """Takes what is listed, and the tokens that lead from page to page."""
        self._catalog = catalog
        self._tokens = tokens

    async def actions(
        self, asked: Asked, form: Callable[[ActionName, Action], T], weigh: Callable[[T], int]
    ) -> tuple[tuple[T, ...], str]:
        """Actions by name, those that cannot be called among them.

        A listing of `live` stays on the version that it began with.
        """
        parent = parse_version(asked.parent, "parent", asked.tenant)
        if parent.version == ANY or (parent.connector == ANY and parent.version != LIVE):
            raise invalid(
                Violation(
                    field="parent",
                    description="of all versions only `connectors/-/versions/live` is listed",
                )
            )
        matches = parse_filter(asked.filter, ACTION_FIELDS)

        async def entries(after: str) -> AsyncIterator[tuple[str, T | None]]:
            async for name, action in self._actions(parent, after):
                target = Target(connector=name.connector, action=name.action)
                shown = asked.shows(target) and matches(action)
                yield str(name), form(name, action) if shown else None

        return await self._tokens.page(asked, entries, weigh)

    async def connectors(
        self, asked: Asked, form: Callable[[Connector], T], weigh: Callable[[T], int]
    ) -> tuple[tuple[T, ...], str]:
        """Connectors by name."""
        matches = parse_filter(asked.filter, CONNECTOR_FIELDS)

        async def entries(after: str) -> AsyncIterator[tuple[str, T | None]]:
            for each in self._catalog.connectors(asked.tenant):
                if str(each.name) > after:
                    shown = asked.shows(Target(connector=each.name.connector)) and matches(each)
                    yield str(each.name), form(each) if shown else None

        return await self._tokens.page(asked, entries, weigh)

    async def versions(
        self, asked: Asked, form: Callable[[Version], T], weigh: Callable[[T], int]
    ) -> tuple[tuple[T, ...], str]:
        """The versions of a connector, newest first; raises ConnectorNotFound."""
        connector = self._catalog.connector(parse_connector(asked.parent, "parent", asked.tenant))
        matches = parse_filter(asked.filter, VERSION_FIELDS)

        async def entries(after: str) -> AsyncIterator[tuple[str, T | None]]:
            for each in sorted(connector.versions.values(), key=_newest):
                if _newest(each) > after:
                    yield _newest(each), form(each) if matches(each) else None

        return await self._tokens.page(asked, entries, weigh)

    async def _actions(
        self, parent: VersionName, after: str
    ) -> AsyncIterator[tuple[ActionName, Action]]:
        """The actions that follow a name, in the order of their names."""
        start = parse_action(after, tenant=parent.tenant) if after else None
        for version in self._versions(parent, start):
            name = version.name
            spec = await self._catalog.spec(version)
            begun = start is not None and start.connector == name.connector
            first = bisect_right(spec.ids, start.action) if begun and start else 0
            for each in spec.ids[first:]:
                yield ActionName(name.connector, name.version, each, name.tenant), spec.action(each)

    def _versions(self, parent: VersionName, start: ActionName | None) -> Iterator[Version]:
        """The version, or the live one of each connector, from the place where a page ended."""
        if parent.connector != ANY:
            connector = self._catalog.connector(ConnectorName(parent.connector, parent.tenant))
            yield self._version(connector, parent, start)
            return
        for connector in self._catalog.connectors(parent.tenant):
            if connector.live and (start is None or connector.name.connector >= start.connector):
                yield self._version(connector, parent, start)

    def _version(
        self, connector: Connector, parent: VersionName, start: ActionName | None
    ) -> Version:
        if start is not None and start.connector == connector.name.connector:
            begun = connector.versions.get(start.version)
            if begun is not None:
                return begun
        name = VersionName(connector.name.connector, parent.version, parent.tenant)
        return self._catalog.snapshot.likely(name)


def _newest(version: Version) -> str:
    """A text that sorts the later version before the earlier one."""
    moment = int(version.create_time.timestamp() * 1_000_000)
    return f"{2**62 - moment:020} {version.name.version}"
