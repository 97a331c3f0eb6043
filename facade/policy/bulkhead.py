"""Bulkheads: so many calls at once to one server, that a slow one holds up no other."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import TypeAlias

from facade.errors.fault import Details
from facade.errors.service import DeadlineExceeded, Overloaded
from facade.model.call import Plan
from facade.telemetry import names
from facade.telemetry.spans import current

RETRY_AFTER = 1.0
"""Seconds after which a caller that found no place may try again."""

Key: TypeAlias = tuple[str, str, str, str, str]
"""Tenant, connection, connector, version, origin."""


@dataclass(slots=True)
class Bulkhead:
    """The places at one server. A place that comes free goes to who has waited longest."""

    taken: int = 0
    waiting: dict[asyncio.Future[None], None] = field(default_factory=dict)
    """In the order in which they came."""

    async def take(self, places: int, seconds: float) -> None:
        """Takes one of so many places; raises Overloaded, DeadlineExceeded."""
        if self.taken < places and not self.waiting:
            self.taken += 1
            return
        if len(self.waiting) >= places:
            raise Overloaded(
                f"{places} calls to the backend are under way, and as many wait",
                details=Details(retry_after=RETRY_AFTER),
            )
        current().event(names.BULKHEAD)
        place = asyncio.get_running_loop().create_future()
        self.waiting[place] = None
        try:
            async with asyncio.timeout(seconds):
                await place
        except (TimeoutError, asyncio.CancelledError) as end:
            self.waiting.pop(place, None)
            if place.done() and not place.cancelled():
                self.leave()
            if isinstance(end, asyncio.CancelledError):
                raise
            raise DeadlineExceeded(
                f"{places} calls to the backend were under way until the deadline"
            ) from None

    def leave(self) -> None:
        """Gives a place back."""
        while self.waiting:
            place = next(iter(self.waiting))
            del self.waiting[place]
            if not place.done():
                place.set_result(None)
                return
        self.taken -= 1


class Bulkheads:
    """The places at every server, of each tenant and connection by itself."""

    def __init__(self) -> None:
        self._bulkheads: dict[Key, Bulkhead] = {}

    def slot(self, plan: Plan) -> "Slot":
        """Gives the context of one call to the plan's server: it has a place there inside.

        Entering it waits for one, at most for the plan's timeout. Raises DeadlineExceeded where
        none came free, and Overloaded where as many wait as there are places.
        """
        name = plan.version.name
        caller = plan.caller
        key = (caller.tenant, caller.connection, name.connector, name.version, plan.origin)
        return Slot(self._bulkheads, key, plan)

    def places(self) -> Counter[tuple[str, ...]]:
        """How many are taken, by connector and version."""
        return self._sums(lambda each: each.taken)

    def waiting(self) -> Counter[tuple[str, ...]]:
        """How many calls wait for one, by connector and version."""
        return self._sums(lambda each: len(each.waiting))

    def _sums(self, count: Callable[[Bulkhead], int]) -> Counter[tuple[str, ...]]:
        sums: Counter[tuple[str, ...]] = Counter()
        for key, each in self._bulkheads.items():
            sums[key[2:4]] += count(each)
        return sums


@dataclass(slots=True)
class Slot:
    """A place at a server for the time of one call."""

    bulkheads: dict[Key, Bulkhead]
    key: Key
    plan: Plan

    async def __aenter__(self) -> None:
        """Takes a place."""
        bulkhead = self.bulkheads.get(self.key)
        if bulkhead is None:
            bulkhead = self.bulkheads[self.key] = Bulkhead()
        try:
            await bulkhead.take(self.plan.policy.server_concurrency, self.plan.timeout)
        finally:
            self._forget(bulkhead)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Gives it back."""
        bulkhead = self.bulkheads[self.key]
        bulkhead.leave()
        self._forget(bulkhead)

    def _forget(self, bulkhead: Bulkhead) -> None:
        """Forgets a server at which nobody has a place; who waited and went away may come late."""
        if not bulkhead.taken and self.bulkheads.get(self.key) is bulkhead:
            del self.bulkheads[self.key]
