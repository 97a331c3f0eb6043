"""The methods of HistoryService: what is routed, and what its document tells of."""

from typing import Final

from facade.app.api import history
from facade.app.api.form.execution import ALERT, ERROR_KIND, EXECUTION, FIGURE_GROUP, OPTIONAL_ID
from facade.app.api.form.form import Field, Form, Listed
from facade.app.api.form.key import WHEN
from facade.app.api.form.page import NEXT_PAGE_TOKEN
from facade.app.api.form.scalar import ID, TEXT, choice
from facade.app.api.requests import ETAG, LIST, NOTHING, VALIDATE_ONLY, AsGiven, update_mask
from facade.app.api.route import Route
from facade.app.api.template import Template
from facade.history.request import FIELDS
from facade.model.execution import Grouping, Interval

SERVICE: Final = "HistoryService"

ALERTS: Final = Template.of("/v1/alerts")
AN_ALERT: Final = Template.of("/v1/{name=alerts/*}")


FIGURES: Final = Form(
    "GetFiguresRequest",
    "Which figures are asked for.",
    (
        Field(
            "group_by",
            choice("GROUPING", Grouping),
            "By what the figures are told apart; TOTAL if unset.",
        ),
        Field("connector", OPTIONAL_ID, "The id of a connector, for calls of that one alone."),
        Field("version", OPTIONAL_ID, "The same of a version."),
        Field("action", TEXT, "The same of an action."),
        Field("flow", OPTIONAL_ID, "The id of a flow, for its runs in place of calls."),
        Field(
            "start_time",
            WHEN,
            "Where the time begins; a day before its end if unset. It is taken from the minute, "
            "hour or day in which it lies.",
        ),
        Field("end_time", WHEN, "Where it ends; now if unset."),
        Field(
            "interval",
            choice("INTERVAL", Interval),
            "Of the series; none if unset. By the minute figures go back 6 hours, by the hour "
            "8 days, by the day as long as history is kept.",
        ),
    ),
)

FIGURES_RESPONSE: Final = Form(
    "GetFiguresResponse",
    "The figures that were asked for.",
    (Field("groups", Listed(FIGURE_GROUP), "The groups, those with the most calls first."),),
)


def _list_response(name: str, field: str, form: Form, order: str) -> Form:
    return Form(
        name,
        f"A page of {field.replace('_', ' ')}.",
        (
            Field(field, Listed(form), f"The {field.replace('_', ' ')}, {order}."),
            NEXT_PAGE_TOKEN,
        ),
    )


EXECUTIONS: Final = _list_response(
    "ListExecutionsResponse", "executions", EXECUTION, "newest first"
)
KINDS: Final = _list_response(
    "ListErrorKindsResponse", "error_kinds", ERROR_KIND, "ordered by reason"
)
LIST_ALERTS: Final = _list_response("ListAlertsResponse", "alerts", ALERT, "ordered by name")

CREATE: Final = Form(
    "CreateAlertRequest",
    "A new alert.",
    (
        Field("alert_id", ID, "The last segment of its name.", required=True),
        Field("alert", AsGiven(ALERT), "The alert.", required=True),
        VALIDATE_ONLY,
    ),
)

UPDATE: Final = Form(
    "UpdateAlertRequest",
    "Changes of an alert.",
    (
        Field("alert", AsGiven(ALERT), "The alert.", required=True),
        update_mask(FIELDS.updatable, "title,above"),
        VALIDATE_ONLY,
    ),
)

DELETE: Final = Form("DeleteAlertRequest", "An alert to delete.", (ETAG,))

ROUTES: Final = (
    Route(
        rpc="ListExecutions",
        service=SERVICE,
        about="Lists the executions of the caller's tenant, newest first.",
        verb="GET",
        path=Template.of("/v1/executions"),
        request=LIST,
        answer=EXECUTIONS,
        handler=history.list_executions,
    ),
    Route(
        rpc="GetExecution",
        service=SERVICE,
        about="Gets an execution.",
        verb="GET",
        path=Template.of("/v1/{name=executions/*}"),
        request=NOTHING,
        answer=EXECUTION,
        handler=history.get_execution,
    ),
    Route(
        rpc="GetFigures",
        service=SERVICE,
        about="Says how many calls there were, how many have failed and how long they took.",
        verb="GET",
        path=Template.of("/v1/figures"),
        request=FIGURES,
        answer=FIGURES_RESPONSE,
        handler=history.get_figures,
    ),
    Route(
        rpc="ListErrorKinds",
        service=SERVICE,
        about="Lists every reason that an error can have, with its cause and what helps.",
        verb="GET",
        path=Template.of("/v1/errorKinds"),
        request=LIST,
        answer=KINDS,
        handler=history.list_error_kinds,
    ),
    Route(
        rpc="CreateAlert",
        service=SERVICE,
        about="Creates an alert.",
        verb="POST",
        path=ALERTS,
        request=CREATE,
        body="alert",
        answer=ALERT,
        handler=history.create_alert,
    ),
    Route(
        rpc="GetAlert",
        service=SERVICE,
        about="Gets an alert, and where it stands.",
        verb="GET",
        path=AN_ALERT,
        request=NOTHING,
        answer=ALERT,
        handler=history.get_alert,
    ),
    Route(
        rpc="ListAlerts",
        service=SERVICE,
        about="Lists the alerts.",
        verb="GET",
        path=ALERTS,
        request=LIST,
        answer=LIST_ALERTS,
        handler=history.list_alerts,
    ),
    Route(
        rpc="UpdateAlert",
        service=SERVICE,
        about="Changes an alert: the fields that the mask names.",
        verb="PATCH",
        path=Template.of("/v1/{alert.name=alerts/*}"),
        request=UPDATE,
        body="alert",
        answer=ALERT,
        handler=history.update_alert,
    ),
    Route(
        rpc="DeleteAlert",
        service=SERVICE,
        about="Deletes an alert.",
        verb="DELETE",
        path=AN_ALERT,
        request=DELETE,
        handler=history.delete_alert,
    ),
    Route(
        rpc="MuteAlert",
        service=SERVICE,
        about="Has an alert neither fire nor clear until it is unmuted.",
        verb="POST",
        path=Template.of("/v1/{name=alerts/*}:mute"),
        request=NOTHING,
        body="*",
        answer=ALERT,
        handler=history.mute_alert,
    ),
    Route(
        rpc="UnmuteAlert",
        service=SERVICE,
        about="Has an alert look again, as if it were new.",
        verb="POST",
        path=Template.of("/v1/{name=alerts/*}:unmute"),
        request=NOTHING,
        body="*",
        answer=ALERT,
        handler=history.unmute_alert,
    ),
)
