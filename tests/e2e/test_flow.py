"""portico flow and portico run: the whole life of a flow on the command line."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.fakes import HttpBackend, answer
from tests.processes import Running, portico_up

DOCUMENT = """\
openapi: 3.1.0
info: {title: Shop, version: '1'}
paths:
  /items:
    get:
      operationId: listItems
      responses:
        '200':
          description: ok
          content:
            application/json:
              schema:
                type: array
                items: {type: object, properties: {id: {type: integer}, name: {type: string}}}
"""

CONNECTOR = """\
connector: shop
versions: [{id: v1, spec: shop.openapi.yaml, server: ORIGIN}]
live: v1
"""

FLOW = """\
title: Names
steps:
  - id: fetch
    action: shop/listItems
  - id: names
    from: steps.fetch.output
    map: "[].upper(name)"
output:
  - {id: keep, save: names, value: steps.names.output}
result: steps.names.output
"""

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    folder = tmp_path_factory.mktemp("flows")
    (folder / "shop.openapi.yaml").write_text(DOCUMENT)
    body = answer(b'[{"id": 1, "name": "tea"}]', headers=(("Content-Type", "application/json"),))
    async with HttpBackend(body) as shop, portico_up(folder) as running:
        (folder / "shop.yaml").write_text(CONNECTOR.replace("ORIGIN", shop.origin))
        applied = await running.portico("apply", "-f", folder / "shop.yaml")
        assert applied.status == 0, applied.err
        yield running


async def test_the_life_of_a_flow(gateway: Running, tmp_path: Path) -> None:
    file = tmp_path / "names.yaml"
    file.write_text(FLOW.replace("upper(name)", "upper(nome)"))
    wrong = await gateway.portico("flow", "check", file)
    assert wrong.status == 1
    [said] = wrong.out.decode().splitlines()
    assert said.startswith(f"{file}:7:20: ")
    assert "nome" in said

    file.write_text(FLOW)
    assert (await gateway.portico("flow", "create", file)).out == b"names v1 created, DRAFT\n"
    published = await gateway.portico("flow", "publish", "names")
    assert published.out == b"names v1 published, ACTIVE\n"
    ran = await gateway.portico("flow", "run", "names")
    assert ran.status == 0, ran.err
    assert "✓ fetch" in ran.out.decode()
    assert b'["TEA"]' in ran.out
    listed = await gateway.portico("run", "list", "names", "-o", "json")
    [run] = json.loads(listed.out)
    assert (run["state"], run["trigger"]) == ("STATE_SUCCEEDED", "TRIGGER_MANUAL")
    assert b'["TEA"]' in (await gateway.portico("flow", "records", "names")).out


async def test_i11_a_connector_and_a_flow_have_a_page_of_five_parts(
    gateway: Running, tmp_path: Path
) -> None:
    parts = ["How it works", "Configuration", "Limits", "Troubleshooting", "Examples"]
    (tmp_path / "paged.yaml").write_text(FLOW)
    await gateway.portico("flow", "create", tmp_path / "paged.yaml")
    for name in ("shop", "flows/paged"):
        told = await gateway.portico("docs", name)
        lines = told.out.decode().splitlines()
        assert [each[3:] for each in lines if each.startswith("## ")] == parts, told.err
    assert "| `fetch` | call shop/listItems |" in told.out.decode()


async def test_a_run_that_fails_ends_with_1_and_says_what_can_be_done(
    gateway: Running, tmp_path: Path
) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(FLOW + "bounds: {seconds: 60}\n")
    given = ("--output-of", 'fetch="no list"')
    tried = await gateway.portico("flow", "test", file, *given, "-o", "json")
    assert json.loads(tried.out)["trigger"] == "TRIGGER_TEST"
    file.write_text(FLOW.replace("[].upper(name)", "upper(@)"))
    failed = await gateway.portico("flow", "test", file, "--output-of", "fetch=[1]")
    assert failed.status == 1
    assert "  try " in failed.err


async def test_apply_brings_a_folder_of_flows_to_what_plan_has_told(
    gateway: Running, tmp_path: Path
) -> None:
    (tmp_path / "kept.yaml").write_text(FLOW)
    planned = await gateway.portico("plan", "-f", tmp_path)
    applied = await gateway.portico("apply", "-f", tmp_path)
    same = await gateway.portico("plan", "-f", tmp_path)
    (tmp_path / "kept.yaml").write_text(FLOW.replace("upper(name)", "upper(nome)"))
    wrong = await gateway.portico("apply", "-f", tmp_path)

    file = tmp_path / "kept.yaml"
    assert planned.text.splitlines() == [
        f"{file}: create flows/kept/versions/v1",
        f"{file}: publish flows/kept/versions/v1",
    ]
    assert (planned.status, applied.status, same.status, wrong.status) == (2, 0, 0, 1)
    assert (applied.text, same.text) == ("kept created\n", "nothing to do\n")
    assert f"{file}:7:20: " in wrong.err
