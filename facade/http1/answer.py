"""Answer: what comes on a connection behind one request, head by head and piece by piece."""

import math
import sys

import msgspec

from facade.failure import broken, head_too_large, too_large, unanswered
from facade.http1.chunks import Chunks
from facade.http1.head import END_OF_HEAD, SWITCHED, Head, read_head

HEAD_BYTES = 64 * 1024
"""Of all heads of one answer together."""
INTERIM = 10
"""Answers of 1xx before the final one."""
_ENDLESS = sys.maxsize


class Answer(msgspec.Struct, kw_only=True, eq=False):
    """The answer to one request, fed as it comes.

    It is the same however the bytes are split. What follows its end is surplus: a sign that the
    connection can no longer be trusted.
    """

    bodiless: bool = False
    """Whether there is no body, whatever is said of one: that of HEAD."""
    limit: float = math.inf
    """The largest number of bytes of a body."""
    head: Head | None = None
    """The final one."""
    pieces: list[bytes] = []
    """Of the body, those that nobody has taken."""
    size: int = 0
    """Bytes of the body that have come."""
    ended: bool = False
    surplus: bool = False
    held: bytes = b""
    """What came of a head that is not whole."""
    fed: int = 0
    """Bytes of heads."""
    interims: int = 0
    chunks: Chunks | None = None
    rest: int = 0
    """Bytes of the body that are still to come."""

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
        """Reads heads up to the final one; what nobody has taken of the rest is given back."""
        start = 0
        if self.held:
            start = max(len(self.held) - 2, 0)
            data, self.held = self.held + data, b""
        while data:
            if not data.startswith(b"HTTP/"):
                data, start = self._skip(data), 0
            found = END_OF_HEAD.search(data, start)
            end = len(data) if found is None else found.end()
            fed = self.fed + end
            if fed > HEAD_BYTES:
                raise head_too_large()
            if found is None:
                self.held = data
                return b""
            self.fed = fed
            head = read_head(data[:end])
            data, start = data[end:], 0
            if head.final:
                return self._begin(head, data)
            self.interims += 1
            if self.interims > INTERIM:
                raise broken()
        return b""

    def _skip(self, data: bytes) -> bytes:
        """Passes over empty lines before a head, as lenient clients do, and over nothing else."""
        rest = data.lstrip(b"\r\n")
        if not b"HTTP/".startswith(rest[:5]):
            raise unanswered()
        self.fed += len(data) - len(rest)
        return rest

    def _begin(self, head: Head, data: bytes) -> bytes:
        """Takes the final head; and the body, if that has come with it, as it mostly does."""
        self.head = head
        self.bodiless = self.bodiless or head.bodiless
        size = len(data)
        if head.length == size <= self.limit and not self.bodiless:
            self.size, self.ended = size, True
            if data:
                self.pieces.append(data)
            return b""
        self._frame(head)
        return data

    def _frame(self, head: Head) -> None:
        """Finds how the end of the body will be known (RFC 9112 section 6.3)."""
        if self.bodiless:
            self.surplus = head.status == SWITCHED
        elif head.chunked:
            self.chunks = Chunks()
            return
        else:
            self.rest = _ENDLESS if head.length is None else head.length
            if self.limit < self.rest < _ENDLESS:
                raise too_large(self.limit)
        self.ended = not self.rest

    def _body(self, data: bytes) -> None:
        if self.ended:
            self.surplus = True
        elif self.chunks is not None:
            self._chunked(data, self.chunks)
        else:
            rest = self.rest = self.rest - len(data)
            if rest <= 0:
                self.ended = True
                if rest:
                    self.surplus = True
                    data = data[:rest]
            self.add(data)

    def _chunked(self, data: bytes, chunks: Chunks) -> None:
        data = chunks.feed(data)
        self.ended, self.surplus = chunks.ended, chunks.surplus
        if data:
            self.add(data)
        if chunks.broken:
            raise broken()

    def add(self, piece: bytes) -> None:
        """Takes a piece of the body; raises ResponseTooLarge."""
        self.pieces.append(piece)
        self.size += len(piece)
        if self.size > self.limit:
            raise too_large(self.limit)
