"""Sealing: what leaves this process comes back as it went, from its own place, or not at all."""

import hashlib
import hmac
import os
from collections.abc import Iterable, Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY = 32
"""Bytes of a key (AES-256)."""
NONCE = 12
LABEL = 4
"""Bytes that say which key sealed something."""
HEAD = LABEL + NONCE


class Namer:
    """Names things by their parts: in hex, telling nothing of them without the key."""

    __slots__ = ("_digest",)

    def __init__(self, digest: hashlib.blake2b) -> None:
        """Takes the digest of what all names have in common."""
        self._digest = digest

    def name(self, *parts: str | bytes) -> str:
        """A name for what the parts name."""
        return _digested(self._digest, parts).hexdigest()

    def under(self, *parts: str | bytes) -> "Namer":
        """Names what has these parts in front: `under(a).name(b)` is `name(a, b)`."""
        return Namer(_digested(self._digest, parts))


class Seal:
    """AES-256-GCM with a ring of keys: the first one seals, any of them unseals.

    The context is authenticated and not kept: what was sealed for one place, tenant or name
    cannot be passed off as that of another.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        """Takes keys of 32 bytes, the one that seals in front; raises ValueError for others."""
        if not keys or any(len(key) != KEY for key in keys):
            raise ValueError(f"keys of {KEY} bytes are needed")
        self._keys = tuple(keys)
        self._ciphers = {_label(key): AESGCM(key) for key in reversed(self._keys)}
        self._first = _label(self._keys[0])
        self.namer = Namer(hashlib.blake2b(key=self._keys[0], digest_size=20))
        """Of names that no other ring gives."""
        self.name = self.namer.name

    @property
    def label(self) -> bytes:
        """Of the key that seals now: what each sealed text begins with."""
        return self._first

    def seal(self, plain: bytes, context: bytes) -> bytes:
        """Seals a text for its context."""
        nonce = os.urandom(NONCE)
        return self._first + nonce + self._ciphers[self._first].encrypt(nonce, plain, context)

    def unseal(self, sealed: bytes, context: bytes) -> bytes | None:
        """The text; None where it was not sealed by a key of the ring for that context."""
        cipher = self._ciphers.get(sealed[:LABEL])
        if cipher is None or len(sealed) < HEAD:
            return None
        try:
            return cipher.decrypt(sealed[LABEL:HEAD], sealed[HEAD:], context)
        except InvalidTag:
            return None

    def derived(self, purpose: str) -> "Seal":
        """A ring for one purpose: what it seals, no other purpose's ring unseals."""
        info = purpose.encode()
        return Seal([HKDF(SHA256(), KEY, salt=None, info=info).derive(key) for key in self._keys])


def _digested(digest: hashlib.blake2b, parts: Iterable[str | bytes]) -> hashlib.blake2b:
    """A digest with more parts, each behind its length, so that no two lists are one text."""
    more = digest.copy()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        more.update(b"%d:%b" % (len(data), data))
    return more


def _label(key: bytes) -> bytes:
    return hmac.digest(key, b"label", "sha256")[:LABEL]
