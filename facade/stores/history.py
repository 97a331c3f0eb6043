"""History in the ledger: executions, one row each, and the figures that processes add up."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final, TypeAlias

from sqlalchemy import Row, Table, and_, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.asyncio import AsyncConnection

from facade.model.execution import Execution, ExecutionKind, FigureScope
from facade.stores.figure_sums import Grouped, statement
from facade.stores.history_filter import COLUMNS, Condition
from facade.stores.history_tables import EXECUTIONS, FIGURES
from facade.stores.ledger import SqlLedger
from facade.stores.scope import EVERY_TENANT
from facade.stores.slices import Slices

LOCK: Final = "history"
"""What writes history waits for no other writer, where the database knows more than one."""

STEP: Final = 2_000
"""Rows that are deleted in one transaction: other writers get their turn between."""

MICROSECONDS: Final = 1_000_000

Values: TypeAlias = Mapping[str, Any]
"""A row by its columns."""


EVERYTHING: Final = FigureScope()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Which rows of figures: of a tenant, of one span, from one start to before another."""

    tenant: str
    span: int
    """Seconds of each."""
    start: int
    """Seconds since 1970."""
    end: int
    scope: FigureScope = EVERYTHING
    runs: bool = False
    """Those of runs of flows; else those of calls."""


class SqlHistory:
    """Executions and figures of all tenants in a ledger. Every method raises StoreUnavailable."""

    def __init__(self, ledger: SqlLedger) -> None:
        """Takes an open ledger."""
        self._ledger = ledger
        self._slices = Slices(ledger, EXECUTIONS, lambda _: COLUMNS)

    async def write(self, executions: Sequence[Values], figures: Sequence[Values]) -> None:
        """Writes rows of any tenants; a second time the same ones change nothing."""
        scope = self._ledger.transaction(writes=True, tenant=EVERY_TENANT, lock=LOCK)
        async with scope as connection:
            if executions:
                await _write_all(connection, EXECUTIONS, executions)
            if figures:
                await _write_all(connection, FIGURES, figures)

    async def get(self, tenant: str, id_: str) -> Execution | None:
        """An execution; None where there is none."""
        this = and_(EXECUTIONS.c.tenant == tenant, EXECUTIONS.c.id == id_)
        async with self._ledger.transaction(tenant=tenant) as connection:
            row = (await connection.execute(select(EXECUTIONS).where(this))).first()
        return None if row is None else _execution(row)

    async def page(
        self, tenant: str, condition: Condition, before: str, limit: int
    ) -> tuple[tuple[Execution, ...], str]:
        """Those that a condition lets through, the newest first, that are older than an id.

        And the id before which to go on, as `Slices.find` says.
        """
        own = EXECUTIONS.c.tenant == tenant
        found, rest = await self._slices.find(tenant, own, condition, before=before, limit=limit)
        return tuple(map(_execution, found)), rest

    async def figures(
        self, stretch: Stretch, columns: Sequence[str], grouped: Grouped
    ) -> Sequence[Sequence[Any]]:
        """What rows of a stretch say, in no order; see `figure_sums` for what each row has."""
        names = ("connector", "version", "action", "flow")
        scoped = {name: id_ for name in names if (id_ := getattr(stretch.scope, name))}
        chosen = statement(grouped, tuple(columns), tuple(scoped), runs=stretch.runs)
        bounds = {each: getattr(stretch, each) for each in ("tenant", "span", "start", "end")}
        async with self._ledger.transaction(tenant=stretch.tenant) as connection:
            return tuple(await connection.execute(chosen, {**bounds, **scoped}))

    async def tenants(self) -> tuple[str, ...]:
        """Those that have figures."""
        chosen = select(FIGURES.c.tenant).distinct()
        async with self._ledger.transaction(tenant=EVERY_TENANT) as connection:
            return tuple((await connection.execute(chosen)).scalars())

    async def forget(self, tenant: str, before: str) -> bool:
        """Deletes some executions older than an id; answers whether there may be more."""
        mine = and_(EXECUTIONS.c.tenant == tenant, EXECUTIONS.c.id < before)
        oldest = select(EXECUTIONS.c.id).where(mine).order_by(EXECUTIONS.c.id).limit(STEP)
        scope = self._ledger.transaction(writes=True, tenant=tenant, lock=LOCK)
        async with scope as connection:
            ids = (await connection.execute(oldest)).scalars().all()
            if ids:
                upto = and_(EXECUTIONS.c.tenant == tenant, EXECUTIONS.c.id <= ids[-1])
                await connection.execute(delete(EXECUTIONS).where(upto))
        return len(ids) == STEP

    async def drop_figures(self, tenant: str, span: int, before: int) -> None:
        """Deletes the figures of a span that begin before a moment."""
        known = FIGURES.c
        old = and_(known.tenant == tenant, known.span == span, known.start < before)
        scope = self._ledger.transaction(writes=True, tenant=tenant, lock=LOCK)
        async with scope as connection:
            await connection.execute(delete(FIGURES).where(old))

    async def replace_figures(self, stretch: Stretch, rows: Sequence[Values]) -> None:
        """Puts rows in the place of all those of a stretch, whoever wrote them."""
        known = FIGURES.c
        these = and_(
            known.tenant == stretch.tenant,
            known.span == stretch.span,
            known.start >= stretch.start,
            known.start < stretch.end,
            known.flow != "" if stretch.runs else known.flow == "",
        )
        scope = self._ledger.transaction(writes=True, tenant=stretch.tenant, lock=LOCK)
        async with scope as connection:
            await connection.execute(delete(FIGURES).where(these))
            if rows:
                await connection.execute(_insert(connection, FIGURES), list(rows))


def moment_of(microseconds: int) -> datetime:
    """A moment of the tables."""
    return datetime.fromtimestamp(microseconds / MICROSECONDS, UTC)


def _insert(connection: AsyncConnection, table: Any) -> Any:
    kind = postgresql if connection.dialect.name == "postgresql" else sqlite
    return kind.insert(table)


async def _write_all(connection: AsyncConnection, table: Table, rows: Sequence[Values]) -> None:
    """Writes rows by the driver's own means, since SQLAlchemy's cost more than the row."""
    text, values = _writing(connection.dialect, table)
    await connection.exec_driver_sql(text, list(map(values, rows)))


@lru_cache(4)
def _writing(dialect: Dialect, table: Table) -> tuple[str, Callable[[Values], Any]]:
    """The statement that writes rows of a table, and what makes its parameters of one."""
    kind = postgresql if dialect.name == "postgresql" else sqlite
    added = kind.insert(table)
    keys = [each.name for each in table.primary_key]
    rest = {each.name: added.excluded[each.name] for each in table.c if each.name not in keys}
    put = (
        added.on_conflict_do_update(index_elements=keys, set_=rest)
        if table is FIGURES
        else added.on_conflict_do_nothing()
    )
    made = put.compile(dialect=dialect)
    return made.string, itemgetter(*made.positiontup) if made.positiontup else dict


def _execution(row: Row[Any]) -> Execution:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's own name for a row by columns
    values["kind"] = ExecutionKind(values["kind"])
    values["time"] = moment_of(values["time"])
    return Execution(**values)
