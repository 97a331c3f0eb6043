"""Empty ledgers: migrations make one, and each test has a copy."""

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import cache
from pathlib import Path

from facade.ground import DATABASE
from facade.stores.ledger import open_ledger
from facade.stores.sqlite import memory

DRIVER = "sqlite+aiosqlite:///"


def prepare(folder: Path) -> None:
    """Puts an empty ledger, with a key of its own, into a data folder that has none."""
    file = folder / DATABASE
    if folder.is_dir() and not file.exists():
        file.write_bytes(empty())
        with closing(sqlite3.connect(file)) as made:
            made.execute("PRAGMA synchronous = OFF")
            made.execute("UPDATE meta SET page_key = randomblob(32)")
            made.commit()


def fill(url: str) -> None:
    """Makes an empty ledger of an empty database in memory."""
    with closing(sqlite3.connect(":memory:")) as source, closing(_at(url)) as made:
        source.deserialize(empty())
        source.backup(made)


@cache
def empty() -> bytes:
    """The file of an empty ledger; migrations take twenty times as long as a copy."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, _migrated()).result()


async def _migrated() -> bytes:
    with memory() as url:
        ledger = await open_ledger(url)
        with closing(_at(url)) as made:
            await ledger.close()
            return made.serialize()


def _at(url: str) -> sqlite3.Connection:
    return sqlite3.connect(url.removeprefix(DRIVER), uri=True)
