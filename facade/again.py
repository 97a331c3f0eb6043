"""Again: a call that was answered from memory is answered from there again, without being made."""

import time
from collections.abc import Callable

import msgspec

from facade.caching.entry import Stored
from facade.catalog.catalog import Catalog
from facade.errors.fault import Code
from facade.guards import Guards
from facade.history.noting import Noted
from facade.model.action import Action
from facade.model.call import CacheStatus, Call, Recalled
from facade.model.names import ActionName
from facade.model.version import Version
from facade.policy.cache.cache import CachePlace
from facade.stores.uses import UseKey
from facade.telemetry.meters import Called, Meters


class KnownCall(msgspec.Struct, frozen=True):
    """A call that was answered from memory, by what it depends on."""

    name: ActionName
    resolved: tuple[Version, Action]
    place: CachePlace
    stored: Stored
    called: Called
    use: UseKey
    """Of whose calls to which version it is one."""


class Again:
    """Says of calls whether they would be answered as they were before.

    So it is where the name means the same, no limit is to be charged, nothing signs the call, and
    the process has the same answer at hand, still fresh. Of everything else the engine decides.
    """

    def __init__(
        self,
        catalog: Catalog,
        guards: Guards,
        meters: Meters,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """Takes what the engine takes, and the clock that times calls."""
        self._catalog = catalog
        self._cache = guards.cache
        self._limits = guards.limits
        self._meters = meters
        self._uses = guards.uses
        self._notes = guards.notes
        self._clock = clock

    def known(self, call: Call, outcome: Recalled) -> KnownCall | None:
        """What an answered call is known by; None where another may be answered otherwise."""
        plan = outcome.plan
        if call.full_view or call.caller.connection:
            return None
        version, action = resolved = self._catalog.resolve(call.name)
        same = version is plan.version and action is plan.action
        if not same or self._limits.apply(plan) or not self._catalog.still(call.name, resolved):
            return None
        place = self._cache.place(plan)
        stored = self._cache.fresh(place)
        if stored is None or stored.body is not outcome.remembered:
            return None
        name, cache = version.name, CacheStatus.HIT.value
        called = Called(name.connector, name.version, action.id, Code.OK.name, "", "", cache)
        return KnownCall(call.name, resolved, place, stored, called, (name, call.counted_caller))

    def age(self, known: KnownCall) -> float | None:
        """Seconds since the backend made the answer that is given again, which then counts.

        None: the call must be made.
        """
        if not self._catalog.still(known.name, known.resolved):
            return None
        meters, began = self._meters, self._clock()
        stored = self._cache.fresh(known.place)
        if stored is None or stored is not known.stored:
            return None
        seconds = self._clock() - began
        if meters.counts:
            meters.began(stream=False)
            meters.ended(known.called, seconds)
        if self._notes.keeps:
            version, caller = known.use
            self._notes.took(Noted(known.called, time.time(), seconds, version.tenant, caller))
        self._uses.count(known.use)
        return self._cache.age(stored)
