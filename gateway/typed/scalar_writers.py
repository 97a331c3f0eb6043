"""JSON values as scalars of the wire form, with their digits or not at all."""

import struct
from binascii import Error, a2b_base64
from collections.abc import Callable, Mapping
from decimal import Decimal
from math import isfinite
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeAlias

from facade.model.typed import Scalar
from gateway.convert.wire import varint
from gateway.typed.misfit import Misfit

Write: TypeAlias = Callable[[Any], bytes]
"""A value as it stands behind its tag, or behind its length; raises Misfit."""

VARINT, DOUBLE, LENGTH, FLOAT = 0, 1, 2, 5
"""Wire types (https://protobuf.dev/programming-guides/encoding)."""

EXACT: Final = 2**53
"""Up to here a double holds every integer."""
LONGEST: Final = 20
"""Digits of an integer of 64 bits."""
_PAIR: Final = 1 << 14
_TWO_PAIRS: Final = 1 << 28
_TOP: Final = 1 << 64

_LOW: Final = tuple(bytes((low | 0x80, high | 0x80)) for high in range(128) for low in range(128))
"""Fourteen bits with more behind them."""
_LAST: Final = tuple(map(varint, range(_PAIR)))
"""Fourteen bits with none behind them."""

double: Final = struct.Struct("<d").pack
_float: Final = struct.Struct("<f").pack


class Written(NamedTuple):
    """How a scalar is written."""

    wire: int
    """Its wire type."""
    write: Write


def integer(number: int) -> bytes:
    """A varint of an integer that 64 bits hold, with a sign or without."""
    if 0 <= number < _TWO_PAIRS:
        high = number >> 14
        return _LOW[number & 0x3FFF] + _LAST[high] if high else _LAST[number]
    if number < 0:
        number += _TOP
    written = b""
    while number >= _PAIR:
        written += _LOW[number & 0x3FFF]
        number >>= 14
    return written + _LAST[number]


def whole_of(value: object) -> int | None:
    """The integer that a JSON number is: also `5.0`; None where it is none for certain."""
    if type(value) is int:
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < EXACT else None
    if isinstance(value, Decimal) and value.is_finite() and value.adjusted() < LONGEST:
        return int(value) if value == value.to_integral_value() else None
    return None


def _whole_between(least: int, most: int) -> Write:
    wrong = f"is no integer from {least} to {most}"

    def write(value: Any) -> bytes:
        number = whole_of(value)
        if number is None or not least <= number <= most:
            raise Misfit(wrong)
        return integer(number)

    return write


def double_of(value: object) -> float:
    """A JSON number as a double that has all its digits; raises Misfit."""
    if type(value) is float:
        return value
    if type(value) is int and -EXACT <= value <= EXACT:
        return float(value)
    if type(value) is not int and not isinstance(value, Decimal):
        raise Misfit("is no number")
    try:
        near = float(value)
    except OverflowError:
        raise Misfit("is a number that no double holds") from None
    if not isfinite(near) or Decimal(repr(near)) != value:
        raise Misfit("is a number with more digits than a double holds")
    return near


def _write_double(value: Any) -> bytes:
    return double(double_of(value))


def _write_float(value: Any) -> bytes:
    """The nearest float: a document that says `format: float` promises no more digits."""
    try:
        return _float(double_of(value))
    except OverflowError:
        raise Misfit("is a number that no float holds") from None


def _write_bool(value: Any) -> bytes:
    if value is True:
        return b"\1"
    if value is False:
        return b"\0"
    raise Misfit("is neither true nor false")


def _write_text(value: Any) -> bytes:
    if type(value) is not str:
        raise Misfit("is no text")
    return value.encode()


def _write_bytes(value: Any) -> bytes:
    if type(value) is not str:
        raise Misfit("is no text in base64")
    try:
        return a2b_base64(value, strict_mode=True)
    except (Error, ValueError):
        raise Misfit("is not base64 (RFC 4648 section 4)") from None


WRITERS: Mapping[Scalar, Written] = MappingProxyType(
    {
        Scalar.BOOL: Written(VARINT, _write_bool),
        Scalar.INT32: Written(VARINT, _whole_between(-(2**31), 2**31 - 1)),
        Scalar.INT64: Written(VARINT, _whole_between(-(2**63), 2**63 - 1)),
        Scalar.UINT32: Written(VARINT, _whole_between(0, 2**32 - 1)),
        Scalar.UINT64: Written(VARINT, _whole_between(0, 2**64 - 1)),
        Scalar.FLOAT: Written(FLOAT, _write_float),
        Scalar.DOUBLE: Written(DOUBLE, _write_double),
        Scalar.STRING: Written(LENGTH, _write_text),
        Scalar.BYTES: Written(LENGTH, _write_bytes),
    }
)
