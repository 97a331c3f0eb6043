"""NDJSON and JSON Lines: a JSON value in each line; blank lines are none."""

from collections.abc import Iterator

from facade.model.stream import Item
from facade.transcode.framing.decoder import SPACE, Judge


class Lines:
    """Gives each line as soon as it has ended, and the last one at the end of the answer."""

    def __init__(self, judge: Judge) -> None:
        """Takes what holds for every item."""
        self._judge = judge
        self._line: list[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> Iterator[Item]:
        """Reads lines that end in LF; a CR before it is white space."""
        *lines, rest = data.split(b"\n")
        for line in lines:
            if self._line:
                yield from self._element(b"".join((*self._line, line)))
                self._line, self._size = [], 0
            elif line:
                yield from self._element(line)
        if rest:
            self._line.append(rest)
            self._size += len(rest)
            self._judge.size(self._size)

    def finish(self) -> Iterator[Item]:
        """The last line may lack its end."""
        yield from self._element(b"".join(self._line))

    def _element(self, line: bytes) -> Iterator[Item]:
        text = line.strip(SPACE)
        if text:
            yield self._judge.element(text)
