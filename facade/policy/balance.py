"""Balance: which of a version's servers a call goes to, and which of them cannot be reached."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from types import TracebackType

from facade.errors.backend import BackendFault
from facade.errors.fault import Effect
from facade.model.call import Plan
from facade.model.version import Balancing

REST = 10.0
"""Seconds for which a server that could not be reached is tried last."""

Key = tuple[str, str]
"""Connector and version."""


class Balance:
    """Puts the servers of each call into the order in which they are tried.

    A server that could not be reached comes last until it has rested; it is never left out, so
    that a call fails only where all of them do.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Takes the clock, in seconds."""
        self._clock = clock
        self._turns: dict[Key, int] = {}
        self._resting: dict[tuple[Key, str], float] = {}

    def turns(self, plan: Plan) -> Iterator["Turn"]:
        """The plan at one server after another, each with the time that is left.

        Each turn is a context: `for turn in balance.turns(plan): with turn: return …`. It keeps
        the failure of a server that no byte of the request has reached, so that the next one has
        its turn; the last one's it lets through.
        """
        if not plan.elsewhere:
            yield Turn(plan, self, is_last=True)
            return
        begun, places = self._clock(), self._order(plan)
        for number, (origin, target) in enumerate(places, 1):
            timeout = plan.timeout - (self._clock() - begun)
            at = replace(plan, origin=origin, target=target, timeout=timeout, elsewhere=())
            yield Turn(at, self, is_last=number == len(places))

    def rest(self, plan: Plan) -> None:
        """Notes that the plan's server could not be reached."""
        now = self._clock()
        self._resting = {each: until for each, until in self._resting.items() if until > now}
        self._resting[_key(plan), plan.origin] = now + REST

    def _order(self, plan: Plan) -> list[tuple[str, str]]:
        """Origin and target at each server, the one to try first in front."""
        key = _key(plan)
        places = [(plan.origin, plan.target), *plan.elsewhere]
        if plan.version.destination.balancing is Balancing.ROUND_ROBIN:
            turn = self._turns.get(key, 0) % len(places)
            self._turns[key] = turn + 1
            places = places[turn:] + places[:turn]
        now = self._clock()
        return sorted(places, key=lambda place: self._resting.get((key, place[0]), 0.0) > now)


@dataclass(frozen=True, slots=True)
class Turn:
    """One server's turn at a call."""

    plan: Plan
    balance: Balance
    is_last: bool

    def __enter__(self) -> None:
        """Begins the turn."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        """Keeps what the next turn may mend: a server that could not be reached."""
        unreached = isinstance(error, BackendFault) and error.effect is Effect.NOT_EXECUTED
        if unreached:
            self.balance.rest(self.plan)
        return unreached and not self.is_last


def _key(plan: Plan) -> Key:
    return plan.version.name.connector, plan.version.name.version
