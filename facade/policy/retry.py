"""Retries: a failed try is followed by another where that may mend it and can do no harm."""

import asyncio
import random
import time
from bisect import bisect_right
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import msgspec

from facade.errors.backend import BackendFault, BackendTimeout, BackendUnavailable
from facade.errors.fault import Effect, Fault
from facade.errors.hop import HopFault
from facade.errors.service import BackendPaused, BreakerOpen, Overloaded
from facade.model.call import Plan
from facade.telemetry import names
from facade.telemetry.spans import current

RATIO = 0.1
"""Retries for each call to an origin, at most …"""
LEAST_RETRIES = 3
"""… but so many are always allowed …"""
SECONDS = 1.0
"""… within this time."""

ROOM = 64
"""Times that a budget keeps at least before it drops those that count no more."""

REST = 0.01
"""Seconds that a try must have; without them it is not begun."""

IDLE = 120.0
"""Seconds between two looks for budgets that nothing counts in."""

AT_THE_SERVER = (BackendFault, HopFault, BreakerOpen, BackendPaused, Overloaded)
"""What one server's state, and no other's, may be the cause of."""


@dataclass(slots=True)
class Budget:
    """What keeps retries from being the load that a failing backend dies of.

    Within any second the retries are at most RATIO of the calls, or LEAST_RETRIES.
    """

    calls: list[float] = field(default_factory=list)
    """When they were made."""
    retries: list[float] = field(default_factory=list)
    room: int = ROOM
    """Calls that it keeps before it looks which of them still count."""

    def count(self, now: float) -> None:
        """Counts a call."""
        self.calls.append(now)
        if len(self.calls) > self.room:
            _drop(self.calls, now)
            self.room = 2 * len(self.calls) + ROOM

    def take(self, now: float) -> bool:
        """Whether one more retry is allowed, which then counts."""
        self.counts(now)
        allowed = len(self.retries) + 1 <= max(LEAST_RETRIES, RATIO * len(self.calls))
        if allowed:
            self.retries.append(now)
        return allowed

    def counts(self, now: float) -> bool:
        """Whether anything of it still counts; drops what does not."""
        _drop(self.calls, now)
        _drop(self.retries, now)
        return bool(self.calls or self.retries)


class Retries:
    """Says which calls are repeated, within their deadlines and a budget for each origin."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        random: Callable[[], float] = random.random,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """Takes the clock, in seconds, and what gives numbers from 0 to 1."""
        self.clock = clock
        self.random = random
        self.sleep = sleep
        self._budgets: dict[tuple[str, str], Budget] = {}
        """By tenant and origin."""
        self._swept = clock()

    def begin(self, plan: Plan) -> float:
        """Counts the first attempt of a call; gives the time at which the call's is up."""
        now = self.clock()
        key = plan.caller.tenant, plan.origin
        (self._budgets.get(key) or self.budget(key, now)).count(now)
        return now + plan.timeout

    def attempts(
        self, plan: Plan, ends: float, untried: Callable[[], bool], *, repeatable: bool = True
    ) -> "Attempts":
        """The attempts of a call that ends then, of which the first one has been made.

        `untried` says whether there is another server that the call has not been to; then one
        that provably got nothing is followed by the next at once. A call that is not repeatable,
        since its body comes as a stream or its answer is given as it comes, has no other tries.
        """
        most = plan.policy.retry.max_attempts if repeatable else 1
        return Attempts(self, plan, untried, most, ends)

    def budget(self, key: tuple[str, str], now: float) -> Budget:
        """The budget of a tenant at an origin; those that nothing counts in are forgotten."""
        budget = self._budgets.get(key)
        if budget is None:
            if now - self._swept > IDLE:
                self._swept = now
                kept = {whose: each for whose, each in self._budgets.items() if each.counts(now)}
                self._budgets = kept
            budget = self._budgets[key] = Budget()
        return budget


class Attempts(msgspec.Struct, gc=False, eq=False):
    """The attempts of one call: behind each whether another one follows, and then its turn."""

    _retries: Retries
    _plan: Plan
    _untried: Callable[[], bool]
    _most: int
    """Attempts, but for those that follow a server that got nothing."""
    _ends: float
    number: int = 1
    _pause: float = 0.0
    """Seconds before the next one."""
    _acted: bool = False
    """Whether the backend may have acted on one."""

    async def turn(self) -> float:
        """Waits until it is time for the next one; gives the seconds that are left for it."""
        if self._pause > 0:
            current().event(names.BACKOFF, {names.SECONDS: self._pause})
            await self._retries.sleep(self._pause)
        self.number += 1
        return self._ends - self._retries.clock()

    def follows(self, fault: Fault) -> bool:
        """Whether another one follows one that ended in a fault, which else says what it knows."""
        pause = self._backoff(fault)
        if pause is not None:
            self._pause = pause
            self._acted = self._acted or fault.effect is not Effect.NOT_EXECUTED
        elif self._acted and fault.effect is Effect.NOT_EXECUTED:
            fault.effect = Effect.UNKNOWN
        return pause is not None

    @property
    def _left(self) -> float:
        return self._ends - self._retries.clock()

    def _backoff(self, fault: Fault) -> float | None:
        """Seconds before the next one; None: there is none."""
        if fault.relayed:
            return None
        unsent = fault.effect is Effect.NOT_EXECUTED
        if unsent and isinstance(fault, AT_THE_SERVER) and self._untried() and self._left > REST:
            self._most += 1
            return 0.0
        if self.number >= self._most or not _mendable(self._plan, fault):
            return None
        pause = self._jittered()
        if fault.effect is Effect.EXECUTED:
            pause += fault.details.retry_after or 0.0
        if self._left <= pause + REST:
            return None
        now = self._retries.clock()
        key = self._plan.caller.tenant, self._plan.origin
        return pause if self._retries.budget(key, now).take(now) else None

    def _jittered(self) -> float:
        """Full jitter: anything up to a bound that doubles."""
        policy = self._plan.policy.retry
        bound = min(policy.max_backoff, policy.initial_backoff * 2.0 ** (self.number - 1))
        return self._retries.random() * bound


def _mendable(plan: Plan, fault: Fault) -> bool:
    """Whether the same server may do better the next time, and a repeat can do no harm."""
    if not isinstance(fault, (BackendFault, HopFault)):
        return False
    if fault.effect is Effect.NOT_EXECUTED:
        return fault.retryable
    keyed = plan.policy.retry.idempotency_header and plan.request_id
    if not (plan.action.idempotent or keyed):
        return False
    status = int(fault.details.facts.get("httpStatus", 0))
    if status >= 300:
        return status in plan.policy.retry.statuses
    return isinstance(fault, (BackendUnavailable, BackendTimeout))


def _drop(times: list[float], now: float) -> None:
    del times[: bisect_right(times, now - SECONDS)]
