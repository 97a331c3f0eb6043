"""Consents: the tokens that come of somebody's consent, as long as it holds (RFC 6749 4.1)."""

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from secrets import token_bytes
from typing import Final, Protocol, TypeAlias

from facade.errors.caller import TokenRefused
from facade.errors.connections import AuthorizationRequired
from facade.errors.fault import Fault
from facade.errors.service import StoreUnavailable
from facade.model.call import Caller
from facade.model.version import Version
from facade.policy.credentials.endpoint import TIMEOUT, Endpoint, Request
from facade.policy.credentials.token import Token, is_invalid_grant, unpacked
from facade.sealing import Seal

LOGGER = logging.getLogger(__name__)

ATTEMPTS: Final = 3
"""Refresh tokens that are tried, where others got newer ones meanwhile."""
LEASE: Final = TIMEOUT + 1.0
"""Seconds that one process may take to renew a token while others wait."""
POLL: Final = 0.1
"""Seconds between two looks at what another process is getting."""


class Grants(Protocol):
    """Where the tokens are that servers gave last. All raise StoreUnavailable."""

    async def find(self, key: str) -> bytes | None:
        """What was kept last."""

    async def keep(self, key: str, sealed: bytes) -> None:
        """Keeps it in place of what was there."""

    async def drop(self, key: str) -> None:
        """Forgets it."""

    async def take(self, key: str, holder: bytes, now: datetime, until: datetime) -> bool:
        """Takes a lease that nobody else has then; whether nobody has it now."""

    async def release(self, key: str, holder: bytes) -> None:
        """Gives a lease back, where it is the holder's still."""


Lapsed: TypeAlias = Callable[[Version, Caller, str], Awaitable[Fault]]
"""Is told of a consent that does not hold, and says what its calls fail with; it is empty where
none was given yet."""


async def required(_version: Version, _caller: Caller, _consent: str) -> Fault:
    """What is said where nobody knows whom to ask."""
    return AuthorizationRequired("nobody has consented to these calls")


class Consents:
    """The tokens of consents: each is kept where no process loses it before it is used.

    A server that gives a new refresh token each time takes the use of an old one for theft
    (RFC 9700 section 4.14): one process renews it at a time, and what another has kept meanwhile
    counts first.
    """

    def __init__(
        self,
        grants: Grants,
        seal: Seal,
        endpoint: Endpoint,
        clock: Callable[[], float],
    ) -> None:
        """Takes where tokens are kept, what seals them, and who asks."""
        self._grants = grants
        self._seal = seal
        self._endpoint = endpoint
        self._clock = clock
        self.lapsed: Lapsed = required
        """Who hears of consents that do not hold: itself made of what gives tokens."""

    async def begin(self, consent: str, token: Token) -> None:
        """Keeps the first token of a consent; raises StoreUnavailable."""
        name = _name(consent)
        await self._grants.keep(name, self._seal.seal(token.packed(), name.encode()))

    async def kept(self, consent: str) -> Token | None:
        """The token of a consent that is kept; raises StoreUnavailable."""
        return await self._newest(consent, ())

    async def end(self, consent: str) -> None:
        """Forgets the tokens of a consent; raises StoreUnavailable."""
        await self._grants.drop(_name(consent))

    async def token(
        self, request: Request, known: tuple[Token | None, ...], dropped: Token | None
    ) -> Token:
        """A token that holds, and is not the one that was given up.

        `known` are those at hand, which may be newer than what is kept. Raises what `lapsed` says
        where the server takes the refresh token no more, and what the endpoint raises.
        """
        consent = request.client.kind.consent
        used: set[str] = set()
        while True:
            newest = await self._newest(consent, known)
            if newest is None:
                break
            now = self._clock()
            usable = newest.holds(now) and (dropped is None or newest.text != dropped.text)
            if usable and not (newest.refresh and newest.is_due(now)):
                return newest
            if not newest.refresh or newest.refresh in used or len(used) == ATTEMPTS:
                break
            async with self._alone(consent) as is_alone:
                renewed = await self._renewed(request, known, newest, used) if is_alone else None
            if renewed is not None:
                return renewed
            if not is_alone:
                if usable:
                    return newest
                await asyncio.sleep(POLL)
        raise await self.lapsed(request.plan.version, request.plan.caller, consent)

    async def _renewed(
        self,
        request: Request,
        known: tuple[Token | None, ...],
        old: Token,
        used: set[str],
    ) -> Token | None:
        """The token after an old one; None where another was faster, or the server refuses it."""
        newest = await self._newest(request.client.kind.consent, known)
        if newest is None or newest.refresh != old.refresh:
            return None
        used.add(old.refresh)
        try:
            token = await self._endpoint.ask(request, old.refresh)
        except TokenRefused as fault:
            if not is_invalid_grant(fault):
                raise
            return None
        await self._keep(request, token)
        return token

    @asynccontextmanager
    async def _alone(self, consent: str) -> AsyncIterator[bool]:
        """Whether no other process renews the token of a consent meanwhile.

        A process that ends in between keeps others from it until its lease has run out. Without
        the ledger nobody knows of others, and calls come first.
        """
        name, holder = _digest(f"renewal:{consent}"), token_bytes(16)
        now = datetime.fromtimestamp(self._clock(), UTC)
        is_leased = True
        try:
            is_alone = await self._grants.take(name, holder, now, now + timedelta(seconds=LEASE))
        except StoreUnavailable:
            is_alone, is_leased = True, False
        try:
            yield is_alone
        finally:
            if is_alone and is_leased:
                with suppress(StoreUnavailable):
                    await self._grants.release(name, holder)

    async def _newest(self, consent: str, known: tuple[Token | None, ...]) -> Token | None:
        """Of those at hand and the one that is kept, the one that was given last."""
        name = _name(consent)
        try:
            sealed = await self._grants.find(name)
        except StoreUnavailable:
            if not any(known):
                raise
            sealed = None
        plain = self._seal.unseal(sealed, name.encode()) if sealed else None
        kept = unpacked(plain) if plain is not None else None
        given = [each for each in (*known, kept) if each is not None]
        return max(given, key=lambda each: each.made) if given else None

    async def _keep(self, request: Request, token: Token) -> None:
        """Keeps a token before it is used; processes that share a store have it there as well."""
        try:
            await self.begin(request.client.kind.consent, token)
        except StoreUnavailable:
            LOGGER.warning(
                "%s: a new refresh token is not in the ledger", request.plan.version.name
            )


def _name(consent: str) -> str:
    """Where the tokens of a consent are kept; who reads the ledger alone learns no id by it."""
    return _digest(f"consent:{consent}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
