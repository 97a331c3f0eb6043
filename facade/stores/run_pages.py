"""Pages of runs: those of a list, filtered by the database, of which it looks at some at a time."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import JSON, ColumnElement, Dialect, and_, cast, func, select

from facade.model.run import Run, RunState
from facade.stores.history_filter import Condition
from facade.stores.ledger import SqlLedger
from facade.stores.run_rows import run_in
from facade.stores.run_tables import RUNS
from facade.stores.slices import LAST_ID, Slices

MOMENT: Final = ("%Y-%m-%dT%H:%M:%SZ", 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
"""How a time is written: for SQLite, for PostgreSQL."""


class SqlRunPages:
    """The lists of runs in a ledger. Every method raises StoreUnavailable."""

    def __init__(self, ledger: SqlLedger) -> None:
        """Takes an open ledger."""
        self._ledger = ledger
        self._slices = Slices(ledger, RUNS, columns_of)

    async def page(
        self, tenant: str, flow: str, before: str, limit: int, state: RunState | None
    ) -> tuple[Run, ...]:
        """Runs of a tenant, of one flow or of all, the newest first, that are older than an id."""
        mine = and_(_of(tenant, flow), RUNS.c.id < (before or LAST_ID))
        if state is not None:
            mine = and_(mine, RUNS.c.state == state.value)
        chosen = select(RUNS).where(mine).order_by(RUNS.c.id.desc()).limit(limit)
        async with self._ledger.transaction(tenant=tenant) as connection:
            return tuple(run_in(row) for row in await connection.execute(chosen))

    async def found(
        self, of: tuple[str, str], condition: Condition, before: str, limit: int
    ) -> tuple[tuple[Run, ...], str]:
        """Those of a tenant and a flow, or all flows, that a condition lets through, newest first.

        They are older than an id; and the id before which to go on, as `Slices.find` says.
        """
        own = _of(*of)
        found, rest = await self._slices.find(of[0], own, condition, before=before, limit=limit)
        return tuple(map(run_in, found)), rest


def columns_of(dialect: Dialect) -> Mapping[str, ColumnElement[str]]:
    """What a filter may ask for, each as a text."""
    known, is_postgres = RUNS.c, dialect.name == "postgresql"
    time_of = func.timezone("UTC", known.create_time)
    return {
        **{name: known[name] for name in ("id", "flow", "version", "state")},
        **{
            name: _member(known.content, name, is_postgres=is_postgres)
            for name in ("trigger", "started_by", "replay_of")
        },
        "reason": _member(func.nullif(known.error, ""), "reason", is_postgres=is_postgres),
        "create_time": func.to_char(time_of, MOMENT[1])
        if is_postgres
        else func.strftime(MOMENT[0], known.create_time),
    }


def _member(text: ColumnElement[str], name: str, *, is_postgres: bool) -> ColumnElement[str]:
    """A text in an object of JSON; empty where there is none."""
    if is_postgres:
        return func.coalesce(cast(text, JSON)[name].as_string(), "")
    return func.coalesce(func.json_extract(text, f"$.{name}"), "")


def _of(tenant: str, flow: str) -> ColumnElement[bool]:
    mine = RUNS.c.tenant == tenant
    return and_(mine, RUNS.c.flow == flow) if flow else mine
