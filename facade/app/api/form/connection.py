"""Connections, by field; and requests of one's own through them."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from facade.app.api.form.credential import CREDENTIAL
from facade.app.api.form.form import LABELS, TEXTS, Field, Form, Listed, Mapped, Way
from facade.app.api.form.page import NEXT_PAGE_TOKEN
from facade.app.api.form.place import FieldPlace
from facade.app.api.form.policy import LIMIT
from facade.app.api.form.resource import CREATE_TIME, REVISION, UPDATE_TIME
from facade.app.api.form.scalar import (
    BYTES,
    FLAG,
    MOMENT,
    NAME,
    PROSE,
    REFERENCE,
    SOME_TEXT,
    TEXT,
    WHOLE,
    choice,
)
from facade.connections.checking import CheckedState
from facade.connections.request import HOST
from facade.model.connection import Connection, ConnectionState, EndUsers, ToolOverride
from facade.model.field_names import TOKEN
from facade.model.names import ID, LIVE, ConnectionName
from facade.transcode.headers import FIELD

CONNECTOR_ID = replace(TEXT, shape={"type": "string", "pattern": f"^{ID.pattern}$"})
VERSION_ID = replace(TEXT, shape={"type": "string", "pattern": f"^({ID.pattern})?$"})
FIELD_NAME = replace(TEXT, shape={"type": "string", "pattern": f"^{TOKEN.pattern}$"})
FIELD_VALUE = replace(TEXT, shape={"type": "string", "pattern": f"^({FIELD.pattern})?$"})
A_HOST = replace(TEXT, shape={"type": "string", "pattern": f"^({HOST.pattern})$"})

UNSET_TIME = datetime.fromtimestamp(0, UTC)


def _connection(given: dict[str, Any], _place: FieldPlace) -> Connection:
    """Its name is what the path says."""
    given.pop("name", None)
    given.pop("etag", None)
    said = {"connector": "", "version": LIVE} | given
    return Connection(
        name=ConnectionName(""), create_time=UNSET_TIME, update_time=UNSET_TIME, **said
    )


LOCK = Form(
    "ConnectionLock",
    "Why nothing of a connection may change.",
    (
        Field("reason", PROSE, "Why."),
        Field("time", MOMENT, "Since when."),
    ),
)

TOOL_OVERRIDE = Form(
    "ToolOverride",
    "What is told of one action as a tool of language models, through a connection.",
    (
        Field("action", SOME_TEXT, "The id of the action.", required=True),
        Field("hidden", FLAG, "Whether there is to be no such tool."),
        Field("read_only", FLAG, "Whether it changes nothing.", optional=True),
        Field("idempotent", FLAG, "Whether a repeat does no more than one call.", optional=True),
        Field("destructive", FLAG, "Whether it may change or remove what is there.", optional=True),
        Field("open_world", FLAG, "Whether it reaches beyond this service.", optional=True),
    ),
    lambda given, _place: ToolOverride(**{"action": "", **given}),
)

CONNECTION = Form(
    "Connection",
    "A connector's version with values, credentials and limits of one's own.",
    (
        Field("name", NAME, "Format: connections/{connection}"),
        Field("uid", TEXT, "A UUID that no other connection ever has.", way=Way.OUT),
        Field("title", PROSE, "A line for people."),
        Field("description", PROSE, "What it is for."),
        Field(
            "labels",
            LABELS,
            "For sorting and finding; at most 64, keys and values of at most 63 characters.",
        ),
        Field("connector", CONNECTOR_ID, "The id of its connector."),
        Field(
            "version",
            VERSION_ID,
            "The id of the version that serves it. If unset: `live`, whichever that is.",
        ),
        Field("variables", TEXTS, "Values of the version's variables, by name, in the open."),
        Field(
            "secrets",
            Mapped(REFERENCE),
            "Where the secret values of variables are, by name: `secret:NAME`, `env:NAME`.",
        ),
        Field(
            "credentials",
            Listed(CREDENTIAL),
            "How calls are signed, in the place of the version's own, scheme by scheme.",
        ),
        Field(
            "end_users",
            choice("END_USERS", EndUsers),
            "Whose credentials sign the calls. If unset: NEVER.",
            silent=EndUsers.NEVER,
        ),
        Field(
            "limits",
            Listed(LIMIT),
            "How many calls go through it, beside the version's limits: all must admit a call. "
            "What is counted is this connection, or with SUBJECT each of its subjects.",
        ),
        Field(
            "allowed_hosts",
            Listed(A_HOST),
            "Where ExecuteHttpRequest may go: HOST, HOST:PORT or *.SUFFIX. If unset: nowhere.",
        ),
        Field(
            "test_action",
            TEXT,
            "The id of the action by which it is checked. If unset: a safe one that needs no "
            "arguments.",
        ),
        Field(
            "tool_overrides",
            Listed(TOOL_OVERRIDE),
            "What is told of its actions as tools of language models, over what their document "
            "says; at most 100. No access is given or taken by them.",
        ),
        Field("state", choice("STATE", ConnectionState), "Where it stands.", way=Way.OUT),
        Field(
            "state_description",
            TEXT,
            "Why it stands there, where that is not ACTIVE.",
            way=Way.OUT,
        ),
        Field("lock", LOCK, "Why nothing of it may change, where that is so.", way=Way.OUT),
        REVISION,
        Field("etag", TEXT, "Changes with every change of the connection."),
        CREATE_TIME,
        UPDATE_TIME,
    ),
    _connection,
)

CHECKED = Form(
    "CheckConnectionResponse",
    "Whether calls through a connection would work.",
    (
        Field("state", choice("STATE", CheckedState), "Whether calls would work."),
        Field("description", TEXT, "Why not, where the state is not ACTIVE."),
    ),
)

HTTP_HEADER = Form(
    "HttpHeader",
    "A header field of HTTP.",
    (
        Field("name", FIELD_NAME, "Its name.", required=True, get=lambda pair: pair[0]),
        Field("value", FIELD_VALUE, "Its value.", get=lambda pair: pair[1]),
    ),
    lambda given, _place: (given.get("name", ""), given.get("value", "")),
)

HTTP_RESPONSE = Form(
    "ExecuteHttpRequestResponse",
    "What was answered to a request of one's own.",
    (
        Field(
            "status_code",
            WHOLE,
            "The status of the answer, whatever it is: redirects are not followed.",
            own="status",
        ),
        Field(
            "headers",
            Listed(HTTP_HEADER),
            "The header fields of the answer, in their order; names in lower case.",
        ),
        Field("body", BYTES, "The body of the answer, unpacked."),
    ),
)

LIST_CONNECTIONS_RESPONSE = Form(
    "ListConnectionsResponse",
    "Response message for ConnectionService.ListConnections.",
    (
        Field("connections", Listed(CONNECTION), "The connections, ordered by name."),
        NEXT_PAGE_TOKEN,
    ),
)
