"""The cache of several processes over one Redis: one fetch, one truth, nothing foreign."""

import asyncio
import logging
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress

import pytest

from facade.model.call import CacheStatus, Caller
from facade.model.policy import Caching
from facade.policy.cache.ask import Ask
from facade.stores.opening import open_shared
from tests.caches import Client, a_client, said, settled
from tests.processes import until
from tests.servers import RedisServer

HIT, MISS = CacheStatus.HIT, CacheStatus.MISS


@pytest.fixture
async def clients(redis_server: RedisServer) -> AsyncIterator[list[Client]]:
    """Four processes' caches, before one backend, at one time."""
    redis_server.flush()
    async with AsyncExitStack() as stack:
        made = []
        for _ in range(4):
            shared = await stack.enter_async_context(open_shared(redis_server.unix_url))
            client = await stack.enter_async_context(a_client(shared))
            made.append(client)
            client.backend, client.clock = made[0].backend, client.clock
        yield made


def entries(server: RedisServer) -> list[bytes]:
    """The keys of all answers."""
    return list(server.do("KEYS", "portico:cache:{*}:*"))


async def shared_by_all(server: RedisServer, number: int = 1) -> None:
    """Waits until so many answers are in Redis."""

    async def there() -> bool:
        return len(entries(server)) == number

    await until(there, 1.0, f"{number} answers are in Redis")


async def test_what_one_process_fetched_another_gives(
    clients: list[Client], redis_server: RedisServer
) -> None:
    one, other, *_ = clients
    assert (await one.get()).status is MISS
    await shared_by_all(redis_server)
    answered = await other.get()
    assert (answered.status, answered.reply.body) == (HIT, b"{}")
    assert len(one.backend.asked) == 1


async def test_a_hit_is_one_command(clients: list[Client], redis_server: RedisServer) -> None:
    one, other, *_ = clients
    await one.get()
    await shared_by_all(redis_server)
    redis_server.do("CONFIG", "RESETSTAT")
    for _ in range(3):
        assert (await other.get()).status is HIT
    stats = redis_server.do("INFO", "commandstats")
    assert stats["cmdstat_mget"]["calls"] == 1
    assert not {"cmdstat_get", "cmdstat_evalsha", "cmdstat_set"} & stats.keys()


async def test_i12_a_thousand_calls_of_four_processes_are_one_at_the_backend(
    clients: list[Client],
) -> None:
    clients[0].backend.pause = 0.05
    calls = (client.get() for client in clients for _ in range(250))
    found = await asyncio.gather(*calls)
    assert len(clients[0].backend.asked) == 1
    assert {each.reply.status for each in found} == {200}


async def test_i12_a_leader_that_is_cancelled_gives_its_lease_back(clients: list[Client]) -> None:
    one, other, *_ = clients
    one.backend.pause = 0.5
    leader = asyncio.create_task(one.get())
    await settled_at(one, 1)
    one.backend.pause = 0.0
    waiting = asyncio.create_task(other.get())
    await asyncio.sleep(0.02)
    leader.cancel()
    async with asyncio.timeout(1.0):
        assert (await waiting).status is MISS


async def settled_at(client: Client, requests: int) -> None:
    async def asked() -> bool:
        return len(client.backend.asked) == requests

    await until(asked, 1.0, "the backend is asked")


async def test_calls_that_are_cancelled_at_any_time_leave_no_lease_and_no_task(
    clients: list[Client], redis_server: RedisServer
) -> None:
    chance = random.Random(4)  # noqa: S311 - chance, no secret
    clients[0].backend.pause = 0.002

    async def briefly(client: Client, number: int) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(chance.uniform(0.0, 0.01)):
                await client.get(f"/pets/{number}")

    for number in range(30):
        await asyncio.gather(*(briefly(each, number) for each in clients for _ in range(10)))

    async def at_rest() -> bool:
        leases = redis_server.do("KEYS", "portico:lease:*")
        return not leases and not any(each.cache._store._tasks for each in clients)

    await until(at_rest, 1.0, "all is at rest")
    assert all(each.cache._flights._flights == {} for each in clients)
    assert clients[0].backend.at_once == 0


async def test_i12_another_process_takes_over_from_one_that_is_gone(
    clients: list[Client], redis_server: RedisServer
) -> None:
    one, other, *_ = clients
    await one.get()
    await shared_by_all(redis_server)
    [entry] = entries(redis_server)
    redis_server.flush()
    redis_server.do(
        "SET", b"portico:lease:" + entry.removeprefix(b"portico:cache:"), "1", "PX", 100
    )
    async with asyncio.timeout(1.0):
        assert (await other.get()).status is MISS


async def test_an_invalidation_reaches_all_processes_within_a_second(
    clients: list[Client], redis_server: RedisServer
) -> None:
    await clients[0].get()
    await shared_by_all(redis_server)
    for client in clients:
        assert (await client.get()).status is HIT
    clients[0].backend.says = said(b"new", cache_control="max-age=60")
    await clients[1].get(method="DELETE")
    assert (await clients[1].get()).reply.body == b"new"

    async def all_new() -> bool:
        return {(await client.get()).reply.body for client in clients} == {b"new"}

    await until(all_new, 1.0, "all have the new answer")


async def test_an_answer_fetched_before_an_invalidation_is_not_kept_after_it(
    clients: list[Client],
) -> None:
    one, other, *_ = clients
    one.backend.pause = 0.1
    reading = asyncio.create_task(one.get())
    await settled_at(one, 1)
    one.backend.pause = 0.0
    one.backend.says = said(b"new", cache_control="max-age=60")
    await other.get(method="DELETE")
    assert (await reading).reply.body == b"{}"
    one.clock.now += 1.1
    assert (await one.get()).reply.body == b"new"


async def test_f06_flushed_entries_are_only_misses(
    clients: list[Client], redis_server: RedisServer
) -> None:
    one, *others = clients
    await one.get()
    await shared_by_all(redis_server)
    redis_server.flush()
    found = await asyncio.gather(*(client.get() for client in others for _ in range(20)))
    assert {each.reply.status for each in found} == {200}
    assert len(one.backend.asked) == 2


async def test_f06_an_evicted_marker_brings_nothing_back(
    clients: list[Client], redis_server: RedisServer
) -> None:
    one, other, *_ = clients
    await one.get()
    await shared_by_all(redis_server)
    await one.get(method="DELETE")
    [marker] = redis_server.do("KEYS", "portico:cache:{*}")
    redis_server.do("DEL", marker)
    assert (await other.get()).status is MISS


async def test_f09_f10_i16_what_is_not_ours_is_a_miss_and_is_counted(
    clients: list[Client], redis_server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    one, other, third, fourth = clients
    one.backend.says = said(b"seven", cache_control="max-age=60")
    await one.get("/pets/7")
    one.backend.says = said(b"eight", cache_control="max-age=60")
    await one.get("/pets/8")
    await shared_by_all(redis_server, 2)
    first, second = entries(redis_server)
    value = redis_server.do("GET", first)
    redis_server.do("SET", first, redis_server.do("GET", second))
    redis_server.do("SET", second, value)
    one.backend.says = said(b"backend", cache_control="max-age=60")
    with caplog.at_level(logging.WARNING):
        for target in ("/pets/7", "/pets/8"):
            assert (await other.get(target)).reply.body == b"backend"
    assert other.cache.foreign == 2
    assert len([each for each in caplog.records if "not sealed" in each.message]) == 1
    for lie in (b"", b"garbage", value[:-1], value[:20]):
        redis_server.do("SET", first, lie)
        redis_server.do("SET", second, lie)
        third.clock.now += 2.0
        for target in ("/pets/7", "/pets/8"):
            assert (await third.get(target)).reply.body == b"backend"
    redis_server.do("DEL", first)
    redis_server.do("LPUSH", first, "a list")
    assert (await fourth.get("/pets/7")).reply.body == b"backend"


async def test_i01_no_value_of_another_tenant_is_found_by_its_key(
    clients: list[Client], redis_server: RedisServer
) -> None:
    one, other, *_ = clients
    one.caller, other.caller = Caller(tenant="a"), Caller(tenant="b")
    await one.get()
    await shared_by_all(redis_server)
    assert (await other.get()).status is MISS


async def test_no_key_and_no_value_tells_what_it_is_of(
    clients: list[Client], redis_server: RedisServer
) -> None:
    one, *_ = clients
    one.caller, one.who = Caller(tenant="canary-tenant"), "canary-alice"
    one.backend.says = said(b"canary-body", cache_control="max-age=60")
    await one.get("/pets/canary?q=canary")
    await shared_by_all(redis_server)
    for key in redis_server.do("KEYS", "*"):
        assert b"canary" not in key
        if redis_server.do("TYPE", key) == b"string":
            assert b"canary" not in redis_server.do("GET", key)


async def test_answers_for_one_alone_are_fetched_side_by_side_in_all_processes(
    clients: list[Client],
) -> None:
    backend = clients[0].backend
    backend.says, backend.pause = said(cache_control="private"), 0.03
    async with asyncio.timeout(0.5):
        await asyncio.gather(*(client.get() for client in clients for _ in range(20)))
    assert len(backend.asked) == 80
    assert backend.most_at_once > 50


async def test_a_renewal_beside_the_calls_is_one_for_all_processes(
    clients: list[Client], redis_server: RedisServer
) -> None:
    backend = clients[0].backend
    for client in clients:
        client.caching = Caching(stale_while_revalidate=30.0)
    await clients[0].get()
    await shared_by_all(redis_server)
    backend.pause = 0.05
    for client in clients:
        client.clock.now += 61
    found = await asyncio.gather(*(client.get() for client in clients for _ in range(50)))
    assert {each.status for each in found} == {CacheStatus.STALE}
    await settled(clients[0], 2)
    assert len(backend.asked) == 2


async def test_f01_without_redis_every_process_goes_on_alone(
    own_redis_server: RedisServer,
) -> None:
    async with open_shared(own_redis_server.unix_url) as shared, a_client(shared) as client:
        await client.get()
        own_redis_server.kill()
        assert (await client.get()).status is HIT
        client.clock.now += 61
        client.backend.pause = 0.02
        found = await asyncio.gather(*(client.get() for _ in range(200)))
        assert {each.reply.status for each in found} == {200}
        assert len(client.backend.asked) == 2
        assert (await client.get(method="DELETE")).status is CacheStatus.BYPASS
        assert (await client.get()).status is MISS
        own_redis_server.restart()

        async def back() -> bool:
            client.clock.now += 1.1
            return (await client.get()).status is HIT

        await until(back, 4.0, "hits are back")


async def test_f13_a_hot_key_is_read_from_redis_once_a_second(
    clients: list[Client], redis_server: RedisServer
) -> None:
    one, other, *_ = clients
    await one.get()
    await shared_by_all(redis_server)
    redis_server.do("CONFIG", "RESETSTAT")
    for _ in range(3):
        await asyncio.gather(*(other.get() for _ in range(200)))
        other.clock.now += 1.1
    assert redis_server.do("INFO", "commandstats")["cmdstat_mget"]["calls"] == 3


async def test_a_look_up_begun_ahead_is_the_one_command_of_a_hit(
    clients: list[Client], redis_server: RedisServer
) -> None:
    one, other, *_ = clients
    await one.get()
    await shared_by_all(redis_server)
    redis_server.do("CONFIG", "RESETSTAT")
    ask = other.cache.ahead(Ask(plan=other.plan("/pets/7"), who=""))
    await asyncio.sleep(0.01)
    assert (await other.cache.reply(ask, other.backend, other.backend)).status is HIT
    assert redis_server.do("INFO", "commandstats")["cmdstat_mget"]["calls"] == 1
    assert other.cache.ahead(ask).look is None, "it is at hand now"


async def test_a_look_up_begun_ahead_finds_nothing_that_was_made_out_of_date_since(
    clients: list[Client], redis_server: RedisServer
) -> None:
    one, other, *_ = clients
    await one.get()
    await shared_by_all(redis_server)
    ask = other.cache.ahead(Ask(plan=other.plan("/pets/7"), who=""))
    await other.get(method="DELETE")
    assert (await other.cache.reply(ask, other.backend, other.backend)).status is MISS


async def test_a_miss_is_a_look_up_a_lease_with_another_and_a_write(
    clients: list[Client], redis_server: RedisServer
) -> None:
    one, *_ = clients
    await one.get("/pets/1")
    await shared_by_all(redis_server)
    redis_server.do("CONFIG", "RESETSTAT")
    await one.get("/pets/2")
    await shared_by_all(redis_server, 2)
    stats = redis_server.do("INFO", "commandstats")
    assert stats["cmdstat_evalsha"]["calls"] == 2
    assert stats["cmdstat_mget"]["calls"] == 2
    assert redis_server.do("KEYS", "portico:lease:*") == []
