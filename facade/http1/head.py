"""Head: the first line and the fields of an answer, read strictly (RFC 9112 sections 2 to 6)."""

import re
from functools import lru_cache
from types import MappingProxyType

import msgspec

from facade.failure import broken, head_too_large
from facade.model.call import Headers
from facade.model.field_names import TOKEN

FIELDS = 200
"""In one head."""

CONTROLS = b"\0\r\n"
"""What a line holds none of; other controls may stand in it (RFC 9110 section 5.5)."""

SWITCHED = 101
"""A final status, behind which HTTP is no longer spoken."""
BODILESS = frozenset({SWITCHED, 204, 304})
"""Statuses without a body, whatever the head says (RFC 9110 section 6.4.1)."""

LENGTH_DIGITS = 19
"""Of Content-Length: fewer than 10 EiB."""

END_OF_HEAD = re.compile(rb"\n\r?\n")
"""The first empty line; a line may end in LF alone (RFC 9112 section 2.2)."""

HEADS = 64
"""That are remembered: a busy backend says the same one for a whole second."""

_FIRST = re.compile(r"HTTP/1\.([01]) ([0-9]{3})(?: .*)?")
_FOLD = re.compile(r"[ \t]*\n[ \t]+")
_CONTROL = re.compile(r"[\0\r\n]")

_COMMON = (
    *("Accept-Ranges", "Access-Control-Allow-Credentials", "Access-Control-Allow-Headers"),
    *("Access-Control-Allow-Methods", "Access-Control-Allow-Origin"),
    *("Access-Control-Expose-Headers", "Age", "Allow", "Alt-Svc", "Cache-Control"),
    *("CF-Cache-Status", "CF-Ray", "Connection", "Content-Disposition", "Content-Encoding"),
    *("Content-Language", "Content-Length", "Content-Location", "Content-Range"),
    *("Content-Security-Policy", "Content-Type", "Date", "Deprecation", "ETag", "Expires"),
    *("Keep-Alive", "Last-Modified", "Link", "Location", "Permissions-Policy", "Pragma"),
    *("RateLimit", "RateLimit-Limit", "RateLimit-Policy", "RateLimit-Remaining"),
    *("RateLimit-Reset", "Referrer-Policy", "Retry-After", "Server", "Server-Timing"),
    *("Set-Cookie", "Strict-Transport-Security", "Sunset", "Traceparent", "Transfer-Encoding"),
    *("Vary", "Via", "WWW-Authenticate", "X-Amz-Cf-Id", "X-Amzn-RequestId", "X-Cache"),
    *("X-Content-Type-Options", "X-Correlation-Id", "X-Frame-Options", "X-Powered-By"),
    *("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "X-Request-Id"),
    *("X-Runtime", "X-Total-Count", "X-XSS-Protection"),
)
_KNOWN = MappingProxyType({form: each.lower() for each in _COMMON for form in (each, each.lower())})
"""Names that need not be checked and put in lower case again, by both of their usual forms."""


class Head(msgspec.Struct, frozen=True, gc=False):
    """The head of an answer, and what it says of the body and of the connection."""

    status: int
    headers: Headers
    """Names in lower case."""
    length: int | None
    """Bytes of the body; None: it is chunked, or ends with the connection."""
    chunked: bool
    lasting: bool
    """Whether the connection may take another request."""
    coding: str
    """Content-Encoding, as it stands there; empty: none."""
    bodiless: bool
    """Whether its status has no body."""
    final: bool = True
    """Whether no other head follows."""


@lru_cache(HEADS)
def read_head(data: bytes) -> Head:
    """Reads a head that begins with `HTTP/` and ends in an empty line.

    Raises BackendBadResponse where HTTP does not allow it, and ResponseTooLarge where it has too
    many fields.
    """
    lines = _lines(data)
    newest, status = _first(lines[0])
    headers = read_fields(lines[1:])
    known = dict(headers)
    if len(known) != len(headers):
        known = combined(headers)
    coding, length = known.get("transfer-encoding"), known.get("content-length")
    if coding is not None and (coding.lower() != "chunked" or length is not None):
        raise broken()
    connection = known.get("connection")
    return Head(
        status,
        headers,
        None if length is None else length_of(length),
        coding is not None,
        newest if connection is None else _lasting(connection, newest=newest, coding=coding),
        known.get("content-encoding", ""),
        status in BODILESS,
        not 100 <= status < 200 or status == SWITCHED,
    )


def read_fields(lines: list[str]) -> Headers:
    """Reads field lines (RFC 9112 section 5); raises as `read_head` does."""
    if len(lines) > FIELDS:
        raise head_too_large()
    fields = []
    try:
        for line in lines:
            name, value = line.split(":", 1)
            fields.append((_KNOWN.get(name) or _name(name), value.strip(" \t")))
    except ValueError:
        raise broken() from None
    return tuple(fields)


def plain_lines(text: str) -> list[str]:
    """The lines of a head or a trailer that are not all simply ended by CRLF.

    A line may end in LF alone and be folded (RFC 9112 sections 2.2 and 5.2). Raises
    BackendBadResponse where anything else that controls stands in it.
    """
    first, _, rest = text.replace("\r\n", "\n").partition("\n")
    lines = [first, *(each for each in _FOLD.sub(" ", rest).split("\n") if each)]
    if any(map(_CONTROL.search, lines)):
        raise broken()
    return lines


def _lines(data: bytes) -> list[str]:
    """The first line and the field lines, without their ends."""
    lines = data[:-4].decode("latin-1").split("\r\n")
    controls = len(data) - len(data.translate(None, CONTROLS))
    plain = data.endswith(b"\r\n\r\n") and controls == 2 * len(lines) + 2
    if not plain or b"\n " in data or b"\n\t" in data:
        return plain_lines(data.decode("latin-1"))
    return lines


def _first(line: str) -> tuple[bool, int]:
    """Whether the version is 1.1, and the status."""
    found = _FIRST.fullmatch(line)
    if found is None:
        raise broken()
    return found[1] == "1", int(found[2])


def _name(name: str) -> str:
    if not TOKEN.fullmatch(name):
        raise ValueError(name)
    return name.lower()


def combined(headers: Headers) -> dict[str, str]:
    """The fields by name, those of one name as one (RFC 9110 section 5.3)."""
    known: dict[str, str] = {}
    for name, value in headers:
        known[name] = f"{known[name]}, {value}" if name in known else value
    return known


def length_of(text: str) -> int:
    """The bytes that Content-Length says; raises BackendBadResponse where it says none."""
    if not text.isdecimal() or len(text) > LENGTH_DIGITS:
        raise broken()
    return int(text)


def _lasting(connection: str, *, newest: bool, coding: str | None) -> bool:
    """RFC 9112 sections 9.3 and 6.1."""
    options = [each.strip().lower() for each in connection.split(",")]
    if "close" in options:
        return False
    return newest or ("keep-alive" in options and coding is None)
