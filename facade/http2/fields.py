"""Fields: the head of a request as HTTP/2 has it, and of an answer, read strictly (RFC 9113)."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import TypeAlias

from facade.errors.caller import InvalidParameters
from facade.failure import broken, head_too_large
from facade.http1.answer import HEAD_BYTES
from facade.http1.chunks import FRAMING
from facade.http1.head import BODILESS, FIELDS, HEADS, Head, combined, length_of
from facade.model.call import Headers

Field: TypeAlias = tuple[bytes, bytes]
"""A name and a value, as they stand on the wire."""
Fields: TypeAlias = tuple[Field, ...]

OF_THE_CONNECTION = frozenset(
    {b"connection", b"proxy-connection", b"keep-alive", b"transfer-encoding", b"upgrade"}
)
"""What HTTP/2 says in other ways, and never in a field (section 8.2.2)."""

OVERHEAD = 32
"""Bytes that a field counts for beside its name and value (section 6.5.2)."""

_NAME = re.compile(rb"[!#$%&'*+\-.^_`|~0-9a-z]+")
_CONTROL = re.compile(rb"[\0\r\n]")
_STATUS = re.compile(rb"[1-5][0-9]{2}")


def fields_of(head: bytes, scheme: bytes) -> Fields:
    """A request's head, which was written for HTTP/1.1, as the fields of HTTP/2 (section 8.3.1).

    Raises InvalidParameters where a name is none, as it might be read as a pseudo-field.
    """
    first, host, *lines = head[:-4].split(b"\r\n")
    method, _, target = first.partition(b" ")
    fields = [
        (b":method", method),
        (b":scheme", scheme),
        (b":authority", host.partition(b": ")[2]),
        (b":path", target.removesuffix(b" HTTP/1.1")),
    ]
    for line in lines:
        name, _, value = line.partition(b": ")
        name, value = name.lower(), value.strip(b" \t")
        if name in OF_THE_CONNECTION or (name == b"te" and value.lower() != b"trailers"):
            continue
        if not _NAME.fullmatch(name):
            raise InvalidParameters("the arguments make a header that HTTP/2 does not have")
        fields.append((name, value))
    return tuple(fields)


@lru_cache(HEADS)
def read_head(fields: Fields) -> Head:
    """Reads the head of an answer: its one pseudo-field, and then the others (section 8.3.2).

    Raises BackendBadResponse where HTTP/2 does not allow it, and ResponseTooLarge.
    """
    name, status = fields[0] if fields else (b"", b"")
    if name != b":status" or not _STATUS.fullmatch(status):
        raise broken()
    headers = _read(fields[1:])
    known = combined(headers)
    length = known.get("content-length")
    return Head(
        int(status),
        headers,
        None if length is None else length_of(length),
        True,  # noqa: FBT003 - it comes in frames, which tell its end as chunks do
        True,  # noqa: FBT003 - one stream says nothing of the connection
        known.get("content-encoding", ""),
        int(status) in BODILESS,
    )


def check_trailer(fields: Iterable[Field]) -> None:
    """Raises what `read_head` raises for the fields behind a body, which nobody reads."""
    if any(name in FRAMING for name, _ in _read(tuple(fields))):
        raise broken()


def _read(fields: Fields) -> Headers:
    size = sum(len(name) + len(value) + OVERHEAD for name, value in fields)
    if size > HEAD_BYTES or len(fields) > FIELDS:
        raise head_too_large()
    for name, value in fields:
        if not _NAME.fullmatch(name) or name in OF_THE_CONNECTION or _CONTROL.search(value):
            raise broken()
    return tuple(
        (name.decode("latin-1"), value.decode("latin-1").strip(" \t")) for name, value in fields
    )
