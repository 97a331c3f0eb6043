"""G-13: one trace over every hop, as its receiver got it, and as it is shown without one."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from itertools import pairwise
from typing import Any

import grpc.aio
import pytest
import pytest_asyncio
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)

from gateway.v1.stream_pb2 import StreamActionRequest
from gateway.v1.stream_pb2_grpc import StreamServiceStub
from tests.canaries import CANARIES, found
from tests.chains import ARRIVES, FLAKY, PET, SOON, Called, Chain, a_chain
from tests.collectors import said_of
from tests.doors import named
from tests.hops import Hop, lines
from tests.processes import until
from tests.receivers import started
from tests.servers import RedisServer

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(90)]

CALL = "gateway.v1.GatewayService/ExecuteAction"

TOLD = {
    "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
    "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
    "OTEL_TRACES_SAMPLER_ARG": "0.5",
    **SOON,
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chain(
    tmp_path_factory: pytest.TempPathFactory, redis_server: RedisServer
) -> AsyncIterator[Chain]:
    """With a receiver; the facade tells its backends one entry of a baggage."""
    folder, keys = tmp_path_factory.mktemp("chain"), ("--baggage-keys", "user")
    async with started("telemetry", folder / "told") as (received, url):
        env = {"OTEL_EXPORTER_OTLP_ENDPOINT": url, **TOLD}
        async with a_chain(folder, redis_server, received, env=env, of_facade=keys) as opened:
            yield opened


async def test_g13_one_call_is_one_trace_with_every_hop_in_order(chain: Chain) -> None:
    called = await chain.call("signed/getPet", PET)

    assert await chain.drawing(called) == lines("""
        gateway server gateway.v1.GatewayService/ExecuteAction OK
          gateway internal validation
          gateway client GET /pets/{petId} 200
            facade server GET /connectors/signed/versions/v1/pets/{petId} 200
              facade internal validation
              facade internal token
                facade client POST 200
              facade client GET /pets/{petId} 200
                backend GET /pets/7
    """)
    assert called.code is grpc.StatusCode.OK
    spent = re.findall(r"(\w+);dur=([\d.]+)", str(called.after["server-timing"]))
    assert [name for name, _ in spent] == ["gateway", "facade", "backend"]
    times = [float(each) for _, each in spent]
    assert times == sorted(times, reverse=True)


async def test_each_step_is_within_the_time_of_the_one_it_is_part_of(chain: Chain) -> None:
    hops = await chain.traced(await chain.call("plain/getPet", PET))
    spans = {each.id: each for each in hops if each.id}

    for each in spans.values():
        assert each.span.start_time_unix_nano <= each.span.end_time_unix_nano
        whole = spans.get(each.parent)
        if whole is not None and whole.service == each.service:
            assert whole.span.start_time_unix_nano <= each.span.start_time_unix_nano
            assert each.span.end_time_unix_nano <= whole.span.end_time_unix_nano
    for service in ("portico-gateway", "portico-facade"):
        parts = [each.span for each in hops if each.service == service][1:]
        assert all(a.end_time_unix_nano <= b.start_time_unix_nano for a, b in pairwise(parts))


async def test_what_the_cache_knows_ends_there(chain: Chain, redis_server: RedisServer) -> None:
    first, second = [await chain.call("kept/getPet", PET) for _ in range(2)]

    assert await chain.drawing(first) == lines("""
        gateway server gateway.v1.GatewayService/ExecuteAction OK
          gateway internal validation
          gateway client GET /pets/{petId} 200
            facade server GET /connectors/kept/versions/v1/pets/{petId} 200
              facade internal validation
              facade internal cache miss
                facade client GET /pets/{petId} 200
                  backend GET /pets/7
    """)
    assert await chain.drawing(second) == lines("""
        gateway server gateway.v1.GatewayService/ExecuteAction OK
          gateway internal validation
          gateway client GET /pets/{petId} 200
            facade server GET /connectors/kept/versions/v1/pets/{petId} 200
              facade internal validation
              facade internal cache hit
    """)
    assert redis_server.do("DBSIZE") > 0


async def test_c07_each_try_is_a_hop_and_only_the_facade_tries_again(chain: Chain) -> None:
    called = await chain.call("plain/getPet", FLAKY)

    assert await chain.drawing(called) == lines("""
        gateway server gateway.v1.GatewayService/ExecuteAction OK
          gateway internal validation
          gateway client GET /pets/{petId} 200
            facade server GET /connectors/plain/versions/v1/pets/{petId} 200
              facade internal validation
              facade client GET /pets/{petId} 503 !BACKEND_UNAVAILABLE
                backend GET /pets/5
              facade client GET /pets/{petId} 200 again 1
                backend GET /pets/5
    """)
    (server,) = (each for each in chain.hops(called.trace_id) if "facade server" in each.text)
    assert [each.name for each in server.span.events] == ["backoff"]


async def test_a_limit_ends_the_call_where_it_is(chain: Chain) -> None:
    admitted, refused = [await chain.call("few/getPet", PET) for _ in range(2)]

    assert await chain.drawing(admitted) == lines("""
        gateway server gateway.v1.GatewayService/ExecuteAction OK
          gateway internal validation
          gateway client GET /pets/{petId} 200
            facade server GET /connectors/few/versions/v1/pets/{petId} 200
              facade internal validation
              facade internal limits admitted
              facade client GET /pets/{petId} 200
                backend GET /pets/7
    """)
    assert await chain.drawing(refused) == lines("""
        gateway server gateway.v1.GatewayService/ExecuteAction RESOURCE_EXHAUSTED !QUOTA_EXCEEDED
          gateway internal validation
          gateway client GET /pets/{petId} 429 !QUOTA_EXCEEDED
            facade server GET /connectors/few/versions/v1/pets/{petId} 429 !QUOTA_EXCEEDED
              facade internal validation
              facade internal limits !QUOTA_EXCEEDED
    """)
    assert refused.code is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_c01_a_facade_that_is_down_is_tried_again_once(chain: Chain) -> None:
    called = await chain.call("gone/getPet", PET)

    assert await chain.drawing(called, services=1) == lines("""
        gateway server gateway.v1.GatewayService/ExecuteAction UNAVAILABLE !FACADE_UNAVAILABLE
          gateway internal validation
          gateway client GET /pets/{petId} !FACADE_UNAVAILABLE
          gateway client GET /pets/{petId} again 1 !FACADE_UNAVAILABLE
    """)
    assert called.code is grpc.StatusCode.UNAVAILABLE


async def test_a_call_that_is_wrong_goes_no_further_than_the_gateway(chain: Chain) -> None:
    called = await chain.call("plain/getPet", {})

    assert await chain.drawing(called, services=1) == lines("""
        gateway server gateway.v1.GatewayService/ExecuteAction INVALID_ARGUMENT !INVALID_PARAMETERS
          gateway internal validation !INVALID_PARAMETERS
    """)


async def test_a_stream_is_one_trace_too(chain: Chain) -> None:
    parent = "b7ad6b7169203331"
    trace_id = "0af7651916cd43dd8448eb211c80319c"
    request = StreamActionRequest(name=named("plain/getPet"), parameters_json=json.dumps(PET))
    async with grpc.aio.insecure_channel(chain.gateway.address) as channel:
        stub: Any = StreamServiceStub(channel)
        metadata = (("traceparent", f"00-{trace_id}-{parent}-01"),)
        async for _ in stub.StreamAction(request, metadata=metadata):
            pass
    called = Called(trace_id=trace_id, parent=parent, code=grpc.StatusCode.OK, before={}, after={})

    assert await chain.drawing(called) == lines("""
        gateway server gateway.v1.StreamService/StreamAction OK
          gateway internal validation
          gateway client GET /pets/{petId} 200
            facade server GET /connectors/plain/versions/v1/pets/{petId} 200
              facade internal validation
              facade client GET /pets/{petId} 200
                backend GET /pets/7
    """)


def told(hops: list[Hop], beginning: str) -> dict[str, Any]:
    """What is said of the span whose line begins like that."""
    (hop,) = (each for each in hops if each.text.startswith(beginning))
    return said_of(hop.span)


async def test_g13_each_hop_says_what_it_is_of_by_the_conventions(chain: Chain) -> None:
    hops = await chain.traced(await chain.call("plain/getPet", {**PET, "note": "mine"}))
    name = {
        "portico.connector": "plain",
        "portico.version": "v1",
        "portico.action": "getPet",
    }
    sent = {
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "url.template": "/pets/{petId}",
    }

    gateway, facade = told(hops, "gateway server"), told(hops, "facade server")
    assert name.items() <= gateway.items()
    assert name.items() <= facade.items()
    assert gateway["rpc.method"] == CALL
    assert facade["http.route"] == "/connectors/plain/versions/v1/pets/{petId}"
    out, on = told(hops, "gateway client"), told(hops, "facade client")
    assert sent.items() <= out.items()
    assert sent.items() <= on.items()
    assert out["portico.hop"] is True
    assert "portico.hop" not in on
    assert out["url.full"] == f"{chain.url}/connectors/plain/versions/v1/pets/7?note=***"
    assert on["url.full"].endswith("/pets/7?note=***")


async def test_g13_the_caller_decides_whether_its_trace_is_told(chain: Chain) -> None:
    context = (("tracestate", "vendor=1"),)
    left_out = await chain.call("plain/getPet", PET, *context, flags="00")
    taken = await chain.call("plain/getPet", PET, *context)
    await chain.traced(taken)

    assert [each.text for each in chain.hops(left_out.trace_id)] == ["backend GET /pets/7"]
    for called, flags in ((left_out, "00"), (taken, "01")):
        (request,) = chain.asked(called)
        (hop,) = (each for each in chain.hops(called.trace_id) if each.service == "backend")
        assert f"traceparent: 00-{called.trace_id}-{hop.parent}-{flags}\r\n".encode() in request
        assert b"tracestate: vendor=1\r\n" in request


async def test_without_a_caller_s_trace_the_sampler_decides_for_both(chain: Chain) -> None:
    calls = [await chain.call("plain/getPet", PET, flags=None) for _ in range(16)]
    last = await chain.call("plain/getPet", PET)
    await chain.traced(last)

    chosen = {each.trace_id for each in calls if int(each.trace_id[16:], 16) < 2**63}
    services = {each.trace_id: {h.service for h in chain.hops(each.trace_id)} for each in calls}
    for trace_id, seen in services.items():
        expected = {"portico-gateway", "portico-facade"} if trace_id in chosen else set()
        assert seen == {"backend", *expected}
    for each in calls:
        if each.trace_id in chosen:
            assert (await chain.drawing(each))[0].startswith(f"gateway server {CALL}")


async def test_a_baggage_goes_to_the_facade_and_of_it_what_is_named_to_the_backend(
    chain: Chain,
) -> None:
    baggage = ("baggage", f"user=me,other={CANARIES['header']}")
    (request,) = chain.asked(await chain.call("plain/getPet", PET, baggage))
    fields = request.lower().split(b"\r\n")

    assert [each for each in fields if each.startswith(b"baggage")] == [b"baggage: user=me"]
    assert not [each for each in fields if each.startswith(b"portico-")]


async def test_l01_no_secret_and_no_value_of_a_query_or_body_is_told(chain: Chain) -> None:
    baggage = ("baggage", f"other={CANARIES['header']}")
    arguments = {**FLAKY, "note": CANARIES["query"]}
    for connector in ("signed", "plain", "kept", "few", "gone"):
        await chain.call(f"{connector}/getPet", arguments, baggage)
        await chain.call(f"{connector}/addPet", {"body": {"note": CANARIES["passed"]}}, baggage)
    await chain.traced(await chain.call("plain/getPet", PET))

    asked = found(b"".join(chain.backend.all("request")))
    assert asked == {"client", "token", "query", "passed"}
    for kind in ("spans", "metrics", "fields"):
        told = list(chain.received.all(kind))
        assert told
        assert [each for each in told if found(each)] == []
    for log in ("gateway.log", "facade.log"):
        assert found((chain.folder / log).read_bytes()) == set()


async def test_the_numbers_of_both_arrive_with_traces_as_examples(chain: Chain) -> None:
    called = await chain.call("plain/getPet", PET)
    wanted = {
        ("portico-gateway", "rpc.server.call.duration"),
        ("portico-gateway", "http.client.request.duration"),
        ("portico-facade", "http.server.request.duration"),
        ("portico-facade", "portico.call.duration"),
    }

    async def arrived() -> bool:
        return wanted <= {key for key, trace in _examples(chain) if trace == called.trace_id}

    await until(arrived, ARRIVES, "the numbers have come, with the trace of the call")


def _examples(chain: Chain) -> Iterator[tuple[tuple[str, str], str]]:
    """The traces that stand beside numbers, by service and name."""
    for message in chain.received.all("metrics"):
        for resource in ExportMetricsServiceRequest.FromString(message).resource_metrics:
            said = {each.key: each.value.string_value for each in resource.resource.attributes}
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    for point in metric.histogram.data_points:
                        for each in point.exemplars:
                            yield (said["service.name"], metric.name), each.trace_id.hex()


async def test_the_lines_of_both_logs_name_the_trace(chain: Chain) -> None:
    called = await chain.call("plain/getPet", PET, flags="00")
    for name, form in (("gateway", "rpc"), ("facade", "http")):

        async def written(name: str = name) -> bool:
            return any(each.get("trace_id") == called.trace_id for each in chain.log(name))

        await until(written, ARRIVES, "the line of the call is written")
        (line,) = (each for each in chain.log(name) if each.get("trace_id") == called.trace_id)
        assert line["logger"] == "portico.access"
        assert line[form]["trace_id"] == called.trace_id
        assert re.fullmatch("[0-9a-f]{16}", line["span_id"])
