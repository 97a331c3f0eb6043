"""Alerts: which fire, what they look at, and the forms that make, edit, mute and delete them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from starlette.responses import Response

from facade.app.errors import no_route
from facade.app.ui.visit import Visit
from facade.catalog.request import invalid
from facade.errors.fault import Violation
from facade.history.request import DEFAULT_WINDOW, FIELDS
from facade.model.access import Permission
from facade.model.execution import Alert, AlertName, AlertState, Metric

HERE: Final = "alerts"
MINUTE: Final = 60.0
EMPTY: Final = Alert(
    id="",
    above=None,
    window=DEFAULT_WINDOW,
    create_time=datetime.min.replace(tzinfo=UTC),
    update_time=datetime.min.replace(tzinfo=UTC),
)
"""What stands in the form of a new one."""


async def show_all(visit: Visit) -> Response:
    """The alerts of the tenant, those that fire first."""
    visit.check("ListAlerts")
    found = await visit.house.parts.alerts.all(visit.tenant)
    known = {
        **_around(visit, EMPTY),
        "alerts": sorted(found, key=lambda each: each.state is not AlertState.FIRING),
    }
    return visit.page("alerts", known, title="Alerts", here=HERE)


async def show(visit: Visit) -> Response:
    """One alert: where it stands, and what it looks at, to be edited."""
    visit.check("GetAlert")
    alert = await visit.house.parts.alerts.get(_name(visit))
    known = {**_around(visit, alert), "alert": alert}
    return visit.page("alert", known, title=alert.id, here=HERE)


async def create(visit: Visit) -> Response:
    """Makes an alert of what was filled in; raises InvalidRequest."""
    visit.check("CreateAlert")
    id_ = _text(visit.form, "id")
    await visit.house.parts.alerts.create(_filled(visit, id_), by=visit.identity)
    return visit.go(HERE)


async def change(visit: Visit) -> Response:
    """Edits one, mutes it, has it look again, or deletes it."""
    name, deed = _name(visit), visit.path("deed")
    alerts = visit.house.parts.alerts
    if deed == "update":
        visit.check("UpdateAlert")
        values, etag = _filled(visit, name.alert), _text(visit.form, "etag")
        await alerts.update(name, values, FIELDS.updatable, etag, by=visit.identity)
    elif deed == "mute":
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


def _around(visit: Visit, alert: Alert) -> dict[str, object]:
    """What the form needs, and what stands in it."""
    return {
        "metrics": [each.value for each in Metric],
        "may_edit": visit.may_whole(Permission.EDIT),
        "can_mail": bool(visit.house.settings.smtp),
        "entry": {
            "title": alert.title,
            "metric": alert.metric.value,
            "sign": "above" if alert.below is None else "below",
            "threshold": _written(alert.above if alert.below is None else alert.below),
            "minutes": _written(alert.window / MINUTE),
            "least_calls": str(alert.least_calls),
            "connector": alert.connector,
            "action": alert.action,
            "flow": alert.flow,
            "mail": ", ".join(alert.mail),
            "webhook": alert.webhook,
            "secret": alert.secret,
        },
    }


def _filled(visit: Visit, id_: str) -> Alert:
    form, now = visit.form, datetime.now(UTC)
    threshold = _number(form, "threshold")
    is_above = form.get("sign", "above") == "above"
    metric = form.get("metric", "")
    if metric not in list(Metric):
        said = f"`{metric}` is none of {', '.join(Metric)}"
        raise invalid(Violation(field="metric", description=said))
    return Alert(
        id=id_,
        tenant=visit.tenant,
        title=_text(form, "title"),
        connector=_text(form, "connector"),
        action=_text(form, "action"),
        flow=_text(form, "flow"),
        metric=Metric(metric),
        above=threshold if is_above else None,
        below=None if is_above else threshold,
        window=_number(form, "minutes") * MINUTE,
        least_calls=_whole(form, "least_calls"),
        mail=tuple(_text(form, "mail").replace(",", " ").split()),
        webhook=_text(form, "webhook"),
        secret=_text(form, "secret"),
        create_time=now,
        update_time=now,
    )


def _name(visit: Visit) -> AlertName:
    return AlertName(visit.path("alert"), visit.tenant)


def _text(form: Mapping[str, str], name: str) -> str:
    return form.get(name, "").strip()


def _number(form: Mapping[str, str], name: str) -> float:
    text = _text(form, name)
    try:
        return float(text)
    except ValueError:
        raise invalid(Violation(field=name, description=f"`{text}` is no number")) from None


def _whole(form: Mapping[str, str], name: str) -> int:
    number = _number(form, name)
    if not number.is_integer():
        raise invalid(Violation(field=name, description=f"`{number}` is no whole number"))
    return int(number)


def _written(number: float | None) -> str:
    """As one types it: `0.05`, `5`."""
    return f"{number:.15g}" if number is not None else ""
