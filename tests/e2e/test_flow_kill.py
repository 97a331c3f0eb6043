"""O05: a process is killed between and during the steps of its runs; others go on with them.

No step is lost, and none that is not idempotent is done twice: the backend counts.
`pytest tests/e2e/test_flow_kill.py --flow-kills 200 -s` tells the figures of a longer run.
"""

import asyncio
import os
import random
import shutil
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, suppress
from functools import partial
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest

from facade.bootstrap import open_parts
from facade.config import Settings
from facade.model.run import ENDED, Run, RunState, StepState
from facade.parts import Parts
from facade.stores.ledger import open_ledger
from facade.stores.runs import SqlRuns
from tests.databases import PostgresDatabase
from tests.flow_workers import a_worker
from tests.flows import LIVE, Shop, ended, open_shop, started
from tests.ledgers import prepare
from tests.postgres import PostgresServer

STEPS = 6
AT_ONCE = 4
"""Runs that are under way when the process is killed."""
IDLE = 5.0
"""Seconds after which it is killed whatever it does."""
REQUESTS = 30
"""It is killed at one of so many requests: before the answer …"""
LATE = (0.0, 0.0, 0.005, 0.02)
"""… or so many seconds after it."""


def source(timeout: float = 2.0) -> str:
    """Reads and orders by turns; what an order came to is not known where it was cut off."""
    steps = []
    for number in range(STEPS):
        steps.append(
            f"  - id: read{number}\n    action: {LIVE}/getItem\n"
            f"    arguments: {{id: 'i{number}'}}\n    timeout: {timeout}s\n"
        )
        steps.append(
            f"  - id: order{number}\n    action: {LIVE}/placeOrder\n    on_failure: continue\n"
            f"    arguments: {{body: {{number: '{{{{ run.name }}}} {number}'}}}}\n"
            f"    timeout: {timeout}s\n"
        )
    return "title: Orders\nbounds: {concurrency: 100}\nsteps:\n" + "".join(steps)


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    async with Shop() as opened:
        yield opened


def nothing() -> None:
    """Does nothing."""


def kill(process: ForkServerProcess, left: Iterator[int], late: float) -> None:
    """Kills a process at the last of some requests."""
    if next(left, None) is not None:
        return
    if late:
        asyncio.get_running_loop().call_later(late, process.kill)
    else:
        process.kill()


async def killed_or_idle(process: ForkServerProcess, parts: Parts, runs: list[Run]) -> None:
    """Waits for the end of a process, or of all that it has to do."""
    with suppress(TimeoutError):
        async with asyncio.timeout(IDLE):
            while process.exitcode is None:
                states = {(await parts.runs.get(run.name)).state for run in runs[-AT_ONCE:]}
                if ENDED.issuperset(states):
                    return
                await asyncio.sleep(0.05)


@pytest.mark.timeout(3600)
async def test_o05_runs_of_a_killed_process_go_on_and_no_order_is_placed_twice(
    tmp_path: Path, shop: Shop, pytestconfig: pytest.Config
) -> None:
    kills: int = pytestconfig.getoption("--flow-kills")
    chance = random.Random(5)  # noqa: S311 - when to kill is no secret
    prepare(tmp_path)
    runs: list[Run] = []
    async with open_parts(Settings(data=tmp_path, dev=True, flows=False), {}) as parts:
        await open_shop(parts.catalog, shop.backend.origin)
        for _ in range(kills):
            states = [(await parts.runs.get(run.name)).state for run in runs[-AT_ONCE:]]
            left = sum(1 for each in states if each not in ENDED)
            runs += [await started(parts, source()) for _ in range(AT_ONCE - left)]
            async with a_worker(tmp_path) as process:
                before = iter(range(chance.randrange(REQUESTS)))
                shop.asked = partial(kill, process, before, chance.choice(LATE))
                await killed_or_idle(process, parts, runs)
            shop.asked = nothing
    async with open_parts(Settings(data=tmp_path, dev=True), {}) as parts:
        done = [await ended(parts, run, 60.0) for run in runs]
    check(done, shop.orders)
    tell(kills, done)


@pytest.mark.timeout(3600)
async def test_o05_two_processes_share_the_runs_of_a_ledger_and_one_dies(
    tmp_path: Path, shop: Shop, postgres_server: PostgresServer, pytestconfig: pytest.Config
) -> None:
    kills: int = pytestconfig.getoption("--flow-kills")
    chance = random.Random(6)  # noqa: S311 - when to kill is no secret
    url = PostgresDatabase(postgres_server, postgres_server.database()).url
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    ring = Settings(data=tmp_path / "one", dev=True, database=url)
    done: list[Run] = []
    async with open_parts(ring, {}) as parts:
        await open_shop(parts.catalog, shop.backend.origin)
        shutil.copytree(tmp_path / "one", tmp_path / "two", dirs_exist_ok=True)
        for _ in range(kills):
            async with a_worker(tmp_path / "two", url) as process:
                before = iter(range(chance.randrange(2 * REQUESTS)))
                shop.asked = partial(kill, process, before, chance.choice(LATE))
                runs = [await started(parts, source()) for _ in range(2 * AT_ONCE)]
                done += [await ended(parts, run, 60.0) for run in runs]
            shop.asked = nothing
    check(done, shop.orders)
    tell(kills, done)


@pytest.mark.timeout(300)
async def test_o05_a_process_that_was_taken_for_dead_comes_back_and_repeats_nothing(
    tmp_path: Path, shop: Shop, postgres_server: PostgresServer, pytestconfig: pytest.Config
) -> None:
    """It stands still for longer than its lease; what it was about is another's by then."""
    stopped = stopped_for(pytestconfig)
    clocks = {"LEASE": min(20.0, stopped / 2), "RENEWED": min(4.0, stopped / 10)}
    url = PostgresDatabase(postgres_server, postgres_server.database()).url
    prepare(tmp_path)
    settings = Settings(data=tmp_path, dev=True, database=url, flows=False)
    async with AsyncExitStack() as stack:
        parts = await stack.enter_async_context(open_parts(settings, {}))
        await open_shop(parts.catalog, shop.backend.origin)
        first = await stack.enter_async_context(a_worker(tmp_path, url, **clocks))
        assert first.pid is not None
        before, still = iter(range(STEPS)), asyncio.Event()

        def asked() -> None:
            if first.pid is not None and next(before, None) is None and not still.is_set():
                os.kill(first.pid, signal.SIGSTOP)
                still.set()

        shop.asked = asked
        runs = [await started(parts, source(stopped + 60)) for _ in range(AT_ONCE)]
        await still.wait()
        executors = {await executor(url, run) for run in runs}
        await stack.enter_async_context(a_worker(tmp_path, url, **clocks))
        await asyncio.sleep(stopped)
        async with asyncio.timeout(60):
            while not executors.isdisjoint({await executor(url, run) for run in runs}):  # noqa: ASYNC110 - others write
                await asyncio.sleep(0.1)
        os.kill(first.pid, signal.SIGCONT)
        done = [await ended(parts, run, 60.0) for run in runs]
        assert first.exitcode is None
    check(done, shop.orders)
    tell(0, done)


def stopped_for(config: pytest.Config) -> float:
    """Seconds that a process stands still; skips where none are given."""
    seconds: float = config.getoption("--stopped")
    if not seconds:
        pytest.skip("give --stopped SECONDS")
    return seconds


async def executor(url: str, run: Run) -> str:
    """Who does a run."""
    ledger = await open_ledger(url)
    try:
        return (await SqlRuns(ledger).state(run.name))[1]
    finally:
        await ledger.close()


def tell(kills: int, done: list[Run]) -> None:
    """The figures of a longer run."""
    unknown = sum(len(failed(run)) for run in done)
    sys.stdout.write(
        f"\n{kills} kills, {len(done)} runs, {unknown} orders of which nothing is known\n"
    )


def failed(run: Run) -> list[str]:
    """Steps that failed."""
    return [each.id for each in run.steps if each.state is StepState.FAILED]


def check(done: list[Run], orders: Counter[str]) -> None:
    for run in done:
        assert run.state is RunState.SUCCEEDED, run.error
        assert len(run.steps) == 2 * STEPS
        for step in run.steps:
            if step.state is StepState.FAILED:
                assert step.id.startswith("order")
                assert step.error is not None
                assert step.error.reason == "CALL_UNCERTAIN"
        for number in range(STEPS):
            placed = orders[f"{run.name} {number}"]
            assert placed <= 1
            assert placed == 1 or f"order{number}" in failed(run)
