"""Runs as a process does them: a real engine, a real backend, a ledger, and what is kept."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from facade.bootstrap import open_parts
from facade.config import Settings
from facade.errors.runs import FlowTooDeep, RunNotFound, RunStateWrong
from facade.flows.running.runs import Supplied
from facade.model.access import ANYONE
from facade.model.flow import Flow, FlowName, FlowVersion, FlowVersionName
from facade.model.names import ConnectorName
from facade.model.run import ENDED, RunName, RunState, StepState, TriggerKind
from facade.parts import Parts
from tests.flows import LIVE, Held, Shop, a_flow, ended, open_shop, ran, started
from tests.ledgers import prepare

pytestmark = pytest.mark.asyncio(loop_scope="module")

READ = f"{{id: read, action: {LIVE}/getItem, arguments: {{id: '{{{{ input.id }}}}'}}}}"
BODY = "{body: {number: '{{ input.id }}'}}"
ORDER = f"{{id: order, action: {LIVE}/placeOrder, arguments: {BODY}}}"


def settings(folder: Path, **more: Any) -> Settings:
    prepare(folder)
    return Settings(data=folder, dev=True, **more)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shop() -> AsyncIterator[Shop]:
    async with Shop() as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def parts(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Parts]:
    async with open_parts(settings(tmp_path_factory.mktemp("runs")), {}) as opened:
        await open_shop(opened.catalog, shop.backend.origin)
        yield opened


class Known:
    """Flows as if they had been published."""

    def __init__(self, **sources: str) -> None:
        self.flows = {name: a_flow(source, name)[0] for name, source in sources.items()}

    async def get(self, name: FlowName) -> Flow:
        return self.flows[name.flow]

    async def version(self, name: FlowVersionName) -> FlowVersion:
        return self.flows[name.flow].versions[0]


async def test_i_1_a_flow_goes_from_its_trigger_over_its_steps_to_what_it_puts_out(
    parts: Parts, shop: Shop
) -> None:
    source = f"""
steps:
  - {READ}
  - {{id: normal, from: steps.read.output, map: "{{id: data.id, nombre: upper(data.name)}}"}}
  - {{id: check, from: steps.normal.output, validate: [{{required: id}}, {{status: [200]}}]}}
output:
  - {{id: keep, save: "{{{{ input.id }}}}", value: steps.normal.output}}
  - {{id: tell, notify: {{event: order.read, content: {{id: "{{{{ input.id }}}}"}}}}}}
result: steps.normal.output
"""
    run = await ran(parts, source, {"id": "a1"})
    assert (run.state, run.output) == (RunState.SUCCEEDED, '{"id":7,"nombre":"FIDO"}')
    assert [each.id for each in run.steps] == ["read", "normal", "check", "keep", "tell"]
    assert {each.trace_id for each in run.steps} == {run.trace_id}
    [record] = [each for each in await parts.runs.records("", "orders") if each.key == "a1"]
    assert (record.value, record.run) == (run.output, run.name.run)
    assert shop.items["a1"] == 1
    told = parts.ring.get(run.trace_id)
    assert told is not None
    spans = [each.name for each in told.steps]
    assert spans[:2] == ["flow orders", "step read"]
    assert "GET /items/{id}" in spans


async def test_a_start_with_the_same_trigger_happens_once(parts: Parts, shop: Shop) -> None:
    flow, version = a_flow(f"steps: [{ORDER}]")
    runs = await asyncio.gather(
        *(
            parts.runs.start(
                flow, version, '{"id": "o1"}', trigger=TriggerKind.WEBHOOK, trigger_id="m1"
            )
            for _ in range(3)
        )
    )
    assert len({each.name for each in runs}) == 1
    assert (await ended(parts, runs[0])).state is RunState.SUCCEEDED
    assert shop.orders["o1"] == 1


async def test_i_6_a_step_that_is_idempotent_is_tried_again(parts: Parts, shop: Shop) -> None:
    shop.statuses["r1"] = [503, 503]
    step = READ.replace("}}'}", "}}'}, retry: {attempts: 3, base: 10ms}", 1)
    run = await ran(parts, f"steps: [{step}]", {"id": "r1"})
    assert (run.state, run.steps[0].attempts, shop.items["r1"]) == (RunState.SUCCEEDED, 3, 3)


async def test_x_7_the_retry_of_a_step_stands_in_place_of_the_versions_policy(
    parts: Parts, shop: Shop
) -> None:
    patient = ConnectorName("patient")
    await open_shop(parts.catalog, shop.backend.origin, patient, most=3)
    read = READ.replace("/shop/", "/patient/")
    shop.statuses |= {"x0": [503, 503], "x1": [503, 503], "x2": [503, 503, 503]}
    policys = await ran(parts, f"steps: [{read}]", {"id": "x0"})
    assert (policys.steps[0].attempts, shop.items["x0"]) == (1, 3)
    for key, attempts in (("x1", 1), ("x2", 2)):
        step = read.replace("}}'}", f"}}}}'}}, retry: {{attempts: {attempts}, base: 10ms}}", 1)
        run = await ran(parts, f"steps: [{step}]", {"id": key})
        assert (run.steps[0].attempts, shop.items[key]) == (attempts, attempts)


async def test_h_9_an_error_stands_in_the_run_with_its_code_and_the_configured_message(
    parts: Parts, shop: Shop
) -> None:
    shop.statuses["e1"] = [404]
    step = READ.replace("}}'}", "}}'}, messages: {404: No such item}", 1)
    run = await ran(parts, f"steps: [{step}]", {"id": "e1"})
    assert run.error is not None
    assert (run.state, run.error.message, run.error.status) == (
        RunState.FAILED,
        "No such item",
        404,
    )


async def test_o06_flows_that_run_each_other_end_at_a_depth_of_eight(parts: Parts) -> None:
    there = parts.runs.collaborators.flows
    parts.runs.collaborators.flows = Known(
        a="steps: [{id: b, flow: flows/b}]", b="steps: [{id: a, flow: flows/a}]"
    )
    try:
        run = await ran(parts, "steps: [{id: b, flow: flows/b}]", flow="a")
    finally:
        parts.runs.collaborators.flows = there
    assert run.error is not None
    assert (run.error.reason, run.error.code) == ("FLOW_TOO_DEEP", 9)
    depths = [each.depth for each in await parts.runs.page("", limit=8)]
    assert sorted(depths) == list(range(8))
    with pytest.raises(FlowTooDeep):
        await started(parts, f"steps: [{READ}]", depth=8)


async def test_o06_flows_that_start_each_other_by_events_end_after_eight_runs(parts: Parts) -> None:
    """Also where a run of the chain has another flow do it, or is replayed meanwhile."""
    run = await started(parts, f"steps: [{READ}]")
    for _ in range(6):
        more = {"trigger": TriggerKind.EVENT, "told_by": str(run.name)}
        run = await started(parts, f"steps: [{READ}]", **more)
    run = await started(parts, f"steps: [{READ}]", parent=str(run.name), depth=1)
    run = await started(parts, f"steps: [{READ}]", told_by=str(run.name))
    with pytest.raises(FlowTooDeep, match="by events"):
        await started(parts, f"steps: [{READ}]", told_by=str(run.name))


async def test_a_run_that_is_paused_goes_on_where_it_was(parts: Parts) -> None:
    waits = f"steps: [{READ}, {{id: rest, wait: 250ms}}, {ORDER}]".replace("/shop/", "/held/")
    async with Held() as held:
        await open_shop(parts.catalog, held.origin, ConnectorName("held"))
        run = await started(parts, waits, {"id": "p1"})
        await held.asked.wait()
        paused = await parts.runs.pause(run.name, ANYONE)
        assert paused.state is RunState.PAUSED
        held.goes_on.set()
        async with asyncio.timeout(20):
            async for seen in parts.runs.watch(run.name):
                if seen.steps[0].state is StepState.SUCCEEDED:
                    break
        assert (seen.state, len(held.requests)) == (RunState.PAUSED, 1)
        await parts.runs.resume(run.name, ANYONE)
        assert (await ended(parts, run)).state is RunState.SUCCEEDED
        assert len(held.requests) == 2


async def test_a_run_that_is_cancelled_begins_no_other_step(parts: Parts, shop: Shop) -> None:
    run = await started(parts, f"steps: [{{id: rest, wait: 1h}}, {ORDER}]", {"id": "c1"})
    await reached(parts, run.name, "rest")
    last = await parts.runs.cancel(run.name, ANYONE)
    assert (last.state, shop.orders["c1"]) == (RunState.CANCELLED, 0)
    assert (await parts.runs.cancel(run.name, ANYONE)).state is RunState.CANCELLED
    with pytest.raises(RunStateWrong):
        await parts.runs.resume(run.name, ANYONE)


async def test_a_replay_does_what_comes_from_its_step_on_and_nothing_before(
    parts: Parts, shop: Shop
) -> None:
    first = await ran(parts, f"steps: [{READ}, {ORDER}]", {"id": "y1"})
    again = await ended(parts, await parts.runs.replay(first.name, "order", ANYONE))
    assert (again.state, again.replay_of) == (RunState.SUCCEEDED, str(first.name))
    assert (shop.items["y1"], shop.orders["y1"]) == (1, 2)
    assert [each.id for each in again.steps] == ["read", "order"]
    with pytest.raises(RunStateWrong):
        await parts.runs.replay(first.name, "nosuch", ANYONE)


async def test_no_more_runs_of_a_flow_are_under_way_than_its_bounds_say(parts: Parts) -> None:
    source = "bounds: {concurrency: 2}\nsteps: [{id: rest, wait: 100ms}]"
    flow, version = a_flow(source, "narrow")
    runs = [await parts.runs.start(flow, version, trigger=TriggerKind.MANUAL) for _ in range(5)]
    most = 0
    states = [RunState.QUEUED]
    while not ENDED.issuperset(states):
        states = [(await parts.runs.get(each.name)).state for each in runs]
        most = max(most, states.count(RunState.RUNNING))
        await asyncio.sleep(0.02)
    assert most == 2


async def test_no_more_runs_begin_in_a_minute_than_the_rate_says(parts: Parts) -> None:
    source = "bounds: {rate: 2}\nsteps: [{id: a, map: input}]"
    flow, version = a_flow(source, "slow")
    runs = [await parts.runs.start(flow, version, trigger=TriggerKind.MANUAL) for _ in range(3)]
    await ended(parts, runs[1])
    await asyncio.sleep(0.1)
    states = [(await parts.runs.get(each.name)).state for each in runs]
    assert states.count(RunState.QUEUED) == 1
    await parts.runs.cancel(runs[2].name, ANYONE)


async def test_a_test_of_a_flow_keeps_nothing_and_tells_all(parts: Parts, shop: Shop) -> None:
    source = f"steps: [{READ}, {{id: keep, save: t1, value: steps.read.output}}]"
    _, version = a_flow(source, "tested")
    run = await parts.runs.test(version.definition, '{"id": "t1"}', identity=ANYONE)
    assert (run.state, run.trigger, shop.items["t1"]) == (RunState.SUCCEEDED, TriggerKind.TEST, 1)
    assert await parts.runs.records("", "tested") == ()
    given = {"read": {"said": 1}}
    run = await parts.runs.test(version.definition, '{"id": "t1"}', Supplied(outputs=given))
    assert (run.steps[0].output, shop.items["t1"]) == ('{"said":1}', 1)


async def test_i_9_the_runs_of_another_tenant_are_as_if_they_were_not_there(parts: Parts) -> None:
    run = await ran(parts, "steps: [{id: a, map: input}]", 1)
    with pytest.raises(RunNotFound):
        await parts.runs.get(RunName(run.name.flow, run.name.run, "other"))
    assert await parts.runs.page("other") == ()
    assert await parts.runs.records("other", "orders") == ()


async def test_a_second_gateway_of_a_process_leaves_runs_to_the_first(
    parts: Parts, tmp_path: Path
) -> None:
    await ran(parts, "steps: [{id: a, map: input}]", 1)
    async with open_parts(settings(tmp_path), {}) as second:
        run = await started(second, "steps: [{id: a, map: input}]", 1)
        await asyncio.sleep(0.2)
        assert (await second.runs.get(run.name)).state is RunState.QUEUED


async def test_a_gateway_without_flows_imports_none_of_their_libraries(tmp_path: Path) -> None:
    prepare(tmp_path)
    code = (
        "import asyncio, sys\nfrom pathlib import Path\n"
        "from facade.bootstrap import open_parts\nfrom facade.config import Settings\n"
        "async def main():\n"
        f"    async with open_parts(Settings(data=Path({str(tmp_path)!r}), dev=True), {{}}):\n"
        "        await asyncio.sleep(0)\n"
        "asyncio.run(main())\n"
        "print(sorted({'dbos', 'jmespath', 'cel_expr_python', 'minijinja'} & set(sys.modules)))"
    )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", code),
        cwd=Path(__file__).parents[2],
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()
    assert said == b"[]\n"


async def reached(parts: Parts, name: RunName, step: str) -> None:
    """Waits until a step has begun."""
    async with asyncio.timeout(10):
        async for run in parts.runs.watch(name):
            if any(each.id == step and each.state is StepState.RUNNING for each in run.steps):
                return
