"""The syntax of filters: text becomes a tree (AIP-160, the subset that people use).

    expression  = sequence { "AND" sequence }
    sequence    = factor { factor }                  juxtaposed: AND
    factor      = term { "OR" term }                 OR binds closer than AND
    term        = [ "NOT" | "-" ] simple
    simple      = "(" expression ")" | field operator value | text
    operator    = "=" | "!=" | "<" | ">" | "<=" | ">=" | ":"

A value or a text is a word or quoted; a value may be a negative number.
"""

import re
from dataclasses import dataclass
from typing import TypeAlias

from facade.catalog.request import invalid
from facade.errors.caller import InvalidRequest
from facade.errors.fault import Violation

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
OPERATORS = ("=", "!=", "<", ">", "<=", ">=", ":")
KEYWORDS = (("word", "AND"), ("word", "OR"), ("word", "NOT"))


@dataclass(frozen=True, slots=True)
class Token:
    """A sign, a word or a quoted text of a filter."""

    kind: str
    text: str
    place: int
    """From 1."""


@dataclass(frozen=True, slots=True)
class Every:
    """All of the parts must hold; of none, all is let through."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Some:
    """One of the parts must hold."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Opposite:
    """The part must not hold."""

    part: "Node"


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is asked of a field."""

    field: Token
    operator: Token
    value: Token


@dataclass(frozen=True, slots=True)
class Search:
    """A text that is looked for."""

    text: Token


Node: TypeAlias = Every | Some | Opposite | Comparison | Search


def parse_tree(text: str) -> Node:
    """The tree of a filter; raises InvalidRequest, which names the position of what is wrong."""
    if len(text) > MAX_LENGTH:
        raise refused(f"is longer than {MAX_LENGTH} characters")
    return _Parser(_tokens(text)).parse()


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


class _Parser:
    """Recursive descent over the tokens, one method for each rule of the grammar."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._next = 0
        self._depth = 0

    def parse(self) -> Node:
        if self._here.kind == "end":
            return Every(())
        found = self._expression()
        if self._here.kind != "end":
            raise refused(f"`{self._here.text}` at {self._here.place} closes nothing")
        return found

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

    def _expression(self) -> Node:
        parts = [self._sequence()]
        while self._take("AND"):
            parts.append(self._sequence())
        return parts[0] if len(parts) == 1 else Every(tuple(parts))

    def _sequence(self) -> Node:
        parts = [self._factor()]
        while not self._ends():
            parts.append(self._factor())
        return parts[0] if len(parts) == 1 else Every(tuple(parts))

    def _ends(self) -> bool:
        here = self._here
        return here.kind == "end" or (here.kind, here.text) in (("sign", ")"), ("word", "AND"))

    def _factor(self) -> Node:
        parts = [self._term()]
        while self._take("OR"):
            parts.append(self._term())
        return parts[0] if len(parts) == 1 else Some(tuple(parts))

    def _term(self) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise refused(f"is nested deeper than {MAX_DEPTH} at {self._here.place}")
        found = Opposite(self._term()) if self._take("NOT", "-") else self._simple()
        self._depth -= 1
        return found

    def _simple(self) -> Node:
        opened = self._take("(")
        if opened is None:
            return self._restriction()
        found = self._expression()
        if self._take(")") is None:
            raise refused(f"`(` at {opened.place} is not closed")
        return found

    def _restriction(self) -> Node:
        subject = self._argument("a field or a text")
        operator = self._take(*OPERATORS)
        if operator is None:
            return Search(subject)
        return Comparison(subject, operator, self._value(f"a value after `{operator.text}`"))

    def _value(self, wanted: str) -> Token:
        minus = self._take("-")
        found = self._argument(wanted)
        return Token(found.kind, f"-{found.text}", minus.place) if minus else found

    def _argument(self, wanted: str) -> Token:
        here = self._here
        if here.kind not in ("word", "quoted") or (here.kind, here.text) in KEYWORDS:
            raise refused(f"{wanted} is expected at {here.place}, where {here.text} stands")
        self._next += 1
        return here
