"""Typed versions: the typed service of each version, numbered for ever."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Final, TypeAlias
from weakref import WeakValueDictionary

from facade.catalog import missing
from facade.catalog.catalog import Catalog
from facade.errors.caller import EtagMismatch
from facade.model.names import ConnectorName
from facade.model.typed import METHODS, TypedService
from facade.model.version import Version
from facade.recent import Recent
from facade.stores.kept_numbers import KeptNumbers, NumbersChange, Unnumbered
from facade.stores.numbers import SqlNumbers

KEPT: Final = 64
"""Services that are remembered."""

ATTEMPTS: Final = 8
"""Times that numbers are reckoned while others change them."""

ServiceKey: TypeAlias = tuple[ConnectorName, str, datetime]
"""A connector, the digest of a document, and when its version was made.

The connector may have been another before, with other numbers.
"""


class TypedVersions:
    """The typed services of versions, by the numbers of their connectors.

    What a version is numbered by is in the ledger since it was created; of versions that an older
    release made, it is put there when their service is first asked for.
    """

    def __init__(self, catalog: Catalog, numbers: SqlNumbers) -> None:
        """Takes the catalog of the versions, and the numbers in its ledger."""
        self._numbering = catalog.numbering
        self._numbers = numbers
        self._services: Recent[ServiceKey, TypedService] = Recent(KEPT)
        self._making: WeakValueDictionary[ServiceKey, asyncio.Lock] = WeakValueDictionary()

    async def of(self, version: Version) -> TypedService:
        """The service of a version, numbered and named.

        Raises VersionNotFound where its connector is gone, InvalidSpec where its document cannot be
        read any more, and StoreUnavailable.
        """
        name = version.name
        key = ConnectorName(name.connector, name.tenant), version.spec_digest, version.create_time
        found = self._services.get(key)
        if found is not None:
            return found
        async with self._making.setdefault(key, asyncio.Lock()):
            found = self._services.get(key)
            if found is None:
                found = await self._made(version, key[0])
                self._services.put(key, found)
        return found

    async def methods(self, connector: ConnectorName) -> Sequence[str]:
        """The names of all methods that versions of a connector have or had, as far as kept.

        Raises StoreUnavailable.
        """
        kept = await self._numbers.get(connector)
        numbers = await asyncio.to_thread(kept.unpack)
        return [each.name for each in numbers.get(METHODS, {}).values()]

    async def _made(self, version: Version, connector: ConnectorName) -> TypedService:
        for _ in range(ATTEMPTS):
            known = await self._numbers.get(connector)
            service, after = await self._numbering.service(
                version.spec_digest, known, connector.connector
            )
            try:
                await self._keep(version, connector, known, after)
            except Unnumbered:
                continue
            return service
        raise EtagMismatch(
            f"`{connector}` was changed by others at the same time; repeat the request"
        )

    async def _keep(
        self, version: Version, connector: ConnectorName, known: KeptNumbers, after: KeptNumbers
    ) -> None:
        if after.digest == known.digest:
            return
        change = NumbersChange(connector=connector, before=known.digest, after=after)
        if not await self._numbers.put(change):
            raise missing.no_version(version.name, ())
