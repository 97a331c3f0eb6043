"""The test bench on both faces: H-2, H-8 of seed 003, and what a trial never keeps (M-6)."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from facade.demo import petstore
from facade.spec.load import load
from gateway.v1 import trial_pb2 as pb
from gateway.v1.trial_pb2_grpc import TrialServiceStub
from tests.doors import refusal
from tests.faces import Faces, both_faces

pytestmark = pytest.mark.asyncio(loop_scope="module")

PETS = "connectors/pets/versions/live/actions"
GET = f"{PETS}/getPetById"
REX = petstore.FIRST_ID
TOM, TWEETY = REX + 1, REX + 2


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def faces(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Faces]:
    runner, base = await petstore.start("the-key")
    async with both_faces(tmp_path_factory.mktemp("trials")) as opened:
        await opened.door.publish("pets", load(petstore.document().encode())[0].tree, base)
        yield opened
    await runner.cleanup()


async def tried(faces: Faces, name: str, /, arguments: Any = None, **said: Any) -> Any:
    """What TestAction answers; the HTTP face answers the same, but for times and trace."""
    if arguments is not None:
        said["parameters_json"] = json.dumps(arguments)
    if "values" in said:
        said["values_json"] = json.dumps(said.pop("values"))
    stub = TrialServiceStub(faces.door.channel)
    answer: pb.TestActionResponse = await stub.TestAction(pb.TestActionRequest(name=name, **said))
    http = await faces.http.post(f"/v1/{name}:test", json=said)
    assert http.status_code == 200
    told = http.json()["data"]
    assert told.get("httpStatus", 0) == answer.http_status
    assert [each["path"] for each in told.get("nodes", ())] == [each.path for each in answer.nodes]
    assert told.get("remedy", "") == answer.remedy
    return answer


async def test_h8_a_trial_shows_time_status_seconds_tree_and_headers(faces: Faces) -> None:
    answer = await tried(faces, GET, {"petId": REX})
    headers = {each.name: each.value for each in answer.headers}
    nodes = {each.path: each.text for each in answer.nodes}
    assert answer.http_status == 200
    assert answer.request_time.seconds > 1_700_000_000
    assert 0 < answer.elapsed.ToTimedelta().total_seconds() < 30
    assert headers["content-type"].startswith("application/json")
    assert (nodes["@"], nodes["id"]) == ("", str(REX))
    assert answer.body_size > 0
    assert not answer.HasField("error")


async def test_h8_slots_are_asked_for_before_anything_is_sent(faces: Faces) -> None:
    given = {"petId": "{{ input.pet }}"}
    asked = await tried(faces, GET, given)
    assert [(each.name, list(each.arguments)) for each in asked.prompts] == [
        ("input.pet", ["petId"])
    ]
    assert (asked.prompts[0].type, asked.http_status) == ("integer", 0)
    answer = await tried(faces, GET, given, values={"input": {"pet": TOM}})
    assert (answer.http_status, json.loads(answer.sent_parameters_json)) == (200, {"petId": TOM})


async def test_h8_the_last_values_come_back_the_next_time(faces: Faces) -> None:
    given = {"petId": "{{ input.pet }}"}
    await tried(faces, GET, given, values={"input": {"pet": TWEETY}})
    stub = TrialServiceStub(faces.door.channel)
    told = await stub.GetTrial(pb.GetTrialRequest(name=GET))
    http = (await faces.http.get(f"/v1/{GET}:getTrial")).json()["data"]
    again = await tried(faces, GET, use_last=True)
    assert json.loads(told.parameters_json) == given
    assert [(each.name, each.last_json) for each in told.prompts] == [("input.pet", str(TWEETY))]
    assert http["prompts"] == [
        {
            "name": "input.pet",
            "arguments": ["petId"],
            "type": "integer",
            "lastJson": str(TWEETY),
        }
    ]
    assert json.loads(again.sent_parameters_json) == {"petId": TWEETY}


async def test_h2_slots_may_be_left_empty(faces: Faces) -> None:
    given = {"limit": 1, "after": "{{ input.nothing }}"}
    answer = await tried(faces, f"{PETS}/listPets", given, leave_empty=True)
    assert (list(answer.prompts), answer.http_status) == ([], 200)
    assert json.loads(answer.sent_parameters_json) == {"limit": 1}


async def test_a_failure_is_told_with_cause_and_remedy_and_is_no_error_of_the_method(
    faces: Faces,
) -> None:
    answer = await tried(faces, GET, {"petId": 99_999})
    assert answer.http_status == 404
    assert answer.HasField("error")
    assert answer.cause
    assert answer.remedy


async def test_h8_a_schema_is_learnt_of_the_answer(faces: Faces) -> None:
    answer = await tried(faces, GET, {"petId": REX}, learn=True)
    schema = json.loads(answer.learnt_schema_json)
    assert schema["type"] == "object"
    assert schema["properties"]["id"] == {"type": "integer"}


async def test_m6_h8_credentials_are_not_remembered(faces: Faces) -> None:
    name = f"{PETS}/echo"
    await tried(faces, name, {"password": "geheim", "body": {"api_key": "geheim", "a": 1}})
    stub = TrialServiceStub(faces.door.channel)
    told = await stub.GetTrial(pb.GetTrialRequest(name=name))
    assert "geheim" not in told.parameters_json


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"parameters_json": "[1]"}, "parameters_json"),
        ({"parameters_json": "{"}, "parameters_json"),
        ({"values_json": "7"}, "values_json"),
    ],
)
async def test_what_is_no_object_is_refused_by_its_field(
    faces: Faces, said: dict[str, Any], field: str
) -> None:
    stub = TrialServiceStub(faces.door.channel)
    refused = await refusal(stub.TestAction(pb.TestActionRequest(name=GET, **said)))
    assert refused.fields == [field]
    http = await faces.http.post(f"/v1/{GET}:test", json=said)
    assert http.status_code == 400


async def test_an_action_that_there_is_not_is_not_found(faces: Faces) -> None:
    stub = TrialServiceStub(faces.door.channel)
    refused = await refusal(stub.GetTrial(pb.GetTrialRequest(name=f"{PETS}/none")))
    assert refused.said[:2] == ("NOT_FOUND", "ACTION_NOT_FOUND")
