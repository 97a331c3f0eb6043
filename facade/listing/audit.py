"""What the audit tells of a tenant, the latest first, and whether the whole of it is intact."""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import TypeVar

from facade.catalog.request import invalid
from facade.errors.fault import Violation
from facade.listing.filter import Field, parse_filter
from facade.listing.pages import Asked, Tokens
from facade.stores.trail import Entry, NotedRow, Trail, Verified

T = TypeVar("T")
"""An entry, in the form of the face that lists it."""

FIELDS: Mapping[str, Field[Entry]] = {
    "caller": Field(str, lambda entry: entry.caller),
    "method": Field(str, lambda entry: entry.method),
    "target": Field(str, lambda entry: entry.target),
    "outcome": Field(str, lambda entry: entry.outcome),
    "changes": Field(tuple, lambda entry: tuple(entry.changes)),
    "request_id": Field(str, lambda entry: entry.request_id),
    "time": Field(str, lambda entry: f"{entry.time:%Y-%m-%dT%H:%M:%SZ}"),
}

READ = 500
"""Entries that are read at once while a page is filled."""


class Audits:
    """Lists and verifies the audit."""

    def __init__(self, trail: Trail, tokens: Tokens) -> None:
        """Takes where it is, and the tokens that lead from page to page."""
        self._trail = trail
        self._tokens = tokens

    async def page(
        self, tenant: str, asked: Asked, form: Callable[[Entry], T], weigh: Callable[[T], int]
    ) -> tuple[tuple[T, ...], str]:
        """The entries of a page, the latest first, and the next token; raises InvalidRequest."""
        matches = parse_filter(asked.filter, FIELDS)

        async def entries(after: str) -> AsyncIterator[tuple[str, T | None]]:
            before, more = int(after) if after else None, True
            while more:
                found = await self._trail.page(tenant, before, READ)
                for each in found:
                    before = each.number
                    yield str(before), form(each) if matches(each) else None
                more = len(found) == READ

        return await self._tokens.page(asked, entries, weigh)

    async def verify(self, number: int, digest: str) -> Verified:
        """Walks along the chain; a number and a digest say what somebody knows of it.

        Raises InvalidRequest where only one of them is given.
        """
        if (number > 0) != bool(digest) or number < 0:
            wanted = "known_number and known_digest are given together: a number and its digest"
            raise invalid(Violation(field="known_number", description=wanted))
        return await self._trail.verify(NotedRow(number=number, digest=digest) if digest else None)
