"""Links: absolute, so that whoever gets one can follow it (C-15)."""

import hashlib
import hmac
from typing import Final, Self

from starlette.requests import Request

from facade.config import Settings

ROOT: Final = "/api/v1/connectors"
"""Below which the face is."""

MAC: Final = 20
"""Bytes of the part of a callback URL that cannot be guessed."""


class Links:
    """The URLs of the face's resources, as one caller can reach them."""

    def __init__(self, base: str) -> None:
        """Takes the URL of the HTTP face, without a slash at its end."""
        self.base = base

    @classmethod
    def of(cls, request: Request, settings: Settings) -> Self:
        """By `public_url`; where there is none, as the request itself came here."""
        if settings.public_url:
            return cls(settings.public_url.rstrip("/"))
        scope = request.scope
        host = request.headers.get("host") or "{}:{}".format(*scope.get("server") or ("", 0))
        return cls(f"{scope['scheme']}://{host}")

    def description(self, number: int) -> str:
        """Of a connector's description."""
        return f"{self.base}{ROOT}/descriptions/{number}"

    def instance(self, uid: str) -> str:
        """Of an instance."""
        return f"{self.base}{ROOT}/instances/{uid}"

    def client(self, uid: str) -> str:
        """Of a client."""
        return f"{self.base}{ROOT}/clients/{uid}"

    def actions(self, opaque: str) -> str:
        """Where the platform sends the action requests of one developer."""
        return f"{self.base}{ROOT}/actions/{opaque}"


class Callbacks:
    """The opaque end of each developer's callback URL: whoever has it may send action requests."""

    def __init__(self, key: bytes) -> None:
        """Takes a key that is the same in every process, and after a restart."""
        self._key = hmac.digest(key, b"connctd callback url", hashlib.sha256)

    def opaque(self, tenant: str) -> str:
        """For a tenant, always the same."""
        name = tenant.encode()
        return self._mac(name).hex() + name.hex()

    def tenant(self, opaque: str) -> str | None:
        """The tenant that it was made for; None: it was not made here."""
        try:
            mac, name = bytes.fromhex(opaque[: 2 * MAC]), bytes.fromhex(opaque[2 * MAC :])
            return name.decode() if hmac.compare_digest(mac, self._mac(name)) else None
        except ValueError:
            return None

    def _mac(self, name: bytes) -> bytes:
        return hmac.digest(self._key, name, hashlib.sha256)[:MAC]
