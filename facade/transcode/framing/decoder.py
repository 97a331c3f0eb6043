"""Decoder: bytes go in as they come, items come out as soon as they are whole."""

import codecs
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from facade.errors.backend import BackendBadResponse, ResponseTooLarge
from facade.errors.fault import Details
from facade.model.stream import Chunk, Element, Item
from facade.transcode.json_text import CHARSET, is_json
from facade.transcode.redact import excerpt

SPACE = b" \t\r\n"
"""JSON's white space (RFC 8259 section 2)."""

DEEPEST = 1024
"""Levels of arrays and objects, beyond which `is_json` calls a text broken."""

PIECE = 64 * 1024
"""Bytes of a chunk at most."""


class Decoder(Protocol):
    """One framing at work on one answer."""

    def feed(self, data: bytes) -> Iterator[Item]:
        """Gives the items that more data completes.

        Raises BackendBadResponse for one that is broken, after those before it, and
        ResponseTooLarge.
        """

    def finish(self) -> Iterator[Item]:
        """Gives the items that the end of the answer completes; raises what `feed` raises."""


@dataclass(slots=True, kw_only=True)
class Judge:
    """What holds for every item of an answer, and how one that is broken is told of."""

    limit: int
    """Bytes of an item."""
    secrets: Sequence[str] = ()
    """What no excerpt may show."""
    seen: int = 0

    def element(self, text: bytes) -> Element:
        """The text as an item, if it is one JSON value."""
        self.size(len(text))
        if not _is_json_text(text):
            raise self.broken("is not valid JSON", text)
        self.seen += 1
        return Element(json=text)

    def size(self, size: int) -> None:
        """Raises ResponseTooLarge where an item would have that many bytes, which are too many."""
        if size > self.limit:
            raise ResponseTooLarge(f"an item of the answer is larger than {self.limit} bytes")

    def depth(self, levels: int) -> None:
        """Raises BackendBadResponse for an item that is nested deeper than JSON is read."""
        if levels > DEEPEST:
            raise self.broken(f"is nested deeper than {DEEPEST} levels", b"")

    def broken(self, description: str, text: bytes) -> BackendBadResponse:
        """The fault of the next item."""
        return self.unlike(f"has an item {self.seen + 1} that {description}", text)

    def around(self, text: bytes) -> None:
        """Sees that what stands around the items is JSON."""
        if not _is_json_text(text):
            raise self.unlike("is not valid JSON around its items", text)

    def unlike(self, description: str, text: bytes) -> BackendBadResponse:
        """The fault of an answer that is not what it should be."""
        details = Details(excerpt=excerpt(text, self.secrets))
        return BackendBadResponse(f"the answer {description}", details=details)


def _is_json_text(text: bytes) -> bool:
    """Whether it is one JSON value, in UTF-8: within strings `is_json` does not look at that."""
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return is_json(text)


class Chunks:
    """Bytes as they come, in pieces of at most 64 KiB."""

    def feed(self, data: bytes) -> Iterator[Item]:
        """Cuts what is too large for one piece."""
        for start in range(0, len(data), PIECE):
            yield Chunk(data=data[start : start + PIECE])

    def finish(self) -> Iterator[Item]:
        """Nothing is held back."""
        yield from ()


class Utf8:
    """Text in any charset as UTF-8 without a byte order mark; a character may span pieces."""

    def __init__(self, charset: str, judge: Judge) -> None:
        """Takes the charset that the answer says; raises BackendBadResponse for an unknown one."""
        self._judge = judge
        self._start: bytes | None = b""
        self._decoder: codecs.IncrementalDecoder | None = None
        try:
            name = codecs.lookup(charset or "utf-8").name
        except (LookupError, ValueError):
            name = ""
        if not CHARSET.fullmatch(name):
            raise judge.broken("is text in an unknown charset", b"")
        if name not in ("utf-8", "ascii"):
            self._decoder = codecs.getincrementaldecoder(name)()

    def feed(self, data: bytes, *, last: bool = False) -> bytes:
        """The same text in UTF-8, as far as it is whole; `last` for the end of it."""
        if self._decoder is not None:
            try:
                data = self._decoder.decode(data, last).encode()
            except UnicodeError:
                raise self._judge.broken(
                    "is not in the charset that the answer says", b""
                ) from None
        if self._start is None:
            return data
        data = self._start + data
        if len(data) < len(codecs.BOM_UTF8) and codecs.BOM_UTF8.startswith(data) and not last:
            self._start = data
            return b""
        self._start = None
        return data.removeprefix(codecs.BOM_UTF8)
