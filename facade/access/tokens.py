"""Tokens (JWT, RFC 7519) of the one issuer that the operator trusts, and whom they make known."""

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, NamedTuple

import msgspec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import Key
from joserfc.jws import JWSRegistry

from facade.access.key_set import KeySet
from facade.model.access import Grant, Role
from facade.model.names import ID

ALGORITHMS: Final[Mapping[str, str]] = {
    **{f"{family}{bits}": "RSA" for family in ("RS", "PS") for bits in (256, 384, 512)},
    **{f"ES{bits}": "EC" for bits in (256, 384, 512)},
    "EdDSA": "OKP",
    "Ed25519": "OKP",
}
"""Those by which only the issuer can sign, each with the kind of its keys (RFC 8725, 3.1, 3.2)."""

REGISTRY: Final = JWSRegistry(algorithms=tuple(ALGORITHMS), strict_check_header=False)

TYPES: Final = frozenset({"jwt", "at+jwt", "application/at+jwt", "application/jwt"})
"""What `typ` may be, where it is there (RFC 8725, section 3.11; RFC 9068)."""

LEEWAY: Final = 60.0
"""Seconds that the issuer's clock may be off."""
LONGEST: Final = 8192
"""Characters of a token."""
SUBJECT: Final = 255
"""Characters of a subject."""


class Claims(NamedTuple):
    """What a token says that holds."""

    name: str
    """`jwt:ISSUER#SUBJECT`."""
    tenant: str
    grants: tuple[Grant, ...]
    until: float
    """Seconds since the epoch."""


class Untrue(Exception):
    """A token that makes nobody known, for whatever reason: nobody is told which."""


class Tokens:
    """The tokens of one issuer."""

    def __init__(
        self, issuer: str, audience: str, keys: KeySet, clock: Callable[[], float] = time.time
    ) -> None:
        """Takes who must have issued them, whom they must be for, and the issuer's keys."""
        self._issuer = issuer
        self._audience = audience
        self._keys = keys
        self._clock = clock

    def read(self, text: str) -> Claims | Awaitable[Claims]:
        """What a token says, at once where its key is known.

        Raises Untrue for one that does not hold. What it names by itself, an address of keys for
        example, is never asked for; a key that is not known may be a new one of the issuer's,
        whose keys are then looked for again, now and then.
        """
        header, claims = _decoded(text)
        kind = ALGORITHMS.get(str(header.get("alg")), "")
        kid = header.get("kid")
        if not kind or not (kid is None or isinstance(kid, str)) or not _is_typed(header):
            raise Untrue
        said = self._checked(claims)
        found = self._keys.find(kid, kind)
        if self._keys.is_stale(lacking=not found):
            return self._read_later(text, kid, kind, said)
        return _verified(text, found, said)

    async def _read_later(self, text: str, kid: str | None, kind: str, said: Claims) -> Claims:
        await self._keys.refresh()
        return _verified(text, self._keys.find(kid, kind), said)

    def _checked(self, claims: Mapping[str, Any]) -> Claims:
        """The claims, of which nothing is believed yet: whose are not meant is not looked at."""
        now, audience = self._clock(), claims.get("aud")
        listed = audience if isinstance(audience, list) else [audience]
        if claims.get("iss") != self._issuer or self._audience not in listed:
            raise Untrue
        until = _moment(claims, "exp")
        began = max(_moment(claims, name, 0.0) for name in ("nbf", "iat"))
        if now >= until + LEEWAY or now < began - LEEWAY:
            raise Untrue
        subject, tenant = claims.get("sub"), claims.get("tenant", "")
        if not isinstance(subject, str) or not 0 < len(subject) <= SUBJECT:
            raise Untrue
        if not subject.isprintable():  # it is written down as the name of whoever calls
            raise Untrue
        if not isinstance(tenant, str) or (tenant and not ID.fullmatch(tenant)):
            raise Untrue
        return Claims(
            name=f"jwt:{self._issuer}#{subject}",
            tenant=tenant,
            grants=tuple(_grants(claims.get("roles"))),
            until=until + LEEWAY,
        )


def _verified(text: str, keys: tuple[Key, ...], said: Claims) -> Claims:
    for key in keys:
        try:
            jws.deserialize_compact(text, key, registry=REGISTRY)
        except (JoseError, ValueError, TypeError):
            continue
        return said
    raise Untrue


def _decoded(text: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    if len(text) > LONGEST or text.count(".") != 2:
        raise Untrue
    try:
        signed = jws.extract_compact(text.encode("ascii"), registry=REGISTRY)
        claims = msgspec.json.decode(signed.payload)
        header = signed.headers()
    except (JoseError, ValueError, TypeError):
        raise Untrue from None
    if not isinstance(claims, dict) or not isinstance(header, dict):
        raise Untrue
    return header, claims


def _is_typed(header: Mapping[str, Any]) -> bool:
    typed = header.get("typ")
    return typed is None or (isinstance(typed, str) and typed.lower() in TYPES)


def _moment(claims: Mapping[str, Any], name: str, absent: float | None = None) -> float:
    """A NumericDate (RFC 7519, section 2)."""
    value = claims.get(name, absent)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Untrue
    return float(value)


def _grants(roles: Any) -> list[Grant]:
    """What the issuer itself gives: roles over all that the tenant has."""
    listed = roles if isinstance(roles, list) else []
    known = {each.value: each for each in Role}
    return [Grant(role=known[each]) for each in listed if isinstance(each, str) and each in known]
