"""Standing in: a process that starts while the database is away serves what the snapshot says."""

import asyncio
import logging
from asyncio import sleep
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from facade.background import Background
from facade.errors.service import StoreUnavailable
from facade.stores.keeping import TABLES
from facade.stores.ledger import STOOD_IN, SqlLedger
from facade.stores.schema import META, METADATA, SPECS, VERSIONS
from facade.stores.scope import Scope
from facade.stores.snapshot_file import Rows, SnapshotFile
from facade.stores.sqlite import begin_sqlite, memory, sqlite_engine

LOGGER = logging.getLogger(__name__)

PATIENCE: Final = 1.0
"""Seconds for a server to answer before its snapshot stands in; a file says at once that it is not
there."""
SHORTEST, LONGEST = 0.1, 2.0
"""Seconds between two looks whether it is back: they double."""

OTHER = (
    "the database that answers now is not the one that the snapshot was made of: calls are served "
    "as the snapshot says, until Portico is started again"
)


@asynccontextmanager
async def opened(ledger: SqlLedger, file: SnapshotFile | None) -> AsyncIterator[None]:
    """Opens a ledger for the block; while it is away, its last snapshot stands in for it.

    Raises StoreUnavailable where there is none, and where the ledger is not away but unfit.
    """
    rows = await _opened(ledger, file)
    async with AsyncExitStack() as stack, Background() as background:
        if rows is not None and file is not None:
            engine = await _filled(rows, file, stack)
            stack.enter_context(ledger.stood_in_for(engine))
            LOGGER.error(STOOD_IN)
            background.start(_taken_up(ledger, rows, stack))
        yield


async def _opened(ledger: SqlLedger, file: SnapshotFile | None) -> Rows | None:
    """Opens it; gives what stands in for it where it is away."""
    if file is None:
        await ledger.open()
        return None
    try:
        async with asyncio.timeout(None if ledger.has_one_writer else PATIENCE):
            await ledger.reach()
        await ledger.open()
    except (StoreUnavailable, TimeoutError) as problem:
        if isinstance(problem, StoreUnavailable) and not ledger.is_away:
            raise
        rows = await asyncio.to_thread(file.read)
        if rows is None:
            await ledger.open()
        return rows
    return None


async def _filled(rows: Rows, file: SnapshotFile, stack: AsyncExitStack) -> AsyncEngine:
    """A database in memory with what a snapshot has."""
    engine = sqlite_engine(stack.enter_context(memory()))
    stack.push_async_callback(engine.dispose)
    documents = await asyncio.to_thread(_documents, rows, file)
    async with engine.connect() as connection:
        await begin_sqlite(connection, Scope(writes=True))
        await connection.run_sync(METADATA.create_all, tables=[SPECS, *TABLES])
        for table, held in ((SPECS, documents), *((each, rows[each.name]) for each in TABLES)):
            if held:
                await connection.execute(insert(table), held)
        await connection.commit()
    return engine


def _documents(rows: Rows, file: SnapshotFile) -> list[dict[str, Any]]:
    """The rows of the documents; one whose file is gone fails the calls that need it."""
    digests = {row["spec_digest"] for row in rows[VERSIONS.name]}
    return [{"digest": each, "packed": file.document(each)} for each in digests]


async def _taken_up(ledger: SqlLedger, rows: Rows, stack: AsyncExitStack) -> None:
    """Has the database itself be read again once it is back, if it is the same one."""
    pause, said = SHORTEST, ""
    while True:
        await sleep(pause)
        pause = min(2 * pause, LONGEST)
        try:
            await ledger.open()
            page_key = await ledger.page_key(itself=True)
        except StoreUnavailable as problem:
            if not ledger.is_away and problem.message != said:
                LOGGER.error("the ledger is not taken up: %s", problem.message)  # noqa: TRY400 - the fault says it all
                said = problem.message
            continue
        if page_key == rows[META.name][0]["page_key"]:
            break
        if said != OTHER:
            LOGGER.error(OTHER)
            said = OTHER
    LOGGER.warning("the database of connectors is back: it is taken up")
    await stack.aclose()
