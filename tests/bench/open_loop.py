"""Open-loop load: calls come at their time, whatever becomes of those before them.

What a call takes is counted from when it was due, so that a server that stalls is charged for all
that came meanwhile.
"""

import asyncio
import statistics
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter

from tests.bench.client import NAMES, OK, WRONG, Client, connect, part
from tests.bench.orders import Orders

TICK = 0.001
"""Seconds between two looks at what is due."""
AFTER = 2.0
"""Seconds that answers have after the last deadline."""


@dataclass(frozen=True, kw_only=True)
class Offer:
    """So many calls a second for so long, over a fixed number of connections."""

    rate: float
    seconds: float
    clients: int = 16
    deadline: float = 1.0
    """Seconds that each call has; an answer after that is late."""

    @property
    def calls(self) -> int:
        """How many come."""
        return int(self.rate * self.seconds)


@dataclass(slots=True)
class Result:
    """What came of an offer."""

    offer: Offer
    statuses: Counter[int] = field(default_factory=Counter)
    late: int = 0
    """Of those that succeeded."""
    unsent: int = 0
    """Calls that found no room on a connection before their deadline."""
    times: list[tuple[float, float]] = field(default_factory=list)
    """Of each call that succeeded: when it was due (a perf_counter), and the seconds it took."""
    lag: float = 0.0
    """The most seconds that the loader itself was behind: above some ms it was the bottleneck."""

    @property
    def told(self) -> int:
        """Calls of which it is known what became of them."""
        return self.statuses.total() + self.unsent

    @property
    def goodput(self) -> float:
        """Calls a second that succeeded in time."""
        return (self.statuses[OK] - self.late) / self.offer.seconds

    def percentile(self, percent: int) -> float:
        """Seconds that so many of a hundred successful calls took at most."""
        return percentile([seconds for _, seconds in self.times], percent)

    def rates(self) -> dict[str, float]:
        """Calls a second by what became of them."""
        counts = {NAMES[status]: number for status, number in self.statuses.items() if status}
        counts |= {"late": self.late, "unsent": self.unsent}
        counts["never answered"] = self.offer.calls - self.told
        rates = {name: number / self.offer.seconds for name, number in counts.items() if number}
        return {"in time": self.goodput, **rates}

    def failed(self) -> int:
        """Calls that did not succeed in time."""
        return self.offer.calls - (self.statuses[OK] - self.late)

    def wrong(self) -> int:
        """Calls that were answered with something else."""
        return self.statuses[WRONG]


def percentile(values: Sequence[float], percent: int) -> float:
    """The value that so many of a hundred do not exceed; 0 of none."""
    if len(values) < 2:
        return next(iter(values), 0.0)
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


async def offer(port: int, method: str, orders: Orders, given: Offer, first: int = 0) -> Result:
    """Offers calls with the numbers from `first`; connections that end are not made again."""
    clients = await connect(port, method, given.clients, given.deadline)
    asked = [orders(first + number) for number in range(given.calls)]
    result = Result(given)
    try:
        await _send(clients, asked, result)
        await _settle(clients, result)
    finally:
        await part(clients)
    return result


async def _send(
    clients: Sequence[Client], asked: Sequence[tuple[bytes, bytes]], result: Result
) -> None:
    given = result.offer
    began = perf_counter() + 2 * TICK
    number = 0
    while number < len(asked):
        now = perf_counter()
        latest = began + number / given.rate
        if latest <= now:
            result.lag = max(result.lag, now - latest)
        while number < len(asked) and began + number / given.rate <= now:
            moment = began + number / given.rate
            client = clients[number % len(clients)]
            client.start(asked[number], moment, _counted(result, moment))
            number += 1
        _drop(clients, result)
        await asyncio.sleep(TICK)


async def _settle(clients: Sequence[Client], result: Result) -> None:
    """Waits for what is still under way."""
    until = perf_counter() + result.offer.deadline + AFTER
    while result.told < result.offer.calls and perf_counter() < until:
        _drop(clients, result)
        await asyncio.sleep(10 * TICK)


def _drop(clients: Sequence[Client], result: Result) -> None:
    limit = perf_counter() - result.offer.deadline
    for client in clients:
        if client.held:
            result.unsent += client.drop(limit)


def _counted(result: Result, due: float) -> Callable[[int, float], None]:
    def done(status: int, seconds: float) -> None:
        result.statuses[status] += 1
        if status == OK:
            result.late += seconds > result.offer.deadline
            result.times.append((due, seconds))

    return done
