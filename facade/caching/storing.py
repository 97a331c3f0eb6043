"""Whether an answer may be remembered, and on what terms (RFC 9111 section 3)."""

from dataclasses import dataclass, replace
from http import HTTPStatus

from facade.caching.dates import format_date
from facade.caching.directives import Directives, response_directives
from facade.caching.entry import VALIDATORS, Stored
from facade.caching.fields import HOPPING, Fields, fields_of, members
from facade.caching.freshness import Times, explicit_lifetime, heuristic_lifetime, made_at
from facade.caching.request import Request
from facade.caching.selection import selected_by, varying
from facade.model.call import Headers, Reply
from facade.model.policy import CacheMode, Caching

NEGATIVE = frozenset({404, 405, 410, 414, 501})
BY_DEFAULT = frozenset({200, 203, 204, 300, 301, 308}) | NEGATIVE
"""Statuses that may be remembered though nobody says so (RFC 9110 section 15.1), but for 206."""

UNDERSTOOD = frozenset(status.value for status in HTTPStatus if status >= 200)
"""Statuses whose meaning is known, for `must-understand` (section 5.2.2.3)."""

_NEVER = frozenset({206, 304, 429})
"""Parts of answers, answers to conditions, and refusals of too many calls: for nobody else."""

VALIDATING = 3600.0
"""Seconds for which an answer with a validator is kept at least: the backend may say it holds."""
LINGERING = 60.0
"""The same of any that was fresh: a request may allow a stale one (`max-stale`)."""

_STRICT = frozenset({"must-revalidate", "proxy-revalidate"})
_AUTHORIZING = frozenset({"public", "s-maxage", "must-revalidate"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Staleness:
    forbidden: bool = False
    while_revalidate: float
    if_error: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Terms:
    made: float
    lifetime: float
    stale: _Staleness
    hidden: frozenset[str] = frozenset()
    """Fields that are not to be given to others."""


def to_store(
    request: Request, reply: Reply, times: Times, caching: Caching, *, authorized: bool
) -> Stored | None:
    """What is remembered of an answer; None where nothing may be, or is of any use.

    `authorized`: whether the request carried an Authorization field (section 3.5).
    """
    fields = fields_of(reply.headers)
    vary = varying(fields)
    if vary is None or not _may_ever(request, reply, fields):
        return None
    if caching.mode is CacheMode.OVERRIDE:
        terms = _overriding(reply.status, times, caching)
    else:
        terms = _as_said(reply.status, fields, times, caching, authorized=authorized)
    if terms is None:
        return None
    stored = Stored(
        status=reply.status,
        headers=_kept(reply.headers, fields, terms.hidden, times),
        body=reply.body,
        vary=tuple(sorted(vary)),
        selected=selected_by(vary, request.fields),
        made=terms.made,
        until=0.0,
        lifetime=terms.lifetime,
        revalidate=terms.stale.forbidden,
        stale_while_revalidate=terms.stale.while_revalidate,
        stale_if_error=terms.stale.if_error,
    )
    until = _until(stored, times.received)
    useful = until > times.received and stored.size <= caching.max_bytes
    return replace(stored, until=until) if useful else None


def _may_ever(request: Request, reply: Reply, fields: Fields) -> bool:
    """Whether nothing forbids to remember the answer, whatever directives and policy say."""
    return (
        request.method == "GET"
        and reply.complete
        and 200 <= reply.status < 600
        and reply.status not in _NEVER
        and "set-cookie" not in fields
        and "no-store" not in request.directives
    )


def _overriding(status: int, times: Times, caching: Caching) -> _Terms | None:
    lifetime = _granted(status, caching)
    if status not in BY_DEFAULT or lifetime <= 0:
        return None
    return _Terms(
        made=times.received,
        lifetime=lifetime,
        stale=_Staleness(
            while_revalidate=caching.stale_while_revalidate, if_error=caching.stale_if_error
        ),
    )


def _as_said(
    status: int, fields: Fields, times: Times, caching: Caching, *, authorized: bool
) -> _Terms | None:
    said, targeted = response_directives(fields)
    if _forbidden(said, status):
        return None
    lifetime = explicit_lifetime(fields, said, targeted=targeted, received=times.received)
    by_policy = lifetime is None and _granted(status, caching) > 0
    if authorized and not by_policy and not _AUTHORIZING & said.values.keys():
        return None
    if lifetime is None:
        lifetime = _silent_lifetime(status, said, fields, caching, times.received)
    if lifetime is None:
        return None
    useless = said.whole("no-cache")
    stale = _staleness(said, caching, strict=useless or bool(_STRICT & said.values.keys()))
    lasts = not useless and lifetime > 0
    if not (lasts or stale.while_revalidate or stale.if_error or VALIDATORS & fields.keys()):
        return None
    return _Terms(
        made=made_at(fields, times),
        lifetime=lifetime if lasts else 0.0,
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


def _silent_lifetime(
    status: int, said: Directives, fields: Fields, caching: Caching, received: float
) -> float | None:
    """For how long an answer is fresh that does not say it; None where it may not be kept."""
    if status in BY_DEFAULT:
        granted = _granted(status, caching)
        if granted > 0 or not caching.heuristic:
            return granted
    elif "public" not in said or not caching.heuristic:
        return None
    return heuristic_lifetime(fields, received) or 0.0


def _staleness(said: Directives, caching: Caching, *, strict: bool) -> _Staleness:
    """Whether and for how long an answer may be given when stale.

    `s-maxage` alone forbids it (section 5.2.2.10), unless the backend itself says for how long.
    """
    strictly = strict or "s-maxage" in said
    during = 0.0 if strict else said.seconds("stale-while-revalidate") or 0.0
    after = 0.0 if strict else said.seconds("stale-if-error") or 0.0
    if not strictly:
        during = max(during, caching.stale_while_revalidate)
        after = max(after, caching.stale_if_error)
    return _Staleness(forbidden=strictly, while_revalidate=during, if_error=after)


def _kept(headers: Headers, fields: Fields, hidden: frozenset[str], times: Times) -> Headers:
    """The fields that are remembered (section 3.1), with a date (RFC 9110 section 6.6.1)."""
    left_out = HOPPING | hidden | {"age", *members(fields.get("connection", ""))}
    kept = tuple(each for each in headers if each[0].lower() not in left_out)
    return kept if "date" in fields else (*kept, ("date", format_date(times.received)))


def _until(stored: Stored, received: float) -> float:
    """When an answer is of no more use."""
    stale = max(stored.stale_while_revalidate, stored.stale_if_error)
    if stored.lifetime > 0:
        stale = max(stale, LINGERING)
    until = stored.made + stored.lifetime + stale
    return max(until, received + VALIDATING) if stored.validates else until
