"""Pacing: calls wait until the backend wants to be asked again."""

import asyncio
import time
from collections.abc import Callable

from facade.errors.fault import Details
from facade.errors.service import BackendPaused
from facade.model.call import Plan, Reply
from facade.model.server import Key, server_of
from facade.policy.pacing.pause import asks, pause_of
from facade.telemetry import names
from facade.telemetry.spans import current

PAUSES = 10_000
"""So many are kept; the one that was learnt first goes first."""


class Pacing:
    """Knows which servers have asked for a pause, of whom, and for how long."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Takes a clock that never steps, and the time since 1970 by which dates are read."""
        self._clock = clock
        self._now = now
        self.pauses: dict[Key, float] = {}
        """When each that was learnt is over; none: nobody need `wait`."""

    async def wait(self, plan: Plan) -> None:
        """Waits until the plan's server may be asked.

        Raises BackendPaused, at once, where that is not before the plan's time is over.
        """
        key, deadline = server_of(plan), self._clock() + plan.timeout
        while (until := self.pauses.get(key)) is not None:
            pause = until - self._clock()
            if pause <= 0:
                self.pauses.pop(key)
            elif until >= deadline:
                raise BackendPaused(
                    f"{plan.origin} asks for a pause", details=Details(retry_after=pause)
                )
            else:
                current().event(names.PACING, {names.SECONDS: pause})
                await asyncio.sleep(pause)

    def learn(self, plan: Plan, reply: Reply) -> None:
        """Notes for how long the plan's server asks to be left alone, if it does.

        A version without a breaker leaves no server alone. What one backend asks of a facade is
        the facade's to heed, which has others.
        """
        if not asks(reply) or not plan.policy.breaker.enabled or reply.hop is not None:
            return
        pause = pause_of(reply, self._now)
        if pause > 0:
            key = server_of(plan)
            until = max(self.pauses.pop(key, 0.0), self._clock() + pause)
            while len(self.pauses) >= PAUSES:
                self.pauses.pop(next(iter(self.pauses)))
            self.pauses[key] = until
