"""Calls of StreamAction, and backends that say a stream piece by piece."""

from collections.abc import Iterator
from typing import Any

import grpc
from google.protobuf.json_format import MessageToDict
from grpc_status import rpc_status

from gateway.v1 import stream_pb2 as pb
from gateway.v1.stream_pb2_grpc import StreamServiceStub
from tests.doors import Door, Refusal, document, named, read_status
from tests.fakes import RawBackend


def an_operation(name: str, *types: str, **media: Any) -> dict[str, Any]:
    content = dict.fromkeys(types, media)
    return {"operationId": name, "responses": {"200": {"description": "", "content": content}}}


SPEC = document(
    {
        "/it": {"get": an_operation("getIt", "application/json", "text/event-stream")},
        "/lines": {"get": an_operation("getLines", "application/x-ndjson")},
        "/log": {"get": an_operation("getLog", "application/x-log", itemSchema={})},
        "/any": {"get": an_operation("getAny"), "post": an_operation("postAny")},
    }
)


class Streams:
    """The connector of one backend, and calls of its actions."""

    def __init__(self, door: Door, name: str) -> None:
        self._stub: Any = StreamServiceStub(door.channel)
        self._name = name

    def call(self, action: str = "getIt", within: float | None = 5, **fields: Any) -> Any:
        given = {"parameters_json": "{}"} | fields
        if "parameters" in fields:
            del given["parameters_json"]
        request = pb.StreamActionRequest(name=named(f"{self._name}/{action}"), **given)
        return self._stub.StreamAction(request, timeout=within)

    async def items(self, action: str = "getIt", **fields: Any) -> list[dict[str, Any]]:
        """All messages; the head is the first of them."""
        items, refusal = await self.until(action, **fields)
        assert refusal is None, refusal
        return items

    async def until(
        self, action: str = "getIt", **fields: Any
    ) -> tuple[list[dict[str, Any]], Refusal | None]:
        """The messages before the end, and what it was."""
        found: list[dict[str, Any]] = []
        call = self.call(action, **fields)
        error: grpc.aio.AioRpcError | None = None
        try:
            while (each := await call.read()) is not grpc.aio.EOF:
                found.append(MessageToDict(each, preserving_proto_field_name=True))
        except grpc.aio.AioRpcError as caught:
            error = caught
        status = rpc_status.from_call(error) if error else None
        assert (status is None) == (error is None), error
        return found, read_status(status) if status else None


async def streams(door: Door, names: Iterator[str], backend: RawBackend, **fields: Any) -> Streams:
    name = next(names)
    await door.publish(name, SPEC, backend.origin, **fields)
    return Streams(door, name)


def head(content_type: str, *fields: str) -> bytes:
    lines = ["HTTP/1.1 200 OK", f"Content-Type: {content_type}", *fields]
    return "".join(f"{line}\r\n" for line in lines).encode() + b"\r\n"


def chunked(*pieces: bytes) -> list[bytes]:
    """The pieces in chunked coding, with their end."""
    return [*(b"%x\r\n%b\r\n" % (len(each), each) for each in pieces), b"0\r\n\r\n"]


CHUNKED = "Transfer-Encoding: chunked"
EVENTS = head("text/event-stream", CHUNKED)
