"""Expressions of a definition against what is known where they stand."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from facade.errors.expressions import ExpressionInvalid
from facade.expressions.conditions import compile_condition
from facade.expressions.finding import Finding, findings_of, meant, place_at
from facade.expressions.known import ANYTHING, Known
from facade.expressions.paths import compile_path
from facade.expressions.slots import compile_slots
from facade.flows.checking.arguments import slots_in
from facade.flows.checking.scope import Scope
from facade.model.definition import Expression, Place

STEPS: Final = "steps"

Chains = Iterable[tuple[str, ...]]


class Expressions:
    """Looks at one expression after the other, and keeps what is wrong with them."""

    def __init__(self, ids: Iterable[str]) -> None:
        """Takes the ids of all steps, in the order of the text."""
        self.found: list[Finding] = []
        self._ids = list(ids)
        self._passed: set[str] = set()

    def passed(self, name: str) -> None:
        """Notes that the text has gone past a step."""
        self._passed.add(name)

    def path(self, expression: Expression, scope: Scope) -> Known:
        """What a JMESPath over all that there is gives."""
        return self._path(expression, scope.known, scope)

    def path_of(self, expression: Expression, known: Known) -> Known:
        """What a JMESPath over one value gives."""
        return self._path(expression, known, None)

    def condition(self, expression: Expression, scope: Scope) -> None:
        """Looks at a condition over all that there is."""
        self._condition(expression, scope.known, scope)

    def condition_of(self, expression: Expression, known: Known) -> None:
        """Looks at a condition over one value."""
        self._condition(expression, known, None)

    def slots(self, value: Any, places: Mapping[str, Place], place: Place, scope: Scope) -> None:
        """Looks at the texts of a value that hold slots."""
        self._slots(value, places, place, (scope.known, scope))

    def slots_of(self, value: Any, places: Mapping[str, Place], place: Place, known: Known) -> None:
        """Looks at them where there are no steps."""
        self._slots(value, places, place, (known, None))

    def _path(self, expression: Expression, known: Known, scope: Scope | None) -> Known:
        try:
            path = compile_path(expression)
        except ExpressionInvalid as fault:
            self.found += findings_of(fault)
            return ANYTHING
        self._told(expression, path.reads, path.check(known), scope)
        return path.known(known)

    def _condition(self, expression: Expression, known: Known, scope: Scope | None) -> None:
        try:
            condition = compile_condition(expression)
        except ExpressionInvalid as fault:
            self.found += findings_of(fault)
            return
        self._told(expression, condition.reads, condition.check(known), scope)

    def _slots(
        self,
        value: Any,
        places: Mapping[str, Place],
        place: Place,
        around: tuple[Known, Scope | None],
    ) -> None:
        known, scope = around
        for text, at in slots_in(value, places, "", place):
            try:
                slots = compile_slots(text, {"": at})
            except ExpressionInvalid as fault:
                self.found += findings_of(fault)
                continue
            self._told(Expression(text, at), slots.reads, slots.check(known), scope)

    def _told(
        self,
        expression: Expression,
        reads: Chains,
        findings: Iterable[Finding],
        scope: Scope | None,
    ) -> None:
        self.found += findings
        if scope is None:
            return
        read = {chain[1] for chain in reads if len(chain) > 1 and chain[0] == STEPS}
        for name in sorted(read - scope.steps.keys()):
            self.found.append(Finding(_at(expression, name), self._absent(name, scope)))

    def _absent(self, name: str, scope: Scope) -> str:
        if name in self._passed:
            return f"the step `{name}` stands in another branch: here it may not have run"
        if name in self._ids:
            return f"the step `{name}` has not run yet: it stands here, or later"
        return f"there is no step `{name}`{meant(name, scope.steps)}"


def _at(expression: Expression, name: str) -> Place:
    """Where a step is named in an expression."""
    found = re.search(rf"""\b{STEPS}\s*(?:\.\s*"?|\[\s*['"]){name}\b""", expression.text)
    return place_at(expression, found.start() if found else 0)
