"""HTTP/1.1 on one connection: uvicorn's protocol, with limits, and with the names of the peer."""

import asyncio
import re
from collections.abc import Sequence
from email.utils import formatdate
from typing import Any, ClassVar, Final

import httptools
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)
from uvicorn.server import ServerState

from facade.errors.caller import InvalidRequest, RequestTooLarge
from facade.errors.fault import Fault
from facade.errors.service import DeadlineExceeded
from facade.hop.envelope import envelope

HEAD: Final = 16 * 1024
"""Bytes of a request's target and header fields."""

LINE: Final = 4
"""Bytes around a field: colon, space, CR and LF."""

HOST: Final = re.compile(rb"([\w.~!$&'()*+,;=%-]*|\[[0-9A-Fa-f:.]+\])(:[0-9]*)?")
"""The value of a Host field (RFC 9110, section 7.2)."""


class Connections(ServerState):
    """The connections of a server."""

    def __init__(self) -> None:
        super().__init__()
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


class Protocol(HttpToolsProtocol):
    """Refuses heads that are too large (431), too slow (408) or no HTTP (400) by itself.

    A body whose next piece does not come is waited for no longer: its connection is closed. So is
    that of a caller who reads nothing of an answer.
    `scope["state"]["peer_names"]` has the names (DNS, URI) in the certificate of the peer.
    """

    server_state: Connections

    head_time: ClassVar[float] = 10.0
    """Seconds that a request's head may take; the first one from the connection on."""
    body_time: ClassVar[float] = 30.0
    """Seconds between two pieces of a request's body, and for what comes of it once all is said."""
    read_time: ClassVar[float] = 30.0
    """Seconds in which a caller has to read some of what was said."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        """Takes what uvicorn gives to its protocols."""
        super().__init__(*arguments, **named)
        self._awaiting = True
        """Whether what comes next belongs to a head."""
        self._heads = 0
        self._first: RequestResponseCycle | None = None
        """The request that is answered, or was last; those that are pipelined come behind it."""
        self._head = 0
        """Bytes of the fields of this head so far."""
        self._unread = 0
        """Bytes that came for a head that is not whole yet."""
        self._patience: asyncio.TimerHandle | None = None
        self._over = False
        """Whether nothing more is read: what is under way is answered, and no more."""
        self._unsent = 0
        """Bytes of answers that the caller had not read when `_reading` began."""
        self._reading: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn's own type
        """Begins to wait for the first head."""
        super().connection_made(transport)
        self.server_state.noted()
        self.app_state = {"peer_names": peer_names(transport.get_extra_info("peercert"))}
        self._hurry()

    def connection_lost(self, exc: Exception | None) -> None:
        """Ends all waiting."""
        self._calm()
        self._taken()
        super().connection_lost(exc)
        if self._first is not None:  # uvicorn tells the last alone, which may not have begun
            self._first.disconnected = True
            self._first.message_event.set()
        self.server_state.noted()

    def data_received(self, data: bytes) -> None:
        """Reads what came; a head must come whole, in time and small."""
        if self._over:
            return
        self._unset_keepalive_if_required()
        awaited, heads = self._awaiting, self._heads
        if awaited:
            self._hurry()
        if not self._feed(data):
            return
        if not self._awaiting:
            if self._answering:
                self._calm()
            self._hurry()
        elif awaited and heads == self._heads:
            self._unread += len(data)
            if self._unread > HEAD:
                self.refuse()

    def _feed(self, data: bytes) -> bool:
        """Has it read; whether that was HTTP, and nothing else is to follow."""
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            # No other protocol is spoken here, and what may be of one is not read as HTTP.
            if upgrade.args[0] < len(data) or self.scope["method"] == "CONNECT":
                self._over = True
                self.cycle.keep_alive = False
            return False
        except httptools.HttpParserError:
            self.refuse()
            return False
        return True

    def on_message_begin(self) -> None:
        """A head begins."""
        self._hurry()
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Counts the target."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Counts a field; behind a body nobody asks for any (RFC 9110, section 6.5.1)."""
        self._count(len(name) + len(value) + LINE)
        if self._awaiting:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """A head is whole, and leaves nobody in doubt where its body ends."""
        if not is_plain(self.parser.get_http_version(), self.url, self.headers):
            raise ValueError
        self._calm()
        super().on_headers_complete()
        self._awaiting = False
        self._heads += 1
        self._head = self._unread = 0

    def on_message_complete(self) -> None:
        """The next head may come."""
        self._calm()
        self._awaiting = True
        self._head = 0
        super().on_message_complete()

    def shutdown(self) -> None:
        """Closes the connection, where no request has begun on it."""
        if not self._head:
            super().shutdown()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._first = cycle
        super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        """The next request may be answered, where there is one."""
        last = not self.pipeline
        super().on_response_complete()
        if self.transport.is_closing() or (last and self._over):
            self.close()

    def pause_writing(self) -> None:
        """Begins to wait for the caller to read."""
        super().pause_writing()
        self._await_reader()

    def resume_writing(self) -> None:
        """Most of what was said has been read."""
        super().resume_writing()
        if not self.transport.is_closing():
            self._taken()

    def timeout_keep_alive_handler(self) -> None:
        """Closes a connection that idles."""
        if not self.transport.is_closing():
            self.close()

    def close(self) -> None:
        """Closes the connection once the caller has read what was said."""
        self.transport.close()
        self._await_reader()

    def refuse(self) -> None:
        """Answers what cannot be taken, behind what is under way, and closes."""
        if max(self._head, self._unread) > HEAD:
            self._answer(431, RequestTooLarge(f"The request's head is larger than {HEAD} bytes."))
        else:
            self._answer(400, InvalidRequest("This is no HTTP/1.1 request."))

    def _answer(self, status: int, fault: Fault) -> None:
        self._calm()
        self._over = True
        if not (self._is_next() if self._awaiting else self._is_let_go()):
            return
        body = envelope(fault, "")
        fields = (
            f"date: {formatdate(usegmt=True)}\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(STATUS_LINE[status] + fields.encode() + body)
        self.close()

    def _is_next(self) -> bool:
        """Whether no answer is under way; the last that is will end the connection."""
        if self._answering:
            self.cycle.keep_alive = False
        return not self._answering

    def _is_let_go(self) -> bool:
        """Ends the request whose body cannot be read; whether it may be told so.

        What answers it takes the caller for gone.
        """
        if self.pipeline:
            self.pipeline.popleft()
            return False
        begun = self.cycle.response_started
        self.cycle.disconnected = True
        self.cycle.message_event.set()
        if begun:
            self.close()
        return not begun

    @property
    def _answering(self) -> bool:
        return self._heads > 0 and not self.cycle.response_complete

    def _count(self, size: int) -> None:
        self._head += size
        if self._head > HEAD:
            raise ValueError

    def _hurry(self) -> None:
        if self._patience is None:
            seconds = self.head_time if self._awaiting else self.body_time
            self._patience = self.loop.call_later(seconds, self._late)

    def _calm(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _late(self) -> None:
        self._patience = None
        ours = self._answering if self._awaiting else self.flow.read_paused
        if ours:
            self._hurry()  # it is we who keep the caller waiting
        elif self._awaiting and self._unread:
            late = f"The request's head took over {self.head_time:g} s."
            self._answer(408, DeadlineExceeded(late))
        else:
            self.close()

    def _await_reader(self) -> None:
        if self._reading is None:
            self._unsent = self.transport.get_write_buffer_size()
            self._reading = self.loop.call_later(self.read_time, self._look)

    def _taken(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None

    def _look(self) -> None:
        """Goes on waiting for a caller who reads, and cuts off one who does not."""
        self._reading = None
        if self.transport.get_write_buffer_size() < self._unsent:
            self._await_reader()
        else:
            self.transport.abort()


def is_plain(version: str, target: bytes, fields: Sequence[tuple[bytes, bytes]]) -> bool:
    """Whether a head leaves no doubt what is asked and where its body ends.

    RFC 9112: one Host that is one (section 3.2), a target without a fragment (section 3.2), and no
    transfer coding but `chunked`, which HTTP/1.0 has not (section 6.1).
    """
    hosts = [value for name, value in fields if name == b"host"]
    codings = [value.lower() for name, value in fields if name == b"transfer-encoding"]
    if b"#" in target or not all(map(HOST.fullmatch, hosts)):
        return False
    if version == "1.0":
        return len(hosts) <= 1 and not codings
    return version == "1.1" and len(hosts) == 1 and codings in ([], [b"chunked"])


def peer_names(certificate: dict[str, Any] | None) -> tuple[str, ...]:
    """The names in a verified certificate, as `ssl` gives it: DNS names and URIs."""
    entries = (certificate or {}).get("subjectAltName", ())
    return tuple(value for kind, value in entries if kind in ("DNS", "URI"))
