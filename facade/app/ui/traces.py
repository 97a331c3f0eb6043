"""Traces: what the last calls did, hop by hop."""

from itertools import islice
from typing import Final

from starlette.responses import Response

from facade.app.ui.faults import explained
from facade.app.ui.visit import Visit
from facade.app.ui.waterfall import of_trace
from facade.telemetry.ring import Told

HERE: Final = "traces"
MOST: Final = 100
"""Traces that one page lists."""
OWN: Final = "/ui"
"""What looking at pages leaves in the traces, and nobody looks for."""


async def show_all(visit: Visit) -> Response:
    """The last traces of this process, the latest first."""
    visit.check("ListTraces")
    only_failed = visit.query("failed") == "yes"
    found = (
        each
        for each in visit.house.parts.ring.latest(visit.tenant)
        if not is_own(each) and (each.error_reason or not only_failed)
    )
    known = {"traces": list(islice(found, MOST)), "only_failed": only_failed, "most": MOST}
    return visit.page("traces", known, title="Traces", here=HERE)


async def show(visit: Visit) -> Response:
    """One trace, with what the facades that it went through know of it."""
    name = f"traces/{visit.path('trace')}"
    visit.check("GetTrace", name)
    told = await visit.house.traces.get(name, visit.tenant)
    known = {
        "told": told,
        "bars_of": of_trace(told),
        "fault": explained(told.error_reason),
    }
    return visit.page("trace", known, title=f"Trace {told.trace_id[:8]}", here=HERE)


def is_own(told: Told) -> bool:
    """Whether a trace is one of somebody who looks at these pages, and calls nothing."""
    return not told.action and OWN in told.title
