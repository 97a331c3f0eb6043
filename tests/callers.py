"""Callers who show something: keys, and tokens of an issuer that answers over HTTP."""

import base64
import hmac
import time
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, Key, RSAKey

from facade.model.access import Grant, Role
from facade.model.key import KeyName
from facade.parts import Parts
from tests.fakes import HttpBackend
from tests.token_servers import said

AUDIENCE = "portico"


async def a_key(parts: Parts, id_: str, *grants: Grant, tenant: str = "", **more: Any) -> str:
    """The text of a new key; an admin's where no grant is given."""
    given = grants or (Grant(role=Role.ADMIN),)
    _, text = await parts.access.keys.create(KeyName(id_, tenant), given, **more)
    return text


def bearer(text: str) -> tuple[tuple[str, str], ...]:
    """What a caller sends beside a call."""
    return (("authorization", f"Bearer {text}"),)


class Issuer(HttpBackend):
    """Somebody who issues tokens, and publishes keys."""

    def __init__(self, *keys: Key) -> None:
        super().__init__(self._say)
        self.keys = list(keys)
        self.fetched = 0
        """Times that its key set was fetched."""
        self.is_down = False

    def _say(self, request: bytes) -> bytes:
        if self.is_down:
            return said({}, 503)
        if b"/.well-known/openid-configuration" in request.partition(b"\r\n")[0]:
            return said({"issuer": self.origin, "jwks_uri": f"{self.origin}/keys"})
        self.fetched += 1
        return said({"keys": [each.as_dict(private=False) for each in self.keys]})

    def token(self, key: Key | None = None, alg: str = "RS256", **changes: Any) -> str:
        """A token that holds, but for what is changed; None leaves a claim or a header out."""
        signer, now = key or self.keys[0], time.time()
        claims = {
            "iss": self.origin,
            "aud": AUDIENCE,
            "sub": "alice",
            "exp": now + 300,
            "iat": now,
            "roles": ["invoker"],
        }
        headers = {"alg": alg, "kid": signer.kid, **changes.pop("headers", {})}
        given = {name: each for name, each in (claims | changes).items() if each is not None}
        return jwt.encode(
            {name: each for name, each in headers.items() if each is not None},
            given,
            signer,
            algorithms=[alg],
        )


def rsa(kid: str) -> RSAKey:
    """A key of an issuer."""
    return RSAKey.generate_key(2048, {"kid": kid})


def ec(kid: str) -> ECKey:
    """Another kind of it."""
    return ECKey.generate_key("P-256", {"kid": kid})


def by_secret(secret: bytes, claims: str) -> str:
    """A token that somebody has signed by what everybody knows."""
    head = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"one"}').rstrip(b"=").decode()
    text = f"{head}.{claims}"
    signature = hmac.digest(secret, text.encode(), "sha256")
    return f"{text}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"
