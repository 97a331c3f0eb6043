"""Multipart bodies (RFC 2046 section 5.1, RFC 7578): their parts, framed by a free boundary."""

import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from facade.errors.fault import Violation
from facade.transcode.arguments import refused

TRIES = 16
"""A random boundary is never found in the content; this bounds the loop that makes sure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a multipart body."""

    name: str | None = None
    """Of the form's field; None: a part that only its position tells."""
    data: bytes
    content_type: str = ""
    """None is written if empty: text/plain (RFC 7578 section 4.4)."""
    filename: str | None = None
    headers: tuple[tuple[str, str], ...] = field(default=())


def random_boundary() -> str:
    """Gives a boundary that no content holds but by intent."""
    return f"portico-{secrets.token_hex(16)}"


def quoted(text: str) -> str:
    """Quotes a field or file name as browsers do (HTML, multipart/form-data encoding algorithm)."""
    safe = re.sub('[\x00-\x1f"\x7f]', lambda match: f"%{ord(match[0]):02X}", text)
    return f'"{safe}"'


def _head(part: Part) -> Iterator[str]:
    """The lines of a part's head; names are UTF-8, as browsers write them."""
    disposition = "attachment" if part.name is None else f"form-data; name={quoted(part.name)}"
    if part.filename is not None:
        disposition += f"; filename={quoted(part.filename)}"
    if part.name is not None or part.filename is not None:
        yield f"Content-Disposition: {disposition}"
    if part.content_type:
        yield f"Content-Type: {part.content_type}"
    yield from (f"{name}: {value}" for name, value in part.headers)


def _framed(part: Part) -> bytes:
    head = "".join(f"{line}\r\n" for line in _head(part))
    return b"%b\r\n%b\r\n" % (head.encode(), part.data)


def _free_boundary(pieces: Sequence[bytes], boundary: Callable[[], str]) -> str:
    """The first boundary that stands in no part."""
    for _ in range(TRIES):
        candidate = boundary()
        if not any(candidate.encode() in piece for piece in pieces):
            return candidate
    raise refused(Violation(field="/body", description="holds every boundary that was tried"))


def write_multipart(
    parts: Sequence[Part], boundary: Callable[[], str] = random_boundary
) -> tuple[str, bytes]:
    """Gives the boundary, which stands in no part, and the bytes."""
    pieces = [_framed(part) for part in parts]
    free = _free_boundary(pieces, boundary)
    opening = b"--%b\r\n" % free.encode()
    return free, b"".join(opening + piece for piece in pieces) + b"--%b--\r\n" % free.encode()
