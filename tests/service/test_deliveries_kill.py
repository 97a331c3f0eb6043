"""Fault rows K13 and K14: processes that die while they deliver, and targets that are slow."""

import asyncio
import random
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.databases import SqliteDatabase
from tests.fakes import RawBackend, hold
from tests.happenings import START, TENANT, Bench, Target, a_bench

LEASE = 0.5
"""Seconds until what a dead process had taken is tried again."""


@asynccontextmanager
async def a_sender(url: str, count: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that publishes and delivers, killed at the end."""
    words = (sys.executable, "-m", "tests.senders", url, str(count), str(LEASE))
    process = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def said(process: asyncio.subprocess.Process, until: str, accepted: set[str]) -> None:
    """Reads what events were accepted, to a word or to the end."""
    assert process.stdout is not None
    async for line in process.stdout:
        text = line.decode().strip()
        if text == until:
            return
        if text not in ("open", "done"):
            accepted.add(text)


@pytest.mark.timeout(3600)
async def test_k13_of_accepted_events_a_kill_loses_none_and_repeats_have_their_id(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    database, chance = SqliteDatabase(tmp_path / "ledger.db"), random.Random(13)  # noqa: S311 - no secret
    accepted: set[str] = set()
    async with Target() as target:
        async with a_bench(database.url) as bench:
            await bench.subscribe(target.origin)
        for _ in range(request.config.getoption("--kills")):
            async with a_sender(database.url, 30) as process:
                await said(process, "open", accepted)
                reading = asyncio.create_task(said(process, "never", accepted))
                await asyncio.sleep(chance.uniform(0.02, 0.2))
                process.kill()
                await reading
        async with a_sender(database.url, 1) as process:
            await said(process, "done", accepted)
            async with asyncio.timeout(30):
                while not accepted <= {each["id"] for each in target.bodies()}:
                    await asyncio.to_thread(time.sleep, 0.05)
    ids: dict[str, set[str]] = defaultdict(set)
    for body, id_ in zip(target.bodies(), target.fields("webhook-id"), strict=True):
        ids[body["id"]].add(id_)
    assert accepted <= ids.keys()
    assert {len(each) for each in ids.values()} == {1}


async def took(bench: Bench, quick: Target, rounds: int) -> float:
    """The least seconds from an event to its delivery, of the tenant that is not slow."""
    found = []
    for _ in range(rounds):
        before, began = len(quick.requests), time.perf_counter()
        await bench.happens(tenant="quick")
        while len(quick.requests) == before:
            await bench.deliveries.turn()
            await asyncio.sleep(0)
        found.append(time.perf_counter() - began)
        await asyncio.sleep(0.005)
    return min(found)


async def test_k14_a_slow_target_of_one_tenant_keeps_no_other_waiting(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "ledger.db")
    async with a_bench(database.url) as bench, Target() as quick, RawBackend(hold) as slow:
        await bench.subscribe(quick.origin, tenant="quick")
        alone = await took(bench, quick, 15)
        for number in range(4):
            await bench.subscribe(f"{slow.origin}/{number}", name=f"slow-{number}")
        for number in range(25):
            await bench.happens(data=number)
        while slow.connections < 4:
            await bench.deliveries.turn()
            await asyncio.sleep(0)
        beside = await took(bench, quick, 15)
        assert slow.connections == 4, "the tries to one target at a time are bounded"
        waiting = [each for each in await bench.all(TENANT) if each.attempts == 0]
        assert len(waiting) == 96
        assert beside <= 1.2 * alone + 0.005
        assert bench.clock.now == START
