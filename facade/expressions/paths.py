"""Paths: JMESPath with a function pack, compiled once, bounded at every evaluation."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from facade.errors.expressions import ExpressionExhausted
from facade.expressions.budget import WHOLE, Budget, measure
from facade.expressions.compiling import Compiled, Compiler
from facade.expressions.finding import Finding
from facade.expressions.known import ANYTHING, Known
from facade.expressions.tracing import Chain, traced
from facade.model.definition import Expression

KEPT: Final = 1024
"""Compiled expressions that are kept, those used last."""
FEW_COPIES: Final = 8
"""As often may a value hold one part of another before its whole size is counted."""


class Path:
    """One expression of JMESPath, ready to be evaluated."""

    __slots__ = ("_compiled", "_tree", "expression", "reads")

    expression: Expression
    reads: frozenset[Chain]
    """Chains of fields from the root that it may read, in the root's own words; `()` is all."""

    def __init__(self, expression: Expression, tree: dict[str, Any], compiled: Compiled) -> None:
        self.expression = expression
        self._tree = tree
        self._compiled = compiled
        self.reads = frozenset(traced(expression, tree, ANYTHING)[1].reads)

    def evaluate(self, value: Any, steps: int = WHOLE) -> Any:
        """Gives what the expression makes of a value, within so many steps.

        The answer may share parts with the value: neither is to be changed. Raises
        ExpressionFailed where a function is given what it does not take, ExpressionExhausted
        where the steps do not suffice. It blocks for some 50 ms at most; on an event loop, call
        it with QUICK steps and, where those are exhausted, again in a thread.
        """
        return self.within(value, Budget(steps))

    def within(self, value: Any, budget: Budget) -> Any:
        """The same of a budget that several evaluations share."""
        root = dict(value) if isinstance(value, Mapping) and type(value) is not dict else value
        try:
            budget.spend(self._compiled.weight)
            made = self._compiled.run(root, budget)
        except RecursionError:
            raise ExpressionExhausted("the expression goes too deep") from None
        if self._compiled.copies > FEW_COPIES:
            measure(made, budget)
        return made

    def check(self, known: Known) -> tuple[Finding, ...]:
        """Gives what cannot work on a value of which so much is known."""
        return tuple(traced(self.expression, self._tree, known)[1].findings)

    def known(self, known: Known) -> Known:
        """Gives what is known of what it makes of such a value."""
        return traced(self.expression, self._tree, known)[0].known


@lru_cache(maxsize=KEPT)
def compile_path(expression: Expression) -> Path:
    """Gives an expression compiled; raises ExpressionInvalid with line and column."""
    # JMESPath is imported where the first flow needs it: a gateway without flows never does.
    from facade.expressions.parsing import parse  # noqa: PLC0415 - see above

    tree = parse(expression)
    return Path(expression, tree, Compiler(expression).make(tree))
