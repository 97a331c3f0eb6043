"""Clients: end users of an instance; each is a Subject of its Connection."""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final
from uuid import uuid4

from starlette.responses import Response

from facade.app.connctd.configuration import of_client
from facade.app.connctd.descriptions import number_of
from facade.app.connctd.endpoint import Asked, Desk, answer, nothing
from facade.app.connctd.finding import (
    about_configuration,
    client_by,
    instances_of,
    type_named,
    version_of,
)
from facade.app.connctd.instances import target_of
from facade.app.connctd.keeping import PREFIX, forget, kept, kept_by
from facade.app.connctd.reading import creation_of, subject_of
from facade.errors.connections import ConnectorInstanceMissing
from facade.errors.fault import Fault
from facade.model.access import Permission
from facade.model.connection import Connection, Subject, SubjectState
from facade.model.names import ConnectionName, SubjectName

STATUSES: Final[Mapping[SubjectState, str]] = MappingProxyType(
    {
        SubjectState.STARTING: "STARTING",
        SubjectState.STARTED: "STARTED",
        SubjectState.ERROR: "ERROR",
        SubjectState.DELETING: "STARTED",
    }
)
"""C-11, C-9: a client whose things could not be removed stays active."""

REDIRECT: Final = 3
"""The type of a further step whose content is a URL, as connctd's protocol numbers them."""

ASYNC: Final = "respond-async"
"""The preference (RFC 7240 section 4.1) of those who cannot follow a redirect: 202."""


async def create(desk: Desk, asked: Asked) -> Response:
    """201 with the id of a new client; 303, or 202, where its end user must consent first."""
    asked.needs(Permission.EDIT)
    external_id = subject_of(asked.headers)
    creation = creation_of(asked.headers, asked.body)
    connector = type_named(desk, asked, creation)
    instances = instances_of(desk, asked.tenant, connector.name.connector)
    if not instances:
        raise ConnectorInstanceMissing(
            f"there is no instance of `{creation.type_id}`: create it first"
        )
    instance = instances[0]
    asked.needs(Permission.EDIT, target_of(instance))
    version = version_of(connector)
    configured = of_client(version, creation.configuration, f"{PREFIX}{uuid4().hex}")
    now = datetime.now(UTC)
    about = f"a client of `{instance.name}`"
    wanted = Subject(
        name=SubjectName(instance.name.connection, "", asked.tenant),
        external_id=external_id,
        variables=configured.variables,
        credentials=configured.credentials,
        create_time=now,
        update_time=now,
    )
    with about_configuration():
        async with kept(desk.safe, configured.sealed, about, asked.identity):
            made = await desk.subjects.create(wanted, by=asked.identity)
    if made.state is not SubjectState.STARTING:
        return answer({"client_id": made.uid}, 201)
    try:
        url = await desk.consenting.authorize(made.name, by=asked.identity)
    except Fault:
        await desk.subjects.delete(made.name, by=asked.identity)
        raise
    return _to_consent(asked, made, url)


async def show_all(desk: Desk, asked: Asked) -> Response:
    """200 with a link to each client of the subject."""
    asked.needs(Permission.INVOKE)
    external_id, found = subject_of(asked.headers), []
    for each in desk.connections.all(asked.tenant):
        if asked.identity.allows(Permission.INVOKE, target_of(each)):
            one = await desk.subjects.find(each.name, external_id)
            if one is not None:
                found.append({"href": asked.links.client(one.uid)})
    return answer(found)


async def show(desk: Desk, asked: Asked) -> Response:
    """200 with one client of the subject."""
    asked.needs(Permission.INVOKE)
    found, instance = await _found(desk, asked)
    asked.needs(Permission.INVOKE, target_of(instance))
    number = number_of(desk.catalog.connectors(asked.tenant), instance.connector)
    shown = {
        "id": found.uid,
        "instance": {"href": asked.links.instance(instance.uid)},
        "connector": {"href": asked.links.description(number)},
        "mappings": [
            {"connector_thing_id": own, "thing_id": known} for own, known in found.mappings.items()
        ],
        "status": STATUSES[found.state],
    }
    return answer(shown)


async def delete(desk: Desk, asked: Asked) -> Response:
    """204 when its things and it have gone; 500 where they have not: then it stays (C-9)."""
    asked.needs(Permission.EDIT)
    found, instance = await _found(desk, asked)
    asked.needs(Permission.EDIT, target_of(instance))
    await desk.subjects.delete(found.name, by=asked.identity)
    await forget(desk.safe, kept_by(found), asked.identity)
    return nothing()


async def _found(desk: Desk, asked: Asked) -> tuple[Subject, Connection]:
    found = await client_by(desk, asked, subject_of(asked.headers))
    return found, desk.connections.get(ConnectionName(found.name.connection, asked.tenant))


def _to_consent(asked: Asked, made: Subject, url: str) -> Response:
    body: dict[str, Any] = {
        "client_id": made.uid,
        "furtherStep": {"type": REDIRECT, "content": url},
    }
    prefers = (
        each.partition(";")[0].strip() for each in asked.headers.get("prefer", "").split(",")
    )
    if ASYNC in prefers:
        return answer(body, 202, {"preference-applied": ASYNC})
    return answer(body, 303, {"location": url})
