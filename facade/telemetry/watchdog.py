"""Watchdog: says in the log where the event loop stands when it has stood still for long."""

import asyncio
import logging
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import Self

LOOK = 0.25
"""Seconds between two signs of life, and between two looks for them."""

STILL = 0.75
"""Seconds without one from which on the loop stands still."""

FRAMES = 12
"""Of the stack, the innermost."""

LOGGER = logging.getLogger("portico.watchdog")


class Watchdog:
    """A thread that watches the event loop of the thread that enters it.

    While the loop stands still nobody is answered, and nothing in the loop can tell why.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Takes the clock, in seconds."""
        self._clock = clock
        self._alive = 0.0
        self._owner = 0
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="portico-watchdog", daemon=True)
        self._sign: asyncio.TimerHandle | None = None

    def __enter__(self) -> Self:
        self._owner = threading.get_ident()
        self._live(asyncio.get_running_loop())
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._end.set()
        self._thread.join()
        if self._sign is not None:
            self._sign.cancel()

    def _live(self, loop: asyncio.AbstractEventLoop) -> None:
        self._alive = self._clock()
        self._sign = loop.call_later(LOOK, self._live, loop)

    def _watch(self) -> None:
        still = 0.0
        while not self._end.wait(LOOK):
            seconds = self._clock() - self._alive
            if seconds >= STILL and not still:
                LOGGER.warning(
                    "the event loop has stood still for %.1f s in\n%s", seconds, self._at()
                )
            elif seconds < STILL and still:
                LOGGER.warning("the event loop goes on; it stood still for at least %.1f s", still)
            still = seconds if seconds >= STILL else 0.0

    def _at(self) -> str:
        """The innermost frames of the loop's thread: files, lines and functions alone."""
        frame = sys._current_frames().get(self._owner)  # noqa: SLF001 - the documented way
        return "".join(traceback.format_stack(frame)[-FRAMES:]) if frame else "?"
