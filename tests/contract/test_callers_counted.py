"""Who still calls a version is counted by identity, by whichever way the calls come."""

from pathlib import Path

import pytest

from facade.model.access import Grant, Role
from gateway.v1.catalog_pb2 import ListVersionUsesRequest
from gateway.v1.entity_pb2 import GetEntityRequest
from gateway.v1.entity_pb2_grpc import EntityServiceStub
from gateway.v1.gateway_pb2 import ExecuteActionRequest
from gateway.v1.stream_pb2 import StreamActionRequest
from gateway.v1.stream_pb2_grpc import StreamServiceStub
from tests.callers import a_key, bearer
from tests.doors import document, named
from tests.faces import Faces, both_faces
from tests.fakes import HttpBackend, answer

PATHS = {
    "/x": {"get": {"operationId": "act", "responses": {}}},
    "/pets": {"get": {"operationId": "listPets", "responses": {}}},
    "/pets/{id}": {
        "get": {
            "operationId": "getPet",
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {}}],
            "responses": {},
        }
    },
}
PET = "connectors/shop/versions/live/entityTypes/pets/entities/7"
MCP = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/call",
    "params": {"name": "act", "arguments": {}},
}
MCP_HEADERS = {
    "accept": "application/json, text/event-stream",
    "mcp-protocol-version": "2025-06-18",
}


async def call_each_way(faces: Faces, shown: tuple[tuple[str, str], ...]) -> int:
    """Calls a version by each way that there is; answers how often that was."""
    name, channel, http = named("shop/act"), faces.door.channel, faces.http
    request = ExecuteActionRequest(name=name, parameters_json="{}")
    await faces.door.gateway.ExecuteAction(request, metadata=shown)
    stub = StreamServiceStub(channel)
    items = stub.StreamAction(StreamActionRequest(name=name, parameters_json="{}"), metadata=shown)
    assert [each async for each in items]
    await EntityServiceStub(channel).GetEntity(GetEntityRequest(name=PET), metadata=shown)
    headers = dict(shown)
    answers = [
        await http.post(f"/v1/{name}:execute", json={}, headers=headers),
        await http.get("/connectors/shop/versions/live/x", headers=headers),
        await http.get(f"/v1/{PET}", headers=headers),
        await http.post("/mcp/shop", json=MCP, headers=headers | MCP_HEADERS),
    ]
    assert [each.status_code for each in answers] == [200] * 4
    assert not answers[3].json()["result"].get("isError")
    return 3 + len(answers)


@pytest.mark.parametrize("caller", ["key:ci", ""])
async def test_every_way_of_calling_counts_for_its_caller(tmp_path: Path, caller: str) -> None:
    said = answer(b'{"id": 7}', headers=(("Content-Type", "application/json"),))
    async with HttpBackend(lambda _: said) as backend, both_faces(tmp_path) as faces:
        key = await a_key(faces.parts, "ci", Grant(role=Role.INVOKER))
        await faces.door.publish("shop", document(PATHS), backend.origin)
        done = await call_each_way(faces, bearer(key) if caller else ())
        request = ListVersionUsesRequest(parent="connectors/shop/versions/live")
        uses = (await faces.door.catalog.ListVersionUses(request)).uses
        assert [(each.caller, each.calls) for each in uses] == [(caller, done)]
