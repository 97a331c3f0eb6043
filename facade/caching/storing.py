"""Whether an answer is remembered, and until when (RFC 9111 section 3)."""

from facade.caching.dates import format_date
from facade.caching.entry import Stored
from facade.caching.freshness import Times, made_at
from facade.caching.offer import Offer, offer_of
from facade.caching.request import Request
from facade.caching.selection import selected_by
from facade.model.call import Reply
from facade.model.policy import CacheMode, Caching

VALIDATING = 3600.0
"""Seconds for which an answer with a validator is kept at least: the backend may say it holds."""
LINGERING = 60.0
"""The same of any that was fresh: a request may allow a stale one (`max-stale`)."""


def to_store(
    request: Request, reply: Reply, times: Times, caching: Caching, *, authorized: bool
) -> Stored | None:
    """What is remembered of an answer; None where nothing may be, or is of any use.

    `authorized`: whether the request carried an Authorization field (section 3.5).
    """
    offer = offer_of(reply.status, reply.headers, caching, authorized=authorized)
    if offer is None or not _asks_for_it(request, reply):
        return None
    received = times.received
    made = received if caching.mode is CacheMode.OVERRIDE else made_at(offer.fields, times)
    lifetime = offer.lifetime.of(offer.fields, received)
    until = _until(offer, made + lifetime, received, lingers=lifetime > 0)
    headers, size = offer.headers, offer.size + len(reply.body)
    if until <= received or size > caching.max_bytes:
        return None
    if "date" not in offer.fields:  # RFC 9110 section 6.6.1
        headers = (*headers, ("date", format_date(received)))
    stale = offer.stale
    return Stored(
        status=reply.status,
        headers=headers,
        body=reply.body,
        vary=offer.vary,
        selected=selected_by(offer.vary, request.fields) if offer.vary else (),
        made=made,
        until=until,
        lifetime=lifetime,
        revalidate=stale.forbidden,
        stale_while_revalidate=stale.while_revalidate,
        stale_if_error=stale.if_error,
        size=size,
    )


def _asks_for_it(request: Request, reply: Reply) -> bool:
    """Whether a request and the way its answer came allow to remember it, whatever that says."""
    return request.method == "GET" and reply.complete and "no-store" not in request.directives


def _until(offer: Offer, fresh_until: float, received: float, *, lingers: bool) -> float:
    """When an answer is of no more use."""
    stale = offer.stale.longest
    until = fresh_until + (max(stale, LINGERING) if lingers else stale)
    return max(until, received + VALIDATING) if offer.validates else until
