"""Documentation of a flow, as facts of it: what its page is filled with."""

import json
import shlex
from collections.abc import Iterator, Mapping
from typing import Any, Final

from facade.app.ui.words import of_trigger, of_work
from facade.flows.document.reading import read_definition
from facade.flows.document.steps import every
from facade.model.definition import (
    BackendWebhook,
    Bounds,
    CallAction,
    Definition,
    ForEach,
    OnFailure,
    Poll,
    Step,
    Webhook,
    Work,
)
from facade.spec.example import example
from gateway.cli.documentation import cell, errors
from gateway.cli.flow_files import short
from gateway.cli.output import visible
from gateway.v1.flow_pb2 import Flow, FlowVersion

FAILURES: Final = (
    ("A rule that does not hold", "VALIDATION_FAILED"),
    ("A status that is no success", "STATUS_REFUSED"),
    ("An expression", "EXPRESSION_FAILED"),
    ("Too much for one run", "RUN_EXHAUSTED"),
)
"""What runs come to beside what calls come to, and under which reason the table has it."""


def facts_of(flow: Flow, version: FlowVersion, server: str) -> Mapping[str, Any]:
    """What the page of a flow says of one version."""
    definition = read_definition(version.source)
    title = definition.title or short(flow.name)
    kind, when = of_trigger(definition.trigger)
    given = "" if definition.input is None else _text(example(definition.input, _named(definition)))
    asked = {"name": flow.name, "wait": True} | ({"input": given} if given else {})
    return {
        "title": cell(title),
        "plain_title": " ".join(visible(title).split()),
        "description": visible(definition.description),
        "name": short(version.name),
        "flow": short(flow.name),
        "state": Flow.State.Name(flow.state).removeprefix("STATE_").lower(),
        "server": server,
        "trigger": cell(kind),
        "when": cell(when),
        "has_address": isinstance(definition.trigger, Webhook | BackendWebhook),
        "steps": [_step(each) for each in every(definition.steps)],
        "outputs": [_step(each) for each in definition.output],
        "input": cell(_text(definition.input)) if definition.input is not None else "",
        "env": [{"name": cell(key), "value": cell(each)} for key, each in definition.env.items()],
        "calls": [{"action": cell(each), "by": cell(by)} for each, by in _calls(definition)],
        "limits": list(_limits(definition)),
        "errors": [*errors(FAILURES), *errors()],
        "given": f" -i {shlex.quote(visible(given))}" if given else "",
        "request": visible(_text(asked)).replace("'", "'\\''"),
    }


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _named(definition: Definition) -> Mapping[str, Any]:
    """The schemas that the input's own refers to."""
    found = (definition.input or {}).get("$defs")
    return found if isinstance(found, Mapping) else {}


def _step(step: Step) -> Mapping[str, str]:
    goes_on = step.on_failure is OnFailure.CONTINUE
    return {
        "id": step.id,
        "does": cell(of_work(step.work)),
        "title": cell(step.title),
        "fails": "the run goes on" if goes_on else "the run ends",
    }


def _calls(definition: Definition) -> Iterator[tuple[str, str]]:
    """Every action that it calls, once for each connection."""
    trigger = definition.trigger
    calls = [each.call for each in map(_called, _works(definition)) if each is not None]
    if isinstance(trigger, Poll):
        calls.append(trigger.call)
    if isinstance(trigger, BackendWebhook):
        calls += [trigger.register, *([trigger.unregister] if trigger.unregister else [])]
    yield from dict.fromkeys((each.action, each.connection) for each in calls)


def _works(definition: Definition) -> Iterator[Work]:
    for step in every((*definition.steps, *definition.output)):
        yield step.work.work if isinstance(step.work, ForEach) else step.work


def _called(work: Work) -> CallAction | None:
    return work if isinstance(work, CallAction) else None


def _limits(definition: Definition) -> Iterator[str]:
    """What bounds a run, in a sentence each."""
    bounds: Bounds = definition.bounds
    yield f"A run takes {bounds.seconds:g} s at most, its waits not counted."
    yield f"It does {bounds.steps} things at most; each item of a fan-out is one."
    yield f"What its steps give has {bounds.bytes} bytes at most, all together."
    yield f"{bounds.concurrency} runs are under way at a time, and more wait."
    if bounds.rate:
        yield f"{bounds.rate} runs begin in a minute at most."
    for step in every((*definition.steps, *definition.output)):
        tries = step.tries.attempts
        again = f", and is tried {tries} times at most" if tries > 1 else ""
        if isinstance(step.work, CallAction | ForEach):
            yield f"`{step.id}` has {step.timeout:g} s for a try{again}."
