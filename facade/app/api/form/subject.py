"""Subjects, by field; and what consents are asked for with."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from facade.app.api.form.credential import CREDENTIAL
from facade.app.api.form.form import LABELS, TEXTS, Field, Form, Listed, Way, keyed
from facade.app.api.form.page import NEXT_PAGE_TOKEN
from facade.app.api.form.place import FieldPlace
from facade.app.api.form.resource import CREATE_TIME, REVISION, UPDATE_TIME
from facade.app.api.form.scalar import NAME, PROSE, TEXT, at_most, choice
from facade.connections.subject_request import LINE, LONGEST, LONGEST_TITLE, MOST_MAPPINGS
from facade.model.connection import Subject, SubjectState
from facade.model.names import SubjectName

EXTERNAL_ID = replace(
    TEXT,
    shape={
        "type": "string",
        "pattern": f"^({LINE.pattern})?$",
        "maxLength": LONGEST,
        "examples": ["user-7"],
    },
)
MAPPED_ID = replace(
    TEXT, shape={"type": "string", "pattern": f"^{LINE.pattern}$", "maxLength": LONGEST}
)
UNSET_TIME = datetime.fromtimestamp(0, UTC)


def _subject(given: dict[str, Any], _place: FieldPlace) -> Subject:
    """Its name is what the path says."""
    given.pop("name", None)
    given.pop("etag", None)
    said = {"external_id": ""} | given
    return Subject(name=SubjectName("", ""), create_time=UNSET_TIME, update_time=UNSET_TIME, **said)


SUBJECT = Form(
    "Subject",
    "An end user of a connection.",
    (
        Field("name", NAME, "Format: connections/{connection}/subjects/{subject}"),
        Field("uid", TEXT, "A UUID that no other subject ever has.", way=Way.OUT),
        Field(
            "external_id",
            EXTERNAL_ID,
            "What the caller calls it; one subject of a connection has it.",
        ),
        Field("title", at_most(LONGEST_TITLE, PROSE), "A line for people."),
        Field(
            "labels",
            LABELS,
            "For sorting and finding; at most 64, keys and values of at most 63 characters.",
        ),
        Field(
            "credentials",
            Listed(CREDENTIAL),
            "How its calls are signed, where the connection lets end users sign.",
        ),
        Field(
            "variables", TEXTS, "Its own values of the version's overridable variables, by name."
        ),
        Field(
            "mappings",
            keyed(MAPPED_ID, MOST_MAPPINGS),
            "The backend's ids of its things, and by what ids they are known here.",
        ),
        Field("state", choice("STATE", SubjectState), "Where it stands.", way=Way.OUT),
        Field(
            "state_description",
            TEXT,
            "Why it stands there, where that is not STARTED.",
            way=Way.OUT,
        ),
        REVISION,
        Field("etag", TEXT, "Changes with every change of the subject."),
        CREATE_TIME,
        UPDATE_TIME,
    ),
    _subject,
)

LIST_SUBJECTS_RESPONSE = Form(
    "ListSubjectsResponse",
    "Response message for SubjectService.ListSubjects.",
    (
        Field("subjects", Listed(SUBJECT), "The subjects, ordered by name."),
        NEXT_PAGE_TOKEN,
    ),
)

_URI = Field("authorization_uri", TEXT, "Where somebody consents: good for ten minutes, and once.")

AUTHORIZE_SUBJECT_RESPONSE = Form(
    "AuthorizeSubjectResponse", "Response message for SubjectService.AuthorizeSubject.", (_URI,)
)
AUTHORIZE_CONNECTION_RESPONSE = Form(
    "AuthorizeConnectionResponse",
    "Response message for SubjectService.AuthorizeConnection.",
    (_URI,),
)
