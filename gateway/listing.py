"""What the List methods answer: in order, filtered, page by page."""

from bisect import bisect_right
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any, TypeVar

from google.protobuf.message import Message

from facade.catalog.catalog import Catalog
from facade.catalog.request import invalid
from facade.errors.fault import Violation
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
from gateway.convert.action import action_to
from gateway.convert.connector import connector_to
from gateway.convert.version import version_to
from gateway.filter import Field, parse_filter
from gateway.pages import Tokens, page_size, take
from gateway.v1 import action_pb2, catalog_pb2, gateway_pb2, version_pb2

M = TypeVar("M", bound=Message)
"""What is listed."""

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
    """Lists what the catalog holds at the moment of each page."""

    def __init__(self, catalog: Catalog, tokens: Tokens) -> None:
        """Takes what is listed, and the tokens that lead from page to page."""
        self._catalog = catalog
        self._tokens = tokens

    async def actions(
        self, request: gateway_pb2.ListActionsRequest
    ) -> tuple[tuple[action_pb2.Action, ...], str]:
        """Actions by name, those that cannot be called among them; and the next token.

        A listing of `live` stays on the version that it began with.
        """
        parent = parse_version(request.parent, "parent")
        if parent.version == ANY or (parent.connector == ANY and parent.version != LIVE):
            raise invalid(
                Violation(
                    field="parent",
                    description="of all versions only `connectors/-/versions/live` is listed",
                )
            )
        if request.view not in action_pb2.ActionView.values():
            raise invalid(
                Violation(field="view", description=f"{request.view} is none of its values")
            )
        matches = parse_filter(request.filter, ACTION_FIELDS)
        full = request.view == action_pb2.ACTION_VIEW_FULL

        async def entries(after: str) -> AsyncIterator[tuple[str, action_pb2.Action | None]]:
            async for name, action in self._actions(parent, after):
                found = matches(action)
                yield str(name), action_to(name, action, full=full) if found else None

        return await self._page(request, entries)

    async def connectors(
        self, request: catalog_pb2.ListConnectorsRequest
    ) -> tuple[tuple[version_pb2.Connector, ...], str]:
        """Connectors by name, and the next token."""
        matches = parse_filter(request.filter, CONNECTOR_FIELDS)

        async def entries(after: str) -> AsyncIterator[tuple[str, version_pb2.Connector | None]]:
            for connector in self._connectors():
                if str(connector.name) > after:
                    found = matches(connector)
                    yield str(connector.name), connector_to(connector) if found else None

        return await self._page(request, entries)

    async def versions(
        self, request: catalog_pb2.ListVersionsRequest
    ) -> tuple[tuple[version_pb2.ConnectorVersion, ...], str]:
        """The versions of a connector, newest first; and the next token."""
        connector = self._catalog.connector(parse_connector(request.parent, "parent"))
        matches = parse_filter(request.filter, VERSION_FIELDS)

        async def entries(
            after: str,
        ) -> AsyncIterator[tuple[str, version_pb2.ConnectorVersion | None]]:
            for version in sorted(connector.versions.values(), key=_newest):
                if _newest(version) > after:
                    yield _newest(version), version_to(version) if matches(version) else None

        return await self._page(request, entries)

    async def _page(
        self, request: Any, entries: Callable[[str], AsyncIterator[tuple[str, M | None]]]
    ) -> tuple[tuple[M, ...], str]:
        size = page_size(request.page_size)
        page = await take(entries(self._tokens.open(request)), size)
        return page.items, self._tokens.seal(request, page.last)

    async def _actions(
        self, parent: VersionName, after: str
    ) -> AsyncIterator[tuple[ActionName, Action]]:
        """The actions that follow a name, in the order of their names."""
        start = parse_action(after) if after else None
        for version in self._versions(parent, start):
            name = version.name
            spec = await self._catalog.spec(version)
            begun = start is not None and start.connector == name.connector
            first = bisect_right(spec.ids, start.action) if begun and start else 0
            for each in spec.ids[first:]:
                yield ActionName(name.connector, name.version, each), spec.action(each)

    def _versions(self, parent: VersionName, start: ActionName | None) -> Iterator[Version]:
        """The version, or the live one of each connector, from the place where a page ended."""
        if parent.connector != ANY:
            connector = self._catalog.connector(ConnectorName(parent.connector))
            yield self._version(connector, parent.version, start)
            return
        for connector in self._connectors():
            if connector.live and (start is None or connector.name.connector >= start.connector):
                yield self._version(connector, LIVE, start)

    def _version(self, connector: Connector, wanted: str, start: ActionName | None) -> Version:
        if start is not None and start.connector == connector.name.connector:
            begun = connector.versions.get(start.version)
            if begun is not None:
                return begun
        if wanted == LIVE and connector.live:
            return max(connector.live, key=lambda each: each.traffic_percent)
        return self._catalog.version(VersionName(connector.name.connector, wanted))

    def _connectors(self) -> list[Connector]:
        return sorted(self._catalog.connectors(), key=lambda each: each.name.connector)


def _newest(version: Version) -> str:
    """A text that sorts the later version before the earlier one."""
    moment = int(version.create_time.timestamp() * 1_000_000)
    return f"{2**62 - moment:020} {version.name.version}"
