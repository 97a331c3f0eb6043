"""The chain that every RPC goes through, from bytes to bytes."""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from types import MappingProxyType
from typing import Any, TypeAlias

from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

from facade.errors.caller import InvalidRequest, RequestTooLarge
from facade.errors.fault import Fault
from gateway.interceptors.base import Endpoint, Interceptor, Proceed, Rpc, facts_of
from gateway.interceptors.faults import refuse

LAST = 0.02
"""Seconds in which a stream that has ended may turn out to be one that was cancelled."""


class Chain:
    """Interceptors around a method: each one that has begun ends, the last one first."""

    def __init__(self, method: Proceed, interceptors: Sequence[Interceptor]) -> None:
        """Takes the interceptors, the outermost first."""
        self._method = method
        self._ends = ends = tuple(each.end for each in reversed(interceptors))
        outer = range(len(ends), 0, -1)
        self._begins = tuple(
            (each.begin, ends[count:])
            for count, each in zip(outer, interceptors, strict=True)
            if type(each).begin is not Interceptor.begin
        )
        """Each with what is to end where it fails."""

    async def __call__(self, request: bytes, rpc: Rpc) -> bytes:
        """Answers one RPC; a fault ends it with its status, a cancellation passes through."""
        answer, error, ends = b"", None, self._ends
        try:
            for begin, ends in self._begins:  # noqa: B007 - what ends where it fails
                if (waiting := begin(rpc)) is not None:
                    await waiting
            ends = self._ends
            answer = await self._method(request, rpc)
        except BaseException as found:  # noqa: BLE001 - raised below, unless a ring replaces it
            error = found
        for end in ends:
            error = end(rpc, error)
        if error is None:
            if not rpc.announced:
                await rpc.announce()
            rpc.context.set_trailing_metadata(rpc.last)
            return answer
        if isinstance(error, Fault):
            await refuse(rpc, error)
        raise error


Unread: TypeAlias = Callable[[bytes, Rpc], bytes | None]
"""Gives the answer to a request that need not be read, or None."""


class Method:
    """The end of the chain: a method of a service, with its messages read and written here.

    So a message that is too large or no protobuf is a fault of the caller like any other; an
    engine would call it a bug of ours.
    """

    def __init__(
        self,
        call: Callable[[Any, Rpc], Any],
        again: Unread | None,
        kind: type[Message],
        limit: int,
    ) -> None:
        """Takes the method, the class of its requests, and their largest size in bytes.

        `again` answers requests that need not be read, if there are such.
        """
        self._call = call
        self._again = again
        self._kind = kind
        self._limit = limit

    async def __call__(self, request: bytes, rpc: Rpc) -> bytes:
        """Answers one request."""
        if self._again is not None:
            known = self._again(request, rpc)
            if known is not None:
                return known
            rpc.request = request
        message = self._read(request, rpc)
        try:
            answer: Message | bytes = await self._call(message, rpc)
        except Fault as fault:
            fault.add(facts_of(message))
            raise
        return written(answer)

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
        answers: AsyncGenerator[Message | bytes, None] = self._call(message, rpc)
        try:
            async with aclosing(answers):
                async for answer in answers:
                    await rpc.send(written(answer))
        except Fault as fault:
            fault.add(facts_of(message))
            raise
        return b""


class Receiving(Method):
    """A method that takes a stream; each message is read when the method asks for it."""

    async def __call__(self, _request: bytes, rpc: Rpc) -> bytes:
        """Answers once."""
        answer: Message | bytes = await self._call(self._messages(rpc), rpc)
        return written(answer)

    async def _messages(self, rpc: Rpc) -> AsyncIterator[Message]:
        if rpc.requests is not None:
            async for each in rpc.requests:
                yield self._read(each, rpc)
            # gRPC ends the stream of a caller who has gone as that of one who is done, and cancels
            # the RPC right after that: what broke off must not be taken for whole.
            await asyncio.sleep(LAST)


def written(answer: Message | bytes) -> bytes:
    """An answer in its wire form, in which methods may give it at once."""
    return answer if isinstance(answer, bytes) else answer.SerializeToString()


def endpoints(
    service: ServiceDescriptor,
    servicer: object,
    interceptors: Sequence[Interceptor],
    limits: Mapping[str, int],
) -> Iterator[Endpoint]:
    """An endpoint for each method that a service declares, every one behind the same chain.

    `ExecuteAction` of the proto is `execute_action` of the servicer, and where it may answer what
    it need not read `execute_action_again`.
    `limits`: the largest request by the method's name, `""` for the others.
    """
    for method in service.methods:
        yield _endpoint(method, servicer, interceptors, limits.get(method.name, limits[""]))


def _endpoint(
    method: MethodDescriptor, servicer: object, interceptors: Sequence[Interceptor], limit: int
) -> Endpoint:
    spelled = re.sub(r"(?<!^)(?=[A-Z])", "_", method.name).lower()
    end = _ENDS[method.client_streaming, method.server_streaming]
    again = getattr(servicer, f"{spelled}_again", None)
    called = end(getattr(servicer, spelled), again, GetMessageClass(method.input_type), limit)
    return Endpoint(
        service=method.containing_service.full_name,
        method=method.name,
        incoming=method.client_streaming,
        outgoing=method.server_streaming,
        proceed=Chain(called, interceptors),
    )


_ENDS: Mapping[tuple[bool, bool], type[Method]] = MappingProxyType(
    {(False, False): Method, (False, True): Answering, (True, False): Receiving}
)
"""By whether a stream comes in, and whether one goes out."""
