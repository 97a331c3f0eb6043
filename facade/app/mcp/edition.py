"""Editions of the protocol: by a handshake, or with all that matters in each request."""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Final

from facade.app.mcp.message import (
    HEADER_MISMATCH,
    INVALID_PARAMS,
    UNSUPPORTED_VERSION,
    Message,
    Refused,
    text_of,
)

BY_HANDSHAKE: Final = ("2025-06-18", "2025-11-25")
"""Those that begin with `initialize`; where none is named in a header, one of them is meant."""
STATELESS: Final = "2026-07-28"
"""The one whose requests say in `_meta` and in headers what they are."""
EDITIONS: Final = (*BY_HANDSHAKE, STATELESS)

VERSION: Final = "mcp-protocol-version"
METHOD: Final = "mcp-method"
NAME: Final = "mcp-name"
HEADERS: Final = (VERSION, METHOD, NAME)

NEEDED: Final = (
    "io.modelcontextprotocol/protocolVersion",
    "io.modelcontextprotocol/clientCapabilities",
)
"""The members of `_meta` that each request of the stateless edition has."""

NAMED: Final = "tools/call"
"""The method whose parameter `name` stands in a header too."""

_BASE64: Final = re.compile(r"=\?base64\?(.*)\?=")


def is_stateless(message: Message, headers: Mapping[str, str]) -> bool:
    """Whether a message is of the stateless edition; raises Refused where it contradicts itself.

    `headers` are by lower-case name, repeats joined by a comma: which is no edition and no method.
    """
    said = headers.get(VERSION, "")
    if said and said not in EDITIONS:
        data = {"supported": list(EDITIONS), "requested": said}
        raise Refused(UNSUPPORTED_VERSION, "Unsupported protocol version", data)
    if said != STATELESS:
        return False
    if message.id is not None:
        _check(message, headers)
    return True


def _check(message: Message, headers: Mapping[str, str]) -> None:
    """What stands in a header for those on the way must be what the request says."""
    meta = message.members("_meta")
    missing = [each for each in NEEDED if each not in meta]
    if missing:
        raise Refused(INVALID_PARAMS, f"`params._meta` lacks {', '.join(missing)}.")
    if text_of(meta[NEEDED[0]], NEEDED[0]) != headers[VERSION]:
        raise _mismatch(VERSION)
    if headers.get(METHOD) != message.method:
        raise _mismatch(METHOD)
    if message.method == NAMED and _decoded(headers.get(NAME)) != message.text("name"):
        raise _mismatch(NAME)


def _mismatch(header: str) -> Refused:
    return Refused(HEADER_MISMATCH, f"The header `{header}` is not what the request says.")


def _decoded(said: str | None) -> str | None:
    """A header's text, where that may be in base64; None where it cannot be read."""
    found = _BASE64.fullmatch(said) if said is not None else None
    if found is None:
        return said
    try:
        return base64.b64decode(found[1], validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
