"""Floats of 32 bits as the decimals that people mean."""

import struct
from typing import Final

DIGITS: Final = range(1, 10)
"""Significant digits: nine always suffice (IEEE 754)."""

_pack: Final = struct.Struct("<f").pack


def shortest(value: float) -> float:
    """The double of the shortest decimal that becomes the same float: 0.1 of 0.10000000149."""
    packed = _pack(value)
    for digits in DIGITS:
        near = float(f"{value:.{digits}g}")
        if _fits(near, packed):
            return near
    return value


def _fits(near: float, packed: bytes) -> bool:
    try:
        return _pack(near) == packed
    except OverflowError:
        return False
