"""The RPCs under way, and how they end when the server does."""

from facade.app.drain import UnderWay
from gateway.interceptors.base import Proceed, Rpc


class Drain(UnderWay):
    """The ring around what is under way."""

    async def __call__(self, proceed: Proceed, request: bytes, rpc: Rpc) -> bytes:
        """Runs the rest, until `expire`."""
        return await self.run(proceed(request, rpc))
