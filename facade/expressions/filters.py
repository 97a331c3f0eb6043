"""Filters of slots: what stands behind `|`; each makes no more text than it may."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from facade.errors.expressions import ExpressionFailed
from facade.expressions.budget import Budget
from facade.expressions.numbers import is_number, rounded
from facade.expressions.text_functions import format_date, lower, replace, trim, upper
from facade.expressions.value_functions import to_int, to_number
from facade.expressions.values import json_text, text_of, type_of

STEPS: Final = 50_000
BYTES: Final = 2**20
"""Characters that one filter makes."""

Work = Callable[..., Any]


def _budget() -> Budget:
    return Budget(STEPS, BYTES)


def _of_text(work: Work) -> Work:
    """A filter of texts: numbers are taken as they are written, null as nothing."""

    def run(value: Any, *arguments: Any) -> Any:
        budget = _budget()
        return work(budget, text_of(value, budget), *arguments)

    return run


def default(value: Any, other: Any = "") -> Any:
    """Gives a value, or another where it is null or missing."""
    return other if value is None else value


def join(value: Any, glue: str = "") -> str:
    """Gives the items of a list as one text."""
    budget = _budget()
    if not isinstance(value, list):
        return text_of(value, budget)
    texts = [text_of(each, budget) for each in value]
    budget.grow(len(texts) * len(glue))
    return glue.join(texts)


def first(value: Any) -> Any:
    """Gives the first item; null of none."""
    return value[0] if isinstance(value, list | str) and value else None


def last(value: Any) -> Any:
    """Gives the last item; null of none."""
    return value[-1] if isinstance(value, list | str) and value else None


def length(value: Any) -> int:
    """Gives how many characters, items or fields there are; 0 of nothing."""
    if value is not None and not isinstance(value, str | list | dict):
        raise ExpressionFailed(
            f"length takes a text, a list or an object; this is {type_of(value)}"
        )
    return len(value) if value is not None else 0


def round_(value: Any, digits: Any = 0) -> Any:
    """Gives a number with so many digits after the point."""
    number = to_number(_budget(), value)
    if number is None or not isinstance(digits, int) or not 0 <= digits <= 30:
        raise ExpressionFailed("round takes a number, and 0 to 30 digits")
    return rounded(number, digits)


def date(value: Any, pattern: str = "%Y-%m-%d", zone: str | None = None) -> str:
    """Gives a time of RFC 3339 in another form; nothing of nothing."""
    if value is not None and not isinstance(value, str):
        raise ExpressionFailed(f"date takes a time of RFC 3339; this is {type_of(value)}")
    return format_date(_budget(), value, pattern, zone) or ""


def to_integer(value: Any) -> int:
    """Gives the whole number of a number or a text."""
    made = to_int(_budget(), value) if isinstance(value, str) or is_number(value) else None
    if made is None:
        raise ExpressionFailed("int takes a number, or a text that is one")
    return made


FILTERS: Final[Mapping[str, Work]] = MappingProxyType(
    {
        "upper": _of_text(upper),
        "lower": _of_text(lower),
        "trim": _of_text(trim),
        "replace": _of_text(replace),
        "string": _of_text(lambda _, text: text),
        "default": default,
        "join": join,
        "first": first,
        "last": last,
        "length": length,
        "round": round_,
        "int": to_integer,
        "date": date,
        "json": lambda value: json_text(value, _budget()),
    }
)
"""By name."""

_TEXTS: Final = ("upper", "lower", "trim", "replace", "string", "join", "date", "json")
GIVES: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        **dict.fromkeys(_TEXTS, frozenset({"string"})),
        **dict.fromkeys(("length", "int"), frozenset({"integer"})),
        "round": frozenset({"number"}),
    }
)
"""JSON's types of what a filter gives, where they are known."""
