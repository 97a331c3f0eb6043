"""Every connector and version at one moment, as the calls see them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby
from types import MappingProxyType
from typing import Self, TypeVar

from facade.catalog import missing
from facade.catalog.matching import matched
from facade.catalog.notice import NOTHING, notice_of
from facade.catalog.verdicts import serving
from facade.model.connection import Connection
from facade.model.names import LIVE, ConnectionName, ConnectorName, VersionName
from facade.model.version import Connector, Version
from facade.stores.base import Stored

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The state after one commit; never changes, so a call sees one version throughout."""

    sequence: int = 0
    connectors: Mapping[ConnectorName, Connector] = field(default_factory=dict)
    """In order of tenants and ids."""
    tenants: Mapping[str, tuple[Connector, ...]] = field(default_factory=dict)
    """The same by tenant, for those that have one."""
    connections: Mapping[ConnectionName, Connection] = field(default_factory=dict)
    live: Mapping[ConnectorName, tuple[tuple[int, Version], ...]] = field(default_factory=dict)
    """The versions that serve `live` calls, with the sums of shares so far."""
    canaries: Mapping[ConnectorName, tuple[Version, ...]] = field(default_factory=dict)
    """The versions that get `live` calls by rule, newest first, of connectors that have some."""

    @classmethod
    def of(
        cls,
        sequence: int,
        connectors: Mapping[ConnectorName, Connector],
        connections: Mapping[ConnectionName, Connection] = MappingProxyType({}),
    ) -> Self:
        """Sums the shares up once, for `pick`."""
        ordered = {key: connectors[key] for key in sorted(connectors, key=_order)}
        whose = groupby(ordered.values(), key=lambda each: each.name.tenant)
        return cls(
            sequence=sequence,
            connectors=MappingProxyType(ordered),
            tenants={tenant: tuple(held) for tenant, held in whose},
            connections=connections,
            live={key: tuple(_sums(connector)) for key, connector in ordered.items()},
            canaries={
                key: found for key, connector in ordered.items() if (found := _ruled(connector))
            },
        )

    def after(self, stored: Stored) -> Self:
        """The state after another commit: what that left alone is the same object as before.

        What is compiled and remembered of a version or a connection is known by its identity.
        """
        owners, own = self.connectors, self.connections
        return self.of(
            stored.sequence,
            {name: _kept(owners.get(name), each) for name, each in stored.connectors.items()},
            {name: _same(own.get(name), each) for name, each in stored.connections.items()},
        )

    def connector(self, name: ConnectorName) -> Connector:
        """Finds a connector; raises ConnectorNotFound."""
        found = self.connectors.get(name)
        if found is None:
            known = self.tenants.get(name.tenant, ())
            raise missing.no_connector(name, [each.name.connector for each in known])
        return found

    def pick(
        self,
        name: VersionName,
        random: Callable[[], float],
        metadata: Mapping[str, str] = NOTHING,
    ) -> Version:
        """Finds a version; among several `live` ones, each as often as its share says.

        Raises ConnectorNotFound or VersionNotFound.
        """
        connector = ConnectorName(name.connector, name.tenant)
        if name.version == LIVE:
            ruled = self.canaries and matched(self.canaries.get(connector, ()), metadata)
            if ruled:
                return ruled
            shares = self.live.get(connector, ())
            if len(shares) == 1:
                return shares[0][1]
            point = random() * 100
            for below, candidate in shares:
                if point < below:
                    return candidate
        else:
            held = self.connectors.get(connector)
            found = held.versions.get(name.version) if held is not None else None
            if found is not None:
                return found
        raise missing.no_version(name, self.connector(connector).versions)

    def likely(self, name: VersionName, metadata: Mapping[str, str] = NOTHING) -> Version:
        """Of several `live` ones the one whose rule holds, or that serves most calls.

        Raises ConnectorNotFound or VersionNotFound.
        """
        owner = ConnectorName(name.connector, name.tenant)
        if name.version == LIVE:
            ruled = matched(self.canaries.get(owner, ()), metadata)
            found = ruled or serving(self.connector(owner).versions)
            if found is not None:
                return found
        return self.pick(name, lambda: 0.0, metadata)

    def serving(self, name: VersionName) -> tuple[Version, ...]:
        """The versions that may serve a name: one, or those that are live.

        Raises ConnectorNotFound, VersionNotFound.
        """
        connector = self.connector(ConnectorName(name.connector, name.tenant))
        one = connector.versions.get(name.version)
        found = connector.live if name.version == LIVE else (one,) if one else ()
        if not found:
            raise missing.no_version(name, connector.versions)
        return found

    def pinned(self, connector: ConnectorName) -> Mapping[str, tuple[str, ...]]:
        """The connections of a connector, by what serves them: the id of a version, or `live`."""
        found: dict[str, tuple[str, ...]] = {}
        for name, each in self.connections.items():
            if (each.connector, name.tenant) == (connector.connector, connector.tenant):
                found[each.version] = (*found.get(each.version, ()), str(name))
        return found

    def serves_alone(self, name: VersionName) -> bool:
        """Whether `pick` finds the same version for that name each time."""
        if name.version != LIVE:
            return True
        connector = ConnectorName(name.connector, name.tenant)
        return len(self.live.get(connector, ())) == 1 and connector not in self.canaries

    def notice(self, version: Version) -> Mapping[str, str]:
        """What the answers of a deprecated version say before them."""
        name = version.name
        known = self.connectors.get(ConnectorName(name.connector, name.tenant))
        return notice_of(version, serving(known.versions) if known is not None else None)

    def digests(self) -> set[str]:
        """The documents that the versions name."""
        return {
            version.spec_digest
            for connector in self.connectors.values()
            for version in connector.versions.values()
        }

    def live_digests(self) -> Iterator[str]:
        """The documents of what serves `live` calls."""
        return (version.spec_digest for shares in self.live.values() for _, version in shares)


def _order(name: ConnectorName) -> tuple[str, str]:
    return name.tenant, name.connector


def _kept(before: Connector | None, now: Connector) -> Connector:
    if before is None:
        return now
    versions = {key: _same(before.versions.get(key), each) for key, each in now.versions.items()}
    return _same(before, replace(now, versions=versions))


def _same(before: T | None, now: T) -> T:
    return before if before is not None and before == now else now


def _ruled(connector: Connector) -> tuple[Version, ...]:
    return tuple(each for each in reversed(tuple(connector.versions.values())) if each.matches)


def _sums(connector: Connector) -> Iterator[tuple[int, Version]]:
    total = 0
    for version in connector.live:
        total += version.traffic_percent
        yield total, version
