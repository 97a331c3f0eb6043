"""Documents of several files at the command line."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from facade.spec.bundling.archive import pack
from tests.processes import Running, portico_up

ROOT = "openapi: 3.1.0\ninfo: {title: Shop, version: '1'}\npaths:\n  /a: {$ref: %s}\n"
ITEM = "get: {operationId: getA, responses: {default: {$ref: %s}}}\n"
ANSWER = "description: fine\n"

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with portico_up(tmp_path_factory.mktemp("files")) as running:
        yield running


def shop(top: Path) -> Path:
    """A folder whose document stands below, with files beside and above it."""
    for name, text in (
        ("src/main.yaml", ROOT % "paths/a.yaml"),
        ("src/paths/a.yaml", ITEM % "../../common/answer.yaml"),
        ("common/answer.yaml", ANSWER),
    ):
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(text, encoding="utf-8")
    return top


async def actions(gateway: Running, connector: str) -> list[str]:
    found = await gateway.portico("get", "actions", connector, "-o", "json")
    return [each["name"].rpartition("/")[2] for each in found.data]


async def test_a_folder_is_a_connector_that_is_applied_once(
    gateway: Running, tmp_path: Path
) -> None:
    top = shop(tmp_path / "Shop API")
    first = await gateway.portico("apply", "-f", top)
    second = await gateway.portico("apply", "-f", top)
    (top / "common/answer.yaml").write_text("description: other\n", encoding="utf-8")
    third = await gateway.portico("apply", "-f", top)
    assert (first.text, second.text) == ("shop-api created\n", "shop-api unchanged\n")
    assert third.status == 1
    assert await actions(gateway, "shop-api") == ["getA"]


async def test_a_connector_file_names_a_file_a_folder_or_a_zip(
    gateway: Running, tmp_path: Path
) -> None:
    top = shop(tmp_path)
    files = {"a.yaml": (ROOT % "b.yaml").encode(), "b.yaml": (ITEM % "c.yaml").encode()}
    (top / "api.zip").write_bytes(pack({**files, "c.yaml": ANSWER.encode()}))
    versions = [
        {"id": "v1", "spec": "src/main.yaml"},
        {"id": "v2", "spec": ".", "specRoot": "src/main.yaml"},
        {"id": "v3", "spec": "api.zip"},
    ]
    file = top / "three.json"
    file.write_text(json.dumps({"connector": "three", "versions": versions, "live": "v3"}))
    made = await gateway.portico("apply", "-f", file)
    again = await gateway.portico("apply", "-f", file)
    assert (made.text, again.text) == ("three created\n", "three unchanged\n")
    assert await actions(gateway, "three") == ["getA"]


async def test_what_is_wrong_with_the_files_is_said_at_the_key_that_names_them(
    gateway: Running, tmp_path: Path
) -> None:
    top = shop(tmp_path)
    file = top / "bad.yaml"
    file.write_text(
        "connector: bad\nlive: a\nversions:\n- {id: a, spec: src, specRoot: gone.yaml}\n"
        "- {id: b, spec: common}\n- {id: c, spec: gone.yaml}\n"
        "- {id: d, spec: 'https://x.example/a', specRoot: b}\n"
    )
    told = await gateway.portico("apply", "-f", file)
    assert told.status == 1
    for words in (
        "versions[0].specRoot: bad.yaml:4:",
        "versions[1].spec: bad.yaml:5:",
        "versions[2].spec: bad.yaml:6: cannot read",
        "versions[3].specRoot: bad.yaml:7:",
    ):
        assert words in told.err


async def test_lint_reads_a_folder_a_zip_and_a_file_with_those_beside_it(
    gateway: Running, tmp_path: Path
) -> None:
    top = shop(tmp_path / "shop")
    (top / "common/answer.yaml").write_text("odd: 1\n", encoding="utf-8")
    (tmp_path / "shop.zip").write_bytes(pack({"o.yaml": (ROOT % "gone.yaml").encode()}))
    found = await gateway.portico("lint", top, tmp_path / "shop.zip", "-o", "json")
    (folder, archive) = found.data
    assert found.status == 1
    assert folder["file"] == str(top / "src/main.yaml")
    told = {(each["code"], each["file"], each["line"]) for each in folder["problems"]}
    answer = str(top / "common/answer.yaml")
    assert told == {("unknown-field", answer, 1), ("missing-field", answer, 1)}
    assert [each["code"] for each in archive["problems"]] == ["dangling-ref"]
    outside = await gateway.portico("lint", top / "src/main.yaml")
    assert "leads out of the bundle's folder" in outside.text
    empty = await gateway.portico("lint", top / "common")
    assert (empty.status, "no file of this folder" in empty.text) == (2, True)
