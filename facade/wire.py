"""The wire: HTTP/1.1 connections to backends, in pools that keep apart what must not be shared."""

import asyncio
import ssl
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from facade.channel import Channel
from facade.egress import Egress
from facade.errors.fault import Effect
from facade.failure import late, unreachable, untrusted
from facade.http1.request import Route
from facade.model.call import Identity
from facade.model.ports import DEFAULT_PORTS
from facade.network.dialer import Dialer, HandshakeError, SocketFactory, Target, open_socket
from facade.network.exits import Exits
from facade.network.resolver import Resolver
from facade.network.tls import context_of

CONNECTIONS = 64
"""Open at once in one pool."""
IDLE = 5.0
"""Seconds that an unused connection is kept …"""
SPARE = 16
"""… of so many in one pool; …"""
SURPLUS = 1.0
"""… and of those beyond: calls come in bunches, and the next one may need them all."""
RETIRED = 300.0
"""Seconds after which an unused pool is let go."""
SWEEP = 1.0
"""Seconds between two looks for such pools, at least."""
CONNECT = {False: 2.0, True: 3.0}
"""Seconds for a connection to be made, its name found included; True: TLS as well."""


class PoolKey(NamedTuple):
    """What connections are for: they are shared by no two calls that differ in any of it."""

    origin: str
    connector: str = ""
    version: str = ""
    tenant: str = ""
    connection: str = ""
    identity: Identity | None = None
    proxy: str = ""
    source_address: str = ""


class Pool:
    """The connections of one key, and whether anybody needs them.

    The one that was used last is used next, so that those that are not needed grow old.
    """

    def __init__(self, dialer: Dialer, route: Route, clock: Callable[[], float]) -> None:
        """Takes what makes connections, what requests have in common, and the time."""
        self.route = route
        self.calls = 0
        """Those that have a place or wait for one."""
        self.used = clock()
        self.free = CONNECTIONS
        """Places that nobody has."""
        self.idle: list[Channel] = []
        """Connections without a call, the oldest first."""
        self.busy = 0
        """Connections with a call on them."""
        self._open: set[Channel] = set()
        self._dialer = dialer
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._ended = False

    def take(self) -> Channel | None:
        """A place and a connection for a call, if there are both at once; to be left."""
        if self.free:
            channel = self._unused()
            if channel is not None:
                self.free -= 1
                self.calls += 1
                self.busy += 1
                return channel
        return None

    async def join(self, due: float) -> Channel:
        """A place and a connection, waited for and made where need be; to be left.

        `due`: until when, by the loop's clock. Raises BackendUnreachable, BackendTls,
        BackendTimeout and EgressDenied.
        """
        self.calls += 1
        try:
            async with asyncio.timeout_at(due):
                await self.enter()
                try:
                    channel = self._unused() or await self._connect()
                except BaseException:
                    self.pass_on()
                    raise
        except BaseException as error:
            self.calls -= 1
            if isinstance(error, TimeoutError):
                raise late(Effect.NOT_EXECUTED) from None
            raise
        self.busy += 1
        return channel

    def leave(self, channel: Channel) -> None:
        """Ends a call; its connection is kept if another call may have it."""
        self.calls -= 1
        self.busy -= 1
        if not self.calls:
            self.used = self._clock()
        kept = IDLE if len(self.idle) < SPARE else SURPLUS
        if channel.release(self._loop.time() + kept):
            self.idle.append(channel)
        self.pass_on()

    async def enter(self) -> None:
        """Waits for a place."""
        if self.free:
            self.free -= 1
            return
        turn = self._loop.create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.pass_on()
            raise

    def end(self) -> None:
        """Closes every connection."""
        self._ended = True
        for channel in tuple(self._open):
            channel.abort()

    def _unused(self) -> Channel | None:
        """The fit connection that was used last; what is not fit is closed."""
        while self.idle:
            channel = self.idle.pop()
            if channel.fit:
                return channel
            channel.close()
        return None

    def pass_on(self) -> None:
        """Gives a place to the call that has waited longest."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self.free += 1

    async def _connect(self) -> Channel:
        secure = self._dialer.target.secure
        try:
            async with asyncio.timeout(CONNECT[secure]):
                channel = await self._dialer.connect(self._channel)
        except HandshakeError:
            raise untrusted() from None
        except (TimeoutError, OSError):
            raise unreachable() from None
        if self._ended:
            channel.abort()
            raise unreachable()
        if not channel.closed:
            self._open.add(channel)
        return channel

    def _channel(self) -> Channel:
        return Channel(self._lost)

    def _lost(self, channel: Channel) -> None:
        self._open.discard(channel)
        if channel in self.idle:
            self.idle.remove(channel)


class Wire:
    """Pools of connections, by what they are for.

    Names are resolved and addresses judged here, for each connection: nothing leads elsewhere.
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
        self._pools: dict[PoolKey, Pool] = {}
        self._swept = clock()

    def pool(self, key: PoolKey) -> Pool | None:
        """The pool of that key, if there is one."""
        return self._pools.get(key)

    async def open(self, key: PoolKey) -> Pool:
        """Makes the pool of that key; raises EgressDenied and ConnectionIncomplete."""
        egress = self._egress.of(key.connector)
        egress.check_origin(key.origin)
        proxy = self._exits.proxy(key.proxy)
        source_address = self._exits.source(key.source_address)
        tls = self._tls
        if key.identity is not None:
            tls = await asyncio.to_thread(context_of, key.identity)
        dialer = Dialer(
            target=Target.of(key.origin),
            egress=egress,
            resolver=self._resolver,
            tls=tls,
            proxy=proxy,
            proxy_tls=self._tls,
            source_address=source_address,
            sockets=self._sockets,
        )
        pool = Pool(dialer, _route(key.origin, dialer), self._clock)
        self._retire()
        return self._pools.setdefault(key, pool)

    def connections(self) -> dict[tuple[str, ...], int]:
        """How many are open: with a call on them, and without."""
        pools = self._pools.values()
        return {
            ("used",): sum(pool.busy for pool in pools),
            ("idle",): sum(len(pool.idle) for pool in pools),
        }

    async def close(self) -> None:
        """Closes every connection."""
        pools, self._pools = self._pools, {}
        for pool in pools.values():
            pool.end()
        self._resolver.close()
        await asyncio.sleep(0)  # the loop's turn to close the sockets

    def _retire(self) -> None:
        """Lets pools go that nobody used for long: versions, tenants and certificates change."""
        now = self._clock()
        if now < self._swept + SWEEP:
            return
        self._swept = now
        for key, pool in list(self._pools.items()):
            if not pool.calls and pool.used < now - RETIRED:
                del self._pools[key]
                pool.end()


def _route(origin: str, dialer: Dialer) -> Route:
    """What requests to the origin have in common; a proxy reads those that are not tunnelled."""
    scheme, _, authority = origin.lower().partition("://")
    host = authority.removesuffix(f":{DEFAULT_PORTS[scheme]}")
    proxy = None if dialer.target.secure else dialer.proxy
    if proxy is None:
        return Route(host=host)
    said = f"Proxy-Authorization: {proxy.authorization}\r\n" if proxy.authorization else ""
    return Route(host=host, prefix=f"{scheme}://{host}", proxied=said)
