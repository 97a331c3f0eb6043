"""The connections in the ledger: whole ones in and out."""

from enum import Enum

from sqlalchemy import ColumnElement, and_, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from facade.model.connection import Connection
from facade.model.names import ConnectionName
from facade.stores.audit import note_change
from facade.stores.base import Audit
from facade.stores.connection_rows import values_of
from facade.stores.failing import tried_again
from facade.stores.ledger import SqlLedger
from facade.stores.schema import CONNECTIONS, CONNECTORS, SUBJECTS


class Written(Enum):
    """What came of a change, where it is no sequence number."""

    STALE = "stale"
    """What is there is not what the change was made on: nothing was written."""
    ORPHANED = "orphaned"
    """Its connector has gone meanwhile."""
    OCCUPIED = "occupied"
    """It has subjects."""


class SqlConnections:
    """The connections of all tenants in a ledger. Every method raises StoreUnavailable.

    A change and its audit row are one transaction, which takes the ledger's next sequence number:
    whoever follows that number learns of it.
    """

    def __init__(self, ledger: SqlLedger) -> None:
        """Takes an open ledger."""
        self._ledger = ledger

    @tried_again
    async def put(
        self, connection: Connection, before: Connection | None, audit: Audit
    ) -> int | Written:
        """Writes a connection in the place of `before`, or where there is none.

        Answers the sequence number, or why nothing was written.
        """
        name, values = connection.name, values_of(connection)
        async with self._ledger.transaction(writes=True, tenant=name.tenant) as database:
            if await _etag(database, name) != (before.etag if before else None):
                return Written.STALE
            if not await _has_connector(database, connection):
                return Written.ORPHANED
            if before is None:
                await database.execute(insert(CONNECTIONS).values(values))
            else:
                await database.execute(update(CONNECTIONS).where(_is(name)).values(values))
            return await note_change(database, audit)

    @tried_again
    async def delete(self, connection: Connection, audit: Audit) -> int | Written:
        """Deletes a connection that has no subjects; answers as `put`."""
        name = connection.name
        theirs = and_(SUBJECTS.c.tenant == name.tenant, SUBJECTS.c.connection == name.connection)
        counted = select(func.count()).select_from(SUBJECTS).where(theirs)
        async with self._ledger.transaction(writes=True, tenant=name.tenant) as database:
            if await _etag(database, name) != connection.etag:
                return Written.STALE
            if (await database.execute(counted)).scalar_one():
                return Written.OCCUPIED
            await database.execute(delete(CONNECTIONS).where(_is(name)))
            return await note_change(database, audit)


async def _etag(database: AsyncConnection, name: ConnectionName) -> str | None:
    query = select(CONNECTIONS.c.etag).where(_is(name))
    return (await database.execute(query)).scalar_one_or_none()


async def _has_connector(database: AsyncConnection, connection: Connection) -> bool:
    known = CONNECTORS.c
    query = select(known.id).where(
        known.tenant == connection.name.tenant, known.id == connection.connector
    )
    return (await database.execute(query)).first() is not None


def _is(name: ConnectionName) -> ColumnElement[bool]:
    return and_(CONNECTIONS.c.tenant == name.tenant, CONNECTIONS.c.id == name.connection)
