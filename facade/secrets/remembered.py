"""Values of secrets in memory: for five minutes, each read once however many ask for it."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeAlias, TypeVar

from facade.errors.fault import Fault

Start: TypeAlias = Callable[[Coroutine[None, None, None]], asyncio.Task[None]]
"""Has work done beside the calls."""

N = TypeVar("N", bound=Hashable)
"""By what a value is named."""

KEPT = 300.0
"""Seconds that a value is used without being confirmed, and kept without being used."""

RENEWED = 240.0
"""Seconds after which a value that is in use is read again."""

AGAIN = 2.0
"""Seconds after which a value that could not be read is asked for again."""


@dataclass(slots=True)
class _Entry:
    """A value, when it was last read or confirmed, and when it was last asked for."""

    value: str = field(repr=False)
    confirmed: float
    asked: float


class Remembered(Generic[N]):
    """Reads values and keeps them, renewing those in use before they end.

    While a value cannot be read anew the old one is used, until it ends. Reads run beside
    the calls, so that a caller who goes away takes nothing from the others.
    """

    def __init__(
        self,
        read: Callable[[N], Awaitable[str]],
        clock: Callable[[], float],
        renewed: float = RENEWED,
    ) -> None:
        """Takes who reads a value by name, and raises a Fault where there is none."""
        self._read = read
        self._clock = clock
        self._renewed = renewed
        self._fresh = min(renewed, KEPT)
        self._entries: dict[N, _Entry] = {}
        self._failures: dict[N, tuple[float, Fault]] = {}
        self._flights: dict[N, asyncio.Task[None]] = {}
        self._edition = 0

    async def get(self, name: N, start: Start) -> str:
        """A value, without a pause where it is at hand; raises what its reader raised."""
        while (value := self._at_hand(name, start)) is None:
            await asyncio.wait((self._flight(name, start),))
        return value

    def held(self, name: N) -> str | None:
        """A value that need not be read again yet; None where `get` is to be asked."""
        entry = self._entries.get(name)
        if entry is None or (now := self._clock()) >= entry.confirmed + self._fresh:
            return None
        entry.asked = now
        return entry.value

    def in_use(self) -> list[N]:
        """The names of the values that were asked for of late; forgets the others."""
        oldest = self._clock() - KEPT
        for name in [name for name, entry in self._entries.items() if entry.asked < oldest]:
            del self._entries[name]
        return list(self._entries)

    def hold(self, name: N, value: str) -> None:
        """Puts a value that was read elsewhere in the place of the old one."""
        entry = self._entries.get(name)
        now = self._clock()
        self._entries[name] = _Entry(value, now, entry.asked if entry else now)
        self._failures.pop(name, None)

    def confirm(self) -> None:
        """Says that every value is still the one that it was."""
        now = self._clock()
        for entry in self._entries.values():
            entry.confirmed = now

    def forget(self, name: N) -> None:
        """Has a value read anew by whoever asks next."""
        self._entries.pop(name, None)
        self.changed()

    def changed(self) -> None:
        """Says that some values may be others now: what is being read is read again.

        What could not be read is asked for at once.
        """
        self._edition += 1
        self._failures.clear()

    def _at_hand(self, name: N, start: Start) -> str | None:
        """The value; None where it must be read first. Raises while reading it makes no sense."""
        entry, now = self._entries.get(name), self._clock()
        if entry is not None and now < entry.confirmed + KEPT:
            entry.asked = now
            if now >= entry.confirmed + self._renewed and not self._resting(name, now):
                self._flight(name, start)
            return entry.value
        if self._resting(name, now):
            raise _anew(self._failures[name][1])
        return None

    def _resting(self, name: N, now: float) -> bool:
        return now < self._failures[name][0] + AGAIN if name in self._failures else False

    def _flight(self, name: N, start: Start) -> asyncio.Task[None]:
        flight = self._flights.get(name)
        if flight is None:
            flight = self._flights[name] = start(self._fly(name))
        return flight

    async def _fly(self, name: N) -> None:
        try:
            while True:
                edition = self._edition
                value = await self._read(name)
                if edition == self._edition:
                    break
            self.hold(name, value)
        except Fault as fault:
            self._failures[name] = (self._clock(), fault)
        finally:
            del self._flights[name]


def _anew(fault: Fault) -> Fault:
    """The same for another call: each says of itself what it is about."""
    return type(fault)(fault.message, details=fault.details, effect=fault.effect)
