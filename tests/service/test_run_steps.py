"""Steps as they are written down: before they do something, and together where they do nothing."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from facade.bootstrap import open_parts
from facade.config import Settings
from facade.flows.running import executor
from facade.ground import DATABASE
from facade.model.run import RunName, RunState, StepRun, StepState, TriggerKind
from facade.stores.base import Audit
from facade.stores.executors import SqlExecutors
from facade.stores.ledger import SqlLedger, open_ledger
from facade.stores.run_rows import RunContent
from facade.stores.runs import NewRun, SqlRuns, Written
from tests.flows import LIVE, Held, Shop, ended, open_shop, ran, started
from tests.gateways import a_ledger
from tests.ledgers import DRIVER, prepare

BEGIN = datetime(2026, 3, 1, 12, tzinfo=UTC)
NAME = RunName("orders", str(UUID(int=1)))
ME = "an executor"


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[SqlLedger]:
    async with a_ledger(tmp_path) as opened:
        yield opened


async def claimed(ledger: SqlLedger) -> SqlRuns:
    """A run that is executed here."""
    runs = SqlRuns(ledger)
    new = NewRun(
        name=NAME,
        version="v1",
        start_key="one",
        source="steps: []",
        concurrency=1,
        rate=0,
        depth=0,
        content=RunContent(trigger=TriggerKind.MANUAL),
        time=BEGIN,
    )
    await runs.add(new)
    assert await SqlExecutors(ledger).claim(ME, BEGIN, 1) == (NAME,)
    return runs


def written(id_: str, state: StepState, position: int = 0) -> Written:
    step = StepRun(id=id_, position=position, state=state, start_time=BEGIN)
    return Written(step=step, checkpoint=position + 1, begun=position + 1, time=BEGIN)


async def states(runs: SqlRuns) -> dict[str, StepState]:
    run = await runs.find(NAME)
    assert run is not None
    return {each.id: each.state for each in run.steps}


async def test_what_steps_have_come_to_is_written_with_the_one_that_begins(
    ledger: SqlLedger,
) -> None:
    runs = await claimed(ledger)
    before = await runs.revision(NAME)
    told = [written("a", StepState.SUCCEEDED), written("b", StepState.SKIPPED, 1)]
    begun = written("c", StepState.RUNNING, 2)
    assert await runs.write_steps(NAME, ME, told, begun)
    assert await states(runs) == {
        "a": StepState.SUCCEEDED,
        "b": StepState.SKIPPED,
        "c": StepState.RUNNING,
    }
    assert await runs.revision(NAME) == before + 1
    assert await runs.checkpoint(NAME, "b") == 2


async def test_of_a_run_that_is_paused_what_has_ended_is_told_and_nothing_begins(
    ledger: SqlLedger,
) -> None:
    runs = await claimed(ledger)
    audit = Audit(time=BEGIN, tenant="", caller="me", method="pause_run", target=str(NAME))
    assert await runs.turn(NAME, RunState.RUNNING, RunState.PAUSED, audit)
    told = [written("a", StepState.SUCCEEDED), written("b", StepState.RUNNING, 1)]
    assert not await runs.write_steps(NAME, ME, told, written("c", StepState.RUNNING, 2))
    assert await states(runs) == {"a": StepState.SUCCEEDED}
    assert not await runs.write_steps(NAME, ME, ())


async def test_who_was_taken_for_dead_tells_nothing_of_the_run_any_more(ledger: SqlLedger) -> None:
    runs = await claimed(ledger)
    assert not await runs.write_steps(NAME, "another", [written("a", StepState.SUCCEEDED)])
    assert await states(runs) == {}


async def test_when_a_step_first_began_is_kept_where_it_begins_again(ledger: SqlLedger) -> None:
    """That is the age of the call that it makes."""
    runs = await claimed(ledger)
    first = written("a", StepState.RUNNING)
    assert await runs.write_steps(NAME, ME, (), first)
    again = Written(step=first.step, checkpoint=1, begun=1, time=BEGIN + timedelta(hours=1))
    assert await runs.write_steps(NAME, ME, (), again)
    assert await runs.begun(NAME, "a", 1) == BEGIN


async def test_steps_that_do_nothing_outside_are_told_of_together(tmp_path: Path) -> None:
    """Forty of them need fewer writes than there are; what stands in the run is all of them."""
    prepare(tmp_path)
    many = 40
    pure = "".join(f"  - {{id: s{number}, when: 'true', map: input}}\n" for number in range(many))
    call = f"  - {{id: read, action: {LIVE}/getItem, arguments: {{id: x}}}}\n"
    async with Shop() as shop, open_parts(Settings(data=tmp_path, dev=True), {}) as parts:
        await open_shop(parts.catalog, shop.backend.origin)
        run = await ran(parts, f"steps:\n{pure}{call}", 1)
        assert run.state is RunState.SUCCEEDED
        assert [each.id for each in run.steps] == [*(f"s{each}" for each in range(many)), "read"]
        assert {each.state for each in run.steps} == {StepState.SUCCEEDED}
        opened = await open_ledger(f"{DRIVER}{tmp_path / DATABASE}")
        assert await SqlRuns(opened).revision(run.name) < many
        await opened.close()


async def test_a_run_that_is_paused_in_its_last_step_ends_once_it_is_resumed(
    tmp_path: Path,
) -> None:
    prepare(tmp_path)
    body = "{body: {number: 1}}"
    source = f"steps: [{{id: order, action: {LIVE}/placeOrder, arguments: {body}}}]"
    settings = Settings(data=tmp_path, dev=True)
    async with Held() as held, open_parts(settings, {}) as parts:
        await open_shop(parts.catalog, held.origin)
        run = await started(parts, source)
        await held.asked.wait()
        assert (await parts.runs.pause(run.name)).state is RunState.PAUSED
        held.goes_on.set()
        async with asyncio.timeout(20):
            async for seen in parts.runs.watch(run.name):
                if seen.steps[0].state is StepState.SUCCEEDED:
                    break
        assert seen.state is RunState.PAUSED
        await parts.runs.resume(run.name)
        assert (await ended(parts, run)).state is RunState.SUCCEEDED
        assert len(held.requests) == 1


async def test_a_process_that_is_back_goes_on_with_its_runs_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executor, "IDLE", 3600.0)
    prepare(tmp_path)
    settings = Settings(data=tmp_path, dev=True)
    async with open_parts(settings, {}) as before:
        run = await started(before, "steps: [{id: rest, wait: 2500ms}, {id: a, map: '`1`'}]")
        async with asyncio.timeout(20):
            async for seen in before.runs.watch(run.name):
                if seen.steps and seen.steps[0].state is StepState.RUNNING:
                    break
    async with open_parts(settings, {}) as after:
        last = await ended(after, run)
    rest = last.steps[0]
    assert (last.state, rest.state) == (RunState.SUCCEEDED, StepState.SUCCEEDED)
    assert rest.start_time is not None
    assert rest.end_time is not None
    assert (rest.end_time - rest.start_time).total_seconds() >= 2.5
