"""Streams go through the same chain as any call: faults, trace, access log, drain."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from facade.errors.backend import BackendUnavailable
from facade.model.call import Call, Outcome
from facade.model.stream import Element, Item, Opening, StreamedBody, Wanted
from gateway.v1.gateway_pb2 import ExecuteActionRequest
from gateway.v1.stream_pb2 import StreamActionRequest, UploadActionRequest, UploadHead
from gateway.v1.stream_pb2_grpc import StreamServiceStub
from tests.gateways import NOTHING, Engine, Gateway, a_gateway, failure, told

NAME = "connectors/pets/versions/live/actions/"


class Streams(Engine):
    """An engine whose streams end as the action's name says."""

    def __init__(self) -> None:
        super().__init__()
        self.closed = asyncio.Event()

    async def stream(self, call: Call, _wanted: Wanted) -> AsyncGenerator[Opening | Item, None]:
        try:
            yield Opening(exchange=NOTHING)
            yield Element(json=b"1")
            match call.name.action:
                case "bug":
                    raise ZeroDivisionError
                case "cut":
                    raise BackendUnavailable("cut off")
                case "hang":
                    await asyncio.sleep(20)
        finally:
            self.closed.set()

    async def execute(self, _call: Call, content: StreamedBody | None = None) -> Outcome:
        assert content is not None
        size = sum([len(each) async for each in content.chunks])
        return Outcome(json=b"%d" % size, exchange=NOTHING)


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    async with a_gateway(tmp_path, Streams(), drain_grace=0.6) as served:
        yield served


@pytest.fixture
async def stub(gateway: Gateway) -> AsyncIterator[Any]:
    async with grpc.aio.insecure_channel(gateway.address) as opened:
        yield StreamServiceStub(opened)


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [each.rpc["code"] for each in caplog.records if hasattr(each, "rpc")]


async def read(call: Any) -> list[str]:
    found = []
    while (each := await call.read()) is not grpc.aio.EOF:
        found.append(each.WhichOneof("message"))
    return found


@pytest.mark.parametrize(
    ("action", "code", "reason"),
    [("cut", "UNAVAILABLE", "BACKEND_UNAVAILABLE"), ("bug", "INTERNAL", "INTERNAL_ERROR")],
)
async def test_a_fault_in_a_stream_is_its_status_behind_the_items(
    stub: Any, caplog: pytest.LogCaptureFixture, action: str, code: str, reason: str
) -> None:
    caplog.set_level(logging.INFO, "portico.access")
    call = stub.StreamAction(StreamActionRequest(name=NAME + action))
    metadata = dict(await call.initial_metadata())
    assert (await call.read()).HasField("head")
    assert (await call.read()).value.number_value == 1
    error = await failure(read(call))
    info, _ = told(error)
    assert (error.code().name, info.reason) == (code, reason)
    assert info.metadata["traceId"] == metadata["x-trace-id"]
    assert lines(caplog) == [code]
    assert not [each for each in caplog.records if "ZeroDivision" in (error.details() or "")]


async def test_a_stream_has_one_line_in_the_log_at_its_end(
    stub: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "portico.access")
    assert await read(stub.StreamAction(StreamActionRequest(name=NAME + "fine"))) == [
        "head",
        "value",
    ]
    assert lines(caplog) == ["OK"]


async def test_a_cancelled_stream_is_closed_and_logged_as_such(
    stub: Any, gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "portico.access")
    call = stub.StreamAction(StreamActionRequest(name=NAME + "hang"))
    await call.read()
    call.cancel()
    assert isinstance(gateway.engine, Streams)
    await asyncio.wait_for(gateway.engine.closed.wait(), 1)
    await asyncio.sleep(0)
    assert lines(caplog) == ["CANCELLED"]


async def test_m12_a_stream_that_outlives_the_grace_is_told_so(stub: Any, gateway: Gateway) -> None:
    call = stub.StreamAction(StreamActionRequest(name=NAME + "hang"))
    await call.read()
    await call.read()
    drain = asyncio.ensure_future(gateway.server.drain())
    error = await failure(read(call))
    assert told(error)[0].reason == "OVERLOADED"
    await drain


async def test_a_message_of_a_stream_that_is_none_is_refused(gateway: Gateway) -> None:
    async with grpc.aio.insecure_channel(gateway.address) as channel:
        stream: Any = channel.unary_stream("/gateway.v1.StreamService/StreamAction")
        error = await failure(read(stream(b"\xff")))
        assert told(error)[0].reason == "INVALID_REQUEST"
        upload: Any = channel.stream_unary("/gateway.v1.StreamService/UploadAction")
        error = await failure(upload(iter([b"\xff"])))
        assert told(error)[0].reason == "INVALID_REQUEST"


async def test_an_upload_reaches_the_engine_message_by_message(stub: Any) -> None:
    head = UploadHead(call=ExecuteActionRequest(name=NAME + "put", parameters_json="{}"))
    parts = [UploadActionRequest(head=head)]
    parts += [UploadActionRequest(chunk=bytes(2**20)) for _ in range(12)]
    answer = await stub.UploadAction(iter(parts))
    assert answer.json == str(12 * 2**20)
