import asyncio
import threading
import time
from collections.abc import Mapping
from typing import Any

import pytest
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter as Grpc
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter as Http
from opentelemetry.sdk.metrics.export import (
    MetricExporter,
    MetricExportResult,
    MetricsData,
    ResourceMetrics,
    ScopeMetrics,
)
from opentelemetry.sdk.resources import Resource

from facade.telemetry import instruments as table
from facade.telemetry.instruments import BOUNDARIES
from facade.telemetry.meters import Called
from facade.telemetry.otlp_metrics import (
    SCOPE,
    Sending,
    exporter_from,
    interval_from,
    metrics_from,
    resource_of,
)
from facade.telemetry.recording import Recording
from facade.telemetry.spans import Recorded, Tracing

ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}


class Sink:
    def add(self, span: Recorded) -> None:
        """Forgets it."""


def encoded(recording: Recording) -> dict[str, Any]:
    """What a collector reads, by name."""
    metrics = metrics_from(recording.collect(), 1, 2)
    scope = ScopeMetrics(scope=SCOPE, metrics=metrics, schema_url="")
    data = ResourceMetrics(resource=Resource({}), scope_metrics=[scope], schema_url="")
    message = encode_metrics(MetricsData(resource_metrics=[data]))
    return {each.name: each for each in message.resource_metrics[0].scope_metrics[0].metrics}


def labels(point: Any) -> dict[str, str]:
    return {each.key: each.value.string_value for each in point.attributes}


def test_a_histogram_goes_out_by_the_names_of_opentelemetry_with_its_exemplars() -> None:
    recording = Recording()
    with Tracing(Sink()).server("in", {}) as span:
        for seconds in (0.004, 0.3, 99.0):
            recording.ended(Called("pets", "v1", "getPet", "OK"), seconds)

    duration = encoded(recording)["portico.call.duration"]

    assert duration.unit == "s"
    assert duration.histogram.aggregation_temporality == 2
    (point,) = duration.histogram.data_points
    assert labels(point) == {
        "portico.connector": "pets",
        "portico.version": "v1",
        "portico.code": "OK",
        "portico.domain": "",
    }
    assert tuple(point.explicit_bounds) == BOUNDARIES
    assert list(point.bucket_counts) == [1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1]
    assert (point.count, round(point.sum, 3)) == (3, 99.304)
    assert not point.HasField("min")
    assert {each.trace_id.hex() for each in point.exemplars} == {span.trace_id}
    assert {each.span_id.hex() for each in point.exemplars} == {span.span_id}
    assert [each.as_double for each in point.exemplars] == [0.004, 0.3, 99.0]


def test_counters_are_sums_and_gauges_gauges() -> None:
    recording = Recording()
    recording.began(stream=False)
    recording.ended(Called("pets", "v1", "getPet", "OK"), 0.1)
    recording.watch(table.CONNECTIONS, lambda: {("idle",): 4.0})
    recording.sample()

    found = encoded(recording)

    calls = found["portico.calls"]
    assert calls.sum.is_monotonic
    assert calls.sum.aggregation_temporality == 2
    assert calls.sum.data_points[0].as_double == 1
    (idle,) = found["portico.connections"].gauge.data_points
    assert (labels(idle), idle.as_double) == ({"portico.state": "idle"}, 4.0)


@pytest.mark.parametrize(
    ("environ", "kind"),
    [
        ({}, None),
        (ENDPOINT, Http),
        ({"OTEL_METRICS_EXPORTER": "otlp"}, Http),
        ({"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://127.0.0.1:9/v1/metrics"}, Http),
        ({**ENDPOINT, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, Grpc),
        ({**ENDPOINT, "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL": "grpc"}, Grpc),
        ({**ENDPOINT, "OTEL_METRICS_EXPORTER": "none"}, None),
        ({**ENDPOINT, "OTEL_METRICS_EXPORTER": "smoke"}, Http),
        ({"OTEL_METRICS_EXPORTER": "smoke"}, None),
        ({**ENDPOINT, "OTEL_SDK_DISABLED": "true"}, None),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:9"}, None),
    ],
)
def test_the_environment_says_where_metrics_go(
    environ: Mapping[str, str], kind: type[MetricExporter] | None
) -> None:
    assert exporter_from(environ) is kind


@pytest.mark.parametrize(
    ("text", "seconds"), [("", 60.0), ("500", 0.5), ("0", 60.0), ("-1", 60.0), ("soon", 60.0)]
)
def test_how_often_metrics_go_out_is_said_in_milliseconds(text: str, seconds: float) -> None:
    assert interval_from({"OTEL_METRIC_EXPORT_INTERVAL": text}) == seconds


def test_no_two_processes_are_the_same_instance() -> None:
    first, second = (resource_of("portico-gateway").attributes for _ in range(2))
    assert first["service.name"] == "portico-gateway"
    assert first["service.instance.id"] != second["service.instance.id"]


class Slow(MetricExporter):
    """Blocks, as an exporter does whose collector accepts and never answers."""

    def __init__(self, hold: threading.Event) -> None:
        super().__init__()
        self._hold = hold
        self.exports = 0

    def export(self, *_: Any, **__: Any) -> MetricExportResult:
        self.exports += 1
        self._hold.wait(10)
        return MetricExportResult.FAILURE

    def force_flush(self, timeout_millis: float = 0) -> bool:
        return timeout_millis == 0

    def shutdown(self, timeout_millis: float = 0, **_: Any) -> None:
        del timeout_millis
        self._hold.set()


def test_l13_a_collector_that_never_answers_holds_up_no_end() -> None:
    exporter = Slow(threading.Event())
    sending = Sending(Recording().collect, exporter, Resource({}), 0.01)
    sending.start()
    began = time.monotonic()
    asyncio.run(sending.close())

    assert time.monotonic() - began < 2.0
    assert exporter.exports == 1


class Broken(Slow):
    """Fails in a way of its own, the first time."""

    def export(self, *_: Any, **__: Any) -> MetricExportResult:
        self.exports += 1
        if self.exports == 1:
            raise RuntimeError("not this time")
        self._hold.set()
        return MetricExportResult.SUCCESS


def test_an_exporter_that_raises_is_asked_again() -> None:
    again = threading.Event()
    sending = Sending(Recording().collect, Broken(again), Resource({}), 0.01)
    sending.start()
    assert again.wait(5)
    asyncio.run(sending.close())
