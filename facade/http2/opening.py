"""Opening: a connection of which is not known yet what is spoken on it."""

import asyncio
from typing import cast


class Opening(asyncio.Protocol):
    """Keeps what comes on a new connection, until it is known who speaks there."""

    def __init__(self) -> None:
        self._data: list[bytes] = []
        self._end: Exception | None = None
        self.closed = False

    @property
    def chosen(self) -> str:
        """What both sides have agreed to speak (ALPN, RFC 7301); empty: nothing."""
        tls = self._transport.get_extra_info("ssl_object")
        return (tls.selected_alpn_protocol() or "") if tls is not None else ""

    def hand_over(self, protocol: asyncio.Protocol) -> None:
        """Leaves the connection to that protocol, with all that has come."""
        self._transport.set_protocol(protocol)
        protocol.connection_made(self._transport)
        for data in self._data:
            protocol.data_received(data)
        if self.closed:
            protocol.connection_lost(self._end)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keeps the connection."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Keeps what came."""
        self._data.append(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Keeps the end."""
        self.closed, self._end = True, exc
