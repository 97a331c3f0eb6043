"""Revoking: what somebody consented to ends at the authorization server, too (RFC 7009)."""

import logging
import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

from facade.connections.authorization_servers import AuthorizationServers
from facade.errors.fault import Fault
from facade.errors.service import StoreUnavailable, TokenUnavailable
from facade.model.connection import Connection, Subject
from facade.policy.credentials.consents import Consents
from facade.policy.credentials.token import Token

LOGGER = logging.getLogger(__name__)

PATIENCE: Final = 86_400.0
"""Seconds for which a deletion waits for a server that does not answer."""


class Revoking:
    """Ends consents: at the server that gave their tokens, then here."""

    def __init__(
        self,
        servers: AuthorizationServers,
        consents: Consents,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Takes who speaks to servers, where tokens are, and seconds since the epoch."""
        self._servers = servers
        self._consents = consents
        self._clock = clock

    async def remove(self, connection: Connection, subject: Subject) -> None:
        """Ends what a subject consented to; raises TokenUnavailable, StoreUnavailable."""
        for scheme, consent in subject.consents.items():
            await self._end(connection, scheme, consent, subject.update_time)

    async def remove_own(self, connection: Connection) -> None:
        """Ends what the owner of a connection consented to; raises the same."""
        for scheme, consent in connection.consents.items():
            await self._end(connection, scheme, consent, connection.update_time)

    async def _end(
        self, connection: Connection, scheme: str, consent: str, since: datetime
    ) -> None:
        """Ends one; what is deleted is so since then.

        A server that does not answer is asked again for a day. One that has no such place, or will
        not do it, and one of which nobody knows any more who it is, keeps nobody from a deletion.
        """
        token = await self._consents.kept(consent)
        if token is not None:
            try:
                await self._revoke(connection, scheme, token)
            except TokenUnavailable as fault:
                if self._clock() < since.timestamp() + PATIENCE:
                    raise
                _give_up(connection, fault)
        await self._consents.end(consent)

    async def _revoke(self, connection: Connection, scheme: str, token: Token) -> None:
        try:
            request, _ = await self._servers.request(connection, scheme)
            await self._servers.revoke(request, token)
        except (TokenUnavailable, StoreUnavailable):
            raise
        except Fault as fault:
            _give_up(connection, fault)


def _give_up(connection: Connection, fault: Fault) -> None:
    LOGGER.warning("%s: a token is not revoked at its server: %s", connection.name, fault.reason)
