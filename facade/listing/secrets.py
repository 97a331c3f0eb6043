"""What the list of secrets answers: by name, filtered, page by page."""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import TypeVar

from facade.listing.filter import Field, parse_filter
from facade.listing.pages import Asked, Tokens
from facade.model.secret import Secret
from facade.secrets.safe import Safe

T = TypeVar("T")
"""A secret, in the form of the face that lists it."""

FIELDS: Mapping[str, Field[Secret]] = {
    "id": Field(str, lambda secret: secret.name.secret),
    "notes": Field(str, lambda secret: secret.notes),
    "labels": Field(dict, lambda secret: secret.labels),
    "key_label": Field(str, lambda secret: secret.key_label),
}

READ = 200
"""Secrets that are read at once while a page is filled."""


class Secrets:
    """Lists what is told of the secrets that are kept here."""

    def __init__(self, safe: Safe, tokens: Tokens) -> None:
        """Takes where they are, and the tokens that lead from page to page."""
        self._safe = safe
        self._tokens = tokens

    async def page(
        self, asked: Asked, form: Callable[[Secret], T], weigh: Callable[[T], int]
    ) -> tuple[tuple[T, ...], str]:
        """The secrets of a page by name, and the next token; raises InvalidRequest."""
        matches = parse_filter(asked.filter, FIELDS)

        async def entries(after: str) -> AsyncIterator[tuple[str, T | None]]:
            more = True
            while more:
                secrets = await self._safe.page(asked.tenant, after, READ)
                for each in secrets:
                    after = each.name.secret
                    yield after, form(each) if matches(each) else None
                more = len(secrets) == READ

        return await self._tokens.page(asked, entries, weigh)
