"""Retries: a failed try is followed by another where that may mend it and can do no harm."""

import asyncio
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

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

    calls: deque[float] = field(default_factory=deque)
    retries: deque[float] = field(default_factory=deque)

    def count(self, now: float) -> None:
        """Counts a call."""
        _drop(self.calls, now)
        self.calls.append(now)

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
    """Repeats calls within their deadlines and within a budget for each origin."""

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
        self._budgets: dict[str, Budget] = {}
        self._swept = clock()

    def attempts(
        self, plan: Plan, untried: Callable[[], bool], *, repeatable: bool = True
    ) -> "Attempts":
        """The tries of one call: `async for attempt in retries.attempts(plan): with attempt: …`.

        `untried` says whether there is another server that the call has not been to; then one
        that provably got nothing is followed by the next at once. A call that is not repeatable,
        since its body comes as a stream or its answer is given as it comes, has no other tries.
        """
        now = self.clock()
        self.budget(plan.origin, now).count(now)
        most = plan.policy.retry.max_attempts if repeatable else 1
        return Attempts(self, plan, untried, most, now + plan.timeout)

    def budget(self, origin: str, now: float) -> Budget:
        """The budget of an origin; those that nothing counts in are forgotten now and then."""
        budget = self._budgets.get(origin)
        if budget is None:
            if now - self._swept > IDLE:
                self._swept = now
                kept = {key: each for key, each in self._budgets.items() if each.counts(now)}
                self._budgets = kept
            budget = self._budgets[origin] = Budget()
        return budget


@dataclass(slots=True)
class Attempts:
    """The tries of one call. They end with the one that succeeds, or whose fault is raised."""

    retries: Retries
    plan: Plan
    untried: Callable[[], bool]
    most: int
    """Tries, but for those that follow a server that got nothing."""
    ends: float
    number: int = 0
    pause: float = 0.0
    """Seconds before the next one."""
    acted: bool = False
    """Whether the backend may have acted on one."""

    def __aiter__(self) -> Self:
        """Itself."""
        return self

    async def __anext__(self) -> "Attempt":
        """The next try, when it is time for it."""
        if self.pause > 0:
            current().event(names.BACKOFF, {names.SECONDS: self.pause})
            await self.retries.sleep(self.pause)
        self.number += 1
        return Attempt(self, self.number)

    @property
    def left(self) -> float:
        """Seconds until the deadline."""
        return self.ends - self.retries.clock()

    def follows(self, fault: Fault) -> bool:
        """Whether another try follows one that ended in a fault, which else says what it knows."""
        pause = self._pause(fault)
        if pause is not None:
            self.pause = pause
            self.acted = self.acted or fault.effect is not Effect.NOT_EXECUTED
        elif self.acted and fault.effect is Effect.NOT_EXECUTED:
            fault.effect = Effect.UNKNOWN
        return pause is not None

    def _pause(self, fault: Fault) -> float | None:
        """Seconds before the next try; None: there is none."""
        if fault.relayed:
            return None
        unsent = fault.effect is Effect.NOT_EXECUTED
        if unsent and isinstance(fault, AT_THE_SERVER) and self.untried() and self.left > REST:
            self.most += 1
            return 0.0
        if self.number >= self.most or not _mendable(self.plan, fault):
            return None
        pause = self._backoff()
        if fault.effect is Effect.EXECUTED:
            pause += fault.details.retry_after or 0.0
        if self.left <= pause + REST:
            return None
        now = self.retries.clock()
        return pause if self.retries.budget(self.plan.origin, now).take(now) else None

    def _backoff(self) -> float:
        """Full jitter: anything up to a bound that doubles."""
        policy = self.plan.policy.retry
        bound = min(policy.max_backoff, policy.initial_backoff * 2.0 ** (self.number - 1))
        return self.retries.random() * bound


@dataclass(slots=True)
class Attempt:
    """One try: a context that keeps the fault that the next one may mend."""

    attempts: Attempts
    number: int

    @property
    def timeout(self) -> float:
        """Seconds that are left for it now."""
        return self.attempts.left

    def __enter__(self) -> Self:
        """Begins the try."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        """Keeps a fault that is followed by another try."""
        return isinstance(error, Fault) and self.attempts.follows(error)


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


def _drop(times: deque[float], now: float) -> None:
    while times and times[0] <= now - SECONDS:
        times.popleft()
