"""What the ledger adds up of figures by itself, so that a few rows are read in place of many."""

from collections.abc import Sequence
from enum import Enum, auto
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    LargeBinary,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    func,
    null,
    select,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from facade.stores.history_tables import FIGURES

KNOWN: Final = FIGURES.c


class Grouped(Enum):
    """Which rows of figures are added up."""

    NOT = auto()
    BY_START = auto()
    """Those of one start and the same columns."""
    WHOLE = auto()
    """Those of the same columns."""


class Joined(FunctionElement[bytes]):
    """The bytes of a group's rows, one behind the other."""

    name = "joined"
    type = LargeBinary()
    inherit_cache = True


@compiles(Joined, "sqlite")
def _joined_in_sqlite(element: Joined, compiler: SQLCompiler, **more: Any) -> str:
    return f"CAST(group_concat({compiler.process(element.clauses, **more)}, '') AS BLOB)"


@compiles(Joined, "postgresql")
def _joined_in_postgresql(element: Joined, compiler: SQLCompiler, **more: Any) -> str:
    return f"string_agg({compiler.process(element.clauses, **more)}, ''::bytea)"


_LAST: Final = case(
    (
        KNOWN.failed > 0,
        cast(KNOWN.last_error_time, String).concat(" ").concat(KNOWN.last_error),
    )
)
"""When the last error was, in microseconds since 1970, and behind a space what it said.

Such moments are of 16 digits from 2001 until 2286, and so in the order of texts.
"""


@lru_cache(64)
def statement(
    grouped: Grouped, columns: tuple[str, ...], scoped: tuple[str, ...], *, runs: bool
) -> Select[Any]:
    """Reads rows of a `tenant` and a `span` from a `start` to before an `end`, in no order.

    Each has `start`, `calls`, `failed`, `seconds`, `sketch`, NULL, the last error or NULL, and then
    the columns that are named. One that is made of others has the first of their starts, their
    sketches one behind the other, and in the place of NULL the lengths of these with commas
    between. `scoped`: columns that are compared with parameters of their names.
    """
    wanted = and_(
        KNOWN.tenant == bindparam("tenant"),
        KNOWN.span == bindparam("span"),
        KNOWN.start >= bindparam("start"),
        KNOWN.start < bindparam("end"),
        KNOWN.flow != "" if runs else KNOWN.flow == "",
        *(KNOWN[name] == bindparam(name) for name in scoped),
    )
    told = [KNOWN[name] for name in columns]
    if grouped is Grouped.NOT:
        return select(*_of_one(), *told).where(wanted)
    chosen = select(*_of_several(), *told).where(wanted)
    by = [KNOWN.start, *told] if grouped is Grouped.BY_START else told
    return chosen.group_by(*by) if by else chosen.having(func.count() > 0)


def _of_one() -> Sequence[ColumnElement[Any]]:
    return KNOWN.start, KNOWN.calls, KNOWN.failed, KNOWN.seconds, KNOWN.sketch, null(), _LAST


def _of_several() -> Sequence[ColumnElement[Any]]:
    return (
        func.min(KNOWN.start),
        func.sum(KNOWN.calls),
        func.sum(KNOWN.failed),
        func.sum(KNOWN.seconds),
        Joined(KNOWN.sketch),
        func.aggregate_strings(cast(func.length(KNOWN.sketch), String), ","),
        func.max(_LAST),
    )
