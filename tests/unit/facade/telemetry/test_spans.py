import asyncio
from functools import partial
from itertools import count

import pytest

from facade.errors.backend import BackendNotFound, BackendTimeout
from facade.errors.caller import ActionNotFound
from facade.telemetry.ring import Ring, Step
from facade.telemetry.sampling import alone, always_off, always_on, parent_based
from facade.telemetry.spans import (
    MAX_ATTRIBUTES,
    MAX_EVENTS,
    MAX_TEXT,
    SILENT,
    Clocks,
    Kind,
    Recorded,
    Tracing,
    apart,
    current,
    step,
    within,
)

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
UNSAMPLED = PARENT[:-1] + "0"


class Kept:
    """Keeps the spans themselves."""

    def __init__(self) -> None:
        self.spans: list[Recorded] = []

    def add(self, span: Recorded) -> None:
        self.spans.append(span)


@pytest.fixture
def ring() -> Ring:
    return Ring(10)


def steps(ring: Ring) -> dict[str, Step]:
    return {each.name: each for told in ring.latest() for each in told.steps}


def test_a_call_joins_its_callers_trace_and_hands_it_on(ring: Ring) -> None:
    tracing = Tracing(ring)

    with tracing.server("in", {"traceparent": PARENT}) as server, tracing.client("out") as client:
        client.set("http.request.method", "GET")
        carried = dict(tracing.carry())

    assert server.trace_id == client.trace_id == "0af7651916cd43dd8448eb211c80319c"
    assert carried == {"traceparent": f"00-{server.trace_id}-{client.span_id}-01"}
    told = steps(ring)
    assert told["in"].parent_id == "b7ad6b7169203331"
    assert told["out"].parent_id == told["in"].span_id
    assert (told["in"].kind, told["out"].kind) == (Kind.SERVER, Kind.CLIENT)
    assert told["out"].attributes == {"http.request.method": "GET"}


def test_where_nothing_is_recorded_a_trace_id_is_made_all_the_same() -> None:
    tracing = Tracing()

    with tracing.server("in", {}) as first:
        carried = dict(tracing.carry())
    with tracing.server("in", {}) as second:
        pass

    assert int(first.trace_id, 16) != 0
    assert first.trace_id != second.trace_id
    assert carried["traceparent"].endswith("-00")
    assert not first.recorded


@pytest.mark.parametrize("parent", [PARENT, UNSAMPLED])
@pytest.mark.parametrize("sinks", [(), (Ring(1),)])
def test_without_an_exporter_the_callers_trace_goes_on_as_he_sent_it(
    parent: str, sinks: tuple[Ring, ...]
) -> None:
    tracing = Tracing(*sinks)
    sent = {"traceparent": parent, "tracestate": "vendor=1"}

    with tracing.server("in", sent), tracing.client("out"):
        carried = dict(tracing.carry())

    _, trace, span, flags = carried["traceparent"].split("-")
    assert [trace, flags] == parent.split("-")[1::2]
    assert span != parent.split("-")[2]
    assert carried["tracestate"] == "vendor=1"


def test_what_is_recorded_for_the_ring_alone_is_not_called_sampled(ring: Ring) -> None:
    tracing = Tracing(ring)

    with tracing.server("in", {}) as span:
        carried = dict(tracing.carry())

    assert span.recorded
    assert carried["traceparent"].endswith("-00")
    assert ring.get(span.trace_id) is not None


def test_with_an_exporter_what_the_sampler_leaves_out_is_not_recorded(ring: Ring) -> None:
    none = Tracing(ring, sampler=partial(alone, always_off))
    every = Tracing(ring, sampler=partial(parent_based, always_on))

    with none.server("left out", {"traceparent": PARENT}), none.client("request"):
        assert dict(none.carry())["traceparent"].endswith("-00")
    with every.server("chosen", {}):
        assert dict(every.carry())["traceparent"].endswith("-01")
    with every.server("not the caller's choice", {"traceparent": UNSAMPLED}):
        assert dict(every.carry())["traceparent"].endswith("-00")

    assert list(steps(ring)) == ["chosen"]


def test_a_step_is_part_of_the_span_around_it_and_costs_nothing_where_none_is_recorded(
    ring: Ring,
) -> None:
    with Tracing().server("in", {}) as span:
        assert step("inner") is SILENT
        assert current() is span
    assert current() is SILENT
    assert current().trace_id == ""
    with Tracing(ring).server("in", {}), step("outer"), step("inner") as inner:
        assert current() is inner
    told = steps(ring)
    assert told["inner"].parent_id == told["outer"].span_id
    assert told["outer"].parent_id == told["in"].span_id


def test_work_beside_a_call_has_a_trace_of_its_own_that_is_linked_to_the_call() -> None:
    sink = Kept()
    with Tracing(sink).server("in", {}) as call, apart("beside") as beside:
        pass

    assert beside.trace_id != call.trace_id
    assert [each.links for each in sink.spans] == [((call.trace_id, call.span_id),), ()]
    with Tracing().server("in", {}):
        assert apart("beside") is SILENT


@pytest.mark.parametrize(
    ("kind", "error", "said", "is_error"),
    [
        (Kind.SERVER, BackendTimeout("t"), "BACKEND_TIMEOUT", True),
        (Kind.SERVER, BackendNotFound("t"), "BACKEND_NOT_FOUND", False),
        (Kind.SERVER, ActionNotFound("t"), "ACTION_NOT_FOUND", False),
        (Kind.CLIENT, BackendNotFound("t"), "BACKEND_NOT_FOUND", True),
        (Kind.SERVER, asyncio.CancelledError(), "CANCELLED", False),
        (Kind.CLIENT, asyncio.CancelledError(), "CANCELLED", True),
        (Kind.SERVER, ValueError("a secret"), "INTERNAL_ERROR", True),
        (Kind.SERVER, GeneratorExit(), "", False),
    ],
)
def test_a04_a_span_says_what_ended_it_and_whose_failure_that_is(
    *, ring: Ring, kind: Kind, error: BaseException, said: str, is_error: bool
) -> None:
    tracing = Tracing(ring)
    opened = tracing.server("x", {}) if kind is Kind.SERVER else tracing.client("x")

    with pytest.raises(type(error)), opened:
        raise error

    told = steps(ring)["x"]
    assert told.error_reason == said
    assert getattr(opened, "error") is is_error  # noqa: B009 - a Recorded span has it
    assert "secret" not in repr(told)
    assert current() is SILENT


def test_what_the_step_says_itself_of_its_failure_stands(ring: Ring) -> None:
    span = Tracing(ring).server("x", {})
    span.fail("MINE")

    with pytest.raises(BackendTimeout), span:
        raise BackendTimeout("t")

    assert steps(ring)["x"].error_reason == "MINE"


def test_times_are_those_of_a_clock_that_never_steps(ring: Ring) -> None:
    ticks, dates = count(1000, 10), iter([5_000_000, 1])
    tracing = Tracing(ring, clocks=Clocks(lambda: next(dates), lambda: next(ticks)))

    with tracing.server("in", {}) as span:
        span.event("waits", {"portico.seconds": 0.5})

    told = steps(ring)["in"]
    assert (told.start, told.duration) == (5_000_010, 20)
    assert told.attributes == {"event.1.waits": "+0.0 ms 500.0 ms"}


@pytest.mark.parametrize(
    ("keys", "whole", "carried"),
    [
        (frozenset(), False, None),
        (frozenset({"b", "d"}), False, "b=2;p=1,d=4"),
        (frozenset(), True, "a=1,b=2;p=1,d=4"),
    ],
)
def test_of_the_baggage_backends_get_what_the_operator_names_and_our_facade_all(
    *, keys: frozenset[str], whole: bool, carried: str | None
) -> None:
    tracing = Tracing(baggage_keys=keys)

    with tracing.server("in", {"baggage": "a=1, b=2;p=1 ,d=4"}):
        assert dict(tracing.carry(whole_baggage=whole)).get("baggage") == carried


def test_outside_of_any_trace_nothing_is_carried_and_a_request_begins_one(ring: Ring) -> None:
    tracing = Tracing(ring)
    assert tracing.carry() == ()
    with tracing.client("out") as span:
        assert dict(tracing.carry())["traceparent"].split("-")[1] == span.trace_id


async def test_calls_at_once_do_not_see_each_others_spans(ring: Ring) -> None:
    tracing = Tracing(ring)

    async def one(name: str) -> None:
        with tracing.server(name, {}) as span:
            await asyncio.sleep(0)
            assert current() is span
            with step(f"{name}'s step"):
                await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        for each in "abc":
            group.create_task(one(each))

    told = steps(ring)
    assert all(told[f"{each}'s step"].parent_id == told[each].span_id for each in "abc")


def test_a_span_is_bounded_whatever_is_said_of_it(ring: Ring) -> None:
    with Tracing(ring).server("in", {}) as span:
        for number in range(2 * MAX_ATTRIBUTES):
            span.set(f"a{number}", "x" * 10_000)
            span.event("e")
        span.set("a0", "again")

    said = steps(ring)["in"].attributes
    events = [each for each in said if each.startswith("event.")]
    assert (len(said), len(events)) == (MAX_ATTRIBUTES + MAX_EVENTS, MAX_EVENTS)
    assert (said["a0"], len(said["a1"])) == ("again", MAX_TEXT)


def test_work_within_a_step_is_recorded_where_its_call_is_and_done_in_any_case(ring: Ring) -> None:
    for tracing in (Tracing(ring), Tracing()):
        with tracing.server("in", {}):
            assert within("halved", divmod, 9, 2) == (4, 1)
            with pytest.raises(ZeroDivisionError):
                within("broken", divmod, 1, 0)
    assert within("alone", divmod, 9, 2) == (4, 1)
    told = steps(ring)
    assert told.keys() == {"in", "halved", "broken"}
    assert (told["halved"].error_reason, told["broken"].error_reason) == ("", "INTERNAL_ERROR")
