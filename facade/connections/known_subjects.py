"""Known subjects: those that calls name, in memory, as they are in the ledger now."""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from facade.background import Background
from facade.errors.caller import InvalidRequest
from facade.errors.service import StoreUnavailable
from facade.model.connection import Subject
from facade.model.names import SubjectName, parse_subject
from facade.recent import Recent
from facade.stores.subjects import SqlSubjects
from facade.telemetry.outage import Outage

LOGGER = logging.getLogger(__name__)

STALE: Final = "the ledger does not answer: subjects in use are as they were"

MOST: Final = 10_000
"""Subjects that one process keeps in memory."""
PERIOD: Final = 0.4
"""Seconds between two looks whether any changed."""
SURE: Final = 0.9
"""Seconds after a look for which what it found is gone by."""
KEPT: Final = 300.0
"""Seconds that a subject is gone by while the ledger does not answer."""

CHANGING: Final = ("update_subject", "delete_subject", "authorize_subject", "lapse_subject")
"""Methods of the audit that change one subject, which is their target."""
ENDING: Final = "delete_connection"
"""The one that changes many."""


@dataclass(frozen=True, slots=True)
class _Known:
    subject: Subject
    read: float


class KnownSubjects(Background):
    """Reads subjects once for many calls. It is open for as long as it is entered.

    There may be millions, so the ledger is not followed by reading them all: while calls name any,
    the audit is looked at as it grows, whose rows say which subject changed. What a process changes
    itself it forgets at once, and what others change within a second.
    """

    def __init__(self, store: SqlSubjects, clock: Callable[[], float] = time.monotonic) -> None:
        """Takes where they are."""
        super().__init__()
        self._store = store
        self._clock = clock
        self._known: Recent[SubjectName, _Known] = Recent(MOST)
        self._flights: dict[SubjectName, asyncio.Task[Subject | StoreUnavailable | None]] = {}
        self._edition = 0
        self._looked = float("-inf")
        """When the last look began that found out what had changed by then."""
        self._position = -1
        self._wanted = asyncio.Event()

    def begin(self) -> None:
        """Follows what changes."""
        self.start(self._follow())

    async def get(self, name: SubjectName) -> Subject | None:
        """A subject; None where there is none. Raises StoreUnavailable."""
        self._wanted.set()
        known, now = self._known.get(name), self._clock()
        if known is not None and now < max(known.read, self._looked) + SURE:
            return known.subject
        flight = self._flights.get(name)
        if flight is None:
            flight = self._flights[name] = self.start(self._fly(name))
        await asyncio.wait((flight,))
        found = flight.result()
        if not isinstance(found, StoreUnavailable):
            return found
        if known is None or now >= known.read + KEPT:
            raise StoreUnavailable(found.message, details=found.details)
        return known.subject

    def forget(self, name: SubjectName) -> None:
        """Has a subject that this process has changed be read anew."""
        self._edition += 1
        self._known.pop(name)

    async def _fly(self, name: SubjectName) -> Subject | StoreUnavailable | None:
        """Reads a subject, again where any was forgotten meanwhile."""
        try:
            while True:
                edition, began = self._edition, self._clock()
                found = await self._store.get(name)
                if edition == self._edition:
                    break
        except StoreUnavailable as fault:
            return fault
        finally:
            del self._flights[name]
        if found is None:
            self._known.pop(name)
        else:
            self._known.put(name, _Known(found, began))
        return found

    async def _follow(self) -> None:
        outage = Outage(lambda _: LOGGER.warning(STALE))
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            with outage.noted(StoreUnavailable):
                await self.look()
            await asyncio.sleep(PERIOD)

    async def look(self) -> None:
        """Forgets those that changed since the last look; raises StoreUnavailable."""
        began, before = self._clock(), self._position
        position = await self._store.position()
        if position != before:
            methods = (*CHANGING, ENDING)
            changed = await self._store.changed(methods, before, position) if before >= 0 else None
            self._forget_all(changed)
        self._position, self._looked = position, began

    def _forget_all(self, changed: set[tuple[str, str]] | None) -> None:
        """Forgets what some targets name; None: everything."""
        names = []
        try:
            names = [parse_subject(target, tenant=tenant) for tenant, target in changed or ()]
        except InvalidRequest:
            changed = None  # a connection, with all of its subjects
        if changed is None:
            self._edition += 1
            self._known = Recent(MOST)
        for name in names:
            self.forget(name)
