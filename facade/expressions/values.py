"""Values of JSON in expressions: their types, whether they are equal, and as text."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from math import isfinite
from typing import Any, Final

from facade.errors.expressions import ExpressionExhausted, ExpressionFailed
from facade.expressions.budget import CONTAINER, Budget, measure
from facade.expressions.exact_json import write_json
from facade.expressions.numbers import is_number

TYPES: Final[Mapping[type, str]] = {
    str: "string",
    bool: "boolean",
    int: "number",
    float: "number",
    Decimal: "number",
    dict: "object",
    list: "array",
    type(None): "null",
}
"""JSON's types by Python's."""


def type_of(value: Any) -> str:
    """Gives JSON's word for the type of a value, or `expression`."""
    return TYPES.get(type(value), "expression")


def is_false(value: Any) -> bool:
    """Tells whether JMESPath takes a value for false: null, false, and what is empty."""
    return value is None or value is False or (isinstance(value, str | list | dict) and not value)


def equal(left: Any, right: Any, budget: Budget, depth: int = 0) -> bool:
    """Tells whether two values are the same JSON: numbers by what they are, 1 and 1.0 alike."""
    kind = type_of(left)
    if kind != type_of(right):
        return False
    if kind == "string":
        budget.spend(min(len(left), len(right)) >> 8)
    if kind not in {"array", "object"}:
        return bool(_number(left) == _number(right) if kind == "number" else left == right)
    if len(left) != len(right):
        return False
    budget.level(depth)
    budget.spend(4 * len(left) + CONTAINER)
    names = range(len(left)) if kind == "array" else left
    for name in names:
        if kind == "object" and name not in right:
            return False
        if not equal(left[name], right[name], budget, depth + 1):
            return False
    return True


def _number(value: Any) -> Any:
    """A number that can be compared: a double as the decimal that it is written as."""
    return Decimal(repr(value)) if isinstance(value, float) and isfinite(value) else value


def json_text(value: Any, budget: Budget) -> str:
    """Gives a value as JSON, every number with all of its digits."""
    measure(value, budget)
    try:
        return write_json(value)
    except RecursionError:
        raise ExpressionExhausted("the value goes too deep to be written") from None
    except (TypeError, ValueError, OverflowError) as error:
        raise ExpressionFailed(f"the value cannot be written as JSON: {error}") from None


def text_of(value: Any, budget: Budget) -> str:
    """Gives a value as it stands within a text: a string bare, null empty, all else as JSON."""
    if isinstance(value, str):
        return value
    return "" if value is None else json_text(value, budget)


def ordered(values: list[Any], key: Callable[[int], Any], word: str, budget: Budget) -> list[int]:
    """Gives the order of values by keys that are all numbers or all strings, by their indexes."""
    budget.spend(len(values) * max(len(values).bit_length(), 4) >> 1)
    keys = [key(index) for index in range(len(values))]
    numbers, texts = all(map(is_number, keys)), all(isinstance(each, str) for each in keys)
    if keys and not numbers and not texts:
        kinds = sorted({type_of(each) for each in keys})
        raise ExpressionFailed(f"{word}() orders numbers or strings; these are {', '.join(kinds)}")
    budget.spend(sum(map(len, keys)) >> 6 if texts else 0)
    return sorted(range(len(keys)), key=[_number(each) for each in keys].__getitem__)
