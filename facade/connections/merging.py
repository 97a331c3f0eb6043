"""Merging: the version that serves a call through a connection, with what its subject brings."""

from typing import Final, TypeAlias

from facade.catalog.catalog import Catalog
from facade.connections.end_users import with_end_user
from facade.connections.known_subjects import KnownSubjects
from facade.connections.missing import no_subject
from facade.model.call import Caller
from facade.model.connection import Subject
from facade.model.names import ConnectionName, SubjectName
from facade.model.version import Version
from facade.recent import Living, Recent

MOST: Final = 2048
"""Subjects for which a version is kept merged."""

MergedKey: TypeAlias = tuple[str, SubjectName | None, str]
"""The connection's etag, and the subject with its own."""


class Merging:
    """Gives the same object for the same version, connection and subject each time.

    What is compiled of a version is known by its identity, which changes with the subject.
    """

    def __init__(self, catalog: Catalog, known: KnownSubjects) -> None:
        """Takes what knows connections, and what knows subjects."""
        self._catalog = catalog
        self._known = known
        self._merged: Living[Recent[MergedKey, Version]] = Living()

    async def applied(self, version: Version, caller: Caller) -> Version:
        """The version of a caller's connection as the calls of its subject have it.

        Raises ConnectionNotFound, SubjectNotFound, StoreUnavailable, and ConnectionIncomplete
        where the connection asks for a subject, or for one that has a credential.
        """
        name = ConnectionName(caller.connection, version.name.tenant)  # never another's
        connection, subject = self._catalog.connection(name), await self._subject(name, caller)
        whose = None if subject is None else subject.name
        key = (connection.etag, whose, "" if subject is None else subject.etag)
        kept = self._merged.find(id(version))
        if kept is None:
            kept = self._merged.put(version, Recent(MOST))
        found = kept.get(key)
        if found is None:
            found = with_end_user(version, connection, subject)
            if found is not version:
                kept.put(key, found)
        return found

    async def _subject(self, parent: ConnectionName, caller: Caller) -> Subject | None:
        if not caller.subject:
            return None
        name = SubjectName(parent.connection, caller.subject, parent.tenant)
        found = await self._known.get(name)
        if found is None:
            raise no_subject(name)
        return found
