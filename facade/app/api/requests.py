"""The requests of the API, by field: all but what their paths say."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from facade.app.api.form.action import PAGE_RULE
from facade.app.api.form.change import CREATE, SPEC
from facade.app.api.form.exchange import BODY
from facade.app.api.form.form import Field, Form
from facade.app.api.form.place import FieldPlace
from facade.app.api.form.scalar import (
    CONNECTION_NAME,
    COUNT,
    FLAG,
    ID,
    LONG_COUNT,
    MASK,
    POINTER,
    SECONDS,
    SUBJECT_NAME,
    TEXT,
    TREE,
    Choice,
    Codec,
    choice,
)
from facade.app.api.form.secret import SECRET
from facade.app.api.form.version import CONNECTOR
from facade.model import paging
from facade.model.call import CacheUse
from facade.model.stream import Framing


class AsGiven:
    """A value that is read where it is used; its schema is that of what it will be read as."""

    explicit = True

    def __init__(self, kind: Codec) -> None:
        """Takes what it will be read as."""
        self._kind = kind

    def write(self, own: Any) -> Any:
        """The value."""
        return own

    def read(self, tree: Any, _place: FieldPlace) -> Any:
        """The JSON."""
        return tree

    def schema(self) -> dict[str, Any]:
        """What it will be read as."""
        return self._kind.schema()


CACHE_USE = Choice(
    {
        "CACHE_USE_UNSPECIFIED": CacheUse.POLICY,
        "CACHE_USE_BYPASS": CacheUse.BYPASS,
        "CACHE_USE_REFRESH": CacheUse.REFRESH,
        "CACHE_USE_ONLY": CacheUse.ONLY,
    }
)
CONTINUES = Choice(
    {
        "FAILURE_MODE_UNSPECIFIED": False,
        "FAILURE_MODE_ABORT": False,
        "FAILURE_MODE_CONTINUE": True,
    }
)
EXECUTION_IS_FULL = Choice(
    {
        "EXECUTION_VIEW_UNSPECIFIED": False,
        "EXECUTION_VIEW_BASIC": False,
        "EXECUTION_VIEW_FULL": True,
    }
)
ACTION_IS_FULL = Choice(
    {"ACTION_VIEW_UNSPECIFIED": False, "ACTION_VIEW_BASIC": False, "ACTION_VIEW_FULL": True}
)
FRAMING = choice("FRAMING", Framing, Framing.AUTO)

MAX_PAGES = replace(COUNT, shape={**COUNT.shape, "maximum": paging.MAX_PAGES})

SHORT = replace(SECONDS, shape=dict(SECONDS.shape) | {"pattern": r"^[0-9]{1,12}(\.[0-9]{1,9})?s$"})
"""A duration that is not negative."""

VALIDATE_ONLY = Field(
    "validate_only", FLAG, "If set, checks the request and answers what it would lead to."
)
REQUEST_ID = Field(
    "request_id",
    replace(TEXT, shape={"type": "string", "format": "uuid"}),
    "A UUID that makes the call idempotent: a repeat answers what the first one answered.",
)
ETAG = Field("etag", TEXT, "Must match the etag of what is deleted, if set.")


def _mask(*fields: str) -> Field:
    """The mask of an update that changes some of these fields."""
    one = "|".join(fields)
    shape = {
        "type": "string",
        "pattern": rf"^(\*|({one})(,({one}))*)?$",
        "examples": [",".join(fields[-2:])],
    }
    about = "The fields to change, separated by commas; every populated one if unset."
    return Field("update_mask", replace(MASK, shape=shape), about)


def update_mask(fields: Iterable[str], example: str) -> Field:
    """The mask of an update, which says what changes: some of these fields."""
    one = "|".join(fields)
    shape = {"type": "string", "pattern": rf"^(\*|({one})(,({one}))*)$", "examples": [example]}
    about = "The fields to change, separated by commas; `*` for all that can change."
    return Field("update_mask", replace(MASK, shape=shape), about, required=True)


PAGING = Form(
    "Paging",
    "How far to walk over pages, and by which rule.",
    (
        Field("max_pages", MAX_PAGES, "At most so many pages; 100 if unset, 10,000 at most."),
        Field("max_items", LONG_COUNT, "At most so many items; no limit if unset."),
        Field("rule", PAGE_RULE, "What is not as the action's own rule says."),
    ),
)

PARAMETERS = Field(
    "parameters",
    TREE,
    "The arguments by name, as the action's `inputSchema` has them; passed on byte for byte.",
)
CALL = (
    PARAMETERS,
    Field("connection", CONNECTION_NAME, "Through which connection the call goes."),
    Field("subject", SUBJECT_NAME, "For which of the connection's end users."),
    Field("validate_only", FLAG, "If set, tells the HTTP request, and sends nothing."),
    Field("view", EXECUTION_IS_FULL, "FULL tells the exchange too."),
    Field("body", BODY, "The request body as it goes to the backend, in place of arguments."),
    Field("content_type", TEXT, "The media type in which the arguments of the body are written."),
    Field("accept", TEXT, "The media types that the answer may have, as in an Accept header."),
)

EXECUTE = Form(
    "ExecuteActionRequest",
    "A call of an action.",
    (
        *CALL,
        Field("failure_mode", CONTINUES, "CONTINUE answers 200 with the error within."),
        Field(
            "request_id",
            replace(TEXT, shape={"type": "string", "maxLength": 128, "pattern": "^[!-~]*$"}),
            "Makes the call happen once: a repeat answers what the first one answered.",
        ),
        Field("cache_use", CACHE_USE, "How the call may use the cache."),
        Field("max_wait", SHORT, "How long it may wait for its turn where a limit is reached."),
    ),
)

STREAM = Form(
    "StreamActionRequest",
    "A call of an action whose answer is read item by item.",
    (
        *CALL,
        Field("framing", FRAMING, "Where one item ends and the next begins."),
        Field("elements_pointer", POINTER, "Of ELEMENTS: a JSON pointer to the array."),
        Field("last_event_id", TEXT, "Of EVENTS: the last one that the caller has seen."),
        Field("reconnect", FLAG, "Of EVENTS: a stream that is cut off is taken up again."),
        Field("paging", PAGING, "If set, the items are those of all pages."),
    ),
)

PAGE = (
    Field("page_size", COUNT, "At most so many entries; 50 if unset, 1000 at most."),
    Field("page_token", TEXT, "The token of an earlier answer to the same request."),
    Field("filter", TEXT, "An AIP-160 filter, such as `tags:pets AND safe = true`."),
)
LIST = Form("ListRequest", "A page of a list.", PAGE)
LIST_ACTIONS = Form(
    "ListActionsRequest",
    "A page of actions.",
    (*PAGE, Field("view", ACTION_IS_FULL, "FULL tells the schemas too.")),
)

NOTHING = Form("Request", "Nothing but what the path says.", ())
CREATE_CONNECTOR = Form(
    "CreateConnectorRequest",
    "A new connector.",
    (
        Field("connector_id", ID, "The last segment of its name.", required=True),
        Field("connector", AsGiven(CONNECTOR), "The connector.", required=True),
        Field("initial_version", CREATE, "Its first version, which serves `live` calls at once."),
        VALIDATE_ONLY,
        REQUEST_ID,
    ),
)
UPDATE_CONNECTOR = Form(
    "UpdateConnectorRequest",
    "Changes of a connector.",
    (
        Field("connector", AsGiven(CONNECTOR), "The connector.", required=True),
        _mask("title", "description", "labels"),
        VALIDATE_ONLY,
    ),
)
DELETE_CONNECTOR = Form(
    "DeleteConnectorRequest",
    "A connector to delete.",
    (ETAG, Field("force", FLAG, "If set, its versions are deleted with it."), VALIDATE_ONLY),
)
VALIDATE = Form(
    SPEC.name, SPEC.about, tuple(replace(each, codec=AsGiven(each.codec)) for each in SPEC.fields)
)
CREATE_SECRET = Form(
    "CreateSecretRequest",
    "A new secret.",
    (
        Field("secret_id", ID, "The last segment of its name.", required=True),
        Field("secret", AsGiven(SECRET), "The secret, with its value.", required=True),
    ),
)
UPDATE_SECRET = Form(
    "UpdateSecretRequest",
    "Changes of a secret.",
    (
        Field("secret", AsGiven(SECRET), "The secret.", required=True),
        _mask("value", "labels", "notes"),
        Field("allow_missing", FLAG, "If set, a secret that is not there is created."),
    ),
)
DELETE_SECRET = Form(
    "DeleteSecretRequest",
    "A secret to delete.",
    (ETAG, Field("force", FLAG, "If set, it is deleted though live versions name it.")),
)
