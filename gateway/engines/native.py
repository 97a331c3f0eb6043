"""pygrpc-native: HTTP/2 in Rust outside the GIL, and the calls in batches.

Every method is a stream of answers to it, also those with one answer, for on the wire they are the
same: so metadata goes out before the answer where it is sent before, and a call whose outcome is
unknown is committed for its caller. What it cannot serve, a stream that comes in, goes to gRPC's
own server on a Unix socket behind it, with health and reflection.
"""

import asyncio
import logging
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from threading import Thread
from typing import Any, NoReturn, TypeAlias

import grpc
from pygrpc_native import EVENT_CANCEL, STREAM_CLOSED, STREAM_FULL, STREAM_SENT, NativeGrpcFront

from gateway.engines import engine
from gateway.engines.grpcio import Beside, Grpcio
from gateway.interceptors.base import Endpoint, Metadata, Rpc

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


class Ended(Exception):
    """The status of the RPC has gone out."""


class Carried:
    """One RPC: what the endpoints know of an engine."""

    __slots__ = ("_deadline", "_details", "_front", "_trailing", "number")

    def __init__(self, front: NativeGrpcFront, number: int, details: Details) -> None:
        """Takes the number of the call, and what else is known of it."""
        self._front = front
        self.number = number
        self._details = details
        left = details[2]
        self._deadline = None if left is None else time.monotonic() + left
        self._trailing: Metadata = ()

    def invocation_metadata(self) -> Metadata:
        """What the caller sent beside the request."""
        return self._details[0]

    def time_remaining(self) -> float | None:
        """Seconds to the caller's deadline, or None for none."""
        return None if self._deadline is None else max(0.0, self._deadline - time.monotonic())

    def peer(self) -> str:
        """Who calls."""
        return self._details[1]

    async def send_initial_metadata(self, initial_metadata: Metadata) -> None:
        """Sends what goes before the answer."""
        self._front.stream_send_initial_metadata(self.number, initial_metadata)

    def set_trailing_metadata(self, trailing_metadata: Metadata) -> None:
        """Sets what comes after the answer."""
        self._trailing = trailing_metadata

    def sent(self, message: bytes) -> bool:
        """Sends one message if there is room for it; gives whether there was."""
        return self._front.stream_try_send(self.number, message) == STREAM_SENT

    async def write(self, message: bytes) -> None:
        """Sends one message as soon as there is room for it; to nobody where the caller has gone.

        The front does not say when there is room, and its own waiting would hold a thread.
        """
        turns, pause = 0, UNREAD
        while (sent := self._front.stream_try_send(self.number, message)) == STREAM_FULL:
            if turns < TURNS:
                turns += 1
                await asyncio.sleep(0)
            else:
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST)
        if sent == STREAM_CLOSED:
            await asyncio.sleep(0)  # the cancellation is on its way

    async def abort_with_status(self, status: grpc.Status) -> NoReturn:
        """Ends the RPC with a status."""
        self.fail(status.code, status.details, status.trailing_metadata)
        raise Ended

    def fail(self, code: grpc.StatusCode, message: str, trailing_metadata: Metadata = ()) -> None:
        """Ends the RPC; does nothing to one that has ended."""
        number: int = code.value[0]
        last = [(key, value) for key, value in trailing_metadata if key != RESERVED]
        self._front.fail(self.number, number, message, last)

    def end(self) -> None:
        """Ends the RPC well."""
        self._front.stream_end(self.number, self._trailing)


class Native:
    """An engine: pygrpc-native's front, and gRPC's own server behind it."""

    def __init__(
        self,
        endpoints: Iterable[Endpoint],
        beside: Beside,
        *,
        shared: bool,
        close: Callable[[], None],
    ) -> None:
        """Takes what it serves, and whether other processes share the port.

        `close` has new calls refused: the front cannot turn them away while others are under way.
        """
        found = tuple(endpoints)
        self._endpoints = [(each, each.name) for each in found if not each.incoming]
        self._behind = Grpcio([each for each in found if each.incoming], beside, BEHIND)
        self._shared = shared
        self._close = close
        self._calls: dict[int, asyncio.Task[None]] = {}
        self._leaving: set[asyncio.Task[None]] = set()
        self._front: NativeGrpcFront | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    async def start(self, address: str) -> int:
        """Listens."""
        self._front = front = NativeGrpcFront(
            address,
            [(f"/{name}", True) for _, name in self._endpoints],
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
            for task in self._calls.values():
                task.cancel()
            await asyncio.gather(*self._calls.values(), *self._leaving, return_exceptions=True)
        await asyncio.to_thread(front.close)
        if self._folder is not None:
            self._folder.cleanup()

    async def _finished(self, front: NativeGrpcFront) -> None:
        while True:
            if self._calls:
                await asyncio.wait(self._calls.values())
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
        calls, endpoints = self._calls, self._endpoints
        for kind, number, method, request, _, details in events:
            if kind == EVENT_CANCEL:
                self._cancel(number)
            else:
                carried = Carried(front, number, details)
                endpoint, name = endpoints[method]
                task = loop.create_task(self._run(endpoint, name, carried, request))
                calls[number] = task

    def _cancel(self, number: int) -> None:
        """The caller has gone, or the deadline has passed; a task may not have begun by then."""
        task = self._calls.pop(number, None)
        if task is not None:
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)
            task.cancel()

    async def _run(self, endpoint: Endpoint, name: str, carried: Carried, request: bytes) -> None:
        try:
            answer = await endpoint.proceed(request, Rpc(method=name, context=carried))
            if not (endpoint.outgoing or carried.sent(answer)):
                await carried.write(answer)
            carried.end()
        except Ended:
            pass
        except asyncio.CancelledError:
            carried.fail(grpc.StatusCode.CANCELLED, "The call was cancelled.")
            raise
        except Exception:  # the chain ends with a status what its rings and methods raise
            LOGGER.exception("a bug of ours in %s", name)
            carried.fail(grpc.StatusCode.INTERNAL, "A bug of ours.")
        finally:
            self._calls.pop(carried.number, None)


def _unsent(front: NativeGrpcFront) -> bool:
    """Whether something that was answered has not been taken by its connection yet."""
    told = front.metrics() or {"methods": {}}
    methods = told["methods"].values()
    return any(
        each["started"] > sum(status["count"] for status in each["status"].values())
        for each in methods
    )
