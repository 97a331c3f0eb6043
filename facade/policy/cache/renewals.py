"""Renewals: the backend is asked, and its answer is put to use for all who may have it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias
from weakref import WeakKeyDictionary

from facade.caching.answers import answer
from facade.caching.entry import EMPTY, Record, Stored
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
from facade.model.action import Action
from facade.model.call import CacheStatus, Headers, Reply
from facade.policy.cache.ask import Answered, Ask, Fetch
from facade.policy.cache.authorization import is_authorized
from facade.policy.cache.flights import Flight
from facade.policy.cache.memory import Found
from facade.policy.cache.naming import Key
from facade.policy.cache.store import Store

BARREN = 32
"""Answers of an action in a row that nobody else may have, after which none is waited for."""

LEASED = 5.0
"""Seconds at most for which other processes wait for one that may be gone."""


Asked: TypeAlias = Revalidate | Forward
"""What the backend is asked for."""


@dataclass(slots=True)
class Asking:
    """One call on its way through the cache."""

    ask: Ask
    request: Request
    key: Key
    fetch: Fetch
    ends: float
    """When its time is over, by the event loop's clock."""
    renewing: bool = False
    """Whether it renews a stale answer that was given already."""

    @property
    def left(self) -> float:
        """Seconds that it has."""
        return self.ends - asyncio.get_running_loop().time()


@dataclass(slots=True)
class Yield:
    """What the answers of an action were good for."""

    barren: int = 0
    """How many in a row nobody else may have."""
    until: float = 0.0
    """When the last of what was kept is of no more use."""


class Renewals:
    """Asks the backend for answers, alone or for all who wait for the same."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        """Takes where answers are remembered, and a clock in seconds since the epoch."""
        self._store = store
        self._clock = clock
        self._yields: WeakKeyDictionary[Action, Yield] = WeakKeyDictionary()

    def is_barren(self, action: Action) -> bool:
        """Whether an action's answers are, as it seems, such as nobody else may have."""
        found = self._yields.get(action)
        return found is not None and found.barren >= BARREN

    def has_nothing(self, action: Action) -> bool:
        """Whether that is so, and nothing of what was kept before is of use any more."""
        found = self._yields.get(action)
        return found is not None and found.barren >= BARREN and found.until <= self._clock()

    async def fetched(self, ask: Ask, request: Request, fetch: Fetch) -> tuple[Reply, Record]:
        """What the backend answers a call for which nobody waits, and what can be kept of it."""
        reply, times = await self._exchange(fetch, ())
        stored = _terms(ask, request).keep(reply, times)
        return reply, EMPTY if stored is None else Record(variants=(stored,))

    def keep(self, action: Action, key: Key, record: Record, marker: bytes, fence: int) -> None:
        """Remembers answers of an action, under the marker that was found, and ends the lease."""
        found = self._yields.setdefault(action, Yield())
        found.barren = 0
        found.until = max((found.until, *(each.until for each in record.variants)))
        self._store.keep(key, record, marker, fence)

    async def lead(self, call: Asking, found: Found, flight: Flight) -> Answered | None:
        """Asks for all who wait, in all processes; None where another process has the answer."""
        fence = 0
        if not self._store.peers.alone:
            seconds = min(LEASED, max(call.ask.plan.timeout, 0.002) / 2)
            try:
                async with asyncio.timeout(call.left):
                    found, fence = await self._store.peers.lead(
                        call.key, found, seconds, lambda record: self._serves(record, call)
                    )
            except TimeoutError:
                raise too_late() from None
            self._store.take(call.key, found)
        decision = self._decided(found.record, call)
        if isinstance(decision, Use | Refuse) or self._is_apart(call):
            self._store.peers.release(call.key, fence)
            return None
        return await self.renew(call, decision, found, flight, fence)

    async def renew(
        self, call: Asking, decision: Asked, found: Found, flight: Flight, fence: int = 0
    ) -> Answered:
        """Asks the backend, and remembers what it answers."""
        settled = False
        try:
            outcome = await self._outcome(call, decision, found.record, flight)
            settled = self._settle(call, outcome, found, flight, fence)
        finally:
            if not settled:
                self._store.peers.release(call.key, fence)
        stored = outcome.stored
        missed = outcome.status is CacheStatus.MISS
        if stored is None or (missed and not isinstance(decision, Revalidate)):
            return Answered(reply=outcome.reply, status=outcome.status)
        now = self._clock()
        age = None if missed else stored.age(now)
        return Answered(reply=answer(stored, call.request, now), status=outcome.status, age=age)

    async def _outcome(
        self, call: Asking, decision: Asked, record: Record, flight: Flight
    ) -> Renewed:
        """What the backend answers, or the stale answer that stands in for it."""
        stored = decision.stored
        try:
            outcome = await self._sent(call, decision, record)
        except Fault as fault:
            if stored is None or not _failed(fault) or not self._stands_in(stored, call):
                if _for_all(fault):
                    flight.fail(fault)
                raise
        else:
            failed = outcome.reply.status in FAILURES
            if stored is None or not failed or not self._stands_in(stored, call):
                return outcome
        reply = answer(stored, call.request, self._clock())
        return Renewed(reply=reply, status=CacheStatus.STALE, stored=stored, record=record)

    async def _sent(self, call: Asking, decision: Asked, record: Record) -> Renewed:
        terms = _terms(call.ask, call.request)
        conditions = decision.conditions if isinstance(decision, Revalidate) else ()
        reply, times = await self._exchange(call.fetch, conditions)
        if isinstance(decision, Revalidate) and reply.status == 304:
            return revalidated(record, terms, decision.stored, reply, times)
        return renewed(record, terms, reply, times)

    async def _exchange(self, fetch: Fetch, conditions: Headers) -> tuple[Reply, Times]:
        requested = self._clock()
        reply = await fetch(conditions)
        return reply, Times(requested, self._clock())

    def _settle(
        self, call: Asking, outcome: Renewed, found: Found, flight: Flight, fence: int
    ) -> bool:
        """Remembers an outcome, for those who wait too; tells whether that sees to the lease."""
        flight.stored, flight.stale = outcome.stored, outcome.status is CacheStatus.STALE
        if flight.stale or flight.spoilt:
            return False
        changed = outcome.record is not found.record
        if outcome.stored is not None or changed:
            self.keep(call.ask.plan.action, call.key, outcome.record, found.marker, fence)
            return True
        if outcome.reply.status in FAILURES and is_for_all(outcome.reply):
            flight.failure = outcome.reply
            return False
        if call.request.conditions or call.request.directives or call.request.method != "GET":
            return False
        action = call.ask.plan.action
        if self.is_barren(action):
            return False
        if outcome.reply.status not in FAILURES:
            self._yields.setdefault(action, Yield()).barren += 1
        self._store.set_apart(call.key, fence)
        return True

    def _stands_in(self, stored: Stored, call: Asking) -> bool:
        return stands_in(stored, call.request, self._clock())

    def _decided(self, record: Record, call: Asking) -> Decision:
        decision = reuse(record, call.request, self._clock())
        if call.renewing and isinstance(decision, Use) and decision.stale:
            return renewal_of(decision.stored)
        return decision

    def _is_apart(self, call: Asking) -> bool:
        """Whether another call has shown meanwhile that the answers are for nobody else."""
        found = self._store.at_hand(call.key)
        return found is not None and found.record.apart_until > self._clock()

    def _serves(self, record: Record, call: Asking) -> bool:
        """Whether a call need not ask the backend, or need not wait for others to do so."""
        return self._is_apart(call) or isinstance(self._decided(record, call), Use)


def _terms(ask: Ask, request: Request) -> Terms:
    return Terms(
        request=request,
        caching=ask.plan.policy.cache,
        authorized=is_authorized(ask.plan, ask.who),
    )


def too_late() -> BackendTimeout:
    """The fault of a call whose time ran out while it waited for another call's answer."""
    return BackendTimeout("no answer came before the deadline", effect=Effect.NOT_EXECUTED)


def _failed(fault: Fault) -> bool:
    """Whether the backend failed, as against a call that is wrong."""
    return isinstance(fault, BackendFault) or fault.retryable


def _for_all(fault: Fault) -> bool:
    """Whether those who waited may have a fault too: it is not one of the deadline alone."""
    return isinstance(fault, BackendFault) and fault.status is not Code.DEADLINE_EXCEEDED
