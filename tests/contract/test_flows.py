"""Flows and runs on both faces: the same request is answered the same, good or bad."""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from google.protobuf.json_format import MessageToDict

from facade.errors.fault import Code
from facade.errors.http import STATUSES
from tests.doors import PLAIN, document, refusal
from tests.fakes import HttpBackend, answer
from tests.tenants import Tenant, two_tenants

pytestmark = pytest.mark.asyncio(loop_scope="module")

SPEC = document(
    {
        "/pets/{id}": {
            "get": {
                "operationId": "getPet",
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
                ],
                "responses": {
                    "200": {
                        "description": "ok",
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "object",
                                    "properties": {
                                        "id": {"type": "integer"},
                                        "name": {"type": "string"},
                                    },
                                }
                            }
                        },
                    }
                },
            }
        }
    }
)

FLOW = """\
title: One pet
steps:
  - id: fetch
    action: pets/getPet
    arguments: {id: "{{ input.id }}"}
  - id: normal
    from: steps.fetch.output
    map: "{nombre: upper(name)}"
output:
  - {id: keep, save: "pet-{{ input.id }}", value: steps.normal.output}
result: steps.normal.output
"""
WRONG = FLOW.replace("upper(name)", "upper(nome)")
BROKEN = "steps:\n  - {id: UPPER, nothing: 1}\n"

PET, DRAFT, RESTS = "flows/pet", "flows/draft", "flows/rests"
ONCE = "0192e4d1-7a55-4c1e-9a53-6f1c2b3d4e5f"
NO_RUN = f"{PET}/runs/01900000-0000-7000-8000-000000000000"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def tenants(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[tuple[Tenant, Tenant]]:
    """A tenant with flows, one published, one never, one suspended; and one that has none."""
    body = answer(b'{"id": 7, "name": "rex"}', headers=(("Content-Type", "application/json"),))
    async with (
        HttpBackend(body) as backend,
        two_tenants(tmp_path_factory.mktemp("flows")) as (shop, bank),
    ):
        await shop.publish("pets", backend.origin, SPEC, policy=PLAIN)
        for name in (PET, DRAFT, RESTS):
            flow = {"flowId": name.removeprefix("flows/"), "flow": {"source": FLOW}}
            await shop.asks("CreateFlow", flow)
        for name in (PET, RESTS):
            await shop.asks("PublishFlow", {"name": name})
        await shop.asks("SuspendFlow", {"name": RESTS})
        ran = {"name": PET, "input": '{"id": 7}', "requestId": ONCE, "wait": True}
        await shop.asks("RunFlow", ran)
        yield shop, bank


@pytest.fixture(scope="module")
def shop(tenants: tuple[Tenant, Tenant]) -> Tenant:
    """The tenant with flows."""
    return tenants[0]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ran(shop: Tenant) -> str:
    """The name of a run that has ended."""
    asked = {"name": PET, "input": '{"id": 7}', "requestId": ONCE}
    return str((await shop.asks("RunFlow", asked)).name)


def _plain(tree: Any) -> Any:
    """What gRPC tells, with JSON as HTTP has it."""
    if isinstance(tree, list):
        return [_plain(each) for each in tree]
    if not isinstance(tree, dict):
        return tree
    told = {}
    for key, each in tree.items():
        is_json = key in {"input", "output", "value"} and isinstance(each, str)
        told[key] = json.loads(each) if is_json else _plain(each)
    return told


def _sent(tree: Mapping[str, Any]) -> dict[str, Any]:
    """A request as HTTP has it: JSON is itself."""
    told = dict(tree)
    for member in ("input", "trigger"):
        if member in told:
            told[member] = json.loads(told[member])
    if "outputs" in told:
        told["outputs"] = {step: json.loads(each) for step, each in told["outputs"].items()}
    return told


SAME: Mapping[str, tuple[str, dict[str, Any]]] = {
    "a flow": ("GetFlow", {"name": PET}),
    "a draft": ("GetFlow", {"name": DRAFT}),
    "flows": ("ListFlows", {"filter": "state = ACTIVE OR state = SUSPENDED"}),
    "flows by their trigger": ("ListFlows", {"filter": "trigger = schedule"}),
    "a version": ("GetFlowVersion", {"name": f"{PET}/versions/v1"}),
    "versions": ("ListFlowVersions", {"parent": PET, "pageSize": 1}),
    "nothing wrong": ("CheckFlow", {"source": FLOW}),
    "what is wrong": ("CheckFlow", {"source": WRONG}),
    "what is no definition": ("CheckFlow", {"source": BROKEN}),
    "a run that was asked for before": (
        "RunFlow",
        {"name": PET, "input": '{"id": 7}', "requestId": ONCE},
    ),
    "runs": ("ListRuns", {"parent": PET, "filter": "state = SUCCEEDED"}),
    "runs of all flows": ("ListRuns", {"parent": "flows/-"}),
    "records": ("ListFlowRecords", {"parent": PET}),
}


@pytest.mark.parametrize("case", SAME)
async def test_both_faces_answer_the_same(shop: Tenant, case: str) -> None:
    rpc, tree = SAME[case]
    whole = MessageToDict(await shop.asks(rpc, tree))
    whole.pop("definition", None)  # of gRPC alone
    told = _plain(whole)
    response = await shop.fetches(rpc, _sent(tree))
    assert response.status_code == 200, response.text
    answered = response.json()["data"]
    kept = {key: each for key, each in answered.items() if each not in ("", [])}
    assert kept == told


async def test_both_faces_tell_a_run_with_its_steps(shop: Tenant, ran: str) -> None:
    told = _plain(MessageToDict(await shop.asks("GetRun", {"name": ran})))
    response = await shop.fetches("GetRun", {"name": ran})
    assert response.json()["data"] == told
    assert told["output"] == {"nombre": "REX"}
    assert [(each["id"], each["state"]) for each in told["steps"]] == [
        ("fetch", "STATE_SUCCEEDED"),
        ("normal", "STATE_SUCCEEDED"),
        ("keep", "STATE_SUCCEEDED"),
    ]


async def test_both_faces_give_a_run_that_is_watched_until_its_end(shop: Tenant, ran: str) -> None:
    *_, last = await shop.asks("WatchRun", {"name": ran})
    response = await shop.fetches("WatchRun", {"name": ran})
    assert response.headers["content-type"] == "application/x-ndjson"
    lines = [json.loads(each)["data"] for each in response.text.splitlines()]
    assert lines[-1] == _plain(MessageToDict(last))


async def test_a_run_that_fails_is_told_with_cause_and_remedy(shop: Tenant) -> None:
    """I-5, H-9: every error has its cause and its remedy of one table."""
    source = FLOW.replace("pets/getPet", "pets/getNothing")
    run = await shop.asks("TestFlow", {"source": source, "input": '{"id": 7}'})
    assert run.error.reason == "ACTION_NOT_FOUND"
    assert run.error.cause
    assert run.error.remedy
    response = await shop.fetches("TestFlow", {"source": source, "input": {"id": 7}})
    assert response.json()["data"]["error"] == MessageToDict(run.error)


async def test_a_test_takes_outputs_in_place_of_steps_and_saves_nothing(shop: Tenant) -> None:
    before = MessageToDict(await shop.asks("ListFlowRecords", {"parent": PET}))
    tree = {
        "version": f"{PET}/versions/v1",
        "input": '{"id": 8}',
        "outputs": {"fetch": '{"id": 8, "name": "tom"}'},
    }
    run = await shop.asks("TestFlow", tree)
    assert json.loads(run.output) == {"nombre": "TOM"}
    response = await shop.fetches("TestFlow", _sent(tree))
    assert response.json()["data"]["output"] == {"nombre": "TOM"}
    assert MessageToDict(await shop.asks("ListFlowRecords", {"parent": PET})) == before


POLLED = """\
trigger: {poll: {every: 5m, call: {action: pets/getPet, arguments: {id: 7}}, items: "[body]"}}
steps: [{id: normal, from: trigger.item, map: {nombre: upper(name), by: "'x'"}}]
result: steps.normal.output
"""


async def test_a_test_is_told_what_its_trigger_would_have_brought(shop: Tenant) -> None:
    tree = {"source": POLLED, "trigger": '{"item": {"name": "tom", "id": 1}}'}
    run = await shop.asks("TestFlow", tree)
    assert json.loads(run.output) == {"nombre": "TOM", "by": "x"}
    response = await shop.fetches("TestFlow", _sent(tree))
    assert response.json()["data"]["output"] == {"nombre": "TOM", "by": "x"}


async def test_a_trigger_that_is_no_object_is_refused_by_its_field(shop: Tenant) -> None:
    tree = {"source": POLLED, "trigger": "[]"}
    said = await refusal(shop.asks("TestFlow", tree))
    response = await shop.fetches("TestFlow", _sent(tree))
    assert (said.code, response.status_code) == ("INVALID_ARGUMENT", 400)
    assert said.message.startswith("trigger: ")
    assert response.json()["error"]["violations"][0]["field"] == "trigger"


REFUSED: Mapping[str, tuple[str, dict[str, Any], str]] = {
    "what its trigger does not bring": (
        "TestFlow",
        {"source": POLLED, "trigger": '{"body": {}}'},
        "INVALID_REQUEST",
    ),
    "a list that is none": (
        "TestFlow",
        {"source": POLLED, "trigger": '{"items": {}}'},
        "INVALID_REQUEST",
    ),
    "a kind that is none": (
        "TestFlow",
        {"source": POLLED, "trigger": '{"kind": 7}'},
        "INVALID_REQUEST",
    ),
    "no flow": ("GetFlow", {"name": "flows/none"}, "FLOW_NOT_FOUND"),
    "no name": ("GetFlow", {"name": "flows/No"}, "INVALID_REQUEST"),
    "a flow that is there": (
        "CreateFlow",
        {"flowId": "pet", "flow": {"source": FLOW}},
        "FLOW_EXISTS",
    ),
    "no definition": (
        "CreateFlow",
        {"flowId": "new", "flow": {"source": BROKEN}},
        "DEFINITION_INVALID",
    ),
    "an empty definition": (
        "CreateFlow",
        {"flowId": "new", "flow": {"source": " "}},
        "INVALID_REQUEST",
    ),
    "no id": ("CreateFlow", {"flowId": "New!", "flow": {"source": FLOW}}, "INVALID_REQUEST"),
    "a request_id that is none": (
        "CreateFlow",
        {"flowId": "new", "flow": {"source": FLOW}, "requestId": "1"},
        "INVALID_REQUEST",
    ),
    "no field to change": (
        "UpdateFlow",
        {"flow": {"name": PET, "labels": {"a": "b"}}, "updateMask": "state"},
        "INVALID_REQUEST",
    ),
    "a flow of before": (
        "UpdateFlow",
        {"flow": {"name": PET, "etag": "old"}, "updateMask": "labels"},
        "ETAG_MISMATCH",
    ),
    "no version": ("PublishFlow", {"name": PET, "version": "v9"}, "FLOW_VERSION_NOT_FOUND"),
    "nothing published": ("RunFlow", {"name": DRAFT}, "FLOW_UNPUBLISHED"),
    "a draft to suspend": ("SuspendFlow", {"name": DRAFT}, "FLOW_UNPUBLISHED"),
    "a suspended flow": ("RunFlow", {"name": RESTS}, "FLOW_SUSPENDED"),
    "a run's id that is none": ("GetRun", {"name": f"{PET}/runs/1"}, "INVALID_REQUEST"),
    "no run": ("GetRun", {"name": NO_RUN}, "RUN_NOT_FOUND"),
    "no run to watch": ("WatchRun", {"name": NO_RUN}, "RUN_NOT_FOUND"),
    "no run to end": ("CancelRun", {"name": NO_RUN}, "RUN_NOT_FOUND"),
    "no run to repeat": ("ReplayRun", {"name": NO_RUN}, "RUN_NOT_FOUND"),
    "runs of no flow": ("ListRuns", {"parent": "flows/none"}, "FLOW_NOT_FOUND"),
    "a filter of other words": (
        "ListRuns",
        {"parent": PET, "filter": "colour = red"},
        "INVALID_REQUEST",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_both_faces_refuse_the_same(shop: Tenant, case: str) -> None:
    rpc, tree, reason = REFUSED[case]
    said = await refusal(shop.asks(rpc, tree))
    response = await shop.fetches(rpc, _sent(tree))
    error = response.json()["error"]
    assert (said.info.reason, error["reason"]) == (reason, reason)
    assert response.status_code == STATUSES[Code[said.code]]
    assert error["description"] == said.message


async def test_publishing_what_does_not_fit_is_refused_by_line_and_column(shop: Tenant) -> None:
    """Of the issue: a mapping to a field that does not exist refuses the publish."""
    await shop.asks("CreateFlow", {"flowId": "wrong", "flow": {"source": WRONG}})
    said = await refusal(shop.asks("PublishFlow", {"name": "flows/wrong"}))
    assert said.info.reason == "FLOW_UNFIT"
    response = await shop.fetches("PublishFlow", {"name": "flows/wrong"})
    [found] = response.json()["error"]["violations"]
    assert found["field"] == "line 8, column 26"
    assert "nome" in found["description"]


async def test_a_definition_may_be_given_as_a_message_and_is_told_as_both(shop: Tenant) -> None:
    told = MessageToDict(await shop.asks("GetFlowVersion", {"name": f"{PET}/versions/v1"}))
    flow = {"definition": told["definition"]}
    made = await shop.asks("CreateFlow", {"flowId": "again", "flow": flow})
    assert json.loads(made.source)["title"] == "One pet"
    again = await shop.asks("GetFlowVersion", {"name": "flows/again/versions/v1"})
    assert MessageToDict(again)["definition"] == told["definition"]
    assert not (await shop.asks("CheckFlow", flow)).findings


async def test_a_run_has_an_id_of_its_own_for_each_request(shop: Tenant) -> None:
    first = await shop.fetches("RunFlow", {"name": PET, "input": {"id": 1}, "wait": True})
    second = await shop.fetches("RunFlow", {"name": PET, "input": {"id": 1}, "wait": True})
    names = {each.json()["data"]["name"] for each in (first, second)}
    assert len(names) == 2
    assert all(UUID(each.rpartition("/")[2]).version == 7 for each in names)


async def test_i9_a_run_of_another_tenant_is_as_one_that_never_was(
    tenants: tuple[Tenant, Tenant], ran: str
) -> None:
    """I-9: tenants never see each other's runs."""
    _, bank = tenants
    for rpc in ("GetRun", "WatchRun", "CancelRun", "PauseRun", "ResumeRun", "ReplayRun"):
        theirs = await refusal(bank.asks(rpc, {"name": ran}))
        nobodys = await refusal(bank.asks(rpc, {"name": NO_RUN}))
        assert theirs.said == nobodys.said
        assert theirs.message.replace(ran, NO_RUN) == nobodys.message
    assert not (await bank.asks("ListRuns", {"parent": "flows/-"})).runs
    assert not (await bank.asks("ListFlows", {})).flows
