import asyncio
import json
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import pytest

from facade.errors.backend import BackendNotFound
from facade.errors.caller import InvalidParameters
from facade.errors.fault import Details, Violation
from facade.errors.service import DeadlineExceeded
from facade.model.call import Call, Exchange, Outcome, Reply
from gateway.v1.gateway_pb2 import (
    CreateVersion,
    ExecuteActionRequest,
    ManageVersionsRequest,
    VersionChange,
)
from gateway.v1.gateway_pb2_grpc import GatewayServiceStub
from gateway.v1.version_pb2 import ConnectorVersion
from tests.carriers import carried
from tests.gateways import NOTHING, Engine, Gateway, a_gateway, failure, told

NAME = "connectors/pets/versions/live/actions/getPetById"
EXECUTE = "/gateway.v1.GatewayService/ExecuteAction"


def request(**fields: Any) -> ExecuteActionRequest:
    return ExecuteActionRequest(**{"name": NAME, "parameters_json": "{}", **fields})


def raw_call(
    channel: grpc.aio.Channel, path: str
) -> Callable[[bytes], "grpc.aio.UnaryUnaryCall[bytes, bytes]"]:
    """A method that takes and gives bytes."""
    call: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(path)
    return call


async def test_a_call_goes_through_with_its_trace_and_status_before_the_answer(
    tmp_path: Path,
) -> None:
    reply = Reply(status=201, headers=(), body=b"")
    exchange = Exchange(method="GET", uri="u", request_headers=(), reply=reply)

    async def act(_: Call) -> Outcome:
        return Outcome(json=b' {"id": 9007199254740993}', exchange=exchange)

    engine = Engine(act)
    async with (
        a_gateway(tmp_path, engine) as served,
        grpc.aio.insecure_channel(served.address) as channel,
    ):
        call = GatewayServiceStub(channel).ExecuteAction(
            request(),
            metadata=(("traceparent", f"00-{'ab' * 16}-{'cd' * 8}-01"),),
        )
        metadata = dict(await call.initial_metadata())
        assert (await call).json == ' {"id": 9007199254740993}'
    assert metadata["x-trace-id"] == "ab" * 16
    assert metadata["x-http-status"] == "201"
    assert engine.calls[0].trace_id == "ab" * 16


async def test_a_fault_has_its_code_its_details_and_its_metadata(tmp_path: Path) -> None:
    async def act(_: Call) -> Outcome:
        raise BackendNotFound("no pet 7", details=Details(facts={"httpStatus": "404"}))

    async with (
        a_gateway(tmp_path, Engine(act)) as served,
        grpc.aio.insecure_channel(served.address) as channel,
    ):
        error = await failure(GatewayServiceStub(channel).ExecuteAction(request()))
    assert (error.code(), error.details()) == (grpc.StatusCode.NOT_FOUND, "no pet 7")
    info, _ = told(error)
    assert (info.reason, info.domain) == ("BACKEND_NOT_FOUND", "backend")
    metadata = dict(error.initial_metadata())
    assert metadata["x-http-status"] == info.metadata["httpStatus"] == "404"
    assert metadata["x-trace-id"] == info.metadata["traceId"]
    assert len(info.metadata["traceId"]) == 32


async def test_what_is_wrong_is_told_by_field(gateway: Gateway, channel: grpc.aio.Channel) -> None:
    error = await failure(
        GatewayServiceStub(channel).ExecuteAction(request(parameters_json='{"a":NaN,"b":Infinity}'))
    )
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    _, bad = told(error)
    assert [each.field for each in bad.field_violations] == ["/a", "/b"]
    assert not gateway.engine.calls


async def test_a01_without_a_deadline_the_call_has_none_of_its_own(
    gateway: Gateway, channel: grpc.aio.Channel
) -> None:
    await GatewayServiceStub(channel).ExecuteAction(request())
    assert gateway.engine.calls[0].deadline is None


async def test_a02_a_call_whose_deadline_passes_before_it_begins_reaches_no_engine(
    gateway: Gateway,
) -> None:
    def ask() -> grpc.StatusCode:
        with grpc.insecure_channel(gateway.address) as channel:
            try:
                GatewayServiceStub(channel).ExecuteAction(request(), timeout=0.15)
            except grpc.RpcError as error:
                code: grpc.StatusCode = error.code()
                return code
        return grpc.StatusCode.OK

    asked = asyncio.ensure_future(asyncio.to_thread(ask))
    await asyncio.sleep(0)
    time.sleep(0.4)  # noqa: ASYNC251 - the server is to be late
    assert await asked is grpc.StatusCode.DEADLINE_EXCEEDED
    await asyncio.sleep(0.05)
    assert not gateway.engine.calls


async def test_a02_the_deadline_of_the_call_is_what_is_left_of_the_callers(
    gateway: Gateway, channel: grpc.aio.Channel
) -> None:
    await GatewayServiceStub(channel).ExecuteAction(request(), timeout=5)
    deadline = gateway.engine.calls[0].deadline
    assert deadline is not None
    assert 4 < deadline <= 5


async def test_a03_a_deadline_of_ten_years_is_300_seconds(
    gateway: Gateway, channel: grpc.aio.Channel
) -> None:
    await GatewayServiceStub(channel).ExecuteAction(request(), timeout=10 * 365 * 86_400)
    assert gateway.engine.calls[0].deadline == 300.0


async def test_a04_a_caller_who_cancels_cancels_the_engine(tmp_path: Path) -> None:
    began, ended = asyncio.Event(), asyncio.Event()

    async def act(_: Call) -> Outcome:
        began.set()
        try:
            await asyncio.sleep(20)
        finally:
            ended.set()
        raise AssertionError

    async with (
        a_gateway(tmp_path, Engine(act)) as served,
        grpc.aio.insecure_channel(served.address) as channel,
    ):
        call = GatewayServiceStub(channel).ExecuteAction(request())
        task = asyncio.ensure_future(call)
        await asyncio.wait_for(began.wait(), 5)
        call.cancel()
        await asyncio.wait_for(ended.wait(), 1)
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_a06_a_request_beyond_its_limit_is_refused_before_it_is_read(tmp_path: Path) -> None:
    engine = Engine()
    async with (
        a_gateway(tmp_path, engine, max_request_bytes=100_000) as served,
        grpc.aio.insecure_channel(served.address) as channel,
    ):
        raw = raw_call(channel, EXECUTE)
        error = await failure(raw(b"\xff" * 100_001))
        assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        info, _ = told(error)
        assert (info.reason, info.metadata["outcome"]) == ("REQUEST_TOO_LARGE", "NOT_EXECUTED")
        assert "100000" in str(error.details())
        stub = GatewayServiceStub(channel)
        await stub.ExecuteAction(request(parameters_json=json.dumps({"a": "x" * 90_000})))
        big = ConnectorVersion(spec_text="x" * 200_000)
        create = VersionChange(create=CreateVersion(version_id="v1", version=big))
        error = await failure(
            stub.ManageVersions(ManageVersionsRequest(parent="connectors/x", changes=[create]))
        )
        assert told(error)[0].reason == "INVALID_SPEC"
    assert len(engine.calls) == 1


@pytest.mark.parametrize(
    "data", [b"\xff\xff", b"\x0a\x05abc", b"\x0a\x02\xff\xfe", b"\x12" + b"\x0a\x04\x0a\x02" * 99]
)
async def test_a07_bytes_that_are_no_request_are_the_callers_fault(
    channel: grpc.aio.Channel, data: bytes
) -> None:
    error = await failure(raw_call(channel, EXECUTE)(data))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert told(error)[0].reason == "INVALID_REQUEST"


async def test_a07_a_struct_nested_without_end_is_the_callers_fault(
    channel: grpc.aio.Channel,
) -> None:
    data = b""
    for _ in range(10_000):
        data = b"\x32" + varint(len(data)) + data  # Value.list_value
        data = b"\x0a" + varint(len(data)) + data  # ListValue.values
    member = b"\x0a\x01a\x12" + varint(len(data)) + data
    struct = b"\x0a" + varint(len(member)) + member
    error = await failure(raw_call(channel, EXECUTE)(b"\x12" + varint(len(struct)) + struct))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert told(error)[0].reason == "INVALID_REQUEST"


def varint(number: int) -> bytes:
    data = b""
    while number > 127:
        data += bytes([number & 127 | 128])
        number >>= 7
    return data + bytes([number])


@pytest.mark.parametrize(
    "path",
    [
        "/gateway.v1.GatewayService/Nothing",
        "/gateway.v1.GatewayService/executeaction",
        "/no.Service/Method",
        "//gateway.v1.GatewayService/ExecuteAction",
        "/gateway.v1.GatewayService%2FExecuteAction",
    ],
)
async def test_a08_an_unknown_method_is_unimplemented(channel: grpc.aio.Channel, path: str) -> None:
    error = await failure(raw_call(channel, path)(b""))
    assert error.code() is grpc.StatusCode.UNIMPLEMENTED


@pytest.mark.parametrize(
    "metadata",
    [
        (("traceparent", "nonsense"),),
        (("traceparent", "00-" + "0" * 32 + "-" + "0" * 16 + "-01"),),
        (("traceparent", "00-" + "a" * 5000 + "-b-01"),),
        (("traceparent", f"00-{'ab' * 16}-{'cd' * 8}-01"), ("tracestate", "a=" + "x" * 9000)),
        (("baggage", "a=" + "x" * 9000),),
    ],
)
async def test_a27_hostile_trace_context_does_a_call_no_harm(
    gateway: Gateway,
    channel: grpc.aio.Channel,
    metadata: tuple[tuple[str, str], ...],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    call = GatewayServiceStub(channel).ExecuteAction(request(), metadata=metadata)
    trace_id = dict(await call.initial_metadata())["x-trace-id"]
    await call
    assert len(trace_id) == 32
    assert int(trace_id, 16)
    assert gateway.engine.calls[0].trace_id == trace_id
    assert all(len(each.getMessage()) <= 300 for each in caplog.records)


async def test_a11_metadata_beyond_16_kib_is_refused(
    gateway: Gateway, channel: grpc.aio.Channel
) -> None:
    error = await failure(
        GatewayServiceStub(channel).ExecuteAction(request(), metadata=(("x", "y" * 17_000),))
    )
    native = carried({})["engine"] == "native"  # it says so in HTTP: 431
    refused = grpc.StatusCode.UNKNOWN if native else grpc.StatusCode.RESOURCE_EXHAUSTED
    assert error.code() is refused
    assert not gateway.engine.calls


async def test_a29_a_bug_of_ours_tells_its_error_id_and_nothing_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def act(_: Call) -> Outcome:
        raise KeyError("secret")

    async with (
        a_gateway(tmp_path, Engine(act)) as served,
        grpc.aio.insecure_channel(served.address) as channel,
    ):
        error = await failure(GatewayServiceStub(channel).ExecuteAction(request()))
    assert error.code() is grpc.StatusCode.INTERNAL
    info, _ = told(error)
    assert (info.reason, info.metadata["outcome"]) == ("INTERNAL_ERROR", "UNKNOWN")
    error_id = info.metadata["errorId"]
    assert error.details() == f"A bug of ours. Error id: {error_id}"
    assert "secret" not in str(error.trailing_metadata())
    (record,) = (each for each in caplog.records if each.name == "portico.faults")
    assert error_id in record.getMessage()
    assert record.exc_info


async def test_a29_an_answer_that_cannot_be_written_is_a_bug_of_ours_too(tmp_path: Path) -> None:
    async def act(_: Call) -> Outcome:
        return Outcome(body=b"", content_type="\ud800", exchange=NOTHING)

    async with (
        a_gateway(tmp_path, Engine(act)) as served,
        grpc.aio.insecure_channel(served.address) as channel,
    ):
        error = await failure(GatewayServiceStub(channel).ExecuteAction(request()))
    assert told(error)[0].reason == "INTERNAL_ERROR"


@pytest.mark.parametrize("text", ["a\r\nb\0c", "☃" * 2000, "x" * 1_000_000, "🎉" * 300])
async def test_a30_whatever_a_fault_says_the_code_and_the_details_arrive(
    tmp_path: Path, text: str
) -> None:
    async def act(_: Call) -> Outcome:
        violations = tuple(Violation(field=f"/{n}", description=text) for n in range(50))
        raise InvalidParameters(text, details=Details(violations=violations, excerpt=text))

    async with (
        a_gateway(tmp_path, Engine(act)) as served,
        grpc.aio.insecure_channel(served.address) as channel,
    ):
        error = await failure(GatewayServiceStub(channel).ExecuteAction(request()))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert told(error)[0].reason == "INVALID_PARAMETERS"


async def test_each_rpc_has_one_line_in_the_log_without_its_arguments(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def act(call: Call) -> Outcome:
        if "fail" in call.arguments:
            raise DeadlineExceeded("late")
        return Outcome(json=b"{}", exchange=NOTHING)

    caplog.set_level(logging.INFO)
    async with (
        a_gateway(tmp_path, Engine(act)) as served,
        grpc.aio.insecure_channel(served.address) as channel,
    ):
        stub = GatewayServiceStub(channel)
        await stub.ExecuteAction(request(parameters_json='{"word":"hush"}'))
        await failure(stub.ExecuteAction(request(parameters_json='{"fail":1}')))
    lines = [each for each in caplog.records if each.name == "portico.access"]
    assert [(each.rpc["code"], each.rpc["reason"]) for each in lines] == [  # type: ignore[attr-defined] # extra
        ("OK", ""),
        ("DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED"),
    ]
    assert "gateway.v1.GatewayService/ExecuteAction OK" in lines[0].getMessage()
    assert "127.0.0.1" in lines[0].getMessage()
    assert "hush" not in caplog.text
