"""Content-Encoding of a request: what a parameter of that name says becomes true of the body."""

import gzip
import zlib
from collections.abc import Callable, Mapping
from types import MappingProxyType

CODINGS: Mapping[str, Callable[[bytes], bytes]] = MappingProxyType(
    {
        "identity": bytes,
        "gzip": lambda data: gzip.compress(data, mtime=0),
        "x-gzip": lambda data: gzip.compress(data, mtime=0),
        "deflate": zlib.compress,
    }
)
"""The codings that a body made of arguments is put into (RFC 9110 section 8.4.1)."""


def coded(data: bytes, field: str) -> bytes | None:
    """Puts a body into the codings of a Content-Encoding field, in their order.

    None where one of them is unknown: then only an upload that is coded already can be sent.
    """
    for name in field.lower().split(","):
        coding = CODINGS.get(name.strip())
        if coding is None:
            return None
        data = coding(data)
    return data
