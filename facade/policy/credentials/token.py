"""Token: what an authorization server gave, for how long, and how it said so."""

import base64
import binascii
import math
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import orjson

from facade.errors.caller import TokenRefused
from facade.errors.fault import Details
from facade.errors.service import TokenUnavailable
from facade.model.call import Reply

UNSAID = 300.0
"""Seconds that a token lives of which nobody says how long."""
SHORTEST = 1.0
"""Seconds that any token is used: fewer would be a request for each call."""
LONGEST = 86_400.0
"""Seconds after which any token is asked for again."""
EARLY = 0.8
"""The part of its life after which a token is renewed while it still holds."""

BUSY = frozenset({408, 425, 429, 502, 503, 504})
"""Statuses by which a server says that it cannot answer now."""

INVALID_GRANT = "invalid_grant"
"""The error of a refresh token that does not hold (any more)."""

_CODE = re.compile(r"[a-z][a-z_]{0,39}")
"""An error code as the RFCs register them."""
_VISIBLE = re.compile(r"[!-~]+(?: [!-~]+)*")
"""What may stand in a header (RFC 6749 appendix A.12)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """An access token."""

    text: str = field(repr=False)
    made: float
    """When it was given, in seconds since 1970."""
    expires: float
    refresh: str = field(default="", repr=False)
    """The refresh token that gets the next one, where that is how it was got."""

    def holds(self, now: float) -> bool:
        """Whether it can still be used."""
        return now < self.expires

    def is_due(self, now: float) -> bool:
        """Whether it should be renewed."""
        return now >= self.made + EARLY * (self.expires - self.made)

    def packed(self) -> bytes:
        """The token as bytes, to be sealed."""
        return orjson.dumps([self.text, self.made, self.expires, self.refresh])


def unpacked(data: bytes) -> Token:
    """The token that `packed` made bytes of."""
    text, made, expires, refresh = orjson.loads(data)
    return Token(text=text, made=made, expires=expires, refresh=refresh)


def token_of(
    reply: Reply,
    now: float,
    secrets: Collection[str],
    refresh: str = "",
    *,
    renewable: bool = False,
) -> Token:
    """Reads what a token endpoint answered (RFC 6749 sections 5.1 and 5.2).

    `secrets` are never told, wherever the server repeats them. `refresh` is the refresh token
    that was used; it stays where the answer brings no other. `renewable` says that the grant may
    bring the first one. Raises TokenUnavailable where the
    server cannot answer now, else TokenRefused with the server's error code.
    """
    if reply.status in BUSY:
        raise TokenUnavailable(f"no token: the authorization server answered {reply.status}")
    said = _object(reply.body)
    error = said.get("error")
    if error is not None or not 200 <= reply.status < 300:
        raise refused(_code(error, secrets) or f"status {reply.status}")
    text = said.get("access_token")
    if not isinstance(text, str) or not _VISIBLE.fullmatch(text):
        raise refused("no usable access token in its answer")
    life = _seconds(said.get("expires_in"))
    given = said.get("refresh_token")
    return Token(
        text=text,
        made=now,
        expires=now + min(max(_jwt_life(text, now) if life is None else life, SHORTEST), LONGEST),
        refresh=given if isinstance(given, str) and given and (refresh or renewable) else refresh,
    )


def check_revoked(reply: Reply, secrets: Collection[str]) -> None:
    """Reads what a revocation endpoint answered (RFC 7009 section 2.2); raises as `token_of`."""
    if reply.status in BUSY:
        raise TokenUnavailable(
            f"a token is not revoked: the authorization server answered {reply.status}"
        )
    if not 200 <= reply.status < 300:
        raise refused(_code(_object(reply.body).get("error"), secrets) or f"status {reply.status}")


def refused(why: str) -> TokenRefused:
    """The fault of a call that gets no token."""
    return TokenRefused(
        f"the authorization server gave no token: {why}", details=Details(facts={"tokenError": why})
    )


def is_invalid_grant(fault: TokenRefused) -> bool:
    """Whether it is the grant itself that the server refused."""
    return fault.details.facts.get("tokenError") == INVALID_GRANT


def _object(body: bytes) -> dict[str, Any]:
    try:
        said = orjson.loads(body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _code(error: object, secrets: Collection[str]) -> str:
    """An error code that can be told; servers invent their own, and repeat what they were sent."""
    told = isinstance(error, str) and _CODE.fullmatch(error) is not None
    return str(error) if told and not any(each in str(error) for each in secrets if each) else ""


def _seconds(value: object) -> float | None:
    """A number of seconds, also written as a text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return None
    return None if math.isnan(seconds) else seconds


def _jwt_life(text: str, now: float) -> float:
    """How long a token says that it lives, if it is a JWT (RFC 7519 section 4.1)."""
    parts = text.split(".")
    if len(parts) != 3:
        return UNSAID
    try:
        claims = _object(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError):
        return UNSAID
    expires, issued = _seconds(claims.get("exp")), _seconds(claims.get("iat"))
    if expires is None:
        return UNSAID
    return expires - (now if issued is None else issued)  # its own `iat` bears with a skewed clock
