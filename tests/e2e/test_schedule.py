"""O08: two processes, one schedule: each tick once. In a longer run one process is killed.

`pytest tests/e2e/test_schedule.py --ticks 600 -s` tells the figures of a longer run.
"""

import asyncio
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from facade.bootstrap import open_parts
from facade.config import Settings
from facade.model.flow import FlowName
from facade.model.run import Run
from facade.parts import Parts
from tests.databases import PostgresDatabase
from tests.flow_workers import a_worker, killed
from tests.ledgers import prepare
from tests.postgres import PostgresServer

NAME = FlowName("clock")

LONG = 20
"""Ticks from which on there is time to kill one of the processes."""

SOURCE = """
title: Every second
trigger: {schedule: {cron: "* * * * * *", catch_up: all}}
steps: [{id: tick, map: trigger.time}]
"""


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> str:
    """The URL of a ledger; empty: SQLite, in the data folder."""
    if request.param == "sqlite":
        return ""
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return PostgresDatabase(server, server.database()).url


async def test_o08_two_processes_start_each_tick_once(
    tmp_path: Path, database: str, pytestconfig: pytest.Config
) -> None:
    """None is left out either: another process takes over 15 s after one that has died."""
    wanted = int(pytestconfig.getoption("--ticks"))
    prepare(tmp_path)
    settings = Settings(data=tmp_path, dev=True, database=database, flows=False)
    async with AsyncExitStack() as stack:
        parts = await stack.enter_async_context(open_parts(settings, {}))
        first = await stack.enter_async_context(a_worker(tmp_path, database))
        second = await stack.enter_async_context(a_worker(tmp_path, database))
        await parts.flows.create(NAME, SOURCE)
        await parts.flows.publish(NAME)
        async with asyncio.timeout(30 + 2 * wanted):
            runs = await until(parts, wanted)
            if wanted > LONG:
                await killed(first)
                runs = await until(parts, len(runs) + wanted)
        assert second.exitcode is None
    ticks = sorted(datetime.fromisoformat(run.trigger_id) for run in runs)
    assert ticks == [ticks[0] + timedelta(seconds=each) for each in range(len(ticks))]
    print(f"{len(ticks)} ticks, each once")  # noqa: T201 - the figure of a longer run


async def until(parts: Parts, count: int) -> list[Run]:
    """All runs, once there are so many."""
    while len(runs := await all_runs(parts)) < count:  # noqa: ASYNC110 - others write
        await asyncio.sleep(0.1)
    return runs


async def all_runs(parts: Parts) -> list[Run]:
    """Every run of the flow."""
    found: list[Run] = []
    while page := await parts.runs.page(
        "", NAME.flow, found[-1].name.run if found else "", 100, None
    ):
        found.extend(page)
    return found
