"""pygrpc-native: HTTP/2 in Rust outside the GIL, and the calls in batches.

Every method is a stream of answers to it, also those with one answer, for on the wire they are the
same: so metadata goes out before the answer where it is sent before, and a call whose outcome is
unknown is committed for its caller. What it cannot serve, a stream that comes in or a method that
it was not told of before it started, goes to gRPC's own server on a Unix socket behind it, with
health and reflection.
"""

import asyncio
import logging
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from contextvars import copy_context
from threading import Thread
from typing import Any, TypeAlias

import msgspec
from pygrpc_native import EVENT_CANCEL, STREAM_CLOSED, STREAM_FULL, NativeGrpcFront

from facade.policy.overload.holds import Holds
from gateway.engines import engine
from gateway.engines.carried import BROKEN, BUG, CANCELLED, ENDS
from gateway.engines.grpcio import Beside, Grpcio
from gateway.interceptors.base import End, Endpoint, Metadata, Refusal, Rpc

LOGGER = logging.getLogger(__name__)

BATCH = 1024
"""Calls that are handed over at once at most."""

TURNS = 50
"""Turns of the loop in which the front takes a message of a caller who reads, on another core."""

UNREAD = 0.001
LONGEST = 0.1
"""Seconds between the looks after that whether a caller has room again; doubled each time."""

POLL = 0.01
"""Seconds between looks whether the calls under way are done."""

FLUSH = 0.05
"""Seconds in which the last bytes of the last answers leave this process."""

BEHIND = {
    **engine.OPTIONS,
    "grpc.so_reuseport": 0,
    "grpc.keepalive_time_ms": 2**31 - 1,
    "grpc.max_connection_idle_ms": 2**31 - 1,
    "grpc.max_connection_age_ms": 2**31 - 1,
}
"""Each connection of the front has one to the server behind, for as long as it lasts."""

RESERVED = "grpc-retry-pushback-ms"
"""What the front does not let through, as all of `grpc-*`: callers repeat by their own policy."""

Details: TypeAlias = tuple[Metadata, str, float | None]
"""The metadata of a call, its peer, and the seconds that it has."""


class Carried(msgspec.Struct, gc=False):
    """One RPC: what the endpoints know of an engine, and what they send while it goes on."""

    front: NativeGrpcFront
    number: int
    details: Details
    began: float
    """Since when the seconds count."""

    def invocation_metadata(self) -> Metadata:
        """What the caller sent beside the request."""
        return self.details[0]

    def time_remaining(self) -> float | None:
        """Seconds to the caller's deadline, or None for none."""
        left = self.details[2]
        return None if left is None else max(0.0, self.began + left - time.monotonic())

    def peer(self) -> str:
        """Who calls."""
        return self.details[1]

    def peer_names(self) -> tuple[str, ...]:
        """Nothing: there is no TLS."""
        return ()

    async def send_initial_metadata(self, initial_metadata: Metadata) -> None:
        """Sends what goes before the answer."""
        self.front.stream_send_initial_metadata(self.number, initial_metadata)

    async def write(self, message: bytes) -> None:
        """Sends one message as soon as there is room for it; to nobody where the caller has gone.

        The front does not say when there is room, and its own waiting would hold a thread.
        """
        turns, pause = 0, UNREAD
        while (sent := self.front.stream_try_send(self.number, message)) == STREAM_FULL:
            if turns < TURNS:
                turns += 1
                await asyncio.sleep(0)
            else:
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST)
        if sent == STREAM_CLOSED:
            await asyncio.sleep(0)  # the cancellation is on its way

    def end(self, rpc: Rpc, end: End) -> bytes | None:
        """Ends the RPC; where there is no room for its answer yet, gives that back."""
        front, number = self.front, self.number
        if isinstance(end, Refusal):
            if end.hold:
                asyncio.get_running_loop().call_later(end.hold, self._refuse, rpc, end)
            else:
                self._refuse(rpc, end)
            return None
        if not rpc.announced:
            rpc.announced = True
            front.stream_send_initial_metadata(number, rpc.said())
        if not rpc.streamed and front.stream_try_send(number, end) == STREAM_FULL:
            return end
        front.stream_end(number, rpc.last)
        return None

    def _refuse(self, rpc: Rpc, refusal: Refusal) -> None:
        if not rpc.announced and (said := rpc.said()):
            self.front.stream_send_initial_metadata(self.number, said)
        _fail(self.front, self.number, refusal)


class Native:
    """An engine: pygrpc-native's front, and gRPC's own server behind it."""

    def __init__(
        self,
        endpoints: Iterable[Endpoint],
        beside: Beside,
        others: Endpoint,
        *,
        shared: bool,
        close: Callable[[], None],
    ) -> None:
        """Takes what it serves, and whether other processes share the port.

        `others` is for every method that has no endpoint; the front knows no such thing, but takes
        the paths that there are when it starts.

        `close` has new calls refused: the front cannot turn them away while others are under way.
        """
        found = tuple(endpoints)
        self._endpoints = [
            (each.door, each.begin, each.name) for each in found if not each.incoming
        ]
        self._others = others
        self._behind = Grpcio(
            [each for each in found if each.incoming], beside, BEHIND, others=others
        )
        self._shared = shared
        self._close = close
        self._calls: dict[int, tuple[asyncio.Task[None], Rpc]] = {}
        self._leaving: set[asyncio.Task[None]] = set()
        self._holds: Holds[tuple[int, Refusal]] = Holds(self._told)
        self._front: NativeGrpcFront | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    async def start(self, address: str) -> int:
        """Listens."""
        others, own = self._others, [f"/{name}" for _, _, name in self._endpoints]
        paths = () if others.paths is None else await others.paths()
        self._endpoints += [(others.door, others.begin, path) for path in paths]
        self._front = front = NativeGrpcFront(
            address,
            [(path, True) for path in (*own, *paths)],
            io_threads=1,
            call_details=True,
            delay_stream_headers=True,
            metrics=True,
            keepalive_time_ms=engine.KEEPALIVE,
            keepalive_timeout_ms=engine.KEEPALIVE_TIMEOUT,
            keepalive_permit_without_calls=False,
            max_concurrent_streams=engine.STREAMS,
            max_metadata_size=engine.METADATA,
            reuse_port=self._shared,
        )
        self._folder = tempfile.TemporaryDirectory(prefix="portico-grpc-")
        behind = f"{self._folder.name}/behind"
        await self._behind.start(f"unix:{behind}")
        front.set_fallback(behind)
        front.start()
        loop = asyncio.get_running_loop()
        Thread(target=self._take, args=(front, loop), name="portico-grpc", daemon=True).start()
        return front.bound_port

    async def stop(self, grace: float) -> None:
        """Refuses new calls, and ends when those under way have, and what they answered is sent."""
        front = self._front
        if front is None:
            return
        self._close()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._behind.stop(grace))
            with suppress(TimeoutError):
                async with asyncio.timeout(grace):
                    await self._finished(front)
            loop = asyncio.get_running_loop()
            for number in tuple(self._calls):
                self._leave(number, loop)
            await asyncio.gather(*self._leaving, return_exceptions=True)
        await asyncio.to_thread(front.close)
        if self._folder is not None:
            self._folder.cleanup()

    async def _finished(self, front: NativeGrpcFront) -> None:
        while True:
            if self._calls:
                await asyncio.wait([task for task, _ in self._calls.values()])
            elif _unsent(front):
                await asyncio.sleep(POLL)
            else:
                return await asyncio.sleep(FLUSH)

    def _take(self, front: NativeGrpcFront, loop: asyncio.AbstractEventLoop) -> None:
        """In a thread of its own: hands what the front has over to the loop, many at a time."""
        try:
            while (events := front.recv_batch_details(BATCH)) is not None:
                loop.call_soon_threadsafe(self._begin, front, loop, events)
        except RuntimeError:  # the loop has ended without `stop`
            front.close()

    def _begin(
        self, front: NativeGrpcFront, loop: asyncio.AbstractEventLoop, events: Sequence[Any]
    ) -> None:
        """Begins calls, each in a context of its own; only what has to wait gets a task."""
        endpoints, now = self._endpoints, time.monotonic()
        for kind, number, method, request, _, details in events:
            if kind == EVENT_CANCEL:
                self._leave(number, loop)
                continue
            door, begin, name = endpoints[method]
            if (refusal := door(*details)) is not None:
                self._holds.add(refusal.hold, (number, refusal))
                continue
            carried = Carried(front, number, details, now)
            rpc, context = Rpc(method=name, context=carried), copy_context()
            try:
                end = context.run(begin, request, rpc)
            except Exception as error:  # noqa: BLE001 - told of in the log
                end = _bug(name, error)
            if isinstance(end, ENDS):
                left = carried.end(rpc, end)
                if left is None:
                    continue
                end = _given(left)
            task = loop.create_task(self._run(carried, rpc, end), context=context)
            self._calls[number] = task, rpc

    def _told(self, held: tuple[int, Refusal]) -> None:
        if self._front is not None:
            _fail(self._front, *held)

    def _leave(self, number: int, loop: asyncio.AbstractEventLoop) -> None:
        """The caller has gone, or the deadline has passed.

        The task is cancelled after its first step, since it ends what the endpoint has begun.
        """
        task, rpc = self._calls.pop(number, (None, None))
        if task is not None and rpc is not None:
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)
            rpc.gone = True
            loop.call_soon(task.cancel)

    async def _run(self, carried: Carried, rpc: Rpc, going: Awaitable[End]) -> None:
        try:
            left = carried.end(rpc, await going)
            if left is not None:
                await carried.write(left)
                carried.front.stream_end(carried.number, rpc.last)
        except asyncio.CancelledError:
            carried.end(rpc, CANCELLED)
            raise
        except Exception as error:  # noqa: BLE001 - told of in the log
            carried.end(rpc, _bug(rpc.method, error))
        finally:
            self._calls.pop(carried.number, None)


def _fail(front: NativeGrpcFront, number: int, refusal: Refusal) -> None:
    last = [each for each in refusal.trailing_metadata if each[0] != RESERVED]
    front.fail(number, refusal.code.value[0], refusal.details, last)


async def _given(answer: bytes) -> bytes:
    return answer


def _bug(name: str, error: Exception) -> Refusal:
    """What an RPC ends with where the chain has made no status of what was raised."""
    LOGGER.error(BUG, name, exc_info=error)
    return BROKEN


def _unsent(front: NativeGrpcFront) -> bool:
    """Whether something that was answered has not been taken by its connection yet."""
    told = front.metrics() or {"methods": {}}
    methods = told["methods"].values()
    return any(
        each["started"] > sum(status["count"] for status in each["status"].values())
        for each in methods
    )
