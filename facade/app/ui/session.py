"""Sessions: a browser is known by an API key without keeping it."""

import time
from collections.abc import Callable
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from facade.access.keys import Keys, digest_of, is_whole
from facade.config import Settings
from facade.model.access import Identity
from facade.sealing import Seal

COOKIE: Final = "portico_session"
LASTS: Final = 8 * 3600
"""Seconds: a working day, and then the key is asked for again."""
CONTEXT: Final = b"session of the dashboard"


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """What a cookie holds, sealed."""

    digest: str
    """Of the key: of the key itself a cookie tells nothing, whoever opens it."""
    until: float
    """Seconds since the epoch."""


class Sessions:
    """Seals sessions into cookies, so that every worker knows them and none has to keep any.

    A session is asked anew of its key with each request: one that was revoked ends it.
    """

    def __init__(
        self,
        keys: Keys,
        page_key: bytes,
        settings: Settings,
        path: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Takes who knows keys, what seals, and below which path the cookie is sent."""
        self._keys = keys
        self._seal = Seal([page_key]).derived("sessions")
        self._is_tls = settings.tls_cert is not None or settings.public_url.startswith("https:")
        self._path = path
        self._clock = clock

    def begin(self, response: Response, key: str) -> bool:
        """Puts a new session into an answer; false where the key makes nobody known."""
        if not is_whole(key) or self._keys.find(key) is None:
            return False
        kept = Kept(digest_of(key), self._clock() + LASTS)
        text = self._seal.seal(msgspec.json.encode(kept), CONTEXT).hex()
        self._set(response, text, LASTS)
        return True

    def end(self, response: Response) -> None:
        """Has the browser forget its session."""
        self._set(response, "", 0)

    def of(self, request: Request) -> Identity | None:
        """Whose session a request shows; None where it shows none that holds."""
        kept = self._kept(request.cookies.get(COOKIE, ""))
        if kept is None or kept.until <= self._clock():
            return None
        found = self._keys.held(kept.digest)
        return found[0] if found is not None else None

    def _kept(self, text: str) -> Kept | None:
        try:
            plain = self._seal.unseal(bytes.fromhex(text), CONTEXT)
            return msgspec.json.decode(plain, type=Kept) if plain is not None else None
        except (ValueError, msgspec.DecodeError):
            return None

    def _set(self, response: Response, text: str, seconds: int) -> None:
        response.set_cookie(
            COOKIE,
            text,
            max_age=seconds,
            path=self._path,
            secure=self._is_tls,
            httponly=True,
            samesite="strict",
        )
