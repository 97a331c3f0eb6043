"""Conditions on executions, as a tree that becomes SQL."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from sqlalchemy import ColumnElement, and_, false, not_, or_, true

from facade.stores.history_tables import EXECUTIONS

COLUMNS: Final = EXECUTIONS.c


@dataclass(frozen=True, slots=True)
class Every:
    """Every part must hold; of none, everything is let through."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Some:
    """One part must hold."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Opposite:
    """The part must not hold."""

    part: "Condition"


@dataclass(frozen=True, slots=True)
class Compared:
    """A column compared with a value of its own type."""

    column: str
    sign: str
    """`=`, `!=`, `<`, `<=`, `>`, `>=`; of texts `*` at an end of the value is any text."""
    value: Any


@dataclass(frozen=True, slots=True)
class Contains:
    """A text that stands in one of the columns, whatever the case."""

    columns: tuple[str, ...]
    text: str


Condition: TypeAlias = Every | Some | Opposite | Compared | Contains

_SIGNS: Mapping[str, Callable[[Any, Any], ColumnElement[bool]]] = {
    "=": lambda column, value: column == value,
    "!=": lambda column, value: column != value,
    "<": lambda column, value: column < value,
    "<=": lambda column, value: column <= value,
    ">": lambda column, value: column > value,
    ">=": lambda column, value: column >= value,
}


def where(condition: Condition) -> ColumnElement[bool]:
    """The condition in SQL."""
    match condition:
        case Every(parts):
            return and_(true(), *map(where, parts))
        case Some(parts):
            return or_(false(), *map(where, parts))
        case Opposite(part):
            return not_(where(part))
        case Contains(columns, text):
            return or_(*(COLUMNS[each].icontains(text, autoescape=True) for each in columns))
        case Compared(column, sign, value):
            return _compared(column, sign, value)


def _compared(column: str, sign: str, value: Any) -> ColumnElement[bool]:
    if isinstance(value, str) and "*" in value and sign in {"=", "!="}:
        fits = _like(COLUMNS[column], value)
        return fits if sign == "=" else not_(fits)
    return _SIGNS[sign](COLUMNS[column], value)


def _like(column: Any, text: str) -> ColumnElement[bool]:
    """Any text stands for a `*` at either end, nowhere else (AIP-160)."""
    before, after = text.startswith("*"), text.endswith("*") and len(text) > 1
    core = text[before : len(text) - after]
    if before and after:
        return _bool(column.contains(core, autoescape=True))
    if before:
        return _bool(column.endswith(core, autoescape=True))
    return _bool(column.startswith(core, autoescape=True) if after else column == text)


def _bool(element: Any) -> ColumnElement[bool]:
    found: ColumnElement[bool] = element
    return found
