"""What SQLite needs said before it is durable and shared: the one place that knows it."""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import Any, TypeAlias

import aiosqlite
from sqlalchemy import Connection, Engine, event, make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from facade.stores.scope import Scope

WRITES = "ledger_writes"
"""The execution option of a connection whose transaction will write."""

MEMDB = (3, 36)
"""The SQLite from which on the connections of a process can share a database in memory."""

BUSY = 5.0
"""Seconds that a connection waits for others."""
SOON = 0.01
"""Seconds after which a lock is asked for again that SQLite itself does not wait for."""

_PRAGMAS = ("PRAGMA synchronous=FULL", "PRAGMA foreign_keys=ON")


@contextmanager
def memory() -> Iterator[str]:
    """The URL of a database in the memory of this process, for the block.

    Raises ValueError where this SQLite has none that connections can share.
    """
    if sqlite3.sqlite_version_info < MEMDB:
        raise ValueError("needs SQLite 3.36 or later")
    file = f"file:/portico-{token_hex(8)}?vfs=memdb"
    with closing(sqlite3.connect(file, uri=True)):  # it goes with its last connection
        yield f"sqlite+aiosqlite:///{file}&uri=true"


UNSYNCED = frozenset({sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC})
"""Codes that say that the disk may not have what was written to it."""

Stops: TypeAlias = set[asyncio.Future[object]]
"""Of the threads that were told to stop, and have not yet."""


class Driver(aiosqlite.Connection):
    """A connection and its thread, of which is known when it has stopped."""

    def __init__(self, connector: Callable[[], sqlite3.Connection], stops: Stops) -> None:
        """Takes what connects in the thread."""
        super().__init__(connector, iter_chunk_size=64)
        self._thread.daemon = True  # as SQLAlchemy has it: no exit waits for a pool
        self._stops = stops

    def stop(self) -> asyncio.Future[object] | None:
        """Has the thread end after what it was given, and tells when it has."""
        stopped = super().stop()
        if stopped is not None:
            self._stops.add(stopped)
            stopped.add_done_callback(self._stops.discard)
        return stopped


class SqliteEngine(AsyncEngine):
    """Connections whose threads have all stopped once it is disposed of.

    SQLAlchemy does not wait for those whose statement was cancelled: such a thread would report to
    an event loop that is closed by then.
    """

    __slots__ = ("_stops",)

    def __init__(self, engine: Engine, stops: Stops) -> None:
        """Takes an engine whose connections tell in `stops` that they end."""
        super().__init__(engine)
        self._stops = stops

    async def dispose(self, close: bool = True) -> None:  # noqa: FBT001, FBT002  # as inherited
        """Closes every connection."""
        await super().dispose(close)
        await asyncio.gather(*self._stops)


def sqlite_engine(url: str, *, reads_only: bool = False) -> AsyncEngine:
    """Connections whose commits are durable and keys checked, and whose writers wait in line.

    With `reads_only` they write nothing to the file, whatever is asked of them.
    """
    stops: Stops = set()
    parsed = make_url(url)
    (file,), options = parsed.get_dialect()().create_connect_args(parsed)
    if reads_only:
        file, options = f"{Path(file).absolute().as_uri()}?mode=ro", {**options, "uri": True}
    connector = partial(_connected, file, **options)
    asynchronous = create_async_engine(
        url, async_creator=lambda: Driver(connector, stops), hide_parameters=True
    )
    engine = SqliteEngine(asynchronous.sync_engine, stops)
    event.listen(engine.sync_engine, "begin", _begun)
    event.listen(engine.sync_engine, "invalidate", _given_up)
    return engine


def is_unsynced(problem: BaseException) -> bool:
    """Whether SQLite says that what it wrote may not be on the disk: fsync has failed."""
    return getattr(getattr(problem, "orig", None), "sqlite_errorcode", 0) in UNSYNCED


async def begin_sqlite(connection: AsyncConnection, scope: Scope) -> None:
    """Begins a transaction; one file has one writer, whatever lock it names."""
    await connection.execution_options(**{WRITES: scope.writes})
    await connection.begin()


def _connected(file: str, **options: Any) -> sqlite3.Connection:
    """A connection, made in a thread.

    With an isolation level the driver would begin transactions late, and commit before DDL.
    """
    connection: sqlite3.Connection = sqlite3.connect(
        file, timeout=BUSY, isolation_level=None, **options
    )
    try:
        _keep_log(connection)
        for pragma in _PRAGMAS:
            connection.execute(pragma)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _keep_log(connection: sqlite3.Connection) -> None:
    """Has changes written ahead; of several who do so to a new file SQLite refuses all but one."""
    ends = time.monotonic() + BUSY
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as problem:
            if problem.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > ends:
                raise
            time.sleep(SOON)
        else:
            return


def _begun(connection: Connection) -> None:
    # A writer takes the lock at once: one that reads first could not take it later.
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _given_up(connection: Any, _record: object, _error: BaseException | None) -> None:
    # Closed with a statement that the cancelled call still refers to, it would keep its locks.
    with suppress(sqlite3.Error):
        connection.rollback()
