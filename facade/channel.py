"""Channel: one connection to a backend, on which one answer cannot spoil another."""

import asyncio
import math
import re
import select
import ssl
from collections.abc import AsyncIterator, Callable
from typing import cast

from facade.errors.fault import Effect, Fault
from facade.failure import cut_off, late, unanswered, untrusted
from facade.http1.answer import Answer

LIFE = 300.0
"""Seconds after which a connection takes no more requests."""

AHEAD = 128 * 1024
"""Bytes of an answer that are read before somebody takes them."""

_ABOUT_CERTIFICATES = re.compile("CERTIFICATE|UNKNOWN_CA")


class Channel(asyncio.Protocol):
    """One connection: a request goes out, its answer comes in, and then the next.

    What nobody asked for ends it. It has one timer, for the deadline of an exchange as for the
    time that it may be unused; the timer is set anew when it rings, and not for each exchange.
    """

    __slots__ = (
        "_alarm",
        "_answer",
        "_dies",
        "_drained",
        "_due",
        "_loop",
        "_lost",
        "_made",
        "_poll",
        "_reason",
        "_timer",
        "_transport",
        "_waiter",
        "_whole",
        "closed",
        "failure",
        "sending",
    )

    def __init__(self, lost: Callable[["Channel"], None]) -> None:
        """Takes who is told of its end."""
        self._loop = asyncio.get_running_loop()
        self._lost = lost
        self._dies = self._loop.time() + LIFE
        self._due = self._alarm = math.inf
        self._timer: asyncio.TimerHandle | None = None
        self._answer: Answer | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._whole = True
        self._drained: asyncio.Future[None] | None = None
        self._reason: Exception | None = None
        self._poll = select.poll()
        self._made = False
        """Whether there is a connection: TLS behind a proxy may fail before there is."""
        self.closed = False
        """Whether no more goes out or comes in."""
        self.sending = False
        """Whether a part of the request is still to come."""
        self.failure: Fault | None = None
        """What ended the exchange."""

    @property
    def fit(self) -> bool:
        """Whether it may take another request.

        A readable idle socket holds an end of stream or bytes that nobody asked for, of which the
        loop has not told yet.
        """
        return not (self.closed or self._loop.time() > self._dies or self._poll.poll(0))

    def ask(
        self, head: bytes, body: bytes | None, answer: Answer, due: float, *, whole: bool = True
    ) -> asyncio.Future[None]:
        """Sends a request; done when its answer is whole, or the head of it, or `failure` is set.

        `due`: when that must be, by the loop's clock.
        """
        self._answer = answer
        self._whole = whole
        self._waiter = waiter = self._loop.create_future()
        if self.closed:
            self.fail(self._ending())
            return waiter
        self.expect(due)
        if body:
            self._transport.writelines((head, body))
        else:
            self._transport.write(head)
        return waiter

    def expect(self, due: float) -> None:
        """Sets by when something must have happened: the answer, more of it, or another request."""
        self._due = due
        if due < self._alarm:
            self._set_alarm(due)

    async def pump(self, pieces: AsyncIterator[bytes], *, chunked: bool) -> None:
        """Sends a body as it comes and as the backend takes it; a fault of it ends the exchange."""
        try:
            async for piece in pieces:
                self._transport.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
                if self._drained is not None:
                    await self._drained
                if self.closed:
                    return
            if chunked:
                self._transport.write(b"0\r\n\r\n")
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
                self._transport.resume_reading()
        elif self.failure is not None:
            raise self.failure
        return piece

    def release(self, due: float) -> bool:
        """Ends the exchange; whether another may follow it, which is waited for until then."""
        answer, self._answer = self._answer, None
        if answer is None or not answer.ended or self.sending or self._backlog:
            self.abort()
        elif answer.lasting and not self.closed:
            self.expect(due)
            return True
        else:
            self.close()
        return False

    def close(self) -> None:
        """Ends the connection with what farewell there is."""
        self.closed = True
        self._transport.close()

    def abort(self) -> None:
        """Ends it at once: what is buffered is not worth the wait."""
        self.closed = True
        if self._made:
            self._transport.abort()

    def fail(self, fault: Fault) -> None:
        """Ends an exchange that is not over, and the connection with it."""
        answer = self._answer
        if self.failure is None and answer is not None and not answer.ended:
            self.failure = fault
        self.abort()
        self._wake()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keeps the connection."""
        self._transport = cast(asyncio.Transport, transport)
        self._made = True
        self._poll.register(transport.get_extra_info("socket").fileno(), select.POLLIN)

    def data_received(self, data: bytes) -> None:
        """Feeds the answer; without one the connection ends."""
        answer = self._answer
        if answer is None or self.closed:
            self.abort()
            return
        try:
            answer.feed(data)
        except Fault as fault:
            self.fail(fault)
            return
        if answer.ended:
            self._wake()
        elif not self._whole and answer.head is not None:
            self._wake()
            if sum(map(len, answer.pieces)) > AHEAD:
                self._transport.pause_reading()

    def eof_received(self) -> None:
        """Takes the end of what comes for the end of the connection."""
        self._end()

    def connection_lost(self, exc: Exception | None) -> None:
        """Ends what is under way; a reset is seen in a body that would end with the connection."""
        self._reason = self._reason or exc
        self._end()
        if self._timer is not None:
            self._timer.cancel()
        self._lost(self)

    def pause_writing(self) -> None:
        """Stops the body of a request."""
        self._drained = self._loop.create_future()

    def resume_writing(self) -> None:
        """Goes on with it."""
        drained, self._drained = self._drained, None
        if drained is not None and not drained.done():
            drained.set_result(None)

    def _end(self) -> None:
        answer = self._answer
        if answer is not None and answer.endless and self._reason is None and not self.closed:
            answer.ended = True
        self.closed = True
        self.resume_writing()
        self.fail(self._ending())

    def _ending(self) -> Fault:
        """What the end of the connection means.

        A backend may hang up over our certificate after we have begun to speak, and so before it
        read a request (RFC 8446 section 4.4.2.4).
        """
        if self._answer is not None and self._answer.head is not None:
            return cut_off()
        reason = self._reason
        if isinstance(reason, ssl.SSLError) and _ABOUT_CERTIFICATES.search(reason.reason or ""):
            return untrusted()
        return unanswered()

    @property
    def _backlog(self) -> int:
        """Bytes of the request that the backend has not taken: it has answered early."""
        return self._transport.get_write_buffer_size()

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

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
