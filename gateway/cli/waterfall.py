"""What `portico trace` prints of a trace: a line a step, and the time that each hop took."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from facade.telemetry import names
from gateway.v1.trace_pb2 import Span, Trace

UNIT = 1e6
"""Nanoseconds in what times are told in: milliseconds."""

BACKEND = "backend"
BETWEEN = "between"
"""On the way from one hop to the next, and back."""

TOLD = (
    names.HTTP_STATUS,
    names.RPC_STATUS,
    names.OUTCOME,
)
"""Attributes whose values are shown as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One step, as it is shown."""

    begins: float
    """Milliseconds from the beginning of the trace."""
    lasts: float
    """Milliseconds."""
    depth: int
    """Of how many other steps it is a part."""
    name: str
    service: str
    result: str
    """What came of it."""
    failed: bool


def rows(trace: Trace) -> list[Row]:
    """The steps of a trace, each behind the one that it is part of."""
    spans = sorted(trace.spans, key=_begin)
    zero = _begin(spans[0]) if spans else 0
    return [_row(span, depth, zero) for span, depth in _walk(spans)]


def bar(row: Row, total: float, width: int, sign: str) -> str:
    """The time of a step, as a line of so many places over the whole trace."""
    scale = width / total if total > 0 else 0.0
    start = max(0, min(int(row.begins * scale), width - 1))
    length = max(1, min(round(row.lasts * scale), width - start))
    return (" " * start + sign * length).ljust(width)


def hops(trace: Trace) -> list[tuple[str, float]]:
    """Who had how many milliseconds of the trace: each service by itself, the way, the backend."""
    spans = list(trace.spans)
    served = {each.parent_span_id: each for each in spans if each.kind == Span.KIND_SERVER}
    found: dict[str, float] = {}
    for service in dict.fromkeys(each.service for each in sorted(spans, key=_begin)):
        own = [each for each in spans if each.service == service]
        inside = _covered(each for each in own if each.kind == Span.KIND_SERVER)
        outside = _covered(each for each in own if each.kind == Span.KIND_CLIENT)
        found[_short(service)] = max(inside - outside, 0.0)
    sent = [each for each in spans if each.kind == Span.KIND_CLIENT]
    between = [each for each in sent if names.HOP in each.attributes]
    if between:
        known = [served[each.span_id] for each in between if each.span_id in served]
        found[BETWEEN] = max(_covered(between) - _covered(known), 0.0)
    found[BACKEND] = _covered(each for each in sent if names.HOP not in each.attributes)
    return list(found.items())


def _walk(spans: Sequence[Span]) -> Iterator[tuple[Span, int]]:
    """The spans in the order of a tree, with their depth; none is left out or shown twice."""
    ids = {each.span_id for each in spans}
    below: dict[str, list[Span]] = {}
    for each in spans:
        below.setdefault(each.parent_span_id if each.parent_span_id in ids else "", []).append(each)
    shown: set[str] = set()
    for first in (*below.get("", ()), *spans):
        waiting = [(first, 0)]
        while waiting:
            span, depth = waiting.pop()
            if span.span_id not in shown:
                shown.add(span.span_id)
                yield span, depth
                parts = below.get(span.span_id, ())
                waiting += [(each, depth + 1) for each in reversed(parts)]


def _row(span: Span, depth: int, zero: int) -> Row:
    return Row(
        begins=(_begin(span) - zero) / UNIT,
        lasts=span.duration.ToNanoseconds() / UNIT,
        depth=depth,
        name=span.name,
        service=_short(span.service),
        result=" ".join(_results(span)),
        failed=bool(span.error_reason),
    )


def _results(span: Span) -> Iterator[str]:
    said = span.attributes
    yield from (said[name] for name in TOLD if name in said)
    if span.error_reason:
        yield span.error_reason
    if names.HTTP_RESENT in said:
        yield f"(attempt {int(said[names.HTTP_RESENT]) + 1})"
    yield from (f"[{name.split('.')[-1]} {said[name]}]" for name in said if _is_event(name))


def _is_event(name: str) -> bool:
    return name.startswith("event.")


def _covered(spans: Iterable[Span]) -> float:
    """Milliseconds in which any of the spans was under way."""
    total, end = 0, 0
    for span in sorted(spans, key=_begin):
        start = max(_begin(span), end)
        end = max(end, _begin(span) + span.duration.ToNanoseconds())
        total += max(end - start, 0)
    return total / UNIT


def _begin(span: Span) -> int:
    return span.start_time.ToNanoseconds()


def _short(service: str) -> str:
    return service.removeprefix("portico-")
