"""Renewals: the backend is asked, and its answer is put to use for all who may have it."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeAlias

import msgspec

from facade.caching.answers import answer
from facade.caching.entry import Record, Stored
from facade.caching.freshness import Times
from facade.caching.renewal import FAILURES, Renewed, Terms, is_for_all, renewed, revalidated
from facade.caching.request import Request
from facade.caching.reuse import (
    Decision,
    Forward,
    Refuse,
    Revalidate,
    Use,
    renewal_of,
    reuse,
    stands_in,
)
from facade.errors.backend import BackendFault, BackendTimeout
from facade.errors.fault import Code, Effect, Fault
from facade.model.call import CacheStatus, Reply
from facade.model.policy import CacheMode
from facade.policy.cache.ask import Answered, Ask, Fetch, Look
from facade.policy.cache.authorization import is_authorized
from facade.policy.cache.flights import Flight
from facade.policy.cache.habits import Habit
from facade.policy.cache.memory import Found
from facade.policy.cache.naming import CacheKey
from facade.policy.cache.store import Store

HEADERS, MISS, STALE = CacheMode.HEADERS, CacheStatus.MISS, CacheStatus.STALE

LEASED = 5.0
"""Seconds at most for which other processes wait for one that may be gone."""


Asked: TypeAlias = Revalidate | Forward
"""What the backend is asked for."""


class Asking(msgspec.Struct, eq=False):
    """One call on its way through the cache."""

    ask: Ask
    request: Request
    habit: Habit
    """What its action is known for."""
    key: CacheKey
    fetch: Fetch
    """Asks the backend."""
    look: Look | None = None
    """One that was begun for it, until that is read."""
    renewing: bool = False
    """Whether it renews a stale answer that was given already."""
    _ends: float = 0.0

    def begin(self) -> float:
        """Has its time begin, unless it has: there is somebody else to wait for.

        Gives when it ends, by the event loop's clock.
        """
        if not self._ends:
            self._ends = asyncio.get_running_loop().time() + self.ask.plan.timeout
        return self._ends

    def anew(self, fetch: Fetch) -> "Asking":
        """The same call as one that renews the stale answer that it was given."""
        return Asking(self.ask, self.request, self.habit, self.key, fetch, renewing=True)


Lead: TypeAlias = Callable[[Asking, Asked, Found, Flight], Awaitable[Answered | None]]


class Renewals:
    """Asks the backend for answers, alone or for all who wait for the same."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        """Takes where answers are remembered, and a clock in seconds since the epoch."""
        self._store = store
        self._clock = clock
        self.lead: Lead = self.renew if store.alone else self._lead
        """Asks for all who wait; what comes is None where another process has the answer."""

    async def fetched(
        self, ask: Ask, request: Request, fetch: Fetch
    ) -> tuple[Reply, Stored | None]:
        """What the backend answers a call for which nobody waits, and what can be kept of it."""
        requested = self._clock()
        reply = await fetch(())
        return reply, _terms(ask, request).keep(reply, Times(requested, self._clock()))

    def keep(self, habit: Habit, key: CacheKey, record: Record, marker: bytes, mark: bytes) -> None:
        """Remembers answers of an action, under the marker that was found, and ends the lease."""
        until = record.until
        habit.bears(until)
        self._store.keep(key, record, until, marker, mark)

    async def _lead(self, call: Asking, _: Asked, found: Found, flight: Flight) -> Answered | None:
        """Asks for all who wait, in all processes, what is to be asked then."""
        seconds = min(LEASED, max(call.ask.plan.timeout, 0.002) / 2)
        serves = partial(self._serves, call)
        try:
            found, mark = await self._store.peers.lead(
                call.key, found, seconds, serves, call.begin()
            )
        except TimeoutError:
            raise too_late() from None
        self._store.take(call.key, found)
        decision = self.decided(found.record, call)
        if isinstance(decision, Use | Refuse) or self._is_apart(call):
            self._store.peers.release(call.key, mark)
            return None
        return await self.renew(call, decision, found, flight, mark)

    async def renew(
        self, call: Asking, asked: Asked, found: Found, flight: Flight, mark: bytes = b""
    ) -> Answered:
        """Asks the backend, and remembers what it answers."""
        settled = False
        requested = self._clock()
        try:
            try:
                reply = await call.fetch(asked.conditions)
            except Fault as fault:
                standing_in = self._in_place(fault, call, asked, found.record)
                if standing_in is None:
                    if _for_all(fault):
                        flight.fail(fault)
                    raise
                outcome = standing_in
            else:
                times = Times(requested, self._clock())
                outcome = self._outcome(reply, times, call, asked, found.record)
            settled = self._settle(call, outcome, found, flight, mark)
        finally:
            if mark and not settled:
                self._store.peers.release(call.key, mark)
        stored, status = outcome.stored, outcome.status
        if stored is None or (status is MISS and not isinstance(asked, Revalidate)):
            return Answered(reply=outcome.reply, status=status)
        now = self._clock()
        age = None if status is MISS else stored.age(now)
        return Answered(reply=answer(stored, call.request, now), status=status, age=age)

    def _outcome(
        self, reply: Reply, times: Times, call: Asking, asked: Asked, record: Record
    ) -> Renewed:
        """What the backend has answered, or the stale answer that stands in for it."""
        stored = asked.stored
        if stored is not None and reply.status in FAILURES and self._stands_in(stored, call):
            return self._stale(stored, call, record)
        terms = _terms(call.ask, call.request)
        if isinstance(asked, Revalidate) and reply.status == 304:
            return revalidated(record, terms, asked.stored, reply, times)
        return renewed(record, terms, reply, times)

    def _in_place(self, fault: Fault, call: Asking, asked: Asked, record: Record) -> Renewed | None:
        """The stale answer that stands in for a fault."""
        stored = asked.stored
        if stored is None or not _failed(fault) or not self._stands_in(stored, call):
            return None
        return self._stale(stored, call, record)

    def _stale(self, stored: Stored, call: Asking, record: Record) -> Renewed:
        reply = answer(stored, call.request, self._clock())
        return Renewed(reply=reply, status=STALE, stored=stored, record=record)

    def _settle(
        self, call: Asking, outcome: Renewed, found: Found, flight: Flight, mark: bytes
    ) -> bool:
        """Remembers an outcome, for those who wait too; tells whether that sees to the lease."""
        flight.stored, flight.stale = outcome.stored, outcome.status is STALE
        if flight.stale or flight.spoilt:
            return False
        if outcome.stored is not None or outcome.record is not found.record:
            self.keep(call.habit, call.key, outcome.record, found.marker, mark)
            return True
        if outcome.reply.status in FAILURES and is_for_all(outcome.reply):
            flight.failure = outcome.reply
            return False
        if call.habit.is_barren or not call.request.plain:
            return False
        if outcome.reply.status not in FAILURES:
            call.habit.bears_nothing()
        self._store.set_apart(call.key, mark)
        return True

    def _stands_in(self, stored: Stored, call: Asking) -> bool:
        return stands_in(stored, call.request, self._clock())

    def decided(self, record: Record, call: Asking) -> Decision:
        """What becomes of a call; one that renews an answer is not served by a stale one."""
        decision = reuse(record, call.request, self._clock())
        if call.renewing and isinstance(decision, Use) and decision.stale:
            return renewal_of(decision.stored)
        return decision

    def _is_apart(self, call: Asking) -> bool:
        """Whether another call has shown meanwhile that the answers are for nobody else."""
        found = self._store.at_hand(call.key)
        return found is not None and found.record.apart_until > self._clock()

    def _serves(self, call: Asking, record: Record) -> bool:
        """Whether a call need not ask the backend, or need not wait for others to do so."""
        return self._is_apart(call) or isinstance(self.decided(record, call), Use)


def _terms(ask: Ask, request: Request) -> Terms:
    caching = ask.plan.policy.cache
    asked = caching.mode is HEADERS  # else it makes no difference
    authorized = asked and is_authorized(ask.plan, request.fields, ask.who)
    return Terms(request=request, caching=caching, authorized=authorized)


def too_late() -> BackendTimeout:
    """The fault of a call whose time ran out while it waited for another call's answer."""
    return BackendTimeout("no answer came before the deadline", effect=Effect.NOT_EXECUTED)


def _failed(fault: Fault) -> bool:
    """Whether the backend failed, as against a call that is wrong."""
    return isinstance(fault, BackendFault) or fault.retryable


def _for_all(fault: Fault) -> bool:
    """Whether those who waited may have a fault too: it is not one of the deadline alone."""
    return isinstance(fault, BackendFault) and fault.status is not Code.DEADLINE_EXCEEDED
