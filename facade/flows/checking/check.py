"""Checks a definition: every expression, call and reference, by what is known where it stands."""

from collections.abc import Iterator
from functools import reduce
from typing import Final

from facade.expressions.finding import Finding
from facade.expressions.known import ANYTHING, Known, either, list_of, object_of, scalar
from facade.flows.checking.arguments import Arguments, fit
from facade.flows.checking.called import Actions, Called
from facade.flows.checking.credentials import credentials_in
from facade.flows.checking.expressions import Expressions
from facade.flows.checking.scope import (
    CALLBACK,
    REGISTRATION,
    STRING,
    Scope,
    answer_of,
    environment,
    filtered,
    first,
    step_of,
)
from facade.flows.document.steps import every
from facade.model.definition import (
    ActionCall,
    BackendWebhook,
    CallAction,
    Choose,
    Definition,
    Expression,
    ForEach,
    Map,
    Notify,
    OnEvent,
    Place,
    Poll,
    Rule,
    RuleKind,
    RunFlow,
    Save,
    Statuses,
    Step,
    Validate,
    Wait,
    Webhook,
    Work,
)

NULL: Final = scalar("null")
MOST: Final = 200
"""Findings that are told at once."""
FOLLOWED: Final = 200
"""Flows that are looked into for one that runs itself."""


def check(definition: Definition, actions: Actions, name: str = "") -> tuple[Finding, ...]:
    """All that cannot work in a definition, in the order of its text; empty where it can.

    `name` is that of the flow, `flows/{flow}`, where it has one: it must not run itself.
    """
    walk = Walk(definition, actions)
    walk.trigger()
    scope = walk.steps(definition.steps, first(definition))
    scope = walk.steps(definition.output, scope)
    if definition.result:
        walk.looks.path(definition.result, scope)
    found = [*walk.looks.found, *credentials_in(definition), *_circles(definition, actions, name)]
    ordered = sorted(dict.fromkeys(found), key=lambda each: (each.place.line, each.place.column))
    return tuple(ordered[:MOST])


class Walk:
    """Goes through a definition as a run would, with what is known in place of values."""

    def __init__(self, definition: Definition, actions: Actions) -> None:
        """Takes what is checked, and what knows what it calls."""
        self._definition = definition
        self._actions = actions
        ids = (each.id for each in every((*definition.steps, *definition.output)))
        self.looks = Expressions(ids)
        self._output: Known = ANYTHING
        """Of the last step of a list."""

    def trigger(self) -> None:
        """Looks at what starts the flow."""
        trigger = self._definition.trigger
        if isinstance(trigger, Webhook | BackendWebhook | OnEvent) and trigger.filter:
            self.looks.condition_of(trigger.filter, filtered(trigger))
        if isinstance(trigger, BackendWebhook):
            self._registration(trigger)
        if isinstance(trigger, Poll):
            self._poll(trigger)

    def steps(self, steps: tuple[Step, ...], scope: Scope) -> Scope:
        """What is known after steps that follow each other."""
        for step in steps:
            if step.when:
                self.looks.condition(step.when, scope)
            self._output = self._work(step.work, scope, step.place)
            self.looks.passed(step.id)
            is_call = isinstance(step.work, CallAction)
            scope = scope.after(step.id, step_of(self._output), is_call=is_call)
        return scope

    def _work(self, work: Work, scope: Scope, place: Place) -> Known:
        """What is known of what a work gives."""
        match work:
            case CallAction(call=call, statuses=statuses):
                return self._call(call, statuses, scope)
            case Map():
                return self._map(work, scope)
            case Choose():
                return self._choose(work, scope)
            case ForEach(items=items, work=inner):
                return list_of(self._work(inner, scope.of_item(self._item(items, scope)), place))
            case RunFlow():
                return self._run_flow(work, scope)
            case _:
                return self._simple(work, scope, place)

    def _simple(self, work: Work, scope: Scope, place: Place) -> Known:
        match work:
            case Validate():
                self._validate(work, scope, place)
            case Wait(until=Expression() as until):
                self._needs(until, self.looks.path(until, scope), "string", "`until`")
            case Save(key=key, value=value):
                self.looks.slots(key, {}, work.place, scope)
                self.looks.path(value, scope)
            case Notify():
                self.looks.slots(work.subject, {}, work.subject_place, scope)
                self.looks.slots(work.content, work.places, place, scope)
                return STRING
        return ANYTHING

    def _call(self, call: ActionCall, statuses: Statuses, scope: Scope) -> Known:
        self.looks.slots(call.arguments, call.places, call.place, scope)
        self.looks.slots(call.subject, {}, call.place, scope)
        return self._called(call, scope.known).output(statuses)

    def _called(self, call: ActionCall, known: Known) -> Called:
        found = self._actions.find(call)
        if isinstance(found, Finding):
            self.looks.found.append(found)
            return Called()
        self.looks.found += Arguments(call, found, known).findings()
        return found

    def _map(self, work: Map, scope: Scope) -> Known:
        if work.source:
            known = self.looks.path(work.source, scope)
            gives = {name: self.looks.path_of(e, known) for name, e in work.fields.items()}
            whole = self.looks.path_of(work.expression, known) if work.expression else None
        else:
            gives = {name: self.looks.path(e, scope) for name, e in work.fields.items()}
            whole = self.looks.path(work.expression, scope) if work.expression else None
        return whole if whole is not None else object_of(gives)

    def _choose(self, work: Choose, scope: Scope) -> Known:
        found: list[Known] = []
        for branch in work.branches:
            if branch.when:
                self.looks.condition(branch.when, scope)
            self.steps(branch.steps, scope)
            found.append(self._output)
        if work.branches[-1].when:
            found.append(NULL)
        return reduce(either, found)

    def _item(self, items: Expression, scope: Scope) -> Known:
        known = self.looks.path(items, scope)
        self._needs(items, known, "array", "`for_each`")
        return known.items()

    def _needs(self, expression: Expression, known: Known, kind: str, who: str) -> None:
        if not fit(known.types, frozenset({kind})):
            given = " or ".join(sorted(known.types))
            words = {"array": "a list", "string": "a text"}[kind]
            message = f"{who} needs {words}, and this is {given}"
            self.looks.found.append(Finding(expression.place, message))

    def _run_flow(self, work: RunFlow, scope: Scope) -> Known:
        self.looks.slots(work.input, work.places, work.place, scope)
        found = self._actions.flow(work)
        if isinstance(found, Finding):
            self.looks.found.append(found)
        return ANYTHING

    def _validate(self, work: Validate, scope: Scope, place: Place) -> None:
        known = self.looks.path(work.source, scope) if work.source else None
        for rule in work.rules:
            if rule.condition:
                self.looks.condition(rule.condition, scope)
            if rule.value and known is not None:
                self.looks.path_of(rule.value, known)
            elif rule.value:
                self.looks.path(rule.value, scope)
            if rule.kind is RuleKind.STATUS:
                self._status(rule, scope, place)

    def _status(self, rule: Rule, scope: Scope, place: Place) -> None:
        if rule.of and rule.of not in scope.calls:
            message = f"`of`: no step `{rule.of}` before this one calls an action"
        elif not scope.calls:
            message = "no step before this one calls an action, so that there is no status"
        else:
            return
        self.looks.found.append(Finding(rule.place if rule.place.line else place, message))

    def _poll(self, trigger: Poll) -> None:
        around = object_of({"state": ANYTHING, "env": environment(self._definition)})
        call = trigger.call
        self.looks.slots_of(call.arguments, call.places, call.place, around)
        answer = answer_of(self._called(call, around).output(Statuses()))
        items = self.looks.path_of(trigger.items, answer)
        self._needs(trigger.items, items, "array", "`items`")
        if trigger.key:
            self.looks.path_of(trigger.key, items.items())
        if trigger.state:
            self.looks.path_of(trigger.state, answer)

    def _registration(self, trigger: BackendWebhook) -> None:
        env = environment(self._definition)
        for call, around in (
            (trigger.register, object_of({"callback": CALLBACK, "env": env})),
            (trigger.unregister, object_of({"registration": REGISTRATION, "env": env})),
        ):
            if call is not None:
                self.looks.slots_of(call.arguments, call.places, call.place, around)
                self._called(call, around)


def _circles(definition: Definition, actions: Actions, name: str) -> Iterator[Finding]:
    """The steps by which a flow would run itself, as far as the flows between are known (O06)."""
    for work in _run_by(definition):
        chain = _chain_to(name, work, actions) if name else None
        if chain:
            shown = " -> ".join([name, *chain])
            yield Finding(work.place, f"the flow would run itself without end: {shown}")


def _chain_to(name: str, work: RunFlow, actions: Actions) -> list[str] | None:
    """The flows from a step to the flow that it is of; None where none leads there."""
    waiting: list[tuple[RunFlow, list[str]]] = [(work, [])]
    seen: set[str] = set()
    while waiting and len(seen) < FOLLOWED:
        each, before = waiting.pop()
        flow = "/".join(each.flow.split("/")[:2])
        chain = [*before, flow]
        if flow == name:
            return chain
        found = None if flow in seen else actions.flow(each)
        seen.add(flow)
        if isinstance(found, Definition):
            waiting += [(below, chain) for below in _run_by(found)]
    return None


def _run_by(definition: Definition) -> Iterator[RunFlow]:
    for step in every((*definition.steps, *definition.output)):
        work = step.work.work if isinstance(step.work, ForEach) else step.work
        if isinstance(work, RunFlow):
            yield work
