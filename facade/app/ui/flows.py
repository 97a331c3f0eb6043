"""Flows: what runs by itself, as a picture; and the buttons that decide about it."""

from typing import Final

from starlette.responses import RedirectResponse, Response

from facade.app.errors import no_route
from facade.app.ui.diagram import lines, picture
from facade.app.ui.form import written
from facade.app.ui.visit import Visit
from facade.app.ui.words import of_trigger
from facade.flows.running.requests import RunRequest, RunRequests
from facade.model.access import Permission
from facade.model.flow import Flow, FlowName, FlowState, FlowVersionName
from facade.model.run import Run
from facade.spec.example import arguments as example_of

HERE: Final = "flows"
RUNS: Final = 15
"""Of a flow that its page shows."""
RECORDS: Final = 50


async def show_all(visit: Visit) -> Response:
    """The flows of the tenant."""
    visit.check("ListFlows")
    known = {
        "flows": [
            (each, _trigger(each)) for each in await visit.house.parts.flows.all(visit.tenant)
        ]
    }
    return visit.page("flows", known, title="Flows", here=HERE)


async def show(visit: Visit) -> Response:
    """One flow: its picture, its versions, its last runs."""
    name = _name(visit)
    visit.check("GetFlow")
    house = visit.house
    flow = await house.parts.flows.get(name)
    versions = await house.parts.flows.versions(name)
    wanted = visit.query("version") or flow.published or versions[0].name.version
    version = await house.parts.flows.version(FlowVersionName(name.flow, wanted, name.tenant))
    definition = version.definition
    may_run = visit.may_whole(Permission.INVOKE)
    known = {
        "flow": flow,
        "id": name.flow,
        "flow_id": name.flow,
        "input": written(example_of(definition.input)) if definition.input else "null",
        "versions": versions,
        "version": version,
        "picture": picture(definition),
        "lines": [*lines(definition.steps), *lines(definition.output)],
        "trigger": of_trigger(definition.trigger),
        "runs": await _runs(visit, flow),
        "records": (await house.parts.runs.records(visit.tenant, name.flow))[:RECORDS],
        "may_run": may_run,
        "may_publish": visit.may_whole(Permission.PUBLISH),
        "is_suspended": flow.state is FlowState.SUSPENDED,
    }
    return visit.page("flow", known, title=name.flow, here=HERE)


async def change(visit: Visit) -> Response:
    """Publishes, suspends, resumes or runs it."""
    name, deed, flows = _name(visit), visit.path("deed"), visit.house.parts.flows
    if deed == "run":
        visit.check("RunFlow")
        asked = RunRequest(
            flow=name, version=visit.form.get("version", ""), input=visit.form.get("input", "")
        )
        run = await RunRequests(flows, visit.house.parts.runs).run(asked, visit.identity)
        return RedirectResponse(f"runs/{run.name.run}", 303)
    if deed == "publish":
        visit.check("PublishFlow")
        await flows.publish(name, visit.form.get("version", ""), by=visit.identity)
    elif deed == "suspend":
        visit.check("SuspendFlow")
        await flows.suspend(name, by=visit.identity)
    elif deed == "resume":
        visit.check("ResumeFlow")
        await flows.resume(name, by=visit.identity)
    else:
        raise no_route(visit.request.scope)
    return RedirectResponse(f"../{name.flow}", 303)


def _name(visit: Visit) -> FlowName:
    return FlowName(visit.path("flow"), visit.tenant)


async def _runs(visit: Visit, flow: Flow) -> list[Run]:
    """Its last runs; those of a deleted flow of the same name ran other versions."""
    found = await visit.house.parts.runs.page(visit.tenant, flow.name.flow, "", RUNS)
    return [each for each in found if each.create_time >= flow.create_time]


def _trigger(flow: Flow) -> str:
    """What starts it, by the version that runs, else by the newest."""
    version = flow.version(flow.published) or (flow.versions[-1] if flow.versions else None)
    return ": ".join(of_trigger(version.definition.trigger)) if version is not None else ""
