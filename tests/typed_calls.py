"""A caller who knows nothing of a typed service but what reflection tells, as grpcurl does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha.reflection_pb2 import (
    ServerReflectionRequest,
    ServerReflectionResponse,
)

from gateway.reflection import METHOD, V1

Metadata = Sequence[tuple[str, str]]

MOST = 16 * 2**20
"""Bytes of an answer of reflection that are taken."""


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What a call came to."""

    messages: tuple[Message, ...]
    before: Mapping[str, str]
    """The initial metadata."""
    after: Mapping[str, str]

    @property
    def data(self) -> Any:
        """The one message, as its JSON."""
        (message,) = self.messages
        return as_data(message)

    @property
    def items(self) -> list[Any]:
        """All messages, as their JSON."""
        return [as_data(each) for each in self.messages]


@dataclass(kw_only=True)
class TypedCaller:
    """Calls typed methods by their full names, with messages as plain data."""

    channel: grpc.aio.Channel
    shown: Metadata = ()
    """What makes the caller known."""
    reflection: str = V1
    _methods: dict[str, MethodDescriptor] = field(default_factory=dict)

    async def ask(self, **question: Any) -> ServerReflectionResponse:
        """One question to reflection, and its answer."""
        stream = self.channel.stream_stream(
            f"/{self.reflection}/{METHOD}",
            ServerReflectionRequest.SerializeToString,
            ServerReflectionResponse.FromString,
        )
        (answer,) = [
            each
            async for each in stream(
                iter([ServerReflectionRequest(**question)]), metadata=tuple(self.shown)
            )
        ]
        return answer

    async def services(self) -> list[str]:
        """The names of all services."""
        answer = await self.ask(list_services="")
        return [each.name for each in answer.list_services_response.service]

    async def typed(self) -> list[str]:
        """The names of those that are of versions."""
        own = ("gateway.v1.", "grpc.")
        return [each for each in await self.services() if not each.startswith(own)]

    async def pool(self, symbol: str) -> DescriptorPool:
        """All that a symbol needs, in a pool; raises KeyError where there is no such symbol."""
        answer = await self.ask(file_containing_symbol=symbol)
        if answer.HasField("error_response"):
            raise KeyError(symbol)
        given = answer.file_descriptor_response.file_descriptor_proto
        files = {each.name: each for each in map(FileDescriptorProto.FromString, given)}
        pool = DescriptorPool()

        def add(name: str) -> None:
            file = files.pop(name, None)
            if file is not None:
                for each in file.dependency:
                    add(each)
                pool.Add(file)

        for name in tuple(files):
            add(name)
        return pool

    async def method(self, name: str) -> MethodDescriptor:
        """A method by its full name, `petstore.v1.PetstoreService/GetPet`, as it was first told."""
        found = self._methods.get(name)
        if found is None:
            service, _, own = name.partition("/")
            pool = await self.pool(service)
            found = self._methods[name] = pool.FindServiceByName(service).methods_by_name[own]
        return found

    async def call(self, name: str, given: Any = None, **more: Any) -> Answered:
        """Calls a method; raises AioRpcError."""
        method = await self.method(name)
        request = ParseDict(given or {}, GetMessageClass(method.input_type)())
        return await self.send(name, method, request, **more)

    async def send(
        self,
        name: str,
        method: MethodDescriptor,
        request: Message,
        *,
        beside: Metadata = (),
        within: float | None = 20.0,
    ) -> Answered:
        """Calls a path as a method that is known, whatever the server has there."""
        shape = "unary_stream" if method.server_streaming else "unary_unary"
        answer = GetMessageClass(method.output_type).FromString
        made: Any = getattr(self.channel, shape)(
            f"/{name}", type(request).SerializeToString, answer
        )
        call = made(request, timeout=within, metadata=(*self.shown, *beside))
        found = [each async for each in call] if method.server_streaming else [await call]
        return Answered(
            messages=tuple(found),
            before=dict(await call.initial_metadata()),
            after=dict(await call.trailing_metadata()),
        )


def as_data(message: Message) -> Any:
    """A message as its JSON, by the names of its fields."""
    return MessageToDict(message, preserving_proto_field_name=True)
