"""Who sends more as soon as it is refused: each refusal comes later, and nobody else notices."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.json_format import MessageToDict

from facade.policy.overload.tarpit import RATE
from gateway.v1.gateway_pb2 import ExecuteActionRequest
from gateway.v1.gateway_pb2_grpc import GatewayServiceStub
from gateway.v1.policy_pb2 import Limit, Policy
from tests.carriers import EVERY
from tests.doors import document, named
from tests.faces import both_faces
from tests.fakes import HttpBackend
from tests.tenants import Tenant, two_tenants

OWN = (("grpc.use_local_subchannel_pool", 1),)
"""A connection of its own for each channel."""

SPEC = document({"/things": {"get": {"operationId": "list", "responses": {}}}})
ONCE = Policy(limits=[Limit(calls=1, period=Duration(seconds=3600))])
SECONDS = 1.5
CALLERS = 150
"""More than a connection has streams."""
NO_STREAM = "UNAVAILABLE"
"""What gRPC's own server says where all streams of a connection are taken, before it tells us."""

pytestmark = pytest.mark.alone


async def flooded(call: Callable[[], Awaitable[Any]]) -> tuple[Counter[Any], float]:
    """What many callers are told who never wait, and how long that took."""
    told: Counter[Any] = Counter()
    loop = asyncio.get_running_loop()
    began = loop.time()

    async def one() -> None:
        while loop.time() < began + SECONDS:
            told[await call()] += 1

    await asyncio.gather(*(one() for _ in range(CALLERS)))
    return told, loop.time() - began


async def code(shop: Tenant, channel: grpc.aio.Channel) -> str:
    """What a call of a tenant over a connection comes to."""
    request = ExecuteActionRequest(name=named(f"{shop.name}/list"), parameters_json="{}")
    stub: Any = GatewayServiceStub(channel)
    try:
        await stub.ExecuteAction(request, metadata=shop.shown, timeout=10.0)
    except grpc.aio.AioRpcError as error:
        return error.code().name
    return "OK"


@pytest.mark.parametrize("engine", EVERY)
async def test_j15_one_connection_gets_two_hundred_refusals_a_second_and_others_are_served(
    tmp_path: Path, engine: str
) -> None:
    async with (
        HttpBackend() as backend,
        two_tenants(tmp_path, engine=engine) as (shop, bank),
    ):
        await shop.publish("shop", backend.origin, SPEC, policy=MessageToDict(ONCE))
        await bank.publish("bank", backend.origin, SPEC)
        address = shop.faces.address
        async with (
            grpc.aio.insecure_channel(address, OWN) as bad,
            grpc.aio.insecure_channel(address, OWN) as good,
        ):
            assert await code(shop, bad) == "OK"
            flood = asyncio.ensure_future(flooded(lambda: code(shop, bad)))
            served = [await code(bank, good) for _ in range(50)]
            told, seconds = await flood
        assert set(served) == {"OK"}
        assert set(told) <= {"RESOURCE_EXHAUSTED", NO_STREAM}
        assert 0 < told["RESOURCE_EXHAUSTED"] <= RATE * seconds + CALLERS


async def test_j15_over_http_it_is_the_same(tmp_path: Path) -> None:
    async with HttpBackend() as backend, both_faces(tmp_path) as faces:
        await faces.door.publish("shop", SPEC, backend.origin, policy=ONCE)

        async def call() -> int:
            path = "/connectors/shop/versions/live/things"
            return (await faces.http.get(path)).status_code

        assert await call() == 200
        told, seconds = await flooded(call)
        assert set(told) == {429}
        assert told.total() <= RATE * seconds + CALLERS
