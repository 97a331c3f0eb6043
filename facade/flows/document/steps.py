"""Steps, as a flow file writes them."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from facade.flows.document.collections import Listed
from facade.flows.document.form import Form, Later, Member, required
from facade.flows.document.kinds import Choice, Duration, Text, Whole
from facade.flows.document.node import Node
from facade.flows.document.rules import ID_FORM, RULE, STEP_ID
from facade.flows.document.triggers import CEL, JMESPATH
from facade.flows.document.works import MAKERS, SAVE, SOURCE, TAKERS, WAIT, WORK, WORKS
from facade.model.definition import (
    Branch,
    Choose,
    ForEach,
    OnFailure,
    Retry,
    Step,
    Validate,
)

MOST: Final = 200
"""Steps of one list."""

PATIENT: Final = 30.0
"""Seconds of one try beyond which a step is not tried again (H-6)."""

DEFAULT: Final = 10.0
"""Seconds of one try."""


def _retry(node: Node, values: dict[str, Any]) -> Retry:
    made = Retry(**values)
    if made.cap < made.base:
        at = node.child("cap" if "cap" in values else "base")
        raise at.refuse(f"`cap` ({made.cap:g}s) is less than `base` ({made.base:g}s)")
    return made


RETRY: Final = Form(
    name="Retry",
    about="How often the step is tried, and how long it waits between.",
    members={
        "attempts": required(Whole(least=1, most=10), "Tries at most, the first one counted."),
        "base": Member(
            Duration(least=0.01, most=3600),
            "The longest pause before the second try; doubled each time …",
            1.0,
        ),
        "cap": Member(Duration(least=0.01, most=3600), "… and never longer than this.", 30.0),
    },
    make=_retry,
    take=lambda retry: {key: getattr(retry, key) for key in ("attempts", "base", "cap")},
)


def _step(node: Node, values: dict[str, Any]) -> Step:
    common = {key: values[key] for key in COMMON if key in values}
    retry, timeout = values.get("retry"), values.get("timeout", DEFAULT)
    if retry is not None and retry.attempts > 1 and timeout > PATIENT:
        at = node.child("timeout")
        raise at.refuse(f"a step that is tried again may have {PATIENT:g}s for one try at most")
    kind = next(each for each in DONE if each in values)
    return Step(**common, work=MAKING[kind](node, values), place=node.place)


def _taken(step: Step) -> dict[str, Any]:
    return {**{key: getattr(step, key) for key in COMMON}, **TAKING[type(step.work)](step.work)}


COMMON: Final = {
    "id": required(Text(least=1, pattern=STEP_ID, form=ID_FORM), "What the step is called."),
    "title": Member(Text(), "A line for people.", ""),
    "when": Member(CEL, "A condition; false: the step is skipped."),
    "retry": Member(RETRY, RETRY.about),
    "timeout": Member(Duration(least=0.1, most=3600), "The time of one try.", DEFAULT),
    "on_failure": Member(Choice(OnFailure), "What a failure does to the run.", OnFailure.ABORT),
}
"""The fields of every step."""


def _branches(node: Node, values: dict[str, Any]) -> Choose:
    branches: tuple[Branch, ...] = values["choose"]
    for index, branch in enumerate(branches[:-1]):
        if branch.when is None:
            at = node.child("choose").child(index)
            raise at.refuse("only the last branch may be without `when`")
    return Choose(branches=branches)


def _form() -> Form:
    return STEP


BRANCH: Final = Form(
    name="Branch",
    about="Steps under a condition.",
    members={
        "when": Member(CEL, "Its condition; absent, in the last one alone: always."),
        "steps": required(
            Listed(kind=Later(_form), least=1, most=MOST), "The steps of the branch."
        ),
    },
    make=lambda _node, values: Branch(when=values.get("when"), steps=values["steps"]),
    take=lambda branch: {"when": branch.when, "steps": branch.steps},
)

MAKING: Final[Mapping[str, Any]] = {
    **MAKERS,
    "validate": lambda _node, values: Validate(rules=values["validate"], source=values.get("from")),
    "choose": _branches,
    "for_each": lambda _node, values: ForEach(
        items=values["for_each"], work=values["do"], concurrency=values.get("concurrency", 16)
    ),
}
TAKING: Final[Mapping[type, Any]] = {
    **TAKERS,
    Validate: lambda work: {"validate": work.rules, "from": work.source},
    Choose: lambda work: {"choose": work.branches},
    ForEach: lambda work: {
        "for_each": work.items,
        "concurrency": work.concurrency,
        "do": work.work,
    },
}
LISTED: Final = {
    "validate": {
        "validate": required(Listed(kind=RULE, least=1, most=100), "What must hold, in order."),
        "from": SOURCE,
    },
    "choose": {
        "choose": required(
            Listed(kind=BRANCH, least=1, most=50), "Branches; the first that is true is gone."
        )
    },
    "for_each": {
        "for_each": required(JMESPATH, "The list of which each item is worked on."),
        "concurrency": Member(Whole(least=1, most=64), "Items that are worked on at a time.", 16),
        "do": required(WORK, WORK.about),
    },
}
DONE: Final = {
    "action": WORKS["action"],
    "map": WORKS["map"],
    "validate": LISTED["validate"],
    "choose": LISTED["choose"],
    "for_each": LISTED["for_each"],
    "wait": WAIT,
    "flow": WORKS["flow"],
    "notify": WORKS["notify"],
    "save": SAVE,
}
"""The fields of each work, by the one that tells it."""

STEP: Final[Form] = Form(
    name="Step",
    about="One step: what all steps have, and one thing to do.",
    members=COMMON,
    variants=DONE,
    make=_step,
    take=_taken,
)

ENDING: Final = Form(
    name="Ending",
    about="A step of the output: save, action or notify.",
    members=COMMON,
    variants={key: DONE[key] for key in ("save", "action", "notify")},
    make=_step,
    take=_taken,
)


def every(steps: tuple[Step, ...]) -> Iterator[Step]:
    """Steps with those of their branches, in the order of the text."""
    for step in steps:
        yield step
        if isinstance(step.work, Choose):
            for branch in step.work.branches:
                yield from every(branch.steps)
