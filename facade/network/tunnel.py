"""Tunnel: the head of the conversation with a proxy (RFC 9110 section 9.3.6)."""

import asyncio
import re
from typing import cast

HEAD_BYTES = 16 * 1024

_ACCEPTED = re.compile(rb"HTTP/1\.[01] 2[0-9][0-9][ \r]")


class Tunnel(asyncio.Protocol):
    """Asks a proxy for a way to one host; what is spoken there then is not its concern."""

    def __init__(self) -> None:
        self._head = b""
        self._answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def open(self, authority: str, authorization: str) -> None:
        """Asks for the way to `host:port`; raises ConnectionRefusedError if there is none."""
        lines = [f"CONNECT {authority} HTTP/1.1", f"Host: {authority}"]
        if authorization:
            lines.append(f"Proxy-Authorization: {authorization}")
        self.transport.write("\r\n".join((*lines, "", "")).encode("latin-1"))
        await self._answer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keeps the connection to the proxy."""
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Reads the answer's head; nothing may follow it, since the host waits for our word."""
        self._head += data
        head, end, surplus = self._head.partition(b"\r\n\r\n")
        if (end or len(self._head) > HEAD_BYTES) and not self._answer.done():
            if end and not surplus and _ACCEPTED.match(head):
                self._answer.set_result(None)
            else:
                self._answer.set_exception(ConnectionRefusedError("the proxy gives no way"))

    def connection_lost(self, exc: Exception | None) -> None:
        """Ends the wait for an answer."""
        del exc
        if not self._answer.done():
            self._answer.set_exception(ConnectionRefusedError("the proxy hung up"))
