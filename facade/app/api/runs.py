"""The handlers of the methods of runs, and of what they save."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

import msgspec
from starlette.responses import Response

from facade.app.api.calls import remaining_of
from facade.app.api.catalog import listed, page_of
from facade.app.api.followed import Change, Followed
from facade.app.api.form.run import FLOW_RECORD, RUN
from facade.app.api.route import Asked, Desk
from facade.app.api.told import data, packed, weight
from facade.flows.running.requests import DryRunRequest, RunRequest
from facade.model.flow_names import parse_flow, parse_flows, parse_run
from facade.model.run import FlowRecord, Run, RunName


async def run_flow(desk: Desk, asked: Asked) -> Response:
    """Starts a run of a flow."""
    fields = asked.fields
    start = RunRequest(
        flow=parse_flow(asked.name, tenant=asked.identity.tenant),
        version=fields.get("version", ""),
        input=_text(asked, "input"),
        request_id=fields.get("request_id", ""),
        wait=fields.get("wait", False),
    )
    return data(RUN.write(await desk.run_requests.run(start, asked.identity, remaining_of(asked))))


async def test_flow(desk: Desk, asked: Asked) -> Response:
    """Runs a definition to its end and saves nothing."""
    outputs: dict[str, msgspec.Raw] = {}
    if asked.fields.get("outputs"):
        text = _text(asked, "outputs")
        outputs = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    trial = DryRunRequest(
        source=asked.fields.get("source", ""),
        version=asked.fields.get("version", ""),
        input=_text(asked, "input"),
        outputs={step: bytes(each).decode() for step, each in outputs.items()},
        trigger=_text(asked, "trigger") if asked.fields.get("trigger") else "",
    )
    return data(RUN.write(await desk.run_requests.test(trial, asked.identity)))


async def get_run(desk: Desk, asked: Asked) -> Response:
    """Gets a run, with its steps."""
    return data(RUN.write(await desk.runs.get(_name(asked))))


async def list_runs(desk: Desk, asked: Asked) -> Response:
    """Lists the runs of a flow or of all, page by page."""
    flow = parse_flows(asked.name, tenant=asked.identity.tenant)
    return listed("runs", *await desk.run_list.page(flow, page_of(asked), _packed, weight))


async def watch_run(desk: Desk, asked: Asked) -> Response:
    """Gives a run at each change until it has ended."""
    name = _name(asked)

    async def changes() -> AsyncGenerator[Change, None]:
        async with aclosing(desk.runs.watch(name)) as seen:
            async for each in seen:
                yield RUN.write(each), ""

    seconds = remaining_of(asked)
    return await Followed.begin(changes(), asked.headers.get("accept", ""), seconds)


async def cancel_run(desk: Desk, asked: Asked) -> Response:
    """Ends a run."""
    return data(RUN.write(await desk.runs.cancel(_name(asked), asked.identity)))


async def pause_run(desk: Desk, asked: Asked) -> Response:
    """Has a run wait before its next step."""
    return data(RUN.write(await desk.runs.pause(_name(asked), asked.identity)))


async def resume_run(desk: Desk, asked: Asked) -> Response:
    """Lets a run that was paused go on."""
    return data(RUN.write(await desk.runs.resume(_name(asked), asked.identity)))


async def replay_run(desk: Desk, asked: Asked) -> Response:
    """Starts a run that goes on from a step of another one."""
    step = asked.fields.get("from_step", "")
    return data(RUN.write(await desk.runs.replay(_name(asked), step, asked.identity)))


async def list_flow_records(desk: Desk, asked: Asked) -> Response:
    """Lists what the runs of a flow have saved, page by page."""
    name = parse_flow(asked.name, "parent", asked.identity.tenant)
    found = await desk.flow_list.records(name, page_of(asked), _packed_record, weight)
    return listed("records", *found)


def _name(asked: Asked) -> RunName:
    return parse_run(asked.name, "name", asked.identity.tenant)


def _text(asked: Asked, member: str) -> str:
    """The JSON of a member of the body, as it was written; empty for none."""
    given = asked.members.get(member)
    return given.text if given is not None else ""


def _packed(run: Run) -> msgspec.Raw:
    return packed(RUN.write(run, {"steps": ()}))


def _packed_record(record: FlowRecord) -> msgspec.Raw:
    return packed(FLOW_RECORD.write(record))
