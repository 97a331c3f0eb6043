"""`portico apply`: connector files on their way to a gateway that runs."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.processes import Running, portico_up

DOCUMENT = 'openapi: 3.1.0\ninfo: {title: Shop, version: "1"}\npaths: {}\n'

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with portico_up(tmp_path_factory.mktemp("apply")) as running:
        yield running


def connector(name: str, server: str = "https://a.example", **more: Any) -> str:
    version = {"id": "v1", "spec": "shop.yaml", "server": server}
    return json.dumps({"connector": name, "versions": [version], **more})


async def test_a_file_is_created_once_and_unchanged_after(gateway: Running, tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text(DOCUMENT, encoding="utf-8")
    file = tmp_path / "a.yaml"
    file.write_text(connector("one", title="One"), encoding="utf-8")

    dry = await gateway.portico("apply", "-f", file, "--dry-run")
    absent = await gateway.portico("get", "connectors", "one", "-o", "json")
    first = await gateway.portico("apply", "-f", file)
    second = await gateway.portico("apply", "-f", file)
    file.write_text(connector("one", title="Two"), encoding="utf-8")
    third = await gateway.portico("apply", "-f", file)
    found = await gateway.portico("get", "connectors", "one", "-o", "json")

    assert (dry.text, absent.status) == ("one created (dry run)\n", 1)
    assert [first.text, second.text, third.text] == [
        *("one created\n", "one unchanged\n", "one configured\n")
    ]
    assert found.data[0]["title"] == "Two"


async def test_a_published_version_changes_only_with_replace(
    gateway: Running, tmp_path: Path
) -> None:
    (tmp_path / "shop.yaml").write_text(DOCUMENT, encoding="utf-8")
    file = tmp_path / "b.yaml"
    file.write_text(connector("two"), encoding="utf-8")
    await gateway.portico("apply", "-f", file)
    file.write_text(connector("two", "https://b.example"), encoding="utf-8")

    refused = await gateway.portico("apply", "-f", file)
    kept = await gateway.portico("describe", "version", "two", "-o", "json")
    dry = await gateway.portico("apply", "-f", file, "--replace", "--dry-run")
    replaced = await gateway.portico("apply", "-f", file, "--replace")
    now = await gateway.portico("describe", "version", "two", "-o", "json")

    assert (refused.status, refused.out) == (1, b"")
    assert "`connectors/two/versions/v1` is published and its server cannot change" in refused.err
    assert "try --replace" in refused.err
    assert kept.data["direct"]["base_uri"] == "https://a.example"
    assert dry.text == "two configured (dry run)\n"
    assert replaced.text == "two configured\n"
    assert now.data["direct"]["base_uri"] == "https://b.example"


async def test_a_folder_is_applied_without_the_documents_of_its_files(
    gateway: Running, tmp_path: Path
) -> None:
    (tmp_path / "shop.yaml").write_text(DOCUMENT, encoding="utf-8")
    (tmp_path / "three.json").write_text(connector("three"), encoding="utf-8")
    (tmp_path / "Bare Shop.yml").write_text(DOCUMENT, encoding="utf-8")
    (tmp_path / ".hidden.yaml").write_text("broken: [", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("none", encoding="utf-8")

    applied = await gateway.portico("apply", "-f", tmp_path)
    bare = await gateway.portico("describe", "connector", "bare-shop", "-o", "json")

    assert sorted(applied.text.splitlines()) == ["bare-shop created", "three created"]
    assert bare.data["title"] == "Shop"


async def test_standard_input_is_a_file_too(gateway: Running, tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text(DOCUMENT, encoding="utf-8")

    applied = await gateway.portico(
        "apply", "-f", "-", given=connector("four").encode(), cwd=tmp_path
    )
    nameless = await gateway.portico("apply", "-f", "-", given=DOCUMENT.encode())

    assert applied.text == "four created\n"
    assert (nameless.status, "the file's name makes no id" in nameless.err) == (1, True)


async def test_everything_that_is_wrong_with_a_file_is_said_with_its_line(
    gateway: Running, tmp_path: Path
) -> None:
    (tmp_path / "wrong.yaml").write_text(
        "connector: five\ntitel: Five\nversions:\n"
        "  - {id: V1, spec: shop.yaml, sever: 'https://a.example'}\nlive: v2\n",
        encoding="utf-8",
    )
    (tmp_path / "broken.yaml").write_text("connector: [five\nversions: }\n", encoding="utf-8")
    (tmp_path / "good.yaml").write_text(DOCUMENT, encoding="utf-8")

    applied = await gateway.portico("apply", "-f", tmp_path)

    assert applied.status == 1
    assert applied.text == "good created\n"
    for each in (
        "titel: wrong.yaml:2: unknown key; did you mean `title`?",
        "versions[0].id: wrong.yaml:4: must be lower case letters",
        "versions[0].sever: wrong.yaml:4: unknown key; did you mean `server`?",
        "line 2, column 9: broken.yaml: ",
    ):
        assert f"error {each}" in applied.err


async def test_a_document_that_cannot_be_read_names_its_line(
    gateway: Running, tmp_path: Path
) -> None:
    (tmp_path / "shop.yaml").write_text("openapi: 3.1.0\ninfo: }\n", encoding="utf-8")
    (tmp_path / "six.yaml").write_text(connector("six"), encoding="utf-8")

    applied = await gateway.portico("apply", "-f", tmp_path / "six.yaml")
    found = await gateway.portico("get", "connectors", "six", "-o", "json")

    assert (applied.status, applied.out) == (1, b"")
    assert "INVALID_SPEC" in applied.err
    assert "line 2, column 7" in applied.err
    assert (found.status, "no connector `connectors/six`" in found.err) == (1, True)


@pytest.mark.parametrize("given", ["absent.yaml", "empty"])
async def test_nothing_to_apply_is_wrong_usage(
    gateway: Running, tmp_path: Path, given: str
) -> None:
    (tmp_path / "empty").mkdir()

    applied = await gateway.portico("apply", "-f", tmp_path / given)

    assert applied.status == 2
    assert applied.err.startswith("error ")
    assert given in applied.err
