"""A tenant that fills the store that processes share: the others keep what they have there."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

import pytest

from facade.model.call import CacheStatus, Caller
from facade.policy.cache.cache import Cache
from facade.stores.opening import open_shared
from tests.caches import SEAL, Backend, Client, Clock, said
from tests.servers import RedisServer

QUOTA = 256 * 1024
FLOOD = 16 * QUOTA
"""Bytes that one tenant has kept: in the end 1 GB against 64 MiB."""
BODY = 4_000
OTHERS = 15
"""Answers that another tenant has: less than the share of one process."""


@asynccontextmanager
async def processes(server: RedisServer, number: int) -> AsyncIterator[list[Client]]:
    """The caches of so many processes, as one tenant's calls see them."""
    server.flush()
    clock = Clock()
    backend = Backend(said(b"x" * BODY, cache_control="max-age=600"))
    async with AsyncExitStack() as stack:
        made = []
        for _ in range(number):
            shared = await stack.enter_async_context(open_shared(server.unix_url))
            cache = Cache(shared, SEAL, clock, lambda: 0.5, tenant_bytes=QUOTA)
            await stack.enter_async_context(cache)
            made.append(Client(cache, backend, clock))
        yield made


def of(client: Client, tenant: str) -> Client:
    return replace(client, caller=Caller(tenant=tenant))


async def hits(client: Client, tenant: str, number: int) -> int:
    """How many of its answers a tenant still has."""
    found = [await of(client, tenant).get(f"/pets/{each}") for each in range(number)]
    return [each.status for each in found].count(CacheStatus.HIT)


def used(server: RedisServer) -> int:
    """Bytes of all answers that the store has."""
    keys = server.do("KEYS", "portico:cache:{*}:*")
    return sum(server.do("STRLEN", each) for each in keys)


@pytest.mark.parametrize("number", [1, 2])
async def test_f12_a_tenant_that_keeps_sixteen_times_its_quota_takes_nothing_from_another(
    redis_server: RedisServer, number: int
) -> None:
    async with processes(redis_server, number + 1) as (reader, *writers):
        assert await hits(writers[0], "small", OTHERS) == 0
        for each in range(FLOOD // BODY):
            await of(writers[each % number], "flood").get(f"/pets/{each}")
            await asyncio.sleep(0)
        assert await hits(reader, "small", OTHERS) >= 0.95 * OTHERS
        assert used(redis_server) <= QUOTA + 1.2 * OTHERS * BODY
