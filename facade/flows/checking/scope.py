"""What an expression sees where it stands: the values of the run so far, by their names."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

from facade.expressions.known import ANYTHING, Known, Shape, known_of, list_of, object_of, scalar
from facade.model.definition import Definition, OnEvent, Trigger

STRING: Final = scalar("string")
INTEGER: Final = scalar("integer")
TEXTS: Final = object_of({}, STRING)

ERROR: Final = object_of({"reason": STRING, "message": STRING, "code": INTEGER, "status": INTEGER})
RUN: Final = object_of(dict.fromkeys(("name", "flow", "version", "time"), STRING))
TRIGGERED: Final = dict.fromkeys(("kind", "id", "time"), STRING)
"""What is known of every trigger."""

BROUGHT: Final[Mapping[str, Mapping[str, Known]]] = MappingProxyType(
    {
        "Webhook": {"body": ANYTHING, "headers": TEXTS},
        "BackendWebhook": {"body": ANYTHING, "headers": TEXTS},
        "Poll": {"item": ANYTHING, "items": list_of(ANYTHING)},
        "OnEvent": {"event": ANYTHING},
    }
)
"""What a trigger brings beside, by its kind."""

MESSAGE: Final = object_of({"body": ANYTHING, "headers": TEXTS})
"""What the filter of a webhook sees."""

EVENT: Final = object_of({"event": ANYTHING})
"""What the filter of events sees."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What is known at one place of a definition."""

    values: Mapping[str, Known]
    """By name, without the steps."""
    steps: Mapping[str, Known] = field(default_factory=dict)
    """Those that have run before, by id."""
    calls: tuple[str, ...] = ()
    """Those of them that call an action."""

    @property
    def known(self) -> Known:
        """All of it; of steps that are not there it says nothing: these are told apart."""
        steps = Shape(types=frozenset({"object"}), fields=self.steps, rest=ANYTHING)
        return object_of({**self.values, "steps": steps})

    def after(self, name: str, known: Known, *, is_call: bool) -> "Scope":
        """What is known once a step has run."""
        calls = (*self.calls, name) if is_call else self.calls
        return replace(self, steps={**self.steps, name: known}, calls=calls)

    def of_item(self, item: Known) -> "Scope":
        """What is known while an item of a list is worked on."""
        return replace(self, values={**self.values, "item": item, "index": INTEGER})


def first(definition: Definition) -> Scope:
    """What is known before the first step."""
    return Scope(
        {
            "input": ANYTHING if definition.input is None else known_of(definition.input),
            "trigger": triggered(definition.trigger),
            "env": environment(definition),
            "run": RUN,
        }
    )


def environment(definition: Definition) -> Known:
    """The values that are written once."""
    return object_of(dict.fromkeys(definition.env, STRING))


def triggered(trigger: Trigger) -> Known:
    """What a run is told of its trigger."""
    return object_of({**TRIGGERED, **BROUGHT.get(type(trigger).__name__, {})})


def step_of(output: Known) -> Known:
    """A step that has run, by its output."""
    return object_of(
        {
            "state": STRING,
            "output": output,
            "status": INTEGER,
            "headers": TEXTS,
            "error": ERROR,
        }
    )


def answer_of(body: Known) -> Known:
    """An answer as the expressions of a poll see it."""
    return object_of({"status": INTEGER, "headers": TEXTS, "body": body})


def filtered(trigger: Trigger) -> Known:
    """What the filter of a trigger sees."""
    return EVENT if isinstance(trigger, OnEvent) else MESSAGE
