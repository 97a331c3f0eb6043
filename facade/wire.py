"""The wire: HTTP/1.1 over pooled connections, as an httpx transport that aiohttp carries."""

import asyncio
import functools
import io
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Self, TypeAlias
from urllib.parse import urlsplit

import aiohttp
import httpx
from aiohttp.abc import ResolveResult
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import AddrInfoType, Connection
from aiohttp.http_exceptions import BadStatusLine
from yarl import URL

from facade.channel import HEAD_BYTES, Channel
from facade.egress import Egress

PoolKey: TypeAlias = tuple[str, str, str]
"""Connector, version, origin: what never shares a connection with anything else."""

CONNECTIONS = 64
"""Open at once in one pool."""
IDLE = 5.0
"""Seconds that an unused connection is kept."""
RETIRED = 300.0
"""Seconds after which an unused pool is let go."""
LOOKUP = 1.0
"""Seconds for a name to be resolved."""
CONNECT = {"http": 2.0, "https": 3.0}
"""Seconds for a connection to be made, TLS included."""

AUTOMATIC = ("accept", "accept-encoding", "content-type", "user-agent")
"""What aiohttp would add to the headers that it is given."""


class Phase(Enum):
    """How far an exchange has come: `phase` among the extensions of its request."""

    CONNECT = "connect"
    """No byte of the request has left."""
    SEND = "send"
    """Bytes may have left."""


class TlsError(httpx.ConnectError):
    """No TLS connection: the certificate, the name in it, or the handshake."""


def system_trust() -> ssl.SSLContext:
    """TLS 1.2 or later, trusting the system's certificate authorities."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context


class _Resolver(aiohttp.ThreadedResolver):
    """Looks a name up, for a second at most; every address must be one that calls may go to."""

    def __init__(self, admit: Callable[[str], None]) -> None:
        super().__init__()
        self._admit = admit

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """All addresses of a name."""
        async with asyncio.timeout(LOOKUP):
            found = await super().resolve(host, port, family)
        for each in found:
            self._admit(each["host"])
        return found


class _Connector(aiohttp.TCPConnector):
    """Makes connections to one origin, at addresses that calls may go to."""

    def __init__(self, origin: str, egress: Egress, tls: ssl.SSLContext) -> None:
        parts = urlsplit(origin)
        secure = parts.scheme == "https"
        host, port = parts.hostname or "", parts.port or (443 if secure else 80)

        def admit(ip: str) -> None:
            egress.check_address(host, ip, port, secure=secure)

        def open_socket(info: AddrInfoType) -> socket.socket:
            family, kind, proto, _, address = info
            admit(str(address[0]))
            return socket.socket(family, kind, proto)

        super().__init__(
            ssl=tls,
            limit=CONNECTIONS,
            keepalive_timeout=IDLE,
            resolver=_Resolver(admit),
            socket_factory=open_socket,
        )
        channel: type[ResponseHandler] = Channel
        self._factory = functools.partial(channel, self._loop)


@dataclass(slots=True)
class _Pool:
    """The connections of one key, and whether anybody needs them."""

    connector: _Connector
    origin: str
    timeout: aiohttp.ClientTimeout
    calls: int = 0
    used: float = 0.0


@dataclass(slots=True)
class _Body(httpx.AsyncByteStream):
    """The body of an answer, piece by piece as it stood on the wire."""

    answer: aiohttp.ClientResponse
    pool: _Pool
    clock: Callable[[], float]
    failure: httpx.TransportError | None = None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        """Raises ReadError where it is cut off, RemoteProtocolError where it breaks HTTP.

        What came before that is given first; aiohttp would forget it.
        """
        content = self.answer.content
        if self.failure is None:
            try:
                piece = await content.readany()
            except httpx.TransportError as error:
                self.failure = error
            except (aiohttp.ClientError, OSError):
                self.failure = httpx.ReadError("cut off")
            else:
                if not piece:
                    raise StopAsyncIteration
                return piece
            if piece := content._read_nowait(-1):  # noqa: SLF001 - see above
                return piece
        raise self.failure from None

    async def aclose(self) -> None:
        """Ends the exchange; a connection with an unread rest is closed at once."""
        self.pool.calls -= 1
        self.pool.used = self.clock()
        _drop(self.answer.connection)
        self.answer.close()


class Wire(httpx.AsyncBaseTransport):
    """Sends a request to its origin as it is: no redirects, cookies, proxies, retries.

    Two extensions of the request say what httpx has no word for: `pool`, a
    PoolKey, and `target`, the path and query byte for byte. It sets a third,
    `phase`, so that a caller who gives up knows whether anything was sent.
    Cancelling closes the connection and frees its place at once.
    """

    def __init__(
        self, egress: Egress, tls: ssl.SSLContext, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Takes who may be called, how TLS is verified (`system_trust`), and the time."""
        self._egress = egress
        self._tls = tls
        self._clock = clock
        self._pools: dict[PoolKey, _Pool] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answers once the head is there; raises httpx's TransportErrors and EgressDenied."""
        request.extensions["phase"] = Phase.CONNECT
        pool = await self._pool(request.extensions["pool"])
        pool.calls += 1
        try:
            answer = await self._exchange(pool, request)
        except BaseException:
            pool.calls -= 1
            raise
        body = _Body(answer, pool, self._clock)
        return httpx.Response(
            answer.status, headers=answer.raw_headers, stream=body, request=request
        )

    async def aclose(self) -> None:
        """Closes every connection."""
        pools, self._pools = self._pools, {}
        for pool in pools.values():
            await pool.connector.close()

    async def _exchange(self, pool: _Pool, request: httpx.Request) -> aiohttp.ClientResponse:
        message = _message(pool.origin, request)
        connection = await _connect(pool, message)
        request.extensions["phase"] = Phase.SEND
        try:
            answer = await message.send(connection)
            return await answer.start(connection)
        except BaseException as error:
            message.terminate()
            _drop(connection)
            if isinstance(error, aiohttp.ClientResponseError):
                raise _protocol_error(error) from None
            if isinstance(error, (aiohttp.ClientError, OSError)):
                raise httpx.ReadError("no answer") from None
            raise

    async def _pool(self, key: PoolKey) -> _Pool:
        pool = self._pools.get(key)
        if pool is None:
            origin = key[2]
            self._egress.check_origin(origin)
            seconds = CONNECT[origin.partition(":")[0]]
            connector = _Connector(origin, self._egress, self._tls)
            pool = _Pool(
                connector, origin, aiohttp.ClientTimeout(sock_connect=seconds), used=self._clock()
            )
            self._pools[key] = pool
            await self._retire()
        return pool

    async def _retire(self) -> None:
        """Lets pools go that nobody used for long: versions come and go."""
        oldest = self._clock() - RETIRED
        for key, pool in list(self._pools.items()):
            if not pool.calls and pool.used < oldest:
                del self._pools[key]
                await pool.connector.close()


async def _connect(pool: _Pool, message: aiohttp.ClientRequest) -> Connection:
    """A connection that nothing is waiting in; each idle one is tried once at most."""
    try:
        for _ in range(CONNECTIONS + 1):
            connection = await pool.connector.connect(message, [], pool.timeout)
            channel = connection.protocol
            if isinstance(channel, Channel) and not channel.stale:
                channel.set_response_params(
                    skip_payload=message.method == "HEAD",
                    read_until_eof=True,
                    auto_decompress=False,
                    max_line_size=HEAD_BYTES,
                    max_field_size=HEAD_BYTES,
                    max_headers=HEAD_BYTES,
                )
                return connection
            connection.close()
    except aiohttp.ClientSSLError:
        raise TlsError("tls") from None
    except aiohttp.ClientConnectorError as error:
        reset = isinstance(error.os_error, (ConnectionResetError, ConnectionAbortedError))
        raise (TlsError if reset and message.is_ssl() else httpx.ConnectError)("connect") from None
    except TimeoutError:
        raise httpx.ConnectTimeout("connect") from None
    except (aiohttp.ClientError, OSError):
        raise httpx.ConnectError("connect") from None
    raise httpx.ConnectError("no connection stays open")


def _message(origin: str, request: httpx.Request) -> aiohttp.ClientRequest:
    """The same request in aiohttp's terms; a body is sent in pieces, or as it comes."""
    whole = isinstance(request.stream, httpx.ByteStream)
    content = request.read() if whole else b""
    body = io.BytesIO(content) if content else None
    return aiohttp.ClientRequest(
        request.method,
        URL(origin + request.extensions["target"].decode("ascii"), encoded=True),
        headers=[(name.decode("ascii"), value.decode()) for name, value in request.headers.raw],
        skip_auto_headers=AUTOMATIC,
        data=body if whole else request.stream,
        loop=asyncio.get_running_loop(),
    )


def _drop(connection: Connection | None) -> None:
    """Closes without a farewell: what is buffered is not worth the wait."""
    if connection is not None:
        if connection.protocol is not None:
            connection.protocol.abort()
        connection.close()


def _protocol_error(error: aiohttp.ClientResponseError) -> httpx.TransportError:
    """What is no HTTP at all is no answer; what breaks HTTP is a bad one."""
    problem = error.__cause__.__cause__ if error.__cause__ is not None else None
    if isinstance(problem, BadStatusLine) and "b'HTTP/" not in problem.message:  # its line
        return httpx.ReadError("no http")
    return httpx.RemoteProtocolError("head")
