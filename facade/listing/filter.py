"""Filters of lists: which entries one lets through; `filter_syntax.py` has the grammar.

`=` and `!=` take `*` at the ends of a value for any text; `:` asks whether a
list has the value, a text contains it, a map has the key, and `:*` whether
there is anything at all. A bare word or text is looked for in every text of an
entry, whatever the case.
"""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from facade.listing.filter_syntax import (
    Comparison,
    Every,
    Node,
    Opposite,
    Search,
    Some,
    Token,
    parse_tree,
    refused,
)

T = TypeVar("T")
"""What is filtered."""

Predicate: TypeAlias = Callable[[T], bool]

ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True)
class Field(Generic[T]):
    """A field that can be asked for."""

    kind: type
    """`str`, `bool`, `tuple` of texts or `dict` of texts: decides what can be asked."""
    read: Callable[[T], Any]
    """Takes it from an entry."""


def parse_filter(text: str, fields: Mapping[str, Field[T]]) -> Predicate[T]:
    """What a filter lets through; the empty one, everything.

    Raises InvalidRequest, which names the position of what is wrong.
    """
    return compiled(parse_tree(text), lambda leaf: _leaf(leaf, fields))


def compiled(node: Node, leaf: Callable[[Comparison | Search], Predicate[T]]) -> Predicate[T]:
    """What a tree lets through, given what makes a predicate of each of its leaves."""
    if isinstance(node, Every | Some):
        parts = [compiled(each, leaf) for each in node.parts]
        if isinstance(node, Every):
            return lambda item: all(part(item) for part in parts)
        return lambda item: any(part(item) for part in parts)
    if isinstance(node, Opposite):
        predicate = compiled(node.part, leaf)
        return lambda item: not predicate(item)
    return leaf(node)


def _leaf(node: Comparison | Search, fields: Mapping[str, Field[T]]) -> Predicate[T]:
    if isinstance(node, Comparison):
        return _restricted(node, fields)
    return _search(node.text.text, fields)


def _restricted(node: Comparison, fields: Mapping[str, Field[T]]) -> Predicate[T]:
    subject = node.field
    name, _, key = subject.text.partition(".")
    field = fields.get(name)
    if field is None or (key and field.kind is not dict):
        known = ", ".join(sorted(fields))
        raise refused(f"`{subject.text}` at {subject.place} is no field; there are {known}")
    compare = _comparison(field.kind, key, node.operator, node.value)
    read = field.read
    return lambda item: compare(read(item))


def _search(text: str, fields: Mapping[str, Field[T]]) -> Predicate[T]:
    """Whether the text is in any text of an entry, whatever the case."""
    sought = text.casefold()
    reads = [field.read for field in fields.values() if field.kind in (str, tuple)]

    def found(item: T) -> bool:
        values = (read(item) for read in reads)
        texts = ((value,) if isinstance(value, str) else value for value in values)
        return any(sought in each.casefold() for group in texts for each in group)

    return found


def _comparison(kind: type, key: str, sign: Token, value: Token) -> Callable[[Any], bool]:
    """What an operator asks of a field of a kind; refuses what makes no sense there."""
    if kind is dict and key:
        compare = _comparison(str, "", sign, value)
        return lambda held: key in held and compare(held[key])
    build = _BUILDERS[kind].get(sign.text)
    if build is None:
        can = " ".join(_BUILDERS[kind])
        named = {bool: "a yes or no", tuple: "a list", dict: "a map"}[kind]
        raise refused(f"`{sign.text}` at {sign.place} asks of {named}, which takes {can}")
    return build(value)


def _equals(value: Token) -> Callable[[Any], bool]:
    pattern = pattern_of(value.text)
    return lambda held: pattern.fullmatch(held) is not None


def _differs(value: Token) -> Callable[[Any], bool]:
    pattern = pattern_of(value.text)
    return lambda held: pattern.fullmatch(held) is None


def _contains(value: Token) -> Callable[[Any], bool]:
    sought = value.text.casefold()
    return bool if sought == "*" else lambda held: sought in held.casefold()


def _has(value: Token) -> Callable[[Any], bool]:
    pattern = pattern_of(value.text)
    return lambda held: any(pattern.fullmatch(each) for each in held)


def _truth(value: Token) -> bool:
    if value.text not in ("true", "false"):
        raise refused(f"`{value.text}` at {value.place} is neither true nor false")
    return value.text == "true"


def _is(value: Token) -> Callable[[Any], bool]:
    wanted = _truth(value)
    return lambda held: held is wanted


def _is_not(value: Token) -> Callable[[Any], bool]:
    wanted = _truth(value)
    return lambda held: held is not wanted


def _ordered(sign: str) -> Callable[[Token], Callable[[Any], bool]]:
    order = ORDERS[sign]
    return lambda value: lambda held: order(held, value.text)


_BUILDERS: Mapping[type, Mapping[str, Callable[[Token], Callable[[Any], bool]]]] = {
    str: {
        "=": _equals,
        "!=": _differs,
        ":": _contains,
        **{sign: _ordered(sign) for sign in ORDERS},
    },
    bool: {"=": _is, "!=": _is_not, ":": _is},
    tuple: {":": _has},
    dict: {":": _has},
}


def pattern_of(text: str) -> re.Pattern[str]:
    """Any text stands for a `*` at either end, nowhere else (AIP-160)."""
    core = text.removeprefix("*") if len(text) > 1 else text.strip("*")
    before = ".*" if text.startswith("*") else ""
    after = ".*" if core.endswith("*") else ""
    return re.compile(before + re.escape(core.removesuffix("*")) + after, re.DOTALL)
