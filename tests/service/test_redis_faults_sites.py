"""Servers that change: failover, clusters, TLS, versions."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

import pytest
import trustme
from redis.crc import key_slot

from facade.stores.opening import open_shared
from facade.stores.shared import Script, Shared, SharedGone
from tests.fakes import RawBackend
from tests.faults.proxy import connect
from tests.faults.resp import read_frame
from tests.processes import until
from tests.servers import RedisServer, free_port, redis_up, sentinel_up

BACK = 5.0
"""Seconds from a failover to the first hit."""

ECHO = Script("echo", "return {KEYS[1], ARGV[1]}")


async def works(shared: Shared) -> bool:
    """Whether values are kept, scripts run and leases are given."""
    shared.put("a", b"value", 60.0)
    try:
        return (
            await shared.run(ECHO, ["a"], ["b"]) == [b"portico:a", b"b"]
            and await shared.get("a") == [b"value"]
            and await shared.lease("b", 0.001) is not None
        )
    except SharedGone:
        return False


async def working(shared: Shared) -> None:
    await until(lambda: works(shared), BACK, "it works")


@pytest.fixture
def replicated() -> Iterator[tuple[RedisServer, RedisServer]]:
    """A master and its replica."""
    with redis_up() as master, redis_up("--replicaof", f"127.0.0.1 {master.port}") as replica:
        yield master, replica


async def test_f05_a_failover_is_followed_by_what_a_sentinel_says(
    replicated: tuple[RedisServer, RedisServer],
) -> None:
    master, replica = replicated
    for server in replicated:
        server.do("ACL", "SETUSER", "gate", "on", ">word", "~*", "&*", "+@all")
    with sentinel_up("orders", master) as sentinel:
        sentinels = f"127.0.0.1:1,127.0.0.1:{sentinel.port}"
        async with open_shared(f"redis+sentinel://gate:word@{sentinels}/orders") as shared:
            await working(shared)
            replica.do("REPLICAOF", "NO", "ONE")
            master.do("REPLICAOF", "127.0.0.1", replica.port)
            assert not await works(shared)
            sentinel.watch(replica)
            await working(shared)
            master.kill()
            assert await works(shared)


async def test_f05_a_server_that_became_a_replica_is_left_until_it_is_none(
    replicated: tuple[RedisServer, RedisServer], caplog: pytest.LogCaptureFixture
) -> None:
    master, replica = replicated
    replica.do("REPLICAOF", "NO", "ONE")
    async with open_shared(master.url) as shared:
        await working(shared)
        master.do("REPLICAOF", "127.0.0.1", replica.port)
        with pytest.raises(SharedGone):
            await shared.lease("c", 1.0)
        assert not await works(shared)
        master.do("REPLICAOF", "NO", "ONE")
        await working(shared)
    assert "(READONLY)" in caplog.text


@pytest.fixture
def nodes() -> Iterator[tuple[RedisServer, RedisServer]]:
    """Two nodes of a cluster that share its slots."""
    options = ("--cluster-enabled", "yes", "--cluster-announce-ip", "127.0.0.1")
    with ExitStack() as stack:
        buses = [str(free_port()) for _ in range(2)]
        low, high = (
            stack.enter_context(redis_up(*options, "--cluster-port", bus)) for bus in buses
        )
        low.do("CLUSTER", "ADDSLOTSRANGE", 0, 8191)
        high.do("CLUSTER", "ADDSLOTSRANGE", 8192, 16383)
        low.do("CLUSTER", "SET-CONFIG-EPOCH", 1)
        high.do("CLUSTER", "SET-CONFIG-EPOCH", 2)
        low.do("CLUSTER", "MEET", "127.0.0.1", high.port, buses[1])
        yield low, high


async def joined(*nodes: RedisServer) -> bool:
    return all(b"cluster_state:ok" in node.do("CLUSTER", "INFO") for node in nodes)


async def test_a_cluster_is_used_by_its_slots(nodes: tuple[RedisServer, RedisServer]) -> None:
    await until(lambda: joined(*nodes), 10.0, "the nodes know each other")
    low, high = nodes
    async with (
        open_shared(f"redis+cluster://127.0.0.1:1,127.0.0.1:{low.port}") as one,
        open_shared(f"redis+cluster://127.0.0.1:{high.port}") as other,
    ):
        heard: list[bytes | None] = []
        other.listen("news", heard.append)
        await working(one)
        await working(other)
        for each in range(50):
            one.put(str(each), b"%d" % each, 60.0)
        await asyncio.sleep(0.05)
        assert [await other.get(str(each)) for each in range(50)] == [
            [b"%d" % each] for each in range(50)
        ]
        assert low.do("DBSIZE") > 10
        assert high.do("DBSIZE") > 10
        one.put("{tag}a", b"1", 60.0)
        one.put("{tag}b", b"2", 60.0)

        async def found() -> bool:
            return await one.get("{tag}a", "{tag}b") == [b"1", b"2"]

        await until(found, 1.0, "keys of one slot are read at once")
        one.announce("news", b"heard")
        await until(lambda: said(heard, [None, b"heard"]), 1.0, "news cross the cluster")


async def said(heard: list[bytes | None], all_of_it: list[bytes | None]) -> bool:
    return heard == all_of_it


async def test_f05_a_slot_that_moves_is_found_again(nodes: tuple[RedisServer, RedisServer]) -> None:
    await until(lambda: joined(*nodes), 10.0, "the nodes know each other")
    low, high = nodes
    slot = key_slot(b"portico:a")
    owner, heir = (low, high) if slot < 8192 else (high, low)
    async with open_shared(f"redis+cluster://127.0.0.1:{low.port}") as shared:
        await working(shared)
        owner.flush()
        name = heir.do("CLUSTER", "MYID")
        for node in (heir, owner):
            node.do("CLUSTER", "SETSLOT", slot, "NODE", name)
        assert not await works(shared)
        await working(shared)
        assert heir.do("GET", "portico:a") == b"value"


@asynccontextmanager
async def tls_up(server: RedisServer, leaf: trustme.LeafCert) -> AsyncIterator[RawBackend]:
    """A server behind TLS."""

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await connect(server.port)
        async with asyncio.TaskGroup() as both:
            both.create_task(pump(reader, to_server))
            both.create_task(pump(from_server, writer))

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(65536):
            writer.write(chunk)
        writer.close()

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    leaf.configure_cert(context)
    async with RawBackend(relay, tls=context) as backend:
        yield backend


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_f14_a_server_is_trusted_by_its_certificate_alone(
    redis_server: RedisServer,
    authority: trustme.CA,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    host: str,
) -> None:
    trusted = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(trusted)
    async with tls_up(redis_server, authority.issue_cert("127.0.0.1")) as backend:
        place = f"rediss://:unsent@{host}:{backend.port}?ssl_ca_certs={trusted}"
        async with open_shared(place.replace(":unsent@", "")) as shared:
            assert await works(shared) is (host == "127.0.0.1")
        async with open_shared(place.partition("?")[0]) as shared:
            assert not await works(shared)
        assert "(TLS: " in caplog.text


async def test_f14_what_asks_for_tls_never_speaks_without() -> None:
    heard: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(65536))
        writer.write(b"-ERR no TLS here\r\n")

    async with RawBackend(listen) as backend:
        async with open_shared(f"rediss://:secret@127.0.0.1:{backend.port}") as shared:
            assert not await works(shared)
        assert heard
        assert all(each[:2] == b"\x16\x03" for each in heard)  # a TLS record: handshake


@pytest.mark.parametrize(
    ("hello", "why"),
    [
        (b"-ERR unknown command `HELLO`, with args beginning with: `3`\r\n", "it has no RESP3"),
        (b"-NOPROTO unsupported protocol version\r\n", "it has no RESP3"),
        (
            b"%3\r\n+server\r\n+redis\r\n+version\r\n+6.0.20\r\n+role\r\n+master\r\n",
            "6.0.20",
        ),
        (b"+OK\r\n", "no Redis"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "connection lost"),
    ],
)
async def test_f18_a_server_that_is_too_old_is_not_used_and_the_log_says_so(
    hello: bytes, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def old(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await read_frame(reader):
            writer.write(hello)

    async with RawBackend(old) as backend:
        async with open_shared(f"redis://127.0.0.1:{backend.port}") as shared:
            assert not await works(shared)
        assert why in caplog.text


HELLO = b"%3\r\n+server\r\n+redis\r\n+version\r\n+7.0.0\r\n+role\r\n+master\r\n"


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("redis+sentinel://{}/orders", b"*2\r\n$4\r\na..b\r\n$4\r\n6379\r\n"),
        ("redis+sentinel://{}/orders", b"*2\r\n$4\r\nhost\r\n$4\r\nport\r\n"),
        ("redis+cluster://{}", b"*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$4\r\na..b\r\n:1\r\n"),
        ("redis+cluster://{}", b"*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:70000\r\n"),
    ],
)
async def test_a_server_that_tells_of_an_address_that_is_none_is_no_server(
    url: str, told: bytes
) -> None:
    async def lies(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while command := await read_frame(reader):
            known = {b"HELLO": HELLO, b"PING": b"+PONG\r\n"}
            said = (known[name] for name in known if name in command)
            writer.write(next(said, b"*0\r\n" if b"SUBSCRIBE" in command else told))

    async with (
        RawBackend(lies) as backend,
        open_shared(url.format(f"127.0.0.1:{backend.port}")) as shared,
    ):
        assert not await works(shared)


async def test_a_host_that_is_no_name_is_no_server() -> None:
    async with open_shared("redis://a..b:6379") as shared:
        assert not await works(shared)
