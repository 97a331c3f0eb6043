import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from facade.telemetry.setup import open_provider
from facade.telemetry.spans import Tracing

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def recorded() -> tuple[Tracing, InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return Tracing(provider), exporter


def test_a_call_joins_its_callers_trace_and_hands_it_on(
    recorded: tuple[Tracing, InMemorySpanExporter],
) -> None:
    tracing, exporter = recorded

    with tracing.server("in", {"traceparent": PARENT}) as server, tracing.client("out") as client:
        client.set("http.request.method", "GET")
        client.fail("BACKEND_TIMEOUT")
        carried = dict(tracing.carry())

    sent, received = exporter.get_finished_spans()
    assert server.trace_id == client.trace_id == "0af7651916cd43dd8448eb211c80319c"
    assert received.parent is not None
    assert received.parent.span_id == 0xB7AD6B7169203331
    assert sent.parent is not None
    assert received.context is not None
    assert sent.parent.span_id == received.context.span_id
    assert sent.attributes == {"http.request.method": "GET", "error.type": "BACKEND_TIMEOUT"}
    assert carried["traceparent"].split("-")[1] == server.trace_id


def test_without_an_endpoint_a_trace_id_is_made_and_nothing_recorded() -> None:
    tracing = Tracing(open_provider({}))

    with tracing.server("in", {}) as first:
        carried = dict(tracing.carry())
    with tracing.server("in", {}) as second:
        pass

    assert int(first.trace_id, 16) != 0
    assert first.trace_id != second.trace_id
    assert int(carried["traceparent"][-2:], 16) & 1 == 0


def test_without_an_endpoint_the_callers_trace_goes_on_as_he_sent_it() -> None:
    tracing = Tracing(open_provider({}))
    sent = {"traceparent": PARENT, "tracestate": "vendor=1"}

    with tracing.server("in", sent), tracing.client("out"):
        carried = dict(tracing.carry())

    _, trace, span, flags = carried["traceparent"].split("-")
    _, callers_trace, callers_span, callers_flags = PARENT.split("-")
    assert (trace, flags) == (callers_trace, callers_flags)
    assert span != callers_span
    assert carried["tracestate"] == "vendor=1"


def test_a_span_that_an_error_ends_has_failed(
    recorded: tuple[Tracing, InMemorySpanExporter],
) -> None:
    tracing, exporter = recorded

    with pytest.raises(ValueError, match="x"), tracing.server("in", {}):
        raise ValueError("x")

    (span,) = exporter.get_finished_spans()
    assert span.status.status_code is StatusCode.ERROR
    assert tracing.carry() == ()


@pytest.mark.parametrize(
    "carrier",
    [
        {"traceparent": "garbage"},
        {"traceparent": "00-" + "0" * 32 + "-b7ad6b7169203331-01"},
        {"traceparent": PARENT + "x" * 600},
        {"traceparent": PARENT, "tracestate": "a=b," * 5000},
    ],
)
def test_a27_a_hostile_trace_context_is_dropped_and_the_call_goes_on(
    carrier: dict[str, str],
) -> None:
    tracing = Tracing(open_provider({}))

    with tracing.server("in", carrier) as span:
        carried = dict(tracing.carry())

    assert int(span.trace_id, 16) != 0
    assert "tracestate" not in carried
