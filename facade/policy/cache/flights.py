"""Flights: one fetch of an answer at a time, for which everyone else waits."""

import asyncio
import copy
from collections.abc import Hashable
from types import TracebackType
from typing import Self

import msgspec

from facade.caching.entry import Stored
from facade.errors.fault import Fault
from facade.model.call import Reply
from facade.policy.cache.memory import Found


class Flight(msgspec.Struct, eq=False):
    """One fetch under way, and what it comes to: it ends with its block."""

    flights: "Flights"
    key: Hashable
    """What it is for."""
    tag: str
    """Of the path that this is of."""
    found: Found | None = None
    """What a look-up has found."""
    stored: Stored | None = None
    """The answer, where others may have it."""
    stale: bool = False
    """Whether that is a stale one, since the backend failed."""
    failure: Reply | None = None
    """The backend's word that it failed, which those who wait now may have too."""
    spoilt: bool = False
    """Whether its answer was made out of date while it was under way."""
    _landed: asyncio.Event | None = None
    """Made by the first who waits: few flights have anybody."""
    _fault: Fault | None = None

    def __enter__(self) -> Self:
        self.flights.add(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Ends it, whatever it has come to: nobody is left waiting."""
        self.flights.remove(self)
        if self._landed is not None:
            self._landed.set()

    async def landed(self, within: float | None) -> None:
        """Waits for the end of it; raises TimeoutError after so many seconds."""
        if self._landed is None:
            self._landed = asyncio.Event()
        async with asyncio.timeout(within):
            await self._landed.wait()

    def fail(self, fault: Fault) -> None:
        """Ends in a fault that those who wait now may have too."""
        self._fault = copy.copy(fault)

    def check(self) -> None:
        """Raises the fault that it ended in, if it did; each time another one of the same."""
        if self._fault is not None:
            raise copy.copy(self._fault)


class Flights:
    """The flights of this process, each under the tag of the path that it is of."""

    def __init__(self) -> None:
        self._flights: dict[Hashable, Flight] = {}
        self._tagged: dict[str, set[Hashable]] = {}

    def get(self, key: Hashable) -> Flight | None:
        """The flight under way for a key."""
        return self._flights.get(key)

    def begin(self, key: Hashable, tag: str) -> Flight:
        """A flight for the block that it is entered for."""
        return Flight(self, key, tag)

    def add(self, flight: Flight) -> None:
        """Has others find a flight."""
        self._flights[flight.key] = flight
        keys = self._tagged.get(flight.tag)
        if keys is None:
            keys = self._tagged[flight.tag] = set()
        keys.add(flight.key)

    def remove(self, flight: Flight) -> None:
        """Has nobody find it any more."""
        if self._flights.get(flight.key) is not flight:
            return
        del self._flights[flight.key]
        keys = self._tagged[flight.tag]
        keys.discard(flight.key)
        if not keys:
            del self._tagged[flight.tag]

    def spoil(self, tag: str) -> None:
        """Has nobody join the flights of a path any more, nor their answers kept."""
        for key in tuple(self._tagged.get(tag, ())):
            flight = self._flights[key]
            flight.spoilt = True
            self.remove(flight)
