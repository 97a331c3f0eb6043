"""Memory and descriptors after many calls and storms of clients that vanish; and every answer."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from time import perf_counter

from gateway.v1.gateway_pb2 import CACHE_USE_REFRESH
from tests.bench.client import NAMES, WRONG, connect, part, send_all
from tests.bench.orders import EXECUTE, json_text
from tests.bench.place import Engine, Place, Server, Setup
from tests.bench.scale import Scale

ITEMS = 1_000
"""Different answers that the cache keeps: its memory is not what is looked for."""
WARM = 5_000
CHUNK = 10_000
CLIENTS, STREAMS = 64, 16
PATIENCE = 20.0
"""Seconds that descriptors have to come back: idle connections to the backend end after some."""

ORDERS = json_text("full", 200, ITEMS, cache_use=CACHE_USE_REFRESH)
"""Every call goes to the backend, and is held to all that the full call is."""


async def measure(place: Place, scale: Scale, engine: Engine) -> Mapping[str, float]:
    """Megabytes and descriptors before and after, and calls that went wrong; raises Absent."""
    server = place.server(Setup(engine=engine, tracing="1 %", copy="storms"))
    statuses = await _calls(server, WARM)
    await asyncio.sleep(min(PATIENCE / 2, scale.seconds))
    memory, descriptors = server.memory(), server.descriptors()
    began = perf_counter()
    statuses += await _calls(server, scale.many)
    seconds = perf_counter() - began
    called = server.memory()
    for number in range(scale.storms):
        await _storm(server, 0.002 * (1 + number % 5))
    statuses += await _calls(server, CHUNK // 10)
    left, took = await _left(server, descriptors)
    return {
        "memory before, MB": memory / 1e6,
        "memory after the calls, MB": called / 1e6,
        "memory after, MB": server.memory() / 1e6,
        "descriptors before": descriptors,
        "descriptors left": left,
        "back after, s": took,
        "calls/s": scale.many / seconds,
        "wrong answers": statuses.pop(WRONG, 0),
        **{
            f"failed calls, {NAMES[status]}": number
            for status, number in statuses.items()
            if status
        },
    }


async def _calls(server: Server, number: int) -> Counter[int]:
    statuses: Counter[int] = Counter()
    for first in range(0, number, CHUNK):
        clients = await connect(server.port, EXECUTE, 4)
        asked = [ORDERS(each) for each in range(first, min(number, first + CHUNK))]
        statuses += (await send_all(clients, STREAMS, asked)).statuses
        await part(clients)
    return statuses


async def _storm(server: Server, after: float) -> None:
    """Clients that begin calls and vanish while those are under way."""
    clients = await connect(server.port, EXECUTE, CLIENTS)
    for client in clients:
        for number in range(STREAMS):
            client.start(ORDERS(number), perf_counter(), lambda *_: None)
    await asyncio.sleep(after)
    await part(clients)


async def _left(server: Server, before: int) -> tuple[int, float]:
    """Descriptors above those before, once they are back or have had their time; and that time."""
    began = perf_counter()
    while (took := perf_counter() - began) < PATIENCE:
        if server.descriptors() <= before:
            return 0, took
        await asyncio.sleep(0.2)
    return max(0, server.descriptors() - before), took
