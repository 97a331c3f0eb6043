"""Every connector and version at one moment, as the calls see them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Self

from facade.catalog import missing
from facade.model.names import LIVE, ConnectorName, VersionName
from facade.model.version import Connector, Version


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The state after one commit; never changes, so a call sees one version throughout."""

    sequence: int = 0
    connectors: Mapping[str, Connector] = field(default_factory=dict)
    """By id, in order of ids."""
    live: Mapping[str, tuple[tuple[int, Version], ...]] = field(default_factory=dict)
    """By connector: the versions that serve `live` calls, with the sums of shares so far."""

    @classmethod
    def of(cls, sequence: int, connectors: Mapping[str, Connector]) -> Self:
        """Sums the shares up once, for `pick`."""
        return cls(
            sequence=sequence,
            connectors=MappingProxyType({key: connectors[key] for key in sorted(connectors)}),
            live={key: tuple(_sums(connector)) for key, connector in connectors.items()},
        )

    def connector(self, name: ConnectorName) -> Connector:
        """Finds a connector; raises ConnectorNotFound."""
        found = self.connectors.get(name.connector)
        if found is None:
            raise missing.no_connector(name, self.connectors)
        return found

    def pick(self, connector: str, version: str, random: Callable[[], float]) -> Version:
        """Finds a version; among several `live` ones, each as often as its share says.

        Raises ConnectorNotFound or VersionNotFound.
        """
        if version == LIVE:
            shares = self.live.get(connector, ())
            if len(shares) == 1:
                return shares[0][1]
            point = random() * 100
            for below, candidate in shares:
                if point < below:
                    return candidate
        else:
            held = self.connectors.get(connector)
            found = held.versions.get(version) if held is not None else None
            if found is not None:
                return found
        known = self.connector(ConnectorName(connector)).versions
        raise missing.no_version(VersionName(connector, version), known)

    def serves_alone(self, connector: str, version: str) -> bool:
        """Whether `pick` finds the same version for that name each time."""
        return version != LIVE or len(self.live.get(connector, ())) == 1

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


def _sums(connector: Connector) -> Iterator[tuple[int, Version]]:
    total = 0
    for version in connector.live:
        total += version.traffic_percent
        yield total, version
