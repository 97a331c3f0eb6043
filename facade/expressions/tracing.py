"""Tracing of JMESPath: what an expression reads, and gives, by what is known of its value."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any, Final

from facade.expressions.finding import Finding, meant, place_at
from facade.expressions.functions import FUNCTIONS
from facade.expressions.known import ANYTHING, Known, either, list_of, object_of, scalar
from facade.expressions.signature import OBJECT
from facade.expressions.trees import Node
from facade.expressions.values import type_of
from facade.model.definition import Expression

Chain = tuple[str, ...]
"""Fields, from the root."""

MAX_CHAIN: Final = 16
"""Fields of a chain; what is read below is told as its beginning."""
_JSON_WORDS: Final = {"integer": "number"}
_NONE: Final[frozenset[Chain]] = frozenset()


@dataclass(frozen=True, slots=True)
class Traced:
    """A value of which it is known where it comes from."""

    known: Known
    chains: frozenset[Chain] = _NONE
    """Where in the root it, or what it is made of, stands."""
    parts: "Mapping[str, Traced] | None" = None
    """Of an object that the expression makes: its fields."""
    item: "Traced | None" = None
    """Of a list that the expression makes."""


@dataclass(slots=True)
class Tracer:
    """Goes through the tree of one expression once, with what is known of the root."""

    expression: Expression
    reads: set[Chain] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)

    def trace(self, node: Node, value: Traced) -> Traced:
        """Gives what a node makes of a value, and notes what it reads on the way."""
        return _TRACERS[node["type"]](self, node, value)

    def use(self, value: Traced) -> None:
        """Notes that a value is looked at, and all that it is made of."""
        self.reads |= _all_chains(value)

    def find(self, node: Node, message: str) -> None:
        """Notes what cannot be."""
        made = Finding(place_at(self.expression, node.get("at", 0)), message)
        if made not in self.findings:
            self.findings.append(made)

    def item_of(self, value: Traced) -> Traced:
        """Gives an item of a list."""
        return value.item or Traced(value.known.items(), value.chains)


def traced(expression: Expression, tree: Node, known: Known) -> tuple[Traced, Tracer]:
    """Gives what an expression makes of a value of which so much is known."""
    tracer = Tracer(expression)
    made = tracer.trace(tree, Traced(known, frozenset({()})))
    tracer.use(made)
    return made, tracer


def _fields(value: Traced, name: str) -> frozenset[Chain]:
    return frozenset((*each, name) if len(each) < MAX_CHAIN else each for each in value.chains)


def _field(tracer: Tracer, node: Node, value: Traced) -> Traced:
    name = node["value"]
    if value.parts is not None:
        part = value.parts.get(name)
        if part is None:
            tracer.find(node, f"`{name}` is not among the fields made{meant(name, value.parts)}")
        return part or Traced(ANYTHING)
    types = value.known.types
    if types and not types & OBJECT:
        what = " or ".join(sorted(types))
        hint = "; `[*]` or `[0]` leads to its items" if "array" in types else ""
        tracer.find(node, f"`{name}` is no field of {_said(value)}, which is {what}{hint}")
        return Traced(ANYTHING, _fields(value, name))
    below = value.known.field(name)
    if below is None:
        tracer.find(node, f"`{name}` is no field of {_said(value)}{meant(name, value.known.names)}")
    return Traced(below or ANYTHING, _fields(value, name))


def _said(value: Traced) -> str:
    """Where a value stands, in words."""
    chain = min(value.chains, default=())
    return f"`{'.'.join(chain)}`" if chain else "the value"


def _chain(tracer: Tracer, node: Node, value: Traced) -> Traced:
    return reduce(lambda made, each: tracer.trace(each, made), node["children"], value)


def _same(_: Tracer, __: Node, value: Traced) -> Traced:
    return value


def _literal(_: Tracer, node: Node, __: Traced) -> Traced:
    return Traced(_known_literal(node["value"]))


def _known_literal(value: Any) -> Known:
    if isinstance(value, dict):
        return object_of({name: _known_literal(each) for name, each in value.items()})
    if isinstance(value, list):
        return list_of(_known_literal(value[0])) if len(value) == 1 else scalar("array")
    return scalar("integer" if isinstance(value, int) and value not in (0, 1) else type_of(value))


def _index(tracer: Tracer, _: Node, value: Traced) -> Traced:
    made = tracer.item_of(value)
    return replace(made, known=either(made.known, scalar("null")))


def _projection(tracer: Tracer, node: Node, value: Traced) -> Traced:
    base = tracer.trace(node["children"][0], value)
    return _gone_through(tracer, node, base, tracer.item_of(base))


def _value_projection(tracer: Tracer, node: Node, value: Traced) -> Traced:
    base = tracer.trace(node["children"][0], value)
    several = [base.known.field(name) or ANYTHING for name in base.known.names]
    item = Traced(reduce(either, several) if several else ANYTHING, base.chains)
    if base.parts is not None:
        tracer.use(base)
        item = Traced(ANYTHING)
    return _gone_through(tracer, node, base, item)


def _gone_through(tracer: Tracer, node: Node, base: Traced, item: Traced) -> Traced:
    """The list that a body makes of the items of another."""
    made = tracer.trace(node["children"][1], item)
    if not any(len(each) > len(other) for each in _all_chains(made) for other in base.chains):
        # How many there are is read though nothing of them is.
        tracer.use(base)
    return Traced(list_of(made.known), item=made)


def _filter(tracer: Tracer, node: Node, value: Traced) -> Traced:
    base = tracer.trace(node["children"][0], value)
    item = tracer.item_of(base)
    tracer.use(tracer.trace(node["children"][2], item))
    return _gone_through(tracer, node, base, item)


def _flatten(tracer: Tracer, node: Node, value: Traced) -> Traced:
    base = tracer.trace(node["children"][0], value)
    item = tracer.item_of(base)
    within = item.known.types
    if "array" in within and len(within - {"null"}) == 1:
        item = tracer.item_of(item)
    elif not within or "array" in within:
        item = replace(item, known=ANYTHING)
    return Traced(list_of(item.known), base.chains, item=item)


def _select_list(tracer: Tracer, node: Node, value: Traced) -> Traced:
    parts = [tracer.trace(each, value) for each in node["children"]]
    known = reduce(either, [each.known for each in parts])
    return Traced(list_of(known), item=_both(parts, known))


def _select_dict(tracer: Tracer, node: Node, value: Traced) -> Traced:
    parts = {each["value"]: tracer.trace(each["children"][0], value) for each in node["children"]}
    return Traced(object_of({name: each.known for name, each in parts.items()}), parts=parts)


def _both(parts: Iterable[Traced], known: Known) -> Traced:
    """A value that is one of several."""
    chains: set[Chain] = set()
    for each in parts:
        chains |= _all_chains(each)
    return Traced(known, frozenset(chains))


def _all_chains(value: Traced) -> set[Chain]:
    """Where a value stands, and all that it is made of; parts that it has twice are seen once."""
    found: set[Chain] = set()
    seen: set[int] = set()
    pending = [value]
    while pending:
        here = pending.pop()
        if id(here) in seen:
            continue
        seen.add(id(here))
        found |= here.chains
        pending += (here.parts or {}).values()
        pending += [here.item] if here.item else []
    return found


def _or(tracer: Tracer, node: Node, value: Traced) -> Traced:
    parts = [tracer.trace(each, value) for each in node["children"]]
    return _both(parts, either(parts[0].known, parts[1].known))


def _truth(tracer: Tracer, node: Node, value: Traced) -> Traced:
    for each in node["children"]:
        tracer.use(tracer.trace(each, value))
    return Traced(scalar("boolean", "null"))


def _call(tracer: Tracer, node: Node, value: Traced) -> Traced:
    """A function: lambdas see the items of the list beside them; the rest is read."""
    function, children = FUNCTIONS[node["value"]], node["children"]
    given: list[Traced | None] = [
        None if each["type"] == "expref" else tracer.trace(each, value) for each in children
    ]
    item = next((tracer.item_of(each) for each in given if each), Traced(ANYTHING))
    several: list[Traced] = []
    for at, (child, each) in enumerate(zip(children, given, strict=True)):
        made = each or tracer.trace(child["children"][0], item)
        tracer.use(made)
        several.append(made)
        if each is not None:
            _check(tracer, node, at, made)
    return Traced(function.gives(*[each.known for each in several]))


def _check(tracer: Tracer, node: Node, at: int, given: Traced) -> None:
    """Notes an argument whose type the function never takes."""
    name = node["value"]
    taken = FUNCTIONS[name].taken(at)
    types = {_JSON_WORDS.get(each, each) for each in given.known.types}
    if taken and types and not types & taken and types != {"null"}:
        said = f"{' or '.join(sorted(taken))}; {_said(given)} is {' or '.join(sorted(types))}"
        tracer.find(node, f"{name}() takes {said}")


_TRACERS: Final[Mapping[str, Callable[[Tracer, Node, Traced], Traced]]] = {
    "field": _field,
    "subexpression": _chain,
    "index_expression": _chain,
    "pipe": _chain,
    "identity": _same,
    "current": _same,
    "literal": _literal,
    "index": _index,
    "slice": _same,
    "projection": _projection,
    "value_projection": _value_projection,
    "filter_projection": _filter,
    "flatten": _flatten,
    "multi_select_list": _select_list,
    "multi_select_dict": _select_dict,
    "or_expression": _or,
    "and_expression": _or,
    "not_expression": _truth,
    "comparator": _truth,
    "function_expression": _call,
}
