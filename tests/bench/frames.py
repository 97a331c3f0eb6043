"""HTTP/2 as far as a loader of unary gRPC calls needs it: frames out, frames in, one status.

Heads are literals and the peer is told to keep no table (SETTINGS_HEADER_TABLE_SIZE 0), so that
the same bytes always mean the same and a head is made, and a trailer read, once (RFC 7541).
"""

import struct
from collections.abc import Iterator
from functools import lru_cache
from typing import TypeAlias

DATA, HEADERS, RESET, SETTINGS, PING, WINDOW = 0, 1, 3, 4, 6, 8
END_STREAM, END_HEADERS, ACK = 1, 4, 1
MAX_STREAMS, INITIAL_WINDOW = 3, 4
"""Settings that a server says of itself."""

REFUSED = 7
"""Why a stream was reset: nothing was done about it (RFC 9113 section 8.7)."""

LARGEST = 2**31 - 1
FIRST_WINDOW = 65_535
HEAD = struct.Struct(">HBBBI")
SETTING = struct.Struct(">HI")
NUMBER = struct.Struct(">I")

Frame: TypeAlias = tuple[int, int, int, bytes]
"""Kind, flags, stream, payload."""

NAME = b"grpc-status"
HUFFMAN_NAME = bytes.fromhex("9acac8b21234da8f")
DIGITS = (
    *("00000", "00001", "00010", "011001", "011010"),
    *("011011", "011100", "011101", "011110", "011111"),
)
"""Huffman codes of 0 to 9 (RFC 7541 appendix B)."""


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    """One frame (RFC 9113 section 4.1)."""
    return HEAD.pack(len(payload) >> 8, len(payload) & 255, kind, flags, stream) + payload


def frames(buffer: bytes) -> tuple[list[Frame], bytes]:
    """The whole frames that a buffer begins with, and the rest."""
    found = []
    at, end = 0, len(buffer)
    while end - at >= 9:
        high, low, kind, flags, stream = HEAD.unpack_from(buffer, at)
        after = at + 9 + (high << 8) + low
        if after > end:
            break
        found.append((kind, flags, stream, buffer[at + 9 : after]))
        at = after
    return found, buffer[at:]


def opening() -> bytes:
    """What a client says first: no table, no push, and windows that never close."""
    said = ((1, 0), (2, 0), (INITIAL_WINDOW, LARGEST))
    settings = b"".join(SETTING.pack(*each) for each in said)
    grown = NUMBER.pack(LARGEST - FIRST_WINDOW)
    return (
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
        + frame(SETTINGS, 0, 0, settings)
        + frame(WINDOW, 0, 0, grown)
    )


def settings(payload: bytes) -> dict[int, int]:
    """What a SETTINGS frame says."""
    return dict(SETTING.iter_unpack(payload))


def head_of(method: str, authority: str, timeout: str = "") -> bytes:
    """The head of every call of a method; `timeout` as grpc-timeout has it, such as 100m."""
    named = [("te", "trailers"), ("user-agent", "portico-bench")]
    if timeout:
        named.append(("grpc-timeout", timeout))
    fields = [
        b"\x83\x86",  # :method POST, :scheme http
        b"\x04" + _text(method),
        b"\x01" + _text(authority),
        b"\x0f\x10" + _text("application/grpc"),
        *(b"\x00" + _text(name) + _text(value) for name, value in named),
    ]
    return b"".join(fields)


def call(stream: int, head: bytes, message: bytes) -> bytes:
    """The frames of a whole unary request."""
    prefixed = b"\0" + NUMBER.pack(len(message)) + message
    return frame(HEADERS, END_HEADERS, stream, head) + frame(DATA, END_STREAM, stream, prefixed)


@lru_cache(1024)
def status_of(block: bytes) -> int | None:
    """The grpc-status of a block of fields; None where it has none."""
    for name, value in _fields(block):
        if name in (NAME, HUFFMAN_NAME):
            return _number(value)
    return None


def _text(value: str) -> bytes:
    written = value.encode("ascii")
    if len(written) >= 127:
        raise ValueError(value)
    return bytes((len(written),)) + written


def _fields(block: bytes) -> Iterator[tuple[bytes, tuple[bool, bytes]]]:
    """Literal fields: the name as it stands there, and the value with whether it is packed."""
    at = 0
    while at < len(block):
        first = block[at]
        if first & 0x80:  # of the static table: nothing that is asked for
            _, at = _integer(block, at, 7)
            continue
        if first & 0xE0 == 0x20:  # the size of the table, which is none
            _, at = _integer(block, at, 5)
            continue
        index, at = _integer(block, at, 6 if first & 0x40 else 4)
        name = b""
        if not index:
            (_, name), at = _string(block, at)
        value, at = _string(block, at)
        yield name, value


def _integer(block: bytes, at: int, bits: int) -> tuple[int, int]:
    """An integer (RFC 7541 section 5.1), and where it ends."""
    limit = (1 << bits) - 1
    value = block[at] & limit
    at += 1
    shift = 0
    while value >= limit:
        value += (block[at] & 127) << shift
        shift += 7
        at += 1
        if not block[at - 1] & 128:
            break
    return value, at


def _string(block: bytes, at: int) -> tuple[tuple[bool, bytes], int]:
    packed = bool(block[at] & 0x80)
    length, at = _integer(block, at, 7)
    return (packed, block[at : at + length]), at + length


def _number(value: tuple[bool, bytes]) -> int:
    packed, text = value
    if not packed:
        return int(text)
    bits = f"{int.from_bytes(text, 'big'):0{8 * len(text)}b}"
    number, at = 0, 0
    while (
        digit := next((n for n, code in enumerate(DIGITS) if bits[at:].startswith(code)), -1)
    ) >= 0:
        number, at = 10 * number + digit, at + len(DIGITS[digit])
    return number
