"""Numbers of JSON, exactly: integers stay integers, and a fraction loses no digit to a double."""

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Context, Decimal, DecimalException
from typing import Final, TypeAlias

from facade.errors.expressions import ExpressionFailed

Number: TypeAlias = int | float | Decimal

DIGITS: Final = 128
"""Of a number that an expression makes or reads; a text with more is no number."""
EXPONENT: Final = 9_999
"""Places of a number before or after the point, of what is computed with."""
EXACT: Final = 20
"""Steps of computing with numbers that are no integers."""
_NUMBERS: Final = frozenset({int, float, Decimal})
_WIDEST: Final = 10**DIGITS
_DECIMAL128: Final = Context(prec=34, Emin=-999, Emax=999, rounding=ROUND_HALF_UP)
"""As decimal128 of IEEE 754: 34 digits, then rounded."""


def is_number(value: object) -> bool:
    """Tells whether a value is one of JSON's numbers; true and false are none."""
    return type(value) in _NUMBERS


def decimal_of(value: Number) -> Decimal:
    """Gives the decimal that a number is written as; raises ExpressionFailed for no number."""
    made = value if isinstance(value, Decimal) else Decimal(repr(value))
    if not made.is_finite() or abs(made.adjusted()) > EXPONENT:
        raise ExpressionFailed("a number that is too large, or none")
    return made


def plain(value: Decimal) -> Number:
    """Gives a decimal as a float where that loses no digit, and as it is where it would."""
    near = float(value)
    return near if Decimal(repr(near)) == value else value


def compute(word: str, left: Number, right: Number) -> Number:
    """Gives `add`, `sub`, `mul` or `div` of two numbers; raises ExpressionFailed where none is."""
    if isinstance(left, int) and isinstance(right, int):
        whole = _whole(word, left, right)
        if whole is not None:
            return _bounded(whole)
    try:
        return plain(_OF_DECIMALS[word](decimal_of(left), decimal_of(right)))
    except DecimalException:
        raise ExpressionFailed(f"{word}() of these numbers gives none that JSON has") from None


_OF_DECIMALS: Final[dict[str, Callable[[Decimal, Decimal], Decimal]]] = {
    "add": _DECIMAL128.add,
    "sub": _DECIMAL128.subtract,
    "mul": _DECIMAL128.multiply,
    "div": _DECIMAL128.divide,
}


def _whole(word: str, left: int, right: int) -> int | None:
    """The integer that two integers give; None where they give a fraction."""
    if word == "add":
        return left + right
    if word == "sub":
        return left - right
    if word == "mul":
        return left * right
    return left // right if right and left % right == 0 else None


def _bounded(value: int) -> int:
    """An integer that is not too long."""
    if abs(value) >= _WIDEST:
        raise ExpressionFailed(f"an integer of more than {DIGITS} digits")
    return value


def rounded(value: Number, digits: int) -> Number:
    """Gives a number with so many digits after the point, halves away from zero; 0: an integer."""
    if isinstance(value, int):
        return value
    try:
        made = decimal_of(value).quantize(Decimal(1).scaleb(-digits), context=_DECIMAL128)
    except DecimalException:
        return value
    return int(made) if digits == 0 else plain(made)


def number_of(text: str) -> Number | None:
    """Gives the number that a text says in JSON's way; None where it says none."""
    stripped = text.strip()
    if not stripped or len(stripped) > DIGITS or not stripped.isascii() or "_" in stripped:
        return None
    try:
        return int(stripped)
    except ValueError:
        pass
    try:
        made = Decimal(stripped)
    except DecimalException:
        return None
    return plain(made) if made.is_finite() and abs(made.adjusted()) < 300 else None
