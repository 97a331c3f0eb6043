"""Conditions: CEL, compiled and checked by its library, bounded by what a value lets it cost."""

from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from typing import Any, Final

from facade.errors.expressions import ExpressionExhausted, ExpressionFailed
from facade.expressions.cel_cost import MOST, cost, pattern_cost
from facade.expressions.cel_known import Reader
from facade.expressions.cel_tree import Part, tree_of
from facade.expressions.cel_words import failure, findings, plain
from facade.expressions.finding import Finding, invalid, place_at
from facade.expressions.known import ANYTHING, Known
from facade.expressions.scope import VARIABLES, Chain, taken
from facade.model.definition import Expression

MAX_TEXT: Final = 4_096
"""Characters of one condition."""
MAX_PATTERN: Final = 50_000
"""Units of compiling one pattern: see cel_cost."""
KEPT: Final = 1024
"""Compiled conditions that are kept, those used last."""


class Condition:
    """One condition, ready to be evaluated."""

    __slots__ = ("_checked", "_tree", "expression", "reads")

    expression: Expression
    reads: frozenset[Chain]
    """Chains of fields from the variables that it may read."""

    def __init__(self, expression: Expression, checked: Any, tree: Part) -> None:
        self.expression = expression
        self._checked = checked
        self._tree = tree
        self.reads = frozenset(Reader(expression).read(tree, ANYTHING).reads)

    def evaluate(self, scope: Mapping[str, Any]) -> bool:
        """Tells whether it holds; it is given of the scope what it reads.

        Raises ExpressionFailed where a field is missing or a value does not fit,
        ExpressionExhausted where it reads too much or may take too long on it.
        """
        given, sizes = taken(scope, self.reads)
        if cost(self._tree, given, sizes) > MOST:
            raise ExpressionExhausted(
                "the condition may take too long on values of this size; take less of them "
                "first, with a map step"
            )
        try:
            made = self._checked.eval(data=given)
        except RuntimeError as error:
            if "budget" in str(error):
                raise ExpressionExhausted("the condition loops too often") from None
            raise ExpressionFailed(plain(str(error))) from None
        value = made.plain_value()
        if made.type().name() == "ERROR":
            raise ExpressionFailed(failure(str(value)))
        if not isinstance(value, bool):
            raise ExpressionFailed(f"the condition gave {made.type().name()}, not true or false")
        return value

    def check(self, known: Known) -> tuple[Finding, ...]:
        """Gives what cannot work where so much is known of the variables."""
        return tuple(Reader(self.expression).read(self._tree, known).findings)


@lru_cache(maxsize=KEPT)
def compile_condition(expression: Expression) -> Condition:
    """Gives a condition compiled; raises ExpressionInvalid with line and column."""
    text = expression.text
    if not text.strip() or len(text) > MAX_TEXT or "\0" in text:
        message = f"a condition has 1 to {MAX_TEXT} characters"
        raise invalid(Finding(place_at(expression, 0), message))
    try:
        checked = _environment().compile(text)
        kind = checked.return_type().name()
    except RuntimeError as error:
        raise invalid(*findings(expression, str(error))) from None
    if kind not in {"BOOL", "DYN"}:
        message = f"a condition gives true or false; this gives {kind.lower()}"
        raise invalid(Finding(place_at(expression, 0), message))
    tree = tree_of(checked.serialize())
    refused = [*_refused(expression, tree)]
    if refused:
        raise invalid(*refused)
    return Condition(expression, checked, tree)


@cache
def _environment() -> Any:
    """What all conditions are compiled in; the library is loaded by the first of them."""
    # 50 MB of C++: a gateway without flows never loads it.
    from cel_expr_python import cel  # noqa: PLC0415 - see above

    return cel.NewEnv(variables=dict.fromkeys(VARIABLES, cel.Type.DYN))


def _refused(expression: Expression, part: Part) -> Iterator[Finding]:
    """What CEL allows and conditions do not: patterns that are not written out, or cost much."""
    if part.kind == "call" and part.name == "matches":
        pattern = part.below[-1].text
        if pattern is None or pattern_cost(pattern) > MAX_PATTERN:
            message = "matches() takes a pattern that is written here, short, with few repetitions"
            yield Finding(place_at(expression, part.at), message)
    if part.kind == "field" and part.name.startswith("__") and part.name.endswith("__"):
        message = f"`{part.name}` cannot be read: expressions see JSON alone"
        yield Finding(place_at(expression, part.at + 1), message)
    for each in part.below:
        yield from _refused(expression, each)
