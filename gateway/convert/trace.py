"""Traces, as messages."""

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from facade.telemetry.ring import Step, Told
from facade.telemetry.spans import Kind
from gateway.v1 import trace_pb2 as pb

KINDS = {
    Kind.INTERNAL: pb.Span.KIND_INTERNAL,
    Kind.SERVER: pb.Span.KIND_SERVER,
    Kind.CLIENT: pb.Span.KIND_CLIENT,
}


def trace_to(told: Told) -> pb.Trace:
    """A trace with its spans."""
    trace = summary_to(told)
    trace.spans.extend(map(_span_to, told.steps))
    trace.missing.extend(told.missing)
    return trace


def summary_to(told: Told) -> pb.Trace:
    """A trace without its spans."""
    return pb.Trace(
        name=told.name,
        start_time=_moment(told.start),
        duration=_time(told.duration),
        title=told.title,
        error_reason=told.error_reason,
        action=told.action,
    )


def _span_to(step: Step) -> pb.Span:
    return pb.Span(
        span_id=step.span_id,
        parent_span_id=step.parent_id,
        name=step.name,
        kind=KINDS[step.kind],
        service=step.service,
        start_time=_moment(step.start),
        duration=_time(step.duration),
        attributes=step.attributes,
        error_reason=step.error_reason,
    )


def _moment(nanoseconds: int) -> Timestamp:
    message = Timestamp()
    message.FromNanoseconds(nanoseconds)
    return message


def _time(nanoseconds: int) -> Duration:
    message = Duration()
    message.FromNanoseconds(nanoseconds)
    return message
