"""p50 and p99 at 1,000 calls/s of 1 kB, less those of the backend alone: as Dapr's tests do."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from tests.bench.backend import FIRST
from tests.bench.open_loop import TICK, Offer, Result, offer, percentile
from tests.bench.orders import EXECUTE, json_text
from tests.bench.place import Absent, Place, Setup
from tests.bench.scale import Scale

RATE, SIZE = 1_000.0, 1_000

OPTIONS: Mapping[str, tuple[str, Setup]] = {
    f"{name}, {engine}": (version, Setup(engine=engine, **more))
    for engine in ("native", "grpcio")
    for name, version, more in (
        ("plain", "plain", {}),
        ("full, 1 % traced", "full", {"tracing": "1 %"}),
        ("full, all traced", "full", {"tracing": "on"}),
        ("through a facade, 1 % traced", "full", {"tracing": "1 %", "facade": True}),
    )
}
"""What calls go to, by what it is called: the version and the server."""


async def measure(place: Place, scale: Scale) -> Mapping[str, float]:
    """Milliseconds that each option adds; those that cannot be had here are left out."""
    given = Offer(rate=RATE, seconds=scale.minute, deadline=10.0)
    direct = await _direct(place.backend, given)
    own = {percent: percentile(direct, percent) * 1000 for percent in (50, 99)}
    found = {f"backend alone, p{percent}, ms": each for percent, each in own.items()}
    for name, (version, setup) in OPTIONS.items():
        try:
            port = place.server(setup).port
        except Absent:
            continue
        asked = json_text(version, SIZE)
        await offer(port, EXECUTE, asked, Offer(rate=RATE, seconds=1.0, deadline=10.0), 10**9)
        result = await offer(port, EXECUTE, asked, given)
        found |= _told(name, result, own)
    return found


def _told(name: str, result: Result, own: Mapping[int, float]) -> dict[str, float]:
    added = {
        f"{name}, p{percent} added, ms": result.percentile(percent) * 1000 - each
        for percent, each in own.items()
    }
    return added | {f"{name}, failed calls": result.failed()}


@dataclass(slots=True)
class Direct(asyncio.Protocol):
    """A connection to the backend: one request at a time."""

    free: "deque[Direct]"
    seconds: list[float]
    answered: Callable[[], None]
    began: float = 0.0
    data: bytearray = field(default_factory=bytearray)
    transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It may be used."""
        self.transport = transport
        self.free.append(self)

    def data_received(self, data: bytes) -> None:
        """An answer is whole where the JSON of the backend ends."""
        self.data += data
        if self.data.endswith(b"}]}"):
            self.seconds.append(perf_counter() - self.began)
            self.data.clear()
            self.free.append(self)
            self.answered()

    def ask(self, number: int, began: float) -> None:
        """Asks for an item."""
        self.began = began
        self.transport.write(b"GET /items/%d/%d HTTP/1.1\r\nhost: a\r\n\r\n" % (SIZE, number))


async def _direct(port: int, given: Offer) -> list[float]:
    """Seconds of each call to the backend itself, at the same rate."""
    loop = asyncio.get_running_loop()
    free: deque[Direct] = deque()
    seconds: list[float] = []
    finished = asyncio.Event()

    def answered() -> None:
        if len(seconds) == given.calls:
            finished.set()

    for _ in range(given.clients):
        await loop.create_connection(lambda: Direct(free, seconds, answered), "127.0.0.1", port)
    began = perf_counter()
    number = 0
    while number < given.calls:
        while free and number < given.calls and began + number / given.rate <= perf_counter():
            free.pop().ask(FIRST + number, began + number / given.rate)
            number += 1
        await asyncio.sleep(TICK)
    async with asyncio.timeout(given.deadline):
        await finished.wait()
    for each in free:
        each.transport.close()
    return seconds
