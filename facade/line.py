"""Line: what carries a request and its answer: a connection, or a stream of a shared one."""

import asyncio
import math
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from typing import cast

from facade.errors.fault import Effect, Fault
from facade.failure import late
from facade.http1.answer import Answer

AHEAD = 128 * 1024
"""Bytes of an answer that are read before somebody takes them."""


class Line(ABC):
    """One exchange at a time: a request goes out, its answer comes in.

    It has one timer, for the deadline of an exchange as for the time that it may be unused; the
    timer is set anew when it rings, and not for each exchange.
    """

    __slots__ = (
        "_alarm",
        "_answer",
        "_drained",
        "_due",
        "_loop",
        "_timer",
        "_waiter",
        "_whole",
        "closed",
        "failure",
        "refused",
        "sending",
    )

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Takes what tells the time."""
        self._loop = loop
        self._due = self._alarm = math.inf
        self._timer: asyncio.TimerHandle | None = None
        self._answer: Answer | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._whole = True
        self._drained: asyncio.Future[None] | None = None
        self.closed = False
        """Whether no more goes out or comes in."""
        self.sending = False
        """Whether a part of the request is still to come."""
        self.failure: Fault | None = None
        """What ended the exchange."""
        self.refused = False
        """Whether the backend has said that it did nothing of what was asked."""

    @property
    @abstractmethod
    def fit(self) -> bool:
        """Whether it may take another request."""

    @abstractmethod
    def ask(
        self, head: bytes, body: bytes | None, answer: Answer, due: float, *, whole: bool = True
    ) -> asyncio.Future[None]:
        """Sends a request; done when its answer is whole, or the head of it, or `failure` is set.

        `head`: as HTTP/1.1 has it. `due`: when that must be, by the loop's clock.
        """

    @abstractmethod
    def release(self, due: float) -> bool:
        """Ends the exchange; whether another may follow it, which is waited for until then."""

    @abstractmethod
    def close(self) -> None:
        """Ends it with what farewell there is."""

    @abstractmethod
    def abort(self) -> None:
        """Ends it at once: what is buffered is not worth the wait."""

    @abstractmethod
    def put(self, piece: bytes, *, chunked: bool) -> None:
        """Sends a piece of the body; an empty one is its end."""

    @abstractmethod
    def taken(self) -> None:
        """Lets more of the answer come, as what had come was taken."""

    def expect(self, due: float) -> None:
        """Sets by when something must have happened: the answer, more of it, or another request."""
        self._due = due
        if due < self._alarm:
            self._set_alarm(due)

    async def pump(self, pieces: AsyncIterator[bytes], *, chunked: bool) -> None:
        """Sends a body as it comes and as the backend takes it; a fault of it ends the exchange."""
        try:
            async for piece in pieces:
                self.put(piece, chunked=chunked)
                if self._drained is not None:
                    await self._drained
                if self.closed:
                    return
            self.put(b"", chunked=chunked)
            self.sending = False
        except Fault as fault:
            self.fail(fault)

    async def read(self, due: float) -> bytes:
        """What has come of the body; none at the end. Raises `failure` after the last of it."""
        answer = cast(Answer, self._answer)
        if not (answer.pieces or answer.ended or self.failure is not None):
            self._waiter = self._loop.create_future()
            self.expect(due)
            await self._waiter
            self._due = math.inf
        piece = answer.take()
        if piece:
            if not self.closed:
                self.taken()
        elif self.failure is not None:
            raise self.failure
        return piece

    def fail(self, fault: Fault) -> None:
        """Ends an exchange that is not over, and what it ran on."""
        answer = self._answer
        if self.failure is None and answer is not None and not answer.ended:
            self.failure = fault
        self.abort()
        self.wake()

    def wake(self) -> None:
        """Tells who waits for the answer that there is something of it."""
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def drained(self) -> None:
        """Goes on with the body of the request."""
        drained, self._drained = self._drained, None
        if drained is not None and not drained.done():
            drained.set_result(None)

    def _set_alarm(self, due: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._alarm = due
        self._timer = self._loop.call_at(due, self._ring)

    def _ring(self) -> None:
        self._timer, self._alarm = None, math.inf
        if self._due > self._loop.time():
            self.expect(self._due)
        elif self._answer is None:
            self.close()
        elif not self.closed:
            begun = self._answer.head is not None
            self.fail(late(Effect.EXECUTED if begun else Effect.UNKNOWN))
