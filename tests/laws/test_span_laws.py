"""Laws of spans on the wire: what is written by hand is what the SDK's own encoder writes."""

from itertools import count

from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.resources import Resource

from facade.errors.backend import BackendTimeout
from facade.telemetry.otlp_spans import KNOWN, Encoder
from facade.telemetry.readable import converted
from facade.telemetry.spans import Recorded, Tracing, Value, apart, step

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
values = (
    texts
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.sampled_from([0, 1, True, False, 0.0, -0.0, 1.0, "", "1"])
    | st.floats(allow_nan=False)
)
facts = st.dictionaries(texts.filter(bool), values, max_size=6)
moments = st.lists(st.tuples(texts, facts), max_size=3)
resources = st.dictionaries(st.sampled_from(["service.name", "host.name", "k"]), values, max_size=3)
carriers = st.sampled_from([{}, {"traceparent": PARENT}, {"traceparent": f"{PARENT}-torn"}])


class Kept(list[Recorded]):
    """Keeps the spans themselves."""

    add = list.append


def assert_written(encoder: Encoder, resource: Resource, spans: list[Recorded]) -> None:
    """What a collector reads is what the SDK would have sent."""
    written = ExportTraceServiceRequest.FromString(encoder.encode(spans))
    assert written == encode_spans([converted(each, resource) for each in spans])


@given(
    st.lists(st.tuples(carriers, texts, facts, moments, st.booleans()), min_size=1, max_size=4),
    resources,
)
def test_what_is_written_is_what_the_sdk_would_write(
    calls: list[
        tuple[dict[str, str], str, dict[str, Value], list[tuple[str, dict[str, Value]]], bool]
    ],
    said: dict[str, Value],
) -> None:
    kept, resource = Kept(), Resource(said)
    tracing = Tracing(kept)
    for carrier, name, attributes, events, fails in calls:
        with tracing.server(name, carrier) as server, step(name) as inner:
            inner.tell(attributes)
            for event in events:
                inner.event(*event)
            with apart(name), tracing.client(name) as client:
                client.tell(attributes)
                if fails:
                    client.fail(name or BackendTimeout.reason, error=len(name) % 2 == 0)
            server.tell(attributes)

    assert_written(Encoder(resource), resource, kept)


def test_it_stays_so_when_more_is_said_than_is_kept_at_hand() -> None:
    kept, resource, numbers = Kept(), Resource({"service.name": "me"}), count()
    tracing = Tracing(kept)
    for _ in range(KNOWN // 100 + 1):
        with tracing.client(f"{next(numbers)}") as span:
            for number in range(100):
                span.set(f"a{number}", next(numbers))
    encoder = Encoder(resource)

    assert_written(encoder, resource, kept)
    assert_written(encoder, resource, kept[:3])


def test_a_text_that_is_none_is_written_as_far_as_it_can_be() -> None:
    kept, resource = Kept(), Resource({})
    with Tracing(kept).server("half \ud800 of one", {}) as span:
        span.set("a", "\udfff!")

    written = ExportTraceServiceRequest.FromString(Encoder(resource).encode(kept))
    (found,) = written.resource_spans[0].scope_spans[0].spans
    assert (found.name, found.attributes[0].value.string_value) == ("half ? of one", "?!")
