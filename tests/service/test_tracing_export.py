"""Spans on their way to a collector, which may be slow, silent or gone."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from facade.config import Misconfigured, Settings
from facade.telemetry.context import SAMPLED
from facade.telemetry.export import MOST, Export
from facade.telemetry.ring import Ring
from facade.telemetry.setup import open_tracing
from facade.telemetry.spans import Tracing
from tests.collectors import Collector, a_grpc_collector, said_of, spans_in

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
OTLP = "OTEL_EXPORTER_OTLP_ENDPOINT"


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The environment of the process itself, which the SDK's exporters read."""
    return monkeypatch


@pytest.fixture
async def collector() -> AsyncIterator[Collector]:
    async with Collector() as opened:
        yield opened


def opened(
    environ: pytest.MonkeyPatch, variables: dict[str, str], ring: Ring | None = None
) -> AbstractAsyncContextManager[Tracing]:
    for name, value in variables.items():
        environ.setenv(name, value)
    return open_tracing(Settings(), variables, "portico-gateway", ring or Ring(10))


async def test_a_sampled_call_comes_to_the_collector_as_it_was(
    environ: pytest.MonkeyPatch, collector: Collector
) -> None:
    sent = {"traceparent": PARENT, "tracestate": "vendor=1"}
    async with opened(environ, {OTLP: collector.origin}) as tracing:
        with tracing.server("in", sent) as server:
            server.set("http.response.status_code", 200)
            with tracing.client("GET /pet") as client:
                client.event("backoff", {"portico.seconds": 0.5})
                client.fail("BACKEND_TIMEOUT")

    assert b"POST /v1/traces " in collector.requests[0]
    assert collector.services == {"portico-gateway"}
    first, second = collector.spans["in"], collector.spans["GET /pet"]
    assert first.trace_id == second.trace_id == bytes.fromhex(server.trace_id)
    assert first.parent_span_id == bytes.fromhex(PARENT.split("-")[2])
    assert second.parent_span_id == first.span_id
    assert (first.kind, second.kind) == (Span.SPAN_KIND_SERVER, Span.SPAN_KIND_CLIENT)
    assert (first.status.code, second.status.code) == (
        Status.STATUS_CODE_UNSET,
        Status.STATUS_CODE_ERROR,
    )
    assert said_of(first) == {"http.response.status_code": 200}
    assert said_of(second) == {"error.type": "BACKEND_TIMEOUT"}
    assert [each.name for each in second.events] == ["backoff"]
    assert 0 < first.start_time_unix_nano <= second.start_time_unix_nano
    assert second.end_time_unix_nano <= first.end_time_unix_nano


async def test_work_beside_a_call_and_torn_contexts_come_with_their_links(
    environ: pytest.MonkeyPatch, collector: Collector
) -> None:
    async with opened(environ, {OTLP: collector.origin}) as tracing:
        with tracing.server("in", {"traceparent": f"{PARENT}-torn"}):
            pass

    (link,) = collector.spans["in"].links
    assert link.trace_id.hex() == PARENT.split("-")[1]
    assert collector.spans["in"].trace_id != link.trace_id


async def test_the_variables_say_where_spans_go_and_as_whose(
    environ: pytest.MonkeyPatch, collector: Collector
) -> None:
    variables = {
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{collector.origin}/mine",
        "OTEL_EXPORTER_OTLP_HEADERS": "x-tenant=me",
        "OTEL_RESOURCE_ATTRIBUTES": "service.name=not me,deployment.environment.name=test",
        "OTEL_SERVICE_NAME": "me",
    }
    async with opened(environ, variables) as tracing:
        with tracing.server("in", {}):
            pass

    assert b"POST /mine " in collector.requests[0]
    assert b"x-tenant: me" in collector.requests[0].lower()
    assert collector.services == {"me"}
    assert "deployment.environment.name" in str(collector.received)


async def test_grpc_is_a_matter_of_a_variable(environ: pytest.MonkeyPatch) -> None:
    async with a_grpc_collector() as (received, url):
        variables = {OTLP: url, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}
        async with opened(environ, variables) as tracing:
            with tracing.server("in", {}):
                pass
        assert [each.name for each in spans_in(received)] == ["in"]


async def test_what_is_not_sampled_is_neither_sent_nor_kept(
    environ: pytest.MonkeyPatch, collector: Collector
) -> None:
    ring = Ring(10)
    variables = {OTLP: collector.origin, "OTEL_TRACES_SAMPLER": "parentbased_always_off"}
    async with opened(environ, variables, ring) as tracing:
        with tracing.server("no", {}) as left_out:
            assert not left_out.recorded
        with tracing.server("yes", {"traceparent": PARENT}):
            pass

    assert list(collector.spans) == ["yes"]
    assert [each.title for each in ring.latest()] == ["yes"]


@pytest.mark.parametrize(
    ("variables", "recorded", "sampled"),
    [
        ({}, True, False),
        ({OTLP: "http://127.0.0.1:1", "OTEL_TRACES_EXPORTER": "none"}, True, False),
        ({OTLP: "http://127.0.0.1:1", "OTEL_SDK_DISABLED": "true"}, False, False),
        ({OTLP: "http://127.0.0.1:1", "OTEL_SDK_DISABLED": "1"}, True, True),
        ({OTLP: "http://127.0.0.1:1", "OTEL_TRACES_EXPORTER": "zipkin"}, True, True),
        ({"OTEL_TRACES_EXPORTER": "console"}, True, True),
    ],
)
async def test_without_an_exporter_the_ring_keeps_all_and_off_is_off(
    *, environ: pytest.MonkeyPatch, variables: dict[str, str], recorded: bool, sampled: bool
) -> None:
    async with opened(environ, variables) as tracing:
        with tracing.server("in", {}) as span:
            assert (span.recorded, bool(span.trace.flags & SAMPLED)) == (recorded, sampled)


async def test_a_queue_that_cannot_work_is_refused_at_the_start(
    environ: pytest.MonkeyPatch,
) -> None:
    variables = {OTLP: "http://127.0.0.1:1", "OTEL_BSP_MAX_QUEUE_SIZE": "10"}
    with pytest.raises(Misconfigured, match="OTEL_BSP_MAX_EXPORT_BATCH_SIZE"):
        async with opened(environ, variables):
            pass


@contextmanager
def a_collector_that(how: str) -> Iterator[str]:
    """The URL of a collector that refuses, accepts and says nothing, or does not even accept."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        if how != "refuses":
            listener.listen(0 if how == "is stopped" else 100)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        if how != "is stopped":
            yield url
            return
        with socket.create_connection(listener.getsockname()):  # takes the one place in its queue
            yield url


@pytest.mark.parametrize(
    ("how", "protocol"),
    [
        ("refuses", "http/protobuf"),
        ("is silent", "http/protobuf"),
        ("is stopped", "http/protobuf"),
        ("is silent", "grpc"),
    ],
)
async def test_l13_calls_and_the_end_do_not_wait_for_a_collector(
    environ: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, how: str, protocol: str
) -> None:
    with a_collector_that(how) as url:
        variables = {
            OTLP: url,
            "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
            "OTEL_BSP_SCHEDULE_DELAY": "10",
        }
        async with opened(environ, variables) as tracing:
            longest = 0.0  # of what a call takes
            for _ in range(100):
                began = time.perf_counter()
                with tracing.server("in", {}), tracing.client("out"):
                    pass
                await asyncio.sleep(0.001)
                longest = max(longest, time.perf_counter() - began)
            ending = time.perf_counter()
        took = time.perf_counter() - ending
    assert took < 2.0
    assert longest < 0.5
    assert all(each.name.startswith("facade.") for each in caplog.records)
    assert "spans are lost" in caplog.text


async def test_l13_the_queue_is_bounded_and_what_it_drops_is_counted(
    environ: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with a_collector_that("is silent") as url:
        async with opened(environ, {OTLP: url}) as tracing:
            (export,) = (each for each in tracing.sinks if isinstance(each, Export))
            for _ in range(2 * MOST):
                with tracing.server("in", {}):
                    pass
            taken = 2 * MOST - export.dropped
            assert MOST <= taken < 2 * MOST
    assert f"{export.dropped} found the queue full" in caplog.text


async def test_the_log_says_once_that_spans_are_lost_and_when_that_ends(
    environ: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    statuses = iter([400, 400, 200])

    class Failing(Collector):
        def _take(self, request: bytes) -> bytes:
            return super()._take(request).replace(b"200", b"%d" % next(statuses), 1)

    async with Failing() as collector:
        variables = {OTLP: collector.origin, "OTEL_BSP_SCHEDULE_DELAY": "5"}
        async with opened(environ, variables) as tracing:
            for number in range(1, 4):
                with tracing.server("in", {}):
                    pass
                async with asyncio.timeout(2):
                    await collector.has(number)
    said = [each.getMessage() for each in caplog.records]
    assert [each.split(":")[0] for each in said] == [
        "spans are lost",
        "spans are no longer lost",
    ]
