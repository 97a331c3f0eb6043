"""Signatures of callbacks: Ed25519, over the text that connctd's own connectors sign and check."""

import base64
import binascii
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import formatdate, parsedate_to_datetime
from functools import lru_cache
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from facade.errors.access import CallerUnknown

WINDOW: Final = 300.0
"""Seconds by which the Date of what is signed may differ from the time here."""

DATE: Final = "date"
SIGNATURE: Final = "signature"


def signed_text(method: str, url: str, date: str, body: bytes) -> bytes:
    """What is signed: method, absolute URL, Date field and body of a request.

    As connctd's connector protocol has it, in lines that end with CRLF, the last one without.
    """
    return f"(method):{method}\r\n(url):{url}\r\n(Date):{date}\r\n(body):".encode() + body


class Signer:
    """Signs what goes out, by keys that are made of the key ring's."""

    def __init__(self, ring: Callable[[], tuple[bytes, ...]], clock: Callable[[], float]) -> None:
        """Takes what gives the ring's keys as they are now, and a clock in seconds since 1970."""
        self._ring = ring
        self._clock = clock

    def fields(self, method: str, url: str, body: bytes) -> tuple[tuple[str, str], ...]:
        """The fields `date` and `signature` of a request; raises KeyRingMissing."""
        date = formatdate(self._clock(), usegmt=True)
        made = _derived(self._ring()[0]).sign(signed_text(method, url, date, body))
        return (DATE, date), (SIGNATURE, base64.b64encode(made).decode())

    def keys(self) -> dict[str, Any]:
        """The public keys as a JWK Set (RFC 7517, RFC 8037), the one that signs now in front."""
        return {"keys": [_jwk(_derived(key).public_key()) for key in self._ring()]}


def public_key(text: str) -> Ed25519PublicKey | None:
    """The key that a text in base64 is, as connctd shows it; None: it is none."""
    try:
        return Ed25519PublicKey.from_public_bytes(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return None


def verify(key: Ed25519PublicKey | None, said: bytes, signature: str) -> None:
    """Raises CallerUnknown unless the key has signed what was said."""
    try:
        if key is not None:
            key.verify(base64.b64decode(signature, validate=True), said)
            return
    except (binascii.Error, ValueError, InvalidSignature):
        pass
    raise CallerUnknown("signature: is not that of the platform over this request")


def check_date(date: str, now: float) -> None:
    """Raises CallerUnknown for a Date field (RFC 9110 section 5.6.7) that is not of now.

    Within `WINDOW` whoever repeats a request gets the answer of the first one.
    """
    try:
        moment = parsedate_to_datetime(date)
    except ValueError:
        raise CallerUnknown("date: is not a date") from None
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    if abs((datetime.fromtimestamp(now, UTC) - aware).total_seconds()) > WINDOW:
        raise CallerUnknown(f"date: is more than {WINDOW:g} s away from the time here")


@lru_cache(16)
def _derived(key: bytes) -> Ed25519PrivateKey:
    seed = HKDF(SHA256(), 32, salt=None, info=b"portico connctd callbacks").derive(key)
    return Ed25519PrivateKey.from_private_bytes(seed)


def _jwk(key: Ed25519PublicKey) -> dict[str, str]:
    raw = key.public_bytes_raw()
    return {
        "kty": "OKP",
        "crv": "Ed25519",
        "use": "sig",
        "x": base64.urlsafe_b64encode(raw).rstrip(b"=").decode(),
    }
