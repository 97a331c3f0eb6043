"""Tokens of several processes, which share a real store that may go away."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from facade.errors.caller import TokenRefused
from facade.policy.credentials.credentials import Credentials
from facade.stores.opening import open_shared
from facade.transport import Transport
from tests.fakes import RawBackend, hold, read_request
from tests.servers import RedisServer
from tests.signers import a_signer
from tests.token_servers import (
    REFRESHING,
    SECRETS,
    Clock,
    Rotating,
    TokenServer,
    a_client,
    needing,
    said,
    tokens,
)


@asynccontextmanager
async def processes(
    server: RedisServer, transport: Transport, number: int, clock: Callable[[], float]
) -> AsyncIterator[list[Credentials]]:
    """Credentials of so many processes that share a store with nothing in it."""
    server.flush()
    async with AsyncExitStack() as stack:
        signers = []
        for _ in range(number):
            shared = await stack.enter_async_context(open_shared(server.url))
            signer = a_signer(SECRETS, transport, shared, clock)
            signers.append(await stack.enter_async_context(signer))
        yield signers


async def all_tokens(signers: list[Credentials], plan: Any, calls: int = 20) -> set[str]:
    found = await asyncio.gather(*(tokens(each, plan, calls) for each in signers))
    return {token for each in found for token in each}


async def test_l08_of_several_processes_one_asks(
    redis_server: RedisServer, transport: Transport
) -> None:
    clock = Clock()
    async with (
        TokenServer() as server,
        processes(redis_server, transport, 4, clock) as signers,
    ):
        plan = needing(a_client(server.uri))
        assert await all_tokens(signers, plan, 125) == {"t1"}
        assert len(server.forms) == 1
        signed = [await each.sign(plan) for each in signers]
        for signer, each in zip(signers, signed, strict=True):
            assert await signer.renew(each, None)
        assert await all_tokens(signers, plan) == {"t2"}
        assert len(server.forms) == 2
        clock.now += 81
        assert await all_tokens(signers, plan) == {"t2"}
        await asyncio.sleep(0.2)
        assert await all_tokens(signers, plan) == {"t3"}
        assert len(server.forms) == 3


async def test_l01_a_shared_token_is_sealed_and_its_name_tells_nothing(
    redis_server: RedisServer, transport: Transport
) -> None:
    async with (
        TokenServer(access_token="canary-token") as server,
        processes(redis_server, transport, 1, Clock()) as (signer,),
    ):
        await tokens(signer, needing(a_client(server.uri)))
        await asyncio.sleep(0.05)
        names = redis_server.do("KEYS", "*")
        kept = [redis_server.do("GET", name) for name in names if b"token" in name]
        assert any(kept)
        for text in (*names, *filter(None, kept)):
            assert b"canary" not in text
            assert b"s3cret" not in text
            assert b"shop" not in text


async def test_i16_what_the_store_makes_up_is_no_token(
    redis_server: RedisServer, transport: Transport
) -> None:
    async with (
        TokenServer() as server,
        processes(redis_server, transport, 2, Clock()) as (first, second),
    ):
        plan = needing(a_client(server.uri))
        await tokens(first, plan)
        await asyncio.sleep(0.05)
        for name in redis_server.do("KEYS", "*token*"):
            if b"lease" not in name:
                redis_server.do("SET", name, b"forged" * 10)
        assert await tokens(second, plan) == ["t2"]


async def test_without_the_store_each_process_asks_for_itself(
    own_redis_server: RedisServer, transport: Transport
) -> None:
    clock = Clock()
    async with (
        TokenServer() as server,
        processes(own_redis_server, transport, 2, clock) as signers,
    ):
        plan = needing(a_client(server.uri))
        assert await all_tokens(signers, plan) == {"t1"}
        own_redis_server.kill()
        assert await all_tokens(signers, plan) == {"t1"}
        clock.now += 101
        assert await all_tokens(signers, plan) == {"t2", "t3"}
        assert len(server.forms) == 3


async def test_l09_another_process_goes_on_with_the_refresh_token_that_came_last(
    redis_server: RedisServer, transport: Transport
) -> None:
    clock = Clock()
    async with (
        TokenServer() as server,
        processes(redis_server, transport, 2, clock) as (first, second),
    ):
        server.said = Rotating(server)
        plan = needing(a_client(server.uri, **REFRESHING))
        for number, signer in enumerate((first, second, first), start=1):
            assert await tokens(signer, plan) == [f"t{number}"]
            await asyncio.sleep(0.05)
            clock.now += 101
        assert [form["refresh_token"] for form in server.forms] == ["r0", "r1", "r2"]


async def test_a_process_that_fails_lets_the_next_one_try(
    redis_server: RedisServer, transport: Transport
) -> None:
    async with (
        TokenServer(lambda _: said({"error": "invalid_client"}, 401)) as server,
        processes(redis_server, transport, 2, Clock()) as (first, second),
    ):
        plan = needing(a_client(server.uri))
        with pytest.raises(TokenRefused):
            await first.sign(plan)
        server.said = None
        assert await tokens(second, plan) == ["t2"]


async def test_a_process_that_ends_lets_the_next_one_try(
    redis_server: RedisServer, transport: Transport
) -> None:
    reached = asyncio.Event()

    async def first_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not reached.is_set():
            reached.set()
            await hold(reader, writer)
        await read_request(reader)
        writer.write(said({"access_token": "t2"}))

    async with (
        RawBackend(first_silent) as server,
        processes(redis_server, transport, 2, Clock()) as (first, second),
    ):
        plan = needing(a_client(server.origin))
        waiting = asyncio.create_task(first.sign(plan))
        await reached.wait()
        (flight,) = first._tokens._flights.values()
        flight.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert await tokens(second, plan) == ["t2"]
