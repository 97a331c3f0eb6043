"""Carried: one RPC on gRPC's core, from its beginning to its status."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextvars import copy_context
from functools import partial
from typing import Any, Protocol, TypeAlias

import msgspec
from grpc import StatusCode

from facade.policy.overload.holds import Holds
from gateway.engines.core import (
    ReceiveCloseOnServerOperation,
    ReceiveMessageOperation,
    SendInitialMetadataOperation,
    SendMessageOperation,
    SendStatusFromServerOperation,
    certificate_names,
)
from gateway.interceptors.base import End, Endpoint, Metadata, Refusal, Rpc

LOGGER = logging.getLogger(__name__)

LARGE = 64 * 1024
"""Bytes from which on an answer may still be on its way when gRPC has got rid of it …"""
LINGER = 0.25
"""… and seconds in which its caller takes the rest."""

NEVER = 2.0**62
"""Seconds since 1970 from which on a deadline is none."""

ENDS = (bytes, Refusal)

BUG = "a bug of ours in %s"

CANCELLED = Refusal(code=StatusCode.CANCELLED, details="The call was cancelled.")
BROKEN = Refusal(code=StatusCode.INTERNAL, details="A bug of ours.")
EMPTY = Refusal(code=StatusCode.UNIMPLEMENTED, details="There is no request.")

Operations: TypeAlias = tuple[Any, ...]


class Ground(Protocol):
    """The server that an RPC has come to."""

    is_safe: bool
    """Whether there is TLS."""
    ending: bool
    """Whether it takes no more calls."""
    loop: asyncio.AbstractEventLoop
    calls: set["Carried"]
    """Those under way."""
    holds: Holds[Callable[[], None]]
    """How those end that were turned away."""

    def sent(self, _event: Any) -> None:
        """Hears that a call has its status."""


class Carried(msgspec.Struct, eq=False):
    """One RPC: what the endpoints know of an engine, and what gRPC tells of it."""

    _call: Any
    """None when the status has gone out."""
    _details: Any
    _metadata: Metadata
    _endpoint: Endpoint
    _name: str
    _ground: Ground
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

    def peer_names(self) -> tuple[str, ...]:
        """What the caller's certificate names, where TLS has proved one."""
        is_proved = self._call is not None and self._ground.is_safe
        return certificate_names(self._call) if is_proved else ()

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
            self._ground.holds.add(refusal.hold, partial(self._fail, refusal))
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
            if isinstance(end, ENDS) and not (_held(end) or self._ground.ending):
                self._end(end, rpc)
            else:
                going = self._go_on(end, rpc)
                self._task = self._ground.loop.create_task(going, context=context)
        except Exception:  # the chain ends with a status what its rings and methods raise
            LOGGER.exception(BUG, self._name)
            self._fail(BROKEN)

    async def _go_on(self, waiting: End | Awaitable[End], rpc: Rpc) -> None:
        try:
            end = waiting if isinstance(waiting, ENDS) else await waiting
            if held := _held(end):
                await asyncio.sleep(held)
            if self._ground.ending and isinstance(end, bytes):
                await self._linger(end, rpc)
            else:
                self._end(end, rpc)
        except asyncio.CancelledError:
            self._fail(CANCELLED)
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
            answer = () if rpc.streamed else (SendMessageOperation(end, 0),)
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
        self._call.start_server_batch(operations, self._ground.sent)
        self._call = None  # nothing may be begun when the server has ended
        self._ground.calls.discard(self)

    def _closed(self, event: Any) -> None:
        """Hears that nothing goes on: it has ended, or else its caller or its time has."""
        if event.batch_operations[0].cancelled():
            self._gone = True
            if self._task is not None:
                self._ground.loop.call_soon(self._task.cancel)  # it has begun by then

    def _done(self, *operations: Any) -> "asyncio.Future[Any]":
        if self._call is None:
            raise asyncio.CancelledError
        done = self._ground.loop.create_future()

        def tell(event: Any) -> None:
            if not done.done():
                done.set_result(event)

        self._call.start_server_batch(operations, tell)
        return done


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
