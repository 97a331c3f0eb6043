"""Rules and `x-connector-version`: each way of calling, on one gateway and over a hop."""

import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from facade.model.change import Change, Create, Draft, Promote
from facade.model.names import ConnectorName, VersionName
from facade.model.version import Destination
from gateway.v1.entity_pb2 import GetEntityRequest
from gateway.v1.entity_pb2_grpc import EntityServiceStub
from gateway.v1.gateway_pb2 import (
    CreateVersion,
    ExecuteActionRequest,
    ManageVersionsRequest,
    PromoteVersion,
    VersionChange,
)
from gateway.v1.stream_pb2 import StreamActionRequest
from gateway.v1.stream_pb2_grpc import StreamServiceStub
from gateway.v1.version_pb2 import ConnectorVersion, Direct, Indirect
from tests.doors import Door, document, named
from tests.engines import publish
from tests.faces import Faces, both_faces
from tests.fakes import HttpBackend, answer
from tests.twins import a_pair

PET = "connectors/shop/versions/live/entityTypes/pets/entities/7"
SHOP = document(
    {
        "/pets": {"get": {"operationId": "listPets", "responses": {}}},
        "/pets/{id}": {
            "get": {
                "operationId": "getPet",
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": {}}],
                "responses": {},
            }
        },
    }
)
RULES = {"x-team": "blue*"}
SAID = answer(b'{"id": 7}', headers=(("Content-Type", "application/json"),))
MCP = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/call",
    "params": {"name": "getPet", "arguments": {"id": "7"}},
}
MCP_HEADERS = {
    "accept": "application/json, text/event-stream",
    "mcp-protocol-version": "2025-06-18",
}
Beside = Mapping[str, str]


async def execute(faces: Faces, beside: Beside) -> None:
    request = ExecuteActionRequest(name=named("shop/getPet"), parameters_json='{"id": "7"}')
    await faces.door.gateway.ExecuteAction(request, metadata=tuple(beside.items()))


async def stream(faces: Faces, beside: Beside) -> None:
    request = StreamActionRequest(name=named("shop/getPet"), parameters_json='{"id": "7"}')
    stub = StreamServiceStub(faces.door.channel)
    assert [each async for each in stub.StreamAction(request, metadata=tuple(beside.items()))]


async def entity(faces: Faces, beside: Beside) -> None:
    request = GetEntityRequest(name=PET)
    stub = EntityServiceStub(faces.door.channel)
    await stub.GetEntity(request, metadata=tuple(beside.items()))


async def over_http(faces: Faces, beside: Beside) -> None:
    path = f"/v1/{named('shop/getPet')}:execute"
    found = await faces.http.post(path, json={"parameters": {"id": "7"}}, headers=beside)
    assert found.status_code == 200


async def entity_over_http(faces: Faces, beside: Beside) -> None:
    assert (await faces.http.get(f"/v1/{PET}", headers=beside)).status_code == 200


async def mirrored(faces: Faces, beside: Beside) -> None:
    found = await faces.http.get("/connectors/shop/versions/live/pets/7", headers=beside)
    assert found.status_code == 200


async def tool(faces: Faces, beside: Beside) -> None:
    found = await faces.http.post("/mcp/shop", json=MCP, headers={**beside, **MCP_HEADERS})
    assert not found.json()["result"].get("isError")


@pytest.mark.parametrize(
    "call", [execute, stream, entity, over_http, entity_over_http, mirrored, tool]
)
async def test_each_way_of_calling_is_served_by_what_comes_beside_it(
    tmp_path: Path, call: Callable[[Faces, Beside], Awaitable[None]]
) -> None:
    async with (
        HttpBackend(lambda _: SAID) as old,
        HttpBackend(lambda _: SAID) as new,
        both_faces(tmp_path) as faces,
    ):
        await faces.door.publish("shop", SHOP, old.origin)
        await add(faces.door, "shop", direct=Direct(base_uri=new.origin))
        await call(faces, {})
        await call(faces, {"x-team": "red"})
        seen = len(old.requests), len(new.requests)
        await call(faces, {"x-team": "blue-2"})
        await call(faces, {"x-connector-version": "v2"})
        await call(faces, {"x-team": "blue", "x-connector-version": "v1"})

    assert seen == (2, 0)
    assert (len(old.requests), len(new.requests)) == (3, 2)


async def test_over_a_hop_the_gateway_chooses_and_its_facade_serves_what_it_is_asked_for(
    tmp_path: Path,
) -> None:
    async with (
        HttpBackend(lambda _: SAID) as old,
        HttpBackend(lambda _: SAID) as new,
        a_pair(tmp_path) as twins,
    ):
        parts, door = twins.mirror.parts, twins.door
        await publish(parts, "shop", SHOP, old.origin)
        draft = Draft(spec_text=json.dumps(SHOP), destination=Destination(uri=new.origin))
        rule = Promote(name=VersionName("shop", "v2"), matches=RULES)
        made: list[Change] = [Create(version_id="v2", draft=draft), rule]
        await parts.catalog.manage(ConnectorName("shop"), made)
        first, live = (twins.served("shop").replace("v1", each) for each in ("v1", "live"))
        await door.publish("shop", SHOP, "", indirect=Indirect(facade_uri=first))
        await add(door, "shop", indirect=Indirect(facade_uri=first.replace("v1", "v2")))
        await door.publish("far", SHOP, "", indirect=Indirect(facade_uri=live))
        for connector in ("shop", "far"):
            name = named(f"{connector}/getPet")
            request = ExecuteActionRequest(name=name, parameters_json='{"id": "7"}')
            for team in ("blue", "red"):
                await door.gateway.ExecuteAction(request, metadata=(("x-team", team),))

    assert (len(old.requests), len(new.requests)) == (3, 1)


async def add(door: Door, connector: str, **fields: Any) -> None:
    """Makes version v2, for the calls of a team alone."""
    parent = f"connectors/{connector}"
    made = ConnectorVersion(spec_text=json.dumps(SHOP), **fields)
    rule = PromoteVersion(name=f"{parent}/versions/v2", match_headers=RULES)
    changes = [
        VersionChange(create=CreateVersion(version_id="v2", version=made)),
        VersionChange(promote=rule),
    ]
    await door.gateway.ManageVersions(ManageVersionsRequest(parent=parent, changes=changes))
