"""The calls under way, and how they end when the server does: one rule for both faces."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from starlette.types import ASGIApp, Receive, Scope, Send

from facade.errors.fault import Details, Effect
from facade.errors.service import Overloaded

LAST_WORDS = 2.0
"""Seconds before the end of the grace at which what still runs is told so."""

T = TypeVar("T")


class UnderWay:
    """Ends the calls that outlive the grace with a fault that says what is known of them."""

    def __init__(self) -> None:
        """Begins with none."""
        self._running: set[asyncio.Timeout] = set()

    async def run(self, work: Awaitable[T]) -> T:
        """Awaits one call, until `expire`; raises Overloaded then, and what the call raises."""
        limit = asyncio.timeout(None)
        try:
            async with limit:
                self._running.add(limit)
                return await work
        except TimeoutError:
            if not limit.expired():
                raise
            raise Overloaded(
                "The server stopped before the call was done; it may have been executed.",
                details=Details(retry_after=1.0),
                effect=Effect.UNKNOWN,
            ) from None
        finally:
            self._running.discard(limit)

    def expire(self) -> None:
        """Ends every call that is under way."""
        now = asyncio.get_running_loop().time()
        for limit in self._running:
            limit.reschedule(now)


class Drain(UnderWay):
    """The requests under way, around what answers them."""

    def __init__(self, app: ASGIApp) -> None:
        """Takes what answers."""
        super().__init__()
        self._app = app
        self.closing = False
        """Whether each answer ends its connection, so that the caller opens another elsewhere."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers, until `expire`."""
        await self.run(self._app(scope, receive, send))


def until_last_words(grace: float) -> float:
    """Seconds of a grace after which what still runs is ended with a word."""
    return max(grace - LAST_WORDS, grace / 2)
