"""Balance: which of a version's servers a try goes to, and which of them cannot be reached."""

import time
from collections.abc import Callable, Sequence
from typing import TypeAlias

import msgspec
from msgspec import structs

from facade.errors.backend import BackendFault
from facade.errors.fault import Effect
from facade.errors.hop import HopFault
from facade.model.call import Plan
from facade.model.policy import AT_THE_HOP
from facade.model.version import Balancing

REST = 10.0
"""Seconds for which a backend's server that could not be reached is tried last."""

VersionKey: TypeAlias = tuple[str, str, str]
"""Tenant, connector and version."""

ServerTarget: TypeAlias = tuple[str, str]
"""Origin and target."""

IsOpen: TypeAlias = Callable[[Plan, str], bool]
"""Whether the breaker of the server at an origin would refuse a plan."""


class Balance:
    """Says which server each try goes to.

    A server that could not be reached comes last until it has rested; it is never left out, so
    that a call fails only where all of them do.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Takes the clock, in seconds."""
        self._clock = clock
        self._turns: dict[VersionKey, int] = {}
        self._resting: dict[tuple[VersionKey, str], float] = {}

    def route(self, plan: Plan, is_open: IsOpen) -> "Route":
        """The way of one call through the servers that it may go to."""
        if not plan.elsewhere:
            return Route(self, plan, is_open)
        places = [(plan.origin, plan.target), *plan.elsewhere]
        if plan.version.destination.balancing is Balancing.ROUND_ROBIN:
            key = _key(plan)
            turn = self._turns.get(key, 0) % len(places)
            self._turns[key] = turn + 1
            places = places[turn:] + places[:turn]
        return Route(self, plan, is_open, places)

    def rests(self, plan: Plan, origin: str) -> bool:
        """Whether the server at an origin could not be reached lately."""
        return self._resting.get((_key(plan), origin), 0.0) > self._clock()

    def rest(self, plan: Plan, origin: str) -> None:
        """Notes that the server at an origin could not be reached."""
        now = self._clock()
        self._resting = {each: until for each, until in self._resting.items() if until > now}
        seconds = AT_THE_HOP if plan.version.destination.indirect else REST
        self._resting[_key(plan), origin] = now + seconds


class Route(msgspec.Struct, gc=False, eq=False):
    """The way of one call through the servers that it may go to."""

    _balance: Balance
    _plan: Plan
    _is_open: IsOpen
    _places: Sequence[ServerTarget] = ()
    """In the order of their turns; none: there is but the plan's own."""
    _tried: tuple[str, ...] = ()
    """Origins, the latest in the end."""

    def untried(self) -> bool:
        """Whether there is a server that the call has not been to, and whose breaker lets it."""
        return any(
            origin not in self._tried and not self._is_open(self._plan, origin)
            for origin, _ in self._places
        )

    def stop(self, timeout: float) -> Plan:
        """The plan as it goes to the server of the next try, which has so many seconds."""
        plan = self._plan
        if not (self._places or self._tried):
            self._tried = (plan.origin,)
            return plan
        own = (plan.origin, plan.target)
        origin, target = min(self._places, key=self._reluctance, default=own)
        self._tried += (origin,)
        return structs.replace(plan, origin=origin, target=target, timeout=timeout, elsewhere=())

    def learn(self, error: BaseException) -> None:
        """Notes a server that the last try could not reach."""
        if not isinstance(error, (BackendFault, HopFault)) or error.relayed:
            return
        if error.effect is Effect.NOT_EXECUTED:
            self._balance.rest(self._plan, self._tried[-1])

    def _reluctance(self, place: ServerTarget) -> tuple[bool, int, bool]:
        """Greater for the servers that come later; equal ones keep their order."""
        origin = place[0]
        return (
            self._is_open(self._plan, origin),
            self._tried.count(origin),
            self._balance.rests(self._plan, origin),
        )


def _key(plan: Plan) -> VersionKey:
    name = plan.version.name
    return name.tenant, name.connector, name.version
