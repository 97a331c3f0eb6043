"""Pages of a list: sizes, and opaque tokens that hold to their request (AIP-158)."""

import asyncio
import base64
import binascii
import hashlib
import hmac
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from facade.catalog.request import invalid
from facade.errors.fault import Violation
from facade.model.access import ANYONE, Identity, Permission, Target

T = TypeVar("T")
"""What is listed, in the form of the face that lists it."""

DEFAULT_SIZE = 50
MAX_SIZE = 1000

MAX_BYTES = 3 * 2**20
"""A page ends early rather than grow beyond it: gRPC clients take 4 MiB by default."""

BREATH = 64
"""After so many entries the other calls get their turn."""

_MAC = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One page of a list, as a caller asks for it."""

    parent: str = ""
    filter: str = ""
    size: int = 0
    token: str = ""
    tenant: str = ""
    """Whose list it is: of the caller's identity."""
    identity: Identity = ANYONE
    """Who asks, and is told of what he may see alone."""
    bound: bytes
    """Method and request without what may differ from page to page: its tokens hold to that."""

    def shows(self, target: Target) -> bool:
        """Whether an entry is told of."""
        return self.identity is ANYONE or self.identity.allows(Permission.VIEW, target)

    @property
    def held_to(self) -> bytes:
        """What its tokens are bound to: no tenant's opens for another."""
        return b"%b\0%b" % (self.tenant.encode(), self.bound)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """Some entries of a list, in its order."""

    items: tuple[T, ...]
    last: str
    """The position of the last one where others follow, else empty."""


class Tokens:
    """Writes and reads page tokens.

    A token holds a position in the list's order, not a count, so that what is added or removed
    meanwhile moves no page; and a MAC over it and what binds it, so that it opens for nothing
    else. The key must be the same in every process that serves the list.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def seal(self, bound: bytes, position: str) -> str:
        """The token for what follows the position; empty after the last page."""
        if not position:
            return ""
        place = position.encode()
        sealed = self._mac(bound, place) + place
        return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()

    def open(self, bound: bytes, token: str) -> str:
        """The position that a token holds; raises InvalidRequest for a foreign one."""
        if not token:
            return ""
        try:
            sealed = base64.b64decode(
                token + "=" * (-len(token) % 4), altchars=b"-_", validate=True
            )
        except (binascii.Error, ValueError):
            raise invalid(
                Violation(field="page_token", description="is not a token of this service")
            ) from None
        mac, place = sealed[:_MAC], sealed[_MAC:]
        if not hmac.compare_digest(mac, self._mac(bound, place)):
            raise invalid(
                Violation(
                    field="page_token",
                    description="belongs to another request; start without a token",
                )
            )
        return place.decode()

    def _mac(self, bound: bytes, place: bytes) -> bytes:
        signed = b"%d:%b%b" % (len(bound), bound, place)
        return hmac.digest(self._key, signed, hashlib.sha256)[:_MAC]

    async def page(
        self,
        asked: Asked,
        entries: Callable[[str], AsyncIterator[tuple[str, T | None]]],
        weigh: Callable[[T], int],
    ) -> tuple[tuple[T, ...], str]:
        """The page that is asked for, of the entries that follow a position; and the next token.

        `weigh` gives the bytes of an entry. Raises InvalidRequest.
        """
        size = page_size(asked.size)
        bound = asked.held_to
        page = await take(entries(self.open(bound, asked.token)), size, weigh)
        return page.items, self.seal(bound, page.last)


def page_size(asked: int) -> int:
    """How many entries a page has: 50 by default, 1000 at most; raises InvalidRequest below 0."""
    if asked < 0:
        raise invalid(
            Violation(
                field="page_size",
                description=f"{asked} is negative; from 1 to {MAX_SIZE}, or 0 for 50",
            )
        )
    return min(asked, MAX_SIZE) or DEFAULT_SIZE


async def take(
    entries: AsyncIterator[tuple[str, T | None]], size: int, weigh: Callable[[T], int]
) -> Page[T]:
    """The first page of the entries, which come in order with their positions.

    None stands for an entry that the filter leaves out.
    """
    items: list[T] = []
    last, room = "", MAX_BYTES
    count = 0
    async for position, item in entries:
        count += 1
        if item is not None:
            room -= weigh(item)
            if len(items) == size or (items and room < 0):
                return Page(items=tuple(items), last=last)
            items.append(item)
            last = position
        if count % BREATH == 0:
            await asyncio.sleep(0)
    return Page(items=tuple(items), last="")
