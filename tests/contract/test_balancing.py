import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from gateway.v1.stream_pb2 import StreamActionRequest
from gateway.v1.stream_pb2_grpc import StreamServiceStub
from gateway.v1.version_pb2 import (
    BALANCING_FAILOVER,
    BALANCING_FIRST,
    BALANCING_ROUND_ROBIN,
    Direct,
)
from tests.doors import Door, a_door, document, named
from tests.fakes import HttpBackend

PATHS = {
    "/it": {
        "get": {"operationId": "act", "responses": {}},
        "post": {"operationId": "make", "responses": {}},
    }
}


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    async with a_door(tmp_path) as opened:
        yield opened


@pytest.fixture
async def backends() -> AsyncIterator[tuple[HttpBackend, HttpBackend]]:
    async with AsyncExitStack() as stack:
        one = await stack.enter_async_context(HttpBackend())
        two = await stack.enter_async_context(HttpBackend())
        yield one, two


def closed() -> str:
    """An address on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


async def publish(door: Door, *uris: str, balancing: Any) -> None:
    direct = Direct(base_uri=uris[0], more_base_uris=uris[1:], balancing=balancing)
    await door.publish("shop", document(PATHS), "", direct=direct)


def lines(backend: HttpBackend) -> list[str]:
    return [request.decode().partition(" HTTP")[0] for request in backend.requests]


async def test_failover_goes_to_the_next_server_while_the_first_cannot_be_reached(
    door: Door, backends: tuple[HttpBackend, HttpBackend]
) -> None:
    one, two = backends
    await publish(door, closed(), f"{one.origin}/v2", two.origin, balancing=BALANCING_FAILOVER)
    answer = await door.execute("shop/act", view="EXECUTION_VIEW_FULL")
    reasons = [each.error_reason for each in answer.exchange.attempts]
    assert reasons == ["BACKEND_UNREACHABLE", ""]
    assert answer.exchange.uri == f"{one.origin}/v2/it"
    again = await door.execute("shop/act", view="EXECUTION_VIEW_FULL")
    assert len(again.exchange.attempts) == 1
    assert (lines(one), lines(two)) == (["GET /v2/it", "GET /v2/it"], [])


async def test_round_robin_takes_turns(
    door: Door, backends: tuple[HttpBackend, HttpBackend]
) -> None:
    one, two = backends
    await publish(door, one.origin, two.origin, balancing=BALANCING_ROUND_ROBIN)
    for _ in range(6):
        await door.execute("shop/act")
    assert (len(lines(one)), len(lines(two))) == (3, 3)


async def test_the_documents_own_servers_are_a_pool_only_where_the_version_says_so(
    door: Door, backends: tuple[HttpBackend, HttpBackend]
) -> None:
    one, _ = backends
    servers = [{"url": closed()}, {"url": one.origin}, {"url": "https://{nobody}"}]
    given = document(PATHS, servers=servers)
    first, failover = Direct(balancing=BALANCING_FIRST), Direct(balancing=BALANCING_FAILOVER)
    await door.publish("first", given, "", direct=first)
    await door.publish("pool", given, "", direct=failover)
    refusal = await door.refused("first/act")
    assert refusal.said == ("UNAVAILABLE", "BACKEND_UNREACHABLE", "backend", "NOT_EXECUTED")
    await door.execute("pool/act")
    assert lines(one) == ["GET /it"]


async def test_a_call_fails_only_where_no_server_can_be_reached_and_then_comes_twice_more(
    door: Door,
) -> None:
    await publish(door, closed(), closed(), balancing=BALANCING_ROUND_ROBIN)
    refusal = await door.refused("shop/act")
    assert refusal.said == ("UNAVAILABLE", "BACKEND_UNREACHABLE", "backend", "NOT_EXECUTED")
    assert refusal.info.metadata["attempts"] == "4"


async def test_after_an_error_only_a_call_that_may_be_repeated_goes_to_another_server(
    door: Door, backends: tuple[HttpBackend, HttpBackend]
) -> None:
    _, two = backends
    async with HttpBackend(b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n") as broken:
        await publish(door, broken.origin, two.origin, balancing=BALANCING_FAILOVER)
        refusal = await door.refused("shop/make")
        assert (refusal.code, lines(two)) == ("UNAVAILABLE", [])
        await door.execute("shop/act")
        assert (lines(broken), lines(two)) == (["POST /it", "GET /it"], ["GET /it"])


async def test_d37_a_server_that_fails_is_passed_over_and_no_failing_call_reaches_it(
    door: Door, backends: tuple[HttpBackend, HttpBackend]
) -> None:
    _, two = backends
    async with HttpBackend(b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n") as broken:
        await publish(door, broken.origin, two.origin, balancing=BALANCING_FAILOVER)
        for _ in range(5):
            await door.refused("shop/make")
        for _ in range(5):
            await door.execute("shop/make")
        assert (len(lines(broken)), len(lines(two))) == (5, 5)


async def test_a_stream_goes_to_the_next_server_too(
    door: Door, backends: tuple[HttpBackend, HttpBackend]
) -> None:
    one, _ = backends
    await publish(door, closed(), one.origin, balancing=BALANCING_FAILOVER)
    request = StreamActionRequest(name=named("shop/act"))
    stub: Any = StreamServiceStub(door.channel)
    answers = [each async for each in stub.StreamAction(request, timeout=5)]
    assert answers[0].head.http_status == 200
    assert lines(one) == ["GET /it"]


async def test_more_servers_without_a_first_one_are_refused_by_field(door: Door) -> None:
    direct = Direct(more_base_uris=["http://127.0.0.1:1"])
    with pytest.raises(Exception, match=r"direct\.base_uri"):
        await door.publish("shop", document(PATHS), "", direct=direct)
