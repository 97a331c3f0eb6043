"""The loader against real gRPC servers: it sees each answer, and each that is none."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import perf_counter
from typing import Any

import grpc.aio
import pygrpc_native.aio
import pytest

from tests.bench.client import GONE, OK, WRONG, Client, connect, part, send_all
from tests.bench.open_loop import Offer, offer

METHOD = "/bench.Test/Call"
SERVERS = {"grpcio": grpc.aio.server, "native": pygrpc_native.aio.server}
engines = pytest.mark.parametrize("engine", SERVERS)


async def call(request: bytes, context: Any) -> bytes:
    """Does what the request says."""
    word, _, rest = request.partition(b" ")
    if word == b"abort":
        await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "not now")
    if word == b"sleep":
        await asyncio.sleep(float(rest))
    return b"other" if word == b"lie" else request * 20


@asynccontextmanager
async def served(engine: str, **options: int) -> AsyncIterator[int]:
    server: Any = SERVERS[engine](options=[(f"grpc.{k}", v) for k, v in options.items()])
    handler: Any = grpc.unary_unary_rpc_method_handler(call)
    server.add_registered_method_handlers("bench.Test", {"Call": handler})
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield port
    finally:
        await server.stop(0)


def statuses(clients: list[Client], *requests: bytes) -> "asyncio.Future[list[int]]":
    """What becomes of calls; each is expected to come back."""
    found: list[int] = []
    all_there: asyncio.Future[list[int]] = asyncio.get_running_loop().create_future()

    def done(status: int, _: float) -> None:
        found.append(status)
        if len(found) == len(requests):
            all_there.set_result(found)

    for number, request in enumerate(requests):
        clients[number % len(clients)].start((request, request), perf_counter(), done)
    return all_there


@engines
async def test_every_order_is_sent_once_and_its_answer_held_against_it(engine: str) -> None:
    async with served(engine) as port:
        clients = await connect(port, METHOD, 2)
        orders = [(b"call %06d" % number, b"call %06d" % number) for number in range(500)]
        sending = await send_all(clients, 8, orders)
        await part(clients)

    assert sending.statuses == {OK: 500}
    assert len(sending.seconds) == 500
    assert sum(client.received for client in clients) == 500 * (11 * 20 + 5)


@engines
async def test_a_refusal_a_lie_and_a_deadline_are_told_apart(engine: str) -> None:
    async with served(engine) as port:
        clients = await connect(port, METHOD, 1, 0.2)
        found = await statuses(clients, b"abort", b"lie", b"call", b"sleep 5")
        await part(clients)

    assert sorted(found[:3]) == [WRONG, OK, grpc.StatusCode.RESOURCE_EXHAUSTED.value[0]]
    assert found[3] in {
        GONE,
        *(code.value[0] for code in (grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED)),
    }


@engines
async def test_no_more_calls_are_under_way_than_the_server_takes(engine: str) -> None:
    async with served(engine, max_concurrent_streams=2) as port:
        clients = await connect(port, METHOD, 1)
        finished = statuses(clients, *[b"sleep 0.05"] * 6)
        held = clients[0].held
        found = await finished
        await part(clients)

    assert held == 4
    assert found == [OK] * 6


async def test_what_waits_too_long_for_room_is_given_up() -> None:
    async with served("grpcio", max_concurrent_streams=1) as port:
        clients = await connect(port, METHOD, 1)
        finished = statuses(clients, b"sleep 0.1", b"call")
        assert clients[0].drop(perf_counter()) == 1
        await asyncio.sleep(0.2)
        await part(clients)

    assert not finished.done()


async def test_calls_whose_connection_ends_end_with_it() -> None:
    async with served("grpcio") as port:
        clients = await connect(port, METHOD, 1)
        finished = statuses(clients, b"sleep 5", b"sleep 5")
        await part(clients)

        assert await finished == [GONE, GONE]


async def test_an_offer_comes_at_its_rate_whatever_the_server_does() -> None:
    async with served("grpcio") as port:
        given = Offer(rate=200.0, seconds=0.5, clients=2, deadline=5.0)
        began = perf_counter()
        result = await offer(port, METHOD, lambda _: (b"sleep 0.3", b"sleep"), given)
        seconds = perf_counter() - began

    assert result.statuses == {OK: 100}
    assert result.goodput == 200.0
    assert len({due for due, _ in result.times}) == 100
    assert seconds < 100 * 0.3 / 2
