"""The numbers of connectors as rows of the ledger: within the transaction of whatever else."""

from sqlalchemy import ColumnElement, and_, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from facade.model.names import ConnectorName
from facade.stores.kept_numbers import KeptNumbers, NumbersChange, Unnumbered
from facade.stores.schema import NUMBERS


async def read_numbers(connection: AsyncConnection, name: ConnectorName) -> KeptNumbers:
    """Those of one connector."""
    row = (await connection.execute(select(NUMBERS).where(_is(name)))).first()
    return KeptNumbers(digest=row.digest, packed=row.packed) if row else KeptNumbers()


async def put_numbers(connection: AsyncConnection, change: NumbersChange) -> None:
    """Writes those of one connector; raises Unnumbered where others are there than before."""
    this, after = _is(change.connector), change.after
    kept = (await connection.execute(select(NUMBERS.c.digest).where(this))).scalar_one_or_none()
    if (kept or "") != change.before:
        raise Unnumbered
    if after.digest == change.before:
        return
    values = {"digest": after.digest, "packed": after.packed}
    if kept is not None:
        await connection.execute(update(NUMBERS).where(this).values(values))
        return
    keys = {"tenant": change.connector.tenant, "connector": change.connector.connector}
    await connection.execute(insert(NUMBERS).values(**keys, **values))


async def drop_numbers(connection: AsyncConnection, name: ConnectorName) -> None:
    """Deletes those of a connector that goes."""
    await connection.execute(delete(NUMBERS).where(_is(name)))


def _is(name: ConnectorName) -> ColumnElement[bool]:
    return and_(NUMBERS.c.tenant == name.tenant, NUMBERS.c.connector == name.connector)
