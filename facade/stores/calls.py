"""The calls in the ledger that happen once: whole rows in and out, nothing is opened here."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, UpdateBase, and_, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from facade.stores.failing import tried_again
from facade.stores.ledger import KEPT, SqlLedger
from facade.stores.schema import CALLS

SWEEP = 50
"""New rows of a process after which it takes away twice as many that are past their time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRow:
    """A call as it is kept."""

    id: str
    fingerprint: bytes
    """Sealed: what was asked."""
    holder: str
    """Who makes the call: only they may write what it came to."""
    time: datetime
    until: datetime
    """When the holder has ended or died."""
    answer: bytes | None = None
    """Sealed: what it came to."""


class SqlCalls:
    """The calls in a ledger. Every method raises StoreUnavailable."""

    def __init__(self, ledger: SqlLedger) -> None:
        """Takes an open ledger."""
        self._ledger = ledger
        self._turn = asyncio.Lock()
        self._begun = 0

    @tried_again
    async def begin(self, row: CallRow) -> CallRow | None:
        """Writes a row, where there is none with its id; else answers that one."""
        past = row.time - KEPT
        self._begun += 1
        async with self._writing(row.id) as connection:
            if self._begun % SWEEP == 1:
                some = select(CALLS.c.id).where(CALLS.c.time <= past).limit(2 * SWEEP)
                some = some.with_for_update(skip_locked=True)  # where another sweeps, too
                await connection.execute(delete(CALLS).where(CALLS.c.id.in_(some)))
            found = await _row(connection, row.id)
            if found is not None and found.time > past:
                return found
            if found is not None:
                await connection.execute(delete(CALLS).where(CALLS.c.id == row.id))
            values = {name: getattr(row, name) for name in CallRow.__dataclass_fields__}
            await connection.execute(insert(CALLS).values(values))
        return None

    async def find(self, key: str) -> CallRow | None:
        """The row with an id."""
        async with self._ledger.transaction() as connection:
            return await _row(connection, key)

    async def take(self, row: CallRow, before: CallRow) -> bool:
        """Makes the holder of a row that of another without an answer; answers whether it was."""
        values = {"holder": row.holder, "until": row.until}
        return await self._write(row, update(CALLS).where(_held(before)).values(values))

    async def end(self, row: CallRow, answer: bytes) -> None:
        """Writes what a call came to."""
        await self._write(row, update(CALLS).where(_held(row)).values(answer=answer))

    async def abandon(self, row: CallRow, now: datetime) -> None:
        """Writes that a call has ended, and not what it came to."""
        await self._write(row, update(CALLS).where(_held(row)).values(until=now))

    async def release(self, row: CallRow) -> None:
        """Takes away the row of a call that did nothing."""
        await self._write(row, delete(CALLS).where(_held(row)))

    @tried_again
    async def _write(self, row: CallRow, statement: UpdateBase) -> bool:
        """Whether a statement found its row."""
        async with self._writing(row.id) as connection:
            return (await connection.execute(statement)).rowcount == 1

    @asynccontextmanager
    async def _writing(self, key: str) -> AsyncIterator[AsyncConnection]:
        """A transaction that writes: in SQLite one at a time, in the order of asking.

        Who finds SQLite busy sleeps, longer each time, and others overtake. PostgreSQL has a lock
        for each call.
        """
        async with AsyncExitStack() as stack:
            if self._ledger.has_one_writer:
                await stack.enter_async_context(self._turn)
            opened = self._ledger.transaction(writes=True, lock=key)
            yield await stack.enter_async_context(opened)


async def _row(connection: AsyncConnection, key: str) -> CallRow | None:
    rows = await connection.execute(select(CALLS).where(CALLS.c.id == key))
    found = rows.mappings().first()
    return CallRow(**found) if found is not None else None


def _held(row: CallRow) -> ColumnElement[bool]:
    """A row that its holder still holds."""
    return and_(CALLS.c.id == row.id, CALLS.c.holder == row.holder, CALLS.c.answer.is_(None))
