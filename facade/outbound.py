"""Outbound: a request body that is read from the caller while it goes to the backend."""

import asyncio
import math
from collections.abc import Callable
from typing import Self

from facade.errors.caller import InvalidRequest, RequestTooLarge
from facade.errors.fault import Details, Effect, Fault, Violation
from facade.errors.service import DeadlineExceeded
from facade.http1.request import CHUNKED
from facade.model.stream import StreamedBody


class Outbound:
    """The body in pieces; the next one is asked for when the backend has taken the last.

    Each gives the exchange as much time again, within the deadline of the whole.
    """

    def __init__(self, content: StreamedBody, limit: int, pause: float) -> None:
        """Takes the largest size of the whole, and the seconds that may pass between two pieces."""
        self._content = content
        self._limit = limit
        self._pause = pause
        self._now = asyncio.get_running_loop().time
        self._ends = math.inf if content.deadline is None else self._now() + content.deadline
        self._before, self._after = content.before, content.after
        self._taken = 0
        self._open = True
        self.chunked = content.length is None
        """Whether it goes out in chunks, as nobody knows its length."""
        self.framing = CHUNKED if self.chunked else f"Content-Length: {content.length}\r\n"
        self.prolong: Callable[[float], None] | None = None
        """Told by when the next piece must have come, or the answer."""
        self.waiting = False
        """Whether it waits for the caller, not for the backend."""

    @property
    def due(self) -> float:
        """By when something must happen, by the loop's clock."""
        return min(self._now() + self._pause, self._ends)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        """The next piece, never an empty one; raises a fault of the caller's."""
        if self._before:
            piece, self._before = self._before, b""
            return piece
        if self._open:
            piece = await self._chunk()
            if piece:
                return piece
            self._open = False
        if self._after:
            piece, self._after = self._after, b""
            return piece
        raise StopAsyncIteration

    async def _chunk(self) -> bytes:
        """What the caller sends next, empty at the end."""
        try:
            self.waiting = True
            chunk = await anext(self._content.chunks, b"")
            self.waiting = False
            self._taken += len(chunk)
            self._check(ended=not chunk)
        except Fault as fault:
            fault.effect = Effect.UNKNOWN  # the head has gone by now
            raise
        if self.prolong is not None:
            self.prolong(self.due)
        return chunk

    def _check(self, *, ended: bool) -> None:
        size = self._content.size
        if self._taken > self._limit:
            raise RequestTooLarge(f"The upload has more than {self._limit} bytes.")
        if size is not None and (self._taken > size or (ended and self._taken < size)):
            more = "more" if self._taken > size else f"{self._taken}"
            description = f"{size} bytes were announced, and {more} came"
            raise InvalidRequest(
                f"size: {description}",
                details=Details(
                    violations=(Violation(field="head.size", description=description),)
                ),
            )

    def silence(self) -> DeadlineExceeded:
        """The fault of a caller that has stopped sending."""
        return DeadlineExceeded(
            f"The caller sent no more of the upload for {self._pause:g} s.", effect=Effect.UNKNOWN
        )
