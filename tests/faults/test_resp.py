"""The RESP-aware proxy in front of a real Redis."""

import asyncio
from collections.abc import Iterator

import pytest
import redis.asyncio
from redis.exceptions import ResponseError

from tests.faults.proxy import connect
from tests.faults.resp import ERRORS, RespFault, RespProxy, RespRule, read_frame, spoiled
from tests.servers import RedisServer, redis_up

GET = frozenset({"GET"})


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    """A server that knows two keys."""
    with redis_up() as started:
        started.do("SET", "a", "value of a")
        started.do("SET", "b", "value of b")
        yield started


def command(*words: str) -> bytes:
    parts = "".join(f"${len(each)}\r\n{each}\r\n" for each in words)
    return f"*{len(words)}\r\n{parts}".encode()


async def said(proxy: RespProxy, *commands: bytes) -> list[bytes]:
    """The replies to commands that are sent at once."""
    reader, writer = await connect(proxy.port)
    try:
        writer.write(b"".join(commands))
        return [await read_frame(reader) for _ in commands]
    finally:
        writer.close()


GET_A, GET_B = command("GET", "a"), command("GET", "b")
A, B = b"$10\r\nvalue of a\r\n", b"$10\r\nvalue of b\r\n"


@pytest.mark.parametrize("protocol", [2, 3])
async def test_without_rules_a_client_notices_nothing(server: RedisServer, protocol: int) -> None:
    async with RespProxy(server.port) as proxy:
        client = redis.asyncio.Redis.from_url(proxy.url, protocol=protocol)
        try:
            assert await client.mget("a", "none", "b") == [b"value of a", None, b"value of b"]
            assert await client.eval("return {1, {'x', false}}", 0) == [1, [b"x", None]]
            await client.hset("h", mapping={"k": "v"})
            assert await client.hgetall("h") == {b"k": b"v"}
            async with client.pubsub() as listening:
                await listening.subscribe("news")
                await client.publish("news", "heard")
                heard = [await listening.get_message(timeout=1.0) for _ in range(2)]
                assert [each["data"] for each in heard if each] == [1, b"heard"]
        finally:
            await client.aclose()
        assert "MGET" in proxy.commands


async def test_replies_of_one_connection_are_swapped(server: RedisServer) -> None:
    async with RespProxy(server.port, RespRule(fault=RespFault.SWAP, commands=GET)) as proxy:
        assert await said(proxy, GET_A, GET_B) == [B, A]
        assert proxy.swap.swapped == 1


async def test_replies_of_two_connections_are_swapped(server: RedisServer) -> None:
    async with RespProxy(server.port, RespRule(fault=RespFault.SWAP, commands=GET)) as proxy:
        proxy.swap.patience = 1.0
        both = await asyncio.gather(said(proxy, GET_A), said(proxy, GET_B))
        assert list(both) == [[B], [A]]
        proxy.swap.patience = 0.01
        assert await said(proxy, GET_A) == [A]


async def test_only_the_chosen_commands_are_delayed(server: RedisServer) -> None:
    rule = RespRule(fault=RespFault.DELAY, commands=GET, seconds=0.1)
    async with RespProxy(server.port, rule) as proxy:
        loop = asyncio.get_running_loop()
        began = loop.time()
        assert await said(proxy, command("PING")) == [b"+PONG\r\n"]
        assert loop.time() - began < 0.1
        assert await said(proxy, GET_A) == [A]
        assert loop.time() - began >= 0.1


async def test_a_dropped_reply_leaves_its_place_to_the_next(server: RedisServer) -> None:
    rule = RespRule(fault=RespFault.DROP, commands=GET)
    async with RespProxy(server.port, rule) as proxy:
        reader, writer = await connect(proxy.port)
        writer.write(GET_A)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(1), 0.05)
        proxy.rules = ()
        writer.write(GET_B)
        assert await read_frame(reader) == B
        writer.close()


@pytest.mark.parametrize(
    ("fault", "found"),
    [(RespFault.CORRUPT, b"$10\r\nvalue of `\r\n"), (RespFault.TRUNCATE, b"$5\r\nvalue\r\n")],
    ids=str,
)
async def test_values_are_spoiled_in_sound_frames(
    server: RedisServer, fault: RespFault, found: bytes
) -> None:
    async with RespProxy(server.port, RespRule(fault=fault, commands=GET)) as proxy:
        assert await said(proxy, GET_A, command("GET", "none")) == [found, b"$-1\r\n"]


async def test_a_value_inside_of_an_array_is_spoiled() -> None:
    assert spoiled(b"*3\r\n$-1\r\n:1\r\n" + A, cut=True) == b"*3\r\n$-1\r\n:1\r\n$5\r\nvalue\r\n"


@pytest.mark.parametrize("word", ERRORS)
async def test_a_command_fails_and_is_not_run(server: RedisServer, word: str) -> None:
    rule = RespRule(fault=RespFault.ERROR, commands=frozenset({"INCR"}), error=word)
    async with RespProxy(server.port, rule) as proxy:
        found = await said(proxy, GET_A, command("INCR", "n"), GET_B)
        assert found == [A, f"-{ERRORS[word]}\r\n".encode(), B]
        assert (proxy.befallen, server.do("EXISTS", "n")) == (1, 0)


async def test_scripts_are_forgotten_for_a_real_client(server: RedisServer) -> None:
    rule = RespRule(fault=RespFault.ERROR, commands=frozenset({"EVALSHA"}), error="NOSCRIPT")
    async with RespProxy(server.port, rule) as proxy:
        client = redis.asyncio.Redis.from_url(proxy.url)
        try:
            digest = await client.script_load("return 1")
            with pytest.raises(ResponseError, match="matching script"):
                await client.evalsha(digest, 0)
            assert await client.eval("return 1", 0) == 1
        finally:
            await client.aclose()


async def test_the_server_gone_ends_the_connections() -> None:
    async with RespProxy(1) as proxy:
        reader, writer = await connect(proxy.port)
        assert await reader.read(-1) == b""
        writer.close()
