"""The body of a request: whole while it is small, else as it comes."""

import asyncio
from collections.abc import AsyncGenerator, Mapping

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from facade.errors.service import DeadlineExceeded

PATIENCE = 60.0
"""Seconds that a body which is kept in memory may take to come."""


class Body:
    """Reads a body, once."""

    def __init__(
        self, receive: Receive, fields: Mapping[str, str], limit: int, patience: float = PATIENCE
    ) -> None:
        """Takes the header fields by lower-case name, and the bytes that are kept.

        Where they announce no body there is none (RFC 9112 section 6.3).
        """
        self._receive = receive
        self._limit = limit
        self._patience = patience
        self._read: list[bytes] = []
        announced = fields.get("content-length", "")
        self._ended = not announced and "transfer-encoding" not in fields
        self.length = int(announced) if announced.isdecimal() else None
        """Bytes that are announced, if they are."""

    async def whole(self) -> bytes | None:
        """All of it; None where it is larger than the limit.

        Raises ClientDisconnect, and DeadlineExceeded where it does not come in time.
        """
        if self._ended:
            return b""
        if self.length is not None and self.length > self._limit:
            return None
        patience = asyncio.timeout(self._patience)
        try:
            async with patience:
                return await self._whole()
        except TimeoutError:
            if not patience.expired():
                raise
            text = f"The body of the request did not come in {self._patience:g} s."
            raise DeadlineExceeded(text) from None

    async def _whole(self) -> bytes | None:
        size = 0
        while not self._ended:
            piece = await self._next()
            self._read.append(piece)
            size += len(piece)
            if size > self._limit:
                return None
        return self._read[0] if len(self._read) == 1 else b"".join(self._read)

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """What was read already, and then the rest as it comes.

        Where the client hangs up before the end there is none: what is done for it is cancelled.
        """
        for piece in self._read:
            yield piece
        while not self._ended:
            try:
                piece = await self._next()
            except ClientDisconnect:
                self._ended = True
                await asyncio.Event().wait()
            if piece:
                yield piece

    async def _next(self) -> bytes:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        if not message.get("more_body", False):
            self._ended = True
        piece: bytes = message.get("body", b"")
        return piece
