"""A proxy that knows HTTP: it says more than was asked for, or what was asked by another."""

import asyncio
import re
from enum import Enum
from random import Random

from tests.fakes import RawBackend, answer, read_request
from tests.faults.proxy import connect
from tests.faults.swap import Swap

POISON = answer(b"not yours", headers=(("X-Poison", "1"),))
"""An answer that nobody has asked for."""

LATE = 0.02
"""Seconds after which late surplus comes."""


class HttpFault(Enum):
    """What befalls an answer."""

    DOUBLE = "double"
    """A second answer comes in the same segment."""
    SURPLUS = "surplus"
    """Bytes that are no answer come in the same segment."""
    LATE = "late"
    """A second answer comes when the connection is idle."""
    SWAP = "swap"
    """It goes to another connection, whose answer comes here."""


class HttpProxy(RawBackend):
    """Stands in front of an HTTP/1.1 server on 127.0.0.1 and asks it anew for each request."""

    def __init__(self, target: int, *, seed: int = 0) -> None:
        super().__init__(self._talk)
        self._target = target
        self._random = Random(seed)  # noqa: S311 - to be repeated, not to be secret
        self.fault: HttpFault | None = None
        """May be set at any time."""
        self.share = 1.0
        """Of the answers that it befalls."""
        self.poison = POISON
        """Empty: the answer itself comes once more."""
        self.befallen = 0
        """Answers so far."""
        self.swap = Swap()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            said = await self._asked(await read_request(reader))
            fault = self.fault if self._random.random() < self.share else None
            self.befallen += fault is not None
            writer.write(await self._befallen(fault, said))
            await writer.drain()
            if fault is HttpFault.LATE:
                await asyncio.sleep(LATE)
                writer.write(self.poison or said)

    async def _befallen(self, fault: HttpFault | None, said: bytes) -> bytes:
        if fault is HttpFault.SWAP:
            return await self.swap.trade(said)
        if fault is HttpFault.DOUBLE:
            return said + (self.poison or said)
        return said + b"surplus" if fault is HttpFault.SURPLUS else said

    async def _asked(self, request: bytes) -> bytes:
        reader, writer = await connect(self._target)
        try:
            writer.write(request)
            return await read_answer(reader)
        finally:
            writer.close()


async def read_answer(reader: asyncio.StreamReader) -> bytes:
    """One answer, byte for byte: its head, and its body by Content-Length."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"\r\ncontent-length: *([0-9]+)", head, re.IGNORECASE)
    return head + (await reader.readexactly(int(length[1])) if length else b"")
