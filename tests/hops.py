"""The hops of a trace, as a receiver and a backend got them, and the tree that they are."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.collectors import said_of

TOLD = ("rpc.response.status_code", "http.response.status_code", "portico.outcome")
"""Attributes that stand in a drawing."""

PARENT = re.compile(rb"(?i)\r\ntraceparent: 00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}\r\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """A span, or a request that has come to the backend."""

    trace_id: str
    id: str = ""
    parent: str
    start: int
    service: str
    text: str
    """What is drawn of it."""
    span: Span = field(default_factory=Span)


def spans_in(messages: Iterable[bytes]) -> Iterator[Hop]:
    """The spans that OTLP messages bring."""
    for message in messages:
        for resource in ExportTraceServiceRequest.FromString(message).resource_spans:
            (service,) = (
                each.value.string_value
                for each in resource.resource.attributes
                if each.key == "service.name"
            )
            for scope in resource.scope_spans:
                for span in scope.spans:
                    yield _span(service, span)


def _span(service: str, span: Span) -> Hop:
    said = said_of(span)
    again = said.get("http.request.resend_count")
    notes = (
        *(said[name] for name in TOLD if name in said),
        *((f"again {again}",) if again else ()),
        *((f"!{said['error.type']}",) if "error.type" in said else ()),
    )
    kind = Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_").lower()
    return Hop(
        trace_id=span.trace_id.hex(),
        id=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        start=span.start_time_unix_nano,
        service=service,
        text=" ".join(map(str, (service.removeprefix("portico-"), kind, span.name, *notes))),
        span=span,
    )


def requests_in(messages: Iterable[bytes]) -> Iterator[Hop]:
    """The requests of a trace at the backend, each a child of the span that it names."""
    for message in messages:
        found = PARENT.search(message)
        if found is not None:
            yield _request(message, found)


def _request(message: bytes, found: re.Match[bytes]) -> Hop:
    method, target, _ = message.decode("latin-1").split(" ", 2)
    return Hop(
        trace_id=found[1].decode(),
        parent=found[2].decode(),
        start=0,
        service="backend",
        text=f"backend {method} {target.partition('?')[0]}",
    )


def drawn(hops: Sequence[Hop], parent: str, depth: int = 0) -> Iterator[str]:
    """The tree below a span, a line for each hop."""
    for each in hops:
        if each.parent == parent:
            yield "  " * depth + each.text
            if each.id:
                yield from drawn(hops, each.id, depth + 1)


def lines(text: str) -> list[str]:
    """A tree as it stands in a test."""
    first, *others = text.strip("\n").splitlines()
    margin = len(first) - len(first.lstrip())
    return [each[margin:] for each in (first, *others) if each.strip()]
