"""JSON text sequences (RFC 7464): each text stands behind a record separator."""

from collections.abc import Iterator

from facade.model.stream import Item
from facade.transcode.framing.decoder import SPACE, Judge
from facade.transcode.json_text import is_json

SEPARATOR = b"\x1e"

CLOSING = b'}]"'
"""What no truncated text can end in and still be JSON (section 2.4)."""

LONG = 4096
"""Bytes of a text that is not tried with every piece."""


class Sequence:
    """Gives a text when its line feed has come, at the latest with the next separator."""

    def __init__(self, judge: Judge) -> None:
        """Takes what holds for every item."""
        self._judge = judge
        self._text: list[bytes] = []
        self._size = 0
        self._begun = False
        self._tried = 0

    def feed(self, data: bytes) -> Iterator[Item]:
        """Reads texts between separators; several of these in a row are as one."""
        first, *more = data.split(SEPARATOR)
        self._add(first)
        for text in more:
            if self._text:
                yield from self._end()
            self._begun = True
            self._add(text)
        yield from self._early()

    def finish(self) -> Iterator[Item]:
        """The last text."""
        yield from self._end()

    def _add(self, data: bytes) -> None:
        if data:
            self._text.append(data)
            self._size += len(data)
            self._judge.size(self._size)

    def _early(self) -> Iterator[Item]:
        """A text that is whole without the next separator.

        A long one that was not is tried again when it has doubled, or it would cost a square.
        """
        if not (self._text and self._begun and self._text[-1].endswith(b"\n")):
            return
        if self._tried > LONG and self._size < 2 * self._tried:
            return
        self._tried = self._size
        text = b"".join(self._text)
        if is_json(text):
            yield from self._end()

    def _end(self) -> Iterator[Item]:
        data = b"".join(self._text)
        self._text, self._size, self._tried = [], 0, 0
        text = data.strip(SPACE)
        if not text:
            return
        if not self._begun:
            raise self._judge.broken("stands behind no record separator", text)
        if data[-1:] not in SPACE and text[-1:] not in CLOSING:
            raise self._judge.broken("is cut off: no line feed ends it", text)
        self._begun = False
        yield self._judge.element(text)
