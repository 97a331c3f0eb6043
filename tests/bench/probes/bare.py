"""Parts by themselves, in a process of their own: CPU microseconds of a call, 16 in flight.

The transport beside aiohttp's client; a limit and a look-up as a call asks for them, beside
redis-py's EVALSHA of a rate limit alone. Arguments: the backend's port, Redis's port, how many
calls, and how many rounds.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeAlias

import aiohttp
import redis.asyncio
import uvloop

from facade.egress import Egress
from facade.model.policy import Limit, Policy
from facade.network.tls import system_trust
from facade.policy.cache.naming import CacheKey
from facade.policy.cache.quota import Quota
from facade.policy.cache.remote import Remote
from facade.policy.limits.admission import Limits, Standing
from facade.sealing import KEY, Seal
from facade.stores.opening import open_shared
from facade.stores.shared import Shared
from facade.transport import Transport
from facade.wire import Wire
from tests.bench.backend import FIRST
from tests.bench.place import SERVER_CORE
from tests.fakes import a_plan

AT_ONCE = 16
GCRA = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local arrival = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
local step, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
if arrival + step - now > burst then
  return 0
end
redis.call('SET', KEYS[1], string.format('%.0f', arrival + step), 'PX', math.ceil(burst / 1000))
return 1
"""


Part: TypeAlias = Callable[[], Awaitable[None]]


async def compare(backend: int, store: int, calls: int, rounds: int) -> dict[str, float]:
    """The least that each part took of all rounds, in turns."""
    async with (
        _sending(f"http://127.0.0.1:{backend}") as sending,
        _asking(store) as asking,
    ):
        parts = sending | asking
        found: dict[str, list[float]] = {name: [] for name in parts}
        for _ in range(rounds + 1):
            for name, part in parts.items():
                found[name].append(await _timed(part, calls))
    return {name: min(each[1:]) for name, each in found.items()}


@asynccontextmanager
async def _sending(origin: str) -> AsyncIterator[dict[str, Part]]:
    target = f"/items/200/{FIRST}"
    transport = Transport(Wire(Egress((), loopback=True), system_trust()))
    plan = a_plan(origin, target=target, headers=(("accept", "application/json"),))
    session = aiohttp.ClientSession()

    async def ours() -> None:
        assert (await transport.send(plan)).status == 200

    async def theirs() -> None:
        async with session.get(origin + target) as answer:
            assert await answer.read()

    yield {"transport, us": ours, "aiohttp, us": theirs}
    await transport.close()
    await session.close()


@asynccontextmanager
async def _asking(port: int) -> AsyncIterator[dict[str, Part]]:
    client = redis.asyncio.Redis(port=port)
    script = await client.script_load(GCRA)

    async def theirs() -> None:
        assert await client.evalsha(script, 1, "limit", "1", "1000000") == 1

    async with open_shared(f"redis://127.0.0.1:{port}") as shared:
        ours = await _limit_and_look_up(shared)
        yield {"limit and look-up, us": ours, "redis-py EVALSHA, us": theirs}
    await client.aclose()


async def _limit_and_look_up(shared: Shared) -> Part:
    """What `Cache.ahead` and `Limits.admit` ask for in a call: both leave in one write."""
    seal = Seal([os.urandom(KEY)])
    limits, remote = Limits(shared, seal), Remote(shared, seal, time.monotonic, Quota(0))
    plan = a_plan("http://127.0.0.1", policy=Policy(limits=(Limit(calls=1_000_000),)))
    key = CacheKey(tag="bench", entry="{bench}entry")
    shared.put(key.entry, bytes(200), 3600.0)

    async def both() -> None:
        look, standing = remote.look(key), limits.admit(plan, 0.0)
        if not isinstance(standing, Standing):
            standing = await standing
        assert standing.headers
        assert (await look)[0]

    await both()
    return both


async def _timed(part: Part, calls: int) -> float:
    async def some() -> None:
        for _ in range(calls // AT_ONCE):
            await part()

    began = time.process_time()
    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(some())
    return (time.process_time() - began) / (calls // AT_ONCE * AT_ONCE) * 1e6


if __name__ == "__main__":
    os.sched_setaffinity(0, {SERVER_CORE})
    print(json.dumps(uvloop.run(compare(*map(int, sys.argv[1:])))))
