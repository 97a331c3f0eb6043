"""Slices: the rows of a large table that a condition lets through, some looked at at a time."""

import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Dialect, Row, Table, and_, select

from facade.stores.history_filter import Columns, Condition, Every, where
from facade.stores.ledger import SqlLedger

SLICE: Final = 20_000
"""Rows that one statement looks at: it ends soon, and who waits for it may leave."""

PATIENCE: Final = 0.5
"""Seconds after which no other slice is looked at: a rare word may stand in none of them."""

LAST_ID: Final = "g"
"""What every id is less than."""


class Slices:
    """The rows of a table whose `id` says when each was made, the newest first."""

    def __init__(
        self, ledger: SqlLedger, table: Table, columns: Callable[[Dialect], Columns]
    ) -> None:
        """Takes an open ledger, one of its tables, and what conditions may compare in it."""
        self._ledger = ledger
        self._table = table
        self._columns = columns

    async def find(
        self,
        tenant: str,
        own: ColumnElement[bool],
        condition: Condition,
        *,
        before: str,
        limit: int,
    ) -> tuple[Sequence[Row[Any]], str]:
        """Of a tenant's own rows those that a condition lets through, older than an id.

        And the id before which to go on; empty where all were looked at. Each slice is looked at
        in a transaction of its own, until there are enough or it has taken long enough. Raises
        StoreUnavailable.
        """
        id_ = self._table.c.id
        found: list[Row[Any]] = []
        upto: str | None = before or LAST_ID
        ends, more = time.monotonic() + PATIENCE, True
        while more:
            mine = and_(own, id_ < upto)
            async with self._ledger.transaction(tenant=tenant) as connection:
                upto = None
                if condition != Every(()):
                    ids = select(id_).where(mine).order_by(id_.desc()).offset(SLICE).limit(1)
                    upto = (await connection.execute(ids)).scalar()
                wanted = where(condition, self._columns(connection.dialect))
                here = and_(mine, id_ >= upto, wanted) if upto else and_(mine, wanted)
                chosen = select(self._table).where(here).order_by(id_.desc())
                found += await connection.execute(chosen.limit(limit - len(found)))
            more = upto is not None and len(found) < limit and time.monotonic() < ends
        return found, found[-1].id if len(found) == limit else upto or ""
