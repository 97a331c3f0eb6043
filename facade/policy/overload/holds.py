"""Holds: what is to be done somewhat later, of very many, with one timer for all of a moment."""

import asyncio
import logging
from collections.abc import Callable
from typing import Generic, TypeVar

LOGGER = logging.getLogger(__name__)

GRAIN = 0.02
"""Seconds by which a hold may be shorter."""

T = TypeVar("T")


class Holds(Generic[T]):
    """Keeps things for so many seconds each, and gives back those together whose time is over."""

    __slots__ = ("_due", "_over")

    def __init__(self, over: Callable[[T], None]) -> None:
        """Takes what is called with each."""
        self._over = over
        self._due: dict[int, list[T]] = {}

    def add(self, seconds: float, kept: T) -> None:
        """Keeps one."""
        loop = asyncio.get_running_loop()
        moment = int((loop.time() + seconds) / GRAIN)
        due = self._due.get(moment)
        if due is None:
            due = self._due[moment] = []
            loop.call_at(moment * GRAIN, self._end, moment)
        due.append(kept)

    def _end(self, moment: int) -> None:
        over = self._over
        for kept in self._due.pop(moment):
            try:
                over(kept)
            except Exception:  # or else the others would be kept for ever
                LOGGER.exception("a bug of ours in what was held")
