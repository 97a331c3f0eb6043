"""A backend that speaks HTTP/2, by the library h2, and does with streams what it is told."""

import asyncio
import ssl
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, Event, RequestReceived, StreamEnded, StreamReset
from h2.settings import SettingCodes

from facade.model.version import Destination, HttpVersion, Network, Version
from tests.fakes import RawBackend, a_version

Headers = Iterable[tuple[str, str]]


def http2_version(**fields: Any) -> Version:
    """A version whose backend is asked for HTTP/2."""
    network = Network(http_version=HttpVersion.HTTP_2)
    return a_version(**{"destination": Destination(network=network)} | fields)


@dataclass
class Asked:
    """One request, as far as it has come."""

    headers: list[tuple[str, str]]
    body: bytes = b""
    ended: bool = False
    reset: int | None = None

    def __getitem__(self, name: str) -> str:
        return dict(self.headers)[name]


@dataclass
class Peer:
    """One connection, from the backend's side."""

    writer: asyncio.StreamWriter
    machine: H2Connection
    requests: dict[int, Asked] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def flush(self) -> None:
        """Sends what the machine has to say."""
        self.writer.write(self.machine.data_to_send())
        self.changed.set()

    def answer(
        self, number: int, body: bytes = b"ok", *, status: str = "200", headers: Headers = ()
    ) -> None:
        """Answers a request whole."""
        self.head(number, status=status, headers=headers, ends=not body)
        if body:
            self.machine.send_data(number, body, end_stream=True)
        self.flush()

    def head(
        self, number: int, *, status: str = "200", headers: Headers = (), ends: bool = False
    ) -> None:
        """Says the head of an answer."""
        self.machine.send_headers(number, [(":status", status), *headers], end_stream=ends)
        self.flush()

    def reset(self, number: int, code: int) -> None:
        """Ends a stream."""
        self.machine.reset_stream(number, code)
        self.flush()

    async def heard(self, enough: Callable[["Peer"], bool]) -> None:
        """Waits until what has come, or was sent, is enough."""
        async with asyncio.timeout(5):
            while not enough(self):
                self.changed.clear()
                await self.changed.wait()


Respond = Callable[["Peer", int], Any]
"""What is done when a request is whole; what it returns is waited for beside all else."""


def says_ok(peer: Peer, number: int) -> None:
    """Answers `ok`."""
    peer.answer(number)


class Http2Backend(RawBackend):
    """Speaks HTTP/2 on each connection, answers as told, and keeps what it was asked."""

    def __init__(
        self,
        respond: Respond = says_ok,
        *,
        tls: ssl.SSLContext | None = None,
        settings: dict[SettingCodes | int, int] | None = None,
        early: bool = False,
    ) -> None:
        """Takes what is done at the end of a request, or `early`, once its head is there."""
        super().__init__(self._talk, tls)
        self._respond = respond
        self._settings = settings or {}
        self._early = early
        self.peers: list[Peer] = []

    @property
    def requests(self) -> list[Asked]:
        return [each for peer in self.peers for each in peer.requests.values()]

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        machine = H2Connection(
            H2Configuration(
                client_side=False,
                header_encoding="utf-8",
                validate_outbound_headers=False,
                normalize_outbound_headers=False,
            )
        )
        machine.local_settings.update(self._settings)
        machine.local_settings.acknowledge()
        peer = Peer(writer, machine)
        self.peers.append(peer)
        machine.initiate_connection()
        peer.flush()
        async with asyncio.TaskGroup() as tasks:
            while data := await reader.read(65536):
                for event in machine.receive_data(data):
                    self._take(peer, event, tasks)
                peer.flush()
            self.closed.set()
            for task in peer.tasks:
                task.cancel()

    def _take(self, peer: Peer, event: Event, tasks: asyncio.TaskGroup) -> None:
        peer.events.append(event)
        number = getattr(event, "stream_id", 0) or 0
        match event:
            case RequestReceived(headers=headers):
                peer.requests[number] = Asked([(str(name), str(value)) for name, value in headers])
            case DataReceived(data=data, flow_controlled_length=size):
                peer.requests[number].body += data or b""
                peer.machine.acknowledge_received_data(size or 0, number)
            case StreamEnded():
                peer.requests[number].ended = True
            case StreamReset(error_code=code):
                if number in peer.requests:
                    peer.requests[number].reset = int(code)
        if isinstance(event, RequestReceived if self._early else StreamEnded):
            doing = self._respond(peer, number)
            if doing is not None:
                peer.tasks.append(tasks.create_task(doing))
