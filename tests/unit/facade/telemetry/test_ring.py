import re

import pytest

from facade.telemetry import names
from facade.telemetry import ring as module
from facade.telemetry.ring import MAX_SPANS, Ring
from facade.telemetry.spans import Tracing, step

EVENTS = ("event.1.backoff", "event.2.exception")


def a_trace(tracing: Tracing, name: str, steps: int = 0) -> str:
    with tracing.server(name, {}) as span:
        for number in range(steps):
            with step(f"step {number}"):
                pass
    return span.trace_id


def test_the_last_traces_are_kept_latest_first() -> None:
    ring = Ring(3)
    ids = [a_trace(Tracing(ring), f"call {number}") for number in range(5)]

    assert [each.title for each in ring.latest()] == ["call 4", "call 3", "call 2"]
    assert ring.get(ids[0]) is None
    assert ring.get(ids[-1]) == next(ring.latest())


def test_a_trace_is_told_by_its_beginning() -> None:
    ring = Ring(1)
    with Tracing(ring, service="shop").server("in", {}) as span:
        span.set("portico.connector", "pets")
        span.set("portico.version", "v1")
        span.set("portico.action", "get")
        span.fail("BACKEND_TIMEOUT")
        with step("inner"):
            span.set("flag", value=True)

    told = ring.get(span.trace_id)
    assert told is not None
    assert [each.name for each in told.steps] == ["in", "inner"]
    assert (told.title, told.error_reason) == ("in", "BACKEND_TIMEOUT")
    assert told.action == "connectors/pets/versions/v1/actions/get"
    assert told.name == f"traces/{span.trace_id}"
    assert told.start == told.steps[0].start
    assert told.duration == told.steps[0].duration
    assert told.steps[0].attributes["flag"] == "true"
    assert {each.service for each in told.steps} == {"shop"}


def test_a_trace_without_end_takes_no_room_without_end_and_keeps_the_call_itself() -> None:
    ring = Ring(1)
    a_trace(Tracing(ring), "the call", steps=2 * MAX_SPANS)

    (told,) = ring.latest()
    assert len(told.steps) == MAX_SPANS + 1
    assert told.title == "the call"


def test_large_traces_push_the_oldest_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_SPANS", 100)
    ring = Ring(1000)
    for number in range(10):
        a_trace(Tracing(ring), f"call {number}", steps=30)

    assert [each.title for each in ring.latest()] == ["call 9", "call 8", "call 7"]


def test_an_event_is_told_with_its_times_in_milliseconds() -> None:
    ring = Ring(1)
    with Tracing(ring).server("in", {}) as span:
        span.event("backoff", {names.SECONDS: 0.00174135})
        span.event("exception", {"exception.type": "OSError"})

    (told,) = ring.latest()
    pause, failure = (told.steps[0].attributes[name] for name in EVENTS)
    assert re.fullmatch(r"\+[0-9]+\.[0-9] ms 1\.7 ms", pause)
    assert re.fullmatch(r"\+[0-9]+\.[0-9] ms OSError", failure)


def test_a_ring_of_no_size_keeps_nothing() -> None:
    ring = Ring(0)
    a_trace(Tracing(ring), "call")

    assert not list(ring.latest())
