"""Timed runs: CPU microseconds of the server, by its own clocks, with every answer looked at."""

import asyncio
import gc
import statistics
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from time import perf_counter

import grpc

from tests.bench.cases import Case
from tests.bench.client import OK, connect, part, send_all
from tests.bench.place import Server

BEFORE = 300
"""Calls that warm a server."""
NEAR = 1.1
"""Seconds after which a process asks Redis again for what it has at hand."""


@dataclass(frozen=True, kw_only=True)
class Load:
    """So many calls, over so many connections, so many at once on each."""

    calls: int
    clients: int = 4
    streams: int = 16


@dataclass(frozen=True)
class Run:
    """What came of a timed run."""

    cpu_us: float
    """A call."""
    rate: float
    """Calls a second."""
    latency: float
    """Mean of the calls, in seconds."""


@dataclass
class Measured:
    """A case, the server that runs, and what was measured of it."""

    case: Case
    server: Server
    numbers: Iterator[int] = field(default_factory=count)
    """Of its requests: none comes twice."""
    runs: list[Run] = field(default_factory=list)

    @property
    def cpu_us(self) -> float:
        """The median of all runs."""
        return statistics.median(run.cpu_us for run in self.runs)

    @property
    def rate(self) -> float:
        """The median of all runs."""
        return statistics.median(run.rate for run in self.runs)

    @property
    def latency(self) -> float:
        """The median of all runs' means."""
        return statistics.median(run.latency for run in self.runs)


async def run(each: Measured, load: Load) -> Run:
    """One timed run over new connections; raises RuntimeError where any call went wrong."""
    case = each.case
    asked = [case.orders(next(each.numbers)) for _ in range(load.calls)]
    clients = await connect(each.server.port, case.method, load.clients)
    gc.disable()
    try:
        before, began = each.server.cpu(), perf_counter()
        sending = await send_all(clients, load.streams, asked)
        spent, seconds = each.server.cpu() - before, perf_counter() - began
    finally:
        gc.enable()
        await part(clients)
    check(case.name, sending.statuses, load.calls)
    mean = statistics.fmean(sending.seconds)
    return Run(spent / load.calls * 1e6, load.calls / seconds, mean)


def check(name: str, statuses: Mapping[int, int], calls: int) -> None:
    """Raises RuntimeError where not every call succeeded with its own answer."""
    if statuses != {OK: calls}:
        raise RuntimeError(f"{name}: not every call succeeded: {dict(statuses)}")


async def warm(each: Measured, timed: int) -> None:
    """Calls that are not timed; where `timed` ones are to be hits, as many, and the same."""
    case = each.case
    await run(each, Load(calls=min(case.warm, timed + BEFORE)))
    if case.cache == "hit":
        each.numbers = count()
    if case.setup.redis:
        await asyncio.sleep(NEAR)


def prove(each: Measured) -> None:
    """Raises RuntimeError unless a real gRPC client is answered as the case expects."""
    case = each.case
    request, expected = case.orders(next(each.numbers))
    with grpc.insecure_channel(f"127.0.0.1:{each.server.port}") as channel:
        call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(case.method)
        answer, rpc = call.with_call(request, timeout=10)
    said = dict(rpc.initial_metadata())
    cached = not case.cache or said.get("x-cache") == case.cache
    if expected not in answer or not cached:
        raise RuntimeError(f"{case.name}: not the answer that it is to time: {said}")
