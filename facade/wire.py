"""The wire: HTTP/1.1 over pooled connections, as an httpx transport that aiohttp carries."""

import asyncio
import functools
import io
import re
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Self

import aiohttp
import httpx
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from aiohttp.http_exceptions import BadStatusLine
from aiohttp.tracing import Trace
from yarl import URL

from facade.channel import HEAD_BYTES, Channel
from facade.egress import Egress
from facade.model.call import Identity
from facade.network.dialer import Dialer, HandshakeError, SocketFactory, Target, open_socket
from facade.network.exits import Exits, Proxy
from facade.network.resolver import Resolver
from facade.network.tls import context_of

CONNECTIONS = 64
"""Open at once in one pool."""
SPARE = 16
"""Unused at once in one pool."""
IDLE = 5.0
"""Seconds that an unused connection is kept."""
RETIRED = 300.0
"""Seconds after which an unused pool is let go."""
SWEEP = 1.0
"""Seconds between two looks for such pools, at least."""
CONNECT = {False: 2.0, True: 3.0}
"""Seconds for a connection to be made, its name found included; True: TLS as well."""

UNADMITTED = 407
"""What a proxy says, and never a backend, of a request that it does not hand on: its words are the
operator's, who gave us the password (RFC 9110 section 15.5.8)."""

AUTOMATIC = ("accept", "accept-encoding", "content-type", "user-agent")
"""What aiohttp would add to the headers that it is given."""


_ABOUT_CERTIFICATES = re.compile("CERTIFICATE|UNKNOWN_CA")


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolKey:
    """What connections are for: they are shared by no two calls that differ in any of it."""

    origin: str
    connector: str = ""
    version: str = ""
    tenant: str = ""
    connection: str = ""
    identity: Identity | None = None
    proxy: str = ""
    source_address: str = ""


class Phase(Enum):
    """How far an exchange has come: `phase` among the extensions of its request."""

    CONNECT = "connect"
    """No byte of the request has left."""
    SEND = "send"
    """Bytes may have left."""


class TlsError(httpx.ConnectError):
    """No TLS connection: the certificate, the name in it, or the handshake."""


class _Pool(aiohttp.BaseConnector):
    """The connections of one key, and whether anybody needs them."""

    def __init__(self, dialer: Dialer, now: float) -> None:
        super().__init__(limit=0, keepalive_timeout=IDLE)
        target = dialer.target
        self.timeout = aiohttp.ClientTimeout(connect=CONNECT[target.secure])
        self.proxy = None if target.secure else dialer.proxy
        """What the requests themselves go to: there is one where they are not tunnelled."""
        self.calls = 0
        """Those that have a place or wait for one."""
        self.used = now
        self._places = asyncio.Semaphore(CONNECTIONS)
        self._dialer = dialer
        self._channel = functools.partial(Channel, self._loop)

    @property
    def busy(self) -> int:
        """Connections with a call on them."""
        return len(self._acquired)

    @property
    def idle(self) -> int:
        """Connections without one."""
        return sum(map(len, self._conns.values()))

    async def enter(self) -> None:
        """Waits for a place."""
        self.calls += 1
        try:
            await self._places.acquire()
        except BaseException:
            self.calls -= 1
            raise

    def leave(self, now: float) -> None:
        """Ends a call that had a place, and closes what no other is about to use."""
        self._places.release()
        self.calls -= 1
        self.used = now
        wanted = self.calls - len(self._acquired)
        for idle in self._conns.values():
            while len(idle) > SPARE + wanted:
                idle.popleft()[0].close()

    async def _create_connection(
        self,
        req: aiohttp.ClientRequest,  # noqa: ARG002 - aiohttp's own signature
        traces: list[Trace],  # noqa: ARG002 - the same
        timeout: aiohttp.ClientTimeout,  # noqa: ARG002, ASYNC109 - the same
    ) -> ResponseHandler:
        return await self._dialer.connect(self._channel)


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
        _drop(self.answer.connection)
        self.answer.close()
        self.pool.leave(self.clock())


class Wire(httpx.AsyncBaseTransport):
    """Sends a request to its origin as it is: no redirects, cookies, retries.

    Two extensions of the request say what httpx has no word for: `pool`, a
    PoolKey, and `target`, the path and query byte for byte. It sets a third,
    `phase`, so that a caller who gives up knows whether anything was sent.
    Cancelling closes the connection and frees its place at once.
    """

    def __init__(
        self,
        egress: Egress,
        tls: ssl.SSLContext,
        exits: Exits | None = None,
        *,
        resolver: Resolver | None = None,
        sockets: SocketFactory = open_socket,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Takes who may be called, how TLS is verified (`system_trust`), and the ways out."""
        self._egress = egress
        self._tls = tls
        self._exits = exits or Exits()
        self._resolver = resolver or Resolver()
        self._sockets = sockets
        self._clock = clock
        self._pools: dict[PoolKey, _Pool] = {}
        self._swept = clock()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answers once the head is there; raises httpx's TransportErrors and caller's faults."""
        request.extensions["phase"] = Phase.CONNECT
        key = request.extensions["pool"]
        pool = self._pools.get(key) or await self._new(key)
        await pool.enter()
        try:
            answer = await self._exchange(pool, request)
        except BaseException:
            pool.leave(self._clock())
            raise
        body = _Body(answer, pool, self._clock)
        return httpx.Response(
            answer.status, headers=answer.raw_headers, stream=body, request=request
        )

    def connections(self) -> dict[tuple[str, ...], int]:
        """How many are open: with a call on them, and without."""
        pools = self._pools.values()
        return {
            ("used",): sum(pool.busy for pool in pools),
            ("idle",): sum(pool.idle for pool in pools),
        }

    async def aclose(self) -> None:
        """Closes every connection."""
        pools, self._pools = self._pools, {}
        for pool in pools.values():
            await pool.close(abort_ssl=True)
        self._resolver.close()

    async def _exchange(self, pool: _Pool, request: httpx.Request) -> aiohttp.ClientResponse:
        message = _message(request)
        connection = await _connect(pool, message)
        if pool.proxy is not None:
            _address(message, pool.proxy)
        request.extensions["phase"] = Phase.SEND
        try:
            answer = await message.send(connection)
            await answer.start(connection)
        except BaseException as error:
            message.terminate()
            _drop(connection)
            if isinstance(error, aiohttp.ClientResponseError):
                raise _protocol_error(error) from None
            if isinstance(error, (aiohttp.ClientError, OSError)):
                raise (TlsError if _unwelcome(error) else httpx.ReadError)("no answer") from None
            raise
        if pool.proxy is not None and answer.status == UNADMITTED:
            answer.close()
            request.extensions["phase"] = Phase.CONNECT
            raise httpx.ConnectError("the proxy gives no way")
        return answer

    async def _new(self, key: PoolKey) -> _Pool:
        egress = self._egress.of(key.connector)
        egress.check_origin(key.origin)
        proxy = self._exits.proxy(key.proxy)
        source_address = self._exits.source(key.source_address)
        tls = self._tls
        if key.identity is not None:
            tls = await asyncio.to_thread(context_of, key.identity)
        target = Target.of(key.origin)
        dialer = Dialer(
            target=target,
            egress=egress,
            resolver=self._resolver,
            tls=tls,
            proxy=proxy,
            proxy_tls=self._tls,
            source_address=source_address,
            sockets=self._sockets,
        )
        pool = _Pool(dialer, self._clock())
        await self._retire()
        return self._pools.setdefault(key, pool)

    async def _retire(self) -> None:
        """Lets pools go that nobody used for long: versions, tenants and certificates change."""
        now = self._clock()
        if now < self._swept + SWEEP:
            return
        self._swept = now
        for key, pool in list(self._pools.items()):
            if not pool.calls and pool.used < now - RETIRED:
                del self._pools[key]
                await pool.close(abort_ssl=True)


async def _connect(pool: _Pool, message: aiohttp.ClientRequest) -> Connection:
    """A connection that nothing is waiting in; each idle one is tried once at most."""
    try:
        for _ in range(CONNECTIONS + 1):
            connection = await pool.connect(message, [], pool.timeout)
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
    except HandshakeError:
        raise TlsError("tls") from None
    except TimeoutError:
        raise httpx.ConnectTimeout("connect") from None
    except (aiohttp.ClientError, OSError):
        raise httpx.ConnectError("connect") from None
    raise httpx.ConnectError("no connection stays open")


def _message(request: httpx.Request) -> aiohttp.ClientRequest:
    """The same request in aiohttp's terms; a body is sent in pieces, or as it comes."""
    origin = request.extensions["pool"].origin
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


def _address(message: aiohttp.ClientRequest, proxy: Proxy) -> None:
    """Makes it a request to a proxy, with the whole URL as target (RFC 9112 section 3.2.2)."""
    message.proxy = URL(proxy.url)
    if proxy.authorization:
        message.headers["Proxy-Authorization"] = proxy.authorization


def _unwelcome(error: Exception) -> bool:
    """Whether the backend hung up over our certificate, and so before it read a request.

    In TLS 1.3 it says so only after we have begun to speak (RFC 8446 section 4.4.2.4).
    """
    cause = error.__cause__
    return isinstance(cause, ssl.SSLError) and bool(_ABOUT_CERTIFICATES.search(cause.reason or ""))


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
