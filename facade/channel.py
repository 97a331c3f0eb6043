"""Channel: one connection to a backend, on which one answer cannot spoil another (HTTP/1.1)."""

import asyncio
import select
from collections.abc import Callable
from typing import cast

from facade.errors.fault import Fault
from facade.failure import cut_off, hung_up
from facade.http1.answer import Answer
from facade.line import AHEAD, Line

LIFE = 300.0
"""Seconds after which a connection takes no more requests."""


class Channel(Line, asyncio.Protocol):
    """One connection: a request goes out, its answer comes in, and then the next.

    What nobody asked for ends it.
    """

    __slots__ = ("_dies", "_lost", "_made", "_poll", "_reason", "_transport")

    def __init__(self, lost: Callable[["Channel"], None]) -> None:
        """Takes who is told of its end."""
        super().__init__(asyncio.get_running_loop())
        self._lost = lost
        self._dies = self._loop.time() + LIFE
        self._reason: Exception | None = None
        self._poll = select.poll()
        self._made = False
        """Whether there is a connection: TLS behind a proxy may fail before there is."""

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
        """Sends a request, head and body in one write where both are there."""
        self._answer = answer
        self._whole = whole
        self._waiter = waiter = self._loop.create_future()
        if self.closed:
            self.fail(self._ending())
            return waiter
        self._due = due
        if due < self._alarm:
            self._set_alarm(due)
        if body:
            self._transport.writelines((head, body))
        else:
            self._transport.write(head)
        return waiter

    def put(self, piece: bytes, *, chunked: bool) -> None:
        """Sends a piece of the body, as a chunk where nobody knows its length."""
        if chunked:
            piece = b"%x\r\n%b\r\n" % (len(piece), piece)
        if piece:
            self._transport.write(piece)

    def taken(self) -> None:
        """Reads on."""
        self._transport.resume_reading()

    def release(self, due: float) -> bool:
        """Ends the exchange; whether another may follow it, which is waited for until then."""
        answer, self._answer = self._answer, None
        if (
            answer is None
            or not answer.ended
            or self.sending
            or self._transport.get_write_buffer_size()  # it has answered early
        ):
            self.abort()
        elif answer.lasting and not self.closed:
            self._due = due
            if due < self._alarm:
                self._set_alarm(due)
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
            self.wake()
        elif not self._whole and answer.head is not None:
            self.wake()
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
        self.drained()

    def _end(self) -> None:
        answer = self._answer
        if answer is not None and answer.endless and self._reason is None and not self.closed:
            answer.ended = True
        self.closed = True
        self.drained()
        self.fail(self._ending())

    def _ending(self) -> Fault:
        """What the end of the connection means."""
        if self._answer is not None and self._answer.head is not None:
            return cut_off()
        return hung_up(self._reason)
