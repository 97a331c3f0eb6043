"""The limits of several processes, which a real store decides."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from facade.errors.service import QuotaExceeded
from facade.model.call import Plan
from facade.model.policy import Limit, Policy, Scope
from facade.policy.limits.admission import Limits
from facade.policy.limits.charge import charge_of
from facade.stores.opening import open_shared
from facade.stores.redis import RedisShared
from tests.fakes import a_plan
from tests.offering import SEAL, offered
from tests.servers import RedisServer

SLACK = 1.1
"""Of a limit, while the store comes and goes."""


@asynccontextmanager
async def processes(server: RedisServer, number: int) -> AsyncIterator[list[Limits]]:
    """Limits of so many processes that share a store with nothing in it."""
    server.flush()
    async with AsyncExitStack() as stack:
        stores = [await stack.enter_async_context(open_shared(server.url)) for _ in range(number)]
        yield [Limits(each, SEAL) for each in stores]


def plan(*limits: Limit, **policy: Any) -> Plan:
    return a_plan("https://x.test", policy=Policy(limits=limits, **policy))


async def enters(limits: Limits, given: Plan, max_wait: float = 0.0) -> bool:
    try:
        async with limits.admitted(given, max_wait):
            return True
    except QuotaExceeded:
        return False


def key(given: Plan) -> str:
    return "portico:" + charge_of(given, (), SEAL.name).keys[0]


async def test_j01_one_process_admits_what_the_limit_says(redis_server: RedisServer) -> None:
    async with processes(redis_server, 1) as (limits,):
        begun = time.monotonic()
        admitted = await offered(limits, Limit(calls=500, burst=200), rate=2000, seconds=1.2)
        due = 500 * (time.monotonic() - begun) + 200
    assert admitted == pytest.approx(due, rel=0.01)


async def test_processes_share_one_limit_to_the_call(redis_server: RedisServer) -> None:
    given = plan(Limit(calls=30, period=3600.0))
    async with processes(redis_server, 3) as all_of_them:
        taken = [await enters(each, given) for _ in range(20) for each in all_of_them]
    assert taken == [True] * 30 + [False] * 30


async def test_j14_none_is_charged_where_one_of_them_refuses(redis_server: RedisServer) -> None:
    wide, tight = Limit(calls=50, period=3600.0), Limit(scope=Scope.ACTION, calls=2, period=3600.0)
    async with processes(redis_server, 2) as (one, other):
        assert [await enters(one, plan(wide, tight)) for _ in range(3)] == [True, True, False]
        async with other.admitted(plan(wide), 0.0) as standing:
            assert standing.headers["ratelimit"] == '"connector";r=47;t=216'
        with pytest.raises(QuotaExceeded) as refused:
            async with other.admitted(plan(wide, tight), 0.0):
                pass
    assert [each.subject for each in refused.value.details.quotas] == ["action:get"]
    assert refused.value.details.retry_after == pytest.approx(1800, abs=2)


async def test_j02_refused_calls_are_no_traffic(redis_server: RedisServer) -> None:
    given = plan(Limit(calls=1, period=60.0))
    redis_server.flush()
    async with open_shared(redis_server.url) as shared:
        assert isinstance(shared, RedisShared)
        limits = Limits(shared, SEAL)
        assert await enters(limits, given)
        before = shared.traffic.commands
        assert not any([await enters(limits, given) for _ in range(1000)])
        assert shared.traffic.commands - before <= 2


async def test_who_waits_is_let_in_by_the_stores_clock(redis_server: RedisServer) -> None:
    given = plan(Limit(calls=50, burst=1))
    async with processes(redis_server, 2) as (one, other):
        begun = time.monotonic()
        calls = [enters(each, given, 2.0) for _ in range(10) for each in (one, other)]
        assert all(await asyncio.gather(*calls))
    assert 19 / 50 - 0.01 <= time.monotonic() - begun < 19 / 50 + 0.4


@pytest.mark.parametrize(
    "value",
    ["", "garbage", "1:2:3", "-5:0", "nan:0", "1e300:0", "9" * 400 + ":0", "0:" + "9" * 400],
)
async def test_f10_a_value_that_is_not_ours_counts_as_a_rest_or_is_soon_over(
    redis_server: RedisServer, value: str
) -> None:
    given = plan(Limit(calls=100, burst=5))
    async with processes(redis_server, 1) as (limits,):
        redis_server.do("SET", key(given), value)
        assert await enters(limits, given, 0.05)
        assert await enters(limits, given, 0.05)


async def test_f10_a_value_of_another_type_is_replaced(redis_server: RedisServer) -> None:
    given = plan(Limit(calls=2, period=60.0))
    async with processes(redis_server, 2) as (one, other):
        redis_server.do("LPUSH", key(given), "x")
        assert [await enters(each, given) for each in (one, other, one)] == [True, True, False]


async def test_j05_f11_a_servers_clock_that_is_set_back_locks_nobody_out(
    redis_server: RedisServer,
) -> None:
    given = plan(Limit(calls=100, burst=5))
    async with processes(redis_server, 1) as (limits,):
        in_an_hour = int((time.time() + 3600) * 1_000_000)
        redis_server.do("SET", key(given), f"{in_an_hour}:0")
        assert not await enters(limits, given)
        assert await enters(limits, given, 0.05)


async def test_f17_a_script_that_was_forgotten_is_given_again(redis_server: RedisServer) -> None:
    given = plan(Limit(calls=2, period=60.0))
    async with processes(redis_server, 1) as (limits,):
        assert await enters(limits, given)
        redis_server.do("SCRIPT", "FLUSH")
        assert [await enters(limits, given) for _ in range(2)] == [True, False]


async def test_f02_nobody_waits_for_a_store_that_hangs_and_no_limit_is_open(
    own_redis_server: RedisServer,
) -> None:
    given = plan(Limit(calls=100, period=3600.0))
    async with processes(own_redis_server, 1) as (limits,):
        assert await enters(limits, given)
        own_redis_server.freeze()
        begun = time.monotonic()
        taken = [await enters(limits, given) for _ in range(200)]
        assert time.monotonic() - begun < 0.4
    assert 90 <= sum(taken) <= 100


async def test_j10_a_store_that_is_killed_and_comes_back_opens_no_limit(
    own_redis_server: RedisServer,
) -> None:
    limit = Limit(calls=100, burst=5)
    async with processes(own_redis_server, 2) as both:
        begun = time.monotonic()
        offers = [asyncio.create_task(offered(each, limit, rate=400, seconds=2.4)) for each in both]
        await asyncio.sleep(1.2)
        await asyncio.to_thread(own_redis_server.kill)
        await asyncio.sleep(0.4)
        await asyncio.to_thread(own_redis_server.start)
        admitted = sum(await asyncio.gather(*offers))
        due = 100 * (time.monotonic() - begun)
    assert 0.9 * due <= admitted <= SLACK * due + 5 * len(both)
