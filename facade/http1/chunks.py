"""Chunks: a chunked body, taken apart (RFC 9112 section 7.1)."""

import re

from facade.failure import head_too_large
from facade.http1.head import END_OF_HEAD, plain_lines, read_fields

SIZE_LINE = 4096
"""Bytes of the line that says how large a chunk is, extensions included."""
TRAILER = 64 * 1024
"""Bytes of the fields behind the last chunk."""

FRAMING = frozenset({"content-length", "transfer-encoding"})
"""Fields that come too late behind a body (RFC 9110 section 6.5.1)."""

_SIZE = re.compile(rb"([0-9a-fA-F]{1,16})[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?\r\n")


class Chunks:
    """The body, as its pieces come; extensions and trailers are read and dropped."""

    __slots__ = ("_held", "_rest", "_trailing", "broken", "ended", "surplus")

    def __init__(self) -> None:
        self._held = b""
        self._rest = 0
        """Bytes of the chunk that are still to come, with the CRLF behind them."""
        self._trailing = False
        self.ended = False
        self.surplus = False
        """Whether something follows the end."""
        self.broken = False
        """Whether what came breaks HTTP, behind all that was given."""

    def feed(self, data: bytes) -> bytes:
        """What more data holds of the body; raises ResponseTooLarge for the trailer."""
        if self._held:
            data, self._held = self._held + data, b""
        pieces: list[bytes] = []
        position, size = 0, len(data)
        while position < size and not self.broken and not self.ended:
            if self._rest:
                position = self._chunk(data, position, pieces)
            elif self._trailing:
                position = self._trailer(data, position)
            else:
                position = self._size(data, position)
        self.surplus = self.ended and position < size
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _chunk(self, data: bytes, position: int, pieces: list[bytes]) -> int:
        """Takes what there is of a chunk; its CRLF comes whole or is held."""
        body = self._rest - 2
        if body > 0:
            piece = data[position : position + body]
            pieces.append(piece)
            self._rest -= len(piece)
            return position + len(piece)
        end = data[position : position + 2]
        self.broken = not b"\r\n".startswith(end)
        if len(end) < 2:
            self._held = end
        else:
            self._rest = 0
        return position + len(end)

    def _size(self, data: bytes, position: int) -> int:
        found = _SIZE.match(data, position)
        if found is None:
            self._held = data[position:]
            self.broken = b"\n" in self._held or len(self._held) > SIZE_LINE
            return len(data)
        self.broken = found.end() - position > SIZE_LINE
        count = int(found[1], 16)
        self._rest = count + 2 if count else 0
        self._trailing = not count
        return found.end()

    def _trailer(self, data: bytes, position: int) -> int:
        """Reads the fields behind the last chunk, all of them or none yet."""
        start = data[position : position + 2]
        if start == b"\r\n":
            self.ended = True
            return position + 2
        found = END_OF_HEAD.search(data, position) if start != b"\r" else None
        end = len(data) if found is None else found.end()
        if end - position > TRAILER:
            raise head_too_large()
        if found is None:
            self._held = data[position:]
            return len(data)
        fields = read_fields(plain_lines(data[position:end].decode("latin-1")))
        self.broken = any(name in FRAMING for name, _ in fields)
        self.ended = not self.broken
        return end
