"""The requests of ConnectionService, by field: all but what their paths say."""

from dataclasses import replace

from facade.app.api.form.connection import CONNECTION, HTTP_HEADER
from facade.app.api.form.form import Field, Form, Listed
from facade.app.api.form.scalar import BYTES, FLAG, ID, MASK, PROSE, TEXT, at_most
from facade.app.api.requests import ETAG, REQUEST_ID, VALIDATE_ONLY, AsGiven
from facade.connections.http_request import UNSENT
from facade.connections.request import FIELDS, LONGEST_REASON
from facade.model.field_names import TOKEN

METHOD = replace(
    TEXT,
    shape={
        "type": "string",
        "pattern": f"^({TOKEN.pattern})?$",
        "not": {"enum": sorted(UNSENT)},
    },
)
URL = replace(TEXT, shape={"type": "string", "pattern": "^[^#]*$"})
REASON = at_most(LONGEST_REASON, PROSE)

ONE = "|".join(FIELDS.updatable)
UPDATE_MASK = Field(
    "update_mask",
    replace(
        MASK,
        shape={
            "type": "string",
            "pattern": rf"^(\*|({ONE})(,({ONE}))*)$",
            "examples": ["title,labels"],
        },
    ),
    "The fields to change, separated by commas; `*` for all that can change.",
    required=True,
)

CREATE = Form(
    "CreateConnectionRequest",
    "A new connection.",
    (
        Field("connection_id", ID, "The last segment of its name.", required=True),
        Field("connection", AsGiven(CONNECTION), "The connection.", required=True),
        VALIDATE_ONLY,
        REQUEST_ID,
        Field("force", FLAG, "If set, it may be of a deprecated version."),
    ),
)

UPDATE = Form(
    "UpdateConnectionRequest",
    "Changes of a connection.",
    (
        Field("connection", AsGiven(CONNECTION), "The connection.", required=True),
        UPDATE_MASK,
        VALIDATE_ONLY,
    ),
)

DELETE = Form(
    "DeleteConnectionRequest",
    "A connection to delete.",
    (ETAG, Field("force", FLAG, "If set, its subjects are deleted with it.")),
)

LOCK = Form(
    "LockConnectionRequest",
    "A connection to keep from being changed.",
    (Field("reason", REASON, "Why: whoever would change it is told.", required=True),),
)

HTTP_REQUEST = Form(
    "ExecuteHttpRequestRequest",
    "A request of one's own.",
    (
        Field("method", METHOD, "The HTTP method: `GET` if unset; not CONNECT, not TRACE."),
        Field(
            "url",
            URL,
            "The absolute URL. The connection's credentials sign requests to the servers of its "
            "own version, and no others.",
            required=True,
        ),
        Field("headers", Listed(HTTP_HEADER), "The header fields, in their order; repeats stay."),
        Field("body", BYTES, "The body, byte for byte.", optional=True),
    ),
)
