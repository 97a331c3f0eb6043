"""The overview: how calls go, what went wrong last, and what to do next."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, Final

from starlette.responses import Response

from facade.app.ui.faults import explained
from facade.app.ui.seen import visible
from facade.app.ui.visit import Visit
from facade.model.execution import AlertState, FigureQuery, Figures, Grouping, Interval
from facade.stores.history_filter import Compared, Every

HERE: Final = ""
DAYS: Final = 30
ERRORS: Final = 6
BUSIEST: Final = 10
"""Actions that are told apart."""
FEW: Final = 20
"""Connectors that are listed; a page of its own has all."""
VERSIONS: Final = 200
"""Versions whose calls are counted; those of more connectors are found on their own pages."""
FAILED: Final = Every((Compared(column="ok", sign="=", value=False),))


async def show(visit: Visit) -> Response:
    """The first page: figures of the tenant, or for whoever sees a part of it what is called."""
    visit.check("ListConnectors")
    shown = visible(visit)
    known: dict[str, Any] = {
        "connectors": shown[:FEW],
        "more": max(len(shown) - FEW, 0),
        "total": None,
    }
    if visit.sees_all and visit.house.parts.history.keeps:
        known |= await _figures(visit)
    else:
        known["days"] = await _days(visit)
    return visit.page("overview", known, title="Overview", here=HERE)


async def _figures(visit: Visit) -> Mapping[str, Any]:
    """What history says of the last days."""
    visit.check("GetFigures")
    history, tenant, now = visit.house.parts.history, visit.tenant, datetime.now(UTC)
    begin = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=DAYS - 1)
    query = FigureQuery(start_time=begin, end_time=now, interval=Interval.DAY)
    groups = await history.figures(tenant, query)
    by_action = replace(query, interval=None, grouping=Grouping.ACTION)
    errors, _ = await history.page(tenant, FAILED, "", ERRORS)
    alerts = await visit.house.parts.alerts.all(tenant)
    return {
        "total": groups[0].total if groups else Figures(start_time=begin),
        "days": groups[0].series if groups else (),
        "busiest": (await history.figures(tenant, by_action))[:BUSIEST],
        "errors": [(each, explained(each.reason)) for each in errors],
        "firing": [each for each in alerts if each.state is AlertState.FIRING],
    }


async def _days(visit: Visit) -> list[Figures]:
    """Calls by day, the oldest first, of what the caller may see."""
    found: Counter[str] = Counter()
    versions = (each for connector in visible(visit) for each in connector.versions.values())
    for version in islice(versions, VERSIONS):
        for use in await visit.house.parts.uses.of(version.name):
            found.update(use.days)
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    return [Figures(start_time=each, calls=found[f"{each:%Y-%m-%d}"]) for each in days]
