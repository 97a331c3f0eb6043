"""Cache: a call is answered with what is remembered, or by the backend. Start reading here."""

import random
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Self

import msgspec
from msgspec import structs

from facade.caching.answers import answer
from facade.caching.entry import EMPTY, Record, Stored
from facade.caching.invalidation import SAFE, changed_paths
from facade.caching.request import Request
from facade.caching.reuse import FORWARD, Forward, Refuse, Revalidate, Use, reuse, stands_in
from facade.caching.selection import selected_by
from facade.config import TENANT_CACHE_BYTES
from facade.errors.caller import NotCached
from facade.model.call import CacheStatus, CacheUse, Plan, Reply
from facade.model.policy import CacheMode
from facade.policy.cache.ask import Answered, Ask, Fetch
from facade.policy.cache.flights import Flight, Flights
from facade.policy.cache.habits import Habits, Kind
from facade.policy.cache.memory import NOTHING, Found
from facade.policy.cache.naming import CacheKey, Naming
from facade.policy.cache.quota import Quota
from facade.policy.cache.renewals import Asked, Asking, Renewals, too_late
from facade.policy.cache.store import Store
from facade.sealing import Seal
from facade.stores.shared import Shared
from facade.telemetry import names
from facade.telemetry.spans import apart, current, step

CACHEABLE = frozenset({"GET", "HEAD"})

OFF = CacheMode.OFF  # to look an enumeration's member up costs as much as ten other steps
POLICY, REFRESH, ONLY, BYPASS = CacheUse.POLICY, CacheUse.REFRESH, CacheUse.ONLY, CacheUse.BYPASS
HIT, MISS, STALE = CacheStatus.HIT, CacheStatus.MISS, CacheStatus.STALE


class CachePlace(msgspec.Struct, frozen=True, gc=False):
    """Where the answers to one request are remembered."""

    key: CacheKey
    request: Request


class Cache:
    """Answers calls with what is remembered, or by the backend (RFC 9111, 5861).

    It is open for as long as it is entered: then stale answers are renewed beside the calls.
    """

    def __init__(
        self,
        shared: Shared,
        seal: Seal,
        clock: Callable[[], float] = time.time,
        chance: Callable[[], float] = random.random,
        *,
        tenant_bytes: int = TENANT_CACHE_BYTES,
    ) -> None:
        """Takes what processes share and the seal of what goes there.

        The clock gives seconds since the epoch, chance a number from 0 to 1. `tenant_bytes`: what
        each tenant may have there, roughly; 0: anything.
        """
        self._clock = clock
        self._naming = Naming(seal)
        self._habits = Habits(self._naming)
        self._store = Store(shared, seal, clock, chance, Quota(tenant_bytes))
        self._flights = Flights()
        self._renewals = Renewals(self._store, clock)
        self._refreshing: set[str] = set()
        self._changes = 0
        """How often something was made out of date."""

    async def __aenter__(self) -> Self:
        await self._store.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._store.__aexit__(*error)

    @property
    def foreign(self) -> int:
        """How many values of the shared store were not what was written under their keys."""
        return self._store.remote.foreign

    def reply(self, ask: Ask, fetch: Fetch, refresh: Fetch) -> Awaitable[Answered]:
        """Answers a call.

        `refresh` fetches after the call was answered, for a stale answer that was given. Raises
        what `fetch` raises, NotCached where the backend is not to be asked, and BackendTimeout
        where the call's time runs out while another one fetches.
        """
        if ask.kind is None and _is_past(ask):
            return self._past(ask, fetch)
        if current().recorded:
            return self._traced(ask, fetch, refresh)
        return self._through(ask, fetch, refresh)

    def ahead(self, ask: Ask) -> Ask:
        """Begins the look-up of a call that has something else to wait for before `reply`.

        Both then travel together, where processes share answers. A look-up that is not read is
        missed by nobody; it must not wait long to be read.
        """
        if self._store.alone or _is_past(ask):
            return ask
        plan = ask.plan
        kind = self._habits.kind(plan, ask.who)
        if kind.habit.is_barren:
            return ask
        key = kind.names.key(plan.target, plan.body)
        return structs.replace(ask, kind=kind, key=key, look=self._store.ahead(key))

    def place(self, plan: Plan) -> CachePlace:
        """Where the answers to a plan are that nothing signs: always in the same place."""
        kind = self._habits.kind(plan, "")
        return CachePlace(kind.names.key(plan.target, plan.body), kind.request)

    def fresh(self, place: CachePlace) -> Stored | None:
        """The answer that is at hand there and may be given as it is; else nothing is done."""
        found = self._store.at_hand(place.key)
        if found is None:
            return None
        decision = reuse(found.record, place.request, self._clock())
        if not isinstance(decision, Use) or decision.refresh or decision.stale:
            return None
        return decision.stored

    def age(self, stored: Stored) -> float:
        """Seconds since the backend made an answer."""
        return stored.age(self._clock())

    async def _traced(self, ask: Ask, fetch: Fetch, refresh: Fetch) -> Answered:
        with step(names.CACHE) as span:
            answered = await self._through(ask, fetch, refresh)
            span.set(names.OUTCOME, answered.status.value)
            return answered

    async def _through(self, ask: Ask, fetch: Fetch, refresh: Fetch) -> Answered:
        """A call that the cache has a part in."""
        plan = ask.plan
        kind = ask.kind or self._habits.kind(plan, ask.who)
        request, habit = kind.request, kind.habit
        if habit.is_barren and ask.use is POLICY and request.plain and habit.until <= self._clock():
            return await self._pass_by(ask, kind, fetch)
        key = ask.key or kind.names.key(plan.target, plan.body)
        call = Asking(ask, request, habit, key, fetch, ask.look)
        found = self._store.at_hand(key)
        if ask.use is REFRESH:
            found = found or await self._store.find(key, ask.look)
            return await self._alone(call, FORWARD, found)
        if found is not None:
            decision = reuse(found.record, request, self._clock())
            if isinstance(decision, Use) and not decision.refresh:
                return self._given(request, decision)
        return await self._travel(call, found, refresh)

    async def _pass_by(self, ask: Ask, kind: Kind, fetch: Fetch) -> Answered:
        """Asks the backend where nothing is remembered, nor, as it seems, will be.

        An answer that can be kept all the same is kept, unless anything was made out of date
        meanwhile: this may be of it.
        """
        changes = self._changes
        reply, stored = await self._renewals.fetched(ask, kind.request, fetch)
        if stored is not None and changes == self._changes:
            key = kind.names.key(ask.plan.target, ask.plan.body)
            self._renewals.keep(kind.habit, key, Record(variants=(stored,)), NOTHING.marker, b"")
        return Answered(reply=reply, status=MISS)

    async def _past(self, ask: Ask, fetch: Fetch) -> Answered:
        """A call that the cache has no part in, but for what it makes out of date.

        Of one through a facade of ours it is the facade's cache that is meant.
        """
        if ask.use is ONLY and not ask.plan.version.destination.hops:
            raise _not_cached()
        reply = await fetch(())
        self.invalidate(ask.plan, reply)
        return Answered(reply=reply, status=CacheStatus.BYPASS)

    def invalidate(self, plan: Plan, reply: Reply) -> None:
        """Forgets what a call has made out of date, where anything is remembered at all."""
        if plan.method in SAFE or plan.version.destination.indirect:
            return
        own = (each.cache for each in plan.version.policy.actions.values())
        policies = [each for each in (plan.version.policy.cache, *own) if each is not None]
        kinds = {each.shared for each in policies if each.mode is not OFF}
        if not kinds:
            return
        self._changes += 1
        for path in changed_paths(plan, reply):
            for shared in kinds:
                tag = self._naming.tag(plan, path, shared=shared)
                self._store.invalidate(tag)
                self._flights.spoil(tag)

    async def _travel(self, call: Asking, found: Found | None, refresh: Fetch) -> Answered:
        """A call for which what was found at hand will not do."""
        store, request, tag, entry = self._store, call.request, call.key.tag, call.key.entry
        nothing = NOTHING if store.alone or call.habit.is_barren else None
        while True:
            flight = None if request.own_way else self._flights.get(tag, (entry, ()))
            if flight is None:
                known = found or nothing or await self._find(call)
                record = known.record
                decision = reuse(record, request, self._clock())
                if isinstance(decision, Use):
                    return self._at_hand(call, decision, refresh)
                asked = _asked(decision, call)
                if self._goes_alone(call, record, asked):
                    return await self._alone(call, asked, known)
                selected = selected_by(record.vary, request.fields) if record.variants else ()
                flight = self._flights.get(tag, (entry, selected))
            if flight is not None:
                answered = await self._follow(call, flight)
            else:
                with self._flights.begin(tag, (entry, selected)) as flight:
                    answered = await self._renewals.lead(call, asked, known, flight)
            if answered is not None:
                return answered
            found = store.at_hand(call.key)

    def _find(self, call: Asking) -> Awaitable[Found]:
        """What is remembered elsewhere."""
        call.begin()
        look, call.look = call.look, None
        return self._store.find(call.key, look)

    def _at_hand(self, call: Asking, use: Use, refresh: Fetch) -> Answered:
        """The answer that is at hand, and perhaps soon a new one."""
        if use.refresh and call.ask.use is not ONLY:
            self._refresh(call, refresh)
        return self._given(call.request, use)

    def _given(self, request: Request, use: Use) -> Answered:
        stored, now = use.stored, self._clock()
        status = STALE if use.stale else HIT
        return Answered(reply=answer(stored, request, now), status=status, age=stored.age(now))

    def _goes_alone(self, call: Asking, record: Record, asked: Asked) -> bool:
        """Whether the answer that a call gets is for nobody else."""
        request = call.request
        if request.own_way or call.habit.is_barren:
            return True
        if request.conditions and not isinstance(asked, Revalidate):
            return True
        return record is not EMPTY and record.apart_until > self._clock()

    async def _alone(self, call: Asking, asked: Asked, found: Found) -> Answered:
        """Asks the backend for one call."""
        with self._flights.begin(call.key.tag, object()) as flight:
            return await self._renewals.renew(call, asked, found, flight)

    async def _follow(self, call: Asking, flight: Flight) -> Answered | None:
        """Waits for what another call fetches; None where that is nothing for this one."""
        current().set(names.SHARED, value=True)
        try:
            await flight.landed(call.begin())
        except TimeoutError:
            raise too_late() from None
        flight.check()
        if flight.failure is not None:
            return Answered(reply=flight.failure, status=MISS)
        stored, now = flight.stored, self._clock()
        if stored is None or not stored.suits(call.request.fields):
            return None
        if flight.stale and stands_in(stored, call.request, now):
            return self._given(call.request, Use(stored=stored, stale=True))
        decision = reuse(Record(variants=(stored,)), call.request, now)
        fresh = isinstance(decision, Use)
        return self._given(call.request, Use(stored=stored)) if fresh else None

    def _refresh(self, call: Asking, refresh: Fetch) -> None:
        """Has a stale answer renewed beside the calls, unless that is under way."""
        entry = call.key.entry
        if entry not in self._refreshing:
            self._refreshing.add(entry)
            self._store.start_watched(partial(self._refreshed, call, refresh))

    async def _refreshed(self, call: Asking, refresh: Fetch) -> None:
        again = call.anew(refresh)
        try:
            with apart(names.CACHE_REFRESH):
                found = self._store.at_hand(call.key) or await self._store.find(call.key)
                decision = self._renewals.decided(found.record, again)
                tag = call.key.tag
                name = call.key.entry, selected_by(found.record.vary, call.request.fields)
                under_way = self._flights.get(tag, name) is not None
                if not under_way and not isinstance(decision, Use | Refuse):
                    with self._flights.begin(tag, name) as flight:
                        await self._renewals.lead(again, decision, found, flight)
        finally:
            self._refreshing.discard(call.key.entry)


def _is_past(ask: Ask) -> bool:
    """Whether the cache has no part in a call."""
    plan = ask.plan
    return (
        plan.policy.cache.mode is OFF
        or ask.use is BYPASS
        or ask.streamed
        or plan.method not in CACHEABLE
    )


def _asked(decision: Asked | Refuse, call: Asking) -> Asked:
    """What the backend is asked; raises NotCached where it is not to be.

    A request's own conditions go, where ours do not take their place.
    """
    if isinstance(decision, Refuse) or call.ask.use is ONLY:
        raise _not_cached()
    if isinstance(decision, Revalidate):
        named = {name for name, _ in decision.conditions}
        if call.request.method != "GET" or not call.request.conditions <= named:
            return Forward(stored=decision.stored)
    return decision


def _not_cached() -> NotCached:
    return NotCached("no usable answer is remembered, and the cache alone was to answer")
