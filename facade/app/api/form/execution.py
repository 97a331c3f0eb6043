"""Executions, figures, alerts and kinds of errors, by field."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from facade.app.api.form.form import Field, Form, Listed, Way
from facade.app.api.form.place import FieldPlace
from facade.app.api.form.resource import CREATE_TIME, UPDATE_TIME
from facade.app.api.form.scalar import (
    FLAG,
    LONG,
    MOMENT,
    NAME,
    NUMBER,
    PROSE,
    REFERENCE,
    SECONDS,
    TEXT,
    WHOLE,
    Choice,
    at_most,
    choice,
)
from facade.errors.fault import Code
from facade.errors.kinds import KINDS
from facade.history.request import ADDRESS, MAILS, TITLE
from facade.model.execution import Alert, AlertState, Execution, ExecutionKind, Metric
from facade.model.names import ID

CODE = Choice({each.name: each.value for each in Code})
"""OK, which goes without saying, is never written."""
OPTIONAL_ID = replace(TEXT, shape={"type": "string", "pattern": f"^({ID.pattern})?$"})
WINDOW = replace(SECONDS, shape=dict(SECONDS.shape) | {"pattern": r"^[0-9]{1,5}(\.[0-9]{1,9})?s$"})
SIGNER = replace(REFERENCE, shape={"type": "string", "pattern": f"^$|{REFERENCE.shape['pattern']}"})
URL = replace(TEXT, shape={"type": "string", "pattern": "^(https?://[^\\s]*)?$"})
MAILED = replace(TEXT, shape={"type": "string", "pattern": f"^{ADDRESS.pattern}$"})
BOUND = replace(NUMBER, shape={**NUMBER.shape, "minimum": 0})

UNSET_TIME = datetime.fromtimestamp(0, UTC)


def _remedy(execution: Execution) -> str:
    kind = KINDS.get(execution.reason)
    return kind.remedy if kind is not None else ""


EXECUTION = Form(
    "Execution",
    "One call of an action, or one run of a flow.",
    (
        Field(
            "name",
            NAME,
            "Format: executions/{execution}. The id is a UUID of version 7: ids are in the order "
            "of time.",
            get=lambda execution: f"executions/{execution.id}",
        ),
        Field("kind", choice("KIND", ExecutionKind), "What was executed."),
        Field(
            "connector",
            TEXT,
            "The id of the connector; empty where there is none of the name that was called.",
        ),
        Field("version", TEXT, "The id of the version that served."),
        Field("action", TEXT, "The id of the action."),
        Field("connection", TEXT, "The id of the connection that the call went through."),
        Field(
            "flow",
            TEXT,
            "The id of the flow: of a run its own, of a call the one that has made it.",
        ),
        Field("run", TEXT, "The name of the run, in the same sense."),
        Field("caller", TEXT, "Who called: `key:ci`, `flows/orders`."),
        Field("time", MOMENT, "When it began."),
        Field("duration", SECONDS, "How long it took.", own="seconds"),
        Field("ok", FLAG, "Whether it has not failed. What its caller gave up has not."),
        Field("code", CODE, "The canonical code."),
        Field("reason", TEXT, "The reason of the failure, one of ListErrorKinds."),
        Field("message", TEXT, "What was said of the failure; secrets are masked."),
        Field("remedy", TEXT, "What helps, by the reason.", get=_remedy),
        Field("status_code", WHOLE, "The backend's HTTP status; 0: none answered.", own="status"),
        Field("attempts", WHOLE, "Tries at the backend."),
        Field(
            "cache",
            TEXT,
            "The part that the cache had: `hit`, `miss`, `stale`, `revalidated`, `bypass`.",
        ),
        Field("request_bytes", LONG, "Bytes of the request's body.", own="bytes_in"),
        Field("response_bytes", LONG, "Bytes of the answer's body, unpacked.", own="bytes_out"),
        Field("trace_id", TEXT, "The id of its trace, for `portico trace`."),
        Field(
            "request_body",
            TEXT,
            "The beginning of the request's body, where the operator keeps bodies; secrets are "
            "masked.",
        ),
        Field("response_body", TEXT, "The same of the answer's."),
    ),
)

FIGURES = Form(
    "Figures",
    "What many executions say together.",
    (
        Field("start_time", MOMENT, "Where the time begins that they are of."),
        Field("calls", LONG, "How many there were."),
        Field("failed", LONG, "How many of them have failed."),
        Field(
            "error_rate",
            NUMBER,
            "Failed among all, from 0 to 1; 0 where there were none.",
        ),
        Field(
            "mean_duration",
            SECONDS,
            "The time that they took on average; unset where there were none.",
            own="mean_seconds",
        ),
        Field(
            "p95_duration",
            SECONDS,
            "The time within which 95 of 100 ended, at most 5 % off; unset where there were none.",
            own="p95_seconds",
        ),
        Field(
            "last_error",
            TEXT,
            "The last failure: its reason, and what was said of it; empty where there was none.",
        ),
        Field("last_error_time", MOMENT, "When that was."),
    ),
)

FIGURE_GROUP = Form(
    "FigureGroup",
    "The figures of one connector, version, action or flow, or of all.",
    (
        Field("connector", TEXT, "The id of the connector.", own="scope.connector"),
        Field("version", TEXT, "The id of the version.", own="scope.version"),
        Field("action", TEXT, "The id of the action.", own="scope.action"),
        Field("flow", TEXT, "The id of the flow.", own="scope.flow"),
        Field("total", FIGURES, "Of the whole time."),
        Field("calls_per_day", NUMBER, "How many calls or runs a day that is."),
        Field(
            "series",
            Listed(FIGURES),
            "Of each interval of the time, in order, those without calls too; empty where no "
            "interval was asked for.",
        ),
    ),
)

ERROR_KIND = Form(
    "ErrorKind",
    "What is known of one reason that errors have.",
    (
        Field(
            "name",
            NAME,
            "Format: errorKinds/{error_kind}. The id is the reason: `BACKEND_TIMEOUT`.",
            get=lambda kind: f"errorKinds/{kind.reason}",
        ),
        Field(
            "code",
            CODE,
            "The canonical code that it comes with.",
            get=lambda kind: Code[kind.code].value,
        ),
        Field("domain", TEXT, "Who says it: `gateway`, `facade`, `backend`."),
        Field("cause", TEXT, "When it happens."),
        Field("remedy", TEXT, "What can be done about it."),
        Field("retryable", FLAG, "Whether the same call may succeed later without a change."),
    ),
)


def _alert(given: dict[str, Any], _place: FieldPlace) -> Alert:
    """Its name is what the path says."""
    given.pop("name", None)
    given.pop("etag", None)
    return Alert(id="", create_time=UNSET_TIME, update_time=UNSET_TIME, **given)


ALERT = Form(
    "Alert",
    "Tells somebody once when a figure crosses a threshold, and once when it is back.",
    (
        Field("name", NAME, "Format: alerts/{alert}"),
        Field("title", at_most(TITLE, PROSE), "A line for people; at most 200 characters."),
        Field(
            "connector",
            OPTIONAL_ID,
            "The id of the connector whose calls it looks at. If unset: all calls.",
        ),
        Field("action", TEXT, "The id of an action of that connector."),
        Field(
            "flow",
            OPTIONAL_ID,
            "The id of the flow whose runs it looks at, in place of calls.",
        ),
        Field("metric", choice("METRIC", Metric), "What it looks at."),
        Field(
            "above",
            BOUND,
            "It fires where the figure is greater; a share of 1, seconds, or a number of calls.",
            optional=True,
        ),
        Field(
            "below",
            BOUND,
            "It fires where the figure is less. One of both is set.",
            optional=True,
        ),
        Field(
            "window",
            WINDOW,
            "How far it looks back, from 60s to 86400s; 300s if unset. It clears once the figure "
            "has been back for as long.",
        ),
        Field(
            "least_calls",
            replace(WHOLE, shape={**WHOLE.shape, "minimum": 0}),
            "Fewer calls in the window say nothing; 1 if unset. Of CALLS and FAILED any number "
            "does.",
        ),
        Field(
            "webhook",
            URL,
            "The URL that is told, by a message signed as Standard Webhooks has it.",
        ),
        Field("secret", SIGNER, "Where the secret is that signs it: `secret:NAME`."),
        Field(
            "mail",
            Listed(MAILED, {"maxItems": MAILS}),
            "The mail addresses that are told; at most 20.",
        ),
        Field("state", choice("STATE", AlertState), "Where it stands.", way=Way.OUT),
        Field(
            "figure",
            NUMBER,
            "The figure as it was last looked at; unset where no calls tell.",
            optional=True,
            way=Way.OUT,
        ),
        Field("state_time", MOMENT, "Since when it stands there.", own="since", way=Way.OUT),
        Field("etag", TEXT, "Changes with every change that somebody makes of it."),
        CREATE_TIME,
        UPDATE_TIME,
    ),
    _alert,
)
