"""Mends slips of published JSON that leave no doubt: commas, comments, odd blanks."""

import re
from typing import Final, NamedTuple

# An unclosed string or comment runs to the end: no token is ever tried twice.
TOKEN: Final = re.compile(
    r"""
    (?P<string>"[^"\\]*+(?:\\.[^"\\]*+)*+"?)
    | (?P<word>[-+.\w]++)
    | (?P<sign>[\[\]{},:])
    | (?P<blank>[ \t\r\n]++)
    | (?P<comment>//[^\n]*+|/\*(?:[^*]++|\*(?!/))*(?:\*/)?)
    | (?P<odd>[\s\u200b\ufeff]++)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
MOST: Final = 1000
"""Slips that are mended; a text with more is no JSON."""
CONTROL: Final = re.compile(r"[\x00-\x1f]")


class Slip(NamedTuple):
    """One slip that was mended."""

    code: str
    message: str
    offset: int


class Mended(NamedTuple):
    """A text as long as the one it was made of, so that offsets hold."""

    text: str
    slips: tuple[Slip, ...]
    depth: int
    """How deep the brackets nest."""


def mend(text: str) -> Mended:
    """Blanks trailing commas, comments and odd blanks, adds commas at line ends.

    Control characters in strings are reported and left: a reader that is not
    strict takes them. What stays broken is for the parser to refuse.
    """
    bench = Bench()
    for match in TOKEN.finditer(text):
        bench.take(match)
        if len(bench.slips) >= MOST:
            bench.pieces.append(text[match.end() :])
            break
    return Mended("".join(bench.pieces), tuple(bench.slips), bench.deepest)


class Bench:
    """The tokens so far, with what was mended in them."""

    def __init__(self) -> None:
        """Starts before the first token."""
        self.pieces: list[str] = []
        self.slips: list[Slip] = []
        self.deepest = 0
        self._depth = 0
        self._comma = (-1, 0)
        """Piece and offset of a comma after which nothing stands yet; -1: there is none."""
        self._value = False
        """Whether a value has just ended."""
        self._gap = -1
        """The piece after that value that has a line end in it."""

    def take(self, match: re.Match[str]) -> None:
        """Takes the next token."""
        kind, part = match.lastgroup, match.group()
        if kind == "blank":
            self._blank(part)
        elif kind in {"comment", "odd"}:
            what = "a comment" if kind == "comment" else "a blank that JSON does not have"
            self._slip(f"{what} was passed over", match.start())
            self._blank("\n" * ("\n" in part or part.startswith("//")), len(part))
        elif kind == "sign" and part in "]},:":
            self._sign(part, match.start())
        else:
            self._value_begins(kind or "", part, match.start())

    def _blank(self, part: str, length: int = 0) -> None:
        if self._value and "\n" in part and self._gap < 0:
            self._gap = len(self.pieces)
        self.pieces.append(part.ljust(length))

    def _sign(self, part: str, offset: int) -> None:
        if part in "]}":
            if self._comma[0] >= 0:
                self.pieces[self._comma[0]] = " "
                self._slip("a comma before a closing bracket was passed over", self._comma[1])
            self._depth -= 1
        self._comma = (len(self.pieces) if part == "," else -1, offset)
        self._value = part in "]}"
        self._gap = -1
        self.pieces.append(part)

    def _value_begins(self, kind: str, part: str, offset: int) -> None:
        if self._value and self._gap >= 0:
            self.pieces[self._gap] = "," + self.pieces[self._gap][1:]
            self._slip("a comma that is missing at the line's end was added", offset)
        if kind == "string" and CONTROL.search(part):
            at = offset + next(CONTROL.finditer(part)).start()
            message = "a control character stands unescaped in a string"
            self.slips.append(Slip("control-character", message, at))
        if kind == "sign":
            self._depth += 1
            self.deepest = max(self.deepest, self._depth)
        self._comma, self._gap = (-1, 0), -1
        self._value = kind in {"string", "word"}
        self.pieces.append(part)

    def _slip(self, message: str, offset: int) -> None:
        self.slips.append(Slip("json-syntax", message, offset))
