"""Bytecodes and frames that a call executes, by part of the house: the same on any machine.

Those of the loop's thread, with what goes on beside the calls; C code, of which the libraries are,
counts for nothing.
"""

import asyncio
import json
import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from tests.bench import counted
from tests.bench.client import connect, part, send_all
from tests.bench.measure import check
from tests.bench.orders import EXECUTE, Orders, json_text, values
from tests.bench.place import Engine, Place, Server, Setup
from tests.bench.scale import Scale

CALLS = 100
WARM = 200
AT_ONCE = 10
LEAST = 50
"""Bytecodes a call: parts with fewer are told together."""
PATIENCE = 5.0
"""Seconds in which a process tells what it has counted."""

CASES: Mapping[str, tuple[Orders, bool]] = {
    "uncached": (json_text("full", 200), False),
    "process hit": (json_text("cached", 200, 1), False),
    "Struct": (values("plain", 200), False),
    "mirrored": (json_text("full", 200), True),
}
"""Each with whether a facade stands behind, which is counted too."""


async def measure(place: Place, _scale: Scale, engine: Engine) -> Mapping[str, float]:
    """Counts a call, by case and part; raises Absent."""
    found: dict[str, float] = {}
    for name, (orders, facade) in CASES.items():
        server = place.server(Setup(engine=engine, facade=facade, counted=True))
        told = await _counted(server, orders, place.folder)
        found |= {f"{name}, {part}": count for part, count in summary(told).items()}
    return found


def summary(told: Mapping[str, tuple[int, int]]) -> dict[str, float]:
    """Bytecodes and frames of a call in all, and the bytecodes of each part that has many."""
    parts = {part: bytecodes / CALLS for part, (bytecodes, _) in told.items()}
    large = sorted((name for name in parts if parts[name] >= LEAST), key=lambda name: -parts[name])
    frames = sum(frames for _, frames in told.values()) / CALLS
    whole = {"bytecodes": sum(parts.values()), "frames": frames}
    others = {"others": sum(count for count in parts.values() if count < LEAST)}
    return whole | {name: parts[name] for name in large} | others


async def _counted(server: Server, orders: Orders, folder: Path) -> dict[str, tuple[int, int]]:
    clients = await connect(server.port, EXECUTE, 1)
    asked = [orders(number) for number in range(WARM + CALLS)]
    warm = await send_all(clients, AT_ONCE, asked[:WARM])
    await asyncio.sleep(1.0)  # what follows from a start has come to its end
    files = [folder / f"{pid}.json" for pid in server.pids]
    for file in files:
        file.unlink(missing_ok=True)
    _signal(server, counted.BEGIN)
    sending = await send_all(clients, AT_ONCE, asked[WARM:])
    _signal(server, counted.END)
    await part(clients)
    check("bytecodes", warm.statuses + sending.statuses, WARM + CALLS)
    found: Counter[tuple[str, int]] = Counter()
    async with asyncio.timeout(PATIENCE):
        for file in files:
            while not file.exists():  # noqa: ASYNC110 - it is another process that writes it
                await asyncio.sleep(0.02)
            for name, counts in json.loads(file.read_text()).items():
                found.update({(name, column): count for column, count in enumerate(counts)})
    return {name: (found[name, 0], found[name, 1]) for name, _ in found}


def _signal(server: Server, signal: int) -> None:
    for pid in server.pids:
        os.kill(pid, signal)
