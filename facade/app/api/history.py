"""The methods of HistoryService: executions, figures, kinds of errors, alerts."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from starlette.responses import Response

from facade.app.api.catalog import listed, page_of
from facade.app.api.form import read
from facade.app.api.form.execution import ALERT, ERROR_KIND, EXECUTION, FIGURE_GROUP
from facade.app.api.form.form import Form
from facade.app.api.route import Asked, Desk
from facade.app.api.told import data, nothing, packed, weight
from facade.catalog.request import invalid
from facade.errors.fault import Violation
from facade.history.request import query_of
from facade.model.execution import (
    Alert,
    AlertName,
    FigureScope,
    Grouping,
    parse_alert,
    parse_execution,
)


async def list_executions(desk: Desk, asked: Asked) -> Response:
    """Lists executions, page by page, the newest first."""
    page, tenant = page_of(asked), asked.identity.tenant
    found = await desk.execution_list.page(tenant, page, _packing(EXECUTION), weight)
    return listed("executions", *found)


async def get_execution(desk: Desk, asked: Asked) -> Response:
    """Gets an execution."""
    id_ = parse_execution(asked.name)
    return data(EXECUTION.write(await desk.history.get(asked.identity.tenant, id_)))


async def get_figures(desk: Desk, asked: Asked) -> Response:
    """Says what executions say together."""
    fields = asked.fields
    names = ("connector", "version", "action", "flow")
    query = query_of(
        datetime.now(UTC),
        scope=FigureScope(**{each: fields.get(each, "") for each in names}),
        grouping=fields.get("group_by") or Grouping.TOTAL,
        start_time=fields.get("start_time"),
        end_time=fields.get("end_time"),
        interval=fields.get("interval"),
    )
    found = await desk.history.figures(asked.identity.tenant, query)
    return data({"groups": [FIGURE_GROUP.write(each) for each in found]} if found else {})


async def list_error_kinds(desk: Desk, asked: Asked) -> Response:
    """Lists what can go wrong, page by page."""
    found = await desk.error_kinds.page(page_of(asked), _packing(ERROR_KIND), weight)
    return listed("errorKinds", *found)


async def create_alert(desk: Desk, asked: Asked) -> Response:
    """Creates an alert."""
    fields = asked.fields
    name = AlertName(fields.get("alert_id", ""), asked.identity.tenant)
    made = await desk.alerts.create(
        _read(fields["alert"], name, needs_metric=True),
        by=asked.identity,
        validate_only=fields.get("validate_only", False),
    )
    return data(ALERT.write(made))


async def get_alert(desk: Desk, asked: Asked) -> Response:
    """Gets an alert."""
    return data(ALERT.write(await desk.alerts.get(_name(asked))))


async def list_alerts(desk: Desk, asked: Asked) -> Response:
    """Lists alerts, page by page."""
    page, tenant = page_of(asked), asked.identity.tenant
    return listed("alerts", *await desk.alert_list.page(tenant, page, _packing(ALERT), weight))


async def update_alert(desk: Desk, asked: Asked) -> Response:
    """Changes an alert."""
    fields = asked.fields
    name = parse_alert(asked.name, "alert.name", asked.identity.tenant)
    paths = fields.get("update_mask", ())
    changed = await desk.alerts.update(
        name,
        _read(fields["alert"], name, needs_metric=bool({"metric", "*"} & set(paths))),
        paths,
        read.etag(fields["alert"]),
        by=asked.identity,
        validate_only=fields.get("validate_only", False),
    )
    return data(ALERT.write(changed))


async def delete_alert(desk: Desk, asked: Asked) -> Response:
    """Deletes an alert."""
    etag = asked.fields.get("etag", "")
    await desk.alerts.delete(_name(asked), etag, by=asked.identity)
    return nothing()


async def mute_alert(desk: Desk, asked: Asked) -> Response:
    """Has an alert neither fire nor clear."""
    return data(ALERT.write(await desk.alerts.mute(_name(asked), asked.identity)))


async def unmute_alert(desk: Desk, asked: Asked) -> Response:
    """Has an alert look again."""
    return data(ALERT.write(await desk.alerts.unmute(_name(asked), asked.identity)))


def _name(asked: Asked) -> AlertName:
    return parse_alert(asked.name, "name", asked.identity.tenant)


def _read(tree: Any, name: AlertName, *, needs_metric: bool) -> Alert:
    """What is said of an alert; raises InvalidRequest."""
    given: Alert = read.of_form(ALERT, tree, "alert")
    if needs_metric and not tree.get("metric"):
        raise invalid(Violation(field="alert.metric", description="is required"))
    return replace(given, id=name.alert, tenant=name.tenant)


def _packing(form: Form) -> Any:
    return lambda each: packed(form.write(each))
