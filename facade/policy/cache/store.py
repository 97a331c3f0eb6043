"""Store: what is remembered, in this process and where processes share it."""

import asyncio
import logging
from collections.abc import Callable

from facade.background import Background
from facade.caching.entry import Record
from facade.errors.fault import Fault
from facade.policy.cache.ask import Look
from facade.policy.cache.flights import Flights
from facade.policy.cache.memory import NOTHING, Found, Memory
from facade.policy.cache.naming import CacheKey
from facade.policy.cache.peers import APART, CHANGED, KEPT, Peers, Work
from facade.policy.cache.quota import Quota
from facade.policy.cache.remote import Remote
from facade.sealing import Seal
from facade.stores.shared import Shared

LOGGER = logging.getLogger(__name__)

LONGEST = 0.9 * 24 * 3600.0
SPREAD = 0.1
"""No record is kept longer than the one, give or take that part of it."""

SHORTEST_CUT = LONGEST * (1.0 - SPREAD)
"""What that comes to at least."""

NEAR = 1.0
"""Seconds for which a process goes by what it has at hand where others may know better."""

APART_FOR = 10.0
"""Seconds for which requests do not wait for each other whose answers are not for each other."""


class Store(Background):
    """Records by key: those at hand over those that processes share.

    It is open for as long as it is entered: then it does work beside the calls.
    """

    def __init__(
        self,
        shared: Shared,
        seal: Seal,
        clock: Callable[[], float],
        chance: Callable[[], float],
        quota: Quota,
    ) -> None:
        """Takes what processes share, the seal of what goes there, a clock, and 0 to 1.

        `quota`: what tenants may have there.
        """
        super().__init__()
        self.alone = shared.alone
        """Whether there are no other processes."""
        self._clock = clock
        self._chance = chance
        self._memory = Memory()
        self._looks = Flights()
        self.remote = Remote(shared, seal, clock, quota)
        self.peers = Peers(shared, self.remote, self.start_watched, self._heard)

    def start_watched(self, work: Work) -> None:
        """Has work done beside the calls; whatever becomes of it, calls go on."""
        self.start(_watched(work))

    def at_hand(self, key: CacheKey) -> Found | None:
        """What this process has of a key; None where it has nothing."""
        return self._memory.get(key.entry, self._clock())

    def ahead(self, key: CacheKey) -> Look | None:
        """Begins to look a key up that is not at hand, for a `find` later on."""
        if self.at_hand(key) is not None or self._looks.get(key.tag, key.entry) is not None:
            return None
        return self.peers.look(key)

    async def find(self, key: CacheKey, ahead: Look | None = None) -> Found:
        """What others have of a key that is not at hand."""
        if self.alone:
            return NOTHING
        while (look := self._looks.get(key.tag, key.entry)) is not None:
            await look.landed(None)
            if look.found is not None:
                return look.found
        with self._looks.begin(key.tag, key.entry) as look:
            look.found = found = await self.peers.read(key, ahead or self.peers.look(key))
            if not look.spoilt:
                self.take(key, found)
        return found

    def take(self, key: CacheKey, found: Found) -> None:
        """Keeps at hand what was found elsewhere."""
        if found.record.variants:
            self._memory.put(key.entry, key.tag, found, self._clock() + NEAR, key.tenant)

    def keep(self, key: CacheKey, record: Record, until: float, marker: bytes, mark: bytes) -> None:
        """Keeps a record here and there, and ends the lease that its fetch was under."""
        now = self._clock()
        ttl = until - now
        if ttl > SHORTEST_CUT:
            ttl = min(ttl, LONGEST * (1.0 + SPREAD * (2.0 * self._chance() - 1.0)))
        if ttl <= 0:
            self._memory.forget(key.entry)
        else:
            near = ttl if self.alone or ttl < NEAR else NEAR
            self._memory.put(key.entry, key.tag, Found(record, marker), now + near, key.tenant)
        if not self.alone:
            self.peers.store(key, record, marker, max(ttl, NEAR), mark)

    def set_apart(self, key: CacheKey, mark: bytes) -> None:
        """Remembers for a short time that a key has no answers that others may have."""
        self._apart(key.entry, key.tag, key.tenant)
        self.peers.release(key, mark, apart=True)

    def invalidate(self, tag: str) -> None:
        """Forgets the answers of a path, here and everywhere."""
        self._memory.drop(tag)
        self._looks.spoil(tag)
        if not self.alone:
            self.peers.invalidate(tag)

    def _apart(self, entry: str, tag: str, tenant: str = "") -> None:
        now = self._clock()
        record = Record(apart_until=now + APART_FOR)
        self._memory.put(entry, tag, Found(record), now + APART_FOR, tenant)

    def _heard(self, kind: bytes | None, name: str) -> None:
        """Another process has changed something."""
        if kind is None:
            self._memory.clear()
        elif kind == CHANGED:
            self._memory.drop(name)
        elif kind == KEPT:
            self._memory.forget(name)
        elif kind == APART:
            self._apart(name, name)


async def _watched(work: Work) -> None:
    """Does work of which nobody waits for the end, and reports a bug in it."""
    [problem] = await asyncio.gather(work(), return_exceptions=True)
    if isinstance(problem, Exception) and not isinstance(problem, Fault):
        LOGGER.error("Work of the cache beside the calls broke off.", exc_info=problem)
