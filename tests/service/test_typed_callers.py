"""Typed services by who asks: tenants apart, permissions as for ExecuteAction, names that tell."""

import logging
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
import pytest_asyncio
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub

from facade.model.access import Grant, Role
from gateway.engines.choice import Name
from gateway.services.typed import OTHER
from tests.callers import a_key
from tests.doors import Refusal, refusal
from tests.fakes import HttpBackend
from tests.tenants import HELD, UNHELD, Tenant, two_tenants
from tests.typed_calls import TypedCaller
from tests.typed_shop import backend, shop

pytestmark = pytest.mark.asyncio(loop_scope="module")

SERVICE = "pets.live.PetsService"
CALL = f"{SERVICE}/GetPet"
FORBIDDEN = ("PERMISSION_DENIED", "CALLER_FORBIDDEN", "gateway", "NOT_EXECUTED")


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["grpcio", "native"])
async def tenants(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> AsyncIterator[tuple[Tenant, Tenant, HttpBackend]]:
    engine: Name = request.param
    folder = tmp_path_factory.mktemp("callers")
    async with (
        backend() as server,
        two_tenants(folder, engine=engine, callers="known", admin="127.0.0.1:0") as (
            mine,
            other,
        ),
    ):
        origin = f"http://127.0.0.1:{server.port}"
        await mine.publish("pets", origin, shop())
        await other.publish(HELD, origin, shop())
        yield mine, other, server


def caller_of(tenant: Tenant, key: str = "") -> TypedCaller:
    shown = (("authorization", f"Bearer {key or tenant.key}"),)
    return TypedCaller(channel=tenant.faces.door.channel, shown=shown)


async def key_of(tenant: Tenant, id_: str, *grants: Grant) -> TypedCaller:
    key = await a_key(tenant.faces.parts, id_, *grants, tenant=tenant.name)
    return caller_of(tenant, key)


async def test_each_tenant_sees_and_calls_its_own(
    tenants: tuple[Tenant, Tenant, HttpBackend],
) -> None:
    mine, other, _ = tenants
    assert await caller_of(mine).typed() == ["pets.live.PetsService", "pets.v1.PetsService"]
    assert await caller_of(other).typed() == [
        f"{HELD}.{each}.VaultsService" for each in ("live", "v1")
    ]
    assert (await caller_of(mine).call(CALL, {"pet_id": 7})).data["id"] == "7"
    with pytest.raises(KeyError):
        await caller_of(other).pool(SERVICE)


async def asked(tenant: Tenant, path: str) -> Refusal:
    call: Any = tenant.faces.door.channel.unary_unary(path)
    return await refusal(call(b"", metadata=tenant.shown))


async def test_what_another_tenant_has_is_told_of_as_what_nobody_has(
    tenants: tuple[Tenant, Tenant, HttpBackend],
) -> None:
    mine = tenants[0]
    held = await asked(mine, f"/{HELD}.live.VaultsService/GetPet")
    unheld = await asked(mine, f"/{UNHELD}.live.CellarService/GetPet")
    assert held.said == unheld.said
    assert held.message == unheld.message
    facts = [dict(each.info.metadata) for each in (held, unheld)]
    assert all(each.pop("traceId") for each in facts)
    assert facts[0] == facts[1]


async def test_nobody_is_told_anything_before_it_is_known_who_he_is(
    tenants: tuple[Tenant, Tenant, HttpBackend],
) -> None:
    channel = tenants[0].faces.door.channel
    for path in (f"/{CALL}", "/no.v1.NoService/Get", "/x/y"):
        call: Any = channel.unary_unary(path)
        refused = await refusal(call(b""))
        assert (refused.code, refused.info.reason) == ("UNAUTHENTICATED", "CALLER_UNKNOWN")


async def test_a_typed_call_asks_for_what_execute_action_asks_for(
    tenants: tuple[Tenant, Tenant, HttpBackend],
) -> None:
    mine, _, server = tenants
    known = await caller_of(mine).method(CALL)
    begun = len(server.requests)
    viewer = await key_of(mine, "viewer", Grant(role=Role.VIEWER))
    one = await key_of(mine, "one", Grant(role=Role.INVOKER, actions=("getPet",)))
    elsewhere = await key_of(mine, "elsewhere", Grant(role=Role.INVOKER, connectors=("x-*",)))
    assert (await refusal(viewer.call(CALL, {"pet_id": 7}))).said == FORBIDDEN
    assert (await refusal(one.call(f"{SERVICE}/DeletePet", {"pet_id": 7}))).said == FORBIDDEN
    assert len(server.requests) == begun
    assert (await one.call(CALL, {"pet_id": 7})).data["id"] == "7"
    assert await elsewhere.typed() == []
    with pytest.raises(KeyError):
        await elsewhere.pool(SERVICE)
    call: Any = elsewhere.channel.unary_unary(f"/{SERVICE}/{known.name}")
    refused = await refusal(call(b"", metadata=elsewhere.shown))
    assert refused.said == FORBIDDEN
    absent: Any = elsewhere.channel.unary_unary("/nothing.live.NothingService/Get")
    assert (await refusal(absent(b"", metadata=elsewhere.shown))).said == FORBIDDEN


async def test_names_that_callers_make_up_are_no_labels(
    tenants: tuple[Tenant, Tenant, HttpBackend], caplog: pytest.LogCaptureFixture
) -> None:
    mine = tenants[0]
    await caller_of(mine).call(CALL, {"pet_id": 7})
    with caplog.at_level(logging.INFO, "portico.access"):
        await asked(mine, "/made.up.Name/Here")
        await asked(mine, f"/{SERVICE}/MadeUp")
        await caller_of(mine).call(CALL, {"pet_id": 8})
    lines = [each.__dict__["rpc"]["method"] for each in caplog.records if "rpc" in each.__dict__]
    typed = [each for each in lines if "Reflection" not in each]
    assert typed == [OTHER, OTHER, CALL]
    exposed = mine.faces.parts.meters.expose("")[1].decode()
    assert f'rpc_method="{CALL}"' in exposed
    assert f'rpc_method="{OTHER}"' in exposed
    assert "MadeUp" not in exposed
    assert "made.up" not in exposed


async def test_spans_are_called_by_the_typed_method(
    tenants: tuple[Tenant, Tenant, HttpBackend],
) -> None:
    mine = tenants[0]
    told = await caller_of(mine).call(CALL, {"pet_id": 9})
    trace = mine.faces.parts.ring.get(told.before["x-trace-id"], mine.name)
    assert trace is not None
    assert trace.title == CALL


@pytest.mark.parametrize(
    ("service", "status"),
    [
        (SERVICE, HealthCheckResponse.SERVING),
        ("pets.v1.PetsService", HealthCheckResponse.SERVING),
        (f"{HELD}.v1.VaultsService", None),
        ("pets.v9.PetsService", None),
    ],
)
async def test_a_service_is_healthy_for_those_who_have_it(
    tenants: tuple[Tenant, Tenant, HttpBackend], service: str, status: Any
) -> None:
    mine = tenants[0]
    health = HealthStub(mine.faces.door.channel)
    request = HealthCheckRequest(service=service)
    watch = health.Watch(request, metadata=mine.shown)
    first = (await watch.read()).status
    watch.cancel()
    if status is None:
        assert first == HealthCheckResponse.SERVICE_UNKNOWN
        with pytest.raises(grpc.aio.AioRpcError) as gone:
            await health.Check(request, metadata=mine.shown)
        assert gone.value.code() is grpc.StatusCode.NOT_FOUND
    else:
        assert first == status
        assert (await health.Check(request, metadata=mine.shown)).status == status
    with pytest.raises(grpc.aio.AioRpcError) as nobody:
        await health.Check(request)
    assert nobody.value.code() is grpc.StatusCode.NOT_FOUND
