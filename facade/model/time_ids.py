"""Ids in the order of time: UUIDs of version 7 (RFC 9562 section 5.7)."""

from datetime import datetime
from random import getrandbits
from typing import Final

_UUID: Final = "{:08x}-{:04x}-7{:03x}-{:04x}-{:012x}".format


def new_id(time: float) -> str:
    """A new id of a moment, in seconds since 1970; it is no secret."""
    milliseconds = int(time * 1000)
    early, late = milliseconds >> 16 & 0xFFFFFFFF, milliseconds & 0xFFFF
    return _UUID(early, late, getrandbits(12), 0x8000 | getrandbits(14), getrandbits(48))


def least_id(time: datetime) -> str:
    """What no id of that moment or later is less than."""
    text = f"{max(int(time.timestamp() * 1000), 0):012x}"
    return f"{text[:8]}-{text[8:]}"
