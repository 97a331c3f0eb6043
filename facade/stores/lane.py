"""A lane: commands of many callers over one connection, answered in the order they were sent."""

import asyncio
import re
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeAlias, cast

import hiredis

from facade.stores.health import Health
from facade.stores.shared import SharedGone

Word: TypeAlias = str | bytes | int | float

QUEUE = 1000
"""Commands that wait for their answers, before those that nobody waits for are dropped."""

BUFFER = 16 * 2**20
"""Bytes that the server has not taken yet, before nothing more is sent."""

GRACE = 0.001
"""Seconds after the last moment in which what already came in is read: this process may be slow."""

KIND = re.compile(r"[A-Z]{2,20}\b")


class Refused(SharedGone):
    """The server answered a command with an error."""

    @property
    def kind(self) -> str:
        """Its first word, which says what it is: LOADING, READONLY, WRONGTYPE."""
        found = KIND.match(str(self))
        return found[0] if found else "ERR"


@dataclass(slots=True)
class Tally:
    """What was sent, what failed and what was dropped, counted over all connections."""

    commands: int = 0
    drops: int = 0
    failures: Counter[str] = field(default_factory=Counter)


_NOTHING = object()
"""No whole reply has come in yet."""


def _unheard(_: Any) -> None:
    """Hears nothing of a connection that is only being made."""


class Lane(asyncio.Protocol):
    """One connection. Whoever no longer waits leaves the place in the queue, never the reply.

    Everything that is sent in one turn of the loop leaves in one write.
    """

    def __init__(self, timeout: float, tally: Tally) -> None:
        """Takes how long a command may take."""
        self._timeout = timeout
        self._tally = tally
        self._loop = asyncio.get_running_loop()
        self._reader = hiredis.Reader(replyError=Refused, notEnoughData=_NOTHING)
        self._health = Health()
        self._waiting: deque[tuple[float, asyncio.Future[Any] | None]] = deque()
        self._overdue = 0
        self._out: list[bytes] = []
        self._timer: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport | None = None
        self._writable = True
        self.failed: Callable[[str], None] = _unheard
        """Is called with the kind of each failure: timeout, LOADING."""
        self.hear: Callable[[list[Any]], None] = _unheard
        """Is called with what the server pushes: news of a topic, and that it will push them."""
        self.lost: asyncio.Future[None] = self._loop.create_future()
        """Done when the connection is."""

    def ask(self, *words: Word) -> asyncio.Future[Any]:
        """Sends a command; its answer. Raises SharedGone, Refused where it was refused.

        At once where an answer is overdue: no other can come before it.
        """
        if not self._writable:
            raise SharedGone("no connection")
        if self._overdue:
            raise SharedGone("timeout")
        future: asyncio.Future[Any] = self._loop.create_future()
        self._send(words, future)
        return future

    def tell(self, *words: Word) -> None:
        """Sends a command whose answer nobody waits for, or drops it where too many wait."""
        if self._writable and len(self._waiting) < QUEUE:
            self._send(words, None)
        else:
            self._tally.drops += 1

    def close(self) -> None:
        """Gives the connection up: what waits fails, and nothing more is sent."""
        self._writable = False
        if self._transport is not None:
            self._transport.abort()
        waiting, self._waiting = self._waiting, deque()
        for _, future in waiting:
            if future is not None and not future.done():
                future.set_exception(SharedGone("connection lost"))
        if self._timer is not None:
            self._timer.cancel()
        if not self.lost.done():
            self.lost.set_result(None)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=BUFFER)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's name
        """The connection is gone."""
        self.close()

    def pause_writing(self) -> None:
        """The server does not take what it is sent."""
        self._writable = False

    def resume_writing(self) -> None:
        """It has taken enough of it."""
        self._writable = not self.lost.done()

    def data_received(self, data: bytes) -> None:
        """Hands each reply to whoever is next; one that nobody waits for ends the connection."""
        for reply in self._replies(data):
            pushed = isinstance(reply, hiredis.PushNotification)
            if not pushed or reply[:1] == [b"subscribe"]:
                self._settle(reply)
            if pushed:
                self.hear(reply)

    def _replies(self, data: bytes) -> Iterator[Any]:
        try:
            self._reader.feed(data)
            while not self.lost.done() and (reply := self._reader.gets()) is not _NOTHING:
                yield reply
        except (hiredis.ProtocolError, TypeError, ValueError):
            self._distrust()

    def _distrust(self) -> None:
        self.failed("protocol")
        self.close()

    def _settle(self, reply: Any) -> None:
        if not self._waiting:
            self._distrust()
            return
        _, future = self._waiting.popleft()
        if self._overdue:
            self._overdue -= 1
            return
        self._health.answered()
        refused = isinstance(reply, Refused)
        if future is not None and not future.done():
            if refused:
                future.set_exception(reply)
            else:
                future.set_result(reply)
        if refused:
            self.failed(reply.kind)

    def _send(self, words: Any, future: asyncio.Future[Any] | None) -> None:
        self._tally.commands += 1
        if not self._out:
            self._loop.call_soon(self._flush)
        self._out.append(hiredis.pack_command(words))
        due = self._loop.time() + self._timeout
        self._waiting.append((due, future))
        if self._timer is None:
            self._timer = self._loop.call_at(due, self._look)

    def _flush(self) -> None:
        out, self._out = self._out, []
        if self._transport is not None and not self.lost.done():
            self._transport.write(b"".join(out))

    def _look(self) -> None:
        """Someone may have waited long enough: once what has come in is read, it is certain."""
        self._timer = self._loop.call_later(GRACE, self._expire)

    def _expire(self) -> None:
        now, overdue = self._loop.time(), self._overdue
        self._timer = None
        given_up = False
        for due, future in islice(self._waiting, self._overdue, None):
            if due > now:
                self._timer = self._loop.call_at(due, self._look)
                break
            self._overdue += 1
            self.failed("timeout")
            given_up = self._health.timed_out() or given_up
            if future is not None and not future.done():
                future.set_exception(SharedGone("timeout"))
        if given_up:
            self.close()
        elif self._overdue > overdue:
            self._send(("PING",), None)  # nobody else asks now whether it still answers
