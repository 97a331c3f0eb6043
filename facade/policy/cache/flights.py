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
    tag: str
    """Of the path that this is of."""
    key: Hashable
    """What it is for, among those of the path."""
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
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Ends it, whatever it has come to: nobody is left waiting."""
        if not self.spoilt:
            self.flights.remove(self)
        if self._landed is not None:
            self._landed.set()

    async def landed(self, until: float | None) -> None:
        """Waits for the end of it; raises TimeoutError at a time of the event loop's clock."""
        if self._landed is None:
            self._landed = asyncio.Event()
        async with asyncio.timeout_at(until):
            await self._landed.wait()

    def fail(self, fault: Fault) -> None:
        """Ends in a fault that those who wait now may have too."""
        self._fault = copy.copy(fault)

    def check(self) -> None:
        """Raises the fault that it ended in, if it did; each time another one of the same."""
        if self._fault is not None:
            raise copy.copy(self._fault)


class Flights:
    """The flights of this process, by the tag of the path that each is of."""

    def __init__(self) -> None:
        self._flights: dict[str, dict[Hashable, Flight]] = {}

    def get(self, tag: str, key: Hashable) -> Flight | None:
        """The flight under way for a key."""
        under = self._flights.get(tag)
        return None if under is None else under.get(key)

    def begin(self, tag: str, key: Hashable) -> Flight:
        """A flight for the block that it is entered for, at once; others find it from now on."""
        flight = Flight(self, tag, key)
        under = self._flights.get(tag)
        if under is None:
            self._flights[tag] = {key: flight}
        else:
            under[key] = flight
        return flight

    def remove(self, flight: Flight) -> None:
        """Has nobody find a flight any more."""
        under = self._flights[flight.tag]
        del under[flight.key]
        if not under:
            del self._flights[flight.tag]

    def spoil(self, tag: str) -> None:
        """Has nobody join the flights of a path any more, nor their answers kept."""
        for flight in self._flights.pop(tag, {}).values():
            flight.spoilt = True
