"""The calls under way, and how they end when the server does: one rule for both faces."""

import asyncio
from asyncio import CancelledError
from collections.abc import Awaitable
from typing import Any, TypeAlias, TypeVar

from starlette.types import ASGIApp, Receive, Scope, Send

from facade.errors.fault import Details, Effect
from facade.errors.service import Overloaded

LAST_WORDS = 2.0
"""Seconds before the end of the grace at which what still runs is told so."""

T = TypeVar("T")

Running: TypeAlias = asyncio.Task[Any] | None
"""Who runs a call: the current task, where there is one."""


class UnderWay:
    """Ends the calls that outlive the grace with a fault that says what is known of them."""

    def __init__(self) -> None:
        """Begins with none."""
        self._running: set[Running] = set()
        self._expired: set[Running] = set()

    async def run(self, work: Awaitable[T]) -> T:
        """Awaits one call, until `expire`; raises Overloaded then, and what the call raises."""
        task = self.enter()
        try:
            result = await work
        except BaseException as error:
            told = self.leave(task, error)
            if told is None or told is error:
                raise
            raise told from None
        self.leave(task, None)
        return result

    def enter(self) -> Running:
        """The current task begins a call, which it leaves before it does anything else."""
        task = asyncio.current_task()
        self._running.add(task)
        return task

    def leave(self, task: Running, error: BaseException | None) -> BaseException | None:
        """The call has ended; gives what it raised on, or Overloaded where `expire` ended it."""
        self._running.discard(task)
        if task is None or task not in self._expired:
            return error
        self._expired.discard(task)
        if task.uncancel() or not isinstance(error, CancelledError):
            return error
        return Overloaded(
            "The server stopped before the call was done; it may have been executed.",
            details=Details(retry_after=1.0),
            effect=Effect.UNKNOWN,
        )

    def expire(self) -> None:
        """Ends every call that is under way."""
        self._expired |= self._running
        for task in self._running:
            if task is not None:
                task.cancel()


class Drain(UnderWay):
    """The requests under way, around what answers them."""

    def __init__(self, app: ASGIApp) -> None:
        """Takes what answers."""
        super().__init__()
        self._app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Answers, until `expire`."""
        return self.run(self._app(scope, receive, send))


def until_last_words(grace: float) -> float:
    """Seconds of a grace after which what still runs is ended with a word."""
    return max(grace - LAST_WORDS, grace / 2)
