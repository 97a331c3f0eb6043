"""Threads of SQLite: none reports to an event loop that is closed."""

import asyncio
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest

from facade.stores.ledger import SqlLedger

CONNECT = sqlite3.connect


def slow(*given: Any, **options: Any) -> Any:
    """As on a machine that is busy."""
    time.sleep(0.3)
    return CONNECT(*given, **options)


def test_a_connection_that_was_given_up_has_stopped_once_the_ledger_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A start that fails cancels what looks into the database for the first time."""
    reports: list[object] = []
    monkeypatch.setattr("threading.excepthook", reports.append)
    monkeypatch.setattr("sqlite3.connect", slow)

    async def start_that_fails() -> None:
        ledger = SqlLedger(f"sqlite+aiosqlite:///{tmp_path / 'portico.db'}")
        opening = asyncio.ensure_future(ledger.open())
        await asyncio.sleep(0.05)
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        await ledger.close()

    asyncio.run(start_that_fails())
    time.sleep(0.5)  # for a thread that nobody waited for
    assert reports == []


async def test_several_open_a_new_database_at_once(tmp_path: Path) -> None:
    """Replicas on one folder start together: each puts the file to write-ahead logging."""
    for turn in range(10):
        ledgers = [SqlLedger(f"sqlite+aiosqlite:///{tmp_path / str(turn)}") for _ in range(6)]
        try:
            async with asyncio.TaskGroup() as group:
                for each in ledgers:
                    group.create_task(opened(each))
        finally:
            for each in ledgers:
                await each.close()


async def opened(ledger: SqlLedger) -> None:
    """As a process does it."""
    await ledger.reach()
    await ledger.open()
