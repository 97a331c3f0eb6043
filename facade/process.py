"""Process: what a process of ours is to its system: its end, its signals, and what it leaves."""

import asyncio
import gc
import resource
import signal
import sys
from collections.abc import Coroutine, Iterator
from typing import Any

import uvloop

from facade.config import Misconfigured
from facade.errors.fault import Fault
from facade.workers import MISUSED

COLLECTED = 50_000, 10, 10
"""When each generation is collected, by CPython's own counts (700, 10, 10): more are made than go
while calls are under way, none of them garbage, and 700 would have them looked through in vain with
every few calls. Of what does stand in circles, about 10 MB wait at most."""


def ended(work: Coroutine[Any, Any, int]) -> int:
    """Runs a process to its end; settings that cannot work are told, and give 2.

    Neither it nor what it starts leaves its memory on a disk where it crashes.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        return uvloop.run(work)
    except* (Misconfigured, Fault) as problems:
        for line in _reasons(problems):
            sys.stderr.write(f"error {line}\n")
    return MISUSED


def settle() -> None:
    """What is there by now stays: no collection looks at it again, and each is rare from now on."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTED)


class Signals:
    """SIGTERM and SIGINT: the first one ends the process gently, the second one at once."""

    def __init__(self) -> None:
        """Hears them from now on, in the loop that runs."""
        self.first = asyncio.Event()
        self.second = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._hear)

    def _hear(self) -> None:
        (self.second if self.first.is_set() else self.first).set()


def _reasons(problem: BaseException) -> Iterator[str]:
    """The lines that say why, of a failure or of the groups that tasks make of it."""
    if isinstance(problem, BaseExceptionGroup):
        for each in problem.exceptions:
            yield from _reasons(each)
    elif isinstance(problem, Fault):
        yield problem.message
    else:
        yield from str(problem).splitlines()
