"""Conditions: CEL, compiled and checked by its library, bounded by what a value lets it cost."""

import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from typing import Any, Final

from facade.errors.expressions import ExpressionExhausted, ExpressionFailed
from facade.expressions.cel_cost import MOST, cost, pattern_cost
from facade.expressions.cel_known import Reader
from facade.expressions.cel_tree import Part, tree_of
from facade.expressions.finding import Finding, invalid, meant, place_at
from facade.expressions.known import ANYTHING, Known
from facade.expressions.scope import VARIABLES, Chain, taken
from facade.model.definition import Expression

MAX_TEXT: Final = 4_096
"""Characters of one condition."""
MAX_PATTERN: Final = 50_000
"""Units of compiling one pattern: see cel_cost."""
KEPT: Final = 1024
"""Compiled conditions that are kept, those used last."""
_ERROR: Final = re.compile(r"ERROR: <input>:(-?\d+):(-?\d+): (.*)")
_UNDECLARED: Final = re.compile(r"undeclared reference to '([^']*)'")
_MISSING: Final = re.compile(r'Key not found in map : "?([^"]*)"?')


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
            raise ExpressionFailed(_plain(str(error))) from None
        value = made.plain_value()
        if made.type().name() == "ERROR":
            raise ExpressionFailed(_said(str(value)))
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
        raise invalid(*_findings(expression, str(error))) from None
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


def _findings(expression: Expression, said: str) -> Iterator[Finding]:
    """What the library said of a text, each with its place."""
    found = _ERROR.findall(said)
    if not found:
        yield Finding(place_at(expression, 0), _plain(said))
    lines = expression.text.split("\n")
    for line, column, message in found:
        above = lines[: max(int(line), 1) - 1]
        offset = sum(len(each) + 1 for each in above) + max(int(column), 1) - 1
        yield _finding(expression, offset, message)


def _finding(expression: Expression, offset: int, message: str) -> Finding:
    """One thing that the library said; of names the ones that may have been meant are told."""
    undeclared = _UNDECLARED.search(message)
    if undeclared is None:
        return Finding(place_at(expression, offset), _plain(message))
    name = undeclared[1].split(".")[0]
    start = expression.text.rfind(name, 0, offset + len(name))
    is_call = expression.text[offset : offset + 1] == "("
    known = FUNCTIONS if is_call else VARIABLES
    said = f"no function `{name}` takes these" if is_call else f"there is no variable `{name}`"
    return Finding(place_at(expression, max(start, 0)), said + meant(name, known))


FUNCTIONS: Final = (
    *("size", "contains", "startsWith", "endsWith", "matches", "has", "all", "exists"),
    *("exists_one", "map", "filter", "int", "uint", "double", "string", "bool", "type", "bytes"),
    *("timestamp", "duration", "getFullYear", "getMonth", "getDate", "getDayOfWeek", "getHours"),
)
"""CEL's, by which misspelt ones are told."""


def _plain(message: str) -> str:
    """The library's words without what it wraps them in."""
    return re.sub(r"^[A-Z_]+: |\s*\[[A-Z_]+\]$", "", message.partition("\n")[0]).strip()[:300]


def _said(message: str) -> str:
    """An error of an evaluation, in words that help."""
    missing = _MISSING.search(message)
    if missing:
        return f"`{missing[1][:100]}` is missing; ask with has() first"
    return _plain(message)
