"""What processes share in a Redis that is well."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from facade.stores.opening import open_shared
from facade.stores.redis import RedisShared
from facade.stores.shared import Script, Shared, SharedGone
from tests.processes import until
from tests.servers import RedisServer

pytestmark = pytest.mark.asyncio(loop_factories=["asyncio", "uvloop"])

ECHO = Script("echo", "return {KEYS[1], ARGV[1], 3, false}")


@pytest.fixture
async def pair(redis_server: RedisServer) -> AsyncIterator[tuple[Shared, Shared]]:
    """Two processes' views of one store, over TCP and over a Unix socket."""
    redis_server.flush()
    async with (
        open_shared(redis_server.url) as one,
        open_shared(redis_server.unix_url) as other,
    ):
        yield one, other


async def found(shared: Shared, key: str, value: bytes | None) -> None:
    """Waits until a key has a value."""

    async def has() -> bool:
        return await shared.get(key) == [value]

    await until(has, 1.0, f"{key} is {value!r}")


async def test_what_one_process_puts_another_gets(pair: tuple[Shared, Shared]) -> None:
    one, other = pair
    one.put("a", b"\x00\r\nvalue", 60.0)
    await found(other, "a", b"\x00\r\nvalue")
    assert await other.get("none", "a", "none") == [None, b"\x00\r\nvalue", None]
    assert not one.alone


async def test_writes_happen_in_the_order_of_the_calls(pair: tuple[Shared, Shared]) -> None:
    one, other = pair
    for number in range(500):
        one.put("a", b"%d" % number, 60.0)
    one.put("b", b"first", 60.0)
    one.put("b", b"last", 60.0)
    await found(other, "b", b"last")
    assert await other.get("a") == [b"499"]


async def test_who_gets_a_lease_finds_what_was_put_before_its_release(
    pair: tuple[Shared, Shared],
) -> None:
    one, other = pair
    for number in range(100):
        fence = await one.lease("a", 5.0)
        assert fence is not None
        one.put("token", b"%d" % number, 60.0)
        await one.release("a", fence)
        last = await other.lease("a", 5.0)
        assert last is not None
        assert await other.get("token") == [b"%d" % number]
        await other.release("a", last)


async def test_a_value_is_kept_for_its_time_and_no_longer_than_a_day(
    redis_server: RedisServer, pair: tuple[Shared, Shared]
) -> None:
    one, other = pair
    one.put("short", b"value", 0.03)
    one.put("long", b"value", 10**9)
    await found(other, "long", b"value")
    assert 86_390 < redis_server.do("TTL", "portico:long") <= 86_400
    await found(other, "short", None)


async def test_every_key_begins_with_the_name_of_the_product(
    redis_server: RedisServer, pair: tuple[Shared, Shared]
) -> None:
    one, other = pair
    one.put("a", b"value", 60.0)
    await one.lease("b", 1.0)
    await found(other, "a", b"value")
    assert all(key.startswith(b"portico:") for key in redis_server.do("KEYS", "*"))


async def test_a_key_of_another_kind_is_a_value_not_found(
    redis_server: RedisServer, pair: tuple[Shared, Shared]
) -> None:
    redis_server.do("RPUSH", "portico:list", "x")
    assert await pair[0].get("list") == [None]


async def test_f17_a_script_that_the_server_does_not_know_runs_in_the_same_call(
    redis_server: RedisServer, pair: tuple[Shared, Shared]
) -> None:
    for _ in range(2):
        assert await pair[0].run(ECHO, ["a"], [b"b"]) == [b"portico:a", b"b", 3, None]
    redis_server.do("SCRIPT", "FLUSH")
    assert await pair[0].run(ECHO, ["a"], ["c"]) == [b"portico:a", b"c", 3, None]


async def test_a_script_that_fails_is_a_store_that_is_gone(pair: tuple[Shared, Shared]) -> None:
    with pytest.raises(SharedGone):
        await pair[0].run(Script("broken", "return redis.call('NO')"), ["a"], [])
    assert await pair[0].get("a") == [None]


async def test_one_of_many_gets_a_lease(pair: tuple[Shared, Shared]) -> None:
    fences = await asyncio.gather(*(each.lease("a", 5.0) for each in pair * 20))
    assert len([fence for fence in fences if fence is not None]) == 1


async def test_fences_rise_from_holder_to_holder_even_over_a_flush(
    redis_server: RedisServer, pair: tuple[Shared, Shared]
) -> None:
    one, other = pair
    last = 0
    for holder in (one, other, other, one):
        fence = await holder.lease("a", 5.0)
        assert fence is not None
        assert fence > last
        await holder.release("a", fence)
        last = fence
    redis_server.flush()
    fence = await one.lease("a", 5.0)
    assert fence is not None
    assert fence > last


async def test_a_lease_ends_by_itself_and_who_is_late_ends_no_other(
    pair: tuple[Shared, Shared],
) -> None:
    one, other = pair
    late = await one.lease("a", 0.02)
    assert late is not None
    assert await other.lease("a", 5.0) is None
    await asyncio.sleep(0.03)
    assert await other.lease("a", 5.0) is not None
    await one.release("a", late)
    assert await one.lease("a", 5.0) is None


async def test_announcements_reach_all_others_in_order(pair: tuple[Shared, Shared]) -> None:
    one, other = pair
    heard: list[bytes | None] = []
    own: list[bytes | None] = []
    one.listen("news", own.append)
    other.listen("news", heard.append)

    async def listening() -> bool:
        return heard == own == [None]

    await until(listening, 1.0, "both listen")
    for number in range(100):
        one.announce("news", b"%d" % number)
        one.announce("other news", b"not heard")

    async def all_heard() -> bool:
        return heard[1:] == [b"%d" % number for number in range(100)]

    await until(all_heard, 1.0, "all is heard")
    assert own == [None]


async def test_processes_count_each_other_and_see_one_leave(redis_server: RedisServer) -> None:
    redis_server.flush()
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(open_shared(redis_server.url))
        async with open_shared(redis_server.url), open_shared(redis_server.unix_url) as last:

            async def three() -> bool:
                return first.peers == 3

            assert last.peers <= 3
            await until(three, 8.0, "all three are seen")

        async def one() -> bool:
            return first.peers == 1

        await until(one, 8.0, "two have left")


async def test_its_traffic_is_counted(pair: tuple[Shared, Shared]) -> None:
    shared = pair[0]
    assert isinstance(shared, RedisShared)
    before = shared.traffic
    await shared.get("a")
    shared.put("a", b"value", 60.0)
    after = shared.traffic
    assert after.commands >= before.commands + 2
    assert after.up
    assert (after.drops, after.failures) == (0, {})
