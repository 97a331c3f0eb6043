"""Traces from the outside: what callers send, what is kept of it, and who may ask."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from gateway.v1.gateway_pb2 import ExecuteActionRequest
from gateway.v1.trace_pb2 import GetTraceRequest, ListTracesRequest, Span, Trace
from gateway.v1.trace_pb2_grpc import TraceServiceStub
from tests.doors import Door, a_door, named, operation, refusal
from tests.fakes import HttpBackend, RawBackend, read_request

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
TRACE = PARENT.split("-")[1]
METHOD = "gateway.v1.GatewayService/ExecuteAction"


@pytest.fixture
async def backend() -> AsyncIterator[HttpBackend]:
    async with HttpBackend() as opened:
        yield opened


@pytest.fixture
async def door(tmp_path: Path, backend: HttpBackend) -> AsyncIterator[Door]:
    async with a_door(tmp_path, baggage_keys=("user",)) as opened:
        await opened.publish("shop", operation("get", "/it"), backend.origin)
        yield opened


async def called(door: Door, *metadata: tuple[str, str], action: str = "shop/act") -> str:
    """Calls the action; gives the id of the trace."""
    request = ExecuteActionRequest(name=named(action))
    call = door.gateway.ExecuteAction(request, metadata=metadata)
    said = dict(await call.initial_metadata())
    try:
        await call
    except grpc.aio.AioRpcError:
        return str(said["x-trace-id"])
    return str(said["x-trace-id"])


async def kept(door: Door, trace_id: str) -> Trace:
    trace: Trace = await TraceServiceStub(door.channel).GetTrace(
        GetTraceRequest(name=f"traces/{trace_id}")
    )
    return trace


async def test_g13_a_trace_goes_from_the_caller_through_the_gateway_to_the_backend(
    door: Door, backend: HttpBackend
) -> None:
    sent = (("traceparent", PARENT), ("tracestate", "vendor=1"), ("baggage", "user=me,other=x"))
    trace_id = await called(door, *sent)
    trace = await kept(door, trace_id)

    assert trace_id == TRACE
    first = trace.spans[0]
    assert (first.name, first.kind, first.service) == (METHOD, Span.KIND_SERVER, "portico-gateway")
    assert first.parent_span_id == PARENT.split("-")[2]
    last = trace.spans[-1]
    assert (last.name, last.kind) == ("GET /it", Span.KIND_CLIENT)
    request = backend.requests[-1].decode()
    assert f"traceparent: 00-{TRACE}-{last.span_id}-01\r\n" in request
    assert "tracestate: vendor=1\r\n" in request
    assert "baggage: user=me\r\n" in request
    assert dict(first.attributes) == {
        "rpc.system.name": "grpc",
        "rpc.method": METHOD,
        "rpc.response.status_code": "OK",
        "server.address": "127.0.0.1",
        "portico.connector": "shop",
        "portico.version": "v1",
        "portico.action": "act",
    }
    assert trace.action == "connectors/shop/versions/v1/actions/act"
    assert (trace.title, trace.error_reason, list(trace.missing)) == (METHOD, "", [])
    assert trace.start_time == first.start_time
    assert trace.duration.ToNanoseconds() >= last.duration.ToNanoseconds() > 0


@pytest.mark.parametrize(
    "sent",
    [
        (("traceparent", f"{PARENT}-x"),),
        (("traceparent", "x" * 4096), ("tracestate", "y" * 4096), ("baggage", "z" * 4096)),
    ],
)
async def test_a27_c09_no_call_fails_for_its_context(
    door: Door, backend: HttpBackend, sent: tuple[tuple[str, str], ...]
) -> None:
    trace_id = await called(door, *sent)

    assert trace_id != TRACE
    assert f"traceparent: 00-{trace_id}-" in backend.requests[-1].decode()
    assert b"tracestate" not in backend.requests[-1]


async def test_a_failed_call_says_why_in_the_list_and_in_its_trace(door: Door) -> None:
    wrong = await called(door, action="shop/no")
    right = await called(door)
    service = TraceServiceStub(door.channel)
    listed = await service.ListTraces(ListTracesRequest(filter="error_reason:*"))

    assert [each.name for each in listed.traces] == [f"traces/{wrong}"]
    assert listed.traces[0].error_reason == "ACTION_NOT_FOUND"
    assert not listed.traces[0].spans
    trace = await kept(door, wrong)
    assert trace.spans[0].attributes["rpc.response.status_code"] == "NOT_FOUND"
    assert (await kept(door, right)).error_reason == ""


async def test_traces_are_listed_latest_first_page_by_page(door: Door) -> None:
    made = [await called(door) for _ in range(5)]
    service = TraceServiceStub(door.channel)
    found, token = [], ""
    for _ in range(3):
        request = ListTracesRequest(page_size=2, page_token=token, filter="action:shop")
        page = await service.ListTraces(request)
        found += [each.name.removeprefix("traces/") for each in page.traces]
        token = page.next_page_token

    assert found == made[::-1]
    assert token == ""


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (GetTraceRequest(name=f"traces/{TRACE}"), ("NOT_FOUND", "TRACE_NOT_FOUND")),
        (GetTraceRequest(name="traces/x"), ("INVALID_ARGUMENT", "INVALID_REQUEST")),
        (GetTraceRequest(), ("INVALID_ARGUMENT", "INVALID_REQUEST")),
        (ListTracesRequest(filter="nope=1"), ("INVALID_ARGUMENT", "INVALID_REQUEST")),
        (ListTracesRequest(page_size=-1), ("INVALID_ARGUMENT", "INVALID_REQUEST")),
        (ListTracesRequest(page_token="x"), ("INVALID_ARGUMENT", "INVALID_REQUEST")),
    ],
)
async def test_what_cannot_be_told_is_refused(
    door: Door, request_: Any, said: tuple[str, str]
) -> None:
    service = TraceServiceStub(door.channel)
    method = service.GetTrace if isinstance(request_, GetTraceRequest) else service.ListTraces

    assert (await refusal(method(request_))).said[:2] == said


async def test_a04_a_call_that_its_caller_gives_up_is_kept_as_cancelled(
    door: Door,
) -> None:
    asked = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await read_request(reader)
        asked.set()
        await read_request(reader)

    async with RawBackend(silent) as slow:
        await door.publish("slow", operation("get", "/it"), slow.origin)
        request = ExecuteActionRequest(name=named("slow/act"))
        call = door.gateway.ExecuteAction(request, metadata=(("traceparent", PARENT),))
        task = asyncio.ensure_future(call)
        await asked.wait()
        call.cancel()
        await asyncio.wait((task,))
        async with asyncio.timeout(2):
            await slow.closed.wait()
    trace = await kept(door, TRACE)

    assert trace.error_reason == "CANCELLED"
    assert trace.spans[0].attributes["rpc.response.status_code"] == "CANCELLED"
    assert trace.spans[-1].error_reason == "CANCELLED"
