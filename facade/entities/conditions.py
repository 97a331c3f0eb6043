"""Conditions on entities: what a filter lets through, and which of it a backend can see to."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from facade.entities.shape import Shape, shape_of
from facade.entities.value import at, is_number, number_of, text_of
from facade.listing.filter import ORDERS, compiled, pattern_of
from facade.listing.filter_syntax import (
    Comparison,
    Every,
    Node,
    Search,
    Token,
    parse_tree,
    refused,
)
from facade.model.action import Action, Location, Parameter
from facade.model.call import Argument, Arguments
from facade.transcode.arguments import argument, parse

Predicate: TypeAlias = Callable[[Any], bool]

TRUTHS: Mapping[str, bool] = {"true": True, "false": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """A filter, taken apart."""

    pushed: Arguments
    """What the backend sees to: arguments of its own, by name."""
    predicate: Predicate | None
    """What is seen to here; None: nothing is left."""


def conditions(
    text: str, action: Action, shape: Shape, reserved: Collection[str] = ()
) -> Conditions:
    """Takes a filter apart: which equalities become parameters of LIST, and what is left.

    A parameter that is declared in the query under the field's name sees to the field. `reserved`
    are those that say which page. Raises InvalidRequest.
    """
    parameters = {
        each.name: each
        for each in action.parameters
        if each.location is Location.QUERY and each.key not in reserved
    }
    pushed: dict[str, Argument] = {}
    left: list[Predicate] = []
    for node in _conjuncts(parse_tree(text)):
        found = _pushed(node, parameters)
        if found is not None and found[0] not in pushed:
            pushed[found[0]] = found[1]
        else:
            left.append(compiled(node, lambda leaf: _leaf(leaf, shape, parameters)))
    predicate = (lambda item: all(part(item) for part in left)) if left else None
    return Conditions(pushed=pushed, predicate=predicate)


def _conjuncts(node: Node) -> Iterator[Node]:
    if isinstance(node, Every):
        for each in node.parts:
            yield from _conjuncts(each)
    else:
        yield node


def _pushed(node: Node, parameters: Mapping[str, Parameter]) -> tuple[str, Argument] | None:
    """The argument that an equality becomes; None where the parameter cannot say it."""
    if not isinstance(node, Comparison) or node.operator.text != "=":
        return None
    parameter = parameters.get(node.field.text)
    text = node.value.text
    if parameter is None or text.startswith("*") or text.endswith("*"):
        return None
    shape = shape_of(parameter.schema)
    if "array" in shape.types:
        element = literal(text, shape.items())
        return None if element is None else (parameter.key, _listed(element))
    found = literal(text, shape)
    return None if found is None else (parameter.key, found)


def literal(text: str, shape: Shape | None) -> Argument | None:
    """A literal as a parameter's own type writes it; None where it is of another."""
    types = shape.types if shape else frozenset()
    if not types or "string" in types:
        return argument(text)
    if "boolean" in types and text in TRUTHS:
        return argument(TRUTHS[text])
    if types & {"integer", "number"} and number_of(text) is not None:
        return _literal(text)
    return None


def _literal(text: str) -> Argument | None:
    """A number with every digit as it is written, where JSON writes numbers so."""
    plain = re.fullmatch(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?", text)
    return parse(f'{{"value":{text}}}')["value"] if plain else None


def _listed(element: Argument) -> Argument:
    return Argument(value=[element.value], text=f"[{element.text}]")


def _leaf(
    node: Comparison | Search, shape: Shape, parameters: Mapping[str, Parameter]
) -> Predicate:
    if isinstance(node, Search):
        return _search(node)
    return _comparison(node, shape, parameters)


def _search(node: Search) -> Predicate:
    sought = node.text.text.casefold()
    return lambda item: any(sought in each.casefold() for each in _texts(item))


def _texts(item: Any) -> Iterator[str]:
    waiting = [item]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, dict):
            waiting.extend(each.values())
        elif isinstance(each, list):
            waiting.extend(each)


def _comparison(node: Comparison, shape: Shape, parameters: Mapping[str, Parameter]) -> Predicate:
    path = tuple(node.field.text.split("."))
    check_field(path, node.field, shape, parameters)
    compare = _operation(node.operator.text, node.value.text)
    return lambda item: compare(at(item, path))


def check_field(
    path: tuple[str, ...],
    token: Token,
    shape: Shape,
    parameters: Mapping[str, Parameter] | None = None,
) -> None:
    """Raises InvalidRequest for a field that no entity has, as far as the schema tells."""
    for name in path:
        fields = shape.fields
        if name in fields:
            shape = fields[name]
        elif not fields:
            return
        else:
            known = ", ".join(sorted(fields)[:40])
            if token.text in (parameters or {}):
                words = "is a parameter alone: it takes `=`, beside other conditions by AND"
            else:
                words = f"is no field; there are {known}"
            raise refused(f"`{token.text}` at {token.place} {words}")


def _operation(operator: str, text: str) -> Predicate:
    if operator == "=":
        return _equality(text)
    if operator == "!=":
        equal = _equality(text)
        return lambda held: not equal(held)
    return _has(text) if operator == ":" else _ordered(operator, text)


def _equality(text: str) -> Predicate:
    number = number_of(text)
    if len(text) > 1 and (text.startswith("*") or text.endswith("*")):
        pattern = pattern_of(text)
        return lambda held: isinstance(held, str) and pattern.fullmatch(held) is not None

    def equal(held: Any) -> bool:
        return bool(held == number) if is_number(held) else text_of(held) == text

    return equal


def _ordered(operator: str, text: str) -> Predicate:
    number, order = number_of(text), ORDERS[operator]

    def ordered(held: Any) -> bool:
        if is_number(held):
            return number is not None and order(held, number)
        return isinstance(held, str) and order(held, text)

    return ordered


def _has(text: str) -> Predicate:
    if text == "*":
        return lambda held: held is not None and held not in ("", [], {})
    equal, sought = _equality(text), text.casefold()

    def has(held: Any) -> bool:
        if isinstance(held, list):
            return any(equal(each) for each in held)
        if isinstance(held, dict):
            return text in held
        return sought in held.casefold() if isinstance(held, str) else equal(held)

    return has
