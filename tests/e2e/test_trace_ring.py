"""A trace over every hop without a receiver: as it is kept, and shown by every face."""

import re
import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc.aio
import httpx
import pytest
import pytest_asyncio

from gateway.v1.catalog_pb2 import ListConnectorsRequest
from gateway.v1.trace_pb2 import GetTraceRequest, Span
from gateway.v1.trace_pb2_grpc import TraceServiceStub
from tests.chains import FLAKY, PET, Chain, a_chain
from tests.hops import lines
from tests.processes import facade_up, portico_up, stop
from tests.receivers import Kept
from tests.servers import RedisServer, free_port

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(90)]


@pytest.fixture(scope="module")
def port() -> int:
    """Of the gateway's HTTP face."""
    return free_port()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def untold(
    tmp_path_factory: pytest.TempPathFactory, redis_server: RedisServer, port: int
) -> AsyncIterator[Chain]:
    """Without a receiver."""
    http = ("--http", f"127.0.0.1:{port}")
    folder = tmp_path_factory.mktemp("untold")
    nothing = Kept(folder / "told")
    async with a_chain(folder, redis_server, nothing, of_gateway=http) as opened:
        yield opened


STEPS = """
    gateway.v1.GatewayService/ExecuteAction gateway OK
    validation gateway
    GET /pets/{petId} gateway 200
    GET /connectors/plain/versions/v1/pets/{petId} facade 200
    validation facade
    GET /pets/{petId} facade 503 BACKEND_UNAVAILABLE
    GET /pets/{petId} facade 200 (attempt 2)
"""


async def test_without_a_receiver_the_command_shows_the_hops_of_both(untold: Chain) -> None:
    called = await untold.call("plain/getPet", FLAKY, flags="00")
    shown = await untold.gateway.portico("trace", called.trace_id)
    assert (shown.status, shown.err) == (0, "")
    head, *rows, total = shown.text.splitlines()

    assert head.startswith(f"{called.trace_id}  plain@v1/getPet  ")
    steps = [re.sub(r"^ *=+ +[\d.]+ ms +", "", each) for each in rows]
    words = [" ".join(re.sub(r"\[.*\]", "", each).split()) for each in steps]
    assert words == lines(STEPS)
    assert re.fullmatch(
        r"total [\d.]+ ms: gateway [\d.]+, facade [\d.]+, between [\d.]+, backend [\d.]+", total
    )


async def test_without_a_receiver_the_trace_is_told_by_rpc(untold: Chain) -> None:
    called = await untold.call("plain/getPet", PET, flags=None)
    async with grpc.aio.insecure_channel(untold.gateway.address) as channel:
        stub: Any = TraceServiceStub(channel)
        trace = await stub.GetTrace(GetTraceRequest(name=f"traces/{called.trace_id}"))

    first, validation, hop, server, *others = trace.spans
    assert not trace.missing
    assert {each.service for each in (first, validation, hop)} == {"portico-gateway"}
    assert {each.service for each in (server, *others)} == {"portico-facade"}
    assert [each.parent_span_id for each in (first, validation, hop, server, *others)] == [
        "",
        *[first.span_id] * 2,
        hop.span_id,
        *[server.span_id] * 2,
    ]
    assert (hop.kind, server.kind) == (Span.KIND_CLIENT, Span.KIND_SERVER)
    (request,) = untold.asked(called)
    sent = f"traceparent: 00-{called.trace_id}-{others[-1].span_id}-00\r\n"
    assert sent.encode() in request


async def test_without_a_receiver_each_http_face_tells_what_it_knows(
    untold: Chain, port: int
) -> None:
    called = await untold.call("plain/getPet", PET)
    path = f"/v1/traces/{called.trace_id}"
    async with httpx.AsyncClient(trust_env=False) as client:
        whole, own = [
            (await client.get(url + path)).json()["data"]["spans"]
            for url in (f"http://127.0.0.1:{port}", untold.url)
        ]

    assert [each["service"] for each in whole] == ["portico-gateway"] * 3 + ["portico-facade"] * 3
    assert [each["spanId"] for each in whole[3:]] == [each["spanId"] for each in own]


async def test_without_a_name_no_entry_of_a_baggage_goes_to_a_backend(untold: Chain) -> None:
    (request,) = untold.asked(await untold.call("plain/getPet", PET, ("baggage", "user=me")))
    assert b"baggage" not in request.lower()


async def test_l13_both_end_in_time_when_the_collector_is_silent(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        env = {"OTEL_EXPORTER_OTLP_ENDPOINT": url, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}
        up, facade = portico_up(tmp_path, env=env), facade_up(tmp_path, env=env)
        async with (
            up as gateway,
            facade as (process, at),
            httpx.AsyncClient(trust_env=False) as client,
        ):
            for _ in range(20):
                assert (await client.get(f"{at}/v1/connectors")).status_code == 200
                await gateway.catalog.ListConnectors(ListConnectorsRequest())
            for each in (gateway.process, process):
                began = time.monotonic()
                assert await stop(each) == 0
                assert time.monotonic() - began < 4  # with room for a busy machine
