"""Databases of a ledger, empty: a file of SQLite, or one of a PostgreSQL server."""

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from facade.stores.ledger import open_ledger
from tests.postgres import PostgresServer

BOTH = ("sqlite", "postgres")
"""What the ledger has to be the same in."""


class Database(Protocol):
    """A database, with a way to it beside the ledger."""

    @property
    def url(self) -> str:
        """As `open_ledger` takes it."""

    @property
    def plain(self) -> str:
        """As SQLAlchemy takes it where nothing waits: of a role that sees all rows."""

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """What a statement answers; it is committed, and sees the rows of every tenant."""

    def tables(self) -> int:
        """How many there are."""

    def blob(self, data: bytes) -> str:
        """Bytes, as its SQL writes them."""


@dataclass(frozen=True, slots=True)
class SqliteDatabase:
    """One in a file."""

    path: Path

    @property
    def url(self) -> str:
        return f"sqlite+aiosqlite:///{self.path}"

    @property
    def plain(self) -> str:
        return f"sqlite:///{self.path}"

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.path)) as connection, connection:
            return connection.execute(sql).fetchall()

    def tables(self) -> int:
        return int(self.query("select count(*) from sqlite_master")[0][0])

    def blob(self, data: bytes) -> str:
        return f"X'{data.hex()}'"


@dataclass(frozen=True, slots=True)
class PostgresDatabase:
    """One of a server."""

    server: PostgresServer
    url: str

    @property
    def name(self) -> str:
        return self.url.rpartition("/")[2]

    @property
    def plain(self) -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.server.port}/{self.name}"

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with self.server.connect(self.name) as connection:
            found = connection.execute(sql.encode())
            return found.fetchall() if found.description else []

    def tables(self) -> int:
        return int(self.query("select count(*) from pg_tables where schemaname = 'public'")[0][0])

    def blob(self, data: bytes) -> str:
        return f"'\\x{data.hex()}'::bytea"


def migrate(url: str) -> None:
    """Makes the tables of a ledger, and returns once nothing is open."""

    async def migrated() -> None:
        ledger = await open_ledger(url)
        await ledger.close()

    with ThreadPoolExecutor(1) as other:  # has no loop, whatever runs in this thread
        other.submit(asyncio.run, migrated()).result()
