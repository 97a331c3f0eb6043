"""The types of a service's Python stubs, which protoc's own generator for gRPC leaves out.

They are what mypy-protobuf writes: one class for both kinds of channels, whose type is that of the
channel it is given.
"""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

from facade.model.typed import Method, Streaming, TypedService
from gateway.typed.stubs import packages

HEAD: Final = """\
# Made by Portico of an OpenAPI document; changes belong there.
import typing as _typing
from collections import abc as _abc

import grpc as _grpc
from grpc import aio as _aio

from {package} import {module} as _pb2

class {service}Stub:
    @_typing.overload
    def __new__(cls, channel: _grpc.Channel) -> {service}Stub: ...
    @_typing.overload
    def __new__(cls, channel: _aio.Channel) -> {service}AsyncStub: ...
"""
ASYNC: Final = """
@_typing.type_check_only
class {service}AsyncStub({service}Stub):
    def __init__(self, channel: _aio.Channel) -> None: ...
"""
SERVICER: Final = """
class {service}Servicer:
"""
TAIL: Final = """
def add_{service}Servicer_to_server(
    servicer: {service}Servicer, server: _grpc.Server | _aio.Server
) -> None: ...
"""


def stub_types(service: TypedService, file: str) -> tuple[str, bytes]:
    """The path and the text of the types of a .proto file's stubs."""
    package, module = packages(file)[1], f"{PurePosixPath(file).stem}_pb2"
    words = {"package": package, "module": module, "service": service.name}
    parts = (
        HEAD.format(**words),
        *_calls(service, "_grpc"),
        ASYNC.format(**words),
        *(f"{each}  # type: ignore[assignment]" for each in _calls(service, "_aio")),
        SERVICER.format(**words),
        *_served(service),
        TAIL.format(**words),
    )
    text = "".join(f"{each.rstrip()}\n" for each in parts)
    return f"{package.replace('.', '/')}/{module}_grpc.pyi", text.encode()


def _calls(service: TypedService, kind: str) -> Iterator[str]:
    for method in service.methods:
        shape = "UnaryUnary" if method.streaming is Streaming.NONE else "UnaryStream"
        asked, answered = _messages(service, method)
        yield f"    {method.name}: {kind}.{shape}MultiCallable[{asked}, {answered}]"


def _served(service: TypedService) -> Iterator[str]:
    for method in service.methods:
        asked, answered = _messages(service, method)
        many = method.streaming is not Streaming.NONE
        some = f"_abc.Iterator[{answered}] | _abc.AsyncIterator[{answered}]"
        one = f"{answered} | _abc.Awaitable[{answered}]"
        given = f"self, request: {asked}, context: _typing.Any"
        yield f"    def {method.name}({given}) -> {some if many else one}: ..."
    if not service.methods:
        yield "    ..."


def _messages(service: TypedService, method: Method) -> tuple[str, str]:
    names = (service.messages[each].name for each in (method.request, method.response))
    asked, answered = (f"_pb2.{each}" for each in names)
    return asked, answered
