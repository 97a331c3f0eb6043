"""Evaluator: the expressions of a definition, compiled once for each run that needs them."""

import asyncio
from collections.abc import Mapping
from typing import Any, TypeVar

from facade.errors.expressions import ExpressionExhausted
from facade.expressions.budget import QUICK
from facade.expressions.conditions import Condition, compile_condition
from facade.expressions.paths import Path, compile_path
from facade.expressions.scope import lacking
from facade.expressions.slots import Filled, Slots, compile_slots
from facade.flows.interpreter.result import Result, skipped
from facade.flows.interpreter.scope import Scope
from facade.model.definition import Expression, Map, Place

T = TypeVar("T")

NOWHERE: Mapping[str, Place] = {}


class Evaluator:
    """Evaluates what a definition says, in a scope. Raises the Faults of expressions."""

    def __init__(self) -> None:
        """Has compiled nothing yet."""
        self._paths: dict[Expression, Path] = {}
        self._conditions: dict[Expression, Condition] = {}
        self._slots: dict[int, tuple[Any, Slots]] = {}

    def holds(self, expression: Expression, scope: Scope) -> bool:
        """Whether a condition is true."""
        return self.condition(expression).evaluate(scope.values)

    async def value(self, expression: Expression, scope: Scope) -> Any:
        """What a path finds, from the root."""
        return await self.found(expression, scope.values)

    async def found(self, expression: Expression, source: Any) -> Any:
        """What a path finds in a value; a thread looks where that takes long (fault O10)."""
        path = self.path(expression)
        try:
            return path.evaluate(source, QUICK)
        except ExpressionExhausted:
            return await asyncio.to_thread(path.evaluate, source)

    def fill(self, tree: Any, scope: Scope, places: Mapping[str, Place] = NOWHERE) -> Filled:
        """A tree with its slots filled; the fields that lack their value are named."""
        known = self._slots.get(id(tree))
        if known is None:
            known = self._slots[id(tree)] = (tree, compile_slots(tree, places))
        return known[1].fill(scope.values)

    def lacks(self, expression: Expression | None, scope: Scope, *, condition: bool = False) -> str:
        """Why an expression from the root cannot have its value; empty: it can."""
        if expression is None:
            return ""
        compiled = self.condition(expression) if condition else self.path(expression)
        steps = lacking(compiled.reads, scope.values)
        return f"needs the output of `{steps[0]}`, which {scope.became(steps[0])}" if steps else ""

    def path(self, expression: Expression) -> Path:
        """A path, compiled."""
        if expression not in self._paths:
            self._paths[expression] = compile_path(expression)
        return self._paths[expression]

    def condition(self, expression: Expression) -> Condition:
        """A condition, compiled."""
        if expression not in self._conditions:
            self._conditions[expression] = compile_condition(expression)
        return self._conditions[expression]

    async def mapped(self, work: Map, scope: Scope) -> Result:
        """What a mapping makes; a field that lacks its value is left out and named (H-7)."""
        why = self.lacks(work.source, scope)
        if why:
            return skipped(why)
        from_root = work.source is None
        source = scope.values if work.source is None else await self.value(work.source, scope)
        if work.expression is not None:
            why = self.lacks(work.expression, scope) if from_root else ""
            if why:
                return skipped(why)
            return Result(output=await self.found(work.expression, source))
        left, output = [], {}
        for name, expression in work.fields.items():
            if from_root and self.lacks(expression, scope):
                left.append(name)
            else:
                output[name] = await self.found(expression, source)
        if left and not output:
            return skipped(f"every field lacks its value: {', '.join(left)}")
        return Result(output=output, skipped=tuple(left))
