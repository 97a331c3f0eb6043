"""Grant: how a token is asked for (RFC 6749, 7523 and 8693); pure."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import quote_plus, urlencode

from facade.model.action import SecurityScheme
from facade.model.call import Headers
from facade.model.credential import ClientAuthentication, Grant, OAuth2
from facade.policy.credentials.assertion import assertion
from facade.policy.credentials.token import Token

CLIENT_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
WELL_KNOWN = "/.well-known/openid-configuration"
"""Below an issuer: where it describes itself (OpenID Connect Discovery section 4)."""

_FLOWS: Mapping[Grant, tuple[str, ...]] = MappingProxyType(
    {
        Grant.CLIENT_CREDENTIALS: ("clientCredentials",),
        Grant.PASSWORD: ("password",),
        Grant.REFRESH_TOKEN: ("authorizationCode", "deviceAuthorization", "password"),
        Grant.AUTHORIZATION_CODE: ("authorizationCode",),
    }
)
"""Which flow of a document has a grant's token endpoint; else any that has one."""

_CODE = _FLOWS[Grant.AUTHORIZATION_CODE]


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """What came of a consent, with the proof that it was asked for here (RFC 7636)."""

    text: str = field(repr=False)
    redirect_uri: str
    verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A client of an authorization server, with its secrets at hand."""

    kind: OAuth2
    name: str
    """Tells it from every other client, scopes and values of secrets, and tells nothing of them."""
    scopes: tuple[str, ...] = ()
    token_uri: str = ""
    """Empty: the discovery tells it."""
    discovery_uri: str = ""
    authorization_uri: str = ""
    """Where people consent; empty: the discovery tells it, too."""
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Of its secrets, by reference."""

    @property
    def is_absolute(self) -> bool:
        """Whether the backend's own address says nothing of where tokens are given."""
        return "://" in (self.token_uri or self.discovery_uri)

    def value(self, reference: str) -> str:
        """A secret's value; empty for no reference."""
        return self.values[reference] if reference else ""


def endpoint_of(kind: OAuth2, scheme: SecurityScheme | None) -> tuple[str, str]:
    """Where a credential's tokens come from, or else where that is told; both may be empty.

    The credential's own word counts more than the document's, whose addresses may be relative.
    """
    if kind.token_uri:
        return kind.token_uri, ""
    if kind.issuer:
        return "", kind.issuer.rstrip("/") + WELL_KNOWN
    if scheme is None:
        return "", ""
    names = _FLOWS.get(kind.grant, ())
    for flow in sorted(scheme.flows, key=lambda each: each.name not in names):
        refresh = flow.refresh_uri if kind.grant is Grant.REFRESH_TOKEN else ""
        if refresh or flow.token_uri:
            return refresh or flow.token_uri, ""
    return "", scheme.discovery_uri


def authorization_of(kind: OAuth2, scheme: SecurityScheme | None) -> str:
    """Where people consent, as the credential or else the document says; empty: neither does."""
    if kind.authorization_uri or kind.issuer or scheme is None:
        return kind.authorization_uri
    return next((each.authorization_uri for each in scheme.flows if each.name in _CODE), "")


def scopes_of(kind: OAuth2, scheme: SecurityScheme | None) -> tuple[str, ...]:
    """The scopes that are asked for: the credential's, else those that the action asks for.

    A refresh token has its own, and must not ask for more (RFC 6749 section 6): of what somebody
    consented to, it is the server that knows it.
    """
    if kind.grant is Grant.AUTHORIZATION_CODE:
        return ()
    if kind.scopes or scheme is None or kind.grant is Grant.REFRESH_TOKEN:
        return kind.scopes
    return scheme.scopes


def request_of(
    client: Client, uri: str, subject: str, refresh: str, now: float
) -> tuple[Headers, bytes]:
    """Header fields and body of the request for a token at an endpoint.

    `subject` is the token to exchange, `refresh` the refresh token, for the grants that need
    one. Raises ConnectionIncomplete where the private key is none.
    """
    return _form(client, uri, _asked(client, _grant(client, uri, subject, refresh, now)), now)


def exchange_of(client: Client, uri: str, code: Code, now: float) -> tuple[Headers, bytes]:
    """The same of the request for the token that a code stands for (RFC 6749 section 4.1.3)."""
    fields = {
        "grant_type": str(Grant.AUTHORIZATION_CODE),
        "code": code.text,
        "redirect_uri": code.redirect_uri,
        "code_verifier": code.verifier,
    }
    return _form(client, uri, _asked(client, fields), now)


def revocation_of(client: Client, uri: str, token: Token, now: float) -> tuple[Headers, bytes]:
    """The same of the request to revoke a token and what goes with it (RFC 7009 section 2.1)."""
    hint = "refresh_token" if token.refresh else "access_token"
    return _form(client, uri, {"token": token.refresh or token.text, "token_type_hint": hint}, now)


def _asked(client: Client, fields: Mapping[str, str]) -> dict[str, str]:
    """The fields of a request for a token, with those of the credential."""
    return {**client.kind.extra, **{name: each for name, each in fields.items() if each}}


def _form(client: Client, uri: str, fields: Mapping[str, str], now: float) -> tuple[Headers, bytes]:
    authorization, proof = _authentication(client, uri, now)
    body = {**fields, **proof}
    headers: Headers = (
        ("accept", "application/json"),
        ("content-type", "application/x-www-form-urlencoded"),
        *authorization,
    )
    return headers, urlencode(body).encode()


def _grant(client: Client, uri: str, subject: str, refresh: str, now: float) -> dict[str, str]:
    kind = client.kind
    fields = {"grant_type": str(kind.grant), "scope": " ".join(client.scopes)}
    match kind.grant:
        case Grant.CLIENT_CREDENTIALS:
            fields["audience"] = kind.audience
        case Grant.PASSWORD:
            fields |= {
                "username": kind.username,
                "password": client.value(kind.password),
                "audience": kind.audience,
            }
        case Grant.REFRESH_TOKEN | Grant.AUTHORIZATION_CODE:
            fields |= {"grant_type": str(Grant.REFRESH_TOKEN), "refresh_token": refresh}
        case Grant.JWT_BEARER:
            claims = {"sub": kind.subject or kind.client_id, "aud": kind.audience or uri}
            if client.scopes:  # where Google reads them
                claims["scope"] = " ".join(client.scopes)
            fields["assertion"] = _signed(client, claims, now)
        case Grant.TOKEN_EXCHANGE:
            fields |= {
                "subject_token": subject,
                "subject_token_type": kind.subject_token_type,
                "audience": kind.audience,
            }
    return fields


def _authentication(client: Client, uri: str, now: float) -> tuple[Headers, dict[str, str]]:
    """How the client says who it is: header fields, and fields of the form (RFC 6749 2.3)."""
    kind = client.kind
    secret = client.value(kind.client_secret)
    match kind.client_authentication:
        case ClientAuthentication.BASIC if secret:
            pair = f"{quote_plus(kind.client_id)}:{quote_plus(secret)}".encode()
            return (("authorization", f"Basic {base64.b64encode(pair).decode('ascii')}"),), {}
        case ClientAuthentication.POST if secret:
            return (), {"client_id": kind.client_id, "client_secret": secret}
        case ClientAuthentication.PRIVATE_KEY:
            proof = _signed(client, {"sub": kind.client_id, "aud": uri}, now)
            return (), {
                "client_id": kind.client_id,
                "client_assertion_type": CLIENT_ASSERTION,
                "client_assertion": proof,
            }
    if kind.grant is Grant.JWT_BEARER:  # the assertion is all (RFC 7523 section 3.1)
        return (), {}
    return (), {"client_id": kind.client_id} if kind.client_id else {}


def _signed(client: Client, claims: Mapping[str, str], now: float) -> str:
    kind = client.kind
    whole = {"iss": kind.client_id, **claims}
    reference = kind.private_key or "credentials.oauth2.private_key"
    return assertion(client.value(kind.private_key), reference, kind.key_id, whole, now)
