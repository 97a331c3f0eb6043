"""How runs are shown: a living tree of steps on a terminal, else a line for each change."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from google.protobuf.timestamp_pb2 import Timestamp
from rich.live import Live
from rich.text import Text
from rich.tree import Tree

from gateway.cli.flow_files import short
from gateway.cli.output import facts, line, note, out, say, visible
from gateway.cli.session import Session
from gateway.v1.flow_pb2 import WatchRunRequest
from gateway.v1.run_pb2 import Run, RunError, StepRun

SIGNS = {
    StepRun.STATE_RUNNING: ("…", "yellow"),
    StepRun.STATE_SUCCEEDED: ("✓", "green"),
    StepRun.STATE_FAILED: ("✗", "red"),
    StepRun.STATE_SKIPPED: ("-", "dim"),
    StepRun.STATE_CANCELLED: ("✗", "dim"),
}
ENDED = frozenset({Run.STATE_SUCCEEDED, Run.STATE_FAILED, Run.STATE_CANCELLED})

WIDTH = 200
"""Characters of an output that are shown."""


def follow(session: Session, name: str, *, quiet: bool = False) -> Run:
    """Watches a run until it has ended, and shows how it goes; prints a failure and exits with 1.

    `quiet`: nothing is shown, since the end is printed for machines.
    """
    seen = _changes(session, name)
    if quiet:
        return _last(seen)
    if not out.is_terminal:
        return _lines(seen)
    with Live(console=out, auto_refresh=False) as live:
        last = Run(name=name)
        for last in seen:
            live.update(tree(last), refresh=True)
    tell_end(last)
    return last


def print_run(run: Run) -> None:
    """Prints a run, its steps, and what it came to."""
    out.print(tree(run), soft_wrap=True)
    tell_end(run)


def tell_end(run: Run) -> None:
    """Prints what a run came to."""
    if run.HasField("error"):
        tell_error(run.error)
    elif run.output:
        facts([("output", _cut(run.output))])


def tell_error(error: RunError) -> None:
    """Prints why something failed, with its cause and remedy."""
    say(f"{error.reason} {error.message}", error.remedy)
    if error.cause:
        note(error.cause)


def verdict(run: Run) -> None:
    """Exits with 1 where a run has not succeeded."""
    if run.state in {Run.STATE_FAILED, Run.STATE_CANCELLED}:
        raise typer.Exit(1)


@contextmanager
def lost(name: str) -> Iterator[None]:
    """Lets Ctrl-C leave a run alone, and says how it is ended."""
    try:
        yield
    except KeyboardInterrupt:
        note(f"the run goes on; `portico run cancel {short(name)}` ends it")
        raise typer.Exit(130) from None


def tree(run: Run) -> Tree:
    """A run with its steps, and how long each took."""
    state = Run.State.Name(run.state).removeprefix("STATE_")
    colour = "red" if run.state == Run.STATE_FAILED else "bold"
    root = Tree(Text.assemble((short(run.name), "bold"), "  ", (state, colour), _took(run)))
    for each in run.steps:
        root.add(_step(each))
    return root


def state_of(run: Run) -> str:
    """Its state, as people read it."""
    return Run.State.Name(run.state).removeprefix("STATE_")


def _changes(session: Session, name: str) -> Iterator[Run]:
    with session.telling():
        yield from session.flows.WatchRun(WatchRunRequest(name=name))


def _last(seen: Iterator[Run]) -> Run:
    *_, last = (Run(), *seen)
    return last


def _lines(seen: Iterator[Run]) -> Run:
    """Prints a line for the state of the run and of each step, once for each change."""
    told: dict[str, str] = {}
    last = Run()
    for last in seen:
        steps = {each.id: _step(each).plain for each in last.steps}
        is_over = last.state in ENDED
        head = {"": f"{short(last.name)}  {state_of(last)}{_took(last) if is_over else ''}"}
        for place, text in ({**steps, **head} if is_over else {**head, **steps}).items():
            if told.get(place) != text:
                told[place] = text
                line(text)
    tell_end(last)
    return last


def _step(step: StepRun) -> Text:
    sign, colour = SIGNS.get(step.state, ("?", ""))
    parts: list[str | tuple[str, str]] = [(sign, colour), " ", step.id]
    if step.HasField("end_time"):
        parts.append((f"  {_seconds(step.start_time, step.end_time)}", "dim"))
    parts += [f"  {said}" for said in _said(step)]
    if step.HasField("error"):
        parts.append((f"  {step.error.reason} {visible(step.error.message)}", "red"))
    return Text.assemble(*parts)


def _said(step: StepRun) -> Iterator[str]:
    """What is worth a word of a step."""
    if step.status:
        yield f"HTTP {step.status}"
    if step.attempts > 1:
        yield f"{step.attempts} attempts"
    if step.items:
        failed = f", {step.failed_items} failed" if step.failed_items else ""
        yield f"{step.items} items{failed}"
    if step.reason:
        yield visible(step.reason)
    if step.skipped_fields:
        yield f"without {visible(', '.join(step.skipped_fields))}"
    if step.child:
        yield short(step.child)


def _took(run: Run) -> str:
    """How long a run took, or has taken to be seen so."""
    if not run.HasField("start_time") or not run.HasField("end_time"):
        return ""
    return f"  {_seconds(run.start_time, run.end_time)}"


def _seconds(start: Timestamp, end: Timestamp) -> str:
    return f"{(end.ToNanoseconds() - start.ToNanoseconds()) / 1e9:.2f} s"


def _cut(text: str) -> str:
    return text if len(text) <= WIDTH or not out.is_terminal else f"{text[:WIDTH]}…"
