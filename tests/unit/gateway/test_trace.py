from typing import Any

import pytest

from gateway.cli.waterfall import Row, bar, hops, rows
from gateway.v1.trace_pb2 import Span, Trace

START = 1_700_000_000_000_000_000
MS = 1_000_000


def a_span(
    name: str,
    parent: str,
    begins: float,
    lasts: float,
    kind: Span.Kind.ValueType = Span.KIND_INTERNAL,
    **more: Any,
) -> Span:
    """A step whose id is its name; times in milliseconds."""
    span = Span(span_id=name, parent_span_id=parent, name=name, kind=kind)
    span.service = more.pop("service", "portico-gateway")
    span.error_reason = more.pop("error_reason", "")
    span.attributes.update(more.pop("said", {}))
    span.start_time.FromNanoseconds(START + round(begins * MS))
    span.duration.FromNanoseconds(round(lasts * MS))
    return span


def a_trace(*spans: Span) -> Trace:
    return Trace(spans=spans)


FACADE: dict[str, Any] = {"service": "portico-facade"}
CALL = a_trace(
    a_span("in", "caller", 0, 100, Span.KIND_SERVER, said={"rpc.response.status_code": "OK"}),
    a_span("validation", "in", 1, 2),
    a_span("GET /facade", "in", 5, 90, Span.KIND_CLIENT, said={"portico.hop": "true"}),
    a_span("GET /pet", "GET /facade", 10, 80, Span.KIND_SERVER, **FACADE),
    a_span("cache", "GET /pet", 11, 78, said={"portico.outcome": "miss"}, **FACADE),
    a_span("first", "cache", 12, 30, Span.KIND_CLIENT, error_reason="BACKEND_TIMEOUT", **FACADE),
    a_span(
        "second",
        "cache",
        50,
        30,
        Span.KIND_CLIENT,
        said={"http.response.status_code": "200", "http.request.resend_count": "1"},
        **FACADE,
    ),
)


def test_every_step_is_a_line_below_the_one_that_it_is_part_of() -> None:
    assert [(each.name, each.depth) for each in rows(CALL)] == [
        ("in", 0),
        ("validation", 1),
        ("GET /facade", 1),
        ("GET /pet", 2),
        ("cache", 3),
        ("first", 4),
        ("second", 4),
    ]
    assert [each.result for each in rows(CALL)] == [
        "OK",
        "",
        "",
        "",
        "miss",
        "BACKEND_TIMEOUT",
        "200 (attempt 2)",
    ]
    assert [(each.begins, each.lasts) for each in rows(CALL)][2] == (5.0, 90.0)
    assert [each.service for each in rows(CALL)][2:4] == ["gateway", "facade"]


def test_the_time_of_a_trace_is_shared_out_among_its_hops() -> None:
    assert hops(CALL) == [("gateway", 10), ("facade", 20), ("between", 10), ("backend", 60)]


def test_what_is_under_way_at_once_counts_once() -> None:
    trace = a_trace(
        a_span("in", "", 0, 10, Span.KIND_SERVER),
        a_span("a", "in", 1, 4, Span.KIND_CLIENT),
        a_span("b", "in", 3, 4, Span.KIND_CLIENT),
        a_span("c", "in", 3, 1, Span.KIND_CLIENT),
    )
    assert dict(hops(trace))["backend"] == pytest.approx(6)


def test_a_facade_that_tells_nothing_is_part_of_the_way() -> None:
    trace = a_trace(*CALL.spans[:3])
    assert hops(trace) == [("gateway", 10), ("between", 90), ("backend", 0)]


def test_no_trace_is_too_odd_to_be_shown() -> None:
    trace = a_trace(a_span("a", "b", 0, 1), a_span("b", "a", 0, 0), a_span("c", "c", 1, 1))
    assert sorted(each.name for each in rows(trace)) == ["a", "b", "c"]
    assert rows(Trace()) == []
    assert hops(Trace()) == [("backend", 0.0)]


@pytest.mark.parametrize(
    ("begins", "lasts", "total", "drawn"),
    [
        (0, 10, 10, "=========="),
        (5, 5, 10, "     ====="),
        (9.99, 0.01, 10, "         ="),
        (0, 0, 10, "=         "),
        (10, 0, 10, "         ="),
        (0, 0, 0, "=         "),
    ],
)
def test_a_bar_shows_when_and_how_long(
    begins: float, lasts: float, total: float, drawn: str
) -> None:
    row = Row(begins=begins, lasts=lasts, depth=0, name="", service="", result="", failed=False)
    assert bar(row, total, 10, "=") == drawn


def test_what_happened_within_a_step_stands_behind_it() -> None:
    said = {"event.1.backoff": "+2.0 ms 50.0 ms", "other": "x"}
    (row,) = rows(a_trace(a_span("in", "", 0, 1, said=said)))
    assert row.result == "[backoff +2.0 ms 50.0 ms]"
