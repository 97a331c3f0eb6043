"""Answers that are given again, unread: as if the call had been made, or it is made."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration

from facade.bootstrap import open_parts
from facade.config import Settings
from facade.listing import listing as lists
from facade.listing.editions import Editions
from facade.listing.pages import Tokens
from facade.model.call import Call, Outcome
from facade.telemetry.spans import Tracing
from gateway.interceptors.base import Refusal, Rpc
from gateway.interceptors.chain import Chain, Method
from gateway.server import build_server
from gateway.services.gateway import Executor, GatewayService
from gateway.services.listing import Listing
from gateway.v1.gateway_pb2 import (
    CACHE_USE_BYPASS,
    EXECUTION_VIEW_FULL,
    ExecuteActionRequest,
    ExecuteActionResponse,
)
from gateway.v1.gateway_pb2_grpc import GatewayServiceStub
from gateway.v1.policy_pb2 import LIMIT_SCOPE_TENANT, Cache, Concurrency, Limit, Policy
from tests.doors import Door, document, named
from tests.fakes import HttpBackend, answer

TTL = Duration(seconds=60)
KEPT = Policy(cache=Cache(mode=Cache.MODE_OVERRIDE, ttl=TTL))
PATHS: dict[str, Any] = {
    "/things/{id}": {
        method: {
            "operationId": method,
            "parameters": [
                {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
            ],
            "responses": {},
        }
        for method in ("get", "put")
    }
}
GET, PUT = named("shop/get"), named("shop/put")


class Counting:
    """The engine, which counts the calls that come to it."""

    def __init__(self, engine: Executor) -> None:
        self._engine = engine
        self.calls = 0

    async def execute(self, call: Call) -> Outcome:
        self.calls += 1
        return await self._engine.execute(call)


class Context:
    """An RPC of a caller who says nothing beside the request."""

    def __init__(self, left: float | None) -> None:
        self._left = left

    def invocation_metadata(self) -> tuple[()]:
        return ()

    def time_remaining(self) -> float | None:
        return self._left


class Face:
    """ExecuteAction behind its method, a backend that numbers its answers, and a door."""

    def __init__(
        self, chain: Chain, engine: Counting, tracing: Tracing, backend: HttpBackend
    ) -> None:
        self._chain = chain
        self._tracing = tracing
        self.engine = engine
        self.backend = backend

    async def ask(self, left: float | None = None, name: str = GET, **fields: Any) -> Any:
        """The answer, what was said before it, and how many calls came to the engine for it."""
        given = {"parameters_json": json.dumps({"id": "1"})} | fields
        request = ExecuteActionRequest(name=name, **given).SerializeToString()
        before = self.engine.calls
        context: Any = Context(left)
        with self._tracing.server("x", {}) as span:
            rpc = Rpc(method="x", context=context, span=span, trace_id=span.trace_id)
            end = self._chain.begin(request, rpc)
            raw = end if isinstance(end, bytes | Refusal) else await end
        assert isinstance(raw, bytes)
        return ExecuteActionResponse.FromString(raw), rpc.metadata, self.engine.calls - before


@asynccontextmanager
async def a_face(
    folder: Path, policy: Policy = KEPT, *, traces: int = 0, **fields: Any
) -> AsyncIterator[tuple[Face, Door]]:
    numbers = iter(range(1000))

    def numbered(_: bytes) -> bytes:
        body = json.dumps({"number": next(numbers)}).encode()
        return answer(body, headers=(("Content-Type", "application/json"),))

    made = Settings(grpc="127.0.0.1:0", data=folder, dev=True, traces=traces, drain_delay=0.0)
    async with HttpBackend(numbered) as backend, open_parts(made, {}) as parts:
        server = build_server(parts, made)
        async with grpc.aio.insecure_channel(await server.start()) as channel:
            door = Door(gateway=GatewayServiceStub(channel), catalog=None, channel=channel)
            await door.publish("shop", document(PATHS), backend.origin, policy=policy, **fields)
            engine = Counting(parts.engine)
            listing = Listing(lists.Listing(parts.catalog, Tokens(parts.page_key)))
            editions = Editions(parts.catalog, parts.uses, parts.typed)
            service = GatewayService(engine, parts.again, editions, listing)
            method = Method(service.execute_action, ExecuteActionRequest, 2**20)
            chain = Chain(method, (), service.execute_action_again)
            yield Face(chain, engine, parts.tracing, backend), door
        await server.stop()


async def test_a_request_like_one_that_was_answered_from_memory_is_not_read(tmp_path: Path) -> None:
    async with a_face(tmp_path) as (face, _):
        asked = [await face.ask() for _ in range(5)]
    answers, before, calls = zip(*asked, strict=True)
    assert [each.json for each in answers] == ['{"number": 0}'] * 5
    assert calls == (1, 1, 0, 0, 0)
    assert [each["x-cache"] for each in before] == ["miss", *["hit"] * 4]
    assert before[4] == before[1]
    assert len(face.backend.requests) == 1


async def test_its_age_grows_and_in_the_end_the_backend_is_asked_again(tmp_path: Path) -> None:
    short = Policy(cache=Cache(mode=Cache.MODE_OVERRIDE, ttl=Duration(seconds=2)))
    async with a_face(tmp_path, short) as (face, _):
        ages, bodies, began = [], [], time.monotonic()
        while time.monotonic() - began < 3.0:
            response, before, _ = await face.ask()
            ages.append(before.get("age"))
            bodies.append(response.json)
            await asyncio.sleep(0.05)
    assert "1" in ages
    assert len(set(bodies)) == 2
    assert "2" not in ages


@pytest.mark.parametrize(
    "fields",
    [
        {"view": EXECUTION_VIEW_FULL},
        {"request_id": "once"},
        {"cache_use": CACHE_USE_BYPASS},
        {"validate_only": True},
    ],
    ids=lambda fields: next(iter(fields)),
)
async def test_what_asks_for_more_than_the_answer_is_made(
    tmp_path: Path, fields: dict[str, Any]
) -> None:
    async with a_face(tmp_path) as (face, _):
        for _ in range(3):
            await face.ask()
        assert [(await face.ask(**fields))[2] for _ in range(3)] == [1, 1, 1]


@pytest.mark.parametrize(
    "policy",
    [
        Policy(cache=KEPT.cache, limits=[Limit(scope=LIMIT_SCOPE_TENANT, calls=2)]),
        Policy(cache=KEPT.cache, concurrency=[Concurrency(calls=5)]),
    ],
    ids=["limits", "concurrency"],
)
async def test_a_call_that_a_limit_is_for_is_made(tmp_path: Path, policy: Policy) -> None:
    async with a_face(tmp_path, policy) as (face, _):
        assert [(await face.ask())[2] for _ in range(2)] == [1, 1]
        assert face.engine.calls == 2


async def test_a_call_that_is_traced_is_made_and_one_whose_time_is_over_too(tmp_path: Path) -> None:
    async with a_face(tmp_path, traces=10) as (face, _):
        assert [(await face.ask())[2] for _ in range(4)] == [1, 1, 1, 1]
    async with a_face(tmp_path / "second") as (face, _):
        assert [(await face.ask(left=9.0))[2] for _ in range(3)] == [1, 1, 0]
        with pytest.raises(Exception, match="deadline"):
            await face.ask(left=0.0)


async def test_what_is_made_out_of_date_is_fetched_again(tmp_path: Path) -> None:
    async with a_face(tmp_path) as (face, _):
        for _ in range(3):
            await face.ask()
        await face.ask(name=PUT)
        response, before, calls = await face.ask()
    assert (response.json, before["x-cache"], calls) == ('{"number": 2}', "miss", 1)


async def test_what_goes_live_meanwhile_answers(tmp_path: Path) -> None:
    async with a_face(tmp_path) as (face, door):
        for _ in range(3):
            await face.ask()
        await door.publish_as("v2", "shop", document(PATHS), face.backend.origin, policy=KEPT)
        response, before, calls = await face.ask()
    assert (response.json, before["x-cache"], calls) == ('{"number": 1}', "miss", 1)
