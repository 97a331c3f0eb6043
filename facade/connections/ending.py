"""Ending: connections go with their subjects, whose things and tokens go first."""

import asyncio
import logging
from contextlib import aclosing, suppress
from typing import Final, Protocol

from facade.background import Background
from facade.catalog.missing import CONNECTION
from facade.connections.connections import Connections
from facade.connections.subjects import SYSTEM, Subjects
from facade.errors.connections import ConnectionNotFound, SubjectNotFound
from facade.errors.fault import Details, Fault, Resource
from facade.errors.service import RemovalFailed
from facade.model.access import Identity
from facade.model.connection import Connection
from facade.model.names import ConnectorName

LOGGER = logging.getLogger(__name__)

PERIOD: Final = 60.0
"""Seconds between two looks whether a deletion was cut short."""


class Tokens(Protocol):
    """What has the tokens of the consents that owners gave."""

    async def remove_own(self, connection: Connection) -> None:
        """Ends a connection's, at the server and here; raises what keeps it from that."""


class Ending(Background):
    """What connections have, and goes with them.

    It is open for as long as it is entered: then deletions that were cut short go on.
    """

    def __init__(self, connections: Connections, subjects: Subjects, tokens: Tokens) -> None:
        """Takes what is deleted, the subjects that go first, and the tokens of its owners."""
        super().__init__()
        self._connections = connections
        self._subjects = subjects
        self._tokens = tokens

    def begin(self) -> None:
        """Goes on with deletions that were cut short, now and then."""
        self.start(self._resume_always())

    async def remove(self, connection: Connection, by: Identity) -> None:
        """Deletes the subjects one by one, then tokens; raises RemovalFailed for the first."""
        async with aclosing(self._subjects.all(connection.name)) as subjects:
            async for each in subjects:
                with suppress(SubjectNotFound):  # another was faster
                    await self._subjects.delete(each.name, by=by)
        try:
            await self._tokens.remove_own(connection)
        except Fault as fault:
            raise RemovalFailed(
                f"`{connection.name}` stays until its tokens are gone: {fault.message}",
                details=Details(resource=Resource(type=CONNECTION, name=str(connection.name))),
            ) from None

    async def has_any(self, connection: Connection) -> bool:
        """Whether a connection has subjects."""
        async with aclosing(self._subjects.all(connection.name)) as subjects:
            return await anext(subjects, None) is not None

    async def clear(self, connector: ConnectorName, by: Identity) -> None:
        """Deletes the connections of a connector by force; raises what `Connections.delete` does.

        A locked one refuses that before any is gone.
        """
        every = self._connections.all(connector.tenant)
        theirs = [each for each in every if each.connector == connector.connector]
        for each in sorted(theirs, key=lambda each: each.lock is None):
            with suppress(ConnectionNotFound):  # another was faster
                await self._connections.delete(each.name, force=True, by=by)

    async def resume(self) -> None:
        """Goes on with deletions that have not come to their end."""
        for name in self._connections.ending():
            try:
                await self._connections.delete(name, force=True, by=SYSTEM)
            except Fault as fault:
                LOGGER.warning("%s is not deleted yet: %s", name, fault.reason)

    async def _resume_always(self) -> None:
        while True:
            await self.resume()
            await asyncio.sleep(PERIOD)
