import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import grpc
import pytest
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse, HealthListRequest
from grpc_health.v1.health_pb2_grpc import HealthStub
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)
from grpc_reflection.v1alpha.reflection_pb2 import (
    ServerReflectionRequest,
    ServerReflectionResponse,
)

from facade.model.call import Call, Outcome
from facade.process import Signals
from facade.run import drained
from gateway.v1.gateway_pb2 import ExecuteActionRequest
from gateway.v1.gateway_pb2_grpc import GatewayServiceStub
from tests.gateways import NOTHING, Engine, Gateway, a_gateway, failure, told
from tests.protos import SERVICES

REQUEST = ExecuteActionRequest(name="connectors/pets/versions/live/actions/a")
SERVING, NOT_SERVING = HealthCheckResponse.SERVING, HealthCheckResponse.NOT_SERVING
NAMES = ("", *SERVICES)
"""Empty: the whole."""


def slow(seconds: float) -> Callable[[Call], Awaitable[Outcome]]:
    async def act(_: Call) -> Outcome:
        await asyncio.sleep(seconds)
        return Outcome(json=b"1", exchange=NOTHING)

    return act


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    async with a_gateway(tmp_path, Engine(slow(0.5)), drain_delay=0.2, drain_grace=2.0) as served:
        yield served


@pytest.fixture
async def channel(gateway: Gateway) -> AsyncIterator[grpc.aio.Channel]:
    async with grpc.aio.insecure_channel(gateway.address) as opened:
        yield opened


async def test_every_service_and_the_whole_are_healthy(channel: grpc.aio.Channel) -> None:
    health = HealthStub(channel)
    found = [(await health.Check(HealthCheckRequest(service=each))).status for each in NAMES]
    assert found == [SERVING] * len(NAMES)


async def test_the_health_of_everything_is_listed(channel: grpc.aio.Channel) -> None:
    listed = await HealthStub(channel).List(HealthListRequest())
    assert set(NAMES) <= set(listed.statuses)
    assert {each.status for each in listed.statuses.values()} == {SERVING}


async def test_an_unknown_service_has_no_health(channel: grpc.aio.Channel) -> None:
    error = await failure(HealthStub(channel).Check(HealthCheckRequest(service="x")))
    assert error.code() is grpc.StatusCode.NOT_FOUND


async def test_m10_a_drain_says_so_at_once_takes_late_calls_and_loses_none(
    gateway: Gateway, channel: grpc.aio.Channel
) -> None:
    stub, health = GatewayServiceStub(channel), HealthStub(channel)
    early = asyncio.ensure_future(stub.ExecuteAction(REQUEST))
    await asyncio.sleep(0.1)
    drain = asyncio.ensure_future(gateway.server.drain())
    await asyncio.sleep(0.05)
    answer = await health.Check(HealthCheckRequest(service=NAMES[1]))
    assert answer.status == NOT_SERVING
    late = asyncio.ensure_future(stub.ExecuteAction(REQUEST))
    assert (await early).value.number_value == 1
    assert (await late).value.number_value == 1
    await asyncio.wait_for(drain, 2)
    error = await failure(stub.ExecuteAction(REQUEST))
    assert error.code() is grpc.StatusCode.UNAVAILABLE


async def test_m10_those_who_watch_hear_of_the_end_and_do_not_hold_it_up(
    gateway: Gateway, channel: grpc.aio.Channel
) -> None:
    watch = HealthStub(channel).Watch(HealthCheckRequest(service=""))
    assert (await watch.read()).status == SERVING
    began = time.monotonic()
    drain = asyncio.ensure_future(gateway.server.drain())
    assert (await watch.read()).status == NOT_SERVING
    assert await watch.read() is grpc.aio.EOF
    await drain
    assert time.monotonic() - began < 1


async def test_m12_a_call_longer_than_the_grace_is_told_that_it_may_have_run(
    tmp_path: Path,
) -> None:
    async with (
        a_gateway(tmp_path, Engine(slow(20)), drain_grace=0.4) as served,
        grpc.aio.insecure_channel(served.address) as channel,
    ):
        call = asyncio.ensure_future(failure(GatewayServiceStub(channel).ExecuteAction(REQUEST)))
        await asyncio.sleep(0.1)
        began = time.monotonic()
        await served.server.drain()
        assert time.monotonic() - began < 1
        error = await call
    assert error.code() is grpc.StatusCode.UNAVAILABLE
    info, _ = told(error)
    assert (info.reason, info.metadata["outcome"]) == ("OVERLOADED", "UNKNOWN")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_m10_a_signal_drains(gateway: Gateway, number: signal.Signals) -> None:
    run = asyncio.ensure_future(drained((gateway.server,), Signals()))
    await asyncio.sleep(0.05)
    os.kill(os.getpid(), number)
    await asyncio.wait_for(run, 2)
    async with grpc.aio.insecure_channel(gateway.address) as channel:
        error = await failure(GatewayServiceStub(channel).ExecuteAction(REQUEST))
    assert error.code() is grpc.StatusCode.UNAVAILABLE


async def test_m11_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    async with a_gateway(tmp_path, Engine(slow(20)), drain_delay=20.0, drain_grace=20.0) as served:
        run = asyncio.ensure_future(drained((served.server,), Signals()))
        async with grpc.aio.insecure_channel(served.address) as channel:
            call = asyncio.ensure_future(
                failure(GatewayServiceStub(channel).ExecuteAction(REQUEST))
            )
            await asyncio.sleep(0.1)
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.sleep(0.1)
            began = time.monotonic()
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.wait_for(run, 2)
            await served.server.stop()
            assert time.monotonic() - began < 1
            await call


async def test_m11_a_second_signal_ends_the_grace_too(tmp_path: Path) -> None:
    async with a_gateway(tmp_path, Engine(slow(20)), drain_grace=20.0) as served:
        run = asyncio.ensure_future(drained((served.server,), Signals()))
        async with grpc.aio.insecure_channel(served.address) as channel:
            call = asyncio.ensure_future(
                failure(GatewayServiceStub(channel).ExecuteAction(REQUEST))
            )
            await asyncio.sleep(0.1)
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.sleep(0.2)
            began = time.monotonic()
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.wait_for(run, 2)
            await served.server.stop()
            assert time.monotonic() - began < 1
            await call


async def test_reflection_lists_the_services_to_grpcs_own_client(gateway: Gateway) -> None:
    def look() -> tuple[list[str], str]:
        with grpc.insecure_channel(gateway.address) as channel:
            database = ProtoReflectionDescriptorDatabase(channel)
            file = database.FindFileContainingSymbol("gateway.v1.GatewayService")
            return list(database.get_services()), file.name

    names, file = await asyncio.to_thread(look)
    assert file == "gateway/v1/gateway.proto"
    assert names == [
        "gateway.v1.AccessService",
        "gateway.v1.ArtifactService",
        "gateway.v1.AuditService",
        "gateway.v1.CatalogService",
        "gateway.v1.ConnectionService",
        "gateway.v1.EntityService",
        "gateway.v1.EventService",
        "gateway.v1.FlowService",
        "gateway.v1.GatewayService",
        "gateway.v1.HistoryService",
        "gateway.v1.SecretService",
        "gateway.v1.StreamService",
        "gateway.v1.SubjectService",
        "gateway.v1.ToolService",
        "gateway.v1.TraceService",
        "gateway.v1.TrialService",
        "gateway.v1.TriggerService",
        "grpc.health.v1.Health",
        "grpc.reflection.v1.ServerReflection",
        "grpc.reflection.v1alpha.ServerReflection",
    ]


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
async def test_reflection_answers_in_both_versions(channel: grpc.aio.Channel, version: str) -> None:
    ask: grpc.aio.StreamStreamMultiCallable[ServerReflectionRequest, ServerReflectionResponse] = (
        channel.stream_stream(
            f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
            request_serializer=ServerReflectionRequest.SerializeToString,
            response_deserializer=ServerReflectionResponse.FromString,
        )
    )
    stream = ask(iter([ServerReflectionRequest(list_services="")]))
    answer = await stream.read()
    assert isinstance(answer, ServerReflectionResponse)
    listed = answer.list_services_response.service
    assert f"grpc.reflection.{version}.ServerReflection" in {each.name for each in listed}
