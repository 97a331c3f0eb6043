"""What the list of keys answers: by name, filtered, page by page."""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import TypeVar

from facade.access.keys import Keys
from facade.listing.filter import Field, parse_filter
from facade.listing.pages import Asked, Tokens
from facade.model.access import Identity
from facade.model.key import Key

T = TypeVar("T")
"""A key, in the form of the face that lists it."""

FIELDS: Mapping[str, Field[Key]] = {
    "id": Field(str, lambda key: key.name.key),
    "notes": Field(str, lambda key: key.notes),
    "role": Field(tuple, lambda key: tuple(each.role.value for each in key.grants)),
    "revoked": Field(bool, lambda key: key.revoke_time is not None),
    "expire_time": Field(
        str, lambda key: f"{key.expire_time:%Y-%m-%dT%H:%M:%SZ}" if key.expire_time else ""
    ),
}

READ = 200
"""Keys that are looked at at once while a page is filled."""


class KeyList:
    """Lists the keys that a caller could make."""

    def __init__(self, keys: Keys, tokens: Tokens) -> None:
        """Takes where they are, and the tokens that lead from page to page."""
        self._keys = keys
        self._tokens = tokens

    async def page(
        self, by: Identity, asked: Asked, form: Callable[[Key], T], weigh: Callable[[T], int]
    ) -> tuple[tuple[T, ...], str]:
        """The keys of a page by name, and the next token; raises InvalidRequest."""
        matches = parse_filter(asked.filter, FIELDS)

        async def entries(after: str) -> AsyncIterator[tuple[str, T | None]]:
            more = True
            while more:
                keys = self._keys.page(by, after, READ)
                for each in keys:
                    after = each.name.key
                    yield after, form(each) if matches(each) else None
                more = len(keys) == READ

        return await self._tokens.page(asked, entries, weigh)
