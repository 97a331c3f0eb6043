"""HTTP/1.1 on one connection: uvicorn's protocol, with limits, and with the names of the peer."""

import asyncio
import re
from collections.abc import Sequence
from typing import Any, ClassVar, Final
from urllib.parse import unquote

import httptools
from uvicorn._types import ASGI3Application, ASGIVersions
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from facade.access.sockets import peer_uid
from facade.app.attended import Client
from facade.app.cycle import Connections, Cycle
from facade.errors.caller import InvalidRequest, RequestTooLarge
from facade.errors.fault import Fault
from facade.errors.service import DeadlineExceeded
from facade.hop.envelope import envelope

HEAD: Final = 16 * 1024
"""Bytes of a request's target and header fields."""

LINE: Final = 4
"""Bytes around a field: colon, space, CR and LF."""

ASGI: Final[ASGIVersions] = {"version": "3.0", "spec_version": "2.3"}

NO_HTTP: Final = "This is no HTTP/1.1 request, or one by a method that is not read here."

HOST: Final = re.compile(rb"([\w.~!$&'()*+,;=%-]*|\[[0-9A-Fa-f:.]+\])(:[0-9]*)?")
"""The value of a Host field (RFC 9110, section 7.2)."""


class Protocol(HttpToolsProtocol):
    """Refuses heads that are too large (431), too slow (408) or no HTTP (400) by itself.

    A body whose next piece does not come is waited for no longer: its connection is closed. So is
    that of a caller who reads nothing of an answer.
    `scope["state"]` has in `peer_names` the names (DNS, URI) in the certificate of the peer, in
    `peer_uid` the user at the other end of a Unix socket, where the system tells, and in
    `client` whether it waits for the answer.
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
        self._first: Cycle | None = None
        """The request that is answered, or was last; those that are pipelined come behind it."""
        self._begun = False
        """Whether a head has begun, and is not whole yet."""
        self._head = 0
        """Bytes of the fields of this head, or of those behind its body, where they are counted."""
        self._unread = 0
        """Bytes that came for a head that is not whole yet."""
        self._came = 0
        """Bytes that came last."""
        self._idle_since = 0.0
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
        self.app_state = {
            "peer_names": peer_names(transport.get_extra_info("peercert")),
            "peer_uid": peer_uid(transport.get_extra_info("socket")),
        }
        self._hurry()

    def connection_lost(self, exc: Exception | None) -> None:
        """Ends all waiting."""
        self._calm()
        self._taken()
        self._unset_keepalive_if_required()
        super().connection_lost(exc)
        if self._first is not None:  # uvicorn tells the last alone, which may not have begun
            self._first.leave()
        self.server_state.noted()

    def data_received(self, data: bytes) -> None:
        """Reads what came; a head must come whole, in time and small."""
        if self._over:
            return
        awaited, heads = self._awaiting, self._heads
        self._came = len(data)
        if not self._feed(data):
            return
        if not self._awaiting:
            if self._answering:
                self._calm()
            self._hurry()
        elif awaited and heads == self._heads:
            self._hurry()
            self._unread += len(data)
            if self._unread > HEAD:
                self.refuse()
        elif self._begun:
            self._hurry()

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
        self._begun = True
        self.url = b""
        self.headers = []

    def on_header(self, name: bytes, value: bytes) -> None:
        """Takes a field; behind a body nobody asks for any (RFC 9110, section 6.5.1)."""
        if self._begun:
            self.headers.append((name.lower(), value))
        else:
            self._count(len(name) + len(value) + LINE)

    def on_headers_complete(self) -> None:
        """A head is whole, and leaves nobody in doubt where its body ends."""
        parser, target, fields = self.parser, self.url, self.headers
        if self._unread + self._came > HEAD:
            self._count(len(target) + sum([len(x) + len(y) + LINE for x, y in fields]))
        version = parser.get_http_version()
        if not is_plain(version, target, fields):
            raise ValueError
        self._calm()
        self._take(version)
        self._begun = self._awaiting = False
        self._heads += 1
        self._head = self._unread = 0

    def _take(self, version: str) -> None:
        """Has the request answered, or puts it in line."""
        url, waits, parser = httptools.parse_url(self.url), self._answering, self.parser
        path, client = url.path.decode("ascii"), Client()
        self.scope = {
            "type": "http",
            "asgi": ASGI,
            "http_version": version,
            "server": self.server,
            "client": self.client,
            "scheme": self.scheme or "http",
            "root_path": "",
            "method": parser.get_method().decode("ascii"),
            "path": unquote(path) if "%" in path else path,
            "raw_path": url.path,
            "query_string": url.query or b"",
            "headers": self.headers,
            "state": {**self.app_state, "client": client},
        }
        cycle = self.cycle = Cycle(
            self.server_state,
            client,
            scope=self.scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=[],
            message_event=asyncio.Event(),
            expect_100_continue=(b"expect", b"100-continue") in self.headers,
            keep_alive=version != "1.0" and parser.should_keep_alive(),
            on_response=self.on_response_complete,
        )
        if waits:
            self.flow.pause_reading()
            self.pipeline.appendleft((cycle, self.app))
        else:
            self._start_asgi_task(cycle, self.app)

    def on_message_complete(self) -> None:
        """The next head may come."""
        self._calm()
        self._awaiting = True
        self._head = 0
        super().on_message_complete()

    def shutdown(self) -> None:
        """Closes the connection, where no request has begun on it."""
        if not self._begun:
            super().shutdown()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        if isinstance(cycle, Cycle):
            self._first = cycle
        super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        """The next request may be answered, where there is one."""
        last = not self.pipeline
        if not self.transport.is_closing():
            self.flow.resume_reading()
            if not last:
                self._start_asgi_task(*self.pipeline.pop())
            elif not self._over:
                self._idle()
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
        """Closes a connection that idles; looks again where there was a request meanwhile."""
        self.timeout_keep_alive_task = None
        idle = self._awaiting and not (self._begun or self._answering)
        if not idle or self.transport.is_closing():
            return
        if self.loop.time() < self._idle_since + self.timeout_keep_alive:
            self._idle(self._idle_since)
        else:
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
            self._answer(400, InvalidRequest(NO_HTTP))

    def _answer(self, status: int, fault: Fault) -> None:
        self._calm()
        self._over = True
        if not (self._is_next() if self._awaiting else self._is_let_go()):
            return
        body = envelope(fault, "")
        fields = (
            f"date: {self.server_state.date.text().decode()}\r\ncontent-type: application/json\r\n"
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
        if self._first is not None:
            self._first.leave()
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

    def _idle(self, since: float | None = None) -> None:
        """Begins to wait for the next request, by one timer for many of them."""
        now = self.loop.time()
        self._idle_since = now if since is None else since
        if self.timeout_keep_alive_task is None:
            self.timeout_keep_alive_task = self.loop.call_at(
                self._idle_since + self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

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
    known = dict(fields)
    if len(known) < len(fields):
        names = [name for name, _ in fields]
        if names.count(b"host") > 1 or names.count(b"transfer-encoding") > 1:
            return False
    host, coding = known.get(b"host"), known.get(b"transfer-encoding")
    if b"#" in target or not (host is None or HOST.fullmatch(host)):
        return False
    if version == "1.0":
        return coding is None
    is_known = coding is None or coding.lower() == b"chunked"
    return version == "1.1" and host is not None and is_known


def peer_names(certificate: dict[str, Any] | None) -> tuple[str, ...]:
    """The names in a verified certificate, as `ssl` gives it: DNS names and URIs."""
    entries = (certificate or {}).get("subjectAltName", ())
    return tuple(value for kind, value in entries if kind in ("DNS", "URI"))
