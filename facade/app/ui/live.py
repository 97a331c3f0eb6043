"""Live: what changes while somebody looks, for as long as they may look."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Final, TypeVar

from facade.access.identities import unknown

PAUSE: Final = 2.0
"""Seconds after which it is asked anew whether somebody may look, though nothing has changed."""

T = TypeVar("T")


class _End:
    """Nothing comes any more."""


async def attentive(
    source: AsyncGenerator[T, None], holds: Callable[[], bool], pause: float = PAUSE
) -> AsyncGenerator[T | None, None]:
    """What a source has, and None where it has nothing for a while; raises CallerUnknown.

    So a stream ends soon after its caller's key was revoked, and a caller who has gone is noticed.
    """
    coming: asyncio.Task[T | _End] | None = None
    try:
        while True:
            coming = coming or asyncio.ensure_future(_next(source))
            await asyncio.wait({coming}, timeout=pause)
            if not holds():
                raise unknown()
            if not coming.done():
                yield None
                continue
            found, coming = coming.result(), None
            if isinstance(found, _End):
                return
            yield found
    finally:
        if coming is not None:
            coming.cancel()
            await asyncio.wait({coming})
        await source.aclose()


async def _next(source: AsyncGenerator[T, None]) -> T | _End:
    return await anext(source, _End())
