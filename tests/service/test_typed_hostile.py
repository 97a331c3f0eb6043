"""Typed services and those who may no longer see them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_reflection.v1alpha.reflection_pb2 import (
    ServerReflectionRequest,
    ServerReflectionResponse,
)

from facade.model.access import Grant, Role
from facade.model.key import KeyName
from gateway.engines.choice import Name
from gateway.reflection import METHOD, V1
from tests.callers import a_key
from tests.carriers import EVERY
from tests.tenants import two_tenants
from tests.typed_shop import backend, shop


@pytest.mark.parametrize("engine", EVERY)
async def test_a_key_that_is_taken_back_ends_what_reflection_tells(
    tmp_path: Path, engine: Name
) -> None:
    settings: dict[str, Any] = {"engine": engine, "callers": "known", "admin": "127.0.0.1:0"}
    async with backend() as server, two_tenants(tmp_path, **settings) as (mine, _):
        await mine.publish("pets", f"http://127.0.0.1:{server.port}", shop())
        keys = mine.faces.parts.access.keys
        key = await a_key(mine.faces.parts, "gone", Grant(role=Role.VIEWER), tenant=mine.name)
        asked: asyncio.Queue[ServerReflectionRequest] = asyncio.Queue()

        async def questions() -> AsyncIterator[ServerReflectionRequest]:
            while True:
                yield await asked.get()

        stream: Any = mine.faces.door.channel.stream_stream(
            f"/{V1}/{METHOD}",
            ServerReflectionRequest.SerializeToString,
            ServerReflectionResponse.FromString,
        )
        call = stream(questions(), metadata=(("authorization", f"Bearer {key}"),), timeout=20)
        question = ServerReflectionRequest(file_containing_symbol="pets.v1.PetsService")
        await asked.put(question)
        assert (await call.read()).HasField("file_descriptor_response")
        await keys.delete(KeyName("gone", mine.name), by=mine.identity)
        await asked.put(question)
        with pytest.raises(grpc.aio.AioRpcError) as ended:
            await call.read()
        assert ended.value.code() is grpc.StatusCode.UNAUTHENTICATED
