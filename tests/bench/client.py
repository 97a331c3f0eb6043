"""A gRPC client that costs its core next to nothing, for calls that all differ.

grpc.aio takes several times the CPU time of the server that it is to load; this one takes about
as much as h2load. Each answer is held against what the call should bring.
"""

import asyncio
import socket
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from time import perf_counter
from typing import TypeAlias, cast

import grpc

from tests.bench import frames

OK = 0
GONE = -1
"""In place of a status: the connection ended before there was one."""
WRONG = -2
"""In place of a status: not the answer to this call."""
TOP_UP = 2**30
"""Bytes after which the peer is given as many again to send."""

NAMES: Mapping[int, str] = {code.value[0]: code.name for code in grpc.StatusCode} | {
    GONE: "ended without a status",
    WRONG: "wrong answer",
}

Order: TypeAlias = tuple[bytes, bytes]
"""A request, and what its answer must have in it."""
Done: TypeAlias = Callable[[int, float], None]
"""Is told the status of a call and the seconds that it took."""


@dataclass(slots=True)
class Stream:
    """A call under way."""

    order: Order
    began: float
    done: Done
    data: list[bytes] = field(default_factory=list)


class Client(asyncio.Protocol):
    """One connection; a call that the server's limits leave no room for waits here."""

    def __init__(self, head: Callable[[str], bytes], given: float = 0.0) -> None:
        """Takes the head of a call for the time that it has, as `frames.head_of` makes it.

        `given` is how many seconds each call has; 0: as many as it takes.
        """
        self._head = head
        self._given = given
        self._loop = asyncio.get_running_loop()
        self._streams: dict[int, Stream] = {}
        self._held: deque[tuple[Order, float, Done]] = deque()
        self._out: list[bytes] = []
        self._rest = b""
        self._next = 1
        self._most = 100
        self._window = self._first = frames.FIRST_WINDOW
        self._taken = 0
        self._reading = False
        self._transport: asyncio.Transport | None = None
        self.received = 0
        """Bytes of messages, with the five before each."""
        self.ready: asyncio.Future[None] = self._loop.create_future()
        """Done when the server has said its settings."""
        self.gone: asyncio.Future[None] = self._loop.create_future()
        """Done when the connection is no more."""

    @property
    def held(self) -> int:
        """Calls that wait here for room."""
        return len(self._held)

    def start(self, order: Order, began: float, done: Done) -> None:
        """Begins a call; what it takes is counted from `began`, a value of perf_counter."""
        room = len(self._streams) < self._most and self._window > len(order[0]) + 5
        if self._held or not room:
            self._held.append((order, began, done))
            return
        self._begin(order, began, done)
        if not self._reading and len(self._out) == 1:
            self._loop.call_soon(self._flush)

    def drop(self, limit: float) -> int:
        """Gives up the calls that have waited here since before `limit`; how many they were."""
        dropped = 0
        while self._held and self._held[0][1] < limit:
            self._held.popleft()
            dropped += 1
        return dropped

    def vanish(self) -> None:
        """Ends the connection as a client that is killed does."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Says the first word."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(frames.opening())

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's name
        """Ends every call of the connection."""
        self.gone.set_result(None)
        if not self.ready.done():
            self.ready.set_exception(ConnectionError("no HTTP/2"))
        for stream in list(self._streams):
            self._end(stream, GONE)
        held, self._held = self._held, deque()
        for _, began, done in held:
            done(GONE, perf_counter() - began)

    def data_received(self, data: bytes) -> None:
        """Takes frames in; what follows from all of them goes out in one write."""
        self._reading = True
        found, self._rest = frames.frames(self._rest + data if self._rest else data)
        for kind, flags, stream, payload in found:
            if kind == frames.DATA:
                self._data(flags, stream, payload)
            elif kind == frames.HEADERS:
                if flags & frames.END_STREAM:
                    self._finish(stream, payload)
            else:
                self._control(kind, flags, stream, payload)
        while self._held and len(self._streams) < self._most:
            order, began, done = self._held[0]
            if self._window <= len(order[0]) + 5:
                break
            self._held.popleft()
            self._begin(order, began, done)
        self._reading = False
        self._flush()

    def _data(self, flags: int, number: int, payload: bytes) -> None:
        self._taken += len(payload)
        if self._taken > TOP_UP:
            grown = frames.NUMBER.pack(self._taken)
            self._out.append(frames.frame(frames.WINDOW, 0, 0, grown))
            self._taken = 0
        stream = self._streams.get(number)
        if stream is not None:
            stream.data.append(payload)
            self.received += len(payload)
        if flags & frames.END_STREAM:
            self._end(number, GONE)

    def _control(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        if kind == frames.RESET:
            self._reset(stream, frames.NUMBER.unpack(payload)[0])
        elif kind == frames.SETTINGS and not flags & frames.ACK:
            self._settle(frames.settings(payload))
        elif kind == frames.PING and not flags & frames.ACK:
            self._out.append(frames.frame(frames.PING, frames.ACK, 0, payload))
        elif kind == frames.WINDOW and not stream:
            self._window += frames.NUMBER.unpack(payload)[0]

    def _reset(self, number: int, reason: int) -> None:
        """A call that the server has not looked at is made again, as every gRPC client does."""
        stream = self._streams.get(number)
        if stream is not None and reason == frames.REFUSED:
            del self._streams[number]
            self._held.appendleft((stream.order, stream.began, stream.done))
        else:
            self._end(number, GONE)

    def _settle(self, said: dict[int, int]) -> None:
        self._most = said.get(frames.MAX_STREAMS, self._most)
        self._first = said.get(frames.INITIAL_WINDOW, self._first)
        self._out.append(frames.frame(frames.SETTINGS, frames.ACK, 0, b""))
        if not self.ready.done():
            self.ready.set_result(None)

    def _begin(self, order: Order, began: float, done: Done) -> None:
        request, _ = order
        if len(request) + 5 > min(self._first, frames.FIRST_WINDOW // 4):
            raise ValueError("a request of more than one frame")
        self._window -= len(request) + 5
        self._streams[self._next] = Stream(order, began, done)
        self._out.append(frames.call(self._next, self._head(self._left(began)), request))
        self._next += 2

    def _left(self, began: float) -> str:
        """What a call is told that it has: less what it has waited here, as gRPC's core says it."""
        if not self._given:
            return ""
        return f"{max(1, int((began + self._given - perf_counter()) * 1000))}m"

    def _finish(self, number: int, trailers: bytes) -> None:
        stream = self._streams.get(number)
        status = frames.status_of(trailers)
        if stream is not None and status == OK and stream.order[1] not in b"".join(stream.data):
            status = WRONG
        self._end(number, GONE if status is None else status)

    def _end(self, number: int, status: int) -> None:
        stream = self._streams.pop(number, None)
        if stream is not None:
            stream.done(status, perf_counter() - stream.began)

    def _flush(self) -> None:
        out, self._out = self._out, []
        if out and self._transport is not None and not self._transport.is_closing():
            self._transport.write(b"".join(out))


async def connect(port: int, method: str, count: int, given: float = 0.0) -> list[Client]:
    """So many connections, each of which the server has answered.

    `given` is how many seconds each call has, as the server is told; 0: it is told nothing.
    """
    loop = asyncio.get_running_loop()
    head = lru_cache(1024)(partial(frames.head_of, method, f"127.0.0.1:{port}"))
    made = []
    for _ in range(count):
        transport, client = await loop.create_connection(
            lambda: Client(head, given), "127.0.0.1", port
        )
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        made.append(client)
    async with asyncio.timeout(10):
        for client in made:
            await client.ready
    return made


async def part(clients: Sequence[Client]) -> None:
    """Ends connections at once, and waits until they have ended."""
    for client in clients:
        client.vanish()
    for client in clients:
        await client.gone


class Sending:
    """Sends orders, each once, so many at a time on each connection."""

    def __init__(self, orders: Sequence[Order]) -> None:
        """Takes them all."""
        self._due = iter(orders)
        self._left = len(orders)
        self.finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.statuses: Counter[int] = Counter()
        self.seconds: list[float] = []
        """Of each call that succeeded."""

    def send(self, client: Client) -> None:
        """Sends the next one there, and the one after it once that is answered."""
        order = next(self._due, None)
        if order is not None:
            client.start(order, perf_counter(), partial(self._done, client))

    def _done(self, client: Client, status: int, seconds: float) -> None:
        self.statuses[status] += 1
        self._left -= 1
        if status == OK:
            self.seconds.append(seconds)
        if self.finished.done():
            return
        if status == GONE:
            self.finished.set_exception(ConnectionError("a connection or a call was ended"))
        elif not self._left:
            self.finished.set_result(None)
        else:
            self.send(client)


async def send_all(clients: Sequence[Client], streams: int, orders: Sequence[Order]) -> Sending:
    """Sends each order once; raises ConnectionError where the server ends one without a status."""
    sending = Sending(orders)
    for client in clients:
        for _ in range(streams):
            sending.send(client)
    await sending.finished
    return sending
