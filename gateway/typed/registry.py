"""Registry: the typed services that there are for a caller, and what serves their calls."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final, TypeAlias
from weakref import WeakValueDictionary

import msgspec

from facade.catalog import connecting
from facade.catalog.catching_up import CatchingUp
from facade.catalog.matching import VERSION_KEY, wanted_of
from facade.catalog.typed import TypedVersions
from facade.errors.caller import ConnectorNotFound, RouteNotFound, VersionNotFound
from facade.errors.fault import Code
from facade.errors.service import StoreUnavailable
from facade.model.access import ANYONE, Identity, Permission
from facade.model.access import Target as Resource
from facade.model.call import Caller
from facade.model.names import LIVE, ActionName, ConnectionName, ConnectorName, VersionName
from facade.model.typed import Method, Role, Scalar, Streaming, TypedService
from facade.model.version import Version
from facade.recent import Recent
from facade.spec.typed.naming import file_of, package_of
from gateway.reflection import Description
from gateway.typed.codec import Codec, Codecs
from gateway.typed.descriptors import pool_of
from gateway.typed.source_info import source_info
from gateway.typed.target import (
    Target,
    service_name,
    version_of_file,
    version_of_service,
    version_of_symbol,
)

KEPT: Final = 512
"""Services whose methods are compiled; one that nobody has called for long is made anew."""
FOUND: Final = 4096
"""Methods that are found by their path at once."""
LISTED: Final = 256
"""Connectors whose methods an engine is told before it starts."""
DATA: Final = "data"
"""The member of an event."""

DESCRIBED: Final = 64
"""Descriptions that are kept; only reflection asks for one."""
COMMENTED: Final = 3 * 2**20
"""Bytes of a file up to which it has its comments: a client takes 4 MiB unless it is told to."""

Key: TypeAlias = tuple[str, str, str, datetime]
"""Tenant, connector, digest of the document, and when the version was made: a connector of the same
id may have had other numbers before."""


class Bound(msgspec.Struct, frozen=True, gc=False):
    """A method, ready to be called."""

    method: Method
    codec: Codec
    of_events: bool
    """Whether an item has the event around its data, as OAS 3.2 describes one (4.14.4)."""


class Found(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A method of the version that serves a call."""

    action: ActionName
    """As an untyped call would name it, of that version."""
    bound: Bound
    asked: ActionName
    """As the caller named it: maybe of `live`."""
    called: str
    """The method in full: `petstore.v1.PetstoreService/GetPet`."""
    owner: ConnectorName
    fixed: bool
    """Whether calls of that name come to the same until a version changes."""


class Compiled:
    """A typed service, with what has been compiled of it: message by message, when needed."""

    def __init__(self, service: TypedService) -> None:
        """Takes the service."""
        self._service = service
        self._methods: Mapping[str, Method] = {each.name: each for each in service.methods}
        self._codecs = Codecs(service)
        self._bound: dict[str, Bound] = {}

    def bound(self, name: str) -> Bound | None:
        """A method by its name; None where there is no such."""
        return self._bound.get(name) or self._bind(name)

    def _bind(self, name: str) -> Bound | None:
        method = self._methods.get(name)
        if method is None:
            return None
        codec, of_events = self._codecs.of(method), _is_event(self._service, method)
        bound = self._bound[name] = Bound(method, codec, of_events)
        return bound


class Registry:
    """The typed services of every tenant, as the catalog has them at each moment.

    What is compiled belongs to a document, so that a change of versions costs nothing here: calls
    that begin take the new one, and those under way keep what they began with.
    """

    def __init__(self, catching_up: CatchingUp, types: TypedVersions) -> None:
        """Takes what knows the versions, and what becomes of their documents."""
        self._catalog = catching_up.catalog
        self._catching_up = catching_up
        self._types = types
        self._compiled: Recent[Key, Compiled] = Recent(KEPT)
        self._described: Recent[tuple[Key, str], Description] = Recent(DESCRIBED)
        self._making: WeakValueDictionary[tuple[Key, str], asyncio.Lock] = WeakValueDictionary()
        self._found: Recent[tuple[str, str], Found] = Recent(FOUND)
        self._of = self._catalog.snapshot

    def known(self, path: str, tenant: str) -> Found | None:
        """The method that a path is, where it has been found and has stayed the same.

        Of calls that say neither a version nor a connection.
        """
        if self._of is not self._catalog.snapshot:
            self._found, self._of = Recent(FOUND), self._catalog.snapshot
        return self._found.get((path, tenant))

    def keep(self, path: str, tenant: str, found: Found) -> None:
        """Keeps what such a call has found just now."""
        if found.fixed and self._of is self._catalog.snapshot:
            self._found.put((path, tenant), found)

    async def find(self, target: Target, caller: Caller, metadata: Mapping[str, str]) -> Found:
        """The method that a call asks for, of the version that serves it.

        The ledger is asked before a method is unknown, as for every call. Raises RouteNotFound as
        UNIMPLEMENTED, and what `Connecting.served` raises of the caller's connection.
        """
        try:
            return await self._find(target, caller, metadata)
        except (ConnectorNotFound, VersionNotFound, RouteNotFound):
            await self._catching_up.look()
        try:
            return await self._find(target, caller, metadata)
        except (ConnectorNotFound, VersionNotFound):
            raise unknown() from None

    async def services(self, identity: Identity) -> Iterator[str]:
        """The full names of those that the caller may look at.

        Like each description they are those of now, whichever process changed them last.
        """
        await self._catching_up.look()
        return (service_name(each) for each in self._shown(identity))

    async def paths(self) -> Sequence[str]:
        """The paths of methods that there may be, of the tenant that a gateway without any has."""
        found: list[str] = []
        with suppress(StoreUnavailable):  # then they are found as they are called
            for connector in self._catalog.connectors()[:LISTED]:
                methods = await self._types.methods(connector.name)
                owner = connector.name.connector
                services = [
                    service_name(VersionName(owner, each)) for each in (*connector.versions, LIVE)
                ]
                found += [f"/{service}/{method}" for service in services for method in methods]
                if len(found) > FOUND:
                    break
        return found[:FOUND]

    def serves(self, service: str, identity: Identity) -> bool:
        """Whether the caller has a service with that full name."""
        name = version_of_service(service, identity.tenant)
        return name is not None and self._shows(name, identity)

    async def of_symbol(
        self, symbol: str, identity: Identity, metadata: Mapping[str, str]
    ) -> Description | None:
        """The description that would have a symbol; None where the caller may look at none."""
        name = version_of_symbol(symbol, identity.tenant)
        return await self._description(name, identity, metadata)

    async def of_file(
        self, file: str, identity: Identity, metadata: Mapping[str, str]
    ) -> Description | None:
        """The same by the name of a file."""
        name = version_of_file(file, identity.tenant)
        return await self._description(name, identity, metadata)

    async def _find(self, target: Target, caller: Caller, metadata: Mapping[str, str]) -> Found:
        """Between the choice of a version and the answer nothing is waited for.

        So the engine, which chooses by the name again, finds what this found.
        """
        wanted = target.version
        version = self._serving(wanted, caller, metadata)
        while (compiled := self._compiled.get(_key(version))) is None:
            await self._compile(version)
            version = self._serving(wanted, caller, metadata)
        bound = compiled.bound(target.method)
        if bound is None:
            raise unknown()
        action = self._named(wanted, version, bound.method, caller)
        return Found(
            action=action,
            bound=bound,
            asked=ActionName(wanted.connector, wanted.version, action.action),
            called=f"{target.service}/{target.method}",
            owner=ConnectorName(wanted.connector, wanted.tenant),
            fixed=action.version == wanted.version and not caller.connection,
        )

    def _serving(self, wanted: VersionName, caller: Caller, metadata: Mapping[str, str]) -> Version:
        if not caller.connection:
            return self._catalog.version(wanted, metadata)
        connection = self._catalog.connection(ConnectionName(caller.connection, wanted.tenant))
        return self._catalog.connecting.served(
            wanted, connection, metadata, of_subject=bool(caller.subject)
        )

    def _named(
        self, wanted: VersionName, version: Version, method: Method, caller: Caller
    ) -> ActionName:
        """The action; of the version that was chosen, where another could be chosen next."""
        name = wanted
        if caller.connection:
            connection = self._catalog.connection(ConnectionName(caller.connection, wanted.tenant))
            name = connecting.wanted_of(wanted, connection)
        chosen = wanted if self._catalog.snapshot.serves_alone(name) else version.name
        return ActionName(chosen.connector, chosen.version, method.action, chosen.tenant)

    async def _compile(self, version: Version) -> None:
        service, key = await self._types.of(version), _key(version)
        if self._compiled.get(key) is None:
            self._compiled.put(key, Compiled(service))

    async def _description(
        self, name: VersionName | None, identity: Identity, metadata: Mapping[str, str]
    ) -> Description | None:
        if name is None:
            return None
        await self._catching_up.look()
        if not self._shows(name, identity):
            return None
        try:
            wanted = wanted_of(name, metadata.get(VERSION_KEY, ""))
            version = self._catalog.snapshot.likely(wanted, metadata)
        except (ConnectorNotFound, VersionNotFound):
            return None
        package = package_of(name)
        key = _key(version), package
        async with self._making.setdefault(key, asyncio.Lock()):
            described = self._described.get(key)
            if described is None:
                service = await self._types.of(version)
                described = await asyncio.to_thread(_describe, service, package)
                self._described.put(key, described)
        return described

    def _shown(self, identity: Identity) -> Iterator[VersionName]:
        for connector in self._catalog.connectors(identity.tenant):
            if _may_see(identity, connector.name):
                owner, tenant = connector.name.connector, connector.name.tenant
                for version in connector.versions:
                    yield VersionName(owner, version, tenant)
                if self._is_live(connector.name):
                    yield VersionName(owner, LIVE, tenant)

    def _shows(self, name: VersionName, identity: Identity) -> bool:
        owner = ConnectorName(name.connector, name.tenant)
        connector = self._catalog.snapshot.connectors.get(owner)
        if connector is None or not _may_see(identity, owner):
            return False
        return name.version in connector.versions or (name.version == LIVE and self._is_live(owner))

    def _is_live(self, name: ConnectorName) -> bool:
        snapshot = self._catalog.snapshot
        return bool(snapshot.live.get(name)) or name in snapshot.canaries


def unknown() -> RouteNotFound:
    """What a call of no method is told: the same, whoever else has it."""
    return RouteNotFound(
        "There is no such method. Reflection lists those that there are.", code=Code.UNIMPLEMENTED
    )


def _describe(service: TypedService, package: str) -> Description:
    pool = pool_of(service, package)
    size = len(pool.FindFileByName(file_of(package)).serialized_pb)
    comments = source_info(service)
    return Description(pool, comments if size + len(comments) <= COMMENTED else b"")


def _is_event(service: TypedService, method: Method) -> bool:
    """Whether the items of a sequence have the text that every event has as its data."""
    if method.streaming is not Streaming.ITEMS:
        return False
    message = service.messages[method.response]
    data = (DATA, Role.MEMBER, Scalar.STRING)
    return any((each.json, each.role, each.type) == data for each in message.fields)


def _may_see(identity: Identity, name: ConnectorName) -> bool:
    resource = Resource(connector=name.connector)
    return identity is ANYONE or identity.allows(Permission.VIEW, resource)


def _key(version: Version) -> Key:
    name = version.name
    return name.tenant, name.connector, version.spec_digest, version.create_time
