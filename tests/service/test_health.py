"""Health: before a process is ready, while it is, when it ends; alone on a port in the clear."""

from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest
from grpc_health.v1.health import SERVICE_NAME
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse, HealthListRequest
from grpc_health.v1.health_pb2_grpc import HealthStub

from facade.config import Misconfigured
from gateway.server import HealthServer
from gateway.services.services import NAMES
from gateway.v1.gateway_pb2 import ExecuteActionRequest
from gateway.v1.gateway_pb2_grpc import GatewayServiceStub
from tests.gateways import a_gateway, failure

SERVING, NOT_SERVING = HealthCheckResponse.SERVING, HealthCheckResponse.NOT_SERVING


async def told(channel: grpc.aio.Channel) -> set[int]:
    answer = await HealthStub(channel).List(HealthListRequest())
    assert set(answer.statuses) == {"", *NAMES}
    lives = answer.statuses.pop(SERVICE_NAME)
    found = {each.status for each in answer.statuses.values()}
    assert lives.status == SERVING or found == {NOT_SERVING}
    return found


@pytest.fixture
async def health() -> AsyncIterator[tuple[HealthServer, str]]:
    server = HealthServer("127.0.0.1:0")
    yield server, await server.start()
    await server.stop()


async def test_every_service_says_whether_calls_are_welcome(
    health: tuple[HealthServer, str],
) -> None:
    server, address = health
    async with grpc.aio.insecure_channel(address) as channel:
        assert await told(channel) == {SERVING}
        await server.welcome(ready=False)
        assert await told(channel) == {NOT_SERVING}
        await server.welcome(ready=True)
        watch = HealthStub(channel).Watch(HealthCheckRequest(service=NAMES[0]))
        assert (await watch.read()).status == SERVING
        await server.drain()
        assert (await watch.read()).status == NOT_SERVING
        await server.welcome(ready=True)
        assert await told(channel) == {NOT_SERVING}


async def test_nothing_but_health_is_there(health: tuple[HealthServer, str]) -> None:
    async with grpc.aio.insecure_channel(health[1]) as channel:
        error = await failure(GatewayServiceStub(channel).ExecuteAction(ExecuteActionRequest()))
        assert error.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_an_address_in_use_is_refused(health: tuple[HealthServer, str]) -> None:
    with pytest.raises(Misconfigured, match=f"cannot listen on {health[1]}"):
        await HealthServer(health[1]).start()


async def test_n03_a_gateway_that_is_not_ready_says_so(tmp_path: Path) -> None:
    async with (
        a_gateway(tmp_path) as gateway,
        grpc.aio.insecure_channel(gateway.address) as channel,
    ):
        await gateway.server.welcome(ready=False)
        assert await told(channel) == {NOT_SERVING}
