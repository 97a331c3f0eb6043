"""Export: sampled spans go to a collector, in a thread of their own."""

import asyncio
import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Protocol

import msgspec
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SpanExporter, SpanExportResult

from facade.config import Misconfigured
from facade.telemetry.otlp_spans import Encoder
from facade.telemetry.posting import Session
from facade.telemetry.readable import converted
from facade.telemetry.spans import Recorded

LOGGER = logging.getLogger(__name__)

EXPORTERS = "OTEL_TRACES_EXPORTER"
PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
PROVIDERS = (
    "OTEL_PYTHON_EXPORTER_OTLP_HTTP_TRACES_CREDENTIAL_PROVIDER",
    "OTEL_PYTHON_EXPORTER_OTLP_HTTP_CREDENTIAL_PROVIDER",
)
QUEUE = "OTEL_BSP_MAX_QUEUE_SIZE"
BATCH = "OTEL_BSP_MAX_EXPORT_BATCH_SIZE"
DELAY = "OTEL_BSP_SCHEDULE_DELAY"

MOST = 2048
"""Spans that wait, where QUEUE gives no other number; what comes then is dropped."""

PATIENCE = 1.0
"""Seconds that the collector has for the last spans when the process ends; with what else that
takes they are less than two."""

TALKATIVE = "opentelemetry.exporter"
"""Logs what a library says of every batch that fails; `Export` tells of it instead."""

GRPC = "opentelemetry.exporter.otlp.proto.grpc.trace_exporter"


class Outlet(Protocol):
    """Who sends spans; called in the thread that exports."""

    def send(self, spans: Sequence[Recorded]) -> bool:
        """Sends them, and says whether they were taken."""

    def shutdown(self) -> None:
        """Ends what is under way; called from any thread."""


class Written(HttpExporter):
    """OTLP over HTTP: written by us, and sent by the SDK's exporter, whose variables all count."""

    def __init__(self, resource: Resource) -> None:
        """Takes what the process is; raises ValueError where a variable cannot be used."""
        super().__init__(session=_session())
        self._encoder = Encoder(resource)

    def send(self, spans: Sequence[Recorded]) -> bool:
        """Sends them in one request, repeated where the collector asks for that."""
        return self._client.export(self._encoder.encode(spans)).success


class Converted:
    """Any exporter of the SDK's, which gets our spans as its own."""

    def __init__(self, exporter: SpanExporter, resource: Resource) -> None:
        """Takes the exporter, and what the process is."""
        self._exporter = exporter
        self._resource = resource

    def send(self, spans: Sequence[Recorded]) -> bool:
        """Sends them."""
        found = [converted(each, self._resource) for each in spans]
        return self._exporter.export(found) is SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        """Ends what is under way."""
        self._exporter.shutdown()


class Batching(msgspec.Struct, frozen=True, kw_only=True):
    """When spans are sent: a full batch at once, and what else there is every now and then."""

    most: int = MOST
    """Spans that wait at most."""
    batch: int = 512
    """Spans that are sent at once, at most."""
    delay: float = 5.0
    """Seconds."""


class Export:
    """A sink that sends what it is given to a collector; calls never wait for it.

    Whatever becomes of the collector, `close` takes no longer than PATIENCE.
    """

    def __init__(self, outlet: Outlet, batching: Batching) -> None:
        """Starts the thread that sends."""
        self._outlet = outlet
        self._most, self._batch, self._delay = batching.most, batching.batch, batching.delay
        self._queue: deque[Recorded] = deque()
        self._due = threading.Event()
        self._ending = False
        self._left = False
        """Whether nobody waits for what is sent any more."""
        self._delivers = True
        self.dropped = 0
        """Spans that found the queue full."""
        self._thread = threading.Thread(target=self._run, name="portico-spans", daemon=True)
        self._thread.start()

    def add(self, span: Recorded) -> None:
        """Has a span sent, or drops it where too many wait."""
        queue = self._queue
        if len(queue) >= self._most:
            self.dropped += 1
            return
        queue.append(span)
        if len(queue) == self._batch:
            self._due.set()

    async def close(self) -> None:
        """Sends what waits, for as long as there is patience for it; the rest is lost."""
        self._ending = True
        self._due.set()
        await asyncio.to_thread(self._thread.join, PATIENCE)
        if self._thread.is_alive():
            self._left = True
            LOGGER.warning("spans are lost: the collector did not take them before the end")
            threading.Thread(target=self._outlet.shutdown, daemon=True).start()
        if self.dropped:
            LOGGER.warning("spans were lost: %d found the queue full", self.dropped)

    def _run(self) -> None:
        while not self._ending:
            if not self._due.wait(self._delay):
                self._send()
            self._due.clear()
            while len(self._queue) >= self._batch and not self._left:
                self._send()
        while self._queue and not self._left:
            self._send()
        if not self._left:
            self._outlet.shutdown()

    def _send(self) -> None:
        """Sends a batch; says in the log when that begins to fail, and when it works again."""
        queue = self._queue
        spans = [queue.popleft() for _ in range(min(len(queue), self._batch))]
        if not spans:
            return
        try:
            taken = self._outlet.send(spans)
        except Exception:  # noqa: BLE001 - a library that fails once must not end the thread
            taken = False
        delivers = taken or self._left
        if self._delivers and not delivers:
            LOGGER.warning("spans are lost: the collector does not take them")
        elif delivers and not self._delivers:
            LOGGER.warning("spans are no longer lost: the collector takes them")
        self._delivers = delivers


def exporters_from(environ: Mapping[str, str]) -> list[Callable[[Resource], Outlet]]:
    """What makes the outlets that the environment asks for; none: spans go nowhere.

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
    makers: dict[str, Callable[[Resource], Outlet]] = {"otlp": _otlp(environ), "console": _console}
    return [makers[each] for each in dict.fromkeys(known)]


def open_export(
    make: Callable[[Resource], Outlet], resource: Resource, environ: Mapping[str, str]
) -> Export:
    """Opens an outlet; raises Misconfigured where the OTEL_* variables cannot work."""
    logging.getLogger(TALKATIVE).setLevel(logging.CRITICAL)
    batching = batching_from(environ)
    if batching.batch > batching.most:
        raise Misconfigured(f"{BATCH}: must not be larger than {QUEUE}")
    try:
        return Export(make(resource), batching)
    except ValueError:
        raise Misconfigured("OTEL_EXPORTER_OTLP_*: a value cannot be used") from None


def batching_from(environ: Mapping[str, str]) -> Batching:
    """What the OTEL_BSP_* variables ask for; one that is no number above 0 counts as none."""
    default = Batching()
    return Batching(
        most=_number(environ, QUEUE, default.most),
        batch=_number(environ, BATCH, default.batch),
        delay=_number(environ, DELAY, round(default.delay * 1000)) / 1000,
    )


def _number(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name, "").strip()
    return int(text) if text.isdecimal() and int(text) > 0 else default


def _otlp(environ: Mapping[str, str]) -> Callable[[Resource], Outlet]:
    protocol = next((environ[name] for name in PROTOCOLS if environ.get(name)), "http/protobuf")
    return _over_grpc if protocol == "grpc" else Written


def _session() -> Session | None:
    """Ours, where the operator has not named one that signs what it sends."""
    return None if any(name in os.environ for name in PROVIDERS) else Session()


def _over_grpc(resource: Resource) -> Outlet:
    """The exporter over gRPC, which is loaded where it is asked for alone."""
    exporter: SpanExporter = import_module(GRPC).OTLPSpanExporter()
    return Converted(exporter, resource)


def _console(resource: Resource) -> Outlet:
    return Converted(ConsoleSpanExporter(), resource)
