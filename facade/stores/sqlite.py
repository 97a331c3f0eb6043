"""What SQLite needs said before it is durable and shared: the one place that knows it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from secrets import token_hex
from sqlite3 import Error, connect, sqlite_version_info
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine

WRITES = "ledger_writes"
"""The execution option of a connection whose transaction will write."""

MEMDB = (3, 36)
"""The SQLite from which on the connections of a process can share a database in memory."""

_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=5000",
)


@contextmanager
def memory() -> Iterator[str]:
    """The URL of a database in the memory of this process, for the block.

    Raises ValueError where this SQLite has none that connections can share.
    """
    if sqlite_version_info < MEMDB:
        raise ValueError("needs SQLite 3.36 or later")
    file = f"file:/portico-{token_hex(8)}?vfs=memdb"
    with closing(connect(file, uri=True)):  # it goes with its last connection
        yield f"sqlite+aiosqlite:///{file}&uri=true"


def prepare_sqlite(engine: AsyncEngine) -> None:
    """Makes commits durable, keys checked, and writers of several processes wait in line."""
    event.listen(engine.sync_engine, "connect", _connected)
    event.listen(engine.sync_engine, "begin", _begun)
    event.listen(engine.sync_engine, "invalidate", _given_up)


def _connected(connection: Any, _record: object) -> None:
    # The driver would begin transactions late, and commit before DDL, on its own.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begun(connection: Connection) -> None:
    # A writer takes the lock at once: one that reads first could not take it later.
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _given_up(connection: Any, _record: object, _error: BaseException | None) -> None:
    # Closed with a statement that the cancelled call still refers to, it would keep its locks.
    with suppress(Error):
        connection.rollback()
