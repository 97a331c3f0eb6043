"""History: calls and runs as they ended."""

from typing import Any, Final

from starlette.responses import Response

from facade.app.ui.door import told
from facade.app.ui.faults import explained
from facade.app.ui.visit import Visit
from facade.errors.caller import InvalidRequest
from facade.listing.executions import condition_of
from facade.stores.history_filter import Compared, Every

HERE: Final = "history"
MOST: Final = 100
"""Executions that one page lists."""
FAILED: Final = (Compared(column="ok", sign="=", value=False),)


async def show_all(visit: Visit) -> Response:
    """The last executions, the latest first, those alone that a filter lets through."""
    visit.check("ListExecutions")
    only_failed, wanted = visit.query("failed") == "yes", visit.query("filter")
    known: dict[str, Any] = {
        "executions": (),
        "only_failed": only_failed,
        "filter": wanted,
        "next": "",
        "fault": None,
        "keeps": visit.house.parts.history.keeps,
    }
    try:
        condition = Every((condition_of(wanted), *(FAILED if only_failed else ())))
    except InvalidRequest as fault:
        known["fault"] = told(fault)
        return visit.page("executions", known, title="History", here=HERE, status=400)
    page = visit.house.parts.history.page(visit.tenant, condition, visit.query("before"), MOST)
    known["executions"], known["next"] = await page
    return visit.page("executions", known, title="History", here=HERE)


async def show(visit: Visit) -> Response:
    """One execution, with the cause and the remedy of its failure."""
    visit.check("GetExecution")
    found = await visit.house.parts.history.get(visit.tenant, visit.path("execution"))
    known = {"execution": found, "explained": explained(found.reason)}
    return visit.page("execution", known, title="Execution", here=HERE)
