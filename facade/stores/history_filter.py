"""Conditions on executions, or on rows of other tables, as a tree that becomes SQL."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from sqlalchemy import ColumnElement, and_, false, func, not_, or_, true

from facade.stores.history_tables import EXECUTIONS

Columns: TypeAlias = Mapping[str, ColumnElement[Any]]
"""What may be compared, by name."""

COLUMNS: Final[Columns] = dict(EXECUTIONS.c.items())


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


def where(condition: Condition, columns: Columns = COLUMNS) -> ColumnElement[bool]:
    """The condition in SQL."""
    match condition:
        case Every(parts):
            return and_(true(), *(where(each, columns) for each in parts))
        case Some(parts):
            return or_(false(), *(where(each, columns) for each in parts))
        case Opposite(part):
            return not_(where(part, columns))
        case Contains(names, text):
            return or_(*(columns[each].icontains(text, autoescape=True) for each in names))
        case Compared(name, sign, value):
            return _compared(columns[name], sign, value)


def _compared(column: ColumnElement[Any], sign: str, value: Any) -> ColumnElement[bool]:
    if isinstance(value, str) and "*" in value and sign in {"=", "!="}:
        fits = _like(column, value)
        return fits if sign == "=" else not_(fits)
    return _SIGNS[sign](column, value)


def _like(column: ColumnElement[Any], text: str) -> ColumnElement[bool]:
    """Any text stands for a `*` at either end, nowhere else (AIP-160).

    LIKE is not used: that of SQLite takes no notice of the case.
    """
    before, after = text.startswith("*"), text.endswith("*") and len(text) > 1
    core = text[before : len(text) - after]
    if before and after:
        return func.replace(column, core, "") != column if core else true()
    if before:
        start = func.length(column) - len(core) + 1
        return and_(start > 0, func.substr(column, start) == core)
    return func.substr(column, 1, len(core)) == core if after else column == text
