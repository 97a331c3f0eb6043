"""A message in wire form as what stands in its fields, by protobuf's rules of reading.

https://protobuf.dev/programming-guides/encoding
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from facade.transcode.arguments import MAX_NODES
from gateway.convert.values import MAX_LEVELS
from gateway.typed.scalar_writers import DOUBLE, FLOAT, LENGTH, VARINT

Found: TypeAlias = dict[int, Any]
"""What stands in the fields, by number: the last value, or a list of all of them."""

Keep: TypeAlias = Callable[[Found, Any], None]
"""Takes what stands in a field: an int of a varint, else bytes."""

UNKNOWN: Final = 0
"""Under this number, which no field has, those are counted that the message does not have."""

START, END = 3, 4
"""Wire types of groups, which proto3 has none of: they are passed over."""
FIXED: Final[Mapping[int, int]] = {DOUBLE: 8, FLOAT: 4}
"""Bytes of what has always as many."""

_MORE: Final = 0x80
_WORD: Final = 8
_MORES: Final = int.from_bytes(b"\x80" * _WORD)
_word: Final = int.from_bytes
_TAG: Final = 2**32
_SIZE: Final = 2**31
_ALL: Final = 2**64 - 1
_SHORT, _LONG = 5, 10
"""Bytes of the longest varints: of tags and lengths, and of numbers."""
_WIRE: Final = 7
_LEAST: Final = 8
"""Tags below it are of field 0, which is none."""


class Broken(Exception):
    """Bytes that are no message."""


class Keeps(dict[int, Keep]):
    """What takes the values of fields, by tag; those of others are left out."""

    def __missing__(self, tag: int) -> Keep:
        """Refuses field 0; raises Broken."""
        if tag < _LEAST:
            raise Broken
        return _leave


def scan(data: bytes, keeps: Keeps, level: int) -> Found:
    """Reads a message that stands so many levels deep; raises Broken."""
    if level > MAX_LEVELS:
        raise Broken
    found: Found = {}
    raw: Any
    at, end = 0, len(data)
    try:
        while at < end:
            tag, at = data[at], at + 1
            if tag >= _MORE:
                tag, at = _short(data, at - 1, _TAG)
            wire, head = tag & _WIRE, data[at]
            if wire == LENGTH and head < _MORE:
                start = at + 1
                at = start + head
                raw = data[start:at]
            elif wire == VARINT and head < _MORE:
                raw, at = head, at + 1
            else:
                raw, at = _value(data, at, tag, level)
            keeps[tag](found, raw)
    except (IndexError, UnicodeDecodeError):
        raise Broken from None
    if at > end:
        raise Broken
    return found


def _leave(found: Found, _raw: Any) -> None:
    """Takes nothing, and counts it; raises Broken for more than anybody sends."""
    count = found[UNKNOWN] = found.get(UNKNOWN, 0) + 1
    if count > MAX_NODES:
        raise Broken


def varints(data: bytes) -> list[int]:
    """All numbers that stand packed in a field."""
    at, end, found = 0, len(data), []
    try:
        while at < end:
            number, at = data[at], at + 1
            if number >= _MORE:
                number, at = _varint(data, at - 1, _LONG)
            found.append(number)
    except IndexError:
        raise Broken from None
    return found


def chunks(data: bytes, size: int) -> list[bytes]:
    """All values of so many bytes that stand packed in a field."""
    if len(data) % size:
        raise Broken
    return [data[at : at + size] for at in range(0, len(data), size)]


def _value(data: bytes, at: int, tag: int, level: int) -> tuple[Any, int]:
    """What stands behind a tag, and where it ends."""
    wire = tag & _WIRE
    if wire == VARINT:
        number = data[at]
        return (number, at + 1) if number < _MORE else _varint(data, at, _LONG)
    if wire == LENGTH:
        size, at = data[at], at + 1
        if size >= _MORE:
            size, at = _short(data, at - 1, _SIZE)
    elif wire in FIXED:
        size = FIXED[wire]
    elif wire == START:
        return b"", _behind_group(data, at, tag, level + 1)
    else:
        raise Broken
    end = at + size
    if end > len(data):
        raise Broken
    return data[at:end], end


def _varint(data: bytes, at: int, longest: int) -> tuple[int, int]:
    """A number, of which 64 bits count, and where it ends; raises IndexError, too."""
    if data[at] < _MORE:
        return data[at], at + 1
    if data[at + 1] < _MORE:
        return data[at] & 0x7F | data[at + 1] << 7, at + 2
    word = _word(data[at : at + _WORD], "little")
    ends = ~word & _MORES
    if ends:
        last = ends & -ends  # the mark of the last byte, which has none behind it
        size = last.bit_length() >> 3
        if size > longest or at + size > len(data):
            raise Broken
        word &= last - 1  # seven bits of each byte, moved together two by two
        word = word & 0x7F007F007F007F | (word & 0x7F007F007F007F00) >> 1
        word = word & 0x3FFF00003FFF | (word & 0x3FFF00003FFF0000) >> 2
        return word & 0xFFFFFFF | (word & 0xFFFFFFF00000000) >> 4, at + size
    number = shift = 0
    for byte in range(at, at + longest):
        number |= (data[byte] & 0x7F) << shift
        if data[byte] < _MORE:
            return number & _ALL, byte + 1
        shift += 7
    raise Broken


def _short(data: bytes, at: int, most: int) -> tuple[int, int]:
    """A tag or a length, below `most`, and where it ends."""
    number, end = _varint(data, at, _SHORT)
    if number >= most:
        raise Broken
    return number, end


def _behind_group(data: bytes, at: int, start: int, level: int) -> int:
    """Where the group ends that the tag began."""
    if level > MAX_LEVELS:
        raise Broken
    while True:
        tag, at = _short(data, at, _TAG)
        if tag < _LEAST:
            raise Broken
        if tag == start - START + END:
            return at
        _, at = _value(data, at, tag, level)
