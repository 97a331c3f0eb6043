"""Typed services while versions change: shares and rules, calls under way, large documents."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.message_factory import GetMessageClass

from gateway.engines.choice import Name
from gateway.v1.gateway_pb2 import (
    DeleteVersion,
    ManageVersionsRequest,
    PromoteVersion,
    VersionChange,
)
from tests.carriers import EVERY
from tests.doors import Door, a_door, document, refusal
from tests.fakes import HttpBackend, RawBackend, read_request
from tests.typed_calls import TypedCaller
from tests.typed_shop import says, shop

OTHER_ID = {"name": "petKey", "in": "path", "required": True, "schema": {"type": "string"}}
NAME = "connectors/pets"


def renamed() -> dict[str, Any]:
    """The shop whose argument has another name, so that only its own codec can read a request."""
    made = shop()
    made["paths"]["/pets/{petKey}"] = made["paths"].pop("/pets/{petId}")
    for operation in made["paths"]["/pets/{petKey}"].values():
        operation["parameters"] = [OTHER_ID]
    return made


class Desk(RawBackend):
    """A backend that answers with the key that it is asked for, when it is told to."""

    def __init__(self) -> None:
        super().__init__(self._talk)
        self.come, self.go = asyncio.Event(), asyncio.Event()
        self.go.set()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            request = await read_request(reader)
            self.come.set()
            await self.go.wait()
            key = request.split(b" ")[1].rpartition(b"/")[2].decode()
            writer.write(says({"id": 1, "name": key}))
            await writer.drain()


@pytest.fixture(params=EVERY)
async def door(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Door]:
    engine: Name = request.param
    async with a_door(tmp_path, engine=engine) as opened:
        yield opened


async def changed(door: Door, *changes: VersionChange) -> None:
    await door.gateway.ManageVersions(ManageVersionsRequest(parent=NAME, changes=changes))


def promotion(key: str, **more: Any) -> VersionChange:
    promote = PromoteVersion(name=f"{NAME}/versions/{key}", allow_breaking=True, **more)
    return VersionChange(promote=promote)


async def test_a_live_call_is_read_by_the_codec_of_the_version_that_serves_it(door: Door) -> None:
    async with Desk() as desk:
        origin = f"http://127.0.0.1:{desk.port}"
        await door.publish_as("v1", "pets", shop(), origin)
        await door.publish_as("v2", "pets", renamed(), origin)
        await changed(door, promotion("v1", traffic_percent=50))
        callers = {key: TypedCaller(channel=door.channel) for key in ("v1", "v2")}
        methods = {
            key: await caller.method(f"pets.{key}.PetsService/GetPet")
            for key, caller in callers.items()
        }
        assert [
            {each.name: each.number for each in methods[key].input_type.fields}.keys()
            for key in ("v1", "v2")
        ] == [{"pet_id"}, {"pet_key"}]
        for key, given in (("v1", {"pet_id": 7}), ("v2", {"pet_key": "k"})):
            pinned = [("x-connector-version", key)]
            live = "pets.live.PetsService/GetPet"
            caller = TypedCaller(channel=door.channel, _methods={live: methods[key]})
            for _ in range(10):
                told = await caller.call(live, given, beside=pinned)
                assert told.data["name"] == next(iter(map(str, given.values())))


async def test_each_call_is_read_by_the_version_that_its_share_draws(door: Door) -> None:
    """Each request has the arguments of both versions: each reads its own, and calls by that."""
    async with Desk() as desk:
        origin = f"http://127.0.0.1:{desk.port}"
        await door.publish_as("v1", "pets", shop(), origin)
        await door.publish_as("v2", "pets", renamed(), origin)
        await changed(door, promotion("v1", traffic_percent=50))
        caller = TypedCaller(channel=door.channel)
        by_version = [await caller.method(f"pets.{key}.PetsService/GetPet") for key in ("v1", "v2")]
        asked = [
            GetMessageClass(each.input_type)(**{name: given})
            for each, name, given in zip(by_version, ("pet_id", "pet_key"), (7, "k"), strict=True)
        ]
        both = type(asked[0]).FromString(b"".join(each.SerializeToString() for each in asked))
        path = "pets.live.PetsService/GetPet"
        names = {(await caller.send(path, by_version[0], both)).data["name"] for _ in range(40)}
        assert names == {"7", "k"}


async def test_calls_under_way_end_on_what_they_began_with(door: Door) -> None:
    async with Desk() as desk:
        origin = f"http://127.0.0.1:{desk.port}"
        await door.publish("pets", shop(), origin)
        caller = TypedCaller(channel=door.channel)
        call = "pets.v1.PetsService/GetPet"
        assert (await caller.call(call, {"pet_id": 1})).data["name"] == "1"
        desk.go.clear()
        desk.come.clear()
        async with asyncio.TaskGroup() as group:
            waiting = [
                group.create_task(caller.call(call, {"pet_id": number})) for number in (5, 6)
            ]
            await desk.come.wait()
            await door.publish_as("v2", "pets", renamed(), origin)
            gone = DeleteVersion(name=f"{NAME}/versions/v1")
            await changed(door, VersionChange(delete=gone))
            desk.go.set()
        assert [each.result().data["name"] for each in waiting] == ["5", "6"]
        refused = await refusal(caller.call(call, {"pet_id": 1}))
        assert refused.code == "UNIMPLEMENTED"


def large(count: int) -> dict[str, Any]:
    """A document of so many operations, each with an answer of its own."""

    def schema(number: int) -> dict[str, Any]:
        properties = {f"p{number}_{each}": {"type": "string"} for each in range(20)}
        return {"type": "object", "properties": properties}

    def answered(number: int) -> dict[str, Any]:
        content = {"application/json": {"schema": schema(number)}}
        return {"200": {"description": "", "content": content}}

    return document(
        {
            f"/t{number}": {"get": {"operationId": f"getT{number}", "responses": answered(number)}}
            for number in range(count)
        }
    )


async def test_no_call_waits_while_a_large_service_is_made(tmp_path: Path) -> None:
    """No limit of time is told: the other calls go on, and more than a few of them."""
    async with HttpBackend(says({"id": 1})) as server, a_door(tmp_path) as door:
        origin = f"http://127.0.0.1:{server.port}"
        await door.publish("pets", shop(), origin)
        caller = TypedCaller(channel=door.channel)
        call = "pets.live.PetsService/GetPet"
        await caller.call(call, {"pet_id": 1})
        await door.publish("large", json.dumps(large(100)), origin)
        making = asyncio.create_task(caller.call("large.live.LargeService/GetT7"))
        others, longest = 0, 0.0
        while not making.done():
            began = time.monotonic()
            await caller.call(call, {"pet_id": 1})
            longest, others = max(longest, time.monotonic() - began), others + 1
        await making
        assert others > 3, longest
