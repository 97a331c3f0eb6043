"""A lane: commands of many callers over one connection, answered in the order they were sent."""

import asyncio
import re
from collections import Counter, deque
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeAlias, cast

import hiredis
import msgspec

from facade.stores.health import Health
from facade.stores.shared import SharedGone

Word: TypeAlias = str | bytes | int | float

QUEUE = 1000
"""Commands that wait for their answers, before those that nobody waits for are dropped."""

BUFFER = 16 * 2**20
"""Bytes that the server has not taken yet, before nothing more is sent."""

GRACE = 0.001
"""Seconds after the last moment in which what already came in is read: this process may be slow."""

UNKNOWN = "NOSCRIPT"
"""The kind of error that says that the server does not know a script."""

SLOW = 0.005
"""Seconds after the last moment from which on this process was itself away: what it sent may have
left just now, and the server has its time anew."""

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


class Answer(msgspec.Struct, eq=False):
    """What a command comes to. Whoever waits for it may leave, and one may wait again.

    It costs a future only where it is waited for before it is there, and what nobody reads is
    missed by nobody.
    """

    words: tuple[Word, ...]
    """Of the command."""
    source: str = ""
    """Of the script that it runs, if it does."""
    done: bool = False
    """Whether it is known."""
    due: float = 0.0
    """When it is late, by the event loop's clock: known once the command has left."""
    _value: Any = None
    _error: SharedGone | None = None
    _future: asyncio.Future[None] | None = None

    def __await__(self) -> Generator[Any, None, Any]:
        if not self.done:
            self._future = asyncio.get_running_loop().create_future()
            yield from self._future
        if self._error is not None:
            raise self._error
        return self._value

    def settle(self, value: Any) -> bool:
        """The server has said it; False where that cannot be the answer to the command."""
        self._value = value
        self.done = True
        future = self._future
        if future is not None and not future.done():
            future.set_result(None)
        return True

    def fail(self, error: SharedGone) -> None:
        """There will be none."""
        self._error = error
        Answer.settle(self, None)

    def again(self, refused: Refused) -> tuple[Word, ...]:  # noqa: ARG002 - some look at it
        """The words by which to ask once more after a refusal; none where that is the answer."""
        return ()


class Values(Answer):
    """What MGET comes to: a value for each key."""

    def settle(self, value: Any) -> bool:
        """It is one plain value, or none, for each key."""
        fits = (
            type(value) is list
            and len(value) == len(self.words) - 1
            and _OPAQUE.issuperset(map(type, value))
        )
        return fits and Answer.settle(self, value)


class Ran(Answer):
    """What a script comes to, which the server may not know yet."""

    def again(self, refused: Refused) -> tuple[Word, ...]:
        """Sends the script itself to a server that does not know it."""
        if refused.kind != UNKNOWN or self.words[0] != "EVALSHA":
            return ()
        self.words = ("EVAL", self.source, *self.words[2:])
        return self.words


_PUSHED = hiredis.PushNotification
_OPAQUE = frozenset({bytes, type(None)})


_packed = cast("Callable[[tuple[Word, ...]], bytes]", hiredis.pack_command)


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
        self._waiting: deque[Answer] = deque()
        self._overdue = 0
        self._out: list[Answer] = []
        self._timer: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport | None = None
        self._writable = True
        self.failed: Callable[[str], None] = _unheard
        """Is called with the kind of each failure: timeout, LOADING."""
        self.hear: Callable[[list[Any]], None] = _unheard
        """Is called with what the server pushes: news of a topic, and that it will push them."""
        self.lost: asyncio.Future[None] = self._loop.create_future()
        """Done when the connection is."""

    def ask(self, *words: Word) -> Answer:
        """Sends a command; its answer. Raises SharedGone, Refused where it was refused."""
        return self.post(Answer(words))

    def post(self, answer: Answer) -> Answer:
        """Sends the command of an answer, which raises SharedGone, Refused where it was refused.

        At once where an answer is overdue: no other can come before it.
        """
        if self._overdue or not self._writable:
            raise SharedGone("timeout" if self._writable else "no connection")
        self._send(answer)
        return answer

    def tell(self, *words: Word) -> None:
        """Sends a command whose answer nobody waits for, or drops it where too many wait."""
        self.put(Answer(words))

    def put(self, answer: Answer) -> None:
        """Sends the command of an answer that nobody waits for, or drops it."""
        if self._writable and len(self._waiting) + len(self._out) < QUEUE:
            self._send(answer)
        else:
            self._tally.drops += 1

    def close(self) -> None:
        """Gives the connection up: what waits fails, and nothing more is sent."""
        self._writable = False
        if self._transport is not None:
            self._transport.abort()
        waiting = (*self._waiting, *self._out)
        self._waiting.clear()
        self._out.clear()
        for answer in waiting:
            if not answer.done:
                answer.fail(SharedGone("connection lost"))
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
        gets, replies, whole = self._reader.gets, list[Any](), True
        try:
            self._reader.feed(data)
            while (reply := gets()) is not _NOTHING:
                replies.append(reply)
        except (hiredis.ProtocolError, TypeError, ValueError):
            whole = False
        in_time = 0
        for reply in replies:
            if type(reply) is _PUSHED:
                self._pushed(reply)
            elif self._settle(reply):
                in_time += 1
        if in_time:
            self._health.answered(in_time)
        if not whole:
            self._distrust()

    def _pushed(self, reply: list[Any]) -> None:
        if reply[:1] == [b"subscribe"]:
            self._settle(reply)
        self.hear(reply)

    def _distrust(self) -> None:
        if not self.lost.done():
            self.failed("protocol")
        self.close()

    def _settle(self, reply: Any) -> bool:
        """Hands a reply to whoever is next; whether it has come in time."""
        if not self._waiting:
            self._distrust()
            return False
        answer = self._waiting.popleft()
        if self._overdue:
            self._overdue -= 1
            return False
        if type(reply) is Refused:
            if self._writable and answer.again(reply):
                self._send(answer)
            else:
                answer.fail(reply)
                self.failed(reply.kind)
        elif not answer.settle(reply):
            answer.fail(SharedGone("protocol"))
            self._distrust()
        return True

    def _send(self, answer: Answer) -> None:
        self._tally.commands += 1
        out = self._out
        if not out:
            self._loop.call_soon(self._flush)
        out.append(answer)

    def _flush(self) -> None:
        out, self._out = self._out, []
        if self._transport is None or not out:
            return
        due = self._loop.time() + self._timeout
        for answer in out:
            answer.due = due
        self._waiting.extend(out)
        self._transport.write(b"".join([_packed(answer.words) for answer in out]))
        if self._timer is None:
            self._timer = self._loop.call_at(due, self._look)

    def _look(self) -> None:
        """Someone may have waited long enough: once what has come in is read, it is certain."""
        now = self._loop.time()
        eldest = next(islice(self._waiting, self._overdue, None), None)
        away = eldest is not None and now - eldest.due > SLOW
        grace = self._timeout if away else GRACE
        self._timer = self._loop.call_later(grace, self._expire)

    def _expire(self) -> None:
        now, overdue = self._loop.time(), self._overdue
        self._timer = None
        given_up = False
        for answer in islice(self._waiting, self._overdue, None):
            if answer.due > now:
                self._timer = self._loop.call_at(answer.due, self._look)
                break
            self._overdue += 1
            self.failed("timeout")
            given_up = self._health.timed_out() or given_up
            answer.fail(SharedGone("timeout"))
        if given_up:
            self.close()
        elif self._overdue > overdue:
            self._send(Answer(("PING",)))  # nobody else asks now whether it still answers
