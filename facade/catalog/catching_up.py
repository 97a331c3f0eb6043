"""Catching up: a call of what is not known here has the ledger asked before it is refused."""

import asyncio
import time
from asyncio import sleep
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from math import inf
from typing import Final, TypeVar

from facade.catalog.catalog import Catalog
from facade.errors.caller import ConnectorNotFound, VersionNotFound
from facade.errors.connections import ConnectionNotFound
from facade.errors.service import StoreUnavailable
from facade.model.action import Action
from facade.model.call import Caller
from facade.model.names import ActionName
from facade.model.version import Version

T = TypeVar("T")

UNKNOWN: Final = (ConnectorNotFound, VersionNotFound, ConnectionNotFound)
"""What is raised for names that may be known to the ledger by now."""

PERIOD: Final = 0.05
"""Seconds between two looks, however many calls ask for one."""

PATIENCE: Final = 1.0
"""Seconds after which a ledger that does not answer is taken for one that knows no more."""


class CatchingUp:
    """Looks into the ledger for all calls together that name what is not known here.

    Each waits for a look that begins after it came, so that what was acknowledged before is found.
    Nothing of it depends on the name: one that others have takes as long as one that nobody has.
    """

    def __init__(
        self,
        catalog: Catalog,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], Awaitable[None]] = sleep,
    ) -> None:
        """Takes what is to be kept with the ledger."""
        self.catalog = catalog
        self._clock = clock
        self._pause = pause
        self._looking = asyncio.Lock()
        self._looked = -inf
        """When the last look began."""

    async def resolve(
        self, name: ActionName, caller: Caller, metadata: Mapping[str, str]
    ) -> tuple[Version, Action]:
        """What `Catalog.resolve` gives, before or after a look; raises what that raises."""
        return await self.found(lambda: self.catalog.resolve(name, caller, metadata))

    async def found(self, find: Callable[[], T]) -> T:
        """What is found, before or after a look; raises what `find` raises."""
        try:
            return find()
        except UNKNOWN:
            await self.look()
            return find()

    async def look(self) -> None:
        """Knows all that had been acknowledged when it was asked, where the ledger answers."""
        came = self._clock()
        async with self._looking:
            if self._looked > came:
                return
            await self._pause(max(0.0, self._looked + PERIOD - self._clock()))
            began = self._clock()
            with suppress(StoreUnavailable, TimeoutError):
                async with asyncio.timeout(PATIENCE):
                    await self.catalog.refresh()
            self._looked = began
