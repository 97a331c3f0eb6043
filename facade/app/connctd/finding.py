"""Finding: types, instances and clients by what requests call them, each of its developer alone."""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from facade.app.connctd.descriptions import of_type, serving
from facade.app.connctd.endpoint import Asked, Desk
from facade.app.connctd.reading import Creation
from facade.catalog.request import invalid
from facade.errors.caller import InvalidRequest
from facade.errors.connections import ConnectionNotFound, SubjectNotFound
from facade.errors.fault import Violation
from facade.model.connection import Connection, Subject
from facade.model.version import Connector, Version

LONGEST: Final = 49
"""Characters of a connection's id (G-1)."""

VARIABLE: Final = re.compile(r"(?:connection|subject)?\.?(?:variables|secrets)\[(.*)\]")
"""How violations name a value of the configuration."""


def type_named(desk: Desk, asked: Asked, creation: Creation) -> Connector:
    """The connector of a type; raises InvalidRequest (400) where there is none."""
    found = of_type(desk.catalog.connectors(asked.tenant), creation.type_id)
    if found is None:
        words = f"`{creation.type_id[:63]}` is no type: see {asked.links.base}/descriptions"
        raise invalid(Violation(field="connector_type_id", description=words))
    return found


def version_of(connector: Connector) -> Version:
    """The version that serves a connector; raises InvalidRequest where none does."""
    found = serving(connector)
    if found is None:
        words = "no version of the connector serves calls yet"
        raise invalid(Violation(field="connector_type_id", description=words))
    return found


def instances_of(desk: Desk, tenant: str, connector: str) -> tuple[Connection, ...]:
    """The instances of a connector, in order of ids."""
    return tuple(each for each in desk.connections.all(tenant) if each.connector == connector)


def instance_by(desk: Desk, asked: Asked) -> Connection:
    """The instance of the path; raises ConnectionNotFound."""
    found = desk.connections.by_uid(asked.tenant, asked.id)
    if found is None:
        raise ConnectionNotFound(f"there is no instance `{asked.id[:63]}`")
    return found


async def client_by(desk: Desk, asked: Asked, external_id: str) -> Subject:
    """The client of the path, of the subject that asks; raises SubjectNotFound."""
    found = await desk.subjects.by_uid(asked.tenant, asked.id)
    if found is None or found.external_id != external_id:
        raise SubjectNotFound(f"there is no client `{asked.id[:63]}` for this subject")
    return found


def connection_id(connector: Connector) -> str:
    """What the instance of a type is called: one name, so that only one can be made at a time."""
    id_ = connector.name.connector
    if len(id_) <= LONGEST:
        return id_
    return f"{id_[:40]}-{hashlib.blake2b(id_.encode(), digest_size=4).hexdigest()}"


@contextmanager
def about_configuration() -> Iterator[None]:
    """Has what is wrong with variables told of the configuration, as its caller knows it."""
    try:
        yield
    except InvalidRequest as fault:
        raise invalid(*map(_renamed, fault.details.violations)) from None


def _renamed(found: Violation) -> Violation:
    named = VARIABLE.fullmatch(found.field)
    if named is None:
        return found
    return Violation(field=f"configuration.{named[1]}", description=found.description)
