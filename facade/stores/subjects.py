"""The subjects in the ledger: whole ones in and out, and which of them changed."""

from collections.abc import Collection
from enum import Enum

from sqlalchemy import ColumnElement, and_, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from facade.model.connection import Subject
from facade.model.names import ConnectionName, SubjectName
from facade.stores.audit import note_change
from facade.stores.base import Audit
from facade.stores.failing import tried_again
from facade.stores.ledger import SqlLedger
from facade.stores.schema import AUDIT, CONNECTIONS, META, SUBJECTS
from facade.stores.scope import EVERY_TENANT
from facade.stores.subject_rows import subject_in, values_of

CHANGES = 1000
"""Changes that are read at once; where there are more, everything may have changed."""


class Written(Enum):
    """What came of a change."""

    DONE = "done"
    STALE = "stale"
    """What is there is not what the change was made on."""
    TAKEN = "taken"
    """The connection has a subject with that id, or that external id."""
    ORPHANED = "orphaned"
    """The connection is not there."""


class SqlSubjects:
    """The subjects of all tenants in a ledger. Every method raises StoreUnavailable.

    A change and its audit row are one transaction, which takes the ledger's next sequence number:
    whoever follows that number learns from the audit whom it was about.
    """

    def __init__(self, ledger: SqlLedger) -> None:
        """Takes an open ledger."""
        self._ledger = ledger

    async def get(self, name: SubjectName) -> Subject | None:
        """The subject of a name."""
        return await self._one(name.tenant, _is(name))

    async def find(self, connection: ConnectionName, external_id: str) -> Subject | None:
        """The subject that a caller calls so."""
        chosen = and_(_of(connection), SUBJECTS.c.external_id == external_id)
        return await self._one(connection.tenant, chosen)

    async def by_uid(self, tenant: str, uid: str) -> Subject | None:
        """The subject of a UUID."""
        chosen = and_(SUBJECTS.c.tenant == tenant, SUBJECTS.c.uid == uid)
        return await self._one(tenant, chosen)

    async def page(self, connection: ConnectionName, after: str, limit: int) -> list[Subject]:
        """The subjects of a connection that follow an id, in order of ids."""
        chosen = and_(_of(connection), SUBJECTS.c.id > after)
        query = select(SUBJECTS).where(chosen).order_by(SUBJECTS.c.id).limit(limit)
        async with self._ledger.transaction(tenant=connection.tenant) as database:
            return [subject_in(row) for row in await database.execute(query)]

    @tried_again
    async def create(self, subject: Subject, audit: Audit) -> Written:
        """Writes a new subject; of several at once that collide one is written."""
        name = subject.name
        parent = ConnectionName(name.connection, name.tenant)
        same = or_(SUBJECTS.c.id == name.subject, SUBJECTS.c.external_id == subject.external_id)
        taken = select(SUBJECTS.c.id).where(_of(parent), same)
        theirs = and_(CONNECTIONS.c.tenant == name.tenant, CONNECTIONS.c.id == name.connection)
        async with self._ledger.transaction(writes=True, tenant=name.tenant) as database:
            if (await database.execute(select(CONNECTIONS.c.id).where(theirs))).first() is None:
                return Written.ORPHANED
            if (await database.execute(taken)).first() is not None:
                return Written.TAKEN
            await database.execute(insert(SUBJECTS).values(values_of(subject)))
            await note_change(database, audit)
        return Written.DONE

    @tried_again
    async def put(self, subject: Subject, before: Subject, audit: Audit) -> Written:
        """Writes a subject in the place of what it was."""
        chosen = _is(before.name)
        async with self._ledger.transaction(writes=True, tenant=before.name.tenant) as database:
            if await _etag(database, before.name) != before.etag:
                return Written.STALE
            await database.execute(update(SUBJECTS).where(chosen).values(values_of(subject)))
            await note_change(database, audit)
        return Written.DONE

    @tried_again
    async def delete(self, subject: Subject, audit: Audit) -> Written:
        """Deletes a subject, if it is still this one."""
        async with self._ledger.transaction(writes=True, tenant=subject.name.tenant) as database:
            if await _etag(database, subject.name) != subject.etag:
                return Written.STALE
            await database.execute(delete(SUBJECTS).where(_is(subject.name)))
            await note_change(database, audit)
        return Written.DONE

    async def deleting(self, limit: int) -> list[Subject]:
        """Subjects of all tenants whose deletion has begun and has not come to its end."""
        query = select(SUBJECTS).where(SUBJECTS.c.deleting).limit(limit)
        async with self._ledger.transaction(tenant=EVERY_TENANT) as database:
            return [subject_in(row) for row in await database.execute(query)]

    async def position(self) -> int:
        """The number of the audit's last row: it moves with every change."""
        async with self._ledger.transaction() as database:
            return int((await database.execute(select(META.c.audit_number))).scalar_one())

    async def changed(
        self, methods: Collection[str], after: int, until: int
    ) -> set[tuple[str, str]] | None:
        """Tenant and target of what some methods changed meanwhile; None where it is too much."""
        between = and_(AUDIT.c.number > after, AUDIT.c.number <= until)
        done = and_(AUDIT.c.sequence.is_not(None), AUDIT.c.method.in_(list(methods)))
        query = select(AUDIT.c.tenant, AUDIT.c.target).where(between, done).limit(CHANGES)
        async with self._ledger.transaction(tenant=EVERY_TENANT) as database:
            found = [(row.tenant, row.target) for row in await database.execute(query)]
        return set(found) if len(found) < CHANGES else None

    async def _one(self, tenant: str, chosen: ColumnElement[bool]) -> Subject | None:
        async with self._ledger.transaction(tenant=tenant) as database:
            row = (await database.execute(select(SUBJECTS).where(chosen))).first()
        return subject_in(row) if row is not None else None


def _is(name: SubjectName) -> ColumnElement[bool]:
    return and_(_of(ConnectionName(name.connection, name.tenant)), SUBJECTS.c.id == name.subject)


def _of(connection: ConnectionName) -> ColumnElement[bool]:
    return and_(
        SUBJECTS.c.tenant == connection.tenant, SUBJECTS.c.connection == connection.connection
    )


async def _etag(database: AsyncConnection, name: SubjectName) -> str | None:
    query = select(SUBJECTS.c.etag).where(_is(name))
    return (await database.execute(query)).scalar_one_or_none()
