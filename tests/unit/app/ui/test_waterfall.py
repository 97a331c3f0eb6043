"""Waterfalls: bars within one stretch of time, and trees of answers."""

from datetime import UTC, datetime, timedelta

from facade.app.ui.tree import nested
from facade.app.ui.waterfall import LEAST, WIDTH, of_run, of_trace
from facade.model.run import Run, RunName, StepRun, StepState
from facade.telemetry.ring import Step, Told
from facade.telemetry.spans import Kind
from facade.trials.tree import nodes_of

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def a_step(id_: str, parent: str, start: int, duration: int) -> Step:
    return Step(
        span_id=id_,
        parent_id=parent,
        name=id_,
        kind=Kind.INTERNAL,
        service="portico-facade",
        start=start,
        duration=duration,
    )


def test_steps_of_a_trace_stand_behind_those_that_they_are_part_of() -> None:
    steps = (a_step("a", "", 0, 100), a_step("b", "a", 10, 0), a_step("c", "a", 50, 100))
    bars = of_trace(Told(trace_id="0" * 32, steps=steps))
    assert [(each.name, each.depth) for each in bars] == [("a", 0), ("b", 1), ("c", 1)]
    assert all(each.x >= 0 and each.x + each.width <= WIDTH for each in bars)
    assert bars[1].width == LEAST


def test_spans_that_name_each_other_are_shown_once() -> None:
    steps = (a_step("a", "b", 0, 1), a_step("b", "a", 0, 1))
    assert len(of_trace(Told(trace_id="0" * 32, steps=steps))) == 2


def test_a_step_that_goes_on_reaches_to_now() -> None:
    steps = (
        StepRun(
            id="one",
            position=0,
            state=StepState.SUCCEEDED,
            start_time=BEGAN,
            end_time=BEGAN + timedelta(seconds=1),
        ),
        StepRun(id="two", position=1, start_time=BEGAN + timedelta(seconds=1)),
    )
    run = Run(name=RunName("f", "r"), version="v1", create_time=BEGAN, steps=steps)
    bars = of_run(run, BEGAN + timedelta(seconds=4))
    assert [(each.x, each.width, each.tone) for each in bars] == [
        (0, 250, "good"),
        (250, 750, "busy"),
    ]


def test_the_nodes_of_an_answer_stand_within_each_other() -> None:
    nodes, _ = nodes_of({"a": [1, {"b": 2}], "c": None})
    root = nested(nodes)
    assert root is not None
    assert [each.node.name for each in root.branches] == ["a", "c"]
    assert root.branches[0].branches[1].branches[0].node.path == "a[1].b"
    assert root.said == "2 fields"
    assert nested(()) is None
