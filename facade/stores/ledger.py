"""The ledger in SQL: SQLite for the processes of one machine, PostgreSQL for those of many."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    contextmanager,
    suppress,
)
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import and_, delete, insert, select, text, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from facade.background import Background
from facade.errors.fault import Effect
from facade.errors.service import StoreUnavailable
from facade.model.names import ConnectorName
from facade.model.version import Version
from facade.stores import records
from facade.stores.audit import note_audit
from facade.stores.base import Answer, Commit, Conflict, SpecText, Stored
from facade.stores.connection_rows import ConnectionRows
from facade.stores.connector_rows import (
    connector_in,
    is_connector,
    put_connector,
    put_specs,
    version_in,
    versions_of,
)
from facade.stores.failing import fault_of, is_away, tried_again, words_of
from facade.stores.kept_numbers import KeptNumbers
from facade.stores.migrating import migrate
from facade.stores.number_rows import drop_numbers, put_numbers, read_numbers
from facade.stores.postgres import (
    begin_postgres,
    hear,
    is_above_policies,
    is_postgres,
    postgres_engine,
)
from facade.stores.schema import CONNECTORS, META, REQUESTS, SPECS, VERSIONS
from facade.stores.scope import EVERY_TENANT, WRITERS, Scope
from facade.stores.sqlite import begin_sqlite, is_unsynced, sqlite_engine

LOGGER = logging.getLogger(__name__)

KEPT = timedelta(hours=24)
"""How long the answers of requests are kept."""

RECENT = 0.5
"""Seconds for which a number that was read counts as recent."""

BATCH = 100
"""Documents that are read with one statement: bounds what one answer holds in memory twice."""


MIGRATION = Scope(writes=True, tenant=EVERY_TENANT, statement=600.0, wait=60.0)
"""Others may be migrating, and take their time."""

ABOVE_POLICIES = (
    "the database role is a superuser or has BYPASSRLS: row-level security does not hold for it, "
    "and tenants are apart by the queries alone; give Portico a role of its own"
)


READ_ONLY = (
    "the disk of the database has failed to keep a change (fsync): it is read only in this "
    "process; see to the disk, then start Portico again"
)


STOOD_IN = (
    "the database of connectors does not answer; calls are served as its last snapshot says, "
    "changes once it is back"
)


async def open_ledger(url: str) -> "SqlLedger":
    """Opens the ledger at a database URL such as `sqlite+aiosqlite:///data/portico.db`."""
    ledger = SqlLedger(url)
    await ledger.open()
    return ledger


class SqlLedger:
    """A Ledger in a SQL database. Several processes may open the same one."""

    def __init__(self, url: str) -> None:
        self.failures = 0
        """Transactions that the database has failed."""
        self._url = url
        self._is_postgres = is_postgres(url)
        self._engine = postgres_engine(url) if self._is_postgres else sqlite_engine(url)
        self._spoilt: AsyncEngine | None = None
        """The connections of before the disk has failed: nothing is done with them any more."""
        self._stand_in: AsyncEngine | None = None
        """What is read while the database has not been there yet."""
        self.is_away = False
        """Whether it did not answer when it was last asked."""
        self._moved = asyncio.Event()
        self._writes = 0
        """Transactions of this process that have written."""
        self._seen = (-1, 0.0, 0)
        """After how many of them, when, and which number of the last commit was read."""
        self._connections = ConnectionRows()

    @property
    def is_read_only(self) -> bool:
        """Whether the disk has failed to keep what was written: nothing is written from then on.

        What the system says of the disk later is not to be believed: it may have dropped what it
        could not write. A new process begins with what is there.
        """
        return self._spoilt is not None

    @property
    def is_stood_in_for(self) -> bool:
        """Whether another database is read in its place."""
        return self._stand_in is not None

    @property
    def is_stale(self) -> bool:
        """Whether what others change is not known here."""
        return self.is_away or self.is_stood_in_for

    @property
    def condition(self) -> str:
        """What readiness says of it; empty where all is well."""
        if self.is_read_only:
            return "read only"
        return "stale" if self.is_stale else ""

    @property
    def has_one_writer(self) -> bool:
        """Whether all that write wait for each other, whatever it is that they write."""
        return not self._is_postgres

    async def open(self) -> None:
        """Migrates in one transaction; refuses the tables of a newer release."""
        async with self._within(MIGRATION, self._engine) as connection:
            await connection.run_sync(migrate)
            if self._is_postgres and await is_above_policies(connection):
                LOGGER.warning(ABOVE_POLICIES)

    async def is_above_policies(self) -> bool:
        """Whether its role in PostgreSQL is one for which row-level security does not hold."""
        async with self.transaction() as connection:
            return self._is_postgres and await is_above_policies(connection)

    async def reach(self) -> None:
        """Raises StoreUnavailable where the database does not answer, whatever stands in for it."""
        async with self._within(Scope(), self._engine) as connection:
            await connection.execute(text("SELECT 1"))

    @contextmanager
    def stood_in_for(self, engine: AsyncEngine) -> Iterator[None]:
        """Has another database, one of SQLite, be read in its place; nothing is written then."""
        self._stand_in = engine
        try:
            yield
        finally:
            self._stand_in = None

    @asynccontextmanager
    async def hearing(self) -> AsyncIterator[None]:
        """Has `moved` know of the commits of all processes at once, for the block."""
        if not self._is_postgres:
            yield
            return
        async with Background() as background:
            background.start(hear(self._url, self._moved.set))
            yield

    async def moved(self, seconds: float) -> None:
        """Waits for a commit that is announced, and no longer than that: for one who follows."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._moved.wait()
        self._moved.clear()

    async def close(self) -> None:
        """Closes every connection."""
        if self._spoilt is not None:  # whose last one writes nothing while another has the file
            async with AsyncExitStack() as stack:
                with suppress(SQLAlchemyError):
                    await _sequence(await stack.enter_async_context(self._engine.connect()))
                await self._spoilt.dispose()
        await self._engine.dispose()

    async def sequence(self) -> int:
        """The number of the last commit."""
        began = self._writes, time.monotonic()
        async with self.transaction() as connection:
            found = await _sequence(connection)
        self._seen = (*began, found)
        return found

    async def recent_sequence(self) -> int:
        """The same for one who looks now and then: others' commits it may lack for a moment.

        Whoever else has just asked has asked for all, and what this process writes shows at once.
        """
        writes, moment, found = self._seen
        if writes == self._writes and time.monotonic() - moment < RECENT:
            return found
        return await self.sequence()

    async def page_key(self, *, itself: bool = False) -> bytes:
        """What seals the tokens of pages, for as long as the ledger lives.

        `itself`: of the database, whatever stands in for it.
        """
        chosen = self._engine if itself else None
        async with self._within(Scope(), chosen) as connection:
            return bytes((await connection.execute(select(META.c.page_key))).scalar_one())

    async def read(self) -> Stored:
        """The state after the last commit, in one consistent read."""
        async with self.transaction(tenant=EVERY_TENANT) as connection:
            sequence = await _sequence(connection)
            ordered = select(CONNECTORS).order_by(CONNECTORS.c.tenant, CONNECTORS.c.id)
            rows = {
                ConnectorName(row.id, row.tenant): row for row in await connection.execute(ordered)
            }
            versions: dict[ConnectorName, dict[str, Version]] = {name: {} for name in rows}
            for row in await connection.execute(select(VERSIONS).order_by(VERSIONS.c.number)):
                versions[ConnectorName(row.connector, row.tenant)][row.id] = version_in(row)
            connections = await self._connections.read(connection)
        connectors = {name: connector_in(row, versions[name]) for name, row in rows.items()}
        return Stored(sequence=sequence, connectors=connectors, connections=connections)

    async def specs(self, digests: Collection[str]) -> Mapping[str, SpecText]:
        """Documents by digest."""
        wanted = list(digests)
        found = {}
        async with self.transaction() as connection:
            for start in range(0, len(wanted), BATCH):
                chosen = SPECS.c.digest.in_(wanted[start : start + BATCH])
                for row in await connection.execute(select(SPECS).where(chosen)):
                    found[row.digest] = SpecText(digest=row.digest, packed=row.packed)
        return found

    @tried_again
    async def commit(self, commit: Commit) -> int:
        """Takes the next sequence first: whoever gets it writes, everyone else starts over."""
        sequence = commit.expected + 1
        tenant = commit.audit.tenant
        async with self.transaction(writes=True, tenant=tenant) as connection:
            taken = await connection.execute(
                update(META).where(META.c.sequence == commit.expected).values(sequence=sequence)
            )
            if taken.rowcount != 1:
                raise Conflict
            await put_specs(connection, commit.specs)
            for connector in commit.connectors:
                await put_connector(connection, connector)
            if commit.numbers is not None:
                await put_numbers(connection, commit.numbers)
            for name in commit.removed:
                await drop_numbers(connection, name)
                await connection.execute(delete(VERSIONS).where(versions_of(name)))
                await connection.execute(delete(CONNECTORS).where(is_connector(name)))
            await _note(connection, commit, sequence)
        return sequence

    async def numbers(self, name: ConnectorName) -> KeptNumbers:
        """What the typed services of a connector are numbered by; nothing else reads that."""
        async with self.transaction(tenant=name.tenant) as connection:
            return await read_numbers(connection, name)

    async def answer(self, request_id: str, now: datetime, tenant: str = "") -> Answer | None:
        """What a request of a tenant was answered."""
        this = and_(REQUESTS.c.tenant == tenant, REQUESTS.c.id == request_id)
        async with self.transaction(tenant=tenant) as connection:
            chosen = select(REQUESTS).where(this, REQUESTS.c.time > now - KEPT)
            row = (await connection.execute(chosen)).first()
        return records.answer_from(row.id, row.fingerprint, row.answer) if row else None

    def transaction(
        self, *, writes: bool = False, tenant: str | None = None, lock: str = WRITERS
    ) -> AbstractAsyncContextManager[AsyncConnection]:
        """A transaction of its own or of a store in it; what the database says goes to the log.

        It sees the rows of one tenant, or of all with EVERY_TENANT; where none is named only what
        has no tenants. Those that write run one after the other, but for those that name a `lock`
        of their own in PostgreSQL. Raises StoreUnavailable, StoreFull.
        """
        return self._within(Scope(writes=writes, tenant=tenant, lock=lock))

    @asynccontextmanager
    async def _within(
        self, scope: Scope, chosen: AsyncEngine | None = None
    ) -> AsyncIterator[AsyncConnection]:
        engine = chosen or self._stand_in or self._engine
        self._check(scope, engine)
        try:
            async with engine.connect() as connection:
                if self._is_postgres and engine is not self._stand_in:
                    await begin_postgres(connection, scope)
                else:
                    await begin_sqlite(connection, scope)
                yield connection
                self._check(scope, engine)
                await self._keep(connection)
            self._writes += scope.writes
            self.is_away = self.is_away and engine is self._stand_in
        except (SQLAlchemyError, OSError, msgspec.DecodeError) as problem:
            if engine is self._stand_in:  # which has not all tables
                raise StoreUnavailable(STOOD_IN, effect=Effect.NOT_EXECUTED) from None
            self.failures += 1
            was_away, self.is_away = self.is_away, is_away(problem)
            if not (was_away and self.is_away):  # of an absence the log has a line, not thousands
                LOGGER.warning("the ledger does not answer: %s", words_of(problem))
            if is_unsynced(problem):
                self._spoil()
                raise StoreUnavailable(READ_ONLY) from None
            raise fault_of(problem) from None

    async def _keep(self, connection: AsyncConnection) -> None:
        """Commits; who has waited for the writer's place knows at once where the disk fails."""
        try:
            await connection.commit()
        except SQLAlchemyError as problem:
            if is_unsynced(problem):
                self._spoil()
            raise

    def _check(self, scope: Scope, engine: AsyncEngine) -> None:
        """Raises StoreUnavailable for what must not be written now, or any more."""
        if not scope.writes:
            return
        if engine is self._stand_in:
            raise StoreUnavailable(STOOD_IN, effect=Effect.NOT_EXECUTED)
        if self.is_read_only:
            raise StoreUnavailable(READ_ONLY, effect=Effect.NOT_EXECUTED)

    def _spoil(self) -> None:
        """Has connections read alone from now on, and leaves those that wrote as they are."""
        if not self.is_read_only:
            self._spoilt, self._engine = self._engine, sqlite_engine(self._url, reads_only=True)
            LOGGER.error(READ_ONLY)


async def _sequence(connection: AsyncConnection) -> int:
    return int((await connection.execute(select(META.c.sequence))).scalar_one())


async def _note(connection: AsyncConnection, commit: Commit, sequence: int) -> None:
    audit, answer = commit.audit, commit.answer
    await note_audit(connection, audit, sequence)
    await connection.execute(delete(REQUESTS).where(REQUESTS.c.time <= audit.time - KEPT))
    if answer is not None:
        await connection.execute(
            insert(REQUESTS).values(
                tenant=audit.tenant,
                id=answer.request_id,
                fingerprint=answer.fingerprint,
                answer=records.answer_text(answer),
                time=audit.time,
            )
        )
