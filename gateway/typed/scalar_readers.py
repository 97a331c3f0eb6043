"""Scalars of the wire form as JSON values."""

import struct
from base64 import b64encode
from collections.abc import Callable, Mapping
from math import isfinite
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeAlias

from facade.errors.fault import Violation
from facade.model.typed import Scalar
from facade.transcode.arguments import LISTED, MAX_NODES, pointer
from facade.transcode.doubles import MAX_STRUCT
from gateway.typed.float32 import shortest
from gateway.typed.misfit import SHOWN
from gateway.typed.scalar_writers import DOUBLE, FLOAT, LENGTH, VARINT

Path: TypeAlias = tuple[str | int, ...]

TINY, HUGE = 1e-4, 1e16
"""Between them Python writes numbers without an exponent."""

MORE: Final = Violation(field="", description="is one of many")
"""What is only counted."""

_double: Final = struct.Struct("<d").unpack
_float: Final = struct.Struct("<f").unpack


class Crowded(Exception):
    """Too many values; it takes where that was noticed."""


class Reading:
    """What is found out while one request is read."""

    __slots__ = ("exponents", "fractions", "room", "violations")

    def __init__(self) -> None:
        """Nothing yet."""
        self.violations: list[Violation] = []
        self.fractions = False
        """Whether some number is no integer."""
        self.exponents = False
        """Whether some number is written with an exponent, or has more than 64 bits."""
        self.room = MAX_NODES
        """How many more items there may be, of arrays and maps together."""

    def refuse(self, path: Path, description: str) -> None:
        """Says what is wrong with one value; those that nobody is told of are counted."""
        told = len(self.violations) < LISTED
        at = pointer(path)[:SHOWN] if told else ""
        self.violations.append(Violation(field=at, description=description) if told else MORE)

    def take(self, count: int, path: Path) -> None:
        """Makes room for the items of one array or map; raises Crowded."""
        self.room -= count
        if self.room < 0:
            raise Crowded(path)


Convert: TypeAlias = Callable[[Any], Any]
"""Makes a value of what stands behind a tag; raises Broken or UnicodeDecodeError."""

Read: TypeAlias = Callable[[Any, Path, int, Reading], Any]
"""Makes the JSON value of what was kept of a field, whose message stands so many levels deep."""


class ReadAs(NamedTuple):
    """How one value of a type is read."""

    wire: int
    convert: Convert
    zero: Any
    """The value of a field that is not there."""
    read: Read | None = None
    """None: what is converted is the JSON value."""


def number_of(value: float, path: Path, reading: Reading) -> float:
    """A double as the number that was meant: whole ones are integers."""
    if value.is_integer() and -MAX_STRUCT <= value <= MAX_STRUCT:
        return int(value)
    if not isfinite(value):
        reading.refuse(path, "is NaN or infinite, which JSON has no words for")
        return 0
    reading.fractions = True
    if not TINY <= abs(value) < HUGE:
        reading.exponents = True
    return value


def _read_number(value: float, path: Path, _level: int, reading: Reading) -> float:
    return number_of(value, path, reading)


def _signed(bits: int) -> Convert:
    size, half = 1 << bits, 1 << (bits - 1)

    def convert(raw: int) -> int:
        number = raw & (size - 1)
        return number if number < half else number - size

    return convert


def _uint32(raw: int) -> int:
    return raw & 0xFFFF_FFFF


def _number(raw: bytes) -> float:
    return float(_double(raw)[0])


def _short_number(raw: bytes) -> float:
    value: float = _float(raw)[0]
    return shortest(value) if isfinite(value) else value


def _base64(raw: bytes) -> str:
    return b64encode(raw).decode()


int32: Final = _signed(32)

READERS: Mapping[Scalar, ReadAs] = MappingProxyType(
    {
        Scalar.BOOL: ReadAs(VARINT, bool, zero=False),
        Scalar.INT32: ReadAs(VARINT, int32, 0),
        Scalar.INT64: ReadAs(VARINT, _signed(64), 0),
        Scalar.UINT32: ReadAs(VARINT, _uint32, 0),
        Scalar.UINT64: ReadAs(VARINT, int, 0),
        Scalar.FLOAT: ReadAs(FLOAT, _short_number, 0.0, _read_number),
        Scalar.DOUBLE: ReadAs(DOUBLE, _number, 0.0, _read_number),
        Scalar.STRING: ReadAs(LENGTH, bytes.decode, ""),
        Scalar.BYTES: ReadAs(LENGTH, _base64, ""),
    }
)
