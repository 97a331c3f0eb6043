"""What SQLite needs said before it is durable and shared: the one place that knows it."""

from contextlib import suppress
from sqlite3 import Error
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine

WRITES = "ledger_writes"
"""The execution option of a connection whose transaction will write."""

_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=5000",
)


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
