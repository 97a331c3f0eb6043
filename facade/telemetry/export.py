"""Export: sampled spans go to a collector, in a thread of their own."""

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.trace.export import (
    BatchSpanProcessor,
    ConsoleSpanExporter,
    SpanExporter,
    SpanExportResult,
)
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from facade.config import Misconfigured
from facade.telemetry import context, names
from facade.telemetry.spans import Kind, Recorded

LOGGER = logging.getLogger(__name__)

EXPORTERS = "OTEL_TRACES_EXPORTER"
PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
QUEUE = "OTEL_BSP_MAX_QUEUE_SIZE"

MOST = 2048
"""Spans that wait, where QUEUE gives no other number; what comes then is dropped."""

PATIENCE = 1.0
"""Seconds that the collector has for the last spans when the process ends; with what else that
takes they are less than two."""

TALKATIVE = "opentelemetry.exporter"
"""Logs what a library says of every batch that fails; `Converting` tells of it instead."""

SCOPE = InstrumentationScope(names.SCOPE)
KINDS = {
    Kind.INTERNAL: SpanKind.INTERNAL,
    Kind.SERVER: SpanKind.SERVER,
    Kind.CLIENT: SpanKind.CLIENT,
}
SAMPLED = SpanContext(1, 1, is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED))


class Waiting(ReadableSpan):
    """A span of ours in the SDK's queue, which asks of it no more than whether it is sampled."""

    def __init__(self, span: Recorded) -> None:
        self._context = SAMPLED
        self.span = span


GRPC = "opentelemetry.exporter.otlp.proto.grpc.trace_exporter"


class Converting(SpanExporter):
    """Gives an exporter our spans as the SDK's own."""

    def __init__(self, exporter: SpanExporter, resource: Resource) -> None:
        """Takes the exporter, and what the process is."""
        self._exporter = exporter
        self._resource = resource
        self._delivers = True
        self.taken = 0
        """Spans that have left the queue."""
        self.closed = False
        """Whether nobody waits for what is sent any more."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Sends spans; says in the log when that begins to fail, and when it works again."""
        self.taken += len(spans)
        if self.closed:
            return SpanExportResult.FAILURE
        waiting = [each.span for each in spans if isinstance(each, Waiting)]
        result = self._exporter.export([converted(each, self._resource) for each in waiting])
        delivers = result is SpanExportResult.SUCCESS or self.closed
        if self._delivers and not delivers:
            LOGGER.warning("spans are lost: the collector does not take them")
        elif delivers and not self._delivers:
            LOGGER.warning("spans are no longer lost: the collector takes them")
        self._delivers = delivers
        return result

    def shutdown(self) -> None:
        """Ends what is under way."""
        self._exporter.shutdown()


class Export:
    """A sink that sends what it is given to a collector; calls never wait for it.

    At most `most` spans wait to be sent. Whatever becomes of the collector, `close` takes no
    longer than PATIENCE.
    """

    def __init__(self, exporter: SpanExporter, resource: Resource, most: int = MOST) -> None:
        """Starts the thread that sends; raises ValueError where OTEL_BSP_* cannot work."""
        self._converting = Converting(exporter, resource)
        self._most = most
        self._batches = BatchSpanProcessor(self._converting, max_queue_size=most)
        self._given = 0
        self.dropped = 0
        """Spans that found the queue full."""

    @property
    def waiting(self) -> int:
        """Spans in the queue."""
        return self._given - self._converting.taken

    def add(self, span: Recorded) -> None:
        """Has a span sent, or drops it where too many wait."""
        if self.waiting >= self._most:
            self.dropped += 1
            return
        self._given += 1
        self._batches.on_end(Waiting(span))

    async def close(self) -> None:
        """Sends what waits, for as long as there is patience for it; the rest is lost."""
        ending = threading.Thread(target=self._batches.shutdown, daemon=True)
        ending.start()
        await asyncio.to_thread(ending.join, PATIENCE)
        if ending.is_alive():
            self._converting.closed = True
            LOGGER.warning("spans are lost: the collector did not take them before the end")
            threading.Thread(target=self._converting.shutdown, daemon=True).start()
        if self.dropped:
            LOGGER.warning("spans were lost: %d found the queue full", self.dropped)


def exporters_from(environ: Mapping[str, str]) -> list[Callable[[], SpanExporter]]:
    """What makes the exporters that the environment asks for; none: spans go nowhere.

    OTLP wants an endpoint, or its name in OTEL_TRACES_EXPORTER; then the SDK's own is at hand. A
    name that is not known is told, and ignored.
    """
    said = [each.strip().lower() for each in environ.get(EXPORTERS, "").split(",") if each.strip()]
    unknown = [each for each in said if each not in {"otlp", "console", "none"}]
    if unknown:
        LOGGER.warning("%s: `%s` is none of otlp, console, none", EXPORTERS, unknown[0][:63])
    known = [each for each in said if each not in unknown]
    if not known and any(environ.get(name) for name in ENDPOINTS):
        known = ["otlp"]
    if "none" in known:
        return []
    makers: dict[str, Callable[[], SpanExporter]] = {
        "otlp": _otlp(environ),
        "console": ConsoleSpanExporter,
    }
    return [makers[each] for each in dict.fromkeys(known)]


def open_export(
    make: Callable[[], SpanExporter], resource: Resource, environ: Mapping[str, str]
) -> Export:
    """Opens an exporter; raises Misconfigured where the OTEL_* variables cannot work."""
    logging.getLogger(TALKATIVE).setLevel(logging.CRITICAL)
    text = environ.get(QUEUE, "").strip()
    most = int(text) if text.isdecimal() and int(text) > 0 else MOST
    try:
        return Export(make(), resource, most)
    except ValueError:
        raise Misconfigured(
            f"OTEL_BSP_*, OTEL_EXPORTER_OTLP_*: a value cannot be used; of {QUEUE} and "
            "OTEL_BSP_MAX_EXPORT_BATCH_SIZE the second must not be the larger"
        ) from None


def converted(span: Recorded, resource: Resource) -> ReadableSpan:
    """The span in the SDK's terms."""
    trace_id, flags, remote = int(span.trace_id, 16), TraceFlags(span.trace.flags), False
    parent = None
    if span.parent_id:
        remote = span.kind is Kind.SERVER
        parent = SpanContext(trace_id, int(span.parent_id, 16), remote, flags)
    return ReadableSpan(
        name=span.name,
        context=SpanContext(trace_id, int(span.span_id, 16), is_remote=False, trace_flags=flags),
        parent=parent,
        resource=resource,
        attributes=_attributes(span),
        events=[Event(each.name, each.attributes, each.time) for each in span.events],
        links=[_link(each) for each in span.links],
        kind=KINDS[span.kind],
        status=Status(StatusCode.ERROR if span.error else StatusCode.UNSET),
        start_time=span.start,
        end_time=span.end,
        instrumentation_scope=SCOPE,
    )


def _attributes(span: Recorded) -> Mapping[str, str | int | float | bool]:
    if not span.error_type:
        return span.attributes
    return {**span.attributes, names.ERROR_TYPE: span.error_type}


def _link(link: context.Link) -> Link:
    return Link(SpanContext(int(link.trace_id, 16), int(link.span_id, 16), is_remote=True))


def _otlp(environ: Mapping[str, str]) -> Callable[[], SpanExporter]:
    protocol = next((environ[name] for name in PROTOCOLS if environ.get(name)), "http/protobuf")
    return _over_grpc() if protocol == "grpc" else HttpExporter


def _over_grpc() -> type[SpanExporter]:
    """The exporter over gRPC, which is loaded where it is asked for alone."""
    exporter: type[SpanExporter] = import_module(GRPC).OTLPSpanExporter
    return exporter
