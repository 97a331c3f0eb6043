"""The requests of FlowService, by field: all but what their paths say."""

from dataclasses import replace

from facade.app.api.form.flow import FLOW
from facade.app.api.form.form import Field, Form, Mapped
from facade.app.api.form.scalar import FLAG, ID, TEXT
from facade.app.api.form.verbatim import ANY
from facade.app.api.requests import ETAG, REQUEST_ID, VALIDATE_ONLY, AsGiven, update_mask
from facade.flows.request import FIELDS
from facade.model.flow_names import NUMBERED
from facade.model.names import ID as AN_ID

VERSION_ID = replace(TEXT, shape={"type": "string", "pattern": f"^({NUMBERED.pattern})?$"})
VERSION_NAME = replace(
    TEXT,
    shape={
        "type": "string",
        "pattern": f"^flows/{AN_ID.pattern}/versions/{NUMBERED.pattern}$",
        "examples": ["flows/orders/versions/v1"],
    },
)

UPDATE_MASK = update_mask(FIELDS.updatable, "source")

INPUT = Field("input", ANY, "What the run begins with; null if unset.")
SOURCE = Field("source", TEXT, "A definition, as YAML or JSON.", oneof="content")
VERSION = Field("version", VERSION_NAME, "A version that is there, by its name.", oneof="content")

CREATE = Form(
    "CreateFlowRequest",
    "A new flow.",
    (
        Field("flow_id", ID, "The last segment of its name.", required=True),
        Field("flow", AsGiven(FLOW), "The flow.", required=True),
        VALIDATE_ONLY,
        REQUEST_ID,
    ),
)

UPDATE = Form(
    "UpdateFlowRequest",
    "Changes of a flow.",
    (
        Field("flow", AsGiven(FLOW), "The flow.", required=True),
        UPDATE_MASK,
        VALIDATE_ONLY,
    ),
)

DELETE = Form(
    "DeleteFlowRequest",
    "A flow to delete.",
    (ETAG, Field("force", FLAG, "If set, its runs that are under way are cancelled.")),
)

PUBLISH = Form(
    "PublishFlowRequest",
    "A version that is to run.",
    (
        Field("version", VERSION_ID, "The id of the version: `v7`. If unset: the newest."),
        Field("etag", TEXT, "Must match the flow's etag, if set."),
        VALIDATE_ONLY,
    ),
)

SUSPEND = Form(
    "SuspendFlowRequest",
    "A flow whose triggers are to rest.",
    (Field("etag", TEXT, "Must match the flow's etag, if set."),),
)

RESUME = Form(
    "ResumeFlowRequest",
    "A flow whose triggers are to go on.",
    (Field("etag", TEXT, "Must match the flow's etag, if set."),),
)

CHECK = Form("CheckFlowRequest", "What is checked.", (SOURCE, VERSION))

TEST = Form(
    "TestFlowRequest",
    "What is tried.",
    (
        SOURCE,
        VERSION,
        INPUT,
        Field("outputs", Mapped(ANY), "What steps come to that are not done then, by their ids."),
        Field(
            "trigger",
            Mapped(ANY),
            "What the trigger is said to bring: `body` and `headers` of a webhook, "
            "`item` or `items` of a poll, `event` of an event; `kind`, `id` and `time` of any. "
            "If unset: nothing has triggered it, and its kind is TEST.",
        ),
    ),
)

RUN = Form(
    "RunFlowRequest",
    "A run that is to be started.",
    (
        Field("version", VERSION_ID, "The id of the version: `v7`. If unset: the published one."),
        INPUT,
        REQUEST_ID,
        Field(
            "wait",
            FLAG,
            "If set, answers when the run has ended, or shortly before the caller's deadline; "
            "without a deadline after 60 s at most.",
        ),
    ),
)

REPLAY = Form(
    "ReplayRunRequest",
    "A run that is to be repeated from a step.",
    (
        Field(
            "from_step",
            TEXT,
            "The id of the first step that is done anew; what is before it stays as it was. If "
            "unset: the first of all.",
        ),
    ),
)
