"""Real parts in place of the world: backends on loopback that say exactly what a test wants."""

import asyncio
import errno
import json
import re
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self
from uuid import UUID

import pytest
import trustme

from facade.egress import Egress
from facade.errors.fault import Fault
from facade.errors.history import MailUnavailable
from facade.flows.interpreter.ports import Answered, Asked, Child, Ended, Notice
from facade.model.access import Identity
from facade.model.action import Action
from facade.model.call import Plan
from facade.model.names import VersionName
from facade.model.run import RunState
from facade.model.version import Version
from facade.network.resolver import AddressInfo
from facade.network.tls import system_trust
from facade.transport import Transport
from facade.wire import Wire
from gateway.reflection import Description

Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
"""What a backend does with one connection; it is closed when the script ends."""


class RawBackend:
    """A TCP (or TLS) server on 127.0.0.1 that runs a script for each connection."""

    def __init__(self, script: Script, tls: ssl.SSLContext | None = None) -> None:
        self._script = script
        self._tls = tls
        self._tasks: set[asyncio.Task[None]] = set()
        self.connections = 0
        self.closed = asyncio.Event()
        """Set as soon as a client has closed its connection."""

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def origin(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        try:
            await self._script(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            self.closed.set()
        except asyncio.CancelledError:
            pass
        finally:
            writer.close()


async def read_request(reader: asyncio.StreamReader) -> bytes:
    """One request, byte for byte: its head, and its body by Content-Length."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"\r\ncontent-length: *([0-9]+)", head, re.IGNORECASE)
    return head + (await reader.readexactly(int(length[1])) if length else b"")


def says(*pieces: bytes, pause: float = 0.0) -> Script:
    """A script that reads one request, answers with the pieces and closes."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)

    return script


def answer(
    body: bytes = b"", *, status: int = 200, headers: tuple[tuple[str, str], ...] = ()
) -> bytes:
    """An answer with a Content-Length, as it stands on the wire."""
    fields = "".join(f"{name}: {value}\r\n" for name, value in headers)
    head = f"HTTP/1.1 {status} Said\r\nContent-Length: {len(body)}\r\n{fields}\r\n"
    return head.encode("latin-1") + body


OK = answer(b"ok")

JSON = answer(b"{}", headers=(("Content-Type", "application/json"),))


def said(body: Any, status: int = 200, **headers: str) -> bytes:
    """An answer of JSON."""
    fields = (
        ("Content-Type", "application/json"),
        *((name.replace("_", "-"), text) for name, text in headers.items()),
    )
    return answer(json.dumps(body).encode(), status=status, headers=fields)


class HttpBackend(RawBackend):
    """A backend that keeps connections, records each request raw, and answers it."""

    def __init__(
        self,
        respond: Callable[[bytes], bytes] | bytes = JSON,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(self._talk, tls)
        self._respond = respond
        self.requests: list[bytes] = []

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            request = await read_request(reader)
            self.requests.append(request)
            said = self._respond
            writer.write(said if isinstance(said, bytes) else said(request))
            await writer.drain()


class FakeGrants:
    """Refresh tokens that are kept as long as the test runs."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.leases: dict[str, tuple[bytes, datetime]] = {}

    async def find(self, key: str) -> bytes | None:
        return self.kept.get(key)

    async def keep(self, key: str, sealed: bytes) -> None:
        self.kept[key] = sealed

    async def drop(self, key: str) -> None:
        self.kept.pop(key, None)

    async def take(self, key: str, holder: bytes, now: datetime, until: datetime) -> bool:
        held = self.leases.get(key)
        if held is not None and held[1] > now:
            return False
        self.leases[key] = holder, until
        return True

    async def release(self, key: str, holder: bytes) -> None:
        if self.leases.get(key, (b"", None))[0] == holder:
            del self.leases[key]


class FakeClock:
    """A clock that goes on when it is told, or by whoever sleeps: hours in no time."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now.timestamp()

    def advance(self, seconds: float) -> None:
        """Lets time pass."""
        self.now += timedelta(seconds=seconds)

    async def sleep(self, seconds: float) -> None:
        """Takes no time but the clock's own."""
        self.advance(seconds)
        await asyncio.sleep(0)


class Described:
    """What one caller has of typed services: one description for whatever is asked."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.description: Description | None = None

    async def services(self, _identity: Identity) -> list[str]:
        return self.names

    async def of_symbol(self, *_asked: object) -> Description | None:
        return self.description

    async def of_file(self, *_asked: object) -> Description | None:
        return self.description


MOMENT = datetime(2026, 11, 1, tzinfo=UTC)


def a_version(**fields: Any) -> Version:
    """Version v1 of the connector `shop`, with the given fields."""
    name = VersionName(connector="shop", version="v1")
    given: dict[str, Any] = {
        "name": name,
        "spec_digest": "0" * 64,
        "create_time": MOMENT,
        "update_time": MOMENT,
    }
    return Version(**given | fields)


def a_plan(origin: str, **fields: Any) -> Plan:
    """`GET /` at the origin, with the given fields."""
    action = Action(id="get", method="GET", path="/", pointer="/paths/~1/get")
    given: dict[str, Any] = {
        "version": a_version(),
        "action": action,
        "method": "GET",
        "origin": origin,
        "target": "/",
        "headers": (),
    }
    return Plan(**given | fields)


async def fails(transport: Transport, backend: RawBackend, **fields: Any) -> Fault:
    """The fault that a call to the backend ends in; nothing of a library hangs on it."""
    with pytest.raises(Fault) as failure:
        await transport.send(a_plan(backend.origin, **{"timeout": 1.0} | fields))
    assert str(failure.value.__cause__) == "None"
    return failure.value


async def ok(transport: Transport, backend: RawBackend, **fields: Any) -> None:
    """Calls the backend, which must answer `OK`."""
    reply = await transport.send(a_plan(backend.origin, **fields))
    assert (reply.status, reply.body) == (200, b"ok")


def cut(data: bytes, *, reset: bool) -> Script:
    """Reads a request, says the data, and breaks the connection off."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(data)
        await writer.drain()
        await asyncio.sleep(0.05)
        if reset:
            break_off(writer)

    return script


def break_off(writer: asyncio.StreamWriter) -> None:
    """Ends a connection with RST in place of FIN."""
    writer.transport.get_extra_info("socket").setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
    )
    writer.transport.abort()


async def hold(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    """Reads a request and never answers."""
    await read_request(reader)
    await reader.readexactly(1)


def server_tls(authority: trustme.CA, host: str = "127.0.0.1", **fields: Any) -> ssl.SSLContext:
    """What a backend needs for TLS, certified by the authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(host, **fields).configure_cert(context)
    return context


class NoSockets:
    """In the place of sockets: keeps the addresses that are wanted, and opens nothing."""

    def __init__(self) -> None:
        self.addresses: list[str] = []

    def __call__(self, info: AddressInfo) -> socket.socket:
        self.addresses.append(info[4][0])
        raise OSError(errno.ENETUNREACH, "recorded")


def trusting(authority: trustme.CA) -> Transport:
    """A transport that trusts the authority, under the development profile."""
    trust = system_trust()
    authority.configure_trust(trust)
    return Transport(Wire(Egress((), loopback=True), trust))


class FakeWorld:
    """Answers calls in their order, by what a test gives; remembers what was asked."""

    def __init__(self, *answers: Answered) -> None:
        self.answers = list(answers)
        self.calls: list[Asked] = []
        self.notices: list[Notice] = []
        self.saved: dict[str, str] = {}
        self.started: list[Child] = []
        self.at_once = self.most = 0

    async def call(self, asked: Asked) -> Answered:
        self.calls.append(asked)
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        await asyncio.sleep(0)
        self.at_once -= 1
        return (
            self.answers.pop(0)
            if self.answers
            else Answered(status=200, output=dict(asked.arguments))
        )

    async def notify(self, notice: Notice) -> str:
        self.notices.append(notice)
        if notice.to == "nobody@example.com":
            raise MailUnavailable("no server takes mails")
        return notice.key

    async def save(self, key: str, value: str) -> None:
        self.saved[key] = value

    async def start(self, child: Child) -> str:
        self.started.append(child)
        return f"flows/other/runs/{UUID(int=len(self.started))}"

    async def ended(self, child: str) -> Ended | None:
        del child
        return Ended(state=RunState.SUCCEEDED, output='{"n": 1}')
