"""Functions of numbers, and of values of any type."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from math import ceil, floor
from typing import Any, Final

from facade.errors.expressions import ExpressionFailed
from facade.expressions.budget import Budget
from facade.expressions.known import Known, either, list_of, scalar
from facade.expressions.numbers import (
    EXACT,
    Number,
    compute,
    decimal_of,
    is_number,
    number_of,
    rounded,
)
from facade.expressions.signature import ANY, NUMBER, NUMBER_OR_NULL, Function
from facade.expressions.values import json_text, type_of

_NUMBER: Final = scalar("number")
_NUMBER_OR_NULL: Final = scalar("number", "null")


def _arithmetic(word: str) -> Callable[..., Number | None]:
    """One of the four; null with a number is null."""

    def run(budget: Budget, left: Number | None, right: Number | None) -> Number | None:
        budget.spend(8 if isinstance(left, int) and isinstance(right, int) else EXACT)
        return None if left is None or right is None else compute(word, left, right)

    return run


def abs_(budget: Budget, value: Number) -> Number:
    """Gives a number without its sign."""
    del budget
    return value if value >= 0 else compute("sub", 0, value)


def ceil_(budget: Budget, value: Number) -> int:
    """Gives the least integer that is not less."""
    budget.spend(2)
    return ceil(decimal_of(value))


def floor_(budget: Budget, value: Number) -> int:
    """Gives the greatest integer that is not more."""
    budget.spend(2)
    return floor(decimal_of(value))


def round_(budget: Budget, value: Number | None, digits: Number = 0) -> Number | None:
    """Gives a number with so many digits after the point."""
    budget.spend(EXACT)
    if not isinstance(digits, int) or not 0 <= digits <= 30:
        raise ExpressionFailed("round() leaves 0 to 30 digits after the point")
    return None if value is None else rounded(value, digits)


def to_number(budget: Budget, value: Any) -> Number | None:
    """Gives a number, or the one that a text says; else null."""
    budget.spend(3 if isinstance(value, int) else 12)
    if is_number(value):
        return value if isinstance(value, int | float | Decimal) else None
    return number_of(value) if isinstance(value, str) else None


def to_int(budget: Budget, value: Any) -> int | None:
    """Gives a whole number of a number or a text, cut at the point; null where there is none."""
    made = int(value) if isinstance(value, bool) else to_number(budget, value)
    return None if made is None else int(decimal_of(made)) if not isinstance(made, int) else made


def to_string(budget: Budget, value: Any) -> str:
    """Gives a string as it is, all else as JSON."""
    return value if isinstance(value, str) else json_text(value, budget)


def to_array(budget: Budget, value: Any) -> list[Any]:
    """Gives a list as it is, all else as the one item of a list."""
    del budget
    return value if isinstance(value, list) else [value]


def type_(budget: Budget, value: Any) -> str:
    """Gives JSON's word for the type of a value."""
    del budget
    return type_of(value)


def default(budget: Budget, value: Any, other: Any) -> Any:
    """Gives a value, or another where it is null."""
    del budget
    return other if value is None else value


def not_null(budget: Budget, *values: Any) -> Any:
    """Gives the first value that is not null."""
    del budget
    return next((each for each in values if each is not None), None)


def _first_of(*several: Known) -> Known:
    """Any of several."""
    made = several[0]
    for each in several[1:]:
        made = either(made, each)
    return made


def _array(first: Known, *_: Known) -> Known:
    return first if first.types == {"array"} else list_of(first.items())


def _of_two(word: str, help_: str) -> Function:
    """One of the four."""
    return Function(
        takes=(NUMBER_OR_NULL, NUMBER_OR_NULL),
        run=_arithmetic(word),
        gives=lambda *_: _NUMBER_OR_NULL,
        usage=f"{word}(left, right)",
        help=help_,
    )


OF_VALUES: Final[Mapping[str, Function]] = {
    "add": _of_two("add", "the sum, exactly: 0.1 and 0.2 are 0.3"),
    "sub": _of_two("sub", "the difference"),
    "mul": _of_two("mul", "the product"),
    "div": _of_two("div", "the quotient, to 34 digits; an integer where it is one"),
    "abs": Function(
        takes=(NUMBER,),
        run=abs_,
        gives=lambda *_: _NUMBER,
        usage="abs(number)",
        help="the number without its sign",
    ),
    "ceil": Function(
        takes=(NUMBER,),
        run=ceil_,
        gives=lambda *_: _NUMBER,
        usage="ceil(number)",
        help="the next integer up",
    ),
    "floor": Function(
        takes=(NUMBER,),
        run=floor_,
        gives=lambda *_: _NUMBER,
        usage="floor(number)",
        help="the next integer down",
    ),
    "round": Function(
        takes=(NUMBER_OR_NULL, NUMBER),
        run=round_,
        optional=1,
        gives=lambda *_: _NUMBER_OR_NULL,
        usage="round(number, digits?)",
        help="rounded, halves away from zero; without `digits` an integer",
    ),
    "to_number": Function(
        takes=(ANY,),
        run=to_number,
        gives=lambda *_: _NUMBER_OR_NULL,
        usage="to_number(value)",
        help="the number that a text says; null where it says none",
    ),
    "to_int": Function(
        takes=(ANY,),
        run=to_int,
        gives=lambda *_: scalar("integer", "null"),
        usage="to_int(value)",
        help="the number without what is after the point; null where there is none",
    ),
    "to_string": Function(
        takes=(ANY,),
        run=to_string,
        gives=lambda *_: scalar("string"),
        usage="to_string(value)",
        help="a string as it is, all else as JSON",
    ),
    "to_array": Function(
        takes=(ANY,),
        run=to_array,
        gives=_array,
        usage="to_array(value)",
        help="a list as it is, all else as the one item of a list",
    ),
    "type": Function(
        takes=(ANY,),
        run=type_,
        gives=lambda *_: scalar("string"),
        usage="type(value)",
        help="`string`, `number`, `boolean`, `array`, `object` or `null`",
    ),
    "default": Function(
        takes=(ANY, ANY),
        run=default,
        gives=_first_of,
        usage="default(value, other)",
        help="the value, or the other where it is null or missing",
    ),
    "coalesce": Function(
        takes=(ANY,),
        run=not_null,
        more=True,
        gives=_first_of,
        usage="coalesce(value, …)",
        help="the first that is not null",
    ),
    "not_null": Function(
        takes=(ANY,),
        run=not_null,
        more=True,
        gives=_first_of,
        usage="not_null(value, …)",
        help="the same, by JMESPath's own name",
    ),
}
"""By name."""
