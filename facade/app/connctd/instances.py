"""Instances: a developer's own configuration of a type; each is a Connection."""

from datetime import UTC, datetime
from uuid import uuid4

from starlette.responses import Response

from facade.app.connctd.configuration import of_instance
from facade.app.connctd.descriptions import number_of
from facade.app.connctd.endpoint import Asked, Desk, answer, nothing
from facade.app.connctd.finding import (
    about_configuration,
    connection_id,
    instance_by,
    instances_of,
    type_named,
    version_of,
)
from facade.app.connctd.keeping import PREFIX, forget, kept, kept_by
from facade.app.connctd.reading import creation_of
from facade.connections.end_users import consented_to
from facade.errors.connections import ConnectionExists
from facade.errors.fault import Details, Resource
from facade.model.access import Permission, Target
from facade.model.connection import Connection, EndUsers
from facade.model.names import ConnectionName


async def create(desk: Desk, asked: Asked) -> Response:
    """201 with the id of a new instance; 409 where the developer has one of that type."""
    asked.needs(Permission.EDIT)
    creation = creation_of(asked.headers, asked.body)
    connector = type_named(desk, asked, creation)
    id_, own = connection_id(connector), connector.name.connector
    asked.needs(Permission.EDIT, Target(connector=own, connection=id_))
    existing = instances_of(desk, asked.tenant, own)
    if existing:
        raise ConnectionExists(
            f"there is an instance of `{creation.type_id}` already",
            details=Details(resource=Resource(type="connctd/Instance", name=existing[0].uid)),
        )
    version = version_of(connector)
    configured = of_instance(version, creation.configuration, f"{PREFIX}{uuid4().hex}")
    now = datetime.now(UTC)
    wanted = Connection(
        name=ConnectionName(id_, asked.tenant),
        connector=own,
        variables=configured.variables,
        secrets=configured.secrets,
        credentials=configured.credentials,
        end_users=EndUsers.REQUIRED if consented_to(version) else EndUsers.FALLBACK,
        create_time=now,
        update_time=now,
    )
    with about_configuration():
        await desk.connections.create(wanted, by=asked.identity, validate_only=True)
        async with kept(desk.safe, configured.sealed, str(wanted.name), asked.identity):
            made = await desk.connections.create(wanted, by=asked.identity)
    return answer({"id": made.uid}, 201)


async def show_all(desk: Desk, asked: Asked) -> Response:
    """200 with a link to each instance."""
    asked.needs(Permission.INVOKE)
    return answer(
        [
            {"href": asked.links.instance(each.uid)}
            for each in desk.connections.all(asked.tenant)
            if asked.identity.allows(Permission.INVOKE, target_of(each))
        ]
    )


async def show(desk: Desk, asked: Asked) -> Response:
    """200 with one instance, and links to its clients."""
    asked.needs(Permission.INVOKE)
    found = instance_by(desk, asked)
    asked.needs(Permission.INVOKE, target_of(found))
    clients = [
        {"href": asked.links.client(each.uid)} async for each in desk.subjects.all(found.name)
    ]
    number = number_of(desk.catalog.connectors(asked.tenant), found.connector)
    shown = {
        "id": found.uid,
        "clients": clients,
        "connector": {"href": asked.links.description(number)},
    }
    return answer(shown)


async def delete(desk: Desk, asked: Asked) -> Response:
    """204; 409 while a client is attached."""
    asked.needs(Permission.EDIT)
    found = instance_by(desk, asked)
    asked.needs(Permission.EDIT, target_of(found))
    await desk.connections.delete(found.name, by=asked.identity)
    await forget(desk.safe, kept_by(found), asked.identity)
    return nothing()


def target_of(connection: Connection) -> Target:
    """What a request about an instance, or a client of it, is about."""
    return Target(connector=connection.connector, connection=connection.name.connection)
