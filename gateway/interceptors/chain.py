"""The chain that every RPC goes through, from bytes to bytes."""

import asyncio
import re
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import aclosing
from dataclasses import replace
from operator import length_hint
from types import MappingProxyType
from typing import Any, TypeAlias

from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

from facade.errors.caller import InvalidRequest, RequestTooLarge
from facade.errors.fault import Fault
from facade.model.access import ANYONE
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


Check: TypeAlias = Callable[[Message, Rpc], None]
"""Raises CallerForbidden where the caller of an RPC may not have it with that request."""


def allowed(_request: Message, _rpc: Rpc) -> None:
    """Lets every request pass."""


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
        self._ends = _ends(interceptors)
        beginning = [
            (each.begin, _ends(interceptors[:outer]))
            for outer, each in enumerate(interceptors)
            if type(each).begin is not Interceptor.begin
        ]
        self._begins = tuple(begin for begin, _ in beginning)
        self._before = tuple(ends for _, ends in reversed(beginning))
        """What is to end where a beginning fails, by how many are to follow it."""
        self._starts = tuple(
            each.start for each in interceptors if type(each).start is not Interceptor.start
        )

    def begin(self, request: bytes, rpc: Rpc) -> End | Awaitable[End]:
        """Begins one RPC, and ends it too where nothing has to be waited for."""
        begins = iter(self._begins)
        try:
            for begin in begins:
                if (waiting := begin(rpc)) is not None:
                    return self._go_on(request, rpc, begins, waiting)
        except Exception as found:  # noqa: BLE001 - raised by `_end`, unless a ring replaces it
            return self._end(rpc, None, found, self._begun(begins))
        try:
            answer = None if self._again is None else self._again(request, rpc)
        except Exception as found:  # noqa: BLE001 - raised by `_end`, as what a ring raises
            return self._end(rpc, None, found, self._ends)
        if answer is None:
            return self._go_on(request, rpc, begins)
        return self._end(rpc, answer, None, self._ends)

    async def _go_on(
        self,
        request: bytes,
        rpc: Rpc,
        begins: Iterator[Begins],
        waiting: Awaitable[None] | None = None,
    ) -> End:
        """Does the rest in a task: what is waited for, what is then to begin, and the method."""
        answer: bytes | None = None
        error: BaseException | None = None
        ends = self._ends if waiting is None else self._begun(begins)
        try:
            for start in self._starts:
                start(rpc)
            if waiting is not None:
                await waiting
                for begin in begins:
                    ends = self._begun(begins)
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

    def _begun(self, begins: Iterator[Begins]) -> Ends:
        """What is to end where the last one fails that was taken of all beginnings."""
        return self._before[length_hint(begins)]

    def _end(self, rpc: Rpc, answer: bytes | None, error: BaseException | None, ends: Ends) -> End:
        for end in ends:
            error = end(rpc, error)
        if error is None:
            return answer or b""
        if isinstance(error, Fault):
            return refusal(rpc, error, self._statuses)
        raise error


def _ends(begun: Sequence[Interceptor]) -> Ends:
    """What is to be called where those have begun, the last one first."""
    found = (each for each in reversed(begun) if type(each).end is not Interceptor.end)
    return tuple(each.end for each in found)


class Method:
    """The end of the chain: a method of a service, with its messages read and written here.

    So a message that is too large or no protobuf is a fault of the caller like any other; an
    engine would call it a bug of ours.
    """

    def __init__(
        self,
        call: Callable[[Any, Rpc], Any],
        kind: type[Message],
        limit: int,
        check: Check = allowed,
    ) -> None:
        """Takes the method, the class of its requests, and their largest size in bytes.

        `check` raises where the caller may not call it with a request.
        """
        self._call = call
        self._kind = kind
        self._limit = limit
        self._check = check

    async def __call__(self, request: bytes, rpc: Rpc) -> bytes:
        """Answers one request."""
        message = self._read(request, rpc)
        try:
            if rpc.identity is not ANYONE:
                self._check(message, rpc)
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
        rpc.streamed = True
        message = self._read(request, rpc)
        try:
            if rpc.identity is not ANYONE:
                self._check(message, rpc)
            answers: AsyncGenerator[Message | bytes, None] = self._call(message, rpc)
            async with aclosing(answers):
                async for answer in answers:
                    await rpc.send(written(answer))
        except Fault as fault:
            fault.add(facts_of(message))
            raise
        return b""


class Receiving(Method):
    """A method that takes a stream; each message is read when the method asks for it.

    The first one says what it is about.
    """

    async def __call__(self, _request: bytes, rpc: Rpc) -> bytes:
        """Answers once."""
        answer: Message | bytes = await self._call(self._messages(rpc), rpc)
        return written(answer)

    async def _messages(self, rpc: Rpc) -> AsyncIterator[Message]:
        if rpc.requests is not None:
            first = True
            async for each in rpc.requests:
                message = self._read(each, rpc)
                if first and rpc.identity is not ANYONE:
                    self._check(message, rpc)
                first = False
                yield message
            # gRPC ends the stream of a caller who has gone as that of one who is done, and cancels
            # the RPC right after that: what broke off must not be taken for whole.
            await asyncio.sleep(LAST)


def written(answer: Message | bytes) -> bytes:
    """An answer in its wire form, in which methods may give it at once."""
    return answer if isinstance(answer, bytes) else answer.SerializeToString()


def endpoints(
    service: ServiceDescriptor,
    servicer: object,
    interceptors: Callable[[MethodDescriptor], Sequence[Interceptor]],
    limits: Mapping[str, int],
    door: Callable[[str], Door] = lambda _name: open_door,
    check: Callable[[MethodDescriptor], Check] = lambda _method: allowed,
) -> Iterator[Endpoint]:
    """An endpoint for each method that a service declares, every one behind its chain.

    `ExecuteAction` of the proto is `execute_action` of the servicer, and where it may answer what
    it need not read `execute_action_again`.
    `limits`: the largest request by the method's name, `""` for the others. `door`: what is before
    a method, by its full name; `check`: what says who may have it.
    """
    for method in service.methods:
        limit = limits.get(method.name, limits[""])
        found = _endpoint(method, servicer, interceptors(method), limit, check(method))
        yield replace(found, door=door(found.name))


def _endpoint(
    method: MethodDescriptor,
    servicer: object,
    interceptors: Sequence[Interceptor],
    limit: int,
    check: Check,
) -> Endpoint:
    spelled = re.sub(r"(?<!^)(?=[A-Z])", "_", method.name).lower()
    end = _ENDS[method.client_streaming, method.server_streaming]
    again = getattr(servicer, f"{spelled}_again", None)
    called = end(getattr(servicer, spelled), GetMessageClass(method.input_type), limit, check)
    return Endpoint(
        service=method.containing_service.full_name,
        method=method.name,
        incoming=method.client_streaming,
        begin=Chain(called, interceptors, again).begin,
    )


_ENDS: Mapping[tuple[bool, bool], type[Method]] = MappingProxyType(
    {(False, False): Method, (False, True): Answering, (True, False): Receiving}
)
"""By whether a stream comes in, and whether one goes out."""
