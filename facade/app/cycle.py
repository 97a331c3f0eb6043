"""One request on a connection, and its answer: uvicorn's cycle, with the fields of ours."""

import asyncio
from collections.abc import Callable
from email.utils import formatdate
from typing import Any, Final

from starlette.types import Message
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle
from uvicorn.server import ServerState

from facade.app.attended import Client
from facade.http1.head import BODILESS

NAMES: Final = b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
"""What stands in a field's name (RFC 9110, section 5.6.2), in lower case."""

CONTROLS: Final = bytes({*range(0x20), 0x7F} - {0x09})
"""What never stands in a field's value (RFC 9110, section 5.5)."""


class Date:
    """The Date field (RFC 9110, section 6.6.1), made once a second."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Takes a clock in seconds since 1970."""
        self._clock = clock
        self._second = 0
        self._text = b""

    def text(self) -> bytes:
        """The field's value now."""
        second = int(self._clock())
        if second != self._second:
            self._second, self._text = second, formatdate(second, usegmt=True).encode()
        return self._text


class Connections(ServerState):
    """The connections of a server, and what it says on each of them."""

    def __init__(self, date: Date) -> None:
        """Takes what is said of the time."""
        super().__init__()
        self.date = date
        self.closing = False
        """Whether each answer ends its connection, so that the caller opens another elsewhere."""
        self._none = asyncio.Event()
        self._none.set()

    def noted(self) -> None:
        """Is told that one came or went."""
        if self.connections:
            self._none.clear()
        else:
            self._none.set()

    async def gone(self) -> None:
        """Returns when there is none."""
        await self._none.wait()


class Cycle(RequestResponseCycle):
    """Writes an answer with its Date, and ends its connection while the server is closing."""

    def __init__(self, server: Connections, client: Client, **named: Any) -> None:
        """Takes what uvicorn gives to its cycles, beside whose the connection is."""
        super().__init__(**named)
        self._server = server
        self._client = client

    def leave(self) -> None:
        """Is told that the client has gone."""
        self.disconnected = True
        self.message_event.set()
        if not self.response_complete:
            self._client.leave()

    async def send(self, message: Any) -> None:
        """Takes a message of the answer.

        Raises RuntimeError for one that is out of turn, and for what cannot stand in a head.
        """
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if self.disconnected:
            return
        if not self.response_started and message["type"] == "http.response.start":
            self._begin(message)
        elif self.response_started and not self.response_complete:
            self._go_on(message.get("body", b""), more=message.get("more_body", False))
        else:
            raise RuntimeError(f"{message['type']} comes out of turn")

    def _begin(self, message: Message) -> None:
        status, fields = message["status"], [*message.get("headers", ())]
        known = dict(fields)
        if b"date" not in known:
            fields.append((b"date", self._server.date.text()))
        if self._server.closing or b"close" in known.get(b"connection", b""):
            self.keep_alive = False
        if not self.keep_alive and b"connection" not in known:
            fields.append((b"connection", b"close"))
        length = known.get(b"content-length")
        if length is not None:
            self.chunked_encoding, self.expected_content_length = False, int(length)
        elif b"transfer-encoding" in known:
            self.chunked_encoding = True
        elif self.scope["method"] != "HEAD" and status not in BODILESS:
            self.chunked_encoding = True
            fields.append((b"transfer-encoding", b"chunked"))
        head = _head(fields)
        self.response_started, self.waiting_for_100_continue = True, False
        self.transport.write(b"%b%b\r\n" % (STATUS_LINE[status], head))

    def _go_on(self, piece: bytes, *, more: bool) -> None:
        if self.scope["method"] == "HEAD":
            self.expected_content_length = 0
        elif self.chunked_encoding:
            chunk = b"%x\r\n%b\r\n" % (len(piece), piece) if piece else b""
            self.transport.write(chunk if more else chunk + b"0\r\n\r\n")
        else:
            self.expected_content_length -= len(piece)
            if self.expected_content_length < 0:
                raise RuntimeError("the answer is longer than its Content-Length")
            self.transport.write(piece)
        if not more:
            self._end()

    def _end(self) -> None:
        if self.expected_content_length:
            raise RuntimeError("the answer is shorter than its Content-Length")
        self.response_complete = True
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()


def _head(fields: list[tuple[bytes, bytes]]) -> bytes:
    """The lines of fields; raises RuntimeError for what is none, or would be more than one."""
    lines = b"".join([b"%b: %b\r\n" % each for each in fields])
    is_plain = len(lines.translate(None, CONTROLS)) == len(lines) - 2 * len(fields)
    if not is_plain or b"".join(dict(fields)).translate(None, NAMES):
        raise RuntimeError("a field of the answer cannot stand in a head")
    return lines
