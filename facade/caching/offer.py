"""Offer: on what terms an answer may be remembered, but for what a clock decides (RFC 9111)."""

from functools import lru_cache
from http import HTTPStatus

import msgspec

from facade.caching.directives import Directives, response_directives
from facade.caching.entry import OVERHEAD, VALIDATORS, Stored
from facade.caching.fields import HOPPING, members
from facade.caching.freshness import Lifetime, explicit_lifetime, heuristic_lifetime
from facade.caching.selection import varying
from facade.model.call import Headers
from facade.model.policy import CacheMode, Caching
from facade.model.said import Fields, said_of

OFFERS = 128
"""That are remembered."""

NEGATIVE = frozenset({404, 405, 410, 414, 501})
BY_DEFAULT = frozenset({200, 203, 204, 300, 301, 308}) | NEGATIVE
"""Statuses that may be remembered though nobody says so (RFC 9110 section 15.1), but for 206."""

UNDERSTOOD = frozenset(status.value for status in HTTPStatus if status >= 200)
"""Statuses whose meaning is known, for `must-understand` (section 5.2.2.3)."""

_NEVER = frozenset({206, 304, 429})
"""Parts of answers, answers to conditions, and refusals of too many calls: for nobody else."""

_NEVER_KEPT = HOPPING | {"age"}
_STRICT = frozenset({"must-revalidate", "proxy-revalidate"})
_AUTHORIZING = frozenset({"public", "s-maxage", "must-revalidate"})


class Staleness(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Whether and for how long an answer may be given when stale."""

    forbidden: bool = False
    while_revalidate: float
    if_error: float

    @property
    def longest(self) -> float:
        """Seconds."""
        return max(self.while_revalidate, self.if_error)


class _Terms(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    lifetime: Lifetime
    stale: Staleness
    hidden: frozenset[str] = frozenset()
    """Fields that are not to be given to others."""


class Offer(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What of an answer is remembered, and for how long it serves."""

    fields: Fields
    """All of them."""
    kept: Stored
    """What is the same of each answer with this head, but for its times and its body."""
    validates: bool
    """Whether the backend can be asked if the answer still holds."""
    dated: bool
    """Whether it says when it was made; where it does not, a cache does (RFC 9110 6.6.1)."""
    lifetime: Lifetime
    longest: float
    """Seconds past freshness for which it may be given."""


@lru_cache(OFFERS)
def offer_of(status: int, headers: Headers, caching: Caching, *, authorized: bool) -> Offer | None:
    """The terms for an answer with this head under a policy; None where it is of no use."""
    fields = said_of(headers).fields
    vary = varying(fields)
    if vary is None or not _may_ever(status, fields):
        return None
    if caching.mode is CacheMode.OVERRIDE:
        terms = _overriding(status, caching)
    else:
        terms = _as_said(status, fields, caching, authorized=authorized)
    if terms is None:
        return None
    headers, stale = _kept(headers, fields, terms.hidden), terms.stale
    kept = Stored(
        status=status,
        headers=headers,
        body=b"",
        vary=tuple(sorted(vary)),
        made=0.0,
        until=0.0,
        lifetime=0.0,
        revalidate=stale.forbidden,
        stale_while_revalidate=stale.while_revalidate,
        stale_if_error=stale.if_error,
        size=OVERHEAD + sum(len(name) + len(value) for name, value in headers),
    )
    return Offer(
        fields=fields,
        kept=kept,
        validates=kept.validates,
        dated="date" in fields,
        lifetime=terms.lifetime,
        longest=stale.longest,
    )


def _may_ever(status: int, fields: Fields) -> bool:
    """Whether nothing forbids to remember the answer, whatever directives and policy say."""
    return 200 <= status < 600 and status not in _NEVER and "set-cookie" not in fields


def _overriding(status: int, caching: Caching) -> _Terms | None:
    lifetime = _granted(status, caching)
    if status not in BY_DEFAULT or lifetime <= 0:
        return None
    return _Terms(
        lifetime=Lifetime(lifetime),
        stale=Staleness(
            while_revalidate=caching.stale_while_revalidate, if_error=caching.stale_if_error
        ),
    )


def _as_said(status: int, fields: Fields, caching: Caching, *, authorized: bool) -> _Terms | None:
    said, targeted = response_directives(fields)
    if _forbidden(said, status):
        return None
    lifetime = explicit_lifetime(fields, said, targeted=targeted)
    by_policy = lifetime is None and _granted(status, caching) > 0
    if authorized and not by_policy and not _AUTHORIZING & said.values.keys():
        return None
    if lifetime is None:
        lifetime = _silent_lifetime(status, said, caching)
    if lifetime is None:
        return None
    useless = said.whole("no-cache")
    stale = _staleness(said, caching, strict=useless or bool(_STRICT & said.values.keys()))
    lasts = not useless and (lifetime.seconds > 0 or lifetime.counted is not None)
    if not (lasts or stale.longest or VALIDATORS & fields.keys()):
        return None
    return _Terms(
        lifetime=lifetime if lasts else Lifetime(),
        hidden=said.names("no-cache") | said.names("private"),
        stale=stale,
    )


def _granted(status: int, caching: Caching) -> float:
    """For how long the policy has an answer fresh."""
    return caching.negative_ttl if status in NEGATIVE else caching.ttl


def _forbidden(said: Directives, status: int) -> bool:
    """Whether the backend forbids to remember an answer, or to those who do not know its status."""
    if "must-understand" in said:
        return status not in UNDERSTOOD or said.whole("private")
    return "no-store" in said or said.whole("private")


def _silent_lifetime(status: int, said: Directives, caching: Caching) -> Lifetime | None:
    """For how long an answer is fresh that does not say it; None where it may not be kept."""
    if status in BY_DEFAULT:
        granted = _granted(status, caching)
        if granted > 0 or not caching.heuristic:
            return Lifetime(granted)
    elif "public" not in said or not caching.heuristic:
        return None
    return Lifetime(counted=heuristic_lifetime)


def _staleness(said: Directives, caching: Caching, *, strict: bool) -> Staleness:
    """What the backend and the policy say of that.

    `s-maxage` alone forbids it (section 5.2.2.10), unless the backend itself says for how long.
    """
    strictly = strict or "s-maxage" in said
    during = 0.0 if strict else said.seconds("stale-while-revalidate") or 0.0
    after = 0.0 if strict else said.seconds("stale-if-error") or 0.0
    if not strictly:
        during = max(during, caching.stale_while_revalidate)
        after = max(after, caching.stale_if_error)
    return Staleness(forbidden=strictly, while_revalidate=during, if_error=after)


def _kept(headers: Headers, fields: Fields, hidden: frozenset[str]) -> Headers:
    """The fields that are remembered (section 3.1)."""
    left_out = _NEVER_KEPT
    if hidden or "connection" in fields:
        left_out = left_out.union(hidden, members(fields.get("connection", "")))
    if left_out.isdisjoint(fields):
        return headers
    return tuple([each for each in headers if each[0].lower() not in left_out])
