"""The envelope of a kept secret: a value under its own key, and that under the ring; pure."""

import os
from dataclasses import dataclass, replace

from facade.sealing import KEY, LABEL, Seal

PURPOSE = "secrets"
"""For which the ring's keys seal data keys."""

FINGERPRINT = 16
"""Characters of a fingerprint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretPlace:
    """Where a secret is kept: what is sealed for one place opens in no other."""

    tenant: str
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A value under lock and key."""

    data_key: bytes
    """The secret's own key, sealed by the ring."""
    value: bytes
    """Sealed by the data key."""
    revision: int
    fingerprint: str
    """Of the value, keyed with the data key: the same for the same value of the same secret."""

    @property
    def label(self) -> bytes:
        """Of the ring's key that seals the data key."""
        return self.data_key[:LABEL]


def enclose(ring: Seal, value: str, place: SecretPlace, before: Envelope | None = None) -> Envelope:
    """Seals a value: the first of a secret, or the next one, whose data key stays if it opens."""
    known = _data_key(ring, before, place) if before is not None else None
    key = known or os.urandom(KEY)
    revision = before.revision + 1 if before is not None else 1
    own = Seal([key])
    return Envelope(
        data_key=ring.seal(key, _context("key", place)),
        value=own.seal(value.encode("utf-8", "surrogatepass"), _context("value", place, revision)),
        revision=revision,
        fingerprint=own.derived("fingerprint").name(value)[:FINGERPRINT],
    )


def disclose(ring: Seal, envelope: Envelope, place: SecretPlace) -> str | None:
    """The value; None where the ring does not open it, or it was sealed for another place."""
    key = _data_key(ring, envelope, place)
    if key is None:
        return None
    value = Seal([key]).unseal(envelope.value, _context("value", place, envelope.revision))
    return None if value is None else value.decode("utf-8", "surrogatepass")


def rewrap(ring: Seal, envelope: Envelope, place: SecretPlace) -> Envelope | None:
    """The same under the ring's first key; None where the ring does not open it."""
    key = _data_key(ring, envelope, place)
    if key is None:
        return None
    return replace(envelope, data_key=ring.seal(key, _context("key", place)))


def _data_key(ring: Seal, envelope: Envelope, place: SecretPlace) -> bytes | None:
    return ring.unseal(envelope.data_key, _context("key", place))


def _context(part: str, place: SecretPlace, revision: int = 0) -> bytes:
    """Every word with its length: no two places have the same one."""
    words = (part, place.tenant, place.secret, str(revision))
    return b"".join(b"%d:%b" % (len(word.encode()), word.encode()) for word in words)
