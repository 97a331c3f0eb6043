"""The chain that every RPC goes through, from bytes to bytes, whatever engine carries it."""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Any, Protocol, TypeAlias

import grpc
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass
from grpc.aio import ServicerContext

from facade.errors.caller import InvalidRequest, RequestTooLarge
from facade.errors.fault import Effect, Fault
from facade.errors.service import DeadlineExceeded
from facade.model import face

PATIENCE = 30.0
"""Seconds that a caller without a deadline may leave the messages of a stream unread."""

LAST = 0.02
"""Seconds in which a stream that has ended may turn out to be one that was cancelled."""


@dataclass(slots=True, kw_only=True)
class Rpc:
    """One RPC under way: what its interceptors and its method learn of it, and tell of it."""

    method: str
    """`gateway.v1.GatewayService/ExecuteAction`."""
    context: ServicerContext[Any, Any]
    trace_id: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    """What goes before the answer, good or bad; empty values do not go."""
    timings: Mapping[str, float] = field(default_factory=dict)
    """Seconds that others had the call, by who: `facade`, `backend`."""
    requests: AsyncIterator[bytes] | None = None
    """What the caller sends, where that is a stream."""
    announced: bool = False
    """Whether that has gone."""

    def sent(self) -> dict[str, str]:
        """What the caller sent beside the request, as text by key; repeats joined by a comma."""
        metadata = self.context.invocation_metadata() or ()
        return face.joined((key, value) for key, value in metadata if isinstance(value, str))

    def said(self) -> tuple[tuple[str, str], ...]:
        """The metadata that has a value."""
        return tuple((key, value) for key, value in self.metadata.items() if value)

    async def announce(self) -> None:
        """Sends the initial metadata, if it has not gone yet."""
        if not self.announced:
            self.announced = True
            await self.context.send_initial_metadata(self.said())

    async def send(self, message: bytes) -> None:
        """Sends one message of a stream, when the caller has room for it.

        Raises DeadlineExceeded where a caller without a deadline of its own does not read.
        """
        await self.announce()
        try:
            async with asyncio.timeout(PATIENCE if self.context.time_remaining() is None else None):
                await self.context.write(message)
        except TimeoutError:
            text = f"The caller has read nothing of the stream for {PATIENCE:g} s."
            raise DeadlineExceeded(text, effect=Effect.EXECUTED) from None


Proceed: TypeAlias = Callable[[bytes, Rpc], Awaitable[bytes]]
"""The rest of the chain: takes the request as it came, gives the answer as it goes.

Streams pass it by, through the Rpc: the request is empty where a stream comes in, the answer
where one goes out.
"""


class Interceptor(Protocol):
    """One ring of the chain."""

    async def __call__(self, proceed: Proceed, request: bytes, rpc: Rpc) -> bytes:
        """Does its part around `await proceed(request, rpc)`."""


class Method:
    """The end of the chain: a method of a service, with its messages read and written here.

    So a message that is too large or no protobuf is a fault of the caller like any other; an
    engine would call it a bug of ours.
    """

    def __init__(self, call: Callable[[Any, Rpc], Any], kind: type[Message], limit: int) -> None:
        """Takes the method, the class of its requests, and their largest size in bytes."""
        self._call = call
        self._kind = kind
        self._limit = limit

    async def __call__(self, request: bytes, rpc: Rpc) -> bytes:
        """Answers one request."""
        message = self._read(request, rpc)
        try:
            answer: Message = await self._call(message, rpc)
        except Fault as fault:
            fault.add(facts_of(message))
            raise
        return answer.SerializeToString()

    def _read(self, request: bytes, rpc: Rpc) -> Message:
        if len(request) > self._limit:
            raise RequestTooLarge(
                f"The request has {len(request)} bytes; {rpc.method} takes {self._limit}."
            )
        try:
            return self._kind.FromString(request)
        except DecodeError:
            raise InvalidRequest(
                f"The request is no {self._kind.DESCRIPTOR.full_name}, or nested too deep."
            ) from None


class Answering(Method):
    """A method that answers with a stream; its generator is closed whatever happens."""

    async def __call__(self, request: bytes, rpc: Rpc) -> bytes:
        """Sends one answer after the other, no faster than the caller takes them."""
        message = self._read(request, rpc)
        answers: AsyncGenerator[Message, None] = self._call(message, rpc)
        try:
            async with aclosing(answers):
                async for answer in answers:
                    await rpc.send(answer.SerializeToString())
        except Fault as fault:
            fault.add(facts_of(message))
            raise
        return b""


class Receiving(Method):
    """A method that takes a stream; each message is read when the method asks for it."""

    async def __call__(self, _request: bytes, rpc: Rpc) -> bytes:
        """Answers once."""
        answer: Message = await self._call(self._messages(rpc), rpc)
        return answer.SerializeToString()

    async def _messages(self, rpc: Rpc) -> AsyncIterator[Message]:
        if rpc.requests is not None:
            async for each in rpc.requests:
                yield self._read(each, rpc)
            # gRPC ends the stream of a caller who has gone as that of one who is done, and cancels
            # the RPC right after that: what broke off must not be taken for whole.
            await asyncio.sleep(LAST)


def facts_of(request: Any) -> dict[str, str]:
    """What a request's name says of whom it is about, for the faults that do not say it better."""
    return face.facts_of(getattr(request, "name", "") or getattr(request, "parent", ""))


def handlers(
    service: ServiceDescriptor,
    servicer: object,
    interceptors: Sequence[Interceptor],
    limits: Mapping[str, int],
) -> dict[str, "grpc.RpcMethodHandler[bytes, bytes]"]:
    """A handler for each method that a service declares, every one behind the same chain.

    `ExecuteAction` of the proto is `execute_action` of the servicer.
    `limits`: the largest request by the method's name, `""` for the others.
    """
    return {
        method.name: _handler(method, servicer, interceptors, limits.get(method.name, limits[""]))
        for method in service.methods
    }


def _handler(
    method: MethodDescriptor, servicer: object, interceptors: Sequence[Interceptor], limit: int
) -> "grpc.RpcMethodHandler[bytes, bytes]":
    name = f"{method.containing_service.full_name}/{method.name}"
    kind = GetMessageClass(method.input_type)
    spelled = re.sub(r"(?<!^)(?=[A-Z])", "_", method.name).lower()
    end, make = _ENDS[method.client_streaming, method.server_streaming]
    proceed: Proceed = end(getattr(servicer, spelled), kind, limit)
    for interceptor in reversed(interceptors):
        proceed = partial(interceptor, proceed)
    return make(name, proceed)


def _unary(name: str, proceed: Proceed) -> "grpc.RpcMethodHandler[bytes, bytes]":
    async def answer(request: bytes, context: ServicerContext[bytes, bytes]) -> bytes:
        return await proceed(request, Rpc(method=name, context=context))

    return grpc.unary_unary_rpc_method_handler(answer)


def _answering(name: str, proceed: Proceed) -> "grpc.RpcMethodHandler[bytes, bytes]":
    async def answer(request: bytes, context: ServicerContext[bytes, bytes]) -> None:
        await proceed(request, Rpc(method=name, context=context))

    return grpc.unary_stream_rpc_method_handler(answer)


def _receiving(name: str, proceed: Proceed) -> "grpc.RpcMethodHandler[bytes, bytes]":
    async def answer(
        requests: AsyncIterator[bytes], context: ServicerContext[bytes, bytes]
    ) -> bytes:
        return await proceed(b"", Rpc(method=name, context=context, requests=requests))

    return grpc.stream_unary_rpc_method_handler(answer)


_ENDS: Mapping[
    tuple[bool, bool],
    tuple[type[Method], Callable[[str, Proceed], "grpc.RpcMethodHandler[bytes, bytes]"]],
] = MappingProxyType(
    {
        (False, False): (Method, _unary),
        (False, True): (Answering, _answering),
        (True, False): (Receiving, _receiving),
    }
)
"""By whether a stream comes in, and whether one goes out."""
