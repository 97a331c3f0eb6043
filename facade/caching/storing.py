"""Whether an answer is remembered, and until when (RFC 9111 section 3)."""

from msgspec import structs

from facade.caching.dates import format_date
from facade.caching.entry import Stored
from facade.caching.freshness import Times, made_at
from facade.caching.offer import offer_of
from facade.caching.request import Request
from facade.caching.selection import selected_by
from facade.model.call import Reply
from facade.model.policy import CacheMode, Caching

OVERRIDE = CacheMode.OVERRIDE  # to look it up costs as much as ten other steps

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
    if not (reply.complete and request.keeps and request.method == "GET"):
        return None
    offer = offer_of(reply.status, reply.headers, caching, authorized=authorized)
    if offer is None:
        return None
    received, fields = times.received, offer.fields
    made = received if caching.mode is OVERRIDE else made_at(fields, times)
    lifetime = offer.lifetime.of(fields, received)
    until = made + lifetime
    until += max(offer.longest, LINGERING) if lifetime > 0 else offer.longest
    if offer.validates and until < received + VALIDATING:
        until = received + VALIDATING
    kept = offer.kept
    size = kept.size + len(reply.body)
    if until <= received or size > caching.max_bytes:
        return None
    return structs.replace(
        kept,
        headers=kept.headers if offer.dated else (*kept.headers, ("date", format_date(received))),
        body=reply.body,
        selected=selected_by(kept.vary, request.fields) if kept.vary else (),
        made=made,
        until=until,
        lifetime=lifetime,
        size=size,
    )
