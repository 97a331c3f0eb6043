"""Stream: one request and its answer on a connection that others share (RFC 9113 section 5)."""

import asyncio
from collections.abc import Iterable
from typing import Protocol

from h2.errors import ErrorCodes
from h2.events import (
    DataReceived,
    Event,
    InformationalResponseReceived,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
)

from facade.errors.fault import Effect, Fault
from facade.failure import broken, cut_off, too_large, unanswered
from facade.http1.answer import INTERIM, Answer
from facade.http1.head import SWITCHED
from facade.http2.fields import Field, Fields, check_trailer, fields_of, read_head
from facade.line import Line


class Shared(Protocol):
    """The connection, as its streams know it."""

    closed: bool
    """Whether it is no more."""

    @property
    def scheme(self) -> bytes:
        """`http` or `https`."""

    def begin(self, stream: "Stream", fields: Fields, *, ends: bool) -> None:
        """Sends the head of a request, and numbers the stream; `ends`: nothing follows it."""

    def send(self, number: int, data: memoryview, *, ends: bool) -> int:
        """Sends as much of a body as the backend takes now; how many bytes those were."""

    def finish(self, number: int) -> None:
        """Ends a request whose body has been sent."""

    def acknowledge(self, number: int, size: int) -> None:
        """Lets so many more bytes come."""

    def reset(self, stream: "Stream") -> None:
        """Ends a stream that is not over."""

    def left(self, stream: "Stream", due: float) -> None:
        """Hears that a stream is over; without any, another is waited for until then."""

    def ending(self, *, begun: bool) -> Fault:
        """What the end of the connection means for an answer that has begun or not."""


class Stream(Line):
    """One exchange on a shared connection; its end, in whatever way, leaves the others alone."""

    __slots__ = ("_connection", "_interims", "_rest", "_unread", "asked", "number")

    def __init__(self, connection: Shared, loop: asyncio.AbstractEventLoop) -> None:
        """Takes the connection, on which it has a place."""
        super().__init__(loop)
        self._connection = connection
        self._interims = 0
        self._rest = memoryview(b"")
        """What the backend has not taken of the body so far."""
        self._unread = 0
        """Bytes that have come and that nobody has taken, those of padding with them."""
        self.number = 0
        """By which the frames of it are known; 0: it has not begun."""
        self.asked = 0.0
        """When the request went out, by the loop's clock."""

    @property
    def fit(self) -> bool:
        """Whether it may take another request: never."""
        return False

    def ask(
        self, head: bytes, body: bytes | None, answer: Answer, due: float, *, whole: bool = True
    ) -> asyncio.Future[None]:
        """Sends a request on a stream of its own."""
        self._answer, self._whole = answer, whole
        self._waiter = waiter = self._loop.create_future()
        if self._connection.closed:
            self.fail(self._connection.ending(begun=False))
            return waiter
        try:
            fields = fields_of(head, self._connection.scheme)
        except Fault as fault:
            self.fail(fault)
            return waiter
        self.asked = self._loop.time()
        self.expect(due)
        self._connection.begin(self, fields, ends=not (body or self.sending))
        if body:
            self._rest = memoryview(body)
            self.push()
        return waiter

    def put(self, piece: bytes, *, chunked: bool) -> None:
        """Sends a piece of the body; there are no chunks but frames."""
        del chunked
        if self.closed:
            return
        if not piece:
            self._connection.finish(self.number)
            return
        self._rest = memoryview(piece)
        self.push()
        if self._rest:
            self._drained = self._loop.create_future()

    def push(self) -> None:
        """Sends what the backend takes now of what there is of the body."""
        if not self._rest or self.closed:
            return
        sent = self._connection.send(self.number, self._rest, ends=not self.sending)
        self._rest = self._rest[sent:]
        if not self._rest:
            self.drained()

    def taken(self) -> None:
        """Lets as much come as was taken."""
        size, self._unread = self._unread, 0
        self._connection.acknowledge(self.number, size)

    def release(self, due: float) -> bool:
        """Ends the exchange; the stream is never used again, and the connection is."""
        answer, self._answer = self._answer, None
        if answer is None or not answer.ended or self.sending or self._rest:
            self.abort()
        self.closed = True
        if self._timer is not None:
            self._timer.cancel()
        if self._unread:
            self.taken()
        self._connection.left(self, due)
        return False

    def close(self) -> None:
        """Ends the stream."""
        self.abort()

    def abort(self) -> None:
        """Ends the stream, if it is not over."""
        if not self.closed:
            self.closed = True
            self._connection.reset(self)
        self.drained()

    def cut(self, fault: Fault, *, refused: bool = False) -> None:
        """Ends the exchange, as the stream or its connection is no more."""
        self.closed, self.refused = True, refused
        self.fail(fault)

    def hear(self, event: Event) -> None:
        """Takes what came for it; raises the faults of an answer."""
        answer = self._answer
        if self.closed or answer is None:
            return
        match event:
            case ResponseReceived(headers=fields):
                self._begin(answer, fields)
            case DataReceived(data=piece, flow_controlled_length=size):
                self._data(answer, piece or b"", size or 0)
            case StreamEnded():
                self._end(answer)
            case TrailersReceived(headers=fields):
                check_trailer(fields)
            case InformationalResponseReceived(headers=fields):
                self._interim(fields)
            case StreamReset(error_code=code):
                self._reset(code)

    def refuse(self) -> None:
        """Takes the word of the backend that it did nothing of the request."""
        self.cut(unanswered(Effect.NOT_EXECUTED), refused=True)

    @property
    def begun(self) -> bool:
        """Whether the head of an answer has come."""
        return self._answer is not None and self._answer.head is not None

    def _interim(self, fields: Iterable[Field]) -> None:
        """Passes over a head before the final one; HTTP/2 knows no 101 (section 8.6)."""
        self._interims += 1
        head = read_head(tuple(fields))
        if self._interims > INTERIM or head.status == SWITCHED:
            raise broken()

    def _begin(self, answer: Answer, fields: Iterable[Field]) -> None:
        head = answer.head = read_head(tuple(fields))
        if head.bodiless:
            answer.bodiless = True
        elif not answer.bodiless and (head.length or 0) > answer.limit:
            raise too_large(answer.limit)
        if not self._whole:
            self.wake()

    def _data(self, answer: Answer, piece: bytes, size: int) -> None:
        """Takes a piece of the body, which came in `size` bytes."""
        self._unread += size
        if answer.head is None or (piece and answer.bodiless):
            raise broken()
        if piece:
            answer.add(piece)
        if self._whole:
            self.taken()
        else:
            self.wake()

    def _end(self, answer: Answer) -> None:
        """Takes the end of the answer, whose length must be what was said (section 8.1.1)."""
        head = answer.head
        if head is None:
            raise broken()
        if not answer.bodiless and head.length not in {None, answer.size}:
            raise cut_off()
        answer.ended = True
        self.wake()

    def _reset(self, code: int) -> None:
        """Takes the end of the stream by the backend (section 8.7)."""
        if self.begun:
            self.cut(cut_off())
        elif code == ErrorCodes.REFUSED_STREAM:
            self.refuse()
        else:
            self.cut(unanswered())
