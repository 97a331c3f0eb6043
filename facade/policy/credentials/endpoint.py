"""Endpoint: a token is asked for over the wire, where its server says that one is given."""

import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol
from urllib.parse import urljoin, urlsplit

import msgspec
import orjson
from msgspec import structs

from facade.errors.backend import BackendFault
from facade.errors.fault import Fault, Violation
from facade.errors.service import TokenUnavailable
from facade.model.call import Headers, Plan, Reply
from facade.model.ports import DEFAULT_PORTS
from facade.policy.credentials.grant import WELL_KNOWN, Client, request_of
from facade.policy.credentials.marks import incomplete
from facade.policy.credentials.token import Token, refused, token_of
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
        self._described: Recent[tuple[object, str], tuple[float, str]] = Recent(PROVIDERS)

    async def ask(self, request: Request, refresh: str = "") -> Token:
        """Asks for a token once, with a refresh token where it is the grant.

        Raises TokenRefused, TokenUnavailable, ConnectionIncomplete where it is not known where to
        ask, and EgressDenied where that may not be.
        """
        client = request.client
        uri = client.token_uri or await self._described_by(request)
        uri = absolute(request.plan.origin, uri)
        _check_host(request, uri)
        headers, body = request_of(client, uri, request.subject, refresh, self._clock())
        reply = await self._send(request, "POST", uri, headers, body)
        secrets = (*client.values.values(), request.subject, refresh)
        return token_of(reply, self._clock(), secrets, refresh)

    async def _described_by(self, request: Request) -> str:
        """The token endpoint that a provider's description names (OpenID Connect Discovery 4)."""
        told, now = request.client.discovery_uri, self._clock()
        if not told:
            raise _nowhere("is required: the document names no token endpoint")
        uri = absolute(request.plan.origin, told)
        key = request.plan.version.name, uri
        known = self._described.get(key)
        if known is None or known[0] <= now:
            accept = (("accept", "application/json"),)
            reply = await self._send(request, "GET", uri, accept, None)
            issuer = request.client.kind.issuer or uri.removesuffix(WELL_KNOWN)
            known = now + DESCRIBED, _token_endpoint(reply, issuer)
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


def _check_host(request: Request, uri: str) -> None:
    """Raises ConnectionIncomplete where a document would lead a secret away.

    Where the version itself says where calls go, its document does not say where secrets go: to
    another host only by the credential's own word.
    """
    kind, destination = request.client.kind, request.plan.version.destination
    if kind.token_uri or kind.issuer or not destination.uri:
        return
    known = (request.plan.origin, destination.uri, *destination.others)
    if urlsplit(uri).hostname not in {urlsplit(each).hostname for each in known}:
        raise _nowhere("is required: the document names one at another host than the version's")


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


def _token_endpoint(reply: Reply, issuer: str) -> str:
    """Reads a provider's description, which must be the issuer's own."""
    described: Any = None
    if reply.status == 200:
        try:
            described = orjson.loads(reply.body)
        except ValueError:
            described = None
    if not isinstance(described, Mapping):
        raise refused(f"its description is not there (status {reply.status})")
    said, endpoint = described.get("issuer"), described.get("token_endpoint")
    if not isinstance(said, str) or said.rstrip("/") != issuer.rstrip("/"):
        raise refused("its description is that of another issuer")
    if not isinstance(endpoint, str):
        raise refused("its description names no token endpoint")
    return endpoint


def _nowhere(description: str) -> Fault:
    return incomplete(
        "it is not known where a token is given",
        Violation(field="credentials.oauth2.token_uri", description=description),
    )
