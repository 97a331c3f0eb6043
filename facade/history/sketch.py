"""Sketch: how long many calls took, in a few hundred bytes that add up; pure.

Seconds fall into buckets each a tenth longer than the one before, so that what is told of a share
of the calls is at most 5 % off, between 0.1 ms and about an hour. A sketch is one whole number
with 40 bits for each bucket: two of them are merged by adding them.
"""

import math
from typing import Final

ERROR: Final = 0.05
"""At most so far is a quantile from the true one, relative to it."""
SMALLEST: Final = 1e-4
"""Seconds; what took less is told as this."""
BUCKETS: Final = 180
BITS: Final = 40
"""Of one bucket: 10^12 calls fill it."""

GROWTH: Final = (1 + ERROR) / (1 - ERROR)
_LOG: Final = math.log(GROWTH)


def bucket_of(seconds: float) -> int:
    """The bucket that a time falls into, from 0."""
    if seconds <= SMALLEST:
        return 0
    return min(math.ceil(math.log(seconds / SMALLEST) / _LOG), BUCKETS - 1)


def one(seconds: float) -> int:
    """The sketch of one call."""
    return 1 << (BITS * bucket_of(seconds))


def quantile(sketch: int, calls: int, share: float) -> float | None:
    """Seconds within which that share of so many calls ended; None of no calls."""
    above = calls - max(math.ceil(calls * share), 1)
    while sketch:  # the slowest first
        bucket = (sketch.bit_length() - 1) // BITS
        count = sketch >> (bucket * BITS)
        if above < count:
            return _seconds(bucket)
        above -= count
        sketch -= count << (bucket * BITS)
    return None


def pack(sketch: int) -> bytes:
    """The sketch as it is kept: its first bucket that is not empty, and what follows from there.

    Not compressed: to undo that for the thousands of rows of a chart costs more than all else.
    """
    if not sketch:
        return b""
    first = ((sketch & -sketch).bit_length() - 1) // BITS
    kept = sketch >> (first * BITS)
    return bytes([first]) + kept.to_bytes((kept.bit_length() + 7) // 8, "little")


def unpack(packed: bytes) -> int:
    """The sketch that was kept."""
    return int.from_bytes(packed[1:], "little") << (packed[0] * BITS) if packed else 0


def unpack_all(packed: bytes, lengths: str) -> int:
    """The sum of sketches that stand one behind the other, of these lengths with commas between."""
    total = at = 0
    read = int.from_bytes
    for length in lengths.split(","):
        end = at + int(length)
        if end > at:
            total += read(packed[at + 1 : end], "little") << (packed[at] * BITS)
        at = end
    return total


def _seconds(bucket: int) -> float:
    """The time that is least far from all that fall into a bucket."""
    if bucket == 0:
        return SMALLEST
    return SMALLEST * GROWTH**bucket * 2 / (1 + GROWTH)
