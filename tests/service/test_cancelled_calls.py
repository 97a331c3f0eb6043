"""Calls that are given up at any moment, with every policy switched on, leave nothing behind.

`pytest tests/service/test_cancelled_calls.py --cancels 20000 --timeout 600` gives up as many as
the release asks for.
"""

import asyncio
import random
import sqlite3
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, closing
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from facade.errors.fault import Fault
from facade.ground import DATABASE
from facade.model.call import CacheUse, Call, Caller
from facade.model.credential import Credential
from facade.model.policy import (
    Breaker,
    CacheMode,
    Caching,
    Concurrency,
    Limit,
    Policy,
    Retry,
    Scope,
)
from facade.model.stream import Wanted
from facade.parts import Parts
from facade.policy.breaker import State
from facade.pool import CONNECTIONS
from tests.doors import document
from tests.engines import a_call, an_engine, publish
from tests.faults.backends import BUSY, CountingBackend, Request, Said, flapping
from tests.faults.proxy import NONE, FaultProxy, Faults
from tests.processes import until
from tests.servers import RedisServer
from tests.token_servers import TokenServer, a_client

AT_ONCE = 40
LONGEST = 0.12
"""Seconds after which a call is given up at the latest."""
HEALTHY = 1000
TOGETHER = 8

PARAMETER = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
BODY = {"content": {"application/json": {"schema": {"type": "object"}}}}
SHOP = document(
    {
        "/things/{id}": {
            "parameters": [PARAMETER],
            "get": {"operationId": "get", "responses": {}},
            "post": {"operationId": "add", "requestBody": BODY, "responses": {}},
        }
    }
)
POLICY = Policy(
    timeout=5.0,
    limits=(Limit(calls=600, burst=20), Limit(scope=Scope.SUBJECT, calls=500, burst=20)),
    concurrency=(Concurrency(scope=Scope.CONNECTION, calls=TOGETHER),),
    server_concurrency=4,
    retry=Retry(initial_backoff=0.02, idempotency_header="Idempotency-Key"),
    breaker=Breaker(open_time=0.05),
    cache=Caching(mode=CacheMode.OVERRIDE, ttl=0.05, stale_while_revalidate=0.05),
)
CALLERS = [
    Caller(tenant=tenant, connection=connection, subject=subject)
    for tenant in ("a", "b")
    for connection in ("x", "y")
    for subject in ("1", "2")
]
SLOW = Faults(latency=0.002, jitter=0.004)


class Busy:
    """A backend that takes its time, and fails now and then."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice

    def __call__(self, _: Request) -> Said:
        delay = self.dice.choice((0.0, 0.002, 0.02))
        return Said(BUSY.data, delay) if self.dice.random() < 0.08 else Said(delay=delay)


@asynccontextmanager
async def a_shop(folder: Path, redis: RedisServer, dice: random.Random) -> AsyncIterator["Shop"]:
    """An engine before two backends, one of which comes and goes; all that it needs is slow."""
    async with AsyncExitStack() as stack:
        steady = await stack.enter_async_context(CountingBackend(Busy(dice)))
        shaky = await stack.enter_async_context(CountingBackend(flapping(0.3, 0.1)))
        server = await stack.enter_async_context(TokenServer(expires_in=1))
        tokens = await stack.enter_async_context(FaultProxy(server.port))
        store = await stack.enter_async_context(FaultProxy(redis.port))
        tokens.set(SLOW)
        store.set(SLOW)
        settings = {"redis": f"redis://127.0.0.1:{store.port}", "tenant_limit": "2000/1s"}
        parts = await stack.enter_async_context(an_engine(folder, {"SECRET": "s"}, **settings))
        kind = a_client(f"http://127.0.0.1:{tokens.port}/token")
        fields: dict[str, Any] = {
            "policy": POLICY,
            "credentials": (Credential(scheme="oauth", kind=kind),),
        }
        await publish(parts, "shop", SHOP, steady.origin, **fields)
        await publish(parts, "shaky", SHOP, shaky.origin, **fields)
        yield Shop(folder, parts, steady, shaky, tokens, store)


class Shop:
    """The parts under test."""

    def __init__(
        self,
        folder: Path,
        parts: Parts,
        steady: CountingBackend,
        shaky: CountingBackend,
        *proxies: FaultProxy,
    ) -> None:
        self.ledger = folder / DATABASE
        self.parts = parts
        self.backends = steady, shaky
        self.proxies = proxies
        self.numbers = count()

    def any_call(self, dice: random.Random) -> Coroutine[Any, Any, object]:
        """A call of any kind."""
        caller, number = dice.choice(CALLERS), next(self.numbers) // AT_ONCE
        given: dict[str, Any] = {
            "caller": caller,
            "max_wait": dice.choice((0.0, 0.05)),
            "hops": 1,  # of a gateway's: who has connections and subjects is for it to know
        }
        kind = dice.randrange(10)
        if kind < 3:
            body = {"id": number, "body": {"n": number}}
            return self.made(
                a_call("shop/add", body, request_id=f"{caller.subject}-{number}", **given)
            )
        if kind < 4:
            return self.streamed(a_call("shop/get", {"id": number}, **given))
        if kind < 6:
            return self.made(a_call("shaky/get", {"id": number}, **given))
        use = CacheUse.REFRESH if kind == 6 else CacheUse.POLICY
        return self.made(a_call("shop/get", {"id": number % 4}, cache_use=use, **given))

    async def made(self, call: Call) -> object:
        return await self.parts.engine.execute(call)

    async def streamed(self, call: Call) -> object:
        async with aclosing(self.parts.engine.stream(call, Wanted())) as items:
            return [item async for item in items]

    def heal(self) -> None:
        """Makes everything quick and sound."""
        for backend in self.backends:
            backend.schedule = lambda _: Said()
        for proxy in self.proxies:
            proxy.set(NONE)

    def left(self, redis: RedisServer) -> list[object]:
        """All that a call may hold, wherever it is told."""
        guards = self.parts.engine._guards
        cache, tokens = guards.cache, guards.credentials._tokens
        store = cache._store
        wire = self.parts.engine._carrier._transport._wire
        pools = wire.pools.values()
        return [
            *guards.servers.bulkheads._bulkheads,
            *guards.limits._places._crowds,
            *guards.limits._lines._lines,
            *(each for each in guards.servers.breakers._circuits.values() if each.running),
            *cache._flights._flights,
            *cache._refreshing,
            *store._looks._flights,
            *store.peers._awaited,
            *store._tasks,
            *tokens._flights,
            *(each for each in pools if not each.unneeded),
            *(each for each in pools if each.free != CONNECTIONS),
            *redis.do("KEYS", "portico:lease:{[0-9a-f]*"),
            *self.unsettled(),
        ]

    def unsettled(self) -> list[object]:
        """Rows of calls with a request_id that somebody still seems to make."""
        with closing(sqlite3.connect(self.ledger)) as database:
            found = database.execute("select until from calls where answer is null").fetchall()
        now = datetime.now(UTC).replace(tzinfo=None)
        return [until for (until,) in found if datetime.fromisoformat(until) > now]

    async def works(self) -> bool:
        """Whether every breaker lets calls through again."""
        calls = (
            self.made(a_call(f"{connector}/get", {"id": -1}, caller=caller, max_wait=1.0, hops=1))
            for connector in ("shop", "shaky")
            for caller in CALLERS
        )
        await asyncio.gather(*calls, return_exceptions=True)
        circuits = self.parts.engine._guards.servers.breakers._circuits.values()
        return all(each.state is State.CLOSED for each in circuits)

    async def healthy(self) -> None:
        """Makes calls that must all succeed, and none of them from the cache."""
        asked = len(self.backends[0].times)
        for number in range(0, HEALTHY, TOGETHER):
            calls = (
                self.made(a_call("shop/get", {"id": each}, caller=CALLERS[0], max_wait=5.0, hops=1))
                for each in range(100 + number, 100 + number + TOGETHER)
            )
            await asyncio.gather(*calls)
        assert len(self.backends[0].times) - asked == HEALTHY


async def given_up(call: Coroutine[Any, Any, object], dice: random.Random) -> bool:
    """Whether a call was still under way when it was given up; only a fault may end it before."""
    task = asyncio.ensure_future(call)
    await asyncio.wait([task], timeout=dice.random() * LONGEST)
    under_way = task.cancel()
    assert (await asyncio.wait([task], timeout=5.0))[0]
    if task.cancelled():
        return under_way
    problem = task.exception()
    if problem is not None and not isinstance(problem, Fault):
        raise problem
    return False


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.timeout(600)
async def test_d46_j08_calls_given_up_at_any_moment_leave_nothing_behind(
    request: pytest.FixtureRequest, tmp_path: Path, redis_server: RedisServer
) -> None:
    cancels: int = request.config.getoption("--cancels")
    redis_server.flush()
    dice = random.Random(46)  # noqa: S311 - no secret
    before, tasks, gone = descriptors(), len(asyncio.all_tasks()), 0
    async with a_shop(tmp_path, redis_server, dice) as shop:
        for _ in range(cancels // AT_ONCE):
            calls = (given_up(shop.any_call(dice), dice) for _ in range(AT_ONCE))
            gone += sum(await asyncio.gather(*calls))
        assert gone > cancels / 3
        assert len(shop.backends[0].times) > cancels / 10

        async def empty() -> bool:
            return not shop.left(redis_server)

        await until(empty, 8.0, "nothing is left")
        shop.heal()
        await until(shop.works, 10.0, "the breakers are closed")
        async with asyncio.timeout(30):
            await shop.healthy()
        await until(empty, 2.0, "nothing is left")
    assert len(asyncio.all_tasks()) <= tasks

    async def closed() -> bool:
        return descriptors() <= before

    await until(closed, 5.0, "no descriptor is left")
