"""Thing: what a subject has at the backend, found by the id that it has here."""

from contextlib import aclosing

import msgspec

from facade.connections.connections import Connections
from facade.connections.subjects import Subjects
from facade.errors.connections import SubjectNotFound
from facade.model.call import Caller
from facade.model.connection import Connection, Subject


class Thing(msgspec.Struct, frozen=True, kw_only=True):
    """A thing, and the client that made it."""

    connection: Connection
    subject: Subject
    own: str
    """What the backend calls it."""


class Things:
    """Knows whose a thing is, by the mappings of subjects."""

    def __init__(self, connections: Connections, subjects: Subjects) -> None:
        """Takes where they are."""
        self._connections = connections
        self._subjects = subjects

    async def find(self, tenant: str, thing_id: str, external_id: str = "") -> Thing:
        """A thing of a tenant's; `external_id` says of which end user, where that is known.

        Without it every subject is looked at. Raises SubjectNotFound.
        """
        for connection in self._connections.all(tenant):
            found = await self._among(connection, thing_id, external_id)
            if found is not None:
                return found
        raise SubjectNotFound("thingId: no client of this developer has such a thing")

    async def _among(self, connection: Connection, thing_id: str, external_id: str) -> Thing | None:
        """The thing among those of a connection's subjects."""
        if external_id:
            one = await self._subjects.find(connection.name, external_id)
            return _made_by(connection, one, thing_id) if one is not None else None
        async with aclosing(self._subjects.all(connection.name)) as subjects:
            async for each in subjects:
                found = _made_by(connection, each, thing_id)
                if found is not None:
                    return found
        return None


def caller_of(connection: Connection, subject: Subject) -> Caller:
    """On whose behalf the things of a subject are acted on."""
    name = connection.name
    return Caller(tenant=name.tenant, connection=name.connection, subject=subject.name.subject)


def _made_by(connection: Connection, subject: Subject, thing_id: str) -> Thing | None:
    for own, known in subject.mappings.items():
        if known == thing_id:
            return Thing(connection=connection, subject=subject, own=own)
    return None
