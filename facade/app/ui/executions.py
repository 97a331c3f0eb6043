"""History: calls and runs as they ended."""

from typing import Final

from starlette.responses import Response

from facade.app.ui.faults import explained
from facade.app.ui.visit import Visit
from facade.stores.history_filter import Compared, Every

HERE: Final = "history"
MOST: Final = 100
"""Executions that one page lists."""


async def show_all(visit: Visit) -> Response:
    """The last executions, the latest first."""
    visit.check("ListExecutions")
    only_failed, before = visit.query("failed") == "yes", visit.query("before")
    condition = Every((Compared(column="ok", sign="=", value=False),) if only_failed else ())
    found, rest = await visit.house.parts.history.page(visit.tenant, condition, before, MOST)
    known = {
        "executions": found,
        "only_failed": only_failed,
        "next": rest,
    }
    return visit.page("executions", known, title="History", here=HERE)


async def show(visit: Visit) -> Response:
    """One execution, with the cause and the remedy of its failure."""
    visit.check("GetExecution")
    found = await visit.house.parts.history.get(visit.tenant, visit.path("execution"))
    known = {"execution": found, "explained": explained(found.reason)}
    return visit.page("execution", known, title="Execution", here=HERE)
