"""The calls in the ledger that happen once: whole rows in and out, nothing is opened here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import ColumnElement, UpdateBase, and_, bindparam, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from facade.stores.failing import tried_again
from facade.stores.ledger import KEPT, SqlLedger
from facade.stores.schema import CALLS
from facade.stores.together import Together

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


@dataclass(frozen=True, slots=True)
class _Write:
    """What is written of a call."""

    row: CallRow
    statement: UpdateBase | None = None
    """None: it begins, or it ends with an answer."""
    answer: bytes | None = None
    sweeps: bool = False
    """Whether rows that are past their time are taken away beside it."""


class SqlCalls:
    """The calls in a ledger. Every method raises StoreUnavailable."""

    def __init__(self, ledger: SqlLedger) -> None:
        """Takes an open ledger."""
        self._ledger = ledger
        self._together = Together(ledger, _key, _make)
        self._begun = 0

    @tried_again
    async def begin(self, row: CallRow) -> CallRow | None:
        """Writes a row, where there is none with its id; else answers that one."""
        self._begun += 1
        found = await self._kept(_Write(row, sweeps=self._begun % SWEEP == 1))
        return found if isinstance(found, CallRow) else None

    async def find(self, key: str) -> CallRow | None:
        """The row with an id."""
        async with self._ledger.transaction() as connection:
            return (await _rows(connection, (key,))).get(key)

    @tried_again
    async def take(self, row: CallRow, before: CallRow) -> bool:
        """Makes the holder of a row that of another without an answer; answers whether it was."""
        values = {"holder": row.holder, "until": row.until}
        changed = update(CALLS).where(_held(before)).values(values)
        return await self._kept(_Write(row, changed)) is True

    @tried_again
    async def end(self, row: CallRow, answer: bytes) -> None:
        """Writes what a call came to."""
        await self._kept(_Write(row, answer=answer))

    @tried_again
    async def abandon(self, row: CallRow, now: datetime) -> None:
        """Writes that a call has ended, and not what it came to."""
        await self._kept(_Write(row, update(CALLS).where(_held(row)).values(until=now)))

    @tried_again
    async def release(self, row: CallRow) -> None:
        """Takes away the row of a call that did nothing."""
        await self._kept(_Write(row, delete(CALLS).where(_held(row))))

    async def _kept(self, write: _Write) -> CallRow | bool | None:
        """Writes: in SQLite with others, in the order of asking; PostgreSQL has a lock for each.

        Who finds SQLite busy sleeps, longer each time, and others overtake.
        """
        if self._ledger.has_one_writer:
            return cast("CallRow | bool | None", await self._together.write(write))
        async with self._ledger.transaction(writes=True, lock=write.row.id) as connection:
            return (await _make(connection, (write,)))[0]


def _key(write: _Write) -> str:
    return write.row.id


async def _make(
    connection: AsyncConnection, writes: Sequence[_Write]
) -> Sequence[CallRow | bool | None]:
    """Writes of different calls; answers rows that are there for those that begin."""
    begin = [each.row for each in writes if each.statement is None and each.answer is None]
    ended = [each for each in writes if each.answer is not None]
    if any(each.sweeps for each in writes):
        some = select(CALLS.c.id).where(CALLS.c.time <= begin[0].time - KEPT).limit(2 * SWEEP)
        some = some.with_for_update(skip_locked=True)  # where another sweeps, too
        await connection.execute(delete(CALLS).where(CALLS.c.id.in_(some)))
    answers: dict[str, CallRow | bool | None] = dict(await _begun(connection, begin))
    if ended:
        held = and_(CALLS.c.id == bindparam("key"), CALLS.c.holder == bindparam("by"))
        statement = update(CALLS).where(held, CALLS.c.answer.is_(None))
        told = [{"key": w.row.id, "by": w.row.holder, "told": w.answer} for w in ended]
        await connection.execute(statement.values(answer=bindparam("told")), told)
    for each in writes:
        if each.statement is not None:
            changed = await connection.execute(each.statement)
            answers[each.row.id] = changed.rowcount == 1
    return [answers.get(each.row.id) for each in writes]


async def _begun(connection: AsyncConnection, rows: Sequence[CallRow]) -> Mapping[str, CallRow]:
    """Writes rows; answers those that are there in their place."""
    if not rows:
        return {}
    found = await _rows(connection, [row.id for row in rows])
    past = {row.id for row in rows if row.id in found and found[row.id].time <= row.time - KEPT}
    if past:
        await connection.execute(delete(CALLS).where(CALLS.c.id.in_(past)))
    new = [row for row in rows if row.id not in found or row.id in past]
    if new:
        names = CallRow.__dataclass_fields__
        values = [{name: getattr(row, name) for name in names} for row in new]
        await connection.execute(insert(CALLS), values)
    return {key: row for key, row in found.items() if key not in past}


async def _rows(connection: AsyncConnection, keys: Sequence[str]) -> Mapping[str, CallRow]:
    rows = await connection.execute(select(CALLS).where(CALLS.c.id.in_(keys)))
    return {row["id"]: CallRow(**row) for row in rows.mappings()}


def _held(row: CallRow) -> ColumnElement[bool]:
    """A row that its holder still holds."""
    return and_(CALLS.c.id == row.id, CALLS.c.holder == row.holder, CALLS.c.answer.is_(None))
