"""Runs: which there were, and one of them while it goes on."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any, Final

from starlette.responses import RedirectResponse, Response, StreamingResponse

from facade.app.errors import no_route
from facade.app.ui.faults import explained
from facade.app.ui.live import attentive
from facade.app.ui.visit import Visit
from facade.app.ui.waterfall import of_run
from facade.errors.access import CallerUnknown
from facade.errors.fault import Fault
from facade.model.access import Permission
from facade.model.run import ENDED, Run, RunName, RunState

HERE: Final = "runs"
MOST: Final = 50
"""Runs that one page lists."""


async def show_all(visit: Visit) -> Response:
    """The last runs of all flows, the latest first."""
    visit.check("ListRuns")
    wanted, after = visit.query("state"), visit.query("after")
    state = RunState(wanted) if wanted in list(RunState) else None
    found = await visit.house.parts.runs.page(visit.tenant, "", after, MOST, state)
    known = {
        "runs": found,
        "flow_id": "",
        "states": [each.value for each in RunState],
        "state": wanted,
        "next": found[-1].name.run if len(found) == MOST else "",
    }
    return visit.page("runs", known, title="Runs", here=HERE)


async def show(visit: Visit) -> Response:
    """One run: its steps in time, what went wrong, and what can be done about it."""
    visit.check("GetRun")
    run = await visit.house.parts.runs.get(_name(visit))
    known = {**_told(visit, run), "is_live": run.state not in ENDED}
    return visit.page("run", known, title=f"Run of {run.name.flow}", here=HERE)


async def watch(visit: Visit) -> Response:
    """The part of the page that changes, at each change until the run ends (SSE)."""
    visit.check("WatchRun")
    name = _name(visit)
    await visit.house.parts.runs.get(name)

    around = {**visit.around(), "base": visit.base.removeprefix("../")}  # the page's, above this

    async def told() -> AsyncIterator[str]:
        changes = attentive(visit.house.parts.runs.watch(name), lambda: visit.holds)
        async with aclosing(changes) as seen:
            run: Run | None = None
            try:
                async for changed in seen:
                    run = changed or run
                    if run is None:
                        continue
                    text = visit.house.pages.write("parts/run", {**around, **_told(visit, run)})
                    yield _event("part", text)
                    if run.state in ENDED:
                        yield _event("end", f"The run has ended: {run.state.value.lower()}")
            except CallerUnknown:
                yield _event("away", "sign-in")
            except Fault as fault:
                yield _event("end", fault.message)

    headers = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
    return StreamingResponse(told(), media_type="text/event-stream", headers=headers)


async def change(visit: Visit) -> Response:
    """Cancels, pauses, resumes or replays it."""
    name, deed, runs = _name(visit), visit.path("deed"), visit.house.parts.runs
    if deed == "cancel":
        visit.check("CancelRun")
        run = await runs.cancel(name, visit.identity)
    elif deed == "pause":
        visit.check("PauseRun")
        run = await runs.pause(name, visit.identity)
    elif deed == "resume":
        visit.check("ResumeRun")
        run = await runs.resume(name, visit.identity)
    elif deed == "replay":
        visit.check("ReplayRun")
        run = await runs.replay(name, visit.form.get("step", ""), visit.identity)
    else:
        raise no_route(visit.request.scope)
    return RedirectResponse(f"../{run.name.run}", 303)


def _told(visit: Visit, run: Run) -> dict[str, Any]:
    return {
        "run": run,
        "bars_of": of_run(run, datetime.now(UTC)),
        "explained": explained(run.error.reason) if run.error is not None else None,
        "is_over": run.state in ENDED,
        "is_paused": run.state is RunState.PAUSED,
        "may_run": visit.may_whole(Permission.INVOKE),
    }


def _event(kind: str, text: str) -> str:
    """An event of a stream, line by line (HTML Living Standard, section 9.2)."""
    lines = "".join(f"data: {line}\n" for line in text.splitlines() or [""])
    return f"event: {kind}\n{lines}\n"


def _name(visit: Visit) -> RunName:
    return RunName(visit.path("flow"), visit.path("run"), visit.tenant)
