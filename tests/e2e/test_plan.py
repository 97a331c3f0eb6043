"""`portico plan`, `promote`, `rollback`, `deprecate`, `export`, `import`: a life of versions."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.processes import Running, portico_up

pytestmark = pytest.mark.asyncio(loop_scope="module")

HEAD = 'openapi: 3.1.0\ninfo: {title: Shop, version: "1"}\npaths:\n'
BOTH = f"{HEAD}  /a: {{get: {{operationId: a}}}}\n  /b: {{get: {{operationId: b}}}}\n"
ONE = f"{HEAD}  /a: {{get: {{operationId: a}}}}\n"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with portico_up(tmp_path_factory.mktemp("plan")) as running:
        yield running


def written(folder: Path, name: str, live: str, **documents: str) -> Path:
    """A connector file with versions by their documents."""
    versions = [
        {"id": key, "spec": text, "server": "https://a.example"} for key, text in documents.items()
    ]
    file = folder / f"{name}.json"
    file.write_text(json.dumps({"connector": name, "live": live, "versions": versions}))
    return file


async def test_a_plan_tells_what_apply_would_do(gateway: Running, tmp_path: Path) -> None:
    file = written(tmp_path, "shop", "v1", v1=BOTH)
    first = await gateway.portico("plan", "-f", file)
    await gateway.portico("apply", "-f", file)
    same = await gateway.portico("plan", "-f", file)

    assert (first.status, same.status, same.text) == (2, 0, "nothing to do\n")
    assert "create connectors/shop/versions/v1" in first.text


async def test_a_plan_tells_verdicts_and_drift(gateway: Running, tmp_path: Path) -> None:
    await gateway.portico("apply", "-f", written(tmp_path, "torn", "v1", v1=BOTH))
    file = written(tmp_path, "torn", "v2", v2=ONE)
    planned = await gateway.portico("plan", "-f", file, "-o", "json")
    refused = await gateway.portico("apply", "-f", file)
    allowed = await gateway.portico("apply", "-f", file, "--allow-breaking")

    steps = planned.data["steps"]
    assert planned.status == 2
    assert [each["verdict"] for each in steps] == [
        *("WIRE_BREAKING for those who call torn@v1", "", "")
    ]
    assert [each["drift"] for each in steps] == [False, False, True]
    assert (refused.status, allowed.text) == (1, "torn configured\n")


async def test_a_plan_tells_the_drift_that_no_file_can_say(
    gateway: Running, tmp_path: Path
) -> None:
    file = written(tmp_path, "apart", "v1", v1=ONE, v2=BOTH, v3=ONE)
    await gateway.portico("apply", "-f", file)
    await gateway.portico("promote", "apart@v2", "--match", "x-team=blue*")
    await gateway.portico("deprecate", "apart@v3")
    planned = await gateway.portico("plan", "-f", file, "--replace")

    assert planned.status == 2
    assert planned.text.splitlines() == [
        f"{file}: drift: connectors/apart/versions/v2 has calls where x-team=blue*",
        f"{file}: drift: connectors/apart/versions/v3 is deprecated",
    ]


async def test_versions_of_the_gateway_are_compared_with_each_other_and_with_files(
    gateway: Running, tmp_path: Path
) -> None:
    await gateway.portico("apply", "-f", written(tmp_path, "two", "v1", v1=BOTH, v2=ONE))
    (tmp_path / "one.yaml").write_text(ONE)
    versions = await gateway.portico("diff", "two@v1", "two@v2")
    back = await gateway.portico("diff", "two@v2", "two", "-o", "json")
    file = await gateway.portico("diff", "two", "one.yaml", cwd=tmp_path)
    turned = await gateway.portico("diff", "one.yaml", "two@v2", cwd=tmp_path)
    unknown = await gateway.portico("diff", "two", "two@v9")

    assert (versions.status, back.status, file.status, turned.status) == (1, 0, 1, 0)
    assert versions.text.startswith("two@v1:5:8: WIRE_BREAKING: b: ")
    assert versions.text.splitlines()[:-1] == file.text.splitlines()[:-1]
    assert back.data["actions"] == {"b": "SAFE"}
    assert turned.text == "SAFE\n"
    assert (unknown.status, "NOT_FOUND" in unknown.err) == (2, True)


async def test_versions_are_compared_in_what_callers_and_connections_give(
    gateway: Running, tmp_path: Path
) -> None:
    file = written(tmp_path, "given", "v1", v1=ONE, v2=ONE)
    tree = json.loads(file.read_text())
    tree["versions"][1]["variables"] = [{"name": "region", "in": "header", "value": "eu"}]
    tree["versions"][1]["server"] = "https://b.example"
    file.write_text(json.dumps(tree))
    await gateway.portico("apply", "-f", file)
    found = await gateway.portico("diff", "given@v1", "given@v2", "-o", "json")

    fields = {each["new"]["field"] for each in found.data["findings"]}
    assert "backend_variables[region]" in fields


async def test_a_version_is_promoted_and_rolled_back(gateway: Running, tmp_path: Path) -> None:
    await gateway.portico("apply", "-f", written(tmp_path, "life", "v1", v1=ONE, v2=BOTH))
    share = await gateway.portico(
        "promote", "life@v2", "--percent", "10", "--match", "x-team=blue*"
    )
    back = await gateway.portico("rollback", "life")

    assert share.text == "life@v2 ACTIVE 10% x-team=blue*\n"
    assert back.text == "life@v1 ACTIVE 100%\n"


async def test_a_version_is_deprecated_and_says_so(gateway: Running, tmp_path: Path) -> None:
    await gateway.portico("apply", "-f", written(tmp_path, "late", "v1", v1=ONE, v2=BOTH))
    told = await gateway.portico("deprecate", "late@v2", "--sunset", "2099-01-31", "--notes", "no")
    shown = await gateway.portico("describe", "version", "late@v2")

    assert told.text == "late@v2 DEPRECATED\n"
    assert "until 2099-01-31 00:00:00 UTC: no" in shown.text


async def test_a_version_goes_out_and_comes_in(gateway: Running, tmp_path: Path) -> None:
    await gateway.portico("apply", "-f", written(tmp_path, "out", "v1", v1=BOTH))
    out = await gateway.portico("export", "connector", "out@v1")
    (tmp_path / "out.json").write_text(out.text)
    taken = await gateway.portico("import", tmp_path / "out.json")
    other = await gateway.portico("import", tmp_path / "out.json", "--name", "copy")
    again = await gateway.portico("export", "connector", "copy@v1")

    assert taken.status == 1
    assert other.text == "copy imported\n"
    assert json.loads(again.text)["versions"] == json.loads(out.text)["versions"]


async def test_who_still_calls_a_version_is_told_to_who_deletes_it(
    gateway: Running, tmp_path: Path
) -> None:
    await gateway.portico("apply", "-f", written(tmp_path, "left", "v2", v1=ONE, v2=ONE))
    silent = await gateway.portico("delete", "version", "left@v1", "--dry-run")
    await gateway.portico("call", "left@v1/a")
    told = await gateway.portico("delete", "version", "left@v1")

    assert (silent.err, told.text) == ("", "left@v1 deleted\n")
    assert "left@v1 was called within a day by anyone" in told.err
