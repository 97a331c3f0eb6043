"""The chain that every RPC goes through, from bytes to bytes."""

import asyncio
import re
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import aclosing
from dataclasses import replace
from types import MappingProxyType
from typing import Any, TypeAlias

from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

from facade.errors.caller import InvalidRequest, RequestTooLarge
from facade.errors.fault import Fault
from gateway.interceptors.base import (
    Door,
    End,
    Endpoint,
    Interceptor,
    Proceed,
    Rpc,
    facts_of,
    open_door,
)
from gateway.interceptors.faults import refusal
from gateway.status import Statuses

LAST = 0.02
"""Seconds in which a stream that has ended may turn out to be one that was cancelled."""


Begins: TypeAlias = Callable[[Rpc], Awaitable[None] | None]
Ends: TypeAlias = Sequence[Callable[[Rpc, BaseException | None], BaseException | None]]

Unread: TypeAlias = Callable[[bytes, Rpc], bytes | None]
"""Gives the answer to a request that need not be read, or None."""


class Chain:
    """Interceptors around a method: each one that has begun ends, the last one first."""

    def __init__(
        self, method: Proceed, interceptors: Sequence[Interceptor], again: Unread | None = None
    ) -> None:
        """Takes the interceptors, the outermost first.

        `again` answers requests that need not be read, if there are such.
        """
        self._method = method
        self._again = again
        self._statuses = Statuses()
        self._ends = ends = tuple(each.end for each in reversed(interceptors))
        outer = range(len(ends), 0, -1)
        self._begins = tuple(
            (each.begin, ends[count:])
            for count, each in zip(outer, interceptors, strict=True)
            if type(each).begin is not Interceptor.begin
        )
        """Each with what is to end where it fails."""
        self._starts = tuple(
            each.start for each in interceptors if type(each).start is not Interceptor.start
        )

    def begin(self, request: bytes, rpc: Rpc) -> End | Awaitable[End]:
        """Begins one RPC, and ends it too where nothing has to be waited for."""
        answer: bytes | None = None
        error: BaseException | None = None
        ends, begins = self._ends, iter(self._begins)
        try:
            for begin, ends in begins:
                if (waiting := begin(rpc)) is not None:
                    return self._go_on(request, rpc, ends, waiting, begins)
            ends = self._ends
            if self._again is not None:
                answer = self._again(request, rpc)
        except Exception as found:  # noqa: BLE001 - raised by `_end`, unless a ring replaces it
            error = found
        else:
            if answer is None:
                return self._go_on(request, rpc, ends)
        return self._end(rpc, answer, error, ends)

    async def _go_on(
        self,
        request: bytes,
        rpc: Rpc,
        begun: Ends,
        waiting: Awaitable[None] | None = None,
        begins: Iterable[tuple[Begins, Ends]] = (),
    ) -> End:
        """Does the rest in a task: what is waited for, what is then to begin, and the method."""
        answer: bytes | None = None
        error: BaseException | None = None
        ends = begun
        try:
            for start in self._starts:
                start(rpc)
            if waiting is not None:
                await waiting
                for begin, ends in begins:  # noqa: B007 - what ends where it fails
                    if (waiting := begin(rpc)) is not None:
                        await waiting
                ends = self._ends
            if rpc.gone:
                raise asyncio.CancelledError  # noqa: TRY301 - so that what has begun ends
            rpc.request = request
            answer = await self._method(request, rpc)
        except BaseException as found:  # noqa: BLE001 - the same
            error = found
        return self._end(rpc, answer, error, ends)

    def _end(self, rpc: Rpc, answer: bytes | None, error: BaseException | None, ends: Ends) -> End:
        for end in ends:
            error = end(rpc, error)
        if error is None:
            return answer or b""
        if isinstance(error, Fault):
            return refusal(rpc, error, self._statuses)
        raise error


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
    door: Callable[[str], Door] = lambda _name: open_door,
) -> Iterator[Endpoint]:
    """An endpoint for each method that a service declares, every one behind the same chain.

    `ExecuteAction` of the proto is `execute_action` of the servicer, and where it may answer what
    it need not read `execute_action_again`.
    `limits`: the largest request by the method's name, `""` for the others. `door`: what is before
    a method, by its full name.
    """
    for method in service.methods:
        limit = limits.get(method.name, limits[""])
        found = _endpoint(method, servicer, interceptors, limit)
        yield replace(found, door=door(found.name))


def _endpoint(
    method: MethodDescriptor, servicer: object, interceptors: Sequence[Interceptor], limit: int
) -> Endpoint:
    spelled = re.sub(r"(?<!^)(?=[A-Z])", "_", method.name).lower()
    end = _ENDS[method.client_streaming, method.server_streaming]
    again = getattr(servicer, f"{spelled}_again", None)
    called = end(getattr(servicer, spelled), GetMessageClass(method.input_type), limit)
    return Endpoint(
        service=method.containing_service.full_name,
        method=method.name,
        incoming=method.client_streaming,
        outgoing=method.server_streaming,
        begin=Chain(called, interceptors, again).begin,
    )


_ENDS: Mapping[tuple[bool, bool], type[Method]] = MappingProxyType(
    {(False, False): Method, (False, True): Answering, (True, False): Receiving}
)
"""By whether a stream comes in, and whether one goes out."""
