"""Entities from outside: both faces, a real store, and real documents (G-19, G-20)."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from facade.demo import petstore
from facade.spec.load import load
from gateway.v1 import entity_pb2 as pb
from gateway.v1.entity_pb2_grpc import EntityServiceStub
from tests.doors import document, refusal
from tests.faces import Faces, both_faces
from tests.fakes import HttpBackend, answer

pytestmark = pytest.mark.asyncio(loop_scope="module")

PET = "connectors/pets/versions/live/entityTypes/pet"
REX = 9007199254740993
UNSUPPORTED = ("UNIMPLEMENTED", "ACTION_UNSUPPORTED")

PARENTED = document(
    {
        "/owners/{owner}/pets": {
            "get": {
                "operationId": "list",
                "parameters": [{"name": "kind", "in": "query", "schema": {"type": "string"}}],
                "responses": {
                    "200": {
                        "description": "",
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "array",
                                    "items": {"type": "object", "properties": {"id": {}, "n": {}}},
                                }
                            }
                        },
                    }
                },
            }
        },
        "/owners/{owner}/pets/{id}": {
            "get": {"operationId": "get", "responses": {}},
            "patch": {
                "operationId": "change",
                "requestBody": {
                    "content": {"application/merge-patch+json": {"schema": {"type": "object"}}}
                },
                "responses": {},
            },
        },
    }
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def faces(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Faces]:
    runner, base = await petstore.start("the-key")
    async with both_faces(tmp_path_factory.mktemp("entities")) as opened:
        await opened.door.publish("pets", load(petstore.document().encode())[0].tree, base)
        yield opened
    await runner.cleanup()


def stub(faces: Faces) -> Any:
    return EntityServiceStub(faces.door.channel)


async def listed(faces: Faces, **fields: Any) -> tuple[list[Any], pb.ListEntitiesResponse]:
    page = await stub(faces).ListEntities(pb.ListEntitiesRequest(parent=PET, **fields))
    return [json.loads(each.json) for each in page.entities], page


async def test_g19_the_petstores_types_and_their_verbs(faces: Faces) -> None:
    parent = "connectors/pets/versions/live"
    told = await stub(faces).ListEntityTypes(pb.ListEntityTypesRequest(parent=parent))
    kinds = {each.name.rpartition("/")[2]: each for each in told.entity_types}
    assert kinds["pet"].operations == {
        "LIST": "listPets",
        "CREATE": "addPet",
        "GET": "getPetById",
        "UPDATE": "replacePet",
        "DELETE": "deletePet",
    }
    one = await stub(faces).GetEntityType(pb.GetEntityTypeRequest(name=PET))
    assert (one.key, one.key_field, one.name.split("/")[3]) == ("petId", "id", "v1")
    over_http = (await faces.http.get(f"/v1/{PET}")).json()["data"]
    assert over_http["operations"] == dict(one.operations)
    assert over_http["schema"]["allOf"]


async def test_g19_an_operation_of_an_entity_is_an_action_too(faces: Faces) -> None:
    found = await faces.door.execute("pets/getPetById", {"petId": REX})
    entity = await stub(faces).GetEntity(pb.GetEntityRequest(name=f"{PET}/entities/{REX}"))
    assert entity.json == found.json
    assert entity.name == f"connectors/pets/versions/v1/entityTypes/pet/entities/{REX}"


async def test_g19_the_life_of_an_entity_over_both_faces(faces: Faces) -> None:
    made = await stub(faces).CreateEntity(
        pb.CreateEntityRequest(parent=PET, json='{"name": "Bella", "weight": 4.50}')
    )
    path = f"/v1/{made.name}"
    assert (await faces.http.get(path)).json()["data"]["json"]["name"] == "Bella"
    changed = await faces.http.patch(path, json={"json": {"status": "sold"}})
    assert changed.json()["data"]["json"] == {
        **json.loads(made.json),
        "status": "sold",
    }
    assert changed.json()["data"]["rewritten"] is True
    request = pb.UpdateEntityRequest(name=made.name)
    request.value.update({"weight": 5})
    again = await stub(faces).UpdateEntity(request)
    assert again.value.struct_value["weight"] == 5
    assert again.value.struct_value["status"] == "sold"
    assert (await faces.http.delete(path)).status_code == 204
    assert (await refusal(stub(faces).GetEntity(pb.GetEntityRequest(name=made.name)))).said == (
        "NOT_FOUND",
        "BACKEND_NOT_FOUND",
        "backend",
        "EXECUTED",
    )


async def test_g20_pages_hold_to_their_request(faces: Faces) -> None:
    first, page = await listed(faces, page_size=2)
    assert [each["name"] for each in first] == ["Rex", "Tom"]
    rest, last = await listed(faces, page_size=1, page_token=page.next_page_token)
    assert ([each["name"] for each in rest], last.next_page_token) == (["Tweety"], "")
    refused = await refusal(listed(faces, filter="Rex", page_token=page.next_page_token))
    assert refused.fields == ["page_token"]
    assert (await refusal(listed(faces, page_size=-1))).fields == ["page_size"]


async def test_g20_conditions_here_are_told_and_order_is_of_one_column(faces: Faces) -> None:
    found, page = await listed(faces, filter='status = available AND id != "1"')
    assert ([each["name"] for each in found], page.partial_pushdown) == (["Rex", "Tom"], True)
    down, _ = await listed(faces, order_by="name desc", page_size=2)
    assert [each["name"] for each in down] == ["Tweety", "Tom"]
    for wrong in ({"order_by": "name, id"}, {"filter": "nam = x"}, {"within": "a"}):
        assert (await refusal(listed(faces, **wrong))).said[:2] == (
            "INVALID_ARGUMENT",
            "INVALID_REQUEST",
        )


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (f"{PET[:-3]}pest/entities/1", ("NOT_FOUND", "ENTITY_NOT_FOUND")),
        ("connectors/pets/versions/live/entityTypes/fail/entities/404", UNSUPPORTED),
        (f"{PET}/entities/1~2", ("INVALID_ARGUMENT", "INVALID_REQUEST")),
        ("connectors/pets/versions/live/entities/1", ("INVALID_ARGUMENT", "INVALID_REQUEST")),
    ],
)
async def test_g19_what_there_is_not_is_said(
    faces: Faces, name: str, said: tuple[str, str]
) -> None:
    refused = await refusal(stub(faces).DeleteEntity(pb.DeleteEntityRequest(name=name)))
    assert refused.said[:2] == said
    if refused.info.reason == "ENTITY_NOT_FOUND":
        assert refused.resource.resource_type == "gateway.v1/EntityType"


async def test_g20_parents_stand_in_names_and_conditions_go_to_the_backend(faces: Faces) -> None:
    fields = (("Content-Type", "application/json"),)
    said = answer(b'[{"id": "a/b~c", "n": 1e400}]', headers=fields)
    async with HttpBackend(said) as backend:
        await faces.door.publish("owned", PARENTED, backend.origin)
        parent = "connectors/owned/versions/live/entityTypes/pets"
        page = await stub(faces).ListEntities(
            pb.ListEntitiesRequest(parent=parent, within="x%2Fy", filter="kind = dog")
        )
        assert b"GET /owners/x%2Fy/pets?kind=dog " in backend.requests[-1]
        assert not page.partial_pushdown
        name = page.entities[0].name
        assert name.endswith("/entities/x%2Fy~a%2Fb%7Ec")
        assert page.entities[0].json == '{"id": "a/b~c", "n": 1e400}'
        await stub(faces).UpdateEntity(pb.UpdateEntityRequest(name=name, json='{"n":0.10}'))
        assert b"PATCH /owners/x%2Fy/pets/a%2Fb~c " in backend.requests[-1]
        assert b"application/merge-patch+json" in backend.requests[-1]
        assert backend.requests[-1].endswith(b'{"n":0.10}')
