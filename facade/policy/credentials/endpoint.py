"""Endpoint: a token is asked for over the wire, where its server says that one is given."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol
from urllib.parse import urljoin, urlsplit

import msgspec
from msgspec import structs

from facade.errors.backend import BackendFault
from facade.errors.fault import Fault, Violation
from facade.errors.service import TokenUnavailable
from facade.model.call import Headers, Plan, Reply
from facade.model.ports import DEFAULT_PORTS
from facade.policy.credentials.description import Description, description_of
from facade.policy.credentials.grant import (
    WELL_KNOWN,
    Client,
    Code,
    exchange_of,
    request_of,
    revocation_of,
)
from facade.policy.credentials.marks import incomplete
from facade.policy.credentials.token import Token, check_revoked, refused, token_of
from facade.recent import Recent
from facade.telemetry import names
from facade.telemetry.spans import Kind, Span, step

TIMEOUT = 5.0
"""Seconds that the authorization server has for an answer, whoever waits how long for it."""
PROVIDERS = 1024
"""Descriptions that are kept."""
DESCRIBED = 3600.0
"""Seconds that a provider's description is gone by."""


class Transport(Protocol):
    """What sends a plan, under the same rules wherever it goes."""

    async def send(self, plan: Plan) -> Reply:
        """Sends it; any status is a reply, everything else a Fault."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A token that a call needs."""

    client: Client
    plan: Plan
    """Of the call: whose connections are used."""
    subject: str = ""
    """The caller's own token, to be exchanged."""

    def __repr__(self) -> str:
        """Without what is secret."""
        return f"Request(client={self.client!r}, plan={self.plan!r})"

    @property
    def key(self) -> tuple[str, str, str, str, str]:
        """Two calls with the same key take the same token."""
        caller, client = self.plan.caller, self.client
        origin = "" if client.is_absolute else self.plan.origin
        return client.name, origin, caller.tenant, caller.connection, self.subject


class Endpoint:
    """Asks authorization servers for tokens."""

    def __init__(self, transport: Transport, clock: Callable[[], float] = time.time) -> None:
        """Takes what sends, and a clock that knows the date."""
        self._transport = transport
        self._clock = clock
        self._described: Recent[tuple[object, str], tuple[float, Description]] = Recent(PROVIDERS)

    async def ask(self, request: Request, refresh: str = "") -> Token:
        """Asks for a token once, with a refresh token where it is the grant.

        Raises TokenRefused, TokenUnavailable, ConnectionIncomplete where it is not known where to
        ask, and EgressDenied where that may not be.
        """
        client = request.client
        uri = await self._token_uri(request)
        headers, body = request_of(client, uri, request.subject, refresh, self._clock())
        reply = await self._send(request, "POST", uri, headers, body)
        secrets = (*client.values.values(), request.subject, refresh)
        return token_of(reply, self._clock(), secrets, refresh)

    async def exchange(self, request: Request, code: Code) -> Token:
        """The token that a code stands for (RFC 6749 section 4.1.3); raises as `ask` does."""
        uri = await self._token_uri(request)
        headers, body = exchange_of(request.client, uri, code, self._clock())
        reply = await self._send(request, "POST", uri, headers, body)
        secrets = (*request.client.values.values(), code.text, code.verifier)
        return token_of(reply, self._clock(), secrets, renewable=True)

    async def revoke(self, request: Request, token: Token) -> bool:
        """Revokes a token and what goes with it (RFC 7009); whether its server has a place for it.

        Raises TokenUnavailable where the server does not answer now, TokenRefused where it will
        not, ConnectionIncomplete and EgressDenied where it may not be asked.
        """
        uri = await self._revocation_uri(request)
        if not uri:
            return False
        headers, body = revocation_of(request.client, uri, token, self._clock())
        reply = await self._send(request, "POST", uri, headers, body)
        check_revoked(reply, (*request.client.values.values(), token.text, token.refresh))
        return True

    async def consent_at(self, request: Request) -> Description:
        """Where people consent, and what is known of the server there.

        The issuer is empty where nobody told it. Raises ConnectionIncomplete where the place is not
        known, TokenRefused where the server takes no PKCE, and what `ask` raises.
        """
        kind, origin = request.client.kind, request.plan.origin
        if request.client.authorization_uri:
            uri = absolute(origin, request.client.authorization_uri)
            uri = _checked(request, uri, kind.authorization_uri)
            return Description(issuer=kind.issuer, token_uri="", authorization_uri=uri)
        told = await self._described_by(request)
        if not told.authorization_uri:
            raise refused("its description names no authorization endpoint")
        if not told.takes_pkce:
            raise refused("it does not take PKCE with S256")
        return replace(told, authorization_uri=absolute(origin, told.authorization_uri))

    async def _token_uri(self, request: Request) -> str:
        told = request.client.token_uri or (await self._described_by(request)).token_uri
        uri = absolute(request.plan.origin, told)
        return _checked(request, uri, request.client.kind.token_uri)

    async def _revocation_uri(self, request: Request) -> str:
        """Where tokens are revoked; empty where nobody says that they are."""
        kind = request.client.kind
        told = kind.revocation_uri
        if not told and (kind.issuer or request.client.discovery_uri):
            told = (await self._described_by(request)).revocation_uri
        if not told:
            return ""
        return _checked(request, absolute(request.plan.origin, told), kind.revocation_uri)

    async def _described_by(self, request: Request) -> Description:
        """What a provider says of itself (OpenID Connect Discovery section 4)."""
        issuer, now = request.client.kind.issuer, self._clock()
        told = issuer.rstrip("/") + WELL_KNOWN if issuer else request.client.discovery_uri
        if not told:
            raise _nowhere("is required: the document names no token endpoint")
        uri = absolute(request.plan.origin, told)
        key = request.plan.version.name, uri
        known = self._described.get(key)
        if known is None or known[0] <= now:
            accept = (("accept", "application/json"),)
            reply = await self._send(request, "GET", uri, accept, None)
            known = now + DESCRIBED, description_of(reply, issuer or uri.removesuffix(WELL_KNOWN))
            self._described.put(key, known)
        return known[1]

    async def _send(
        self, request: Request, method: str, uri: str, headers: Headers, body: bytes | None
    ) -> Reply:
        origin, target = address(uri)
        plan = structs.replace(
            request.plan,
            method=method,
            origin=origin,
            target=target,
            headers=headers,
            body=body,
            elsewhere=(),
            timeout=TIMEOUT,
        )
        with step(method, Kind.CLIENT) as span:
            _tell(span, method, origin, uri)
            try:
                reply = await self._transport.send(plan)
            except BackendFault as fault:
                raise TokenUnavailable(f"no token: {fault.message}") from None
            span.set(names.HTTP_STATUS, reply.status)
            if reply.status >= 400:
                span.fail(str(reply.status))
            return reply


def _tell(span: Span, method: str, origin: str, uri: str) -> None:
    """Says what is sent; of its URL no query, since that may name a client."""
    if span.recorded:
        server = urlsplit(origin)
        span.set(names.HTTP_METHOD, method)
        span.set(names.URL_FULL, uri.partition("?")[0])
        span.set(names.SERVER_ADDRESS, server.hostname or "")
        span.set(names.SERVER_PORT, server.port or DEFAULT_PORTS[server.scheme])


def _checked(request: Request, uri: str, own: str) -> str:
    """The URL; raises ConnectionIncomplete where a document would lead a secret away.

    Where the version itself says where calls go, its document does not say where secrets go: to
    another host only by the credential's own word.
    """
    destination = request.plan.version.destination
    if own or request.client.kind.issuer or not destination.uri:
        return uri
    known = (request.plan.origin, destination.uri, *destination.others)
    if urlsplit(uri).hostname not in {urlsplit(each).hostname for each in known}:
        raise _nowhere("is required: the document names one at another host than the version's")
    return uri


def absolute(origin: str, uri: str) -> str:
    """A URL that may be relative to the server, as a document's may (OAS 3.1.1 section 4.6)."""
    try:
        return urljoin(origin, uri)
    except ValueError:
        raise _nowhere("is no URL") from None


def address(uri: str) -> tuple[str, str]:
    """Origin and target of a URL; raises ConnectionIncomplete for one that is none."""
    try:
        parts = urlsplit(uri)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise _nowhere("is no URL") from None
    plain = uri.isascii() and uri.isprintable() and " " not in uri
    if parts.scheme not in DEFAULT_PORTS or not host or "@" in parts.netloc or not plain:
        raise _nowhere("must be an https URL without a user's name")
    named = f"[{host}]" if ":" in host else host
    ending = "" if port in {None, DEFAULT_PORTS[parts.scheme]} else f":{port}"
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{named}{ending}", f"{parts.path or '/'}{query}"


def _nowhere(description: str) -> Fault:
    return incomplete(
        "it is not known where a token is given",
        Violation(field="credentials.oauth2.token_uri", description=description),
    )
