"""Flights: one fetch of an answer at a time, for which everyone else waits."""

import asyncio
import copy
from collections.abc import Hashable, Iterator
from contextlib import contextmanager

from facade.caching.entry import Stored
from facade.errors.fault import Fault
from facade.model.call import Reply
from facade.policy.cache.memory import Found


class Flight:
    """One fetch under way, and what it comes to."""

    __slots__ = ("_fault", "_landed", "failure", "found", "spoilt", "stale", "stored")

    def __init__(self) -> None:
        self._landed = asyncio.Event()
        self._fault: Fault | None = None
        self.found: Found | None = None
        """What a look-up has found."""
        self.stored: Stored | None = None
        """The answer, where others may have it."""
        self.stale = False
        """Whether that is a stale one, since the backend failed."""
        self.failure: Reply | None = None
        """The backend's word that it failed, which those who wait now may have too."""
        self.spoilt = False
        """Whether its answer was made out of date while it was under way."""

    async def landed(self, within: float | None) -> None:
        """Waits for the end of it; raises TimeoutError after so many seconds."""
        async with asyncio.timeout(within):
            await self._landed.wait()

    def fail(self, fault: Fault) -> None:
        """Ends in a fault that those who wait now may have too."""
        self._fault = copy.copy(fault)

    def check(self) -> None:
        """Raises the fault that it ended in, if it did; each time another one of the same."""
        if self._fault is not None:
            raise copy.copy(self._fault)

    def land(self) -> None:
        """Ends it, whatever it has come to."""
        self._landed.set()


class Flights:
    """The flights of this process, each under the tag of the path that it is of."""

    def __init__(self) -> None:
        self._flights: dict[Hashable, Flight] = {}
        self._tagged: dict[str, set[Hashable]] = {}

    def get(self, key: Hashable) -> Flight | None:
        """The flight under way for a key."""
        return self._flights.get(key)

    @contextmanager
    def begin(self, key: Hashable, tag: str) -> Iterator[Flight]:
        """A flight for the block; however it ends, nobody is left waiting."""
        flight = self._flights[key] = Flight()
        self._tagged.setdefault(tag, set()).add(key)
        try:
            yield flight
        finally:
            if self._flights.get(key) is flight:
                self._remove(key, tag)
            flight.land()

    def spoil(self, tag: str) -> None:
        """Has nobody join the flights of a path any more, nor their answers kept."""
        for key in tuple(self._tagged.get(tag, ())):
            self._flights[key].spoilt = True
            self._remove(key, tag)

    def _remove(self, key: Hashable, tag: str) -> None:
        del self._flights[key]
        keys = self._tagged[tag]
        keys.discard(key)
        if not keys:
            del self._tagged[tag]
