"""Guards: the policies that stand around every call, in the order in which a call meets them."""

from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import msgspec

from facade.errors.fault import Fault
from facade.model.call import Plan
from facade.model.server import server_of
from facade.policy.balance import Balance, Route
from facade.policy.breaker import Breakers, Passage
from facade.policy.bulkhead import Bulkhead, Bulkheads
from facade.policy.cache.cache import Cache
from facade.policy.credentials.credentials import Credentials
from facade.policy.limits.admission import Limits
from facade.policy.once import Once
from facade.policy.pacing.pacing import Pacing
from facade.policy.retry import Attempts, Retries
from facade.telemetry import instruments as table
from facade.telemetry.meters import Meters


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
        route = self.balance.route(plan, self.breakers.is_open)
        attempts = self.retries.attempts(plan, route.untried, repeatable=repeatable)
        return Tries(self, route, attempts)


class Tries(msgspec.Struct, eq=False):
    """The tries of one call. They end with the one that succeeds, or whose fault is raised."""

    _servers: Servers
    _route: Route
    _attempts: Attempts
    _passage: Passage | None = None
    _place: Bulkhead | None = None

    def __aiter__(self) -> Self:
        """Itself."""
        return self

    async def __anext__(self) -> Plan:
        """The plan as it goes to the server whose turn it is, once that one lets it in."""
        servers, attempts = self._servers, self._attempts
        while True:
            left = await attempts.turn() if attempts.number else attempts.first()
            here = self._route.stop(left)
            server = server_of(here)
            bulkheads, pacing = servers.bulkheads, servers.pacing
            try:
                self._passage = servers.breakers.admit(here, server)
                self._place = bulkheads.free(here, server) or await bulkheads.take(here, server)
                if pacing.pauses:
                    await pacing.wait(here)
            except BaseException as error:
                if not self._end(error):
                    raise
            else:
                return here

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
        """Keeps a fault that is followed by another try."""
        return self._end(error)

    def _end(self, error: BaseException | None) -> bool:
        """Gives the place back and has all learn of a try's end; whether another one follows."""
        if self._place is not None:
            self._place.leave()
            self._place = None
        if self._passage is not None:
            self._passage.learn(error)
            self._passage = None
        if error is None:
            return False
        self._route.learn(error)
        return isinstance(error, Fault) and self._attempts.follows(error)
