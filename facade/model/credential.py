"""Credential: how calls are signed for one security scheme. A secret is named, never given."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TypeAlias

from facade.model.action import Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Basic:
    """A name and a password (RFC 7617)."""

    username: str
    password: str
    """A secret reference, like every secret of a credential: `env:NAME`, `file:PATH`, …"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """A name and a password that never travels (RFC 7616)."""

    username: str
    password: str
    """A secret reference."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearer:
    """A token in the Authorization header (RFC 6750)."""

    token: str
    """A secret reference."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key in the header, query parameter or cookie that the scheme names."""

    key: str
    """A secret reference."""
    prefix: str = ""
    """Written before the key, for example `Token `."""


class Grant(StrEnum):
    """How a token is asked for (RFC 6749 section 1.3 and its extensions)."""

    CLIENT_CREDENTIALS = "client_credentials"
    PASSWORD = "password"  # noqa: S105 - the grant's name in the RFC
    REFRESH_TOKEN = "refresh_token"  # noqa: S105 - the grant's name in the RFC
    JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    """RFC 7523 section 2.1."""
    TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"  # noqa: S105 - RFC 8693
    """RFC 8693: the caller's own token becomes one for the backend."""
    AUTHORIZATION_CODE = "authorization_code"
    """RFC 6749 section 4.1, with PKCE (RFC 7636): whoever it is for consents in a browser."""


class ClientAuthentication(StrEnum):
    """How the client proves at the token endpoint who it is (OpenID Connect Core section 9)."""

    BASIC = "client_secret_basic"
    POST = "client_secret_post"
    PRIVATE_KEY = "private_key_jwt"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuth2:
    """Tokens of an authorization server (RFC 6749), in the Authorization header."""

    grant: Grant
    token_uri: str = ""
    """Where tokens are given; empty: found by `issuer`, or by the document's own scheme."""
    authorization_uri: str = ""
    """Of the authorization code grant: where people consent; empty: found in the same way."""
    revocation_uri: str = ""
    """Of the same grant: where tokens are revoked (RFC 7009); empty: what the issuer says."""
    issuer: str = ""
    """Whose `/.well-known/openid-configuration` names the token endpoint."""
    client_id: str = ""
    client_secret: str = ""
    """A secret reference; empty where the client authenticates otherwise."""
    client_authentication: ClientAuthentication = ClientAuthentication.BASIC
    scopes: tuple[str, ...] = ()
    audience: str = ""
    username: str = ""
    """Of the password grant."""
    password: str = ""
    """Of the password grant: a secret reference."""
    refresh_token: str = ""
    """Of the refresh token grant: a secret reference."""
    private_key: str = ""
    """A secret reference to a PEM key: signs the assertion (RFC 7523), or the client's own."""
    key_id: str = ""
    """`kid` of what the private key signs."""
    subject: str = ""
    """`sub` of a JWT bearer assertion; empty: the client's id."""
    subject_metadata: str = ""
    """Of a token exchange: the caller's metadata entry that holds the token to exchange."""
    subject_token_type: str = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - RFC 8693
    extra: Mapping[str, str] = field(default_factory=dict)
    """More parameters of the token request, in the open: `resource`, …"""
    consent: str = ""
    """Of the authorization code grant: the id of the consent that a call's tokens come from. It is
    no part of a configuration: it is filled in for each connection and subject."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MutualTls:
    """A client certificate (RFC 8446 section 4.4.2)."""

    certificate: str
    """A secret reference to the PEM chain."""
    key: str
    """A secret reference to the PEM key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsSigV4:
    """AWS Signature Version 4."""

    access_key_id: str
    """A secret reference."""
    secret_access_key: str
    """A secret reference."""
    session_token: str = ""
    """A secret reference; empty: none."""
    region: str
    service: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomHeaders:
    """Header fields, each with a secret of its own."""

    headers: Mapping[str, str]
    """Secret references by header name."""


Kind: TypeAlias = Basic | Digest | Bearer | ApiKey | OAuth2 | MutualTls | AwsSigV4 | CustomHeaders


KINDS: Mapping[str, type[Kind]] = MappingProxyType(
    {
        "basic": Basic,
        "digest": Digest,
        "bearer": Bearer,
        "api_key": ApiKey,
        "oauth2": OAuth2,
        "mutual_tls": MutualTls,
        "aws_sig_v4": AwsSigV4,
        "custom_headers": CustomHeaders,
    }
)
"""By the names that messages, records and violations have for them."""

KIND_NAMES: Mapping[type[Kind], str] = MappingProxyType(
    {kind: name for name, kind in KINDS.items()}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """How calls are signed for one security scheme."""

    scheme: str
    """The name of the security scheme in the document."""
    kind: Kind
    location: Location | None = None
    """Where the key goes, for a document that declares no such scheme."""
    parameter: str = ""
    """What the key is called there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passthrough:
    """A metadata entry of the caller's that goes to the backend as a header: its own credential."""

    metadata: str
    """The entry's key, in lower case."""
    header: str
    prefix: str = ""
    """Written before the value, for example `Bearer `."""
