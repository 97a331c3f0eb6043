"""Which version answers for an address of the mirror, and through whose connection."""

from collections.abc import Collection
from functools import partial
from typing import Final

import msgspec

from facade.access.authorize import Authority
from facade.app.mirror.request import Head
from facade.catalog.catching_up import CatchingUp
from facade.catalog.matching import VERSION_KEY, wanted_of
from facade.connections.missing import no_external
from facade.connections.subjects import Subjects
from facade.model.access import Identity
from facade.model.call import Caller
from facade.model.field_names import EXTERNAL_SUBJECT
from facade.model.names import LIVE, ConnectionName, VersionName
from facade.model.version import Version

DIRECTLY: Final[Collection[str]] = ()
"""Of calls through no connection."""


class Aim(msgspec.Struct, frozen=True):
    """What a request is answered by."""

    version: Version
    caller: Caller | None = None
    """For whom, where the address says it; None: whoever a gateway says, if one asks."""
    through: Collection[str] = DIRECTLY
    """The name of the connection that the call goes through."""


class Through:
    """Knows what addresses lead to; tells of it to those alone who may look at it."""

    def __init__(self, catching_up: CatchingUp, subjects: Subjects, authority: Authority) -> None:
        """Takes what knows versions and connections, their end users, and who may what."""
        self._catalog = catching_up.catalog
        self._catching_up = catching_up
        self._subjects = subjects
        self._authority = authority

    async def version(self, head: Head, name: VersionName, identity: Identity) -> Aim:
        """A version; raises ConnectorNotFound, VersionNotFound, CallerForbidden."""
        self._authority.check("GetVersion", identity, str(name))
        wanted = wanted_of(name, head.header(VERSION_KEY))
        return Aim(
            await self._catching_up.found(partial(self._catalog.version, wanted, head.fields))
        )

    async def connection(self, head: Head, name: ConnectionName, identity: Identity) -> Aim:
        """The version of a connection as it has it, for the subject that the request names.

        Raises what `Connecting.served` does, SubjectNotFound, CallerForbidden, StoreUnavailable.
        """
        self._authority.check("GetConnection", identity, str(name))
        external_id = head.header(EXTERNAL_SUBJECT).strip()

        def served() -> Version:
            connection = self._catalog.connection(name)
            wanted = head.header(VERSION_KEY) or LIVE
            return self._catalog.connecting.served(
                VersionName(connection.connector, wanted, name.tenant),
                connection,
                head.fields,
                of_subject=bool(external_id),
            )

        version = await self._catching_up.found(served)
        subject = await self._subject(name, external_id) if external_id else ""
        caller = Caller(tenant=name.tenant, connection=name.connection, subject=subject)
        return Aim(version, caller, (str(name),))

    async def _subject(self, parent: ConnectionName, external_id: str) -> str:
        found = await self._subjects.find(parent, external_id)
        if found is None:
            raise no_external(parent)
        return found.name.subject
