"""Toolbox: the tools that a caller may call, of one version or of all that serves `live` calls."""

from bisect import bisect_right
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from facade.access.methods import WHOLE
from facade.catalog.catalog import Catalog
from facade.catalog.connecting import wanted_of
from facade.errors.caller import ActionNotFound
from facade.errors.fault import Details, Resource
from facade.listing.pages import Asked, Tokens
from facade.model.access import Identity, Permission, Target
from facade.model.connection import Connection
from facade.model.names import LIVE, ConnectionName, VersionName
from facade.model.policy import ResponseValidation
from facade.model.version import Version
from facade.spec.spec import Spec
from facade.tools.naming import BETWEEN, LONGEST, may_be_of, prefixed
from facade.tools.tools import Tool, Tools, overridden

TOOL = "gateway.v1/Tool"

T = TypeVar("T")
"""A tool, in the form of the face that lists it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """Whose tools: of one version of a connector, or of every connector as it is live."""

    connector: str = ""
    """Empty: of all, where each tool is called `CONNECTOR__TOOL`."""
    version: str = LIVE
    connection: ConnectionName | None = None
    """Whose: with the version that serves it, and what it overrides."""
    metadata: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What came beside the request: some of several `live` versions may be for that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A tool, as it is called on its shelf."""

    name: str
    version: Version
    tool: Tool

    @property
    def holds_answers(self) -> bool:
        """Whether each answer that is no error fits the tool's schema: it is held to it here."""
        action = self.tool.action
        policy = self.version.policy_of(action.id)
        fits = policy.response_validation is ResponseValidation.ENFORCE
        return fits and sum(each.status.startswith("2") for each in action.responses) == 1


class Toolbox:
    """Finds tools; what a caller may not call is not there for that caller."""

    def __init__(self, catalog: Catalog, tools: Tools, tokens: Tokens) -> None:
        """Takes what has the documents, what knows the names of their tools, and page tokens."""
        self._catalog = catalog
        self._tools = tools
        self._tokens = tokens

    async def page(
        self,
        shelf: Shelf,
        identity: Identity,
        asked: Asked,
        form: Callable[[Offer], T],
        weigh: Callable[[T], int],
    ) -> tuple[tuple[T, ...], str]:
        """A page of the tools of a shelf that the caller may call, and the next token.

        Raises InvalidRequest, ConnectorNotFound, VersionNotFound.
        """

        async def entries(after: str) -> AsyncIterator[tuple[str, T | None]]:
            async for place, offer in self._offers(shelf, identity, after):
                yield place, None if offer is None else form(offer)

        return await self._tokens.page(asked, entries, weigh)

    async def _offers(
        self, shelf: Shelf, identity: Identity, after: str
    ) -> AsyncIterator[tuple[str, Offer | None]]:
        """The tools of a shelf behind a position, in their order, with their positions.

        None stands for one that the caller may not call, or that cannot be called.
        """
        began, _, last = after.partition("/")
        told = self._told(shelf)
        for version in self._versions(shelf, identity.tenant):
            connector = version.name.connector
            if connector < began:
                continue
            spec = await self._catalog.spec(version)
            names = tuple(self._tools.names(spec))
            start = bisect_right(names, last) if connector == began else 0
            for name in names[start:]:
                offer = self._offer(shelf, identity, version, spec, name)
                yield f"{connector}/{name}", offer and told(offer)

    async def get(self, shelf: Shelf, identity: Identity, name: str) -> Offer:
        """The tool of that name; raises ActionNotFound where the caller has none.

        Raises ConnectorNotFound, VersionNotFound.
        """
        found = await self.find(shelf, identity, name)
        if found is None:
            resource = Resource(type=TOOL, name=name[:LONGEST])
            raise ActionNotFound(
                f"`{shelf.connector}` has no tool `{name[:LONGEST]}`",
                details=Details(resource=resource),
            )
        return found

    async def find(self, shelf: Shelf, identity: Identity, name: str) -> Offer | None:
        """The tool of that name; None where the caller has none.

        Raises ConnectorNotFound, VersionNotFound.
        """
        for version in self._versions(shelf, identity.tenant, name):
            spec = await self._catalog.spec(version)
            own = _own(name, shelf, version.name.connector, self._tools.names(spec))
            if own:
                offer = self._offer(shelf, identity, version, spec, own)
                return offer and self._told(shelf)(offer)
        return None

    def _versions(self, shelf: Shelf, tenant: str, name: str = "") -> Iterator[Version]:
        """Those of a shelf, by the ids of their connectors; those alone that may have the name."""
        through, likely = self._through(shelf), self._catalog.snapshot.likely
        if shelf.connector:
            wanted = VersionName(shelf.connector, shelf.version, tenant)
            yield likely(wanted_of(wanted, through) if through else wanted, shelf.metadata)
            return
        if through is not None:
            wanted = VersionName(through.connector, through.version, tenant)
            yield likely(wanted, shelf.metadata)
            return
        for each in self._catalog.connectors(tenant):
            connector = each.name.connector
            if each.live and (not name or may_be_of(name, connector)):
                yield likely(VersionName(connector, LIVE, tenant), shelf.metadata)

    def _through(self, shelf: Shelf) -> Connection | None:
        return self._catalog.connection(shelf.connection) if shelf.connection else None

    def _told(self, shelf: Shelf) -> Callable[[Offer], Offer | None]:
        """Has offers as the shelf's connection tells of them; None where it hides one."""
        through = self._through(shelf)
        said = {each.action: each for each in through.tool_overrides} if through else {}

        def told(offer: Offer) -> Offer | None:
            own = said.get(offer.tool.action.id)
            if own is None:
                return offer
            return None if own.hidden else replace(offer, tool=overridden(offer.tool, own))

        return told

    def _offer(
        self, shelf: Shelf, identity: Identity, version: Version, spec: Spec, name: str
    ) -> Offer | None:
        connector = version.name.connector
        target = Target(
            connector=connector,
            action=self._tools.names(spec)[name],
            connection=shelf.connection.connection if shelf.connection else WHOLE,
        )
        if not identity.allows(Permission.INVOKE, target):
            return None
        tool = self._tools.tool(spec, name)
        if tool.action.problems:
            return None
        called = name if shelf.connector else prefixed(connector, name)
        return Offer(name=called, version=version, tool=tool)


def _own(name: str, shelf: Shelf, connector: str, names: Mapping[str, str]) -> str:
    """What a tool is called in its own document; empty: the document has none that is called so."""
    if shelf.connector:
        return name if name in names else ""
    own = name.removeprefix(f"{connector}{BETWEEN}")
    if own in names and prefixed(connector, own) == name:
        return own
    return next((each for each in names if prefixed(connector, each) == name), "")
