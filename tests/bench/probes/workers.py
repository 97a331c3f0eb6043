"""Two workers against one: calls a second, each worker on a core of its own.

With four cores or more the loader has others to itself, and the clock on the wall counts. With
fewer it takes a part of one worker's own: the other one is then the faster, and gets more of the
calls, since a free connection takes the next. So what counts is what the workers spend on a call:
with cores of their own, each would be as busy as one alone.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import perf_counter

from tests.bench.client import connect, part, send_all
from tests.bench.measure import check
from tests.bench.orders import EXECUTE, json_text
from tests.bench.place import CORES, Engine, Place, Setup, cpu, processes
from tests.bench.scale import Scale

CONNECTIONS = 256
"""The kernel gives each connection to one worker, by chance: few would not be spread evenly."""
WORKER = b"gateway.run"
"""The module that a worker is; beside it there may be processes that read documents."""
ROOM = 4
"""Cores from which on the loader has its own."""


async def measure(place: Place, scale: Scale, engine: Engine) -> Mapping[str, float]:
    """Calls a second of one and of two, and how much of the work the busiest did; or Absent."""
    found = {}
    for count, word in ((1, "one"), (2, "two")):
        server = place.server(Setup(engine=engine, workers=count, copy="workers"))
        workers = [pid for pid in processes(server.pids) if _is_worker(pid)] or list(server.pids)
        first = 2 if CORES >= ROOM else 0
        for number, pid in enumerate(workers):
            _pin(pid, (first + number) % CORES)
        rates, shares = [], []
        for number in range(scale.rounds + 1):
            rate, share = await _run(server.port, workers, 2 * scale.calls)
            if number:
                rates.append(rate)
                shares.append(share)
        found[f"{word}, calls/s"] = sorted(rates)[len(rates) // 2]
        found[f"{word}, share of the busiest"] = sorted(shares)[len(shares) // 2]
    return found


async def _run(port: int, workers: Sequence[int], calls: int) -> tuple[float, float]:
    order = json_text("cached", 200, 1)(0)
    clients = await connect(port, EXECUTE, CONNECTIONS)
    before = [cpu(pid) for pid in workers]
    began = _now()
    tally = await send_all(clients, 1, [order] * calls)
    seconds = _now() - began
    spent = [cpu(pid) - then for pid, then in zip(workers, before, strict=True)]
    await part(clients)
    check("workers", tally.statuses, calls)
    own = seconds if CORES >= ROOM else sum(spent) / len(spent)
    return calls / own, max(spent) / sum(spent)


def _is_worker(pid: int) -> bool:
    return WORKER in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")


def _now() -> float:
    return perf_counter()


def _pin(pid: int, core: int) -> None:
    for task in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(task.name), {core})
