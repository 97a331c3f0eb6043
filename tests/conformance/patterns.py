"""Texts that match an ECMA 262 regular expression, as far as a schema's patterns go."""

import string
from collections.abc import Iterator
from random import Random
from zlib import crc32

DIGITS, LETTERS = string.digits, string.ascii_letters
CLASSES = {
    "d": DIGITS,
    "w": LETTERS + DIGITS + "_",
    "s": " ",
    "D": LETTERS,
    "W": "-.",
    "S": LETTERS + DIGITS,
    "h": " ",
    "R": " ",
}
ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v", "0": "\0"}
PROPERTIES = {"L": LETTERS, "Lu": string.ascii_uppercase, "Ll": string.ascii_lowercase}
PROPERTIES |= {"N": DIGITS, "Nd": DIGITS, "P": "-.,", "S": "+$", "Z": " ", "M": "", "Zs": " "}
ANY = LETTERS + DIGITS + "-_. "
PRINTABLE = "".join(map(chr, range(32, 127)))
MANY = 3
"""Repetitions beyond the least where there is no upper bound."""


def seeded(text: object) -> Random:
    """A source of chances that gives the same ones in every run."""
    return Random(crc32(str(text).encode()))  # noqa: S311 - nothing is kept secret with it


class Unsampled(Exception):
    """An expression with something in it that is not understood here."""


class Sampler:
    """Reads an expression from left to right, and writes a text as it goes."""

    def __init__(self, pattern: str, random: Random) -> None:
        self._text = pattern
        self._at = 0
        self._random = random

    def sample(self) -> str:
        """A text that the expression matches, unless it looks around; raises Unsampled."""
        text = self._alternatives()
        if self._at < len(self._text):
            raise Unsampled(self._text)
        return text

    def _alternatives(self) -> str:
        found = [self._sequence()]
        while self._peek() == "|":
            self._at += 1
            found.append(self._sequence())
        return self._random.choice(found)

    def _sequence(self) -> str:
        pieces: list[str] = []
        while self._peek() not in {"", "|", ")"}:
            pieces.append(self._term())
        return "".join(pieces)

    def _term(self) -> str:
        start = self._at
        text = self._atom()
        end = self._at
        low, high = self._quantifier()
        after = self._at
        count = self._random.randint(low, max(low, min(high, low + MANY)))
        pieces = []
        for index in range(count):
            if index == 0:
                pieces.append(text)
                continue
            self._at = start
            pieces.append(self._atom())
            assert self._at == end
        self._at = after
        return "".join(pieces)

    def _quantifier(self) -> tuple[int, int]:
        mark = self._peek()
        low, high = {"*": (0, 99), "+": (1, 99), "?": (0, 1)}.get(mark, (1, 1))
        if mark and mark in "*+?":
            self._at += 1
        elif mark == "{" and (bounds := self._bounds()):
            low, high = bounds
        if self._peek() == "?" and mark and mark in "*+?{":
            self._at += 1
        return low, high

    def _bounds(self) -> tuple[int, int] | None:
        inner, closed, _ = self._text[self._at + 1 :].partition("}")
        low, comma, high = inner.partition(",")
        if not closed or not low.isdigit() or (high and not high.isdigit()):
            return None
        self._at += len(inner) + 2
        return int(low), int(high) if high else 10**6 if comma else int(low)

    def _atom(self) -> str:
        character = self._take()
        if character == "(":
            return self._group()
        if character == "[":
            return self._random.choice(self._set())
        if character == ".":
            return self._random.choice(ANY)
        if character == "\\":
            return self._random.choice(self._escape() or [""])
        return "" if character in "^$" else character

    def _group(self) -> str:
        looks = False
        if self._peek() == "?":
            self._at += 1
            mark = self._take()
            if mark == "<" and self._peek() not in "=!":
                self._at = self._text.index(">", self._at) + 1
            else:
                looks = mark in "=!<"
                if mark == "<":
                    self._at += 1
        text = self._alternatives()
        if self._take() != ")":
            raise Unsampled(self._text)
        return "" if looks else text

    def _set(self) -> str:
        negated = self._peek() == "^"
        self._at += negated
        found = "".join(self._members())
        if negated:
            found = "".join(each for each in ANY if each not in found) or "".join(
                each for each in PRINTABLE if each not in found
            )
        if not found:
            raise Unsampled(self._text)
        return "".join(each for each in found if each in ANY) or found

    def _members(self) -> Iterator[str]:
        while (character := self._take()) != "]":
            first = self._escape() if character == "\\" else character
            ranged = self._text[self._at : self._at + 1] == "-"
            if ranged and self._text[self._at + 1 : self._at + 2] != "]" and len(first) == 1:
                self._at += 1
                last = self._take()
                last = self._escape() if last == "\\" else last
                yield "".join(map(chr, range(ord(first), min(ord(last), ord(first) + 200) + 1)))
            else:
                yield first

    def _escape(self) -> str:
        """The characters that an escape stands for; none for a place such as a word's border."""
        mark = self._take()
        if mark in "bB":
            return ""
        if mark in "pP":
            name = self._text[self._at : self._text.index("}", self._at) + 1].strip("{}")
            self._at = self._text.index("}", self._at) + 1
            name = name.rpartition("=")[2]
            return PROPERTIES.get(name, LETTERS) if mark == "p" else "-"
        width = {"x": 2, "u": 4}.get(mark, 0)
        if mark == "u" and self._peek() == "{":
            width = self._text.index("}", self._at) + 1 - self._at
        digits = self._text[self._at : self._at + width].strip("{}")
        if width and digits and all(each in string.hexdigits for each in digits):
            self._at += width
            return chr(int(digits, 16))
        return CLASSES.get(mark) or ESCAPES.get(mark, mark)

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _take(self) -> str:
        character = self._peek()
        if not character:
            raise Unsampled(self._text)
        self._at += 1
        return character
