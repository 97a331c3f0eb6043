"""Guards: the policies that stand around every call, in the order in which a call meets them."""

from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self

import msgspec
from msgspec import structs

from facade.errors.fault import Fault
from facade.history.noting import SILENT_NOTES, Notes
from facade.model.call import Caller, Plan
from facade.model.server import Key, server_of
from facade.model.version import Version
from facade.policy.balance import Balance, Route
from facade.policy.breaker import Breakers, Passage
from facade.policy.bulkhead import Bulkhead, Bulkheads
from facade.policy.cache.cache import Cache
from facade.policy.credentials.credentials import Credentials
from facade.policy.limits.admission import Limits
from facade.policy.once import Once
from facade.policy.pacing.pacing import Pacing
from facade.policy.retry import Attempts, Retries
from facade.stores.uses import Uses
from facade.telemetry import instruments as table
from facade.telemetry.meters import Meters


class EndUsers(Protocol):
    """Knows the subjects of connections."""

    async def applied(self, version: Version, caller: Caller) -> Version:
        """The version of a connection as the calls of its subject have it; raises a Fault."""


class Alike:
    """Where there are no subjects."""

    async def applied(self, version: Version, _caller: Caller) -> Version:
        """The version as it is."""
        return version


@dataclass(frozen=True, slots=True, kw_only=True)
class Guards:
    """One part for each policy; `facade.bootstrap` opens them."""

    once: Once
    """A call with a request_id happens once."""
    limits: Limits
    """So many calls, and so many at once, for each caller."""
    cache: Cache
    """What is remembered is not asked for again."""
    servers: "Servers"
    """Each try goes to a server that may be asked."""
    credentials: Credentials
    """Each try is signed anew."""
    uses: Uses
    """Each call to a version is counted."""
    notes: Notes = SILENT_NOTES
    """Each call is noted for history as it ends."""
    end_users: "EndUsers" = field(default_factory=Alike)
    """What the subject of a call brings along."""

    def watch(self, meters: Meters) -> None:
        """Has the meters ask the policies how full they are, and what they have counted."""
        limits, cache, servers = self.limits, self.cache, self.servers
        meters.watch(table.LIMIT_WAITS, lambda: {(): limits.waits})
        meters.watch(table.LIMIT_WAIT_TIME, lambda: {(): limits.waited})
        meters.watch(table.CACHE_FOREIGN, lambda: {(): cache.foreign})
        meters.watch(table.BREAKERS, servers.breakers.states)
        meters.watch(table.BREAKER_OPENINGS, servers.breakers.openings)
        meters.watch(table.BULKHEAD_PLACES, servers.bulkheads.places)
        meters.watch(table.BULKHEAD_WAITING, servers.bulkheads.waiting)


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """The policies between a call and the servers that it may go to, one try after another."""

    retries: Retries = field(default_factory=Retries)
    """Which failures are worth another try, and when."""
    balance: Balance = field(default_factory=Balance)
    """At which server."""
    breakers: Breakers = field(default_factory=Breakers)
    """A server that fails is left alone."""
    bulkheads: Bulkheads = field(default_factory=Bulkheads)
    """No server takes more than its share of this process."""
    pacing: Pacing = field(default_factory=Pacing)
    """A backend that asks for a pause gets it."""

    def tries(self, plan: Plan, *, repeatable: bool = True) -> "Tries":
        """The tries of one call: `async for here in tries: with tries: …`.

        One that is not repeatable, since its body comes as a stream or its answer is given as it
        comes, goes on only to another server, after one that got nothing.
        """
        route = self.balance.route(plan, self.breakers.is_open) if plan.elsewhere else None
        return Tries(self, plan, self.retries.begin(plan), repeatable, route)


class Tries(msgspec.Struct, eq=False):
    """The tries of one call. They end with the one that succeeds, or whose fault is raised."""

    _servers: Servers
    _plan: Plan
    _ends: float
    """When the call's time is up."""
    _repeatable: bool
    _route: Route | None
    """None: to the plan's own server, as long as no try has failed."""
    _attempts: Attempts | None = None
    """None: it is the first."""
    _passage: Passage | None = None
    _place: Bulkhead | None = None

    def __aiter__(self) -> Self:
        """Itself."""
        return self

    async def __anext__(self) -> Plan:
        """The plan as it goes to the server whose turn it is, once that one lets it in."""
        servers = self._servers
        while True:
            here = self._plan if self._route is None else await self._turn(self._route)
            server = server_of(here)
            try:
                self._passage = servers.breakers.admit(here, server)
                self._place = servers.bulkheads.free(here, server)
                if self._place is None or servers.pacing.pauses:
                    here = await self._wait(here, server)
            except BaseException as error:
                if not self.__exit__(type(error), error, None):
                    raise
            else:
                return here

    async def _turn(self, route: Route) -> Plan:
        """The plan as the next try has it, when it is time for it."""
        attempts = self._attempts
        return route.stop(self._plan.timeout if attempts is None else await attempts.turn())

    async def _wait(self, here: Plan, server: Key) -> Plan:
        """The same with the seconds that are left, once its server has a place and no pause."""
        bulkheads, pacing = self._servers.bulkheads, self._servers.pacing
        if self._place is None:
            self._place = await bulkheads.take(here, server)
        if pacing.pauses:
            await pacing.wait(here)
        left = self._ends - self._servers.retries.clock()
        return structs.replace(here, timeout=min(here.timeout, left))

    def __enter__(self) -> Self:
        """The try is under way."""
        return self

    def answered(self) -> None:
        """Says that the server has answered, of a try whose end may be far: a stream."""
        if self._passage is not None:
            self._passage.learn(None)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        """Gives the place back, has all learn of the end, and keeps a fault that a try follows."""
        place, passage = self._place, self._passage
        self._place = self._passage = None
        if place is not None:
            place.leave()
        if passage is not None:
            passage.learn(error)
        return error is not None and self._follows(error)

    def _follows(self, error: BaseException) -> bool:
        """Whether another try follows one that has failed."""
        servers, plan = self._servers, self._plan
        if self._route is None:
            self._route = servers.balance.route(plan, servers.breakers.is_open)
            self._route.stop(plan.timeout)
        self._route.learn(error)
        if self._attempts is None:
            self._attempts = servers.retries.attempts(
                plan, self._ends, self._route.untried, repeatable=self._repeatable
            )
        return isinstance(error, Fault) and self._attempts.follows(error)
