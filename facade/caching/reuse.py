"""What becomes of a request, given what is remembered (RFC 9111 section 4, RFC 5861)."""

from math import inf
from typing import ClassVar, TypeAlias

import msgspec

from facade.caching.directives import Directives
from facade.caching.entry import Record, Stored
from facade.caching.request import Request
from facade.caching.validation import conditions_of
from facade.model.call import Headers


class Use(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The answer is given as it is."""

    stored: Stored
    stale: bool = False
    refresh: bool = False
    """Whether a new one is to be fetched meanwhile (RFC 5861 section 3)."""


class Revalidate(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The backend is asked whether the answer still holds (RFC 9111 section 4.3.1)."""

    stored: Stored
    conditions: Headers


class Forward(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The backend is asked for an answer."""

    conditions: ClassVar[Headers] = ()
    stored: Stored | None = None
    """One that may stand in if the backend fails (RFC 5861 section 4)."""


FORWARD = Forward()


class Refuse(msgspec.Struct, frozen=True, gc=False):
    """Nothing remembered will do, and the backend is not to be asked (`only-if-cached`)."""


Decision: TypeAlias = Use | Revalidate | Forward | Refuse


def reuse(record: Record, request: Request, now: float) -> Decision:
    """Decides about a request; `now` in seconds since the epoch."""
    stored = record.find(request.fields) if record.variants else None
    if stored is not None:
        use = _usable(stored, request.directives, now)
        if use is not None:
            return use
    if request.directives.values and "only-if-cached" in request.directives:
        return Refuse()
    return FORWARD if stored is None else renewal_of(stored)


def renewal_of(stored: Stored) -> Revalidate | Forward:
    """What the backend is asked to renew an answer."""
    if stored.validates:
        return Revalidate(stored=stored, conditions=conditions_of(stored))
    return Forward(stored=stored)


def stands_in(stored: Stored, request: Request, now: float) -> bool:
    """Whether an answer may be given though the backend failed to renew it."""
    allowed = stored.stale_if_error
    if not stored.revalidate:
        allowed = max(allowed, request.directives.seconds("stale-if-error") or 0.0)
    return stored.age(now) - stored.lifetime < allowed


def _usable(stored: Stored, wanted: Directives, now: float) -> Use | None:
    """How an answer may be given without a word to the backend; None where it may not."""
    age = stored.age(now)
    left = stored.lifetime - age
    asks = bool(wanted.values)
    if asks and not _acceptable(age, left, wanted):
        return None
    if left > 0:
        return Use(stored=stored)
    if asks and not stored.revalidate and -left <= _max_stale(wanted):
        return Use(stored=stored, stale=True)
    if -left < stored.stale_while_revalidate:
        return Use(stored=stored, stale=True, refresh=True)
    return None


def _acceptable(age: float, left: float, wanted: Directives) -> bool:
    """Whether a request takes an answer of that age (RFC 9111 section 5.2.1)."""
    if "no-cache" in wanted or "no-store" in wanted or age > _limit(wanted, "max-age"):
        return False
    fresh_for = wanted.seconds("min-fresh")
    return fresh_for is None or left >= fresh_for


def _limit(wanted: Directives, name: str) -> float:
    seconds = wanted.seconds(name)
    return inf if seconds is None else seconds


def _max_stale(wanted: Directives) -> float:
    """Seconds past freshness that the request allows; -1: none."""
    if "max-stale" not in wanted:
        return -1.0
    unlimited = wanted.values["max-stale"] is None and "max-stale" not in wanted.broken
    return inf if unlimited else wanted.seconds("max-stale") or 0.0
