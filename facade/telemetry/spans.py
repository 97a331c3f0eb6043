"""Tracing: the spans of a call, and the context that travels with it (W3C Trace Context)."""

from collections.abc import Mapping
from typing import Self

from opentelemetry import trace
from opentelemetry.context import attach, detach
from opentelemetry.propagators.textmap import DefaultGetter
from opentelemetry.trace import SpanKind, Status, StatusCode, TracerProvider
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from facade.telemetry.names import ERROR_TYPE, SCOPE

MAX_TRACESTATE = 8192
"""Bytes; a longer one is dropped before anything reads it."""
MAX_TRACEPARENT = 512

FAILED = Status(StatusCode.ERROR)


class Span:
    """One step of a call, with the trace that it belongs to; current within its `with` block."""

    __slots__ = ("_span", "_token", "trace_id")

    def __init__(self, span: trace.Span) -> None:
        """Wraps the span of the tracer that is in use."""
        self._span = span
        self.trace_id = trace.format_trace_id(span.get_span_context().trace_id)

    def __enter__(self) -> Self:
        self._token = attach(trace.set_span_in_context(self._span))
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _stack: object) -> None:
        detach(self._token)
        if isinstance(error, Exception):
            self._span.set_status(FAILED)
        self._span.end()

    @property
    def recorded(self) -> bool:
        """Whether anybody will see what is said of it."""
        return self._span.is_recording()

    def set(self, name: str, value: str | int) -> None:
        """Says one thing about the step."""
        self._span.set_attribute(name, value)

    def fail(self, reason: str) -> None:
        """Marks the step as failed, with the reason that callers see."""
        self._span.set_attribute(ERROR_TYPE, reason)
        self._span.set_status(FAILED)


class Tracing:
    """Makes spans and carries their context in and out."""

    def __init__(self, provider: TracerProvider) -> None:
        """Takes the provider that decides what is recorded and where it goes."""
        self._tracer = provider.get_tracer(SCOPE)
        self._propagator = TraceContextTextMapPropagator()
        self._getter: DefaultGetter = DefaultGetter()

    def server(self, name: str, carrier: Mapping[str, str]) -> Span:
        """The span of a call that came in; its parent is in the carrier's `traceparent`."""
        kept = {
            key: carrier[key]
            for key, longest in (("traceparent", MAX_TRACEPARENT), ("tracestate", MAX_TRACESTATE))
            if key in carrier and len(carrier[key]) <= longest
        }
        parent = self._propagator.extract(kept, getter=self._getter)
        return Span(self._tracer.start_span(name, context=parent, kind=SpanKind.SERVER))

    def client(self, name: str) -> Span:
        """The span of a request that goes out, a child of the one that is current."""
        return Span(self._tracer.start_span(name, kind=SpanKind.CLIENT))

    def carry(self) -> tuple[tuple[str, str], ...]:
        """The header fields that hand the current context on."""
        carrier: dict[str, str] = {}
        self._propagator.inject(carrier)
        return tuple(carrier.items())
