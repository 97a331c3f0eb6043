"""The chain that every RPC goes through, from bytes to bytes, whatever engine carries it."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol, TypeAlias

import grpc
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass
from grpc.aio import ServicerContext

from facade.errors.caller import InvalidRequest, RequestTooLarge
from facade.errors.fault import Fault


@dataclass(slots=True, kw_only=True)
class Rpc:
    """One RPC under way: what its interceptors and its method learn of it, and tell of it."""

    method: str
    """`gateway.v1.GatewayService/ExecuteAction`."""
    context: ServicerContext[Any, Any]
    trace_id: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    """What goes before the answer, good or bad; empty values do not go."""

    async def announce(self) -> None:
        """Sends the initial metadata; once, and before anything else is sent."""
        found = tuple((key, value) for key, value in self.metadata.items() if value)
        await self.context.send_initial_metadata(found)


Proceed: TypeAlias = Callable[[bytes, Rpc], Awaitable[bytes]]
"""The rest of the chain: takes the request as it came, gives the answer as it goes."""


class Interceptor(Protocol):
    """One ring of the chain."""

    async def __call__(self, proceed: Proceed, request: bytes, rpc: Rpc) -> bytes:
        """Does its part around `await proceed(request, rpc)`."""


class Method:
    """The end of the chain: a method of a service, with its messages read and written here.

    So a message that is too large or no protobuf is a fault of the caller like any other; an
    engine would call it a bug of ours.
    """

    def __init__(
        self, call: Callable[[Any, Rpc], Awaitable[Message]], kind: type[Message], limit: int
    ) -> None:
        """Takes the method, the class of its requests, and their largest size in bytes."""
        self._call = call
        self._kind = kind
        self._limit = limit

    async def __call__(self, request: bytes, rpc: Rpc) -> bytes:
        """Answers one request."""
        if len(request) > self._limit:
            raise RequestTooLarge(
                f"The request has {len(request)} bytes; {rpc.method} takes {self._limit}."
            )
        try:
            message = self._kind.FromString(request)
        except DecodeError:
            raise InvalidRequest(
                f"The request is no {self._kind.DESCRIPTOR.full_name}, or nested too deep."
            ) from None
        try:
            answer = await self._call(message, rpc)
        except Fault as fault:
            fault.add(facts_of(message))
            raise
        return answer.SerializeToString()


def facts_of(request: Any) -> dict[str, str]:
    """What a request's name says of whom it is about, for the faults that do not say it better."""
    name = getattr(request, "name", "") or getattr(request, "parent", "")
    return dict(zip(("connector", "version", "action"), name.split("/", 5)[1::2], strict=False))


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
    proceed: Proceed = Method(getattr(servicer, spelled), kind, limit)
    for interceptor in reversed(interceptors):
        proceed = partial(interceptor, proceed)

    async def answer(request: bytes, context: ServicerContext[bytes, bytes]) -> bytes:
        return await proceed(request, Rpc(method=name, context=context))

    return grpc.unary_unary_rpc_method_handler(answer)
