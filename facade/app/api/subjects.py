"""The methods of subjects, and of the consents that people give."""

from dataclasses import replace
from typing import Any

import msgspec
from starlette.responses import Response

from facade.app.api.catalog import listed, page_of
from facade.app.api.form import read
from facade.app.api.form.subject import SUBJECT
from facade.app.api.route import Asked, Desk
from facade.app.api.told import data, nothing, packed, weight
from facade.model.connection import Subject
from facade.model.names import ConnectionName, SubjectName, parse_connection, parse_subject


async def create_subject(desk: Desk, asked: Asked) -> Response:
    """Creates a subject."""
    parent, fields = _parent(asked, "parent"), asked.fields
    name = SubjectName(parent.connection, fields.get("subject_id", ""), parent.tenant)
    made = await desk.subjects.create(_read(fields["subject"], name), by=asked.identity)
    return data(SUBJECT.write(made))


async def get_subject(desk: Desk, asked: Asked) -> Response:
    """Gets a subject."""
    return data(SUBJECT.write(await desk.subjects.get(_name(asked))))


async def list_subjects(desk: Desk, asked: Asked) -> Response:
    """Lists the subjects of a connection, page by page."""
    parent, page = _parent(asked, "parent"), page_of(asked)
    return listed("subjects", *await desk.subject_list.page(parent, page, _packed, weight))


async def update_subject(desk: Desk, asked: Asked) -> Response:
    """Changes a subject."""
    fields = asked.fields
    name = _name(asked, "subject.name")
    changed = await desk.subjects.update(
        name,
        _read(fields["subject"], name),
        fields.get("update_mask", ()),
        read.etag(fields["subject"]),
        by=asked.identity,
    )
    return data(SUBJECT.write(changed))


async def delete_subject(desk: Desk, asked: Asked) -> Response:
    """Deletes a subject with what is its own."""
    await desk.subjects.delete(_name(asked), asked.fields.get("etag", ""), by=asked.identity)
    return nothing()


async def authorize_subject(desk: Desk, asked: Asked) -> Response:
    """Gives the URL at which a subject consents."""
    return await _authorized(desk, asked, _name(asked))


async def authorize_connection(desk: Desk, asked: Asked) -> Response:
    """Gives the URL at which the owner of a connection consents."""
    return await _authorized(desk, asked, _parent(asked, "name"))


async def _authorized(desk: Desk, asked: Asked, name: ConnectionName | SubjectName) -> Response:
    return_uri = asked.fields.get("return_uri", "")
    uri = await desk.consenting.authorize(name, asked.identity, return_uri)
    return data({"authorizationUri": uri})


def _name(asked: Asked, field: str = "name") -> SubjectName:
    return parse_subject(asked.name, field, asked.identity.tenant)


def _parent(asked: Asked, field: str) -> ConnectionName:
    return parse_connection(asked.name, field, asked.identity.tenant)


def _read(tree: Any, name: SubjectName) -> Subject:
    """What is said of a subject; raises InvalidRequest."""
    given: Subject = read.of_form(SUBJECT, tree, "subject")
    return replace(given, name=name)


def _packed(subject: Subject) -> msgspec.Raw:
    return packed(SUBJECT.write(subject))
