"""Waterfalls: what took how long, step below step, as bars over one stretch of time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from facade.model.run import Run, StepRun
from facade.telemetry.ring import Step, Told

WIDTH: Final = 1000
"""Units of the longest bar."""
LEAST: Final = 3
"""Units of the shortest one, so that it is seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One step: what it is, and where it stands in time."""

    name: str
    note: str = ""
    """Beside its name: which service it is of, how often it was tried."""
    depth: int = 0
    x: int
    """Units from the beginning."""
    width: int
    seconds: float
    begins: float
    """Seconds from the beginning."""
    tone: str = "good"
    """`good`, `bad`, `idle`, `busy`."""
    state: str = ""
    """In words, for those who see no colour."""
    facts: Mapping[str, str] = field(default_factory=dict)


def of_trace(told: Told) -> list[Bar]:
    """The steps of a trace, each behind the one that it is part of."""
    total = max(told.duration, 1)
    return [_of_step(step, depth, told.start, total) for step, depth in _walk(told.steps)]


def of_run(run: Run, now: datetime) -> list[Bar]:
    """The steps of a run, in the order in which they began."""
    if not run.steps:
        return []
    start = min(each.start_time for each in run.steps)
    end = max(each.end_time or now for each in run.steps)
    total = max((end - start).total_seconds(), 0.001)
    return [_of_run_step(each, start, total, now) for each in run.steps]


TONES: Final[Mapping[str, str]] = {
    "SUCCEEDED": "good",
    "FAILED": "bad",
    "SKIPPED": "idle",
    "CANCELLED": "idle",
    "RUNNING": "busy",
}


def _of_run_step(step: StepRun, start: datetime, total: float, now: datetime) -> Bar:
    begins = (step.start_time - start).total_seconds()
    lasts = max(((step.end_time or now) - step.start_time).total_seconds(), 0.0)
    x, width = _place(begins / total, lasts / total)
    note = f"{step.attempts} attempts" if step.attempts > 1 else ""
    return Bar(
        name=step.id,
        note=note,
        x=x,
        width=width,
        seconds=lasts,
        begins=begins,
        tone=TONES[step.state.value],
        state=step.state.value,
    )


def _of_step(step: Step, depth: int, start: int, total: int) -> Bar:
    begins = step.start - start
    x, width = _place(begins / total, step.duration / total)
    return Bar(
        name=step.name,
        note=step.service.removeprefix("portico-"),
        depth=depth,
        x=x,
        width=width,
        seconds=step.duration / 1e9,
        begins=begins / 1e9,
        tone="bad" if step.error_reason else "good",
        state=step.error_reason,
        facts=step.attributes,
    )


def _place(begins: float, lasts: float) -> tuple[int, int]:
    x = min(max(round(begins * WIDTH), 0), WIDTH - LEAST)
    return x, min(max(round(lasts * WIDTH), LEAST), WIDTH - x)


def _walk(steps: Sequence[Step]) -> Iterator[tuple[Step, int]]:
    """The steps in the order of a tree, with their depth; none is left out or shown twice."""
    ids = {each.span_id for each in steps}
    below: dict[str, list[Step]] = {}
    for each in steps:
        below.setdefault(each.parent_id if each.parent_id in ids else "", []).append(each)
    shown: set[str] = set()
    for first in (*below.get("", ()), *steps):
        waiting = [(first, 0)]
        while waiting:
            step, depth = waiting.pop()
            if step.span_id not in shown:
                shown.add(step.span_id)
                yield step, depth
                waiting += [(each, depth + 1) for each in reversed(below.get(step.span_id, ()))]
