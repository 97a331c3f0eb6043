"""Balance: which of a version's servers a try goes to, and which of them cannot be reached."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import TypeAlias

from msgspec import structs

from facade.errors.backend import BackendFault
from facade.errors.fault import Effect
from facade.errors.hop import HopFault
from facade.model.call import Plan
from facade.model.policy import AT_THE_HOP
from facade.model.version import Balancing

REST = 10.0
"""Seconds for which a backend's server that could not be reached is tried last."""

Key: TypeAlias = tuple[str, str]
"""Connector and version."""

Place: TypeAlias = tuple[str, str]
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
        self._turns: dict[Key, int] = {}
        self._resting: dict[tuple[Key, str], float] = {}

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


@dataclass(slots=True)
class Route:
    """The way of one call: `with route.stop(attempt.timeout) as here: …` for each try."""

    balance: Balance
    plan: Plan
    is_open: IsOpen
    places: list[Place] = field(default_factory=list)
    """In the order of their turns; none: there is but the plan's own."""
    tried: list[str] = field(default_factory=list)
    """Origins, the latest in the end."""

    def untried(self) -> bool:
        """Whether there is a server that the call has not been to, and whose breaker lets it."""
        return any(
            origin not in self.tried and not self.is_open(self.plan, origin)
            for origin, _ in self.places
        )

    def stop(self, timeout: float) -> "Stop":
        """Gives the context of the next try, which has so many seconds."""
        own = (self.plan.origin, self.plan.target)
        if not (self.places or self.tried):
            self.tried.append(own[0])
            return Stop(self, self.plan)
        origin, target = min(self.places, key=self._reluctance, default=own)
        self.tried.append(origin)
        at = structs.replace(self.plan, origin=origin, target=target, timeout=timeout, elsewhere=())
        return Stop(self, at)

    def _reluctance(self, place: Place) -> tuple[bool, int, bool]:
        """Greater for the servers that come later; equal ones keep their order."""
        origin = place[0]
        return (
            self.is_open(self.plan, origin),
            self.tried.count(origin),
            self.balance.rests(self.plan, origin),
        )


@dataclass(slots=True)
class Stop:
    """One try at one server."""

    route: Route
    plan: Plan

    def __enter__(self) -> Plan:
        """The plan as it goes to that server."""
        return self.plan

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Notes a server that could not be reached."""
        if not isinstance(error, (BackendFault, HopFault)) or error.relayed:
            return
        if error.effect is Effect.NOT_EXECUTED:
            self.route.balance.rest(self.plan, self.plan.origin)


def _key(plan: Plan) -> Key:
    return plan.version.name.connector, plan.version.name.version
