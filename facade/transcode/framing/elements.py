"""The elements of one JSON array, found in a text that is never held whole."""

import re
from collections.abc import Generator, Iterator
from enum import Enum
from typing import TypeAlias

import orjson

from facade.model.stream import Element, Item
from facade.transcode.framing.decoder import SPACE, Judge

STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
WITHIN = re.compile(rb'(?:[^"\[\]{}]++|' + STRING + rb")*", re.DOTALL)
"""What changes no depth, within an element."""
BESIDE = re.compile(rb'(?:[^"\[\]{},]++|' + STRING + rb")*", re.DOTALL)
"""The same between elements, where a comma counts."""
INSIDE = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
"""The inside of a string, up to its end or that of the data."""
BLANK = re.compile(rb"[ \t\r\n]*+")

Steps: TypeAlias = Generator[Element | None, None, None]
"""A part of the scan: gives an element, or None where it starves for more data."""


class Stage(Enum):
    """How far the scan has come."""

    SEEKING = "seeking"
    """The array has not begun."""
    INSIDE = "inside"
    """Elements come."""
    BEHIND = "behind"
    """The array has ended."""
    LONE = "lone"
    """There is no array: the whole text is the one item."""


class Elements:
    """Finds the borders of elements; each is then read once, to see that it is JSON.

    What stands around the array is kept, up to the size of an item, and must be JSON as well.
    """

    def __init__(self, judge: Judge, path: tuple[str, ...] = (), *, lone: bool = False) -> None:
        """Takes the names and indices that lead to the array.

        `lone`: a text that is no array is one item, where the path is empty.
        """
        self._judge = judge
        self._path = path
        self._lone = lone and not path
        self._data = b""
        self._at = self._mark = 0
        self._held: list[bytes] = []
        self._size = 0
        self._before = b""
        self._stage = Stage.SEEKING
        self._steps = self._scan()
        next(self._steps)

    def feed(self, data: bytes) -> Iterator[Item]:
        """Scans on from where the data before ended, in the middle of anything."""
        if not data:
            return
        self._data = data
        self._at = self._mark = 0
        while (element := next(self._steps)) is not None:
            yield element

    def finish(self) -> Iterator[Item]:
        """Sees that the text is whole; gives it where it is the one item."""
        text = b"".join(self._held)
        if self._stage is Stage.LONE:
            if text.strip(SPACE):
                yield self._judge.element(text.strip(SPACE))
        elif self._stage is Stage.INSIDE:
            raise self._judge.broken("is missing: the array has no end", text)
        elif self._stage is Stage.BEHIND:
            self._judge.around(self._before + text)
        elif text.strip(SPACE) or not self._lone:
            raise self._missing()

    @property
    def around(self) -> bytes:
        """After the end: the text with an empty array in the place of the array."""
        return self._before + b"".join(self._held)

    def _scan(self) -> Steps:
        yield None
        for token in self._path:
            yield from self._enter(token)
        yield from self._blank()
        if self._data[self._at :][:1] != b"[":
            if not self._lone:
                raise self._missing()
            self._stage = Stage.LONE
        else:
            self._at += 1
            self._before = self._take()
            self._stage = Stage.INSIDE
            yield from self._elements()
            self._stage = Stage.BEHIND
        while True:
            self._at = len(self._data)
            yield from self._starve()

    def _elements(self) -> Steps:
        """From behind the opening bracket to before the closing one."""
        first = True
        while True:
            yield from self._skip()
            border = self._data[self._at : self._at + 1]
            text = self._take().strip(SPACE)
            if border == b"}":
                raise self._judge.broken("is closed by a bracket that was not opened", text)
            if text or border == b"," or not first:
                yield self._judge.element(text)
            if border == b"]":
                return
            first = False
            self._at = self._mark = self._at + 1

    def _enter(self, token: str) -> Steps:
        """To the value that a name or an index stands for."""
        yield from self._blank()
        opening = self._data[self._at : self._at + 1]
        self._at += 1
        if opening == b"{":
            yield from self._find(token)
        elif opening == b"[" and token.isdecimal():
            for _ in range(int(token[:10])):
                yield from self._pass()
        else:
            raise self._missing()

    def _find(self, name: str) -> Steps:
        """To the value of a member."""
        while True:
            yield from self._blank()
            if self._data[self._at] != ord('"'):
                raise self._missing()
            self._keep()
            start = len(self._held)
            yield from self._string()
            self._keep()
            key = b"".join(self._held[start:])
            yield from self._blank()
            if self._data[self._at] != ord(":"):
                raise self._missing()
            self._at += 1
            if _is_name(key, name):
                return
            yield from self._pass()

    def _pass(self) -> Steps:
        """Over a value and the comma behind it."""
        yield from self._skip()
        if self._data[self._at] != ord(","):
            raise self._missing()
        self._at += 1

    def _skip(self) -> Steps:
        """Over a value, to the comma or bracket behind it."""
        depth = 0
        while True:
            found = (WITHIN if depth else BESIDE).match(self._data, self._at)
            self._at = found.end() if found else self._at
            border = self._data[self._at : self._at + 1]
            if not border:
                yield from self._starve()
            elif border == b'"':
                yield from self._string()
            elif border in b"[{":
                depth += 1
                self._at += 1
                self._judge.depth(depth)
            elif depth:
                depth -= 1
                self._at += 1
            else:
                return

    def _string(self) -> Steps:
        """Over a string whose end may be in data that is still to come."""
        self._at += 1
        while True:
            found = INSIDE.match(self._data, self._at)
            self._at = found.end() if found else self._at
            border = self._data[self._at : self._at + 1]
            if border == b'"':
                self._at += 1
                return
            if border:  # a backslash whose character is still to come
                self._at += 1
                yield from self._starve()
                self._at += 1
            else:
                yield from self._starve()

    def _blank(self) -> Steps:
        """Over white space, to the byte behind it."""
        while True:
            found = BLANK.match(self._data, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._data):
                return
            yield from self._starve()

    def _starve(self) -> Steps:
        self._keep()
        self._data = b""
        self._at = self._mark = 0
        yield None

    def _keep(self) -> None:
        """Keeps what was passed over since the last time."""
        if self._at > self._mark:
            self._held.append(self._data[self._mark : self._at])
            self._size += self._at - self._mark
            self._mark = self._at
            self._judge.size(self._size)

    def _take(self) -> bytes:
        """All that was kept."""
        self._keep()
        taken = b"".join(self._held)
        self._held, self._size = [], 0
        return taken

    def _missing(self) -> Exception:
        """The fault of a text that has no such array."""
        where = "".join(f"/{each.replace('~', '~0').replace('/', '~1')}" for each in self._path)
        self._keep()
        return self._judge.unlike(f"has no array at `{where}`", b"".join(self._held))


def _is_name(key: bytes, name: str) -> bool:
    try:
        return bool(orjson.loads(key) == name)
    except orjson.JSONDecodeError:
        return False
