"""Server-sent events, as WHATWG HTML section 9.2.6 interprets an event stream."""

import re
from collections.abc import Iterator

from facade.model.stream import Event, Item
from facade.transcode.framing.decoder import Judge
from facade.transcode.json_text import is_json

END_OF_LINE = re.compile(rb"\r\n|\n|\r")

RETRY = re.compile(rb"[0-9]+")

LONGEST_RETRY = 2**31 - 1
"""Milliseconds; more is taken for so many."""


class Events:
    """Dispatches an event at each blank line; what no blank line ends is dropped."""

    def __init__(self, judge: Judge) -> None:
        """Takes what holds for every item."""
        self._judge = judge
        self._line: list[bytes] = []
        self._after_cr = False
        self._pending = 0
        self._kept = 0
        self._type = b""
        self._data: list[bytes] = []
        self._id = ""
        self._retry: int | None = None
        self.last_id = ""
        """Of the last event: where to take the stream up again."""
        self.retry: int | None = None
        """Milliseconds to wait before a reconnection, if the server has said so."""

    def feed(self, data: bytes) -> Iterator[Item]:
        """Reads lines that end in CR, LF or both, wherever the data is cut."""
        if self._after_cr and data:
            data = data.removeprefix(b"\n")
            self._after_cr = False
        if not data:
            return
        self._after_cr = data.endswith(b"\r")
        *lines, rest = END_OF_LINE.split(data)
        for line in lines:
            whole = self._whole(line) if self._line else line
            if whole:
                if not whole.startswith(b":"):
                    self._take(whole)
            elif self._data or self._type:
                yield from self._dispatch()
            else:
                self.last_id = self._id
        if rest:
            self._line.append(rest)
            self._pending += len(rest)
            self._judge.size(self._kept + self._pending)

    def finish(self) -> Iterator[Item]:
        """An event without its blank line is none."""
        yield from ()

    def _whole(self, line: bytes) -> bytes:
        """A line that began in the data before."""
        whole = b"".join((*self._line, line))
        self._line, self._pending = [], 0
        return whole

    def _take(self, line: bytes) -> None:
        """Reads one field; a name without a colon has no value."""
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._data.append(value)
            self._kept += len(value) + 1
            self._judge.size(self._kept)
        elif name == b"event":
            self._type = value
        elif name == b"id" and b"\0" not in value:
            self._id = value.decode(errors="replace")
        elif name == b"retry" and RETRY.fullmatch(value):
            number = value.lstrip(b"0")[:11]
            self.retry = self._retry = min(int(number or b"0"), LONGEST_RETRY)

    def _dispatch(self) -> Iterator[Event]:
        self.last_id = self._id
        lines, kind = self._data, self._type
        self._data, self._type, self._kept = [], b"", 0
        if not lines:
            return
        text = b"\n".join(lines).decode(errors="replace")
        retry, self._retry = self._retry, None
        self._judge.seen += 1
        yield Event(
            id=self.last_id,
            type=kind.decode(errors="replace") or "message",
            data=text,
            is_json=is_json(text.encode()),
            retry=retry,
        )
