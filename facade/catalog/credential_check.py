"""What is wrong with credentials, by field; pure. Values of secrets are never told."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields
from types import MappingProxyType
from urllib.parse import urlsplit

from facade.errors.fault import Violation
from facade.model.action import Location
from facade.model.credential import (
    KIND_NAMES,
    ApiKey,
    AwsSigV4,
    Basic,
    ClientAuthentication,
    Credential,
    CustomHeaders,
    Digest,
    Grant,
    Kind,
    OAuth2,
    Passthrough,
)
from facade.model.field_names import TOKEN, is_framing
from facade.model.secret import FORM, PLACES, REFERENCE

REFERRING = frozenset(name for names in PLACES.values() for name in names)
"""Fields that hold references."""

METADATA_KEY = re.compile(r"[a-z0-9._-]+")
"""gRPC's metadata keys, but for `:` and capitals."""

_KEY_PLACES = {None, Location.HEADER, Location.QUERY, Location.COOKIE}

# What goes into a request as it is, in the open: the message's field, the noun's, and whether it
# must be there.
_LINES: Mapping[type[Kind], tuple[tuple[str, str, bool], ...]] = MappingProxyType(
    {
        Basic: (("basic.username", "username", False),),
        Digest: (("digest.username", "username", False),),
        ApiKey: (("api_key.prefix", "prefix", False),),
        AwsSigV4: (
            ("aws_sig_v4.region", "region", True),
            ("aws_sig_v4.service", "service", True),
        ),
    }
)

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

_NOT_EXTRA = frozenset(
    {
        "assertion",
        "client_assertion",
        "client_assertion_type",
        "client_secret",
        "code",
        "code_challenge",
        "code_challenge_method",
        "code_verifier",
        "grant_type",
        "password",
        "redirect_uri",
        "refresh_token",
        "response_type",
        "state",
        "subject_token",
    }
)
"""Parameters that have a field of their own, or that the gateway itself makes."""

_OF_GRANT: Mapping[Grant, tuple[str, ...]] = MappingProxyType(
    {
        Grant.CLIENT_CREDENTIALS: ("client_id",),
        Grant.PASSWORD: ("username", "password"),
        Grant.REFRESH_TOKEN: ("refresh_token",),
        Grant.JWT_BEARER: ("private_key",),
        Grant.TOKEN_EXCHANGE: ("subject_metadata",),
        Grant.AUTHORIZATION_CODE: ("client_id",),
    }
)
"""What a grant cannot do without."""

_OF_CLIENT: Mapping[ClientAuthentication, tuple[str, ...]] = MappingProxyType(
    {
        ClientAuthentication.BASIC: ("client_id", "client_secret"),
        ClientAuthentication.POST: ("client_id", "client_secret"),
        ClientAuthentication.PRIVATE_KEY: ("client_id", "private_key"),
        ClientAuthentication.NONE: (),
    }
)


def check_credential(
    credential: Credential, field: str, *, named: bool = True
) -> Iterator[Violation]:
    """Everything that forbids signing with a credential; `named`: a scheme must be told."""
    if named and not credential.scheme:
        yield Violation(
            field=f"{field}.scheme", description="the name of a security scheme is required"
        )
    yield from _check_kind(credential.kind, field)
    yield from _check_place(credential, field)


def check_passthrough(rule: Passthrough, field: str) -> Iterator[Violation]:
    """Everything that is wrong with a rule for the callers' own credentials."""
    yield from _check_metadata(rule.metadata, f"{field}.metadata")
    yield from _check_header(rule.header, f"{field}.header")
    yield from _check_line(rule.prefix, f"{field}.prefix")


def check_reference(reference: str, field: str) -> Iterator[Violation]:
    """Judges the form of a reference to a secret; whether it may be read is decided where it is."""
    if not REFERENCE.fullmatch(reference):
        yield Violation(field=field, description=FORM)


def check_uri(text: str, field: str) -> Iterator[Violation]:
    """Judges an address by its text; whether calls may go there is decided where they go."""
    problem = ""
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 - raises where the port is none
    except ValueError:
        problem = "is not a URL"
    else:
        if parts.scheme.lower() not in {"http", "https"} or not parts.hostname:
            problem = "must be an absolute http or https URL"
        elif parts.username is not None or parts.password is not None:
            problem = "must hold no name or password; use a credential"
        elif parts.fragment:
            problem = "must hold no fragment"
    if problem:
        yield Violation(field=field, description=problem)


def _check_kind(kind: Kind, field: str) -> Iterator[Violation]:
    if isinstance(kind, CustomHeaders):
        yield from _check_headers(kind.headers, f"{field}.custom_headers.header_secrets")
        return
    for each in fields(kind):
        reference = getattr(kind, each.name)
        if each.name in PLACES[type(kind)] and (reference or each.default is MISSING):
            place = f"{field}.{KIND_NAMES[type(kind)]}.{_field_of(each.name)}"
            yield from check_reference(reference, place)
    for place, name, required in _LINES.get(type(kind), ()):
        if required and not getattr(kind, name):
            yield Violation(field=f"{field}.{place}", description="is required")
        yield from _check_line(getattr(kind, name), f"{field}.{place}")
    if isinstance(kind, Basic) and ":" in kind.username:
        yield Violation(field=f"{field}.basic.username", description="RFC 7617 forbids `:` in it")
    if isinstance(kind, OAuth2):
        yield from _check_oauth2(kind, f"{field}.oauth2")


def _field_of(name: str) -> str:
    """What the message calls a field: those that hold references say so."""
    is_plain = name not in REFERRING or name.endswith("_secret")
    return name if is_plain else f"{name}_secret"


def _check_oauth2(kind: OAuth2, field: str) -> Iterator[Violation]:
    client = kind.client_authentication
    wanted = dict.fromkeys(_OF_CLIENT[client], f"the client authentication `{client.name.lower()}`")
    wanted |= dict.fromkeys(_OF_GRANT[kind.grant], f"the grant `{kind.grant.name.lower()}`")
    for name in sorted(wanted):
        if not getattr(kind, name):
            yield Violation(
                field=f"{field}.{_field_of(name)}",
                description=f"is required for {wanted[name]}",
            )
    if kind.subject_metadata:
        yield from _check_metadata(kind.subject_metadata, f"{field}.subject_metadata")
    for name in sorted(_NOT_EXTRA & kind.extra.keys()):
        yield Violation(
            field=f"{field}.extra_parameters[{name}]",
            description="is set by another field, or by the gateway itself",
        )
    for name in ("token_uri", "authorization_uri", "revocation_uri", "issuer"):
        if uri := getattr(kind, name):
            yield from check_uri(uri, f"{field}.{name}")


def _check_headers(headers: Mapping[str, str], field: str) -> Iterator[Violation]:
    if not headers:
        yield Violation(field=field, description="at least one header is required")
    for name, reference in headers.items():
        yield from _check_header(name, f"{field}[{name}]")
        yield from check_reference(reference, f"{field}[{name}]")


def _check_place(credential: Credential, field: str) -> Iterator[Violation]:
    """Judges where a key goes, for a document that does not say."""
    location, name = credential.location, credential.parameter
    if (location is None) != (not name):
        yield Violation(
            field=f"{field}.parameter", description="goes together with the location of the key"
        )
    elif location is Location.HEADER:
        yield from _check_header(name, f"{field}.parameter")
    elif location is Location.COOKIE and not TOKEN.fullmatch(name):
        yield Violation(field=f"{field}.parameter", description="must be a name that HTTP allows")
    elif location not in _KEY_PLACES:
        yield Violation(field=f"{field}.location", description="must be header, query or cookie")


def _check_metadata(key: str, field: str) -> Iterator[Violation]:
    if not METADATA_KEY.fullmatch(key) or is_framing(key):
        yield Violation(field=field, description="must be a metadata key in lower case")
    elif key.endswith("-bin"):
        yield Violation(field=field, description="must hold text: no `-bin`")


def _check_line(text: str, field: str) -> Iterator[Violation]:
    if _CONTROL.search(text):
        yield Violation(field=field, description="must be one line, without control characters")


def _check_header(name: str, field: str) -> Iterator[Violation]:
    if not TOKEN.fullmatch(name):
        yield Violation(field=field, description="must be a name that HTTP allows")
    elif is_framing(name):
        yield Violation(field=field, description="is a header that the gateway alone sets")
