"""The requests of ConnectionService, by field: all but what their paths say."""

from dataclasses import replace

from facade.app.api.form.connection import CONNECTION, HTTP_HEADER
from facade.app.api.form.form import Field, Form, Listed
from facade.app.api.form.scalar import BYTES, FLAG, ID, PROSE, TEXT, at_most
from facade.app.api.requests import ETAG, REQUEST_ID, VALIDATE_ONLY, AsGiven, update_mask
from facade.connections.http_request import METHODS
from facade.connections.request import FIELDS, LONGEST_REASON

METHOD = replace(TEXT, shape={"type": "string", "enum": ["", *METHODS]})
URL = replace(TEXT, shape={"type": "string", "pattern": "^[^#]*$", "minLength": 1})
REASON = at_most(LONGEST_REASON, PROSE)

UPDATE_MASK = update_mask(FIELDS.updatable, "title,labels")

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
        Field("method", METHOD, "GET, POST, PUT, DELETE, HEAD or PATCH; `GET` if unset."),
        Field(
            "url",
            URL,
            "The absolute URL. The connection's credentials sign requests to the servers of its "
            "own version, and no others.",
            required=True,
        ),
        Field("headers", Listed(HTTP_HEADER), "The header fields, in their order; repeats stay."),
        Field(
            "body",
            BYTES,
            "The body, byte for byte; none with GET and HEAD. Where the content type is JSON, it "
            "must be JSON.",
            optional=True,
        ),
    ),
)
