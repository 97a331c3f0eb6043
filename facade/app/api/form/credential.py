"""Credentials, by field."""

from collections.abc import Callable
from typing import Any

from msgspec import UNSET

from facade.app.api.form.form import TEXTS, Field, Form, Listed, Mapped, made
from facade.app.api.form.place import FieldPlace
from facade.app.api.form.scalar import REFERENCE, TEXT, Choice, choice
from facade.model.action import Location
from facade.model.credential import (
    KINDS,
    ApiKey,
    AwsSigV4,
    Basic,
    Bearer,
    ClientAuthentication,
    Credential,
    CustomHeaders,
    Digest,
    Grant,
    Kind,
    MutualTls,
    OAuth2,
    Passthrough,
)

LOCATION = Choice(
    {"": None, **{each.value: each for each in (Location.HEADER, Location.QUERY, Location.COOKIE)}},
    "must be header, query or cookie",
)
"""Where a key goes."""

BASIC = Form(
    "Credential.Basic",
    "A name and a password (RFC 7617).",
    (
        Field("username", TEXT, "The name."),
        Field(
            "password_secret",
            REFERENCE,
            "Where the password is, for example `env:PET_PASSWORD`.",
            required=True,
            own="password",
        ),
    ),
    made(Basic, username="", password=""),
)

DIGEST = Form(
    "Credential.Digest",
    "A name and a password that never travels (RFC 7616).",
    (
        Field("username", TEXT, "The name."),
        Field(
            "password_secret", REFERENCE, "Where the password is.", required=True, own="password"
        ),
    ),
    made(Digest, username="", password=""),
)

BEARER = Form(
    "Credential.Bearer",
    "A token in the Authorization header (RFC 6750).",
    (Field("token_secret", REFERENCE, "Where the token is.", required=True, own="token"),),
    made(Bearer, token=""),
)

API_KEY = Form(
    "Credential.ApiKey",
    "A key in a header, the query or a cookie.",
    (
        Field("key_secret", REFERENCE, "Where the key is.", required=True, own="key"),
        Field("prefix", TEXT, "Written before the key, for example `Token `."),
    ),
    made(ApiKey, key=""),
)


def _oauth2(given: dict[str, Any], place: FieldPlace) -> OAuth2:
    if "grant" not in given and not place.within("grant").refused:
        place.within("grant").refuse("is required")
    return OAuth2(**({"grant": Grant.CLIENT_CREDENTIALS} | given))


OAUTH2 = Form(
    "Credential.OAuth2",
    "Tokens of an authorization server (RFC 6749).",
    (
        Field("grant", choice("GRANT", Grant), "How a token is asked for.", required=True),
        Field(
            "token_uri",
            TEXT,
            "Where tokens are given. If unset: what the issuer, or the document's scheme, says.",
        ),
        Field(
            "issuer", TEXT, "Whose `/.well-known/openid-configuration` names the token endpoint."
        ),
        Field("client_id", TEXT, "The client's id."),
        Field("client_secret", REFERENCE, "Where the client's secret is."),
        Field(
            "client_authentication",
            choice("CLIENT_AUTHENTICATION", ClientAuthentication),
            "How the client proves who it is.",
        ),
        Field("scopes", Listed(TEXT), "What is asked for. If unset: what the operation asks for."),
        Field("audience", TEXT, "Whom the token is for."),
        Field("username", TEXT, "The user, for GRANT_PASSWORD."),
        Field(
            "password_secret",
            REFERENCE,
            "Where the user's password is, for GRANT_PASSWORD.",
            own="password",
        ),
        Field(
            "refresh_token_secret",
            REFERENCE,
            "Where the first refresh token is, for GRANT_REFRESH_TOKEN.",
            own="refresh_token",
        ),
        Field(
            "private_key_secret", REFERENCE, "Where the private key is, as PEM.", own="private_key"
        ),
        Field("key_id", TEXT, "The private key's id: `kid`."),
        Field("subject", TEXT, "Whom the assertion speaks for: `sub`. If unset: the client."),
        Field(
            "subject_metadata",
            TEXT,
            "The entry of the caller's metadata that holds the token to exchange.",
        ),
        Field("subject_token_type", TEXT, "What kind of token that is. If unset: an access token."),
        Field("extra_parameters", TEXTS, "More parameters of the token request.", own="extra"),
        Field(
            "authorization_uri",
            TEXT,
            "Where people consent, for GRANT_AUTHORIZATION_CODE. If unset: what the issuer, or the "
            "document's scheme, says.",
        ),
        Field(
            "revocation_uri",
            TEXT,
            "Where tokens are revoked when what somebody consented to is deleted (RFC 7009), for "
            "GRANT_AUTHORIZATION_CODE. If unset: what the issuer says.",
        ),
    ),
    _oauth2,
)

MUTUAL_TLS = Form(
    "Credential.MutualTls",
    "A client certificate.",
    (
        Field(
            "certificate_secret",
            REFERENCE,
            "Where the chain is, as PEM.",
            required=True,
            own="certificate",
        ),
        Field("key_secret", REFERENCE, "Where its key is, as PEM.", required=True, own="key"),
    ),
    made(MutualTls, certificate="", key=""),
)

AWS_SIG_V4 = Form(
    "Credential.AwsSigV4",
    "AWS Signature Version 4.",
    (
        Field(
            "access_key_id_secret",
            REFERENCE,
            "Where the access key id is.",
            required=True,
            own="access_key_id",
        ),
        Field(
            "secret_access_key_secret",
            REFERENCE,
            "Where the secret access key is.",
            required=True,
            own="secret_access_key",
        ),
        Field(
            "session_token_secret", REFERENCE, "Where the session token is.", own="session_token"
        ),
        Field("region", TEXT, "The region: `eu-central-1`.", required=True),
        Field("service", TEXT, "The service: `execute-api`.", required=True),
    ),
    made(AwsSigV4, access_key_id="", secret_access_key="", region="", service=""),
)

CUSTOM_HEADERS = Form(
    "Credential.CustomHeaders",
    "Header fields, each with a secret of its own.",
    (
        Field(
            "header_secrets",
            Mapped(REFERENCE),
            "Where the values are, by header name.",
            required=True,
            own="headers",
        ),
    ),
    made(CustomHeaders, headers={}),
)


def _of(kind: type[Kind]) -> Callable[[Credential], Kind | None]:
    """Finds what a credential of that kind is made of; nothing in one of another."""
    return lambda credential: credential.kind if isinstance(credential.kind, kind) else None


def _credential(given: dict[str, Any], place: FieldPlace) -> Any:
    """UNSET, and a problem, where it is of no kind."""
    kinds = [given.pop(name) for name in KINDS if name in given]
    if kinds:
        return Credential(**({"scheme": "", "kind": kinds[0]} | given))
    if not any(place.within(name).refused for name in KINDS):
        place.refuse(f"one of {', '.join(KINDS)} is required")
    return UNSET


CREDENTIAL = Form(
    "Credential",
    "A way to sign a call. A secret is named, never given: `env:NAME`, `file:NAME`, "
    "`vault:PATH#KEY` or `secret:NAME`.",
    (
        Field("scheme", TEXT, "The name of the security scheme in the document."),
        Field("basic", BASIC, "A name and a password.", oneof="kind", get=_of(Basic)),
        Field(
            "bearer", BEARER, "A token in the Authorization header.", oneof="kind", get=_of(Bearer)
        ),
        Field(
            "api_key",
            API_KEY,
            "A key in a header, the query or a cookie.",
            oneof="kind",
            get=_of(ApiKey),
        ),
        Field(
            "oauth2", OAUTH2, "Tokens of an authorization server.", oneof="kind", get=_of(OAuth2)
        ),
        Field(
            "digest",
            DIGEST,
            "A name and a password that never travels.",
            oneof="kind",
            get=_of(Digest),
        ),
        Field("mutual_tls", MUTUAL_TLS, "A client certificate.", oneof="kind", get=_of(MutualTls)),
        Field(
            "aws_sig_v4", AWS_SIG_V4, "AWS Signature Version 4.", oneof="kind", get=_of(AwsSigV4)
        ),
        Field(
            "custom_headers",
            CUSTOM_HEADERS,
            "Header fields, each with a secret of its own.",
            oneof="kind",
            get=_of(CustomHeaders),
        ),
        Field(
            "location",
            LOCATION,
            "Where the key goes, for a document that declares no such scheme: `header`, `query` "
            "or `cookie`.",
        ),
        Field("parameter", TEXT, "What the key is called there."),
    ),
    _credential,
)

PASSTHROUGH = Form(
    "Passthrough",
    "An entry of the caller's metadata that goes to the backend as a header: its own credential.",
    (
        Field("metadata", TEXT, "The entry's key, in lower case.", required=True),
        Field("header", TEXT, "The header.", required=True),
        Field("prefix", TEXT, "Written before the value, for example `Bearer `."),
    ),
    made(Passthrough, metadata="", header=""),
)
