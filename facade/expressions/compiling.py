"""Compiling of JMESPath: a tree becomes closures that take what they need of a budget beforehand.

Each closure has a weight, the steps that it takes once; what goes through a list takes the weight
of its body for every item before the first. So a bound holds whatever the value is, and costs one
subtraction for a list in place of one for each node.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from facade.errors.expressions import ExpressionFailed
from facade.errors.fault import Details, Violation
from facade.expressions.budget import Budget
from facade.expressions.finding import Finding, invalid, meant, place_at, said_place
from facade.expressions.functions import FUNCTIONS
from facade.expressions.numbers import is_number
from facade.expressions.signature import EXPRESSION, Function, Lambda, Run
from facade.expressions.trees import MAX_DEPTH, Node
from facade.expressions.values import equal, is_false, type_of
from facade.model.definition import Expression

CALL: Final = 4
"""Steps of a call beside its own work."""
PASS: Final = 8
"""Steps of going through a list, beside its items."""
MOST_COPIES: Final = 1 << 30


@dataclass(frozen=True, slots=True)
class Compiled:
    """What one node became."""

    run: Run
    weight: int = 1
    """Steps, without those of items that are gone through."""
    copies: int = 1
    """How often its value may hold a part of what it was given."""


Maker = Callable[["Compiler", Node, int], Compiled]


class Compiler:
    """Makes closures of the tree of one expression."""

    __slots__ = ("_expression",)

    def __init__(self, expression: Expression) -> None:
        self._expression = expression

    def make(self, node: Node, depth: int = 0) -> Compiled:
        """Gives what a node does; raises ExpressionInvalid for a call that cannot be."""
        if depth > MAX_DEPTH:
            raise self.wrong(node, f"more than {MAX_DEPTH} expressions within one another")
        return _MAKERS[node["type"]](self, node, depth + 1)

    def wrong(self, node: Node, message: str) -> Exception:
        """Gives the fault that names the place of a node."""
        return invalid(Finding(place_at(self._expression, node.get("at", 0)), message))

    def below(self, node: Node, depth: int) -> list[Compiled]:
        """Gives what the children of a node do."""
        return [self.make(each, depth) for each in node["children"]]

    def place(self, node: Node) -> str:
        """Gives the place of a node as messages name it."""
        return said_place(place_at(self._expression, node.get("at", 0)))


def _product(*several: Compiled) -> int:
    made = 1
    for each in several:
        made = min(made * max(each.copies, 1), MOST_COPIES)
    return made


def _sum(*several: Compiled) -> int:
    return min(sum(each.copies for each in several), MOST_COPIES)


def _field(compiler: Compiler, node: Node, _: int) -> Compiled:
    name = node["value"]
    if name.startswith("__") and name.endswith("__"):
        raise compiler.wrong(node, f"`{name}` cannot be read: expressions see JSON alone")

    def run(value: Any, _: Budget) -> Any:
        return value.get(name) if isinstance(value, dict) else None

    return Compiled(run)


def _chain(compiler: Compiler, node: Node, depth: int) -> Compiled:
    """One after another: subexpressions, indexes, pipes."""
    parts = compiler.below(node, depth)
    steps = [each.run for each in parts]

    def run(value: Any, budget: Budget) -> Any:
        for each in steps:
            value = each(value, budget)
        return value

    return Compiled(run, sum(each.weight for each in parts), _product(*parts))


def _identity(_: Compiler, __: Node, ___: int) -> Compiled:
    return Compiled(lambda value, _: value, 0)


def _literal(_: Compiler, node: Node, __: int) -> Compiled:
    literal = node["value"]
    return Compiled(lambda _, __: literal)


def _index(_: Compiler, node: Node, __: int) -> Compiled:
    at = node["value"]

    def run(value: Any, _: Budget) -> Any:
        there = isinstance(value, list) and -len(value) <= at < len(value)
        return value[at] if there else None

    return Compiled(run)


def _slice(compiler: Compiler, node: Node, __: int) -> Compiled:
    if node["children"][2] == 0:
        raise compiler.wrong(node, "the step of a slice is not 0")
    part = slice(*node["children"])

    def run(value: Any, budget: Budget) -> Any:
        if not isinstance(value, list):
            return None
        budget.spend(len(value) >> 2)
        return value[part]

    return Compiled(run)


def _projection(compiler: Compiler, node: Node, depth: int) -> Compiled:
    base, body = compiler.below(node, depth)
    source, each, weight = base.run, body.run, body.weight + 1

    def run(value: Any, budget: Budget) -> Any:
        items = source(value, budget)
        if not isinstance(items, list):
            return None
        budget.spend(len(items) * weight)
        return [made for item in items if (made := each(item, budget)) is not None]

    return Compiled(run, base.weight + PASS, _product(base, body))


def _value_projection(compiler: Compiler, node: Node, depth: int) -> Compiled:
    base, body = compiler.below(node, depth)
    source, each, weight = base.run, body.run, body.weight + 1

    def run(value: Any, budget: Budget) -> Any:
        whole = source(value, budget)
        if not isinstance(whole, dict):
            return None
        budget.spend(len(whole) * weight)
        return [made for item in whole.values() if (made := each(item, budget)) is not None]

    return Compiled(run, base.weight + PASS, _product(base, body))


def _filter(compiler: Compiler, node: Node, depth: int) -> Compiled:
    base, body, condition = compiler.below(node, depth)
    source, each, holds = base.run, body.run, condition.run
    weight = body.weight + condition.weight + 1

    def run(value: Any, budget: Budget) -> Any:
        items = source(value, budget)
        if not isinstance(items, list):
            return None
        budget.spend(len(items) * weight)
        kept = (item for item in items if not is_false(holds(item, budget)))
        return [made for item in kept if (made := each(item, budget)) is not None]

    return Compiled(run, base.weight + PASS, _product(base, body))


def _flatten(compiler: Compiler, node: Node, depth: int) -> Compiled:
    (base,) = compiler.below(node, depth)
    source = base.run

    def run(value: Any, budget: Budget) -> Any:
        items = source(value, budget)
        if not isinstance(items, list):
            return None
        budget.spend(len(items))
        made: list[Any] = []
        for each in items:
            if isinstance(each, list):
                budget.spend(len(each) >> 2)
                made.extend(each)
            else:
                made.append(each)
        return made

    return Compiled(run, base.weight + PASS, base.copies)


def _select_list(compiler: Compiler, node: Node, depth: int) -> Compiled:
    parts = compiler.below(node, depth)
    steps = [each.run for each in parts]

    def run(value: Any, budget: Budget) -> Any:
        return None if value is None else [each(value, budget) for each in steps]

    return Compiled(run, sum(each.weight + 1 for each in parts) + 3, _sum(*parts))


def _select_dict(compiler: Compiler, node: Node, depth: int) -> Compiled:
    parts = [compiler.make(each["children"][0], depth) for each in node["children"]]
    steps = [(pair["value"], each.run) for pair, each in zip(node["children"], parts, strict=True)]

    def run(value: Any, budget: Budget) -> Any:
        return None if value is None else {name: each(value, budget) for name, each in steps}

    return Compiled(run, sum(each.weight + 1 for each in parts) + 3, _sum(*parts))


def _or(compiler: Compiler, node: Node, depth: int) -> Compiled:
    first, second = compiler.below(node, depth)

    def run(value: Any, budget: Budget) -> Any:
        made = first.run(value, budget)
        return second.run(value, budget) if is_false(made) else made

    return Compiled(run, first.weight + second.weight + 1, max(first.copies, second.copies))


def _and(compiler: Compiler, node: Node, depth: int) -> Compiled:
    first, second = compiler.below(node, depth)

    def run(value: Any, budget: Budget) -> Any:
        made = first.run(value, budget)
        return made if is_false(made) else second.run(value, budget)

    return Compiled(run, first.weight + second.weight + 1, max(first.copies, second.copies))


def _not(compiler: Compiler, node: Node, depth: int) -> Compiled:
    (inner,) = compiler.below(node, depth)
    return Compiled(lambda value, budget: is_false(inner.run(value, budget)), inner.weight + 1)


_ORDERS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "lt": lambda left, right: left < right,
    "lte": lambda left, right: left <= right,
    "gt": lambda left, right: left > right,
    "gte": lambda left, right: left >= right,
}


def _comparator(compiler: Compiler, node: Node, depth: int) -> Compiled:
    first, second = compiler.below(node, depth)
    weight, word = first.weight + second.weight + 3, node["value"]
    if word in {"eq", "ne"}:
        wanted = word == "eq"

        def run(value: Any, budget: Budget) -> Any:
            return equal(first.run(value, budget), second.run(value, budget), budget) is wanted

        return Compiled(run, weight)
    order = _ORDERS[word]

    def compare(value: Any, budget: Budget) -> Any:
        left, right = first.run(value, budget), second.run(value, budget)
        if isinstance(left, str) and isinstance(right, str):
            budget.spend(min(len(left), len(right)) >> 8)
            return order(left, right)
        return order(left, right) if is_number(left) and is_number(right) else None

    return Compiled(compare, weight)


def _call(compiler: Compiler, node: Node, depth: int) -> Compiled:
    """A function with its arguments; one that there is not, or too few of them, is refused."""
    name, children = node["value"], node["children"]
    function = FUNCTIONS.get(name)
    if function is None:
        raise compiler.wrong(node, f"there is no function `{name}`{meant(name, FUNCTIONS)}")
    if not function.fits(len(children)):
        raise compiler.wrong(node, f"{name}() is called as `{function.usage}`")
    for at, child in enumerate(children):
        if (child["type"] == "expref") != (function.taken(at) == EXPRESSION):
            raise compiler.wrong(node, f"{name}() is called as `{function.usage}`")
    parts = [
        _lambda(compiler, each, depth) if each["type"] == "expref" else compiler.make(each, depth)
        for each in children
    ]
    weight = sum(each.weight for each in parts) + CALL
    copies = _product(*parts) if EXPRESSION in function.takes else _sum(*parts)
    steps = [each.run for each in parts]
    checks = [(at, taken) for at in range(len(parts)) if (taken := function.taken(at))]
    return Compiled(_called(name, function, steps, checks, compiler.place(node)), weight, copies)


def _called(
    name: str,
    function: Function,
    steps: list[Run],
    checks: list[tuple[int, frozenset[str]]],
    place: str,
) -> Run:
    """What calls a function whose arguments are compiled."""
    work = function.run

    def run(value: Any, budget: Budget) -> Any:
        given = [each(value, budget) for each in steps]
        for at, taken in checks:
            kind = type_of(given[at])
            if kind not in taken:
                takes = " or ".join(sorted(taken))
                raise _failed(place, f"{name}() takes {takes} and was given {kind}")
        try:
            return work(budget, *given)
        except ExpressionFailed as error:
            if error.details.violations:
                raise
            raise _failed(place, error.message) from None

    return run


def _failed(place: str, message: str) -> ExpressionFailed:
    violation = Violation(field=place, description=message)
    return ExpressionFailed(f"{place}: {message}", details=Details(violations=(violation,)))


def _lambda(compiler: Compiler, node: Node, depth: int) -> Compiled:
    """An expression that a function is given: as a value, with what it costs."""
    (inner,) = compiler.below(node, depth)
    made = Lambda(inner.run, inner.weight)
    return Compiled(lambda _, __: made, 0, inner.copies)


def _stray(compiler: Compiler, node: Node, _: int) -> Compiled:
    raise compiler.wrong(node, "`&` stands before an argument of a function alone")


_MAKERS: Final[Mapping[str, Maker]] = {
    "field": _field,
    "subexpression": _chain,
    "index_expression": _chain,
    "pipe": _chain,
    "identity": _identity,
    "current": _identity,
    "literal": _literal,
    "index": _index,
    "slice": _slice,
    "projection": _projection,
    "value_projection": _value_projection,
    "filter_projection": _filter,
    "flatten": _flatten,
    "multi_select_list": _select_list,
    "multi_select_dict": _select_dict,
    "or_expression": _or,
    "and_expression": _and,
    "not_expression": _not,
    "comparator": _comparator,
    "function_expression": _call,
    "expref": _stray,
}
