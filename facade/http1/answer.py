"""Answer: what comes on a connection behind one request, head by head and piece by piece."""

import math
import sys

from facade.failure import broken, head_too_large, too_large, unanswered
from facade.http1.chunks import Chunks
from facade.http1.head import Head, end_of_head, read_head

HEAD_BYTES = 64 * 1024
"""Of all heads of one answer together."""
INTERIM = 10
"""Answers of 1xx before the final one."""
SWITCHED = 101
"""A final status, behind which HTTP is no longer spoken."""
BODILESS = frozenset({SWITCHED, 204, 304})
"""Statuses without a body, whatever the head says (RFC 9110 section 6.4.1)."""

_ENDLESS = sys.maxsize


class Answer:
    """The answer to one request, fed as it comes.

    It is the same however the bytes are split. What follows its end is surplus: a sign that the
    connection can no longer be trusted.
    """

    __slots__ = (
        "_chunks",
        "_fed",
        "_held",
        "_interims",
        "_rest",
        "bodiless",
        "ended",
        "head",
        "limit",
        "pieces",
        "size",
        "surplus",
    )

    def __init__(self, *, bodiless: bool = False, limit: float = math.inf) -> None:
        """Takes whether none has a body (HEAD), and the largest number of bytes of a body."""
        self.bodiless = bodiless
        self.limit = limit
        self.head: Head | None = None
        """The final one."""
        self.pieces: list[bytes] = []
        """Of the body, those that nobody has taken."""
        self.size = 0
        """Bytes of the body that have come."""
        self.ended = False
        self.surplus = False
        self._held = b""
        self._fed = 0
        self._interims = 0
        self._chunks: Chunks | None = None
        self._rest = 0

    @property
    def endless(self) -> bool:
        """Whether its end is that of the connection, so that a cut of it cannot be seen."""
        head = self.head
        return head is not None and head.length is None and not (head.chunked or self.bodiless)

    @property
    def lasting(self) -> bool:
        """Whether it is over, and leaves the connection as it was before."""
        return self.ended and not self.surplus and self.head is not None and self.head.lasting

    def feed(self, data: bytes) -> None:
        """Takes more bytes, at least one.

        Raises BackendUnavailable where they are no HTTP, BackendBadResponse where they break it,
        and ResponseTooLarge. What came of the body before that is kept.
        """
        if self.head is None:
            data = self._heads(data)
        if data:
            self._body(data)

    def take(self) -> bytes:
        """The body as far as it has come and nobody has taken it."""
        pieces = self.pieces
        if not pieces:
            return b""
        self.pieces = []
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _heads(self, data: bytes) -> bytes:
        """Reads heads up to the final one; what follows that is given back."""
        start = 0
        if self._held:
            start = max(len(self._held) - 2, 0)
            data, self._held = self._held + data, b""
        while data:
            if not data.startswith(b"HTTP/"):
                data, start = self._skip(data), 0
            end = end_of_head(data, start)
            if self._fed + (len(data) if end < 0 else end) > HEAD_BYTES:
                raise head_too_large()
            if end < 0:
                self._held = data
                return b""
            self._fed += end
            head = read_head(data[:end])
            data, start = data[end:], 0
            if not 100 <= head.status < 200 or head.status == SWITCHED:
                self._begin(head)
                return data
            self._interims += 1
            if self._interims > INTERIM:
                raise broken()
        return b""

    def _skip(self, data: bytes) -> bytes:
        """Passes over empty lines before a head, as lenient clients do, and over nothing else."""
        rest = data.lstrip(b"\r\n")
        if not b"HTTP/".startswith(rest[:5]):
            raise unanswered()
        self._fed += len(data) - len(rest)
        return rest

    def _begin(self, head: Head) -> None:
        self.head = head
        if self.bodiless or head.status in BODILESS:
            self.bodiless = True
            self.surplus = head.status == SWITCHED
        elif head.chunked:
            self._chunks = Chunks()
            return
        else:
            self._rest = _ENDLESS if head.length is None else head.length
            if self.limit < self._rest < _ENDLESS:
                raise too_large(self.limit)
        self.ended = not self._rest

    def _body(self, data: bytes) -> None:
        if self.ended:
            self.surplus = True
        elif self._chunks is not None:
            self._chunked(data, self._chunks)
        else:
            rest = self._rest = self._rest - len(data)
            if rest <= 0:
                self.ended = True
                if rest:
                    self.surplus = True
                    data = data[:rest]
            self._add(data)

    def _chunked(self, data: bytes, chunks: Chunks) -> None:
        data = chunks.feed(data)
        self.ended, self.surplus = chunks.ended, chunks.surplus
        if data:
            self._add(data)
        if chunks.broken:
            raise broken()

    def _add(self, piece: bytes) -> None:
        self.pieces.append(piece)
        self.size += len(piece)
        if self.size > self.limit:
            raise too_large(self.limit)
