"""The methods of SubjectService: what is routed, and what its document tells of."""

from dataclasses import replace
from typing import Final

from facade.app.api import subjects
from facade.app.api.form.form import Field, Form
from facade.app.api.form.scalar import TEXT
from facade.app.api.form.subject import (
    AUTHORIZE_CONNECTION_RESPONSE,
    AUTHORIZE_SUBJECT_RESPONSE,
    LIST_SUBJECTS_RESPONSE,
    SUBJECT,
)
from facade.app.api.requests import ETAG, LIST, NOTHING, AsGiven, update_mask
from facade.app.api.route import Route
from facade.app.api.template import Template
from facade.connections.subject_request import FIELDS
from facade.model.names import ID

SERVICE: Final = "SubjectService"

SUBJECTS: Final = Template.of("/v1/{parent=connections/*}/subjects")
A_SUBJECT: Final = Template.of("/v1/{name=connections/*/subjects/*}")

_ID: Final = replace(TEXT, shape={"type": "string", "pattern": f"^({ID.pattern})?$"})

CREATE: Final = Form(
    "CreateSubjectRequest",
    "A new subject.",
    (
        Field("subject_id", _ID, "The last segment of its name. If unset, one is made."),
        Field("subject", AsGiven(SUBJECT), "The subject, with its external id.", required=True),
    ),
)
UPDATE: Final = Form(
    "UpdateSubjectRequest",
    "Changes of a subject.",
    (
        Field("subject", AsGiven(SUBJECT), "The subject.", required=True),
        update_mask(FIELDS.updatable, "title,labels"),
    ),
)
DELETE: Final = Form("DeleteSubjectRequest", "A subject to delete.", (ETAG,))
_RETURN: Final = Field(
    "return_uri",
    TEXT,
    "Where the person's browser is sent once they have answered: a URL below one of the addresses "
    "that the setting `return_uris` allows. It gets the parameter `consent`: `given`, or `failed` "
    "with `consent_error` beside it. If unset, they are shown a page.",
)
AUTHORIZE_SUBJECT: Final = Form("AuthorizeSubjectRequest", "Who is to consent.", (_RETURN,))
AUTHORIZE_CONNECTION: Final = Form(
    "AuthorizeConnectionRequest", "Whose owner is to consent.", (_RETURN,)
)

ROUTES: Final = (
    Route(
        rpc="CreateSubject",
        service=SERVICE,
        about="Creates a subject: an end user of a connection.",
        verb="POST",
        path=SUBJECTS,
        request=CREATE,
        body="subject",
        answer=SUBJECT,
        handler=subjects.create_subject,
    ),
    Route(
        rpc="GetSubject",
        service=SERVICE,
        about="Gets a subject.",
        verb="GET",
        path=A_SUBJECT,
        request=NOTHING,
        answer=SUBJECT,
        handler=subjects.get_subject,
    ),
    Route(
        rpc="ListSubjects",
        service=SERVICE,
        about="Lists the subjects of a connection.",
        verb="GET",
        path=SUBJECTS,
        request=LIST,
        answer=LIST_SUBJECTS_RESPONSE,
        handler=subjects.list_subjects,
    ),
    Route(
        rpc="UpdateSubject",
        service=SERVICE,
        about="Changes a subject: the fields that the mask names.",
        verb="PATCH",
        path=Template.of("/v1/{subject.name=connections/*/subjects/*}"),
        request=UPDATE,
        body="subject",
        answer=SUBJECT,
        handler=subjects.update_subject,
    ),
    Route(
        rpc="DeleteSubject",
        service=SERVICE,
        about="Deletes a subject: its things go first.",
        verb="DELETE",
        path=A_SUBJECT,
        request=DELETE,
        handler=subjects.delete_subject,
    ),
    Route(
        rpc="AuthorizeSubject",
        service=SERVICE,
        about="Gives the URL at which a subject consents.",
        verb="POST",
        path=Template.of("/v1/{name=connections/*/subjects/*}:authorize"),
        request=AUTHORIZE_SUBJECT,
        body="*",
        answer=AUTHORIZE_SUBJECT_RESPONSE,
        handler=subjects.authorize_subject,
    ),
    Route(
        rpc="AuthorizeConnection",
        service=SERVICE,
        about="Gives the URL at which the owner of a connection consents.",
        verb="POST",
        path=Template.of("/v1/{name=connections/*}:authorize"),
        request=AUTHORIZE_CONNECTION,
        body="*",
        answer=AUTHORIZE_CONNECTION_RESPONSE,
        handler=subjects.authorize_connection,
    ),
)
