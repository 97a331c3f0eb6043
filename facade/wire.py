"""The wire: connections to backends, in pools that keep apart what must not be shared."""

import asyncio
import ssl
import time
from collections.abc import Callable

import msgspec

from facade.egress import Egress
from facade.http1.request import Route
from facade.http2.pool import SharedPool
from facade.model.call import TlsIdentity
from facade.model.ports import DEFAULT_PORTS
from facade.network.dialer import Dialer, SocketFactory, Target, open_socket
from facade.network.exits import Exits
from facade.network.resolver import Resolver
from facade.network.tls import context_of, offering_http2
from facade.pool import Pool

RETIRED = 300.0
"""Seconds after which an unused pool is let go."""
SWEEP = 1.0
"""Seconds between two looks for such pools, at least."""


class PoolKey(msgspec.Struct, frozen=True, gc=False):
    """What connections are for: they are shared by no two calls that differ in any of it."""

    origin: str
    connector: str = ""
    version: str = ""
    tenant: str = ""
    connection: str = ""
    identity: TlsIdentity | None = None
    proxy: str = ""
    source_address: str = ""
    http2: bool = False
    """Whether HTTP/2 is spoken, if the backend can."""


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
        self._tls_http2: ssl.SSLContext | None = None
        """The same, where HTTP/2 is offered; None: nobody has asked for it so far."""
        self._reading = asyncio.Lock()
        self.pools: dict[PoolKey, Pool] = {}
        self._swept = clock()

    async def open(self, key: PoolKey) -> Pool:
        """Makes the pool of that key; raises EgressDenied and ConnectionIncomplete."""
        egress = self._egress.of(key.connector)
        egress.check_origin(key.origin)
        proxy = self._exits.proxy(key.proxy)
        dialer = Dialer(
            target=Target.of(key.origin),
            egress=egress,
            resolver=self._resolver,
            tls=await self._context(key),
            proxy=proxy,
            proxy_tls=self._tls,
            source_address=self._exits.source(key.source_address),
            sockets=self._sockets,
        )
        # A proxy that reads requests speaks HTTP/1.1.
        shared = key.http2 and (dialer.target.secure or proxy is None)
        kind = SharedPool if shared else Pool
        pool = kind(dialer, _route(key.origin, dialer), self._clock)
        self._retire()
        return self.pools.setdefault(key, pool)

    async def _context(self, key: PoolKey) -> ssl.SSLContext:
        """What a pool shows and whom it trusts; what must be read first is read in a thread."""
        if key.identity is not None:
            return await asyncio.to_thread(context_of, key.identity, http2=key.http2)
        if not key.http2:
            return self._tls
        async with self._reading:
            if self._tls_http2 is None:
                self._tls_http2 = await asyncio.to_thread(offering_http2, self._tls)
            return self._tls_http2

    def connections(self) -> dict[tuple[str, ...], int]:
        """How many are open: with a call on them, and without."""
        counts = [pool.connections() for pool in self.pools.values()]
        return {
            ("used",): sum(used for used, _ in counts),
            ("idle",): sum(idle for _, idle in counts),
        }

    async def close(self) -> None:
        """Closes every connection."""
        pools, self.pools = self.pools, {}
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
        for key, pool in list(self.pools.items()):
            if pool.unneeded and pool.used < now - RETIRED:
                del self.pools[key]
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
