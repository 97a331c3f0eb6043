"""JSON as expressions see it: plain values in which no number loses a digit."""

from decimal import Decimal
from math import isinf
from typing import Any, Final

import msgspec

from facade.expressions.numbers import Number, plain


def read_json(text: str | bytes) -> Any:
    """The value of a JSON text: fractions are floats where that is exact, else Decimals.

    Raises msgspec.DecodeError for what is no JSON or has a number beyond a double's range, and
    RecursionError for what is nested too deep.
    """
    return _DECODER.decode(text)


def _fraction(text: str) -> Number:
    if isinf(float(text)):
        raise ValueError("a number out of range")
    return plain(Decimal(text))


_DECODER: Final = msgspec.json.Decoder(float_hook=_fraction)


def write_json(value: Any) -> str:
    """A value as JSON, every digit of its numbers kept."""
    return _ENCODER.encode(value).decode()


_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
