"""Pages of a list: sizes, and opaque tokens that hold to their request (AIP-158)."""

import asyncio
import base64
import binascii
import hashlib
import hmac
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from google.protobuf.message import Message

from facade.catalog.request import invalid
from facade.errors.fault import Violation

M = TypeVar("M", bound=Message)
"""What is listed."""

DEFAULT_SIZE = 50
MAX_SIZE = 1000

MAX_BYTES = 3 * 2**20
"""A page ends early rather than grow beyond it: gRPC clients take 4 MiB by default."""

BREATH = 64
"""After so many entries the other calls get their turn."""

_MAC = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[M]):
    """Some entries of a list, in its order."""

    items: tuple[M, ...]
    last: str
    """The position of the last one where others follow, else empty."""


class Tokens:
    """Writes and reads page tokens.

    A token holds a position in the list's order, not a count, so that what is added or removed
    meanwhile moves no page; and a MAC over it and the request's other fields, so that it opens
    for nothing else. The key must be the same in every process that serves the list.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def seal(self, request: Message, position: str) -> str:
        """The token for what follows the position; empty after the last page."""
        if not position:
            return ""
        place = position.encode()
        sealed = self._mac(request, place) + place
        return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()

    def open(self, request: Message) -> str:
        """The position in the request's `page_token`; raises InvalidRequest for a foreign one."""
        token: str = getattr(request, "page_token")  # noqa: B009 - every list request has one
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
        if not hmac.compare_digest(mac, self._mac(request, place)):
            raise invalid(
                Violation(
                    field="page_token",
                    description="belongs to another request; start without a token",
                )
            )
        return place.decode()

    def _mac(self, request: Message, place: bytes) -> bytes:
        """Over the request without what may differ from page to page (AIP-158)."""
        bound = type(request)()
        bound.CopyFrom(request)
        bound.ClearField("page_token")
        bound.ClearField("page_size")
        text = bound.SerializeToString(deterministic=True)
        name = bound.DESCRIPTOR.full_name.encode()
        signed = b"%d:%b%d:%b%b" % (len(name), name, len(text), text, place)
        return hmac.digest(self._key, signed, hashlib.sha256)[:_MAC]


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


async def take(entries: AsyncIterator[tuple[str, M | None]], size: int) -> Page[M]:
    """The first page of the entries, which come in order with their positions.

    None stands for an entry that the filter leaves out.
    """
    items: list[M] = []
    last, room = "", MAX_BYTES
    count = 0
    async for position, item in entries:
        count += 1
        if item is not None:
            room -= item.ByteSize()
            if len(items) == size or (items and room < 0):
                return Page(items=tuple(items), last=last)
            items.append(item)
            last = position
        if count % BREATH == 0:
            await asyncio.sleep(0)
    return Page(items=tuple(items), last="")
