"""Signature: who hands something over proves that it may, by a key that both sides have."""

import hashlib
import hmac
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import msgspec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from facade.errors.hop import HopUntrusted
from facade.hop.fields import SIGNATURE, own

SKEW = 300
"""Seconds by which two clocks may differ, and for which a signature holds."""

EMPTY = hashlib.sha256(b"").hexdigest()
"""The digest of no body."""

UNSIGNED = "unsigned-payload"
"""In place of the digest of a body that goes out as it comes."""

FORM = re.compile(r"key=([0-9a-f]{8});time=([0-9]{1,12});body=([0-9a-z-]{1,64});mac=([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class HopKey:
    """A key that signs hops and nothing else."""

    id: str
    """Tells which of several keys signed, and nothing of the key."""
    secret: bytes = field(repr=False)
    empty: hmac.HMAC = field(repr=False, compare=False)
    """The code of nothing yet: each is a copy that goes on."""


class Message(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The parts of a request that are signed."""

    method: str
    target: str
    """Path and query as they are on the wire."""
    headers: Sequence[tuple[str, str]]
    """Names in lower case; only the hop's own are signed."""
    body: bytes | None
    """None: it is not at hand, since it goes out or comes in bit by bit."""


class Keys:
    """The keys that sign hops: the first one signs, any of them is believed."""

    def __init__(self, ring: Callable[[], tuple[bytes, ...]]) -> None:
        """Takes what gives the keys of the ring as they are now; its faults are passed on."""
        self._ring = ring
        self._last: tuple[bytes, ...] = ()
        self._keys: tuple[HopKey, ...] = ()

    def now(self) -> tuple[HopKey, ...]:
        """The keys as they are now, the one that signs in front."""
        ring = self._ring()
        if ring is not self._last:
            self._keys, self._last = tuple(map(_derived, ring)), ring
        return self._keys


def sign(key: HopKey, message: Message, now: float) -> str:
    """The value of the signature's field, at a time in seconds since the epoch."""
    digest = UNSIGNED if message.body is None else _digest(message.body)
    moment = str(int(now))
    return f"key={key.id};time={moment};body={digest};mac={_mac(key, message, digest, moment)}"


def verify(keys: Sequence[HopKey], message: Message, said: str, now: float) -> None:
    """Returns where one of the keys has signed the message within `SKEW`.

    Of a message whose body is not at hand the digest is believed, not compared. Raises
    HopUntrusted.
    """
    found = FORM.fullmatch(said)
    if found is None:
        raise _untrusted("is no signature that this release knows")
    name, moment, digest, mac = found.groups()
    for key in keys:
        if key.id == name:
            break
    else:
        raise _untrusted("is made with a key that is not known here")
    if not hmac.compare_digest(mac, _mac(key, message, digest, moment)):
        raise _untrusted("is that of another request")
    if message.body is not None:
        _verify_digest(digest, message.body)
    if abs(now - int(moment)) > SKEW:
        raise _untrusted(f"is made more than {SKEW} seconds away from the time here")


def verify_body(said: str, body: bytes) -> None:
    """Returns where a signature that held without the body is of this one.

    Raises HopUntrusted.
    """
    found = FORM.fullmatch(said)
    if found is None:
        raise _untrusted("is no signature that this release knows")
    _verify_digest(found[3], body)


def _verify_digest(digest: str, body: bytes) -> None:
    if digest not in (UNSIGNED, _digest(body)):
        raise _untrusted("is that of another body")


def _derived(key: bytes) -> HopKey:
    secret = HKDF(SHA256(), 32, salt=None, info=b"portico hop").derive(key)
    name = hmac.digest(secret, b"id", "sha256")[:4].hex()
    return HopKey(name, secret, hmac.new(secret, digestmod="sha256"))


def _mac(key: HopKey, message: Message, digest: str, moment: str) -> str:
    fields = [
        f"{name}:{value}" for name, value in sorted(own(message.headers)) if name != SIGNATURE
    ]
    lines = "\n".join([message.method, message.target, *fields, digest, moment])
    code = key.empty.copy()
    code.update(lines.encode())
    return code.hexdigest()


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest() if body else EMPTY


def _untrusted(why: str) -> HopUntrusted:
    return HopUntrusted(f"the hop's signature {why}")
