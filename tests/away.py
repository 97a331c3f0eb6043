"""Ledgers that are away for a while, and come back as they were."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

from tests.faults.proxy import FaultProxy
from tests.postgres import ROLE, PostgresServer


class Away(Protocol):
    """A ledger's database, that may be away."""

    database: str
    """The setting of that name."""

    async def leave(self) -> None:
        """Nobody reaches it from now on; nobody has it open."""

    async def back(self) -> None:
        """It is as it was."""


class File:
    """One of SQLite, in a data folder, on a disk that is not there."""

    database = ""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "portico.db"
        self._kept = folder / "kept.db"

    async def leave(self) -> None:
        self._path.rename(self._kept)
        self._path.symlink_to("gone/portico.db")

    async def back(self) -> None:
        self._path.unlink()
        self._kept.rename(self._path)


class Server:
    """One of PostgreSQL, behind a network that breaks."""

    def __init__(self, proxy: FaultProxy, name: str) -> None:
        self.proxy = proxy
        self.database = f"postgresql://{ROLE}@127.0.0.1:{proxy.port}/{name}"

    async def leave(self) -> None:
        self.proxy.refuse()
        self.proxy.reset()

    async def back(self) -> None:
        await self.proxy.accept()


@asynccontextmanager
async def a_server(server: PostgresServer, template: str) -> AsyncIterator[Server]:
    """A new database of a server, behind a network."""
    name = server.database(template).rpartition("/")[2]
    async with FaultProxy(server.port) as proxy:
        yield Server(proxy, name)
