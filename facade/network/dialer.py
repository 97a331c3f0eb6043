"""Dialer: makes the connections to one origin, at addresses that calls may go to."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self, TypeAlias, TypeVar
from urllib.parse import urlsplit

import aiohappyeyeballs

from facade.egress import Egress
from facade.model.ports import DEFAULT_PORTS
from facade.network.exits import Proxy
from facade.network.resolver import AddressInfo, Resolver
from facade.network.tunnel import Tunnel

ATTEMPT_DELAY = 0.25
"""Seconds after which the next address is tried beside the last (RFC 8305 section 5)."""

FAREWELL = 1.0
"""Seconds for the other side to answer the end of TLS, before the connection is cut."""

SocketFactory: TypeAlias = Callable[[AddressInfo], socket.socket]
"""Opens a socket for an address, unconnected."""

AnyProtocol = TypeVar("AnyProtocol", bound=asyncio.Protocol)


BROKEN_HANDSHAKE = (ssl.SSLError, ConnectionResetError, ConnectionAbortedError)
"""What a handshake ends in; a connection that is refused is none of it."""


class HandshakeError(OSError):
    """There is a connection, but no TLS on it."""


def open_socket(info: AddressInfo) -> socket.socket:
    """A socket of the address's family."""
    return socket.socket(info[0], info[1], info[2])


@dataclass(frozen=True, slots=True)
class Target:
    """Where the connections of an origin lead."""

    host: str
    """Without brackets, without a dot at the end: certificates know none."""
    port: int
    secure: bool

    @classmethod
    def of(cls, origin: str) -> Self:
        """Reads `scheme://host[:port]`."""
        parts = urlsplit(origin)
        host = (parts.hostname or "").removesuffix(".")
        return cls(host, parts.port or DEFAULT_PORTS[parts.scheme], parts.scheme == "https")

    @property
    def authority(self) -> str:
        """`host:port` (RFC 9110 section 7.2)."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialer:
    """Makes connections to one target, directly or through a proxy.

    Names are resolved here, every answer is judged, and sockets are told addresses, so that no
    second look-up can lead elsewhere. The address of a proxy is the operator's own and not
    judged; that of the target is, before the proxy hears of it.
    """

    target: Target
    egress: Egress
    resolver: Resolver
    tls: ssl.SSLContext
    """How the target is verified, and what is shown to it."""
    proxy: Proxy | None = None
    proxy_tls: ssl.SSLContext
    source_address: str = ""
    """Where the sockets are bound; empty: anywhere."""
    sockets: SocketFactory = open_socket

    async def connect(self, factory: Callable[[], AnyProtocol]) -> AnyProtocol:
        """A protocol whose connection stands, TLS included.

        Raises EgressDenied, HandshakeError, and OSError where there is no connection. It sets no
        time. Cancelling leaves no socket behind.
        """
        target, proxy = self.target, self.proxy
        if proxy is None:
            sock = await self._direct()
            return await _speak(factory, sock, self.tls if target.secure else None, target.host)
        if not self.egress.names(target.host, target.port):
            await self._judged()
        sock = await self._race(await self.resolver.addresses(proxy.host), proxy.port)
        outer = self.proxy_tls if proxy.secure else None
        if not target.secure:
            return await _speak(factory, sock, outer, proxy.host)
        tunnel = await _speak(Tunnel, sock, outer, proxy.host)
        return await self._through(tunnel, proxy.authorization, factory)

    async def _direct(self) -> socket.socket:
        sock = await self._race(await self._judged(), self.target.port)
        try:
            self._check(sock.getpeername()[0])
        except BaseException:
            sock.close()
            raise
        return sock

    async def _judged(self) -> tuple[AddressInfo, ...]:
        """The target's addresses, all of which must be allowed; raises EgressDenied."""
        found = await self.resolver.addresses(self.target.host)
        for *_, address in found:
            self._check(address[0])
        return found

    def _check(self, ip: str) -> None:
        target = self.target
        self.egress.check_address(target.host, ip, target.port, secure=target.secure)

    async def _race(self, found: tuple[AddressInfo, ...], port: int) -> socket.socket:
        """The first connection that stands (RFC 8305)."""
        source = (self.source_address, 0) if self.source_address else None
        return await aiohappyeyeballs.start_connection(
            [(*info[:4], (info[4][0], port, *info[4][2:])) for info in found],
            local_addr_infos=aiohappyeyeballs.addr_to_addr_infos(source),
            happy_eyeballs_delay=ATTEMPT_DELAY,
            socket_factory=self.sockets,
        )

    async def _through(
        self, tunnel: Tunnel, authorization: str, factory: Callable[[], AnyProtocol]
    ) -> AnyProtocol:
        """TLS with the target, inside what the proxy opens."""
        loop = asyncio.get_running_loop()
        protocol = factory()
        try:
            await tunnel.open(self.target.authority, authorization)
            transport = await loop.start_tls(
                tunnel.transport,
                protocol,
                self.tls,
                server_hostname=self.target.host,
                ssl_shutdown_timeout=FAREWELL,
            )
        except BaseException as error:
            tunnel.transport.abort()
            if isinstance(error, BROKEN_HANDSHAKE):
                raise HandshakeError("tls") from None
            raise
        if transport is None:
            raise HandshakeError("the proxy hung up")
        protocol.connection_made(transport)
        return protocol


async def _speak(
    factory: Callable[[], AnyProtocol], sock: socket.socket, tls: ssl.SSLContext | None, host: str
) -> AnyProtocol:
    """The protocol on a connected socket, over TLS where a context is given."""
    loop = asyncio.get_running_loop()
    try:
        _, protocol = await loop.create_connection(
            factory,
            sock=sock,
            ssl=tls,
            server_hostname=host if tls else None,
            ssl_shutdown_timeout=FAREWELL if tls else None,
        )
    except BROKEN_HANDSHAKE:
        raise HandshakeError("tls") from None
    return protocol
