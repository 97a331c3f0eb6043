"""Sliced: pages of what the ledger finds some at a time, and may look for in vain for long."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TypeAlias, TypeVar

from facade.listing.pages import Asked, Tokens

T = TypeVar("T")
"""An item, in the form of the face that lists it."""

Found: TypeAlias = tuple[Sequence[tuple[str, T]], str]
"""Items, each with the id before which the next one is, and the id before which to go on."""


async def sliced_page(
    tokens: Tokens,
    asked: Asked,
    find: Callable[[str, int], Awaitable[Found[T]]],
    weigh: Callable[[T], int],
    read: int,
) -> tuple[tuple[T, ...], str]:
    """The items of a page, and the next token.

    `find` gives items older than an id (empty: than all), as many as it is told, or fewer where
    there are no more or it took long. `read`: how many it is told. A page has less than it may, or
    nothing, where much was looked at: its token goes on.
    """
    looked_at = ""

    async def entries(before: str) -> AsyncIterator[tuple[str, T | None]]:
        nonlocal looked_at
        more = True
        while more:
            found, before = await find(before, read)
            for each in found:
                yield each
            more = len(found) == read
        looked_at = before

    items, token = await tokens.page(asked, entries, weigh)
    return items, token or tokens.seal(asked.held_to, looked_at)
