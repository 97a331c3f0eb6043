"""What an expression sees where it stands: the values of the run so far, by their names."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

from facade.expressions.known import ANYTHING, Known, Shape, known_of, object_of, scalar
from facade.model.definition import Definition, OnEvent, Poll, Trigger

STRING: Final = scalar("string")
INTEGER: Final = scalar("integer")
TEXTS: Final = object_of({}, STRING)

ERROR: Final = object_of({"reason": STRING, "message": STRING, "code": INTEGER, "status": INTEGER})
RUN: Final = object_of(dict.fromkeys(("name", "flow", "version", "time"), STRING))
_TEXT: Final = {"type": "string"}
_TEXTS: Final = {"type": "object", "additionalProperties": _TEXT}
_EVENT: Final = {**dict.fromkeys(("id", "type", "source", "time"), _TEXT), "data": {}}
_BROUGHT: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "Webhook": {"body": {}, "headers": _TEXTS},
        "BackendWebhook": {"body": {}, "headers": _TEXTS},
        "OnEvent": {"event": {"type": "object", "properties": _EVENT}},
    }
)
"""Schemas of what a trigger brings beside what all do, by its kind."""

MESSAGE: Final = object_of({"body": ANYTHING, "headers": TEXTS})
"""What the filter of a webhook sees."""

EVENT: Final = object_of(
    {
        "event": object_of(
            {
                **dict.fromkeys(("id", "type", "source", "time"), STRING),
                **dict.fromkeys(("specversion", "datacontenttype", "sequence"), STRING),
                "data": ANYTHING,
            }
        )
    }
)
"""What the filter of events sees."""

CALLBACK: Final = object_of({"url": STRING, "secret": STRING})
REGISTRATION: Final = object_of({"location": STRING})


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


def trigger_schema(trigger: Trigger) -> Mapping[str, Any]:
    """The JSON Schema of what a run is told of its trigger."""
    told = dict.fromkeys(("kind", "id", "time"), _TEXT)
    brought = _BROUGHT.get(type(trigger).__name__, {})
    if isinstance(trigger, Poll):
        brought = {"item": {}} if trigger.each else {"items": {"type": "array"}}
    members = {**told, **brought}
    return {"type": "object", "properties": members, "additionalProperties": False}


def triggered(trigger: Trigger) -> Known:
    """What is known of that."""
    return known_of(trigger_schema(trigger))


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
