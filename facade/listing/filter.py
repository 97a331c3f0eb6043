"""Filters of lists: the subset of AIP-160 that people use.

    expression  = sequence { "AND" sequence }
    sequence    = factor { factor }                  juxtaposed: AND
    factor      = term { "OR" term }                 OR binds closer than AND
    term        = [ "NOT" | "-" ] simple
    simple      = "(" expression ")" | field operator value | text
    operator    = "=" | "!=" | "<" | ">" | "<=" | ">=" | ":"

A value or a text is a word or quoted. `=` and `!=` take `*` at the ends of a
value for any text; `:` asks whether a list has the value, a text contains it,
a map has the key, and `:*` whether there is anything at all. A bare word or
text is looked for in every text of an entry, whatever the case.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from facade.catalog.request import invalid
from facade.errors.caller import InvalidRequest
from facade.errors.fault import Violation

T = TypeVar("T")
"""What is filtered."""

Predicate: TypeAlias = Callable[[T], bool]


MAX_LENGTH = 2048
"""Characters of a filter."""

MAX_DEPTH = 32
"""Parentheses and negations within one another."""

_TOKEN = re.compile(
    r"""\s*(?:(?P<sign>[()]|<=|>=|!=|[=<>:]|-(?=\S))
        |(?P<quoted>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
        |(?P<word>[^\s()<>=!:"']+))""",
    re.VERBOSE,
)
_OPERATORS = ("=", "!=", "<", ">", "<=", ">=", ":")
_ORDERS: Mapping[str, Callable[[str, str], bool]] = {
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
}


@dataclass(frozen=True, slots=True)
class Field(Generic[T]):
    """A field that can be asked for."""

    kind: type
    """`str`, `bool`, `tuple` of texts or `dict` of texts: decides what can be asked."""
    read: Callable[[T], Any]
    """Takes it from an entry."""


@dataclass(frozen=True, slots=True)
class Token:
    """A sign, a word or a quoted text of a filter."""

    kind: str
    text: str
    place: int
    """From 1."""


def parse_filter(text: str, fields: Mapping[str, Field[T]]) -> Predicate[T]:
    """What a filter lets through; the empty one, everything.

    Raises InvalidRequest, which names the position of what is wrong.
    """
    if len(text) > MAX_LENGTH:
        raise refused(f"is longer than {MAX_LENGTH} characters")
    return _Parser(_tokens(text), fields).parse()


def refused(problem: str) -> InvalidRequest:
    """Says what is wrong with the field `filter`."""
    return invalid(Violation(field="filter", description=problem))


def _tokens(text: str) -> list[Token]:
    tokens, place, end = [], 0, len(text.rstrip())
    while place < end:
        found = _TOKEN.match(text, place)
        if found is None:
            start = place + len(text[place:]) - len(text[place:].lstrip())
            raise refused(f"`{text[start]}` at {start + 1} starts nothing that a filter knows")
        kind = str(found.lastgroup)
        tokens.append(Token(kind, _plain(kind, found.group(kind)), found.start(kind) + 1))
        place = found.end()
    return [*tokens, Token("end", "the end", end + 1)]


def _plain(kind: str, text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if kind == "quoted" else text


class _Parser(Generic[T]):
    """Recursive descent over the tokens, one method for each rule of the grammar."""

    def __init__(self, tokens: list[Token], fields: Mapping[str, Field[T]]) -> None:
        self._tokens = tokens
        self._fields = fields
        self._next = 0
        self._depth = 0

    def parse(self) -> Predicate[T]:
        if self._here.kind == "end":
            return lambda _: True
        predicate = self._expression()
        if self._here.kind != "end":
            raise refused(f"`{self._here.text}` at {self._here.place} closes nothing")
        return predicate

    @property
    def _here(self) -> Token:
        return self._tokens[self._next]

    def _take(self, *texts: str) -> Token | None:
        """The token here if it is one of the signs or keywords, which is then behind us."""
        here = self._here
        if here.kind in ("sign", "word") and here.text in texts:
            self._next += 1
            return here
        return None

    def _expression(self) -> Predicate[T]:
        parts = [self._sequence()]
        while self._take("AND"):
            parts.append(self._sequence())
        return _every(parts)

    def _sequence(self) -> Predicate[T]:
        parts = [self._factor()]
        while not self._ends():
            parts.append(self._factor())
        return _every(parts)

    def _ends(self) -> bool:
        here = self._here
        return here.kind == "end" or (here.kind, here.text) in (("sign", ")"), ("word", "AND"))

    def _factor(self) -> Predicate[T]:
        parts = [self._term()]
        while self._take("OR"):
            parts.append(self._term())
        return parts[0] if len(parts) == 1 else lambda item: any(part(item) for part in parts)

    def _term(self) -> Predicate[T]:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise refused(f"is nested deeper than {MAX_DEPTH} at {self._here.place}")
        predicate = self._negated() if self._take("NOT", "-") else self._simple()
        self._depth -= 1
        return predicate

    def _negated(self) -> Predicate[T]:
        predicate = self._term()
        return lambda item: not predicate(item)

    def _simple(self) -> Predicate[T]:
        opened = self._take("(")
        if opened is None:
            return self._restriction()
        predicate = self._expression()
        if self._take(")") is None:
            raise refused(f"`(` at {opened.place} is not closed")
        return predicate

    def _restriction(self) -> Predicate[T]:
        subject = self._argument("a field or a text")
        operator = self._take(*_OPERATORS)
        if operator is None:
            return _search(subject.text, self._fields)
        value = self._argument(f"a value after `{operator.text}`")
        name, _, key = subject.text.partition(".")
        field = self._fields.get(name)
        if field is None or (key and field.kind is not dict):
            known = ", ".join(sorted(self._fields))
            raise refused(f"`{subject.text}` at {subject.place} is no field; there are {known}")
        compare = _comparison(field.kind, key, operator, value)
        read = field.read
        return lambda item: compare(read(item))

    def _argument(self, wanted: str) -> Token:
        here = self._here
        if here.kind not in ("word", "quoted") or (here.kind, here.text) in _KEYWORDS:
            raise refused(f"{wanted} is expected at {here.place}, where {here.text} stands")
        self._next += 1
        return here


_KEYWORDS = (("word", "AND"), ("word", "OR"), ("word", "NOT"))


def _every(parts: list[Predicate[T]]) -> Predicate[T]:
    return parts[0] if len(parts) == 1 else lambda item: all(part(item) for part in parts)


def _search(text: str, fields: Mapping[str, Field[T]]) -> Predicate[T]:
    """Whether the text is in any text of an entry, whatever the case."""
    sought = text.casefold()
    reads = [field.read for field in fields.values() if field.kind in (str, tuple)]

    def found(item: T) -> bool:
        values = (read(item) for read in reads)
        texts = ((value,) if isinstance(value, str) else value for value in values)
        return any(sought in each.casefold() for group in texts for each in group)

    return found


def _comparison(kind: type, key: str, operator: Token, value: Token) -> Callable[[Any], bool]:
    """What an operator asks of a field of a kind; refuses what makes no sense there."""
    if kind is dict and key:
        compare = _comparison(str, "", operator, value)
        return lambda held: key in held and compare(held[key])
    build = _BUILDERS[kind].get(operator.text)
    if build is None:
        can = " ".join(_BUILDERS[kind])
        named = {bool: "a yes or no", tuple: "a list", dict: "a map"}[kind]
        raise refused(f"`{operator.text}` at {operator.place} asks of {named}, which takes {can}")
    return build(value)


def _equals(value: Token) -> Callable[[Any], bool]:
    pattern = _pattern(value.text)
    return lambda held: pattern.fullmatch(held) is not None


def _differs(value: Token) -> Callable[[Any], bool]:
    pattern = _pattern(value.text)
    return lambda held: pattern.fullmatch(held) is None


def _contains(value: Token) -> Callable[[Any], bool]:
    sought = value.text.casefold()
    return bool if sought == "*" else lambda held: sought in held.casefold()


def _has(value: Token) -> Callable[[Any], bool]:
    pattern = _pattern(value.text)
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
    order = _ORDERS[sign]
    return lambda value: lambda held: order(held, value.text)


_BUILDERS: Mapping[type, Mapping[str, Callable[[Token], Callable[[Any], bool]]]] = {
    str: {
        "=": _equals,
        "!=": _differs,
        ":": _contains,
        **{sign: _ordered(sign) for sign in _ORDERS},
    },
    bool: {"=": _is, "!=": _is_not, ":": _is},
    tuple: {":": _has},
    dict: {":": _has},
}


def _pattern(text: str) -> re.Pattern[str]:
    """Any text stands for a `*` at either end, nowhere else (AIP-160)."""
    core = text.removeprefix("*") if len(text) > 1 else text.strip("*")
    before = ".*" if text.startswith("*") else ""
    after = ".*" if core.endswith("*") else ""
    return re.compile(before + re.escape(core.removesuffix("*")) + after, re.DOTALL)
