"""Alerts: which fire, what they look at, and the forms that make, mute and delete them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from starlette.responses import Response

from facade.app.errors import no_route
from facade.app.ui.visit import Visit
from facade.catalog.request import invalid
from facade.errors.fault import Violation
from facade.model.access import Permission
from facade.model.execution import Alert, AlertName, AlertState, Metric

HERE: Final = "alerts"
MINUTE: Final = 60.0


async def show(visit: Visit) -> Response:
    """The alerts of the tenant, those that fire first."""
    visit.check("ListAlerts")
    found = await visit.house.parts.alerts.all(visit.tenant)
    known = {
        "alerts": sorted(found, key=lambda each: each.state is not AlertState.FIRING),
        "metrics": [each.value for each in Metric],
        "may_edit": visit.may_whole(Permission.EDIT),
    }
    return visit.page("alerts", known, title="Alerts", here=HERE)


async def create(visit: Visit) -> Response:
    """Makes an alert of what was filled in; raises InvalidRequest."""
    visit.check("CreateAlert")
    await visit.house.parts.alerts.create(_filled(visit), by=visit.identity)
    return visit.go(HERE)


async def change(visit: Visit) -> Response:
    """Mutes one, has it look again, or deletes it."""
    name, deed = AlertName(visit.path("alert"), visit.tenant), visit.path("deed")
    alerts = visit.house.parts.alerts
    if deed == "mute":
        visit.check("MuteAlert")
        await alerts.mute(name, visit.identity)
    elif deed == "unmute":
        visit.check("UnmuteAlert")
        await alerts.unmute(name, visit.identity)
    elif deed == "delete":
        visit.check("DeleteAlert")
        await alerts.delete(name, by=visit.identity)
    else:
        raise no_route(visit.request.scope)
    return visit.go(HERE)


def _filled(visit: Visit) -> Alert:
    form, now = visit.form, datetime.now(UTC)
    threshold = _number(form, "threshold")
    is_above = form.get("sign", "above") == "above"
    metric = form.get("metric", "")
    if metric not in list(Metric):
        said = f"`{metric}` is none of {', '.join(Metric)}"
        raise invalid(Violation(field="metric", description=said))
    return Alert(
        id=_text(form, "id"),
        tenant=visit.tenant,
        title=_text(form, "title"),
        connector=_text(form, "connector"),
        action=_text(form, "action"),
        flow=_text(form, "flow"),
        metric=Metric(metric),
        above=threshold if is_above else None,
        below=None if is_above else threshold,
        window=_number(form, "minutes") * MINUTE,
        mail=tuple(_text(form, "mail").replace(",", " ").split()),
        webhook=_text(form, "webhook"),
        secret=_text(form, "secret"),
        create_time=now,
        update_time=now,
    )


def _text(form: Mapping[str, str], name: str) -> str:
    return form.get(name, "").strip()


def _number(form: Mapping[str, str], name: str) -> float:
    text = _text(form, name)
    try:
        return float(text)
    except ValueError:
        raise invalid(Violation(field=name, description=f"`{text}` is no number")) from None
