"""The ledger in SQL: SQLite in a file, shared by the processes of one machine."""

import logging
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import msgspec
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Row, and_, delete, insert, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from facade.errors.service import StoreUnavailable
from facade.model.version import Connector, State, Version
from facade.stores import records
from facade.stores.base import Answer, Audit, Commit, Conflict, SpecText
from facade.stores.schema import AUDIT, CONNECTORS, META, REQUESTS, SPECS, VERSIONS
from facade.stores.sqlite import WRITES, prepare_sqlite

LOGGER = logging.getLogger(__name__)

KEPT = timedelta(hours=24)
"""How long the answers of requests are kept."""

BATCH = 100
"""Documents that are read with one statement: bounds what one answer holds in memory twice."""


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
        self._engine = create_async_engine(url, hide_parameters=True)
        if self._engine.dialect.name == "sqlite":
            prepare_sqlite(self._engine)

    async def open(self) -> None:
        """Migrates in one transaction; refuses the tables of a newer release."""
        async with self.transaction(writes=True) as connection:
            await connection.run_sync(_migrate)

    async def close(self) -> None:
        """Closes every connection."""
        await self._engine.dispose()

    async def sequence(self) -> int:
        """The number of the last commit."""
        async with self.transaction() as connection:
            return await _sequence(connection)

    async def page_key(self) -> bytes:
        """What seals the tokens of pages, for as long as the ledger lives."""
        async with self.transaction() as connection:
            return bytes((await connection.execute(select(META.c.page_key))).scalar_one())

    async def read(self) -> tuple[int, Mapping[str, Connector]]:
        """The state after the last commit, in one consistent read."""
        async with self.transaction() as connection:
            sequence = await _sequence(connection)
            rows = (await connection.execute(select(CONNECTORS).order_by(CONNECTORS.c.id))).all()
            versions: dict[str, dict[str, Version]] = {row.id: {} for row in rows}
            for row in await connection.execute(select(VERSIONS).order_by(VERSIONS.c.number)):
                versions[row.connector][row.id] = _version(row)
        return sequence, {row.id: _connector(row, versions[row.id]) for row in rows}

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

    async def commit(self, commit: Commit) -> int:
        """Takes the next sequence first: whoever gets it writes, everyone else starts over."""
        sequence = commit.expected + 1
        async with self.transaction(writes=True) as connection:
            taken = await connection.execute(
                update(META).where(META.c.sequence == commit.expected).values(sequence=sequence)
            )
            if taken.rowcount != 1:
                raise Conflict
            await _put_specs(connection, commit.specs)
            for connector in commit.connectors:
                await _put_connector(connection, connector)
            for name in commit.removed:
                await connection.execute(
                    delete(VERSIONS).where(VERSIONS.c.connector == name.connector)
                )
                await connection.execute(
                    delete(CONNECTORS).where(CONNECTORS.c.id == name.connector)
                )
            await _note(connection, commit, sequence)
        return sequence

    async def answer(self, request_id: str, now: datetime) -> Answer | None:
        """What a request was answered."""
        chosen = and_(REQUESTS.c.id == request_id, REQUESTS.c.time > now - KEPT)
        async with self.transaction() as connection:
            row = (await connection.execute(select(REQUESTS).where(chosen))).first()
        return records.answer_from(row.id, row.fingerprint, row.answer) if row else None

    @asynccontextmanager
    async def transaction(self, *, writes: bool = False) -> AsyncIterator[AsyncConnection]:
        """A transaction of its own or of a store in it; what the database says goes to the log."""
        try:
            async with self._engine.connect() as connection:
                await connection.execution_options(**{WRITES: writes})
                async with connection.begin():
                    yield connection
        except (SQLAlchemyError, OSError, msgspec.DecodeError) as problem:
            self.failures += 1
            LOGGER.warning("the ledger does not answer: %s", problem)
            raise StoreUnavailable("the database of connectors does not answer") from None


def _migrate(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", "facade.stores:migrations")
    config.attributes["connection"] = connection
    known = {each.revision for each in ScriptDirectory.from_config(config).walk_revisions()}
    now = MigrationContext.configure(connection).get_current_revision()
    if now is not None and now not in known:
        raise StoreUnavailable(
            f"the database was written by a newer release (its format is {now}): "
            "start that release, or restore a backup made before the upgrade"
        )
    command.upgrade(config, "head")


async def _sequence(connection: AsyncConnection) -> int:
    return int((await connection.execute(select(META.c.sequence))).scalar_one())


def _version(row: Row[Any]) -> Version:
    if records.text_digest(row.content) != row.content_digest:
        raise StoreUnavailable(
            f"the stored version connectors/{row.connector}/versions/{row.id} is damaged; "
            "restore the database"
        )
    return records.version_from(
        records.VersionRecord(
            connector=row.connector,
            id=row.id,
            content=records.content_record(row.content),
            state=State(row.state),
            etag=row.etag,
            update_time=row.update_time,
            traffic_percent=row.traffic_percent,
            notes=row.notes,
            labels=row.labels,
        )
    )


def _connector(row: Row[Any], versions: Mapping[str, Version]) -> Connector:
    record = records.ConnectorRecord(
        id=row.id,
        etag=row.etag,
        create_time=row.create_time,
        update_time=row.update_time,
        title=row.title,
        description=row.description,
        labels=row.labels,
    )
    return replace(records.connector_from(record), versions=versions)


async def _put_specs(connection: AsyncConnection, specs: tuple[SpecText, ...]) -> None:
    wanted = {spec.digest: spec for spec in specs}
    if not wanted:
        return
    known = select(SPECS.c.digest).where(SPECS.c.digest.in_(list(wanted)))
    for digest in (await connection.execute(known)).scalars():
        del wanted[digest]
    for spec in wanted.values():
        await connection.execute(insert(SPECS).values(digest=spec.digest, packed=spec.packed))


async def _put_connector(connection: AsyncConnection, connector: Connector) -> None:
    ours = connector.name.connector
    values = {
        "title": connector.title,
        "description": connector.description,
        "labels": dict(connector.labels),
        "etag": connector.etag,
        "create_time": connector.create_time,
        "update_time": connector.update_time,
    }
    changed = await connection.execute(
        update(CONNECTORS).where(CONNECTORS.c.id == ours).values(values)
    )
    if changed.rowcount == 0:
        await connection.execute(insert(CONNECTORS).values(id=ours, **values))
    await _put_versions(connection, connector)


async def _put_versions(connection: AsyncConnection, connector: Connector) -> None:
    """Writes what differs; a replaced version is a new row, since rows are in order of creation."""
    columns = (VERSIONS.c.id, VERSIONS.c.etag, VERSIONS.c.content_digest)
    ours = VERSIONS.c.connector == connector.name.connector
    kept = {row.id: row for row in await connection.execute(select(*columns).where(ours))}
    for gone in kept.keys() - connector.versions.keys():
        await connection.execute(delete(VERSIONS).where(ours, VERSIONS.c.id == gone))
    for key, version in connector.versions.items():
        old = kept.get(key)
        if old is not None and old.etag == version.etag:
            continue
        row = _row(version)
        this = and_(ours, VERSIONS.c.id == key)
        if old is not None and old.content_digest == row["content_digest"]:
            await connection.execute(update(VERSIONS).where(this).values(row))
            continue
        await connection.execute(delete(VERSIONS).where(this))
        await connection.execute(insert(VERSIONS).values(row))


def _row(version: Version) -> dict[str, Any]:
    content = records.content_text(version)
    return {
        "connector": version.name.connector,
        "id": version.name.version,
        "content": content,
        "content_digest": records.text_digest(content),
        "spec_digest": version.spec_digest,
        "labels": dict(version.labels),
        "notes": version.notes,
        "state": version.state.value,
        "traffic_percent": version.traffic_percent,
        "etag": version.etag,
        "update_time": version.update_time,
    }


async def _note(connection: AsyncConnection, commit: Commit, sequence: int) -> None:
    audit, answer = commit.audit, commit.answer
    await note_audit(connection, audit, sequence)
    await connection.execute(delete(REQUESTS).where(REQUESTS.c.time <= audit.time - KEPT))
    if answer is not None:
        await connection.execute(
            insert(REQUESTS).values(
                id=answer.request_id,
                fingerprint=answer.fingerprint,
                answer=records.answer_text(answer),
                time=audit.time,
            )
        )


async def note_audit(connection: AsyncConnection, audit: Audit, sequence: int) -> None:
    """Writes down who did what, in the transaction of what was done."""
    await connection.execute(
        insert(AUDIT).values(
            sequence=sequence,
            time=audit.time,
            method=audit.method,
            target=audit.target,
            changes=list(audit.changes),
            request_id=audit.request_id,
        )
    )
