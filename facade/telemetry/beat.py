"""Beat: what a process tells of itself, and how late its event loop is."""

import asyncio
import gc
import platform
from collections import deque
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import NoReturn

from prometheus_client import Metric, ProcessCollector

from facade.background import Background
from facade.telemetry import instruments as table
from facade.telemetry.meters import Readings
from facade.telemetry.recording import Recording

BEAT = 0.25
"""Seconds from one look at the clock to the next."""

SAMPLED = 4
"""Beats after which the parts are asked, for who cannot ask them: another process or thread."""

REMEMBERED = 20
"""Beats of which the latest is told."""

PROCESS = {
    "process_cpu_seconds_total": table.PROCESS_CPU,
    "process_resident_memory_bytes": table.PROCESS_MEMORY,
    "process_open_fds": table.PROCESS_FILES,
    "process_max_fds": table.PROCESS_MOST_FILES,
}
"""What is taken over, by its name in the library that finds it out."""


class Beat:
    """Looks at the clock four times a second."""

    def __init__(self, recording: Recording) -> None:
        """Takes what is told how late it was, and of the process."""
        self._recording = recording
        self._late: deque[float] = deque([0.0], maxlen=REMEMBERED)
        self._process = ProcessCollector(registry=None)
        recording.watch(table.LOOP_LAG, lambda: {(): max(self._late)})
        recording.watch(table.GC_COLLECTIONS, collections)
        recording.watch(table.BUILD, partial(dict, {(release(), platform.python_version()): 1.0}))
        for name, instrument in PROCESS.items():
            recording.watch(instrument, partial(self._read, name))

    async def run(self) -> NoReturn:
        """Goes on for ever."""
        loop = asyncio.get_running_loop()
        while True:
            for _ in range(SAMPLED):
                due = loop.time() + BEAT
                await asyncio.sleep(BEAT)
                self._late.append(max(loop.time() - due, 0.0))
            self._recording.sample()

    def _read(self, name: str) -> Readings:
        return readings(self._process.collect(), name)


@asynccontextmanager
async def beating(recording: Recording) -> AsyncIterator[None]:
    """Has a process tell of itself for the length of the block, and a last time at its end."""
    async with Background() as background:
        background.start(Beat(recording).run())
        try:
            yield
        finally:
            recording.sample()


def release() -> str:
    """The version of the distribution, or `dev` in a checkout that was not installed."""
    try:
        return version("portico-gateway")
    except PackageNotFoundError:
        return "dev"


def readings(metrics: Iterable[Metric], name: str) -> Readings:
    """The numbers of that name among those that a collector found."""
    samples = (each for metric in metrics for each in metric.samples)
    found = sum(each.value for each in samples if each.name == name)
    return {(): found}


def collections() -> Readings:
    """How often each generation was collected."""
    return {(str(number),): each["collections"] for number, each in enumerate(gc.get_stats())}
