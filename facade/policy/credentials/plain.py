"""Credentials that are written as they are: passwords, tokens, keys, headers."""

import base64
from collections.abc import Callable, Iterator
from urllib.parse import quote

from facade.errors.fault import Violation
from facade.model.action import Location, SecurityScheme
from facade.model.credential import ApiKey, Basic, Bearer, Credential, CustomHeaders
from facade.model.field_names import TOKEN
from facade.policy.credentials.marks import Mark, header_flaw, incomplete

Values = Callable[[str], str]
"""The one-line value of a secret, by its reference; raises ConnectionIncomplete."""


def marks_of(
    credential: Credential, scheme: SecurityScheme | None, value: Values
) -> Iterator[Mark]:
    """What a credential writes; nothing where it is of no plain kind.

    Raises ConnectionIncomplete, naming what cannot be written where it must go.
    """
    match credential.kind:
        case Basic(username=username, password=password):
            yield basic(username, value(password))
        case Bearer(token=token):
            yield bearer(value(token))
        case ApiKey(key=key, prefix=prefix):
            yield _api_key(credential, scheme, prefix, value(key))
        case CustomHeaders(headers=headers):
            for name, reference in headers.items():
                if flaw := header_flaw(name):
                    raise _misplaced(f"the header that `{credential.scheme}` names {flaw}")
                text = value(reference)
                yield Mark(name=name, value=text, secrets=(text,))


def basic(username: str, password: str) -> Mark:
    """A user name and a password (RFC 7617), in UTF-8."""
    if ":" in username:
        raise incomplete(
            "a user name of basic authentication holds a colon",
            Violation(field="credentials", description="RFC 7617 forbids `:` in a user name"),
        )
    pair = base64.b64encode(f"{username}:{password}".encode()).decode("ascii")
    return Mark(value=f"Basic {pair}", secrets=(password, pair))


def bearer(token: str) -> Mark:
    """A bearer token (RFC 6750 section 2.1)."""
    return Mark(value=f"Bearer {token}", secrets=(token,))


def place_of(credential: Credential, scheme: SecurityScheme | None) -> tuple[Location, str]:
    """Where a credential goes: what the document declares counts, else what it says itself."""
    if scheme is not None and scheme.type == "apiKey":
        return scheme.location, scheme.parameter
    if isinstance(credential.kind, ApiKey) and (scheme is None or not scheme.type):
        declared = "Authorization" if scheme is not None else ""
        return credential.location or Location.HEADER, credential.parameter or declared
    return Location.HEADER, "Authorization"


def _api_key(credential: Credential, scheme: SecurityScheme | None, prefix: str, key: str) -> Mark:
    location, name = place_of(credential, scheme)
    if not name or location in {Location.PATH, Location.BODY}:
        raise incomplete(
            "it is not known where an api_key goes",
            Violation(
                field="credentials",
                description=f"the document asks for no `{credential.scheme}`: `location` and"
                " `parameter` must say which header, query parameter or cookie takes the key",
            ),
        )
    if flaw := _name_flaw(location, name):
        raise _misplaced(f"the {location} that `{credential.scheme}` names {flaw}")
    value = prefix + key
    if location is Location.COOKIE and any(each in ' ",;\\' for each in value):
        raise incomplete(
            "an api_key cannot stand in a cookie",
            Violation(field="credentials", description="RFC 6265 forbids some character of it"),
        )
    spelt = (quote(key, safe=""),) if location is Location.QUERY else ()
    return Mark(location=location, name=name, value=value, secrets=(key, *spelt))


def _name_flaw(location: Location, name: str) -> str:
    """Why no key may go under a name that a document's author chose; empty where it may."""
    if location is Location.QUERY:
        return ""
    if location is Location.HEADER:
        return header_flaw(name)
    return "" if TOKEN.fullmatch(name) else "has a name that HTTP does not allow"


def _misplaced(description: str) -> Exception:
    return incomplete(
        "a credential cannot go where it is wanted",
        Violation(field="credentials", description=description),
    )
