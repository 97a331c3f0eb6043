"""Parts by themselves, in a process of their own: CPU microseconds of a call, 16 in flight.

The transport beside aiohttp's client, and redis-py's EVALSHA of a rate limit. Arguments: the
backend's port, Redis's port, and how many calls.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable

import aiohttp
import redis.asyncio
import uvloop

from facade.egress import Egress
from facade.network.tls import system_trust
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


async def compare(backend: int, store: int, calls: int, rounds: int) -> dict[str, float]:
    """The least that each part took of all rounds, in turns."""
    origin = f"http://127.0.0.1:{backend}"
    target = f"/items/200/{FIRST}"
    transport = Transport(Wire(Egress((), loopback=True), system_trust()))
    plan = a_plan(origin, target=target, headers=(("accept", "application/json"),))
    session = aiohttp.ClientSession()
    client = redis.asyncio.Redis(port=store)
    script = await client.script_load(GCRA)

    async def ours() -> None:
        assert (await transport.send(plan)).status == 200

    async def theirs() -> None:
        async with session.get(origin + target) as answer:
            assert await answer.read()

    async def limit() -> None:
        assert await client.evalsha(script, 1, "limit", "1", "1000000") == 1

    parts = {"transport, us": ours, "aiohttp, us": theirs, "redis-py EVALSHA, us": limit}
    found: dict[str, list[float]] = {name: [] for name in parts}
    for _ in range(rounds + 1):
        for name, part in parts.items():
            found[name].append(await _timed(part, calls))
    await transport.close()
    await session.close()
    await client.aclose()
    return {name: min(each[1:]) for name, each in found.items()}


async def _timed(part: Callable[[], Awaitable[None]], calls: int) -> float:
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
