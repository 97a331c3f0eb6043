"""The HTTP server: uvicorn's protocol in our own event loop, and an end without a lost call."""

import asyncio
import contextlib
import socket
import time
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

from facade.app.addresses import UNIX
from facade.app.cycle import Connections, Date
from facade.app.drain import Drain, until_last_words
from facade.app.listening import BACKLOG, Binding, FreshTls, listen
from facade.app.protocol import Protocol
from facade.config import Settings

KEEP_ALIVE = 75
"""Seconds that a connection may idle: longer than callers' pools keep one, so they let go first."""

HANDSHAKE = 5.0
"""Seconds that a TLS handshake may take."""

LINGER = 0.25
"""Seconds after the last connection is taken that its first request may need to come."""

TURN = 0.01
"""Seconds in which the loop does what it has begun."""


class Server:
    """An HTTP server that starts, drains and stops."""

    def __init__(self, app: ASGIApp, binding: Binding, drain: Drain, settings: Settings) -> None:
        """Takes what answers, where it listens, and the drain that is around what answers."""
        self._binding = binding
        self._drain = drain
        self._settings = settings
        self._connections = Connections(Date(time.time))
        self._tls = FreshTls(binding.tls) if binding.tls is not None else None
        self._listener: socket.socket | None = None
        self._server: asyncio.Server | None = None
        self._config = uvicorn.Config(
            app,
            http=Protocol,
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE,
        )
        self._config.load()

    async def start(self) -> str:
        """Listens, and gives the URL, whose port is the one that was found for port 0.

        Raises Misconfigured where the address cannot be listened on.
        """
        self._listener = listen(self._binding)
        tls = self._tls
        self._server = await asyncio.get_running_loop().create_server(
            self._protocol,
            sock=self._listener,
            backlog=BACKLOG,
            ssl=tls.context if tls else None,
            ssl_handshake_timeout=HANDSHAKE if tls else None,
        )
        address = self._binding.address
        if address.startswith(UNIX):
            return address
        port = self._listener.getsockname()[1]
        return f"{'https' if tls else 'http'}://{address.rpartition(':')[0]}:{port}"

    async def welcome(self, *, ready: bool) -> None:
        """Says nothing: who asks is told by /readyz."""

    async def drain(self) -> None:
        """Ends without losing a call.

        Each answer ends its connection for `drain_delay` seconds, in which callers learn to go
        elsewhere. Then nothing new is taken, and what is under way gets `drain_grace` seconds.
        """
        self._connections.closing = True
        await asyncio.sleep(self._settings.drain_delay)
        await self._pause()
        grace = self._settings.drain_grace
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace), asyncio.TaskGroup() as group:
                for each in self._last():
                    group.create_task(self._take(each))
                self._close()
                end = group.create_task(self._end(until_last_words(grace)))
                await self._let_go()
                end.cancel()
        await self.stop()

    async def stop(self) -> None:
        """Ends at once."""
        self._close()
        for each in tuple(self._connections.connections):
            each.transport.abort()
        await self._connections.gone()

    def _protocol(self) -> asyncio.Protocol:
        return Protocol(config=self._config, server_state=self._connections, app_state={})

    async def _pause(self) -> None:
        """Accepts no more, and lets what was accepted get to know its server, which then closes."""
        if self._listener is not None:
            asyncio.get_running_loop().remove_reader(self._listener)
        await asyncio.sleep(TURN)

    def _last(self) -> Iterator[socket.socket]:
        """The connections that the system has made already: they would be cut with the listener."""
        while self._listener is not None:
            try:
                yield self._listener.accept()[0]
            except OSError:
                return

    async def _take(self, connection: socket.socket) -> None:
        connection.settimeout(0)
        with contextlib.suppress(OSError):
            await asyncio.get_running_loop().connect_accepted_socket(
                self._protocol, connection, ssl=self._tls.context if self._tls else None
            )

    async def _let_go(self) -> None:
        """Closes what idles, and waits for the rest."""
        await asyncio.sleep(LINGER)
        for each in tuple(self._connections.connections):
            each.shutdown()
        await self._connections.gone()

    async def _end(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._drain.expire()

    def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = self._listener = None
