"""Where the servers of a Redis URL are, and how a connection to one is made."""

import asyncio
import re
import ssl
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from redis.asyncio import ConnectionPool, SSLConnection
from redis.exceptions import RedisError

from facade.stores.lane import Lane, Refused
from facade.stores.link import FAILURES, TIMEOUT
from facade.stores.shared import SharedGone

Address: TypeAlias = tuple[str, int]

CONNECT = 1.0
"""Seconds for a connection that takes TLS or a name to be looked up: no call waits for it."""

NAME = re.compile(r"[^:]*[^0-9.:][^:]*")
"""A host that is no address."""

OLDEST = (6, 2)
"""The oldest version of Redis that has all that is used; every Valkey has it."""

NEEDED = "Redis 6.2 or later is needed, or Valkey"

CLIENT = "portico"
"""What connections are called in CLIENT LIST, unless the URL has a client_name."""

SPECIAL = re.compile(r"(?P<tls>rediss?)\+(?P<kind>sentinel|cluster)://(?P<rest>.*)", re.DOTALL)

HOSTS = re.compile(r"(?P<user>[^/?#]*@)?(?P<hosts>[^@/?#]+)(?P<path>/[^?#]*)?(?P<query>\?.*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What a URL says besides where: who we are there, and whether by TLS."""

    username: str
    password: str = field(repr=False)
    db: int
    client: str
    tls: ssl.SSLContext | None
    master: bool = True
    """Whether a replica is no place to be."""

    async def connect(self, make: Callable[[], Lane], where: Address | str) -> Lane:
        """Connects a lane to a server at a host and port, or at the path of a Unix socket."""
        loop = asyncio.get_running_loop()
        far = self.tls or (not isinstance(where, str) and NAME.fullmatch(where[0]))
        async with asyncio.timeout(CONNECT if far else TIMEOUT):
            if isinstance(where, str):
                _, lane = await loop.create_unix_connection(make, where)
            else:
                _, lane = await loop.create_connection(make, *where, ssl=self.tls)
        with ExitStack() as stack:
            stack.callback(lane.close)
            await self._greet(lane)
            stack.pop_all()
        return lane

    async def _greet(self, lane: Lane) -> None:
        secret = ("AUTH", self.username or "default", self.password) if self.password else ()
        try:
            hello = await lane.ask("HELLO", 3, *secret, "SETNAME", self.client)
        except Refused as problem:
            if problem.kind not in ("ERR", "NOPROTO"):
                raise
            raise SharedGone(f"the server is too old, it has no RESP3; {NEEDED}") from None
        check(hello, master=self.master)
        if self.db:
            await lane.ask("SELECT", self.db)


def check(hello: Any, *, master: bool) -> None:
    """Raises SharedGone for a server that is too old, or for a replica where none will do."""
    match hello:
        case {b"version": bytes(version)}:
            numbers = tuple(int(part) for part in re.findall(rb"[0-9]{1,9}", version)[:3])
        case _:
            raise SharedGone("what answers is no Redis")
    if numbers < OLDEST:
        raise SharedGone(f"the server is too old, {'.'.join(map(str, numbers))}; {NEEDED}")
    if master and hello.get(b"role") != b"master":
        raise SharedGone("READONLY")


@dataclass(frozen=True, slots=True)
class Server:
    """One server, always at the same place."""

    access: Access
    where: Address | str

    async def dial(self, make: Callable[[], Lane]) -> Lane:
        """Connects a lane."""
        return await self.access.connect(make, self.where)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """The master of a service, asked of Sentinels at each connection."""

    access: Access
    sentinels: tuple[Address, ...]
    service: str

    async def dial(self, make: Callable[[], Lane]) -> Lane:
        """Connects a lane to what is the master now."""
        return await self.access.connect(make, await self._master(make))

    async def _master(self, make: Callable[[], Lane]) -> Address:
        """What the first Sentinel says that knows it; our password is for one that asks for it."""
        known = replace(self.access, db=0, master=False)
        for where in self.sentinels:
            for access in (replace(known, password=""), known):
                with suppress(*FAILURES), ExitStack() as stack:
                    lane = await access.connect(make, where)
                    stack.callback(lane.close)
                    asked = ("SENTINEL", "GET-MASTER-ADDR-BY-NAME", self.service)
                    match await lane.ask(*asked):
                        case [bytes(host), bytes(port)]:
                            return host.decode("latin-1"), int(port)
        raise SharedGone("no Sentinel tells the master")


@dataclass(frozen=True, slots=True, kw_only=True)
class Slotted:
    """A cluster, of which some nodes are known."""

    access: Access
    seeds: tuple[Address, ...]


def parse(url: str) -> Server | Watched | Slotted:
    """Where the servers of a URL are; raises ValueError, which never repeats the URL."""
    special = SPECIAL.fullmatch(url)
    if special is None:
        return _server(url)
    parts = HOSTS.fullmatch(special["rest"])
    if parts is None:
        raise _unfit("there are no hosts in it")
    path = (parts["path"] or "").removeprefix("/")
    service, _, db = path.partition("/") if special["kind"] == "sentinel" else ("", "", path)
    plain = f"{special['tls']}://{parts['user'] or ''}host/{db}{parts['query'] or ''}"
    access = _server(plain).access
    if special["kind"] == "cluster":
        if access.db:
            raise _unfit("a cluster has no databases")
        return Slotted(access=replace(access, master=False), seeds=_addresses(parts["hosts"], 6379))
    if not service:
        raise _unfit("no service is named: redis+sentinel://HOST:PORT/SERVICE")
    sentinels = _addresses(parts["hosts"], 26379)
    return Watched(access=access, sentinels=sentinels, service=service)


def _server(url: str) -> Server:
    """Reads a URL as redis-py does, options of TLS included."""
    if not url.startswith(("redis://", "rediss://", "unix://")):
        raise _unfit("it begins with none of redis, rediss, unix, redis+sentinel, redis+cluster")
    try:
        parts = urlsplit(url)
        pool = ConnectionPool.from_url(url)
        made = pool.connection_class(**pool.connection_kwargs)
        tls = made.ssl_context.get() if isinstance(made, SSLConnection) else None
    except (ValueError, TypeError, OSError, RedisError):
        raise _unfit("a port, an option or a file in it does not fit") from None
    local = parts.scheme == "unix"
    if not re.fullmatch("/.+" if local else "/?[0-9]*", parts.path):
        raise _unfit("the path is missing" if local else "the database is no number")
    access = Access(
        username=made.username or "",
        password=made.password or "",
        db=int(made.db),
        client=made.client_name or CLIENT,
        tls=tls,
    )
    read = pool.connection_kwargs
    return Server(access, read["path"] if local else (made.host, read.get("port", 6379)))


def _addresses(hosts: str, port: int) -> tuple[Address, ...]:
    try:
        parts = [urlsplit(f"//{each}") for each in hosts.split(",")]
        return tuple((part.hostname or "", part.port or port) for part in parts)
    except ValueError:
        raise _unfit("a port is no number") from None


def _unfit(why: str) -> ValueError:
    return ValueError(f"redis: the URL cannot be used: {why}")
