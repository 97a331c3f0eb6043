"""Readable: spans of ours as the SDK's own, for those exporters of its that take no other."""

from collections.abc import Mapping

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from facade.telemetry import context, names
from facade.telemetry.spans import Kind, Recorded, Value

SCOPE = InstrumentationScope(names.SCOPE)
KINDS = {
    Kind.INTERNAL: SpanKind.INTERNAL,
    Kind.SERVER: SpanKind.SERVER,
    Kind.CLIENT: SpanKind.CLIENT,
}


def converted(span: Recorded, resource: Resource) -> ReadableSpan:
    """The span in the SDK's terms."""
    trace_id, flags, remote = int(span.trace_id, 16), TraceFlags(span.trace.flags), False
    parent = None
    if span.parent:
        remote = span.kind is Kind.SERVER
        parent = SpanContext(trace_id, span.parent, remote, flags)
    return ReadableSpan(
        name=span.name,
        context=SpanContext(trace_id, span.id, is_remote=False, trace_flags=flags),
        parent=parent,
        resource=resource,
        attributes=attributes_of(span),
        events=[Event(each.name, each.attributes, each.time) for each in span.events],
        links=[_link(each) for each in span.links],
        kind=KINDS[span.kind],
        status=Status(StatusCode.ERROR if span.error else StatusCode.UNSET),
        start_time=span.start,
        end_time=span.end,
        instrumentation_scope=SCOPE,
    )


def attributes_of(span: Recorded) -> Mapping[str, Value]:
    """The attributes of a span, with the reason of its failure among them."""
    if not span.error_type:
        return span.attributes
    return {**span.attributes, names.ERROR_TYPE: span.error_type}


def _link(link: context.Link) -> Link:
    return Link(SpanContext(int(link.trace_id, 16), int(link.span_id, 16), is_remote=True))
