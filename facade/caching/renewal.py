"""What an answer of the backend changes in what is remembered (RFC 9111 sections 3, 4.3)."""

import msgspec
from msgspec import structs

from facade.caching.directives import response_directives
from facade.caching.entry import Record, Stored
from facade.caching.freshness import Times
from facade.caching.request import Request
from facade.caching.storing import to_store
from facade.caching.validation import freshened, same_representation
from facade.model.call import CacheStatus, Reply
from facade.model.policy import Caching
from facade.model.said import said_of

FAILURES = frozenset({429, 500, 502, 503, 504})
"""Statuses for which a stale answer may stand in (RFC 5861 section 4), and 429, which asks for
fewer calls."""


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What decides whether an answer is kept, beside itself."""

    request: Request
    caching: Caching
    authorized: bool

    def keep(self, reply: Reply, times: Times) -> Stored | None:
        """The answer as it is kept; None where it is not."""
        return to_store(self.request, reply, times, self.caching, authorized=self.authorized)


class Renewed(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What came of asking the backend."""

    reply: Reply
    status: CacheStatus
    stored: Stored | None
    """The answer as others may have it."""
    record: Record
    """What is remembered from now on."""


def renewed(record: Record, terms: Terms, reply: Reply, times: Times) -> Renewed:
    """Puts an answer to use that stands for itself."""
    stored = terms.keep(reply, times)
    if stored is not None:
        record = record.holding(stored)
    elif terms.request.method == "HEAD":
        record = _after_head(record, terms, reply, times)
    elif reply.status < 500 and reply.status not in {206, 304, 429}:
        record = record.without(record.find(terms.request.fields))
    return Renewed(reply=reply, status=CacheStatus.MISS, stored=stored, record=record)


def revalidated(record: Record, terms: Terms, held: Stored, reply: Reply, times: Times) -> Renewed:
    """Puts a 304 to use: the only answer that the backend was asked about holds (section 4.3.4)."""
    whole = freshened(held, reply)
    stored = terms.keep(whole, times)
    record = record.without(held) if stored is None else record.holding(stored)
    return Renewed(reply=whole, status=CacheStatus.REVALIDATED, stored=stored, record=record)


def is_for_all(reply: Reply) -> bool:
    """Whether those who wait for the same answer may have it, though it is not kept."""
    fields = said_of(reply.headers).fields
    said, _ = response_directives(fields)
    return "set-cookie" not in fields and not {"no-store", "private"} & said.values.keys()


def _after_head(record: Record, terms: Terms, head: Reply, times: Times) -> Record:
    """An answer to HEAD freshens that to GET, or shows that it is out of date (section 4.3.5)."""
    stored = record.find(terms.request.fields)
    if stored is None or head.status != 200:
        return record
    if not same_representation(stored, head):
        return record.without(stored)
    as_get = structs.replace(terms, request=structs.replace(terms.request, method="GET"))
    fresh = as_get.keep(freshened(stored, head), times)
    return record.without(stored) if fresh is None else record.holding(fresh)
