"""The calls under way, and how they end when the server does."""

import asyncio

from facade.errors.fault import Details, Effect
from facade.errors.service import Overloaded
from gateway.interceptors.base import Proceed, Rpc


class Drain:
    """Ends the calls that outlive the grace with a status that says what is known of them."""

    def __init__(self) -> None:
        self._running: set[asyncio.Timeout] = set()

    async def __call__(self, proceed: Proceed, request: bytes, rpc: Rpc) -> bytes:
        """Runs the rest, until `expire`."""
        limit = asyncio.timeout(None)
        try:
            async with limit:
                self._running.add(limit)
                return await proceed(request, rpc)
        except TimeoutError:
            if not limit.expired():
                raise
            raise Overloaded(
                "The server stopped before the call was done; it may have been executed.",
                details=Details(retry_after=1.0),
                effect=Effect.UNKNOWN,
            ) from None
        finally:
            self._running.discard(limit)

    def expire(self) -> None:
        """Ends every call that is under way."""
        now = asyncio.get_running_loop().time()
        for limit in self._running:
            limit.reschedule(now)
