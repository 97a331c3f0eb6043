"""Secret: how a reference names one, wherever it is kept, and what is known of those kept here."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from facade.model.credential import (
    ApiKey,
    AwsSigV4,
    Basic,
    Bearer,
    Credential,
    CustomHeaders,
    Digest,
    Kind,
    MutualTls,
    OAuth2,
)
from facade.model.names import ID, malformed
from facade.model.version import Version

LARGEST = 64 * 1024
"""Bytes of a secret's value."""

_VISIBLE = r"[^/#\x00-\x1f\x7f]"
_SEGMENT = rf"(?!\.\.?[/#]){_VISIBLE}+"
PATTERN = (
    r"^(env:[A-Za-z_][A-Za-z0-9_]*"
    r"|file:[^\x00\r\n]+"
    rf"|vault:(?!(sys|auth|identity|cubbyhole)/){_SEGMENT}(/{_SEGMENT})+#[^\x00-\x1f\x7f]+"
    rf"|secret:{ID.pattern})$"
)
"""A reference, as JSON Schema spells patterns. Of a Vault only secrets are read, and not what else
its token opens: its own settings, other people's tokens, the token itself."""

REFERENCE = re.compile(PATTERN.removeprefix("^").removesuffix("$"))
"""A reference, to be matched as a whole; whether it may be read is decided where it is read."""

FORM = (
    "a secret is named, never given: write `env:NAME`, `file:NAME`, `vault:PATH#KEY` "
    "or `secret:NAME`"
)
"""What is wrong with a text that is no reference; the text may be the secret itself."""


@dataclass(frozen=True, slots=True)
class SecretName:
    """secrets/{secret}, of a tenant."""

    secret: str
    tenant: str = ""

    def __str__(self) -> str:
        return f"secrets/{self.secret}"

    @property
    def reference(self) -> str:
        """How credentials and variables name it."""
        return f"secret:{self.secret}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """What is told of a secret that is kept here: all but its value."""

    name: SecretName
    labels: Mapping[str, str] = field(default_factory=dict)
    notes: str = ""
    fingerprint: str
    """Tells one value of this secret from another, and nothing else of it."""
    revision: int
    """Counts its values, from 1."""
    key_label: str
    """Of the key that seals it, in hex."""
    etag: str
    create_time: datetime
    update_time: datetime


def parse_secret(text: str, field: str = "name", tenant: str = "") -> SecretName:
    """Parses secrets/{secret}; raises InvalidRequest naming the field."""
    collection, _, secret = text.partition("/")
    if collection != "secrets" or not ID.fullmatch(secret):
        raise malformed(field, text, f"secrets/{ID.pattern}")
    return SecretName(secret, tenant)


def references_of(version: Version) -> Iterator[str]:
    """Every secret that a version's calls may need."""
    for credential in (*version.credentials, version.destination.credential):
        if credential is not None:
            yield from held_by(credential)
    yield from (each.secret for each in version.variables if each.secret is not None)
    if version.destination.network.ca:
        yield version.destination.network.ca


PLACES: Mapping[type[Kind], tuple[str, ...]] = {
    Basic: ("password",),
    Digest: ("password",),
    Bearer: ("token",),
    ApiKey: ("key",),
    OAuth2: ("client_secret", "password", "refresh_token", "private_key"),
    MutualTls: ("certificate", "key"),
    AwsSigV4: ("access_key_id", "secret_access_key", "session_token"),
}
"""The fields of each kind that are references."""


def held_by(credential: Credential) -> Iterator[str]:
    """Every secret that a credential has."""
    kind = credential.kind
    if isinstance(kind, CustomHeaders):
        yield from kind.headers.values()
        return
    yield from filter(None, (getattr(kind, place) for place in PLACES[type(kind)]))
