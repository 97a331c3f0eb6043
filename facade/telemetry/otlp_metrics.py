"""OTLP metrics: the numbers go to a collector now and then, in a thread of their own."""

import asyncio
import logging
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from importlib import import_module
from itertools import pairwise
from typing import Any
from uuid import uuid4

from opentelemetry.exporter.otlp.proto.http.metric_exporter import (
    OTLPMetricExporter as HttpExporter,
)
from opentelemetry.sdk.metrics import Exemplar
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Gauge,
    Histogram,
    HistogramDataPoint,
    Metric,
    MetricExporter,
    MetricExportResult,
    MetricsData,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.sdk.resources import (
    SERVICE_INSTANCE_ID,
    SERVICE_NAME,
    OTELResourceDetector,
    Resource,
)
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from prometheus_client import Metric as Exposed
from prometheus_client.samples import Sample

from facade.config import Misconfigured
from facade.telemetry import names
from facade.telemetry.export import TALKATIVE
from facade.telemetry.instrument import Instrument, Kind
from facade.telemetry.instruments import BOUNDARIES, READ, RECORDED
from facade.telemetry.recording import Recording

LOGGER = logging.getLogger(__name__)

EXPORTER = "OTEL_METRICS_EXPORTER"
PROTOCOLS = ("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
ENDPOINTS = ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
GRPC = "opentelemetry.exporter.otlp.proto.grpc.metric_exporter"
INTERVAL = "OTEL_METRIC_EXPORT_INTERVAL"
DISABLED = "OTEL_SDK_DISABLED"

MINUTE = 60_000
"""Milliseconds from one export to the next, where INTERVAL gives no other number."""

PATIENCE = 0.4
"""Seconds that the collector has for the last numbers when the process ends; with those that it has
for spans they are less than two."""

SCOPE = InstrumentationScope(names.SCOPE)
BY_NAME = {each.exposed: each for each in (*RECORDED, *READ)}
CUMULATIVE = AggregationTemporality.CUMULATIVE
UNKNOWN: Any = None
"""The least and the greatest duration, which nobody has kept."""


class Sending:
    """Sends all numbers to a collector, each time what they have come to since the start."""

    def __init__(
        self,
        collect: Callable[[], Iterable[Exposed]],
        exporter: MetricExporter,
        resource: Resource,
        seconds: float,
    ) -> None:
        """Takes where the numbers are, who sends them, what the process is, and how often."""
        self._collect = collect
        self._exporter = exporter
        self._resource = resource
        self._seconds = seconds
        self._began = time.time_ns()
        self._ending = threading.Event()
        self._delivers = True
        self._thread = threading.Thread(target=self._run, name="portico-metrics", daemon=True)

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    async def close(self) -> None:
        """Sends them a last time, as far as there is patience for it."""
        self._ending.set()
        await asyncio.to_thread(self._thread.join, PATIENCE)
        threading.Thread(target=self._exporter.shutdown, daemon=True).start()

    def _run(self) -> None:
        while not self._ending.wait(self._seconds):
            self._send()
        self._send()

    def _send(self) -> None:
        """Sends once; says in the log when that begins to fail, and when it works again."""
        metrics = metrics_from(self._collect(), self._began, time.time_ns())
        scope = ScopeMetrics(scope=SCOPE, metrics=metrics, schema_url="")
        data = ResourceMetrics(resource=self._resource, scope_metrics=[scope], schema_url="")
        try:
            result = self._exporter.export(MetricsData(resource_metrics=[data]))
        except Exception:  # noqa: BLE001 - a library that fails once must not end the thread
            result = MetricExportResult.FAILURE
        delivers = result is MetricExportResult.SUCCESS
        if self._delivers and not delivers:
            LOGGER.warning("the collector does not take the metrics")
        elif delivers and not self._delivers:
            LOGGER.warning("the collector takes the metrics again")
        self._delivers = delivers


@asynccontextmanager
async def sending(
    recording: Recording, exporter: MetricExporter, environ: Mapping[str, str], service: str
) -> AsyncIterator[None]:
    """Sends the numbers for the length of the block."""
    sender = Sending(recording.collect, exporter, resource_of(service), interval_from(environ))
    sender.start()
    try:
        yield
    finally:
        recording.sample()
        await sender.close()


def exporter_from(environ: Mapping[str, str]) -> Callable[[], MetricExporter] | None:
    """What makes the exporter that the environment asks for; None: the numbers go nowhere.

    It wants an endpoint, or `otlp` in OTEL_METRICS_EXPORTER; then the SDK's own is at hand.
    """
    if environ.get(DISABLED, "").strip().lower() == "true":
        return None
    chosen = environ.get(EXPORTER, "").strip().lower()
    if chosen not in {"", "otlp", "none"}:
        LOGGER.warning("%s: `%s` is none of otlp, none", EXPORTER, chosen[:63])
        chosen = ""
    if chosen == "none" or not (chosen or any(environ.get(name) for name in ENDPOINTS)):
        return None
    protocol = next((environ[name] for name in PROTOCOLS if environ.get(name)), "http/protobuf")
    return _over_grpc() if protocol.strip().lower() == "grpc" else HttpExporter


def _over_grpc() -> type[MetricExporter]:
    """The exporter over gRPC, which is loaded where it is asked for alone."""
    exporter: type[MetricExporter] = import_module(GRPC).OTLPMetricExporter
    return exporter


def opened(make: Callable[[], MetricExporter]) -> MetricExporter:
    """An exporter; raises Misconfigured where the OTEL_* variables cannot work."""
    logging.getLogger(TALKATIVE).setLevel(logging.CRITICAL)
    try:
        return make()
    except ValueError:
        raise Misconfigured("OTEL_EXPORTER_OTLP_*: a value cannot be used") from None


def interval_from(environ: Mapping[str, str]) -> float:
    """Seconds from one export to the next."""
    text = environ.get(INTERVAL, "").strip()
    return (int(text) if text.isdecimal() and int(text) > 0 else MINUTE) / 1000


def resource_of(service: str) -> Resource:
    """What the process is; each has an id of its own, so that no two add to one number."""
    told = OTELResourceDetector().detect().attributes
    own = {SERVICE_NAME: service, SERVICE_INSTANCE_ID: str(uuid4())}
    return Resource.create({**own, **told})


def metrics_from(found: Iterable[Exposed], began: int, now: int) -> list[Metric]:
    """The numbers in OpenTelemetry's terms; times in nanoseconds since 1970."""
    return [
        Metric(
            name=instrument.name,
            description=instrument.text,
            unit=instrument.unit,
            data=_data(instrument, each.samples, began, now),
        )
        for each in found
        if (instrument := BY_NAME.get(each.name)) is not None and each.samples
    ]


def _data(
    instrument: Instrument, samples: Iterable[Sample], began: int, now: int
) -> Sum | Gauge | Histogram:
    if instrument.kind is Kind.HISTOGRAM:
        return Histogram(
            data_points=_histograms(instrument, samples, began, now),
            aggregation_temporality=CUMULATIVE,
        )
    points = [
        NumberDataPoint(
            attributes=_attributes(instrument, each.labels),
            start_time_unix_nano=began,
            time_unix_nano=now,
            value=each.value,
        )
        for each in samples
    ]
    if instrument.kind is Kind.GAUGE:
        return Gauge(data_points=points)
    return Sum(data_points=points, aggregation_temporality=CUMULATIVE, is_monotonic=True)


def _histograms(
    instrument: Instrument, samples: Iterable[Sample], began: int, now: int
) -> list[HistogramDataPoint]:
    """One point for each value of the labels: its samples are those of one bucket each."""
    buckets: dict[tuple[str, ...], list[Sample]] = {}
    sums: dict[tuple[str, ...], float] = {}
    for each in samples:
        key = tuple(each.labels[name] for name in instrument.labels)
        if each.name.endswith("_bucket"):
            buckets.setdefault(key, []).append(each)
        elif each.name.endswith("_sum"):
            sums[key] = each.value
    return [
        HistogramDataPoint(
            attributes=dict(zip(instrument.attributes, key, strict=True)),
            start_time_unix_nano=began,
            time_unix_nano=now,
            count=int(found[-1].value),
            sum=sums[key],
            bucket_counts=_apart([each.value for each in found]),
            explicit_bounds=BOUNDARIES,
            min=UNKNOWN,
            max=UNKNOWN,
            exemplars=[_exemplar(each) for each in found if each.exemplar is not None],
        )
        for key, found in buckets.items()
    ]


def _apart(cumulated: list[float]) -> list[int]:
    """What each bucket has, of what it and those below it have."""
    return [int(above - below) for below, above in pairwise((0.0, *cumulated))]


def _exemplar(sample: Sample) -> Exemplar:
    found: Any = sample.exemplar
    return Exemplar(
        filtered_attributes={},
        value=found.value,
        time_unix_nano=int(found.timestamp * 1e9),
        span_id=int(found.labels["span_id"], 16),
        trace_id=int(found.labels["trace_id"], 16),
    )


def _attributes(instrument: Instrument, labels: Mapping[str, str]) -> dict[str, str]:
    pairs = zip(instrument.attributes, instrument.labels, strict=True)
    return {attribute: labels[name] for attribute, name in pairs}
