"""A Redis that fails: nobody waits long, nobody gets what is another's, and it is back soon."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path

import pytest

from facade.stores.opening import open_shared
from facade.stores.redis import RedisShared
from facade.stores.shared import Shared, SharedGone
from tests.faults.proxy import HOLE, NONE, FaultProxy, Faults
from tests.faults.resp import RespFault, RespProxy, RespRule
from tests.processes import until
from tests.servers import RedisServer, free_port

BACK = 2.0
"""Seconds from a server's return to the first hit; a busy machine has half a second more."""

READS = frozenset({"MGET"})

WRITES = frozenset({"SET"})


@pytest.fixture
async def proxy(redis_server: RedisServer) -> AsyncIterator[FaultProxy]:
    """Stands in front of a server that knows one key."""
    redis_server.do("SET", "portico:a", "value")
    async with FaultProxy(redis_server.port) as opened:
        yield opened


def url(proxy: FaultProxy | RespProxy) -> str:
    return f"redis://127.0.0.1:{proxy.port}"


async def hits(shared: Shared) -> bool:
    try:
        return await shared.get("a") == [b"value"]
    except SharedGone:
        return False


async def back(shared: Shared) -> None:
    """Fails unless hits are back in time."""
    await until(lambda: hits(shared), BACK + 0.5, "hits are back")


async def gone(shared: Shared, calls: int) -> float:
    """Seconds that so many reads of a store that is gone take, one after the other."""
    began = time.monotonic()
    for _ in range(calls):
        with pytest.raises(SharedGone):
            await shared.get("a")
    return time.monotonic() - began


async def test_f01_a_server_that_is_killed_costs_nothing_and_is_back_soon(
    own_redis_server: RedisServer,
) -> None:
    async with open_shared(own_redis_server.url) as shared:
        assert isinstance(shared, RedisShared)
        own_redis_server.kill()
        await asyncio.sleep(0.05)
        assert await gone(shared, 100) < 0.25
        shared.put("a", b"dropped", 60.0)
        shared.announce("news", b"dropped")
        await shared.release("a", 1)
        assert (shared.traffic.up, shared.traffic.drops) == (False, 2)
        own_redis_server.start()
        own_redis_server.do("SET", "portico:a", "value")
        await back(shared)
        assert shared.traffic.up


async def test_f01_calls_under_way_end_when_the_server_does(own_redis_server: RedisServer) -> None:
    async with open_shared(own_redis_server.url) as shared:
        own_redis_server.freeze()
        asked = [asyncio.ensure_future(shared.get("a")) for _ in range(100)]
        await asyncio.sleep(0)
        own_redis_server.kill()
        answers = await asyncio.gather(*asked, return_exceptions=True)
        assert {type(answer) for answer in answers} == {SharedGone}


async def test_f01_a_process_starts_without_its_server() -> None:
    began = time.monotonic()
    async with open_shared(f"redis://127.0.0.1:{free_port()}") as shared:
        assert time.monotonic() - began < 0.5
        assert await gone(shared, 100) < 0.25
        assert (shared.alone, shared.peers) == (False, 1)


@pytest.mark.parametrize(
    "faults",
    [
        pytest.param(HOLE, id="F02-black-hole"),
        pytest.param(Faults(latency=0.2), id="F03-slow-200-ms"),
        pytest.param(Faults(latency=5.0), id="F03-slow-5-s"),
    ],
)
async def test_a_slow_server_costs_three_timeouts_of_50_ms(
    proxy: FaultProxy, faults: Faults
) -> None:
    async with open_shared(url(proxy)) as shared:
        assert await hits(shared)
        proxy.set(faults)
        assert 0.04 < await gone(shared, 3) < 1.0
        assert await gone(shared, 100) < 0.25
        proxy.set(NONE)
        await back(shared)


@pytest.mark.parametrize(
    ("stop", "go"),
    [
        pytest.param(RedisServer.freeze, RedisServer.thaw, id="F02-stopped"),
        pytest.param(
            lambda server: server.do("CLIENT", "PAUSE", "400"), lambda _: None, id="F04-paused"
        ),
    ],
)
async def test_f04_a_server_that_stands_still_costs_three_timeouts_of_50_ms(
    own_redis_server: RedisServer,
    stop: Callable[[RedisServer], None],
    go: Callable[[RedisServer], None],
) -> None:
    own_redis_server.do("SET", "portico:a", "value")
    async with open_shared(own_redis_server.url) as shared:
        stop(own_redis_server)
        assert 0.04 < await gone(shared, 3) < 1.0
        assert await gone(shared, 100) < 0.25
        go(own_redis_server)
        await back(shared)


async def test_f03_more_than_a_fifth_of_late_replies_is_too_many(redis_server: RedisServer) -> None:
    slow = RespRule(fault=RespFault.DELAY, commands=READS, seconds=0.06, share=0.4)
    async with RespProxy(redis_server.port, slow) as proxy, open_shared(url(proxy)) as shared:
        assert isinstance(shared, RedisShared)
        for _ in range(200):
            await hits(shared)
            await asyncio.sleep(0.015)  # what is late is there by then
            if not shared.traffic.up:
                break
        assert not shared.traffic.up


@pytest.mark.parametrize("kind", ["LOADING", "READONLY", "NOAUTH", "OOM", "MISCONF", "NOPERM"])
async def test_f07_a_server_that_refuses_is_gone_and_the_log_says_why(
    redis_server: RedisServer, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    redis_server.do("SET", "portico:a", "value")
    async with RespProxy(redis_server.port) as proxy, open_shared(url(proxy)) as shared:
        assert isinstance(shared, RedisShared)
        assert await hits(shared)
        proxy.rules = (RespRule(fault=RespFault.ERROR, commands=READS, error=kind),)
        assert await gone(shared, 20) < 0.3
        proxy.rules = ()
        await back(shared)
        assert shared.traffic.failures[kind] > 0
    assert len([line for line in caplog.messages if f"({kind})" in line]) == 1


async def test_f07_a_full_server_takes_nothing_more_and_still_answers(
    own_redis_server: RedisServer,
) -> None:
    own_redis_server.do("SET", "portico:a", "value")
    own_redis_server.do("CONFIG", "SET", "maxmemory-policy", "noeviction", "maxmemory", "1")
    async with open_shared(own_redis_server.url) as shared:
        assert isinstance(shared, RedisShared)
        for _ in range(20):
            shared.put("b", b"too much", 60.0)
            assert await hits(shared)

        async def told() -> bool:
            return shared.traffic.failures.get("OOM", 0) >= 20

        await until(told, 1.0, "what was refused is counted")


async def test_f07_a_wrong_password_is_told_and_not_shown(
    own_redis_server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    own_redis_server.do("CONFIG", "SET", "requirepass", "right")
    place = f"@127.0.0.1:{own_redis_server.port}"
    async with open_shared(f"redis://:hunter2{place}") as shared:
        assert await gone(shared, 1) < 0.25
    async with open_shared(f"redis://{place[1:]}") as shared:
        assert await gone(shared, 1) < 0.25
    async with open_shared(f"redis://:right{place}") as shared:
        assert await shared.get("a") == [None]
    assert "(WRONGPASS)" in caplog.text
    assert "(NOAUTH)" in caplog.text
    assert "hunter2" not in caplog.text


async def test_f07_what_an_acl_denies_is_gone_and_the_rest_is_not(
    own_redis_server: RedisServer,
) -> None:
    own_redis_server.do("SET", "portico:a", "value")
    own_redis_server.do(
        *("ACL", "SETUSER", "gate", "on", ">word", "~*", "resetchannels"),
        *("+hello", "+mget", "+ping", "+subscribe", "+evalsha", "+eval"),
    )
    async with open_shared(f"redis://gate:word@127.0.0.1:{own_redis_server.port}") as shared:
        shared.listen("news", lambda _: None)
        for _ in range(5):
            with pytest.raises(SharedGone):
                await shared.lease("a", 1.0)
            assert await hits(shared)


async def test_f09_swapped_replies_are_never_of_another_kind_than_was_asked(
    redis_server: RedisServer,
) -> None:
    redis_server.flush()
    swap = RespRule(fault=RespFault.SWAP, commands=READS | {"EVALSHA"}, share=0.2)
    async with RespProxy(redis_server.port, swap) as proxy, open_shared(url(proxy)) as shared:
        for turn in range(20):
            answers = await asyncio.gather(
                *(shared.lease(f"{turn}-{each}", 5.0) for each in range(10)),
                *(shared.get(*["a", "b"][: 1 + each % 2]) for each in range(10)),
                return_exceptions=True,
            )
            for answer in answers[:10]:
                assert isinstance(answer, (int, SharedGone))
            for each, answer in enumerate(answers[10:]):
                assert isinstance(answer, SharedGone) or (
                    isinstance(answer, list) and len(answer) == 1 + each % 2
                )
            assert shared.peers == 1
            await asyncio.sleep(0.01)
        assert proxy.swap.swapped > 0


async def test_f15_slow_writes_delay_no_read(redis_server: RedisServer) -> None:
    redis_server.do("SET", "portico:a", "value")
    slow = RespRule(fault=RespFault.DELAY, commands=WRITES, seconds=5.0)
    async with RespProxy(redis_server.port, slow) as proxy, open_shared(url(proxy)) as shared:
        assert isinstance(shared, RedisShared)
        for number in range(1500):
            shared.put("b", b"%d" % number, 60.0)
        assert shared.traffic.drops == 500
        found = 0

        async def read() -> bool:
            nonlocal found
            found += await hits(shared)
            return found >= 100

        await until(read, 4.0, "a hundred reads, before the first write has been answered")
        proxy.rules = ()

        async def written() -> bool:
            shared.put("b", b"last", 60.0)
            return await shared.get("b") == [b"last"]

        await until(written, 4.0, "writes arrive again")


async def test_f03_a_lease_that_came_too_late_is_given_back(redis_server: RedisServer) -> None:
    late = RespRule(fault=RespFault.DELAY, commands=frozenset({"EVALSHA"}), seconds=0.06)
    async with RespProxy(redis_server.port) as proxy, open_shared(url(proxy)) as shared:
        assert await shared.lease("known", 1.0) is not None
        proxy.rules = (late,)
        with pytest.raises(SharedGone):
            await shared.lease("late", 60.0)
        proxy.rules = ()

        async def free() -> bool:
            with suppress(SharedGone):
                return await shared.lease("late", 60.0) is not None
            return False

        await until(free, BACK, "the lease can be taken")


async def test_a_lease_that_could_not_be_given_back_is_not_taken(
    own_redis_server: RedisServer,
) -> None:
    async with open_shared(own_redis_server.url) as shared:
        assert isinstance(shared, RedisShared)
        shared._site.writes("a").distrust()
        with pytest.raises(SharedGone):
            await shared.lease("a", 60.0)
        assert await shared.get("a") == [None]
    assert own_redis_server.do("EXISTS", "portico:lease:{a}") == 0


async def test_who_listens_is_told_that_news_may_have_been_missed(
    own_redis_server: RedisServer, tmp_path: Path
) -> None:
    place = tmp_path / "redis.sock"
    async with (
        FaultProxy(own_redis_server.port, at=place) as proxy,
        open_shared(f"unix://{place}") as listener,
        open_shared(own_redis_server.url) as speaker,
    ):
        heard: list[bytes | None] = []
        listener.listen("news", heard.append)

        async def listens() -> bool:
            return heard == [None]

        async def listens_again() -> bool:
            return heard == [None, None, b"heard"]

        await until(listens, 1.0, "it listens")
        proxy.reset()
        speaker.announce("news", b"missed")
        await until(lambda: _heard(heard, 2), BACK, "it listens again")
        speaker.announce("news", b"heard")
        await until(listens_again, 1.0, "news arrive again")


async def _heard(heard: list[bytes | None], number: int) -> bool:
    return len(heard) == number
