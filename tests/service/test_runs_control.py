"""What people do to runs while they are under way, and after; and what is taken away again."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio
from sqlalchemy import insert, update

from facade.bootstrap import open_parts
from facade.config import Settings
from facade.errors.fault import Code, Fault
from facade.errors.flows import FlowSuspended
from facade.errors.runs import RunNotFound, RunStateWrong
from facade.flows.interpreter.ports import Ended
from facade.flows.running import executor
from facade.flows.running.action_calls import KEPT
from facade.ground import DATABASE
from facade.model.flow import FlowName
from facade.model.run import Run, RunName, RunState, StepState, TriggerKind
from facade.parts import Parts
from facade.stores.history_filter import Every
from facade.stores.ledger import SqlLedger, open_ledger
from facade.stores.run_rows import Job, RunContent
from facade.stores.run_tables import RUN_STEPS, RUNS
from facade.stores.runs import NewRun, SqlRuns
from facade.stores.scope import EVERY_TENANT
from tests.flows import LIVE, Shop, a_flow, ended, open_shop, ran, started
from tests.ledgers import DRIVER, prepare

pytestmark = pytest.mark.asyncio(loop_scope="module")

LEAF = FlowName("leaf")


def read(step: str = "read") -> str:
    return f"{{id: {step}, action: {LIVE}/getItem, arguments: {{id: '{{{{ input.id }}}}'}}}}"


def order(number: str, step: str = "order") -> str:
    body = f"{{body: {{number: '{{{{ input.id }}}}-{number}'}}}}"
    return f"{{id: {step}, action: {LIVE}/placeOrder, arguments: {body}}}"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shop() -> AsyncIterator[Shop]:
    async with Shop() as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("runs")
    prepare(made)
    return made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ledger(folder: Path) -> AsyncIterator[SqlLedger]:
    """What the process keeps its runs in, for tests that have time go by."""
    opened = await open_ledger(f"{DRIVER}{folder / DATABASE}")
    yield opened
    await opened.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def parts(shop: Shop, folder: Path) -> AsyncIterator[Parts]:
    async with open_parts(Settings(data=folder, dev=True), {}) as opened:
        await open_shop(opened.catalog, shop.backend.origin)
        await opened.flows.create(LEAF, "steps: [{id: rest, wait: 1h}]")
        await opened.flows.publish(LEAF)
        await opened.flows.create(FlowName("twig"), "steps: [{id: leaf, flow: flows/leaf}]")
        await opened.flows.publish(FlowName("twig"))
        yield opened


async def waiting(parts: Parts, flow: str) -> Run:
    """The run of a flow that waits, once it does."""
    async with asyncio.timeout(10):
        while True:
            for run in await parts.runs.page("", flow, state=RunState.RUNNING):
                found = await parts.runs.get(run.name)
                if any(each.state is StepState.RUNNING for each in found.steps):
                    return found
            await asyncio.sleep(0.02)


async def test_who_cancels_a_run_cancels_those_it_waits_for_and_each_step_says_so(
    parts: Parts,
) -> None:
    top = await started(parts, "steps: [{id: twig, flow: flows/twig}]", flow="top")
    below = [await waiting(parts, flow) for flow in ("leaf", "twig")]
    assert (await parts.runs.cancel(top.name)).state is RunState.CANCELLED
    for name in (top.name, *(each.name for each in below)):
        run = await parts.runs.get(name)
        assert run.state is RunState.CANCELLED
        [step] = run.steps
        assert (step.state, step.end_time) == (StepState.CANCELLED, run.end_time)
    flow = await parts.flows.get(LEAF)
    version = await parts.flows.version(flow.versions[0].name)
    with pytest.raises(RunStateWrong):  # a step that was about to start it
        await parts.runs.start(
            flow, version, trigger=TriggerKind.FLOW, trigger_id="late", parent=str(top.name)
        )


SOURCE = f"""
steps:
  - {read()}
  - id: maybe
    choose:
      - when: "input.id != ''"
        steps: [{order("in")}, {{id: inner, map: steps.order.output}}]
      - steps: [{order("else", "other")}]
  - id: every
    for_each: "['a', 'b']"
    do:
      action: {LIVE}/placeOrder
      arguments: {{body: {{number: "{{{{ input.id }}}}-{{{{ item }}}}"}}}}
  - {{id: rest, wait: 10ms}}
  - {{id: last, map: steps.maybe.output}}
"""


async def test_a_replay_goes_on_from_a_step_of_each_kind(parts: Parts, shop: Shop) -> None:
    first = await ran(parts, SOURCE, {"id": "re"})
    steps = ("", "maybe", "order", "inner", "every", "rest", "last")
    begun = await asyncio.gather(*(parts.runs.replay(first.name, each) for each in steps))
    for each in begun:
        again = await ended(parts, each)
        assert (again.state, again.output) == (RunState.SUCCEEDED, first.output)
        assert [each.id for each in again.steps] == [each.id for each in first.steps]
    counted = [shop.orders[f"re-{name}"] for name in ("in", "a", "b", "else")]
    assert (shop.items["re"], *counted) == (2, 4, 6, 6, 0), "no more than what lay behind a step"


async def test_a_flow_that_is_suspended_has_no_run_replayed(parts: Parts) -> None:
    rests = FlowName("rests")
    await parts.flows.create(rests, "steps: [{id: a, map: input}]")
    flow = await parts.flows.publish(rests)
    run = await parts.runs.start(flow, flow.versions[0], "1", trigger=TriggerKind.MANUAL)
    await ended(parts, run)
    await parts.flows.suspend(rests)
    with pytest.raises(FlowSuspended) as refused:
        await parts.runs.replay(run.name)
    assert refused.value.code is Code.FAILED_PRECONDITION
    assert "portico flow resume" in refused.value.remedy
    assert [each.name for each in await parts.runs.page("", "rests")] == [run.name]
    await parts.flows.resume(rests)
    again = await ended(parts, await parts.runs.replay(run.name))
    assert (again.state, again.output) == (RunState.SUCCEEDED, "1")


async def test_two_people_who_cancel_or_replay_at_once_are_both_answered(parts: Parts) -> None:
    run = await started(parts, "steps: [{id: rest, wait: 1h}]", flow="both")
    await waiting(parts, "both")
    first, second = await asyncio.gather(*(parts.runs.cancel(run.name) for _ in range(2)))
    assert first == second
    one, two = await asyncio.gather(*(parts.runs.replay(run.name) for _ in range(2)))
    assert one.name != two.name
    for each in (one, two):
        asked = (parts.runs.pause(each.name), parts.runs.cancel(each.name))
        await asyncio.gather(*asked, return_exceptions=True)
        assert (await parts.runs.get(each.name)).state is RunState.CANCELLED


async def test_a_run_ends_as_it_began_whatever_is_published_meanwhile(parts: Parts) -> None:
    name, waits = FlowName("changing"), "steps: [{id: rest, wait: 300ms}, {id: a, map: '`%d`'}]"
    flow = await parts.flows.create(name, waits % 1)
    await parts.flows.publish(name)
    version = await parts.flows.version(flow.versions[0].name)
    run = await parts.runs.start(flow, version, trigger=TriggerKind.MANUAL)
    await parts.flows.update(name, {"source": waits % 2}, ["source"])
    await parts.flows.publish(name)
    paused = await parts.runs.start(flow, version, trigger=TriggerKind.MANUAL)
    assert (await ended(parts, run)).output == "1"
    await parts.flows.delete(name, force=True)
    assert (await ended(parts, paused)).state in {RunState.CANCELLED, RunState.SUCCEEDED}
    again = await ended(parts, await parts.runs.replay(run.name, "a"))
    assert (again.state, again.output) == (RunState.SUCCEEDED, "1")


async def test_o05_after_a_day_nobody_knows_what_became_of_a_call_that_was_begun(
    parts: Parts, shop: Shop, ledger: SqlLedger
) -> None:
    """The ledger forgets calls after 24 hours: of one begun 23 hours ago it is not relied upon."""
    now = datetime.now(UTC)
    for id_, seconds, placed in (("old", KEPT + 60, 0), ("young", KEPT - 3600, 1)):
        name = RunName("days", str(uuid4()))
        began = now - timedelta(seconds=seconds)
        await begun(ledger, name, "order", began)
        steps = f"steps: [{order('1')}]"
        content = RunContent(trigger=TriggerKind.MANUAL, input=f'{{"id": "{id_}"}}')
        new = NewRun(
            name=name,
            version="v1",
            start_key=name.run,
            source=steps,
            concurrency=1,
            rate=0,
            depth=0,
            content=content,
            time=now - timedelta(days=2),
        )
        await SqlRuns(ledger).add(new)
        parts.runs.look()
        run = await ended(parts, await parts.runs.get(name))
        assert shop.orders[f"{id_}-1"] == placed
        assert ("" if run.error is None else run.error.reason) == (
            "" if placed else "CALL_UNCERTAIN"
        )


async def begun(ledger: SqlLedger, name: RunName, step: str, time: datetime) -> None:
    """Writes a step as a process leaves it that dies in the middle of its first try."""
    content = f'{{"id": "{step}", "position": 0, "start_time": "{time.isoformat()}"}}'
    values = {
        "tenant": name.tenant,
        "run": name.run,
        "id": step,
        "position": 0,
        "checkpoint": 1,
        "begun": 1,
        "begun_time": time,
        "content": content,
    }
    async with ledger.transaction(writes=True, tenant=name.tenant) as connection:
        await connection.execute(insert(RUN_STEPS).values(values))


async def test_runs_that_ended_too_long_ago_are_taken_away_and_their_records_stay(
    parts: Parts, ledger: SqlLedger
) -> None:
    source = "steps: [{id: keep, save: k, value: input}]"
    old, young = [await ran(parts, source, number, flow="aged") for number in range(2)]
    long_ago = datetime.now(UTC) - timedelta(days=400)
    replay = await parts.runs.replay(old.name, "keep")
    await ended(parts, replay)
    async with ledger.transaction(writes=True, tenant=EVERY_TENANT) as connection:
        row = update(RUNS).where(RUNS.c.id == old.name.run)
        await connection.execute(row.values(end_time=long_ago))
    assert await parts.runs.retire() == 1
    with pytest.raises(RunNotFound):
        await parts.runs.get(old.name)
    with pytest.raises(Fault):
        await parts.runs.replay(old.name, "keep")
    again = await ended(parts, await parts.runs.replay(replay.name, "keep"))
    assert again.state is RunState.SUCCEEDED
    assert (await parts.runs.get(young.name)).output == "1"
    assert [each.key for each in await parts.runs.records("", "aged")] == ["k"]
    assert await parts.runs.retire() == 0


async def test_h_9_the_calls_of_a_run_are_found_in_history_by_it_and_its_trace(
    parts: Parts, shop: Shop
) -> None:
    run = await ran(parts, f"steps: [{read()}, {order('1')}]", {"id": "hi"}, flow="told")
    found, _ = await parts.history.page("", Every(()), "", 50)
    rows = [each for each in found if each.flow == "told"]
    kinds = Counter((each.kind.value, each.run, each.trace_id) for each in rows)
    key = (str(run.name), run.trace_id)
    assert kinds == {("CALL", *key): 2, ("RUN", *key): 1}
    trace = parts.ring.get(run.trace_id)
    assert trace is not None
    by_id = {each.span_id: each for each in trace.steps}
    [call] = [each for each in trace.steps if each.name == "GET /items/{id}"]
    above = [call.name]
    while call.parent_id in by_id:
        call = by_id[call.parent_id]
        above.append(call.name)
    assert above[-2:] == ["step read", "flow told"]
    assert shop.items["hi"] == 1


async def test_a_run_whose_end_cannot_be_told_is_told_of_in_the_log_and_ends_later(
    parts: Parts, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    chosen = parts.runs._executor
    assert chosen is not None
    tell = chosen._tell
    told: list[RunName] = []

    async def at_second(job: Job, result: Ended) -> None:
        told.append(job.name)
        if len(told) == 1:
            raise OSError("nobody listens")
        await tell(job, result)

    monkeypatch.setattr(executor, "GRACE", 0.2)
    monkeypatch.setattr(chosen, "_tell", at_second)
    done = await ended(parts, await started(parts, f"steps: [{read()}]", {"id": "late"}))
    assert (done.state, len(told)) == (RunState.SUCCEEDED, 2)
    assert "is begun again" in caplog.text


async def test_a_step_keeps_no_header_that_may_let_somebody_in(parts: Parts, shop: Shop) -> None:
    shop.headers = ("Set-Cookie: id=geheim", "X-Auth-Token: geheim", "X-Kind: plain")
    try:
        source = f"steps: [{read()}]\nresult: steps.read.headers"
        done = await ended(parts, await started(parts, source, {"id": "kept"}))
    finally:
        shop.headers = ()
    assert "geheim" not in done.output
    assert '"x-kind":"plain"' in done.output.replace(" ", "")


async def test_no_number_of_a_run_loses_a_digit(parts: Parts) -> None:
    text = '{"amount":12345678901234567.89,"id":9007199254740993,"share":0.10000000000000000001}'
    source = "steps: [{id: copied, map: input}, {id: again, map: steps.copied.output}]"
    made, version = a_flow(source)
    run = await parts.runs.start(made, version, text, trigger=TriggerKind.MANUAL)
    assert (await ended(parts, run)).output == text
