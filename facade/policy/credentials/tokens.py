"""Tokens: kept, shared between processes, renewed early, and asked for once however many wait."""

import asyncio
import copy
import hashlib
import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping

import orjson

from facade.background import Background
from facade.errors.caller import TokenRefused
from facade.errors.fault import Fault
from facade.errors.service import DeadlineExceeded, StoreUnavailable
from facade.model.credential import Grant
from facade.policy.credentials.consents import Consents, Grants
from facade.policy.credentials.endpoint import TIMEOUT, Endpoint, Request
from facade.policy.credentials.token import LONGEST, Token, is_invalid_grant, unpacked
from facade.recent import Recent
from facade.sealing import Seal
from facade.stores.shared import Shared, SharedGone
from facade.telemetry import names
from facade.telemetry.spans import SILENT, Span, apart, step

LOGGER = logging.getLogger(__name__)

MOST = 10_000
"""Tokens that one process keeps."""
PAUSE = 1.0
"""Seconds that a failure is answered for again before the server is asked once more."""
LEASE = TIMEOUT + 1.0
"""Seconds that one process may take for a token while others wait."""
POLL = 0.05
"""Seconds between two looks at what another process is getting."""

TokenKey = tuple[str, str, str, str, str]


class Tokens(Background):
    """Gives tokens to calls. It is open for as long as it is entered.

    A token is asked for by one task whatever becomes of the calls that wait for it, and by one
    process: the right to replace a token is a lease named after the token that is replaced. The
    lease is left to run out where the new one has come, so that nobody who has not seen it yet
    asks again. Without the shared store each process asks for itself.
    """

    def __init__(
        self,
        shared: Shared,
        grants: Grants,
        seal: Seal,
        endpoint: Endpoint,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Takes what processes share, what no process may lose, what seals both, and who asks.

        The clock knows the date.
        """
        super().__init__()
        self.consents = Consents(grants, seal, endpoint, clock)
        """The tokens that come of people's consent."""
        self._grants = grants
        self._shared = shared
        self._seal = seal
        self._endpoint = endpoint
        self._clock = clock
        self._held: Recent[TokenKey, Token] = Recent(MOST)
        self._dropped: Recent[TokenKey, tuple[float, Token]] = Recent(MOST)
        self._failed: Recent[TokenKey, tuple[float, BaseException]] = Recent(MOST)
        self._flights: dict[TokenKey, asyncio.Task[Token | BaseException]] = {}
        self._results: Counter[tuple[str, ...]] = Counter({("fetched",): 0, ("failed",): 0})

    def results(self) -> Mapping[tuple[str, ...], int]:
        """How often a token was asked for and came, and how often it did not."""
        return self._results

    def at_hand(self, request: Request) -> Token | None:
        """A token that holds, if there is one."""
        return self._holding(request.key, self._clock())

    async def take(self, request: Request) -> Token:
        """A token that holds; waits for it within the call's timeout, or takes one that is due.

        Raises what the endpoint raises, for a second without asking again, and DeadlineExceeded.
        """
        key, now = request.key, self._clock()
        token = self._holding(key, now)
        if token is not None:
            if token.is_due(now):
                self._renew_beside(request)
            return token
        failure = self._failure(key)
        if failure is not None:
            raise failure
        kind = request.client.kind
        if kind.grant is Grant.AUTHORIZATION_CODE and not kind.consent:
            raise await self.consents.lapsed(request.plan.version, request.plan.caller, "")
        with step(names.TOKEN) as span:
            return await self._awaited(request, span)

    def _holding(self, key: TokenKey, now: float) -> Token | None:
        token = self._held.get(key)
        return token if token is not None and token.holds(now) else None

    async def _awaited(self, request: Request, span: Span) -> Token:
        """A token that is asked for, by this call or already by another."""
        flight = self._flights.get(request.key)
        span.set(names.SHARED, flight is not None)
        if flight is None:
            flight = self._start(request, SILENT)
        done, _ = await asyncio.wait((flight,), timeout=request.plan.timeout)
        if not done:
            raise DeadlineExceeded("the deadline passed before a token came")
        outcome = flight.result()
        if isinstance(outcome, Token):
            return outcome
        raise _again(outcome)

    def drop(self, key: TokenKey, token: Token) -> bool:
        """Gives up a token that was not accepted; whether there is, or may be, another.

        A moment after the last one was given up it is not the token that is at fault.
        """
        if self._held.get(key) != token:
            return True
        dropped = self._dropped.get(key)
        if dropped is not None and self._is_recent(dropped[0]):
            return False
        self._held.pop(key)
        self._dropped.put(key, (self._clock(), token))
        return True

    def _renew_beside(self, request: Request) -> None:
        """Has a token renewed while calls go on with it."""
        if request.key not in self._flights and self._failure(request.key) is None:
            self._start(request, apart(names.TOKEN_RENEWAL))

    def _failure(self, key: TokenKey) -> BaseException | None:
        """What the last try ended in, a moment ago; each call gets one of its own."""
        failed = self._failed.get(key)
        if failed is None or not self._is_recent(failed[0]):
            return None
        return _again(failed[1])

    def _is_recent(self, then: float) -> bool:
        """Whether something was a moment ago, and not after now, by a clock that was set back."""
        return 0.0 <= self._clock() - then < PAUSE

    def _start(self, request: Request, span: Span) -> asyncio.Task[Token | BaseException]:
        flight = self._flights[request.key] = self.start(self._fly(request, span))
        return flight

    async def _fly(self, request: Request, span: Span) -> Token | BaseException:
        """A token, or what kept it away: a failure must end neither the group nor a server."""
        key, old = request.key, self._held.get(request.key)
        with span:
            (outcome,) = await asyncio.gather(self._obtain(request), return_exceptions=True)
            if isinstance(outcome, Fault):
                span.fail(outcome.reason)
        del self._flights[key]
        if isinstance(outcome, Token):
            self._results["fetched",] += 1
            self._held.put(key, outcome)
        else:
            self._results["failed",] += 1
            now = self._clock()
            self._failed.put(key, (now, _again(outcome)))
            if old is not None and old.holds(now):
                reason = outcome.reason if isinstance(outcome, Fault) else type(outcome).__name__
                LOGGER.warning("%s: a token is not renewed: %s", request.plan.version.name, reason)
        return outcome

    async def _obtain(self, request: Request) -> Token:
        """From another process, where one has it or is getting it, else from the server."""
        name = "token:" + self._seal.name(*request.key)
        gone = self._dropped.get(request.key)
        dropped = gone[1] if gone is not None else None
        known = self._held.get(request.key) or dropped
        try:
            while True:
                (sealed,) = await self._shared.get(name)
                shared = self._opened(name, sealed)
                if shared and shared != dropped and not shared.is_due(self._clock()):
                    return shared
                lease = f"{name}:{self._seal.name(sealed or b'')}"
                fence = await self._shared.lease(lease, LEASE)
                if fence is not None:
                    break
                await asyncio.sleep(POLL)
        except SharedGone:
            return await self._ask(request, name, known)
        try:
            return await self._ask(request, name, shared, known)
        except (Fault, asyncio.CancelledError):
            await self._shared.release(lease, fence)
            raise

    def _opened(self, name: str, sealed: bytes | None) -> Token | None:
        """The token that processes share, whether it still holds or not; what is forged is none."""
        plain = self._seal.unseal(sealed, name.encode()) if sealed else None
        return unpacked(plain) if plain is not None else None

    async def _ask(self, request: Request, name: str, *known: Token | None) -> Token:
        """A new token from the server, told to the other processes."""
        match request.client.kind.grant:
            case Grant.REFRESH_TOKEN:
                token = await self._refreshed(request, known)
            case Grant.AUTHORIZATION_CODE:
                gone = self._dropped.get(request.key)
                token = await self.consents.token(request, known, gone[1] if gone else None)
            case _:
                token = await self._endpoint.ask(request)
        life = LONGEST if token.refresh else max(token.expires - token.made, 2 * LEASE)
        self._shared.put(name, self._seal.seal(token.packed(), name.encode()), life)
        return token

    async def _refreshed(self, request: Request, known: tuple[Token | None, ...]) -> Token:
        """A new token by the newest refresh token that the server takes.

        A server may give a new refresh token each time. Those before it are tried where it is
        refused, down to the one that the credential names: the new one may be lost on its way.
        """
        given = [(each.made, each.refresh) for each in known if each is not None]
        given += await self._kept(request)
        newest = [refresh for _, refresh in sorted(given, reverse=True)]
        *others, last = dict.fromkeys([*newest, _first(request)])
        for refresh in others:
            try:
                return await self._exchanged(request, refresh)
            except TokenRefused as fault:
                if not is_invalid_grant(fault):
                    raise
        return await self._exchanged(request, last)

    async def _exchanged(self, request: Request, refresh: str) -> Token:
        """A token for a refresh token; one that comes in its place is kept before it is used."""
        token = await self._endpoint.ask(request, refresh)
        if token.refresh != refresh:
            name = _grant_name(request)
            plain = orjson.dumps([_digest(_first(request)), token.made, token.refresh])
            try:
                await self._grants.keep(name, self._seal.seal(plain, name.encode()))
            except StoreUnavailable:
                LOGGER.warning(
                    "%s: a new refresh token is not in the ledger", request.plan.version.name
                )
        return token

    async def _kept(self, request: Request) -> list[tuple[float, str]]:
        """The refresh token that the server gave last, and when, if one was ever kept.

        One that goes back to another token than the credential now names is of no use.
        """
        name = _grant_name(request)
        try:
            sealed = await self._grants.find(name)
        except StoreUnavailable:
            return []
        plain = self._seal.unseal(sealed, name.encode()) if sealed else None
        if plain is None:
            return []
        first, made, refresh = orjson.loads(plain)
        return [(made, refresh)] if first == _digest(_first(request)) else []


def _first(request: Request) -> str:
    """The refresh token that the credential names."""
    return request.client.value(request.client.kind.refresh_token)


def _grant_name(request: Request) -> str:
    """Where its refresh token is kept: the same under every key that seals, and every release."""
    client, (_, *place) = request.client, request.key
    where = client.token_uri or client.discovery_uri
    return _digest(repr((where, client.kind.client_id, client.kind.refresh_token, *place)))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _again(outcome: BaseException) -> BaseException:
    """A failure for one more call: each adds to its own what it knows."""
    return copy.copy(outcome) if isinstance(outcome, Fault) else outcome
