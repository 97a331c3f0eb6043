"""Typed answers that are given again, unread, and the way of typed calls into the native engine."""

import json
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration

from facade.bootstrap import open_parts
from facade.config import Settings
from facade.telemetry.logs import ACCESS
from facade.telemetry.spans import Tracing
from gateway.interceptors.base import Refusal, Rpc
from gateway.interceptors.chain import Chain
from gateway.interceptors.given import Given
from gateway.server import build_server
from gateway.services.typed import TypedCalls
from gateway.typed.registry import Registry
from gateway.v1.catalog_pb2_grpc import CatalogServiceStub
from gateway.v1.gateway_pb2_grpc import GatewayServiceStub
from gateway.v1.policy_pb2 import Cache, Policy
from tests.doors import Door, a_door, document
from tests.fakes import HttpBackend, answer
from tests.service.test_again import Counting
from tests.typed_calls import TypedCaller

KEPT = Policy(cache=Cache(mode=Cache.MODE_OVERRIDE, ttl=Duration(seconds=60)))
NUMBER = {"type": "object", "properties": {"number": {"type": "integer"}}}
ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
ANSWER = {"description": "", "content": {"application/json": {"schema": NUMBER}}}
GET = {"operationId": "getThing", "parameters": [ID], "responses": {"200": ANSWER}}
PATHS: dict[str, Any] = {"/things/{id}": {"get": GET}}
NOTHING: Mapping[str, str] = MappingProxyType({})
SEVEN = b"\x08\x07"
LIVE, V1 = "/shop.live.ShopService/GetThing", "/shop.v1.ShopService/GetThing"


class Context:
    """An RPC of a caller without a deadline."""

    def invocation_metadata(self) -> tuple[()]:
        return ()

    def time_remaining(self) -> None:
        return None


class Face:
    """Typed calls without an engine's HTTP/2, and a door to the gateway that they are of."""

    def __init__(self, calls: TypedCalls, counting: Counting, tracing: Tracing) -> None:
        self._chain = Chain(calls, (), calls.again)
        self._counting, self._tracing = counting, tracing

    async def ask(
        self, path: str = LIVE, request: bytes = SEVEN, beside: Mapping[str, str] = NOTHING
    ) -> tuple[bytes, str, int]:
        """The answer, where it comes from, and how many calls came to the engine for it."""
        before = self._counting.calls
        context: Any = Context()
        with self._tracing.server("x", {}) as span:
            said = tuple(beside.items())
            rpc = Rpc(
                method="x", path=path, context=context, span=span, received=said, fields=beside
            )
            end = self._chain.begin(request, rpc)
            raw = end if isinstance(end, bytes | Refusal) else await end
        assert isinstance(raw, bytes), raw
        assert rpc.method == path.removeprefix("/")
        return raw, str(rpc.metadata["x-cache"]), self._counting.calls - before


@asynccontextmanager
async def a_face(folder: Path) -> AsyncIterator[tuple[Face, Door, HttpBackend]]:
    numbers = iter(range(1, 1000))

    def numbered(_: bytes) -> bytes:
        body = json.dumps({"number": next(numbers)}).encode()
        return answer(body, headers=(("Content-Type", "application/json"),))

    made = Settings(grpc="127.0.0.1:0", data=folder, dev=True, traces=0, drain_delay=0.0)
    async with HttpBackend(numbered) as backend, open_parts(made, {}) as parts:
        server = build_server(parts, made)
        async with grpc.aio.insecure_channel(await server.start()) as channel:
            catalog = CatalogServiceStub(channel)
            door = Door(gateway=GatewayServiceStub(channel), catalog=catalog, channel=channel)
            await door.publish("shop", document(PATHS), backend.origin, policy=KEPT)
            counting: Any = Counting(parts.engine)
            calls = TypedCalls(
                counting,
                Registry(parts.catching_up, parts.typed),
                parts.access.authority,
                Given(parts.again),
                2**20,
                lambda _: None,
            )
            yield Face(calls, counting, parts.tracing), door, backend
        await server.stop()


async def test_the_same_request_of_the_same_method_is_not_read_again(tmp_path: Path) -> None:
    async with a_face(tmp_path) as (face, _, _):
        told = [await face.ask() for _ in range(3)]
        assert told == [(b"\x08\1", "miss", 1), (b"\x08\1", "hit", 1), (b"\x08\1", "hit", 0)]
        assert await face.ask(request=b"\x08\x08") == (b"\x08\2", "miss", 1)
        assert await face.ask(V1) == (b"\x08\1", "hit", 1)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"portico-cache": "refresh"}, (b"\x08\2", "miss")),
        ({"portico-accept": "application/json"}, (b"\x08\2", "miss")),
        ({"x-connector-version": "v1"}, (b"\x08\1", "hit")),
    ],
)
async def test_what_says_more_beside_its_request_is_made(
    tmp_path: Path, said: dict[str, str], told: tuple[bytes, str]
) -> None:
    async with a_face(tmp_path) as (face, _, _):
        for _ in range(2):
            await face.ask()
        assert await face.ask(beside=said) == (*told, 1)


async def test_what_goes_live_meanwhile_answers(tmp_path: Path) -> None:
    async with a_face(tmp_path) as (face, door, backend):
        for _ in range(3):
            await face.ask()
        await door.publish_as("v2", "shop", document(PATHS), backend.origin, policy=KEPT)
        assert await face.ask() == (b"\x08\2", "miss", 1)


async def test_methods_that_are_there_at_the_start_come_to_the_native_engine_at_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, ACCESS)
    async with a_face(tmp_path) as (_, door, backend):
        await door.publish_as("v2", "shop", document(PATHS), backend.origin)
        async with a_door(tmp_path, engine="native") as started:
            await started.publish_as("v3", "shop", document(PATHS), backend.origin)
            caller = TypedCaller(channel=started.channel)
            caplog.clear()
            for version in ("v1", "live", "v3"):
                await caller.call(f"shop.{version}.ShopService/GetThing", {"id": 1})
    lines = [getattr(each, "rpc", {}) for each in caplog.records if each.name == ACCESS]
    peers = {
        line["method"].split(".")[1]: line["peer"][:5] for line in lines if "shop" in str(line)
    }
    assert peers == {"v1": "ipv4:", "live": "ipv4:", "v3": "unix:"}
