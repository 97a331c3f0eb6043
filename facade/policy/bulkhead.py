"""Bulkheads: so many calls at once to one server, that a slow one holds up no other."""

import asyncio
from collections import Counter
from collections.abc import Callable

import msgspec

from facade.errors.fault import Details
from facade.errors.service import DeadlineExceeded, Overloaded
from facade.model.call import Plan
from facade.model.server import Key
from facade.telemetry import names
from facade.telemetry.spans import current

RETRY_AFTER = 1.0
"""Seconds after which a caller that found no place may try again."""


class Bulkhead(msgspec.Struct, eq=False):
    """The places at one server. A place that comes free goes to who has waited longest.

    It is forgotten as soon as nobody has a place there.
    """

    _home: dict[Key, "Bulkhead"]
    """Where it is found …"""
    _server: Key
    """… and under what."""
    taken: int = 0
    waiting: dict[asyncio.Future[None], None] = {}
    """In the order in which they came."""

    async def wait(self, places: int, seconds: float) -> None:
        """Waits for one of so many places, all taken; raises Overloaded, DeadlineExceeded."""
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
        if not self.taken:
            del self._home[self._server]


class Bulkheads:
    """The places at every server, of each tenant and connection by itself."""

    def __init__(self) -> None:
        self._bulkheads: dict[Key, Bulkhead] = {}

    def free(self, plan: Plan, server: Key) -> Bulkhead | None:
        """Takes a place at the plan's server, where one is free, which whoever has it must leave.

        None: `take` waits for one.
        """
        bulkhead = self._bulkheads.get(server)
        if bulkhead is None:
            bulkhead = self._bulkheads[server] = Bulkhead(self._bulkheads, server)
        elif bulkhead.waiting or bulkhead.taken >= plan.policy.server_concurrency:
            return None
        bulkhead.taken += 1
        return bulkhead

    async def take(self, plan: Plan, server: Key) -> Bulkhead:
        """Takes a place there as soon as one is free, at most for the plan's timeout.

        Raises DeadlineExceeded where none came free, and Overloaded where as many wait as there
        are places.
        """
        bulkhead = self.free(plan, server)
        if bulkhead is None:
            bulkhead = self._bulkheads[server]
            await bulkhead.wait(plan.policy.server_concurrency, plan.timeout)
        return bulkhead

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
