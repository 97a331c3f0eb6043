"""Seed 001 at the gRPC door: connectors, documents and actions. Rules G-1, G-2, G-4 to G-11."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from gateway.v1.catalog_pb2 import (
    CreateConnectorRequest,
    GetActionRequest,
    GetConnectorRequest,
    ValidateSpecRequest,
)
from gateway.v1.gateway_pb2 import CreateVersion, ListActionsRequest
from gateway.v1.version_pb2 import Connector, ConnectorVersion, Direct
from tests.doors import Door, a_door, document, refusal
from tests.fakes import HttpBackend, answer

pytestmark = pytest.mark.asyncio(loop_scope="module")

OK: Any = {"200": {"description": "all"}}
ID: Any = {"in": "path", "name": "petId", "required": True, "schema": {"type": "integer"}}
STATUS: Any = {"in": "query", "name": "status", "required": True, "schema": {"type": "string"}}
PETS: Any = {
    "/pet/{petId}/uploadImage": {"post": {"parameters": [ID], "responses": OK}},
    "/pet/findByStatus": {"get": {"parameters": [STATUS], "responses": OK}},
    "/pet/{petId}": {
        "get": {"operationId": "getPet", "parameters": [ID], "responses": OK},
        "put": {
            "operationId": "setPet",
            "parameters": [ID, {**ID, "in": "query", "name": "petId"}],
            "responses": OK,
        },
    },
    "/pet/{petId}/tags/all": {"get": {"parameters": [ID], "responses": OK}},
    "/store/all": {"get": {"operationId": "listStores", "responses": OK}},
    "/broken": {
        "get": {
            "operationId": "broken",
            "parameters": [{**STATUS, "style": "matrix", "schema": {"type": "array"}}],
            "responses": OK,
        }
    },
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def backend() -> AsyncIterator[HttpBackend]:
    async with HttpBackend(answer(b"{}", headers=(("Content-Type", "application/json"),))) as it:
        yield it


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(
    tmp_path_factory: pytest.TempPathFactory, backend: HttpBackend
) -> AsyncIterator[Door]:
    async with a_door(tmp_path_factory.mktemp("google")) as opened:
        await opened.publish("pets", document(PETS), backend.origin)
        yield opened


def asked(connector: str, text: str | None = None) -> CreateConnectorRequest:
    if text is None:
        return CreateConnectorRequest(connector_id=connector, connector=Connector())
    version = ConnectorVersion(spec_text=text, direct=Direct(base_uri="http://127.0.0.1:1"))
    first = CreateVersion(version_id="v1", version=version)
    return CreateConnectorRequest(
        connector_id=connector, connector=Connector(), initial_version=first
    )


async def listed(door: Door) -> dict[str, Any]:
    found = await door.gateway.ListActions(
        ListActionsRequest(parent="connectors/pets/versions/live")
    )
    return {each.name.rpartition("/")[2]: each for each in found.actions}


async def test_g01_a_connectors_id_is_its_own_and_another_is_refused_by_its_form(
    door: Door,
) -> None:
    await door.catalog.CreateConnector(asked("mine"))
    again = await refusal(door.catalog.CreateConnector(asked("mine")))
    assert again.said[:2] == ("ALREADY_EXISTS", "CONNECTOR_EXISTS")
    for wrong in ("Mine", "1mine", "mine-", "m" * 64, "", "a_b"):
        refused = await refusal(door.catalog.CreateConnector(asked(wrong)))
        assert (refused.code, refused.fields) == ("INVALID_ARGUMENT", ["connector_id"])
    await door.catalog.CreateConnector(asked("m" * 63))


async def test_g02_a_connector_comes_with_its_first_version_or_not_at_all(door: Door) -> None:
    made = await door.catalog.CreateConnector(asked("whole", json.dumps(document(PETS))))
    assert len(made.live_versions) == 1
    refused = await refusal(door.catalog.CreateConnector(asked("half", "openapi: [")))
    assert refused.code == "INVALID_ARGUMENT"
    gone = await refusal(door.catalog.GetConnector(GetConnectorRequest(name="connectors/half")))
    assert gone.code == "NOT_FOUND"


@pytest.mark.parametrize("edition", ["2.0", "3.0.0", "3.0.4", "3.1.0", "3.2.0"])
async def test_g04_every_edition_is_read_and_all_that_is_wrong_is_told_with_its_place(
    door: Door, edition: str
) -> None:
    key = "swagger" if edition == "2.0" else "openapi"
    info = {"title": "t", "version": "1"}
    good = {key: edition, "info": info, "paths": {"/a": {"get": {"responses": OK}}}}
    report = await door.catalog.ValidateSpec(ValidateSpecRequest(spec_text=json.dumps(good)))
    assert report.action_count == 1
    wrong = {key: edition, "paths": {"/a": {"get": {"responses": OK, "tags": 7}}}}
    text = json.dumps(wrong, indent=1)
    report = await door.catalog.ValidateSpec(ValidateSpecRequest(spec_text=text))
    places = {each.pointer: each for each in report.problems}
    assert len(places) >= 2
    assert places["/paths/~1a/get/tags"].line > 1
    assert all(each.severity for each in report.problems)


@pytest.mark.parametrize("text", ['{"info": {}}', '{"openapi": "4.0.0", "paths": {}}', "7", ""])
async def test_g04_what_is_no_openapi_document_is_refused(door: Door, text: str) -> None:
    refused = await refusal(door.catalog.CreateConnector(asked("nothing", text or " ")))
    assert refused.code == "INVALID_ARGUMENT"
    assert refused.fields


async def test_g05_there_is_an_action_for_each_operation(door: Door) -> None:
    found = await listed(door)
    assert len(found) == 7
    aliases = {each.alias for each in found.values()}
    assert {"uploadImage", "findByStatus"} <= aliases


async def test_g06_ids_stay_and_an_alias_answers_where_nobody_else_has_it(
    door: Door, backend: HttpBackend
) -> None:
    first = await listed(door)
    await door.publish_as("v2", "pets", document(PETS), backend.origin)
    second = await listed(door)
    assert list(first) == list(second)
    assert {"getPet", "setPet", "listStores"} <= set(first)
    assert "all" not in {each.alias for each in first.values()}
    await door.execute("pets/findByStatus", {"status": "sold"})
    refused = await door.refused("pets/all", {})
    assert refused.said[:2] == ("NOT_FOUND", "ACTION_NOT_FOUND")


async def test_g08_what_cannot_be_called_is_listed_with_the_reason(door: Door) -> None:
    found = (await listed(door))["broken"]
    assert found.problems
    assert found.problems[0].message
    refused = await door.refused("pets/broken")
    assert refused.said[:2] == ("UNIMPLEMENTED", "ACTION_UNSUPPORTED")


async def test_g09_an_action_tells_its_schema_and_an_unknown_one_what_was_meant(
    door: Door,
) -> None:
    name = "connectors/pets/versions/live/actions/"
    found = await door.catalog.GetAction(GetActionRequest(name=f"{name}getPet"))
    assert (found.method, found.path) == ("GET", "/pet/{petId}")
    assert list(found.input_schema["required"]) == ["petId"]
    missing = await refusal(door.catalog.GetAction(GetActionRequest(name=f"{name}getPets")))
    assert missing.code == "NOT_FOUND"
    assert "getPet" in missing.resource.description


async def test_g10_every_missing_or_unknown_argument_is_told_at_once(
    door: Door, backend: HttpBackend
) -> None:
    before = len(backend.requests)
    refused = await door.refused("pets/setPet", {"more": 1})
    assert refused.said[:2] == ("INVALID_ARGUMENT", "INVALID_PARAMETERS")
    assert sorted(refused.fields) == ["/more", "/path.petId", "/query.petId"]
    assert len(backend.requests) == before


async def test_g11_names_that_clash_are_told_apart_by_their_place(
    door: Door, backend: HttpBackend
) -> None:
    await door.execute("pets/setPet", {"path.petId": 1, "query.petId": 2})
    assert backend.requests[-1].startswith(b"PUT /pet/1?petId=2 HTTP/1.1\r\n")
