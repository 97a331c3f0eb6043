"""gRPC's own server, which can everything, with the event loop as what takes its events.

It stands on what `grpc.server` and `grpc.aio.server` are made of. Of the latter each event of a
call wakes the loop by itself, and a call has four tasks; here the loop takes all events that there
are whenever it is woken, a call has at most one task, and an answer goes out with its metadata.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from threading import Lock, Thread
from typing import Any, TypeAlias

import grpc
import msgspec
from grpc import ServerCredentials, StatusCode

from facade.policy.overload.holds import Holds
from gateway.interceptors.base import End, Endpoint, Metadata, Refusal, Rpc

try:
    from grpc._cython.cygrpc import (  # type: ignore[import-not-found]  # the stubs leave it out
        CompletionQueue,
        CompletionType,
        ReceiveCloseOnServerOperation,
        ReceiveMessageOperation,
        SendInitialMetadataOperation,
        SendMessageOperation,
        SendStatusFromServerOperation,
        Server,
    )
except ImportError as lacking:
    raise ImportError(
        f"grpcio {grpc.__version__} is made otherwise: pip install 'grpcio>=1.85,<1.86'"
    ) from lacking

LOGGER = logging.getLogger(__name__)

AHEAD = 64
"""Calls that may arrive before the loop takes one."""

TURN = 256
"""Events after which the loop does something else."""

LARGE = 64 * 1024
"""Bytes from which on an answer may still be on its way when gRPC has got rid of it …"""
LINGER = 0.25
"""… and seconds in which its caller takes the rest."""

CREDENTIALS = "_credentials"
"""Where `grpc.ServerCredentials` has what the core takes."""

SOMETHING = CompletionType.operation_complete

NEVER = 2.0**62
"""Seconds since 1970 from which on a deadline is none."""

ENDS = (bytes, Refusal)

BUG = "a bug of ours in %s"

GONE = Refusal(code=StatusCode.CANCELLED, details="The call was cancelled.")
BROKEN = Refusal(code=StatusCode.INTERNAL, details="A bug of ours.")
EMPTY = Refusal(code=StatusCode.UNIMPLEMENTED, details="There is no request.")
NOWHERE = Refusal(code=StatusCode.UNIMPLEMENTED, details="There is no such method.")

Served: TypeAlias = tuple[Endpoint, str]
"""An endpoint and its name."""

UNKNOWN: Served = (
    Endpoint(service="", method="", incoming=True, outgoing=True, begin=lambda *_: NOWHERE),
    "",
)

Operations: TypeAlias = tuple[Any, ...]

Beside: TypeAlias = Iterable[Endpoint]
"""What is served and is no part of the API: health and reflection."""


class Carried(msgspec.Struct, eq=False):
    """One RPC: what the endpoints know of an engine, and what gRPC tells of it."""

    _call: Any
    """None when the status has gone out."""
    _details: Any
    _metadata: Metadata
    _endpoint: Endpoint
    _name: str
    _running: "Running"
    _task: asyncio.Task[None] | None = None
    _peer: str = ""
    _said: Metadata = ()
    _announced: bool = False
    _gone: bool = False

    def invocation_metadata(self) -> Metadata:
        """What the caller sent beside the request."""
        return self._metadata

    def time_remaining(self) -> float | None:
        """Seconds to the caller's deadline, or None for none."""
        deadline: float = self._details.deadline
        return None if deadline > NEVER else max(0.0, deadline - time.time())

    def peer(self) -> str:
        """Who calls."""
        if not self._peer and self._call is not None:
            self._peer = self._call.peer().decode()
        return self._peer

    async def send_initial_metadata(self, initial_metadata: Metadata) -> None:
        """Sends what goes before the answer, with the first message of it."""
        self._said = initial_metadata

    async def write(self, message: bytes) -> None:
        """Sends one message, and waits until there is room for another.

        Raises CancelledError where the caller has gone.
        """
        send = SendMessageOperation(message, 0)
        if self._announced:
            sent = self._done(send)
        else:
            sent = self._done(SendInitialMetadataOperation(self._said, 0), send)
            self._announced = True
        if not (await sent).success:
            raise asyncio.CancelledError

    async def read(self) -> bytes | None:
        """The next message of a stream; None behind the last, or where it has broken off."""
        event = await self._done(ReceiveMessageOperation(0))
        message: bytes | None = event.batch_operations[0].message()
        return message

    def begin(self) -> None:
        """Begins with the first message, or without one where they come as a stream."""
        start = self._call.start_server_batch
        start((ReceiveCloseOnServerOperation(0),), self._closed)
        try:
            refusal = self._endpoint.door(self._metadata, self.peer(), self.time_remaining())
        except Exception:  # a call that does not end would keep the server from its end
            LOGGER.exception(BUG, self._name)
            refusal = BROKEN
        if refusal is not None:
            self._running.holds.add(refusal.hold, partial(self._fail, refusal))
        elif self._endpoint.incoming:
            self._begin(b"", Rpc(method=self._name, context=self, requests=Requests(self)))
        else:
            start((ReceiveMessageOperation(0),), self._received)

    def _received(self, event: Any) -> None:
        request = event.batch_operations[0].message()
        if request is None or self._gone:
            self._fail(EMPTY)
        else:
            self._begin(request, Rpc(method=self._name, context=self))

    def _begin(self, request: bytes, rpc: Rpc) -> None:
        context = copy_context()
        try:
            end = context.run(self._endpoint.begin, request, rpc)
            if isinstance(end, ENDS) and not (_held(end) or self._running.ending):
                self._end(end, rpc)
            else:
                going = self._go_on(end, rpc)
                self._task = self._running.loop.create_task(going, context=context)
        except Exception:  # the chain ends with a status what its rings and methods raise
            LOGGER.exception(BUG, self._name)
            self._fail(BROKEN)

    async def _go_on(self, waiting: End | Awaitable[End], rpc: Rpc) -> None:
        try:
            end = waiting if isinstance(waiting, ENDS) else await waiting
            if held := _held(end):
                await asyncio.sleep(held)
            if self._running.ending and isinstance(end, bytes):
                await self._linger(end, rpc)
            else:
                self._end(end, rpc)
        except asyncio.CancelledError:
            self._fail(GONE)
            raise
        except Exception:
            LOGGER.exception(BUG, self._name)
            self._fail(BROKEN)

    async def _linger(self, answer: bytes, rpc: Rpc) -> None:
        """Sends a large answer, and its status when the caller has had the time to take it.

        With the last status the connection ends: reset, if gRPC has not read all of the caller.
        """
        if len(answer) > LARGE:
            if not rpc.announced:
                rpc.announced, self._said = True, rpc.said()
            await self.write(answer)
        if self._announced:
            await asyncio.sleep(LINGER)
            self._send((), (), rpc.last)
        else:
            self._end(answer, rpc)

    def _end(self, end: End, rpc: Rpc) -> None:
        """Ends the RPC, with all that was not sent yet in one batch."""
        said = self._said if rpc.announced else rpc.said()
        if isinstance(end, Refusal):
            self._send(said, (), end.trailing_metadata, end.code.value[0], end.details)
        else:
            answer = () if self._endpoint.outgoing else (SendMessageOperation(end, 0),)
            self._send(said, answer, rpc.last)

    def _fail(self, status: Refusal) -> None:
        """Ends it with a status and nothing else."""
        self._send((), (), status.trailing_metadata, status.code.value[0], status.details)

    def _send(
        self, said: Metadata, answer: Operations, last: Metadata, code: int = 0, details: str = ""
    ) -> None:
        status = SendStatusFromServerOperation(last, code, details, 0)
        operations = (*answer, status)
        if not self._announced:
            operations = (SendInitialMetadataOperation(said, 0), *operations)
        self._call.start_server_batch(operations, self._running.sent)
        self._call = None  # nothing may be begun when the server has ended
        self._running.calls.discard(self)

    def _closed(self, event: Any) -> None:
        """Hears that nothing goes on: it has ended, or else its caller or its time has."""
        if event.batch_operations[0].cancelled():
            self._gone = True
            if self._task is not None:
                self._running.loop.call_soon(self._task.cancel)  # it has begun by then

    def _done(self, *operations: Any) -> "asyncio.Future[Any]":
        if self._call is None:
            raise asyncio.CancelledError
        done = self._running.loop.create_future()

        def tell(event: Any) -> None:
            if not done.done():
                done.set_result(event)

        self._call.start_server_batch(operations, tell)
        return done


def _called(end: Callable[[], None]) -> None:
    end()


def _held(end: End) -> float:
    """Seconds until an end is sent."""
    return end.hold if isinstance(end, Refusal) else 0.0


class Requests:
    """The messages of a stream that comes in, each read when it is asked for."""

    def __init__(self, carried: Carried) -> None:
        """Takes the RPC."""
        self._carried = carried

    def __aiter__(self) -> "Requests":
        return self

    async def __anext__(self) -> bytes:
        message = await self._carried.read()
        if message is None:
            raise StopAsyncIteration
        return message


class Grpcio:
    """An engine: gRPC's core."""

    def __init__(
        self,
        endpoints: Iterable[Endpoint],
        beside: Beside,
        options: Mapping[str, int],
        credentials: ServerCredentials | None = None,
    ) -> None:
        """Takes what it serves, and TLS if there is to be any."""
        every = (*endpoints, *beside)
        self._served = {f"/{each.name}".encode(): (each, each.name) for each in every}
        self._options = tuple(options.items())
        self._safe = () if credentials is None else (getattr(credentials, CREDENTIALS),)
        self._running: Running | None = None

    async def start(self, address: str) -> int:
        """Listens."""
        queue, server = CompletionQueue(), Server(self._options, xds=False)
        server.register_completion_queue(queue)
        port: int = server.add_http2_port(address.encode(), *self._safe)
        if not port:
            server.destroy()
            raise OSError(address)
        self._running = Running(queue, server, self._served)
        return port

    async def stop(self, grace: float) -> None:
        """Says GOAWAY, by which callers go elsewhere, and ends."""
        if self._running is not None:
            await self._running.stop(grace)


class Running:
    """The server as it listens: a thread waits for events, and the loop takes them."""

    def __init__(self, queue: Any, server: Any, served: Mapping[bytes, Served]) -> None:
        """Begins."""
        self._queue, self._server, self._served = queue, server, served
        self.loop = asyncio.get_running_loop()
        self.calls: set[Carried] = set()
        """Those under way."""
        self.holds: Holds[Callable[[], None]] = Holds(_called)
        """How those end that were turned away."""
        self.ending = False
        """Whether it takes no more calls."""
        self._ended, self._left = asyncio.Event(), asyncio.Event()
        self._taken = Lock()
        self._taken.acquire()
        server.start(backup_queue=False)
        for _ in range(AHEAD):
            self._ask()
        self._waiting: Thread | None = Thread(target=self._wait, name="portico-grpc", daemon=True)
        self._waiting.start()

    async def stop(self, grace: float) -> None:
        """Gives the calls under way so many seconds, and ends."""
        if not self.ending:
            self.ending = True
            self._server.shutdown(self._queue, self._end)
        try:
            async with asyncio.timeout(grace):
                await self._ended.wait()
        except TimeoutError:
            self._server.cancel_all_calls()
            await self._ended.wait()
        if self.calls:  # what is cancelled may have to clear up
            await self._left.wait()
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            self._server.destroy()
            self._queue.shutdown()
            await asyncio.to_thread(waiting.join)

    def sent(self, _event: Any) -> None:
        """Hears that a call has its status."""
        if self.ending and not self.calls:
            self._left.set()

    def _end(self, _event: Any) -> None:
        """Hears that no connection is left."""
        self._ended.set()

    def _ask(self) -> None:
        self._server.request_call(self._queue, self._queue, self._arrive)

    def _arrive(self, event: Any) -> None:
        if not event.success:  # it ends, and nothing has arrived
            return
        if not self.ending:
            self._ask()
        call, details = event.call, event.call_details
        endpoint, name = self._served.get(details.method, UNKNOWN)
        carried = Carried(call, details, event.invocation_metadata, endpoint, name, self)
        self.calls.add(carried)
        carried.begin()

    def _wait(self) -> None:
        """In the thread: has the loop take what there is, and waits until it has."""
        poll, wake = self._queue.poll, self.loop.call_soon_threadsafe
        with suppress(RuntimeError):  # the loop has ended without `stop`
            while (event := poll()).completion_type == SOMETHING:
                wake(self._take, event)
                event = None
                self._taken.acquire()

    def _take(self, event: Any) -> None:
        poll = self._queue.poll
        for _ in range(TURN):
            try:
                event.tag(event)
            except Exception:  # or else no event would be taken any more
                LOGGER.exception("a bug of ours between calls")
            event = poll(0)
            if event.completion_type != SOMETHING:
                self._taken.release()
                return
        self.loop.call_soon(self._take, event)
