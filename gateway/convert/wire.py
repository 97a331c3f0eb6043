"""Protobuf's wire form, for the few messages that are written by hand.

https://protobuf.dev/programming-guides/encoding
"""

from typing import Final

_MORE: Final = 0x80
"""Of a byte with another one behind it."""


def _varint(number: int) -> bytes:
    written = bytearray()
    while number >= _MORE:
        written.append(number & 0x7F | _MORE)
        number >>= 7
    written.append(number)
    return bytes(written)


_SHORT: Final = tuple(map(_varint, range(4096)))


def varint(number: int) -> bytes:
    """A number that is not negative, seven bits a byte, the lowest first."""
    return _SHORT[number] if number < len(_SHORT) else _varint(number)


def framed(tag: bytes, data: bytes) -> bytes:
    """A field with its length before it: a text, bytes, or a message."""
    size = len(data)
    return tag + (_SHORT[size] if size < len(_SHORT) else _varint(size)) + data
