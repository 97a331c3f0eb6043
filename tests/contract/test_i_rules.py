"""Seed 002 (Gateway Ion), rule by rule. What stands elsewhere:

| rule | where |
|---|---|
| I-1 | contract/test_i_hooks.py, contract/test_k_hooks.py, service/test_runs.py |
| I-2 | unit/flows/checking/test_flow_credentials.py |
| I-3, I-4, I-6, I-10 | unit/flows/interpreter/test_interpreter.py |
| I-5 | contract/test_history.py, unit/gateway/test_documentation.py |
| I-7 | contract/test_history.py, unit/history/test_judging.py |
| I-8 | contract/test_alerts.py, unit/history/test_judging.py |
| I-9 | contract/test_tenants.py, contract/test_tenants_alike.py, contract/test_flows.py |
| I-11 | unit/gateway/test_documentation.py, test_flow_documentation.py, e2e/test_flow.py |
"""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from google.protobuf.json_format import MessageToDict

from gateway.v1.run_pb2 import Run, StepRun
from tests.doors import PLAIN, document, refusal
from tests.fakes import HttpBackend
from tests.flows import said
from tests.tenants import Tenant, two_tenants

pytestmark = pytest.mark.asyncio(loop_scope="module")

SPEC = document(
    {
        "/people": {
            "get": {
                "operationId": "getPerson",
                "parameters": [{"name": "key", "in": "query", "schema": {"type": "string"}}],
                "responses": {"200": {"description": "", "content": {"application/json": {}}}},
            }
        }
    }
)
PERSON = {"data": {"id": 7, "name": "ana ñ", "is_active": True, "more": [1]}}
CALL = "action: people/getPerson"

SEED = f"""\
steps:
  - {{id: fetch, {CALL}}}
  - id: normal
    from: steps.fetch.output
    map: "{{id: data.id, nombre: upper(data.name), activo: data.is_active}}"
  - id: check
    from: steps.normal.output
    validate:
      - {{status: [200]}}
      - {{required: id}}
      - {{type: id, is: integer}}
      - {{range: id, least: 1, most: 6}}
      - {{type: nombre, is: integer}}
output:
  - {{id: keep, save: person, value: steps.normal.output}}
"""


class Backend(HttpBackend):
    """Answers one value with one status."""

    def __init__(self) -> None:
        super().__init__(said(PERSON))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def backend() -> AsyncIterator[Backend]:
    async with Backend() as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def tenants(
    backend: Backend, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Tenant, Tenant]]:
    async with two_tenants(tmp_path_factory.mktemp("ion")) as both:
        await both[0].publish("people", backend.origin, SPEC, policy=PLAIN)
        yield both


@pytest.fixture(scope="module")
def shop(tenants: tuple[Tenant, Tenant]) -> Tenant:
    return tenants[0]


async def ran(shop: Tenant, name: str, source: str) -> Run:
    """A run of a flow that is published for it, as it ends."""
    await shop.asks("CreateFlow", {"flowId": name, "flow": {"source": source}})
    await shop.asks("PublishFlow", {"name": f"flows/{name}"})
    run: Run = await shop.asks("RunFlow", {"name": f"flows/{name}", "wait": True})
    return run


async def records(shop: Tenant, name: str) -> dict[str, Any]:
    found = await shop.asks("ListFlowRecords", {"parent": f"flows/{name}"})
    return {each.key: json.loads(each.value) for each in found.records}


@pytest.mark.parametrize("field", ["env: {API_KEY: {0}}", "arguments: {key: {0}}"])
async def test_i2_a_literal_that_looks_like_a_credential_is_told_and_not_published(
    shop: Tenant, field: str
) -> None:
    literal = "sk_live_4eC39HqLyjWDarjtT1zdp7dc"  # gitleaks:allow - nobody's
    told = field.replace("{0}", literal)
    step = f"  - {{id: fetch, {CALL}{', ' + told if 'key:' in told else ''}}}\n"
    source = ("" if "key:" in told else f"{told}\n") + f"steps:\n{step}"
    found = await shop.asks("CheckFlow", {"source": source})
    assert len(found.findings) == 1, found
    assert literal not in str(found)
    response = await shop.fetches("CheckFlow", {"source": source})
    assert response.json()["data"] == MessageToDict(found)
    name = "literal-env" if told.startswith("env") else "literal"
    await shop.asks("CreateFlow", {"flowId": name, "flow": {"source": source}})
    refused = await refusal(shop.asks("PublishFlow", {"name": f"flows/{name}"}))
    assert refused.info.reason == "FLOW_UNFIT"


async def test_i3_the_mapping_of_the_seed_gives_what_the_seed_says(shop: Tenant) -> None:
    run = await shop.asks("TestFlow", {"source": SEED})
    normal = next(each for each in run.steps if each.id == "normal")
    assert normal.output == '{"id":7,"nombre":"ANA Ñ","activo":true}'


async def test_i4_the_first_rule_that_fails_is_named_and_nothing_is_saved(shop: Tenant) -> None:
    run = await ran(shop, "seed", SEED)
    assert run.state == Run.STATE_FAILED
    assert run.error.reason == "VALIDATION_FAILED"
    assert "6" in run.error.message
    assert "nombre" not in run.error.message
    assert await records(shop, "seed") == {}


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (401, "BACKEND_AUTH_FAILED"),
        (404, "BACKEND_NOT_FOUND"),
        (429, "BACKEND_RATE_LIMITED"),
        (500, "BACKEND_ERROR"),
    ],
)
async def test_i5_what_a_backend_answers_has_its_reason_cause_and_remedy_in_the_run(
    shop: Tenant, backend: Backend, status: int, reason: str
) -> None:
    backend._respond = said({}, status)
    try:
        run = await shop.asks("TestFlow", {"source": f"steps:\n  - {{id: fetch, {CALL}}}\n"})
    finally:
        backend._respond = said(PERSON)
    listed = await shop.asks("ListErrorKinds", {"pageSize": 1000})
    [kind] = [each for each in listed.error_kinds if each.name == f"errorKinds/{reason}"]
    error = run.steps[0].error
    assert (error.reason, error.status) == (reason, status)
    assert error.cause == kind.cause
    assert error.remedy == kind.remedy


async def test_i9_what_one_tenant_has_is_not_found_by_another(
    tenants: tuple[Tenant, Tenant],
) -> None:
    shop, bank = tenants
    await ran(shop, "ours", f"steps:\n  - {{id: fetch, {CALL}}}\n")
    for rpc, name, told in (
        ("GetFlow", "flows/ours", "FLOW_NOT_FOUND"),
        ("GetConnector", "connectors/people", "CONNECTOR_NOT_FOUND"),
    ):
        refused = await refusal(bank.asks(rpc, {"name": name}))
        assert (refused.code, refused.info.reason) == ("NOT_FOUND", told)
        assert (await bank.fetches(rpc, {"name": name})).status_code == 404
    for rpc in ("ListExecutions", "ListFlows", "ListConnectors"):
        assert MessageToDict(await bank.asks(rpc, {})) == {}


async def test_i10_what_is_saved_stays_though_nobody_could_be_told(shop: Tenant) -> None:
    """There is no server for mails here."""
    source = f"""\
steps:
  - {{id: fetch, {CALL}}}
output:
  - {{id: tell, notify: {{mail: ana@x.example, subject: Person, content: It came}}}}
  - {{id: keep, save: person, value: steps.fetch.output.data.id}}
"""
    run = await ran(shop, "told", source)
    states = {each.id: each.state for each in run.steps}
    assert states["tell"] == StepRun.STATE_FAILED
    assert states["keep"] == StepRun.STATE_SUCCEEDED
    assert await records(shop, "told") == {"person": 7}
