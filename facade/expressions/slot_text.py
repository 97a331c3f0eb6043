"""Slots in a text: where they stand, what they may say, and what they read."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from facade.expressions.filters import FILTERS
from facade.expressions.finding import Finding, invalid, meant, place_at
from facade.expressions.scope import VARIABLES
from facade.model.definition import Expression

MAX_TEXT: Final = 2**16
"""Characters of one text with slots."""
MAX_SLOT: Final = 2_048
"""Characters of one slot."""
MAX_OPERATORS: Final = 16
"""Of one slot, filters counted: each may make a text longer."""

_TOKEN: Final = re.compile(
    r"""(?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(?P<number>\d+(?:\.\d+)?)"""
    r"""|(?P<word>[A-Za-z_]\w*)|(?P<mark>==|!=|<=|>=|[<>~+\-|.\[\](),])|(?P<space>\s+)""",
    re.DOTALL | re.ASCII,
)
_QUOTED: Final = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\}\}""", re.DOTALL)
_WORDS: Final = frozenset({"and", "or", "not", "if", "else", "in", "true", "false", "none"})
_TESTS: Final = frozenset({"defined", "undefined", "none", "string", "number"})
_OPERATORS: Final = frozenset({"==", "!=", "<=", ">=", "<", ">", "~", "+", "-", "|"})
_COMPUTING: Final = frozenset({"~", "+", "-"})
_LOOKING: Final = _OPERATORS - {"|"} | {"and", "or", "not", "if", "in", "is"}


@dataclass(frozen=True, slots=True)
class Link:
    """One field, or one index, of a chain."""

    name: str | int
    at: int
    """Where it stands in the text."""


@dataclass(frozen=True, slots=True)
class SlotText:
    """One slot, as it is written."""

    text: str
    at: int
    """Where it begins in the text that it stands in."""
    chains: tuple[tuple[Link, ...], ...]
    """What it reads."""
    alone: bool
    """Whether it is one chain, and nothing else."""
    defaults: bool
    """Whether it says what stands in for what is missing."""
    compares: bool = False
    """Whether it has words or marks that look at a value: all but filters."""
    computes: bool = False
    """Whether it makes something of numbers: `~`, `+`, `-`."""
    ends: str = ""
    """The filter that makes its value, where one does."""


def slots_of(whole: Expression) -> Iterator[str | SlotText]:
    """Gives the parts of a text in order; raises ExpressionInvalid for a slot that cannot be."""
    text, at = whole.text, 0
    if len(text) > MAX_TEXT and "{{" in text:
        raise _wrong(whole, 0, f"a text with slots has up to {MAX_TEXT} characters")
    if "{%" in text:
        message = "only slots `{{ }}` are filled: no `{% %}`; conditions are steps of their own"
        raise _wrong(whole, text.index("{%"), message)
    while (start := text.find("{{", at)) >= 0:
        if start > at:
            yield text[at:start]
        end = _end(whole, start + 2)
        yield _slot(whole, start + 2, end)
        at = end + 2
    if at < len(text) or not text:
        yield text[at:]


def _end(whole: Expression, at: int) -> int:
    """Where the slot ends that begins here."""
    for found in _QUOTED.finditer(whole.text, at, at + MAX_SLOT + 2):
        if found[0] == "}}":
            return found.start()
    message = f"the slot `{{{{` has no end `}}}}` within {MAX_SLOT} characters"
    raise _wrong(whole, at - 2, message)


def _wrong(whole: Expression, at: int, message: str) -> Exception:
    return invalid(Finding(place_at(whole, at), message))


def _slot(whole: Expression, start: int, end: int) -> SlotText:
    """One slot, looked through."""
    for at in {start, max(start, end - 1)}:
        if whole.text[at] in "+-":
            said = f"put a blank between `{whole.text[at]}` and the braces: all white space stays"
            raise _wrong(whole, at, said)
    scan = _Scan(whole, start, end)
    scan.run()
    if not scan.tokens:
        raise _wrong(whole, start, "the slot is empty")
    chains = tuple(tuple(each) for each in scan.chains)
    marks = {value for kind, value, _ in scan.tokens if kind in {"mark", "word"}}
    return SlotText(
        whole.text[start:end],
        start,
        chains,
        scan.alone,
        defaults="default" in scan.filters,
        compares=bool(marks & _LOOKING),
        computes=bool(marks & _COMPUTING),
        ends="" if marks & _LOOKING else scan.last,
    )


class _Scan:
    """Goes through the tokens of a slot, and refuses what a slot has no need of."""

    def __init__(self, whole: Expression, start: int, end: int) -> None:
        self._whole = whole
        self._start = start
        self._end = end
        self.tokens: list[tuple[str, str, int]] = []
        self.chains: list[list[Link]] = []
        self.filters: set[str] = set()
        self.last = ""
        """The filter that stands last, and within no other's arguments."""
        self.alone = True
        self._operators = 0
        self._open: list[bool] = []
        """Of each bracket that is open, whether it is around the arguments of a filter."""

    def run(self) -> None:
        """Reads all tokens, then looks at each beside its neighbours."""
        at = self._start
        while at < self._end:
            found = _TOKEN.match(self._whole.text, at, self._end)
            if found is None:
                raise _wrong(self._whole, at, f"`{self._whole.text[at]}` has no place in a slot")
            if found.lastgroup != "space":
                self.tokens.append((found.lastgroup or "", found[0], at))
            at = found.end()
        at = 0
        while at < len(self.tokens):
            at = self._token(at)

    def _value(self, at: int) -> str:
        return self.tokens[at][1] if 0 <= at < len(self.tokens) else ""

    def _token(self, at: int) -> int:
        """Looks at one token; gives the index of the next."""
        kind, value, place = self.tokens[at]
        if kind == "word":
            return self._word(at)
        self.alone = False
        if value in {"(", "["}:
            self._opens(at)
        elif value in {")", "]"} and self._open:
            self._open.pop()
        elif value == "," and not (self._open and self._open[-1]):
            raise _wrong(self._whole, place, "a slot makes no lists")
        if value in _OPERATORS:
            self._operators += 1
            if self._operators > MAX_OPERATORS:
                raise _wrong(
                    self._whole, place, f"a slot has up to {MAX_OPERATORS} operators and filters"
                )
        return at + 1

    def _opens(self, at: int) -> None:
        """A bracket: of a filter, or around a part; calls and lists have no place."""
        _, value, place = self.tokens[at]
        before, kind = self._value(at - 1), self.tokens[at - 1][0] if at else ""
        operand = before in {")", "]"} or kind in {"text", "number"}
        operand = operand or (kind == "word" and before not in _WORDS)
        if value == "[" and not operand:
            raise _wrong(self._whole, place, "a slot makes no lists")
        if value == "(" and operand and self._value(at - 2) != "|":
            raise _wrong(self._whole, place, "a slot calls nothing: filters stand behind `|`")
        self._open.append(value == "(" and operand)

    def _word(self, at: int) -> int:
        """A name: of a variable, a filter or a test, or a word of the language."""
        _, value, place = self.tokens[at]
        before = self._value(at - 1)
        if before == "|":
            self.alone = False
            self.filters.add(value)
            self.last = self.last if self._open else value
            if value not in FILTERS:
                raise _wrong(self._whole, place, f"no filter `{value}`{meant(value, FILTERS)}")
            return at + 1
        if value == "is" or before == "is" or (before == "not" and self._value(at - 2) == "is"):
            self.alone = False
            if value not in _TESTS | {"is", "not"}:
                raise _wrong(self._whole, place, f"no test `{value}`{meant(value, _TESTS)}")
            return at + 1
        if value.lower() in _WORDS or before == ".":
            self.alone = False
            return at + 1
        if value not in VARIABLES:
            hint = "; write `none`" if value == "null" else meant(value, VARIABLES)
            raise _wrong(self._whole, place, f"there is no variable `{value}`{hint}")
        return self._chain(at)

    def _chain(self, at: int) -> int:
        """A variable and its fields, as far as they are written out."""
        _, value, place = self.tokens[at]
        links = [Link(value, place)]
        self.chains.append(links)
        self.alone = self.alone and len(self.chains) == 1
        at += 1
        while (step := self._link(at)) is not None:
            link, at = step
            if str(link.name).startswith("__") and str(link.name).endswith("__"):
                said = f"`{link.name}` cannot be read: expressions see JSON alone"
                raise _wrong(self._whole, link.at, said)
            links.append(link)
        if self._value(at) in {".", "["}:
            self.alone = False
        return at

    def _link(self, at: int) -> tuple[Link, int] | None:
        """The field or index that follows; None where none does that is written out."""
        if at + 1 >= len(self.tokens):
            return None
        kind, value, place = self.tokens[at + 1]
        if self._value(at) == "." and kind == "word":
            return Link(value, place), at + 2
        if self._value(at) == "[" and self._value(at + 2) == "]":
            if kind == "text" and "\\" not in value:
                return Link(value[1:-1], place), at + 3
            if kind == "number" and value.isdigit() and len(value) < 10:
                return Link(int(value), place), at + 3
        return None
