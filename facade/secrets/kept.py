"""Secrets that are kept sealed in the ledger, as calls need them: `secret:NAME`."""

import asyncio
import logging
from collections.abc import Callable

from facade.errors.fault import Fault
from facade.errors.service import StoreUnavailable
from facade.model.secret import SecretName
from facade.secrets.absent import absent, damaged, unavailable
from facade.secrets.envelope import PURPOSE, disclose
from facade.secrets.remembered import Remembered, Start
from facade.secrets.ring import KeyRing
from facade.secrets.rows import envelope_in, place_of
from facade.stores.secrets import SecretRow, SqlSecrets
from facade.telemetry.outage import Outage

LOGGER = logging.getLogger(__name__)

STALE = "the ledger does not answer: secrets in use are as they were"

PERIOD = 0.4
"""Seconds between two looks whether the ledger changed."""


class Kept:
    """The values of kept secrets, in memory while calls use them.

    The ledger is read once for each, and then, beside the calls, as its sequence number moves: a
    change anywhere is seen within a second.
    """

    def __init__(self, store: SqlSecrets, ring: KeyRing, clock: Callable[[], float]) -> None:
        """Takes where they are kept, the keys that open them, and the time."""
        self._store = store
        self._ring = ring
        self._remembered = Remembered(self._read, clock, renewed=float("inf"))
        self._wanted = asyncio.Event()
        self._sequence = -1

    async def get(self, name: SecretName, start: Start) -> str:
        """A value; raises ConnectionIncomplete, KeyRingMissing, StoreUnavailable."""
        self._wanted.set()
        return await self._remembered.get(name, start)

    def held(self, name: SecretName) -> str | None:
        """A value that is at hand; None where `get` is to be asked."""
        self._wanted.set()
        return self._remembered.held(name)

    def forget(self, name: SecretName) -> None:
        """Has a value that this process has changed be read anew."""
        self._remembered.forget(name)

    async def follow(self) -> None:
        """Keeps the values in use with the ledger, for as long as it runs."""
        outage = Outage(lambda _: LOGGER.warning(STALE))
        while True:
            await self._wanted.wait()
            await asyncio.sleep(PERIOD)
            with outage.noted(StoreUnavailable):
                await self._catch_up()

    async def _catch_up(self) -> None:
        """Takes what changed since the last look; what did not is confirmed."""
        sequence = await self._store.sequence()
        names = self._remembered.in_use()
        if sequence != self._sequence:
            self._remembered.changed()
            rows = await self._store.get(names)
            for name in names:
                self._take(name, rows.get(name))
            self._sequence = sequence
        self._remembered.confirm()
        if not names:
            self._wanted.clear()

    def _take(self, name: SecretName, row: SecretRow | None) -> None:
        try:
            self._remembered.hold(name, self._open(name, row))
        except Fault as fault:
            LOGGER.warning("%s", fault.message)
            self._remembered.forget(name)

    async def _read(self, name: SecretName) -> str:
        try:
            rows = await self._store.get([name])
        except StoreUnavailable:
            raise unavailable(name.reference) from None
        return self._open(name, rows.get(name))

    def _open(self, name: SecretName, row: SecretRow | None) -> str:
        if row is None:
            raise absent(name.reference)
        value = disclose(self._ring.seal(PURPOSE), envelope_in(row), place_of(row))
        if value is None:
            raise damaged(name.reference)
        return value
