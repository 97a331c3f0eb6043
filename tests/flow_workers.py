"""Processes that run flows and may be killed; forked from one that has imported what they need."""

import asyncio
import multiprocessing
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from facade.bootstrap import open_parts
from facade.config import Settings
from facade.flows.running import executor

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(
    [
        "tests.flow_workers",
        "facade.flows.running.action_calls",
        "facade.flows.running.durable",
        "facade.flows.interpreter.interpreter",
        "facade.flows.running.world",
    ]
)


async def _run(folder: Path, database: str, up: Connection) -> None:
    settings = Settings(data=folder, dev=True, database=database)
    async with open_parts(settings, {}) as parts:
        up.send("up")
        while True:
            parts.runs.look()
            await asyncio.sleep(0.05)


def _work(folder: Path, database: str, up: Connection, clocks: Mapping[str, float]) -> None:
    for name, seconds in clocks.items():
        setattr(executor, name, seconds)
    asyncio.run(_run(folder, database, up))


@asynccontextmanager
async def a_worker(
    folder: Path, database: str = "", **clocks: float
) -> AsyncIterator[ForkServerProcess]:
    """A process that runs flows until it is killed; `clocks` are constants of its executor."""
    reading, writing = CONTEXT.Pipe(duplex=False)
    process = CONTEXT.Process(target=_work, args=(folder, database, writing, clocks))
    await asyncio.to_thread(process.start)
    try:
        assert await asyncio.to_thread(reading.poll, 30), "it does not come up"
        yield process
    finally:
        await killed(process)
        reading.close()
        writing.close()


async def killed(process: ForkServerProcess) -> None:
    """Has a process be gone, whatever it does."""
    process.kill()
    await asyncio.to_thread(process.join)
