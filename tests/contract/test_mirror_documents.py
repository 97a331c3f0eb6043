"""The documents that tell how versions are called through the facade."""

import csv
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import openapi_spec_validator
import pytest
import pytest_asyncio

from facade.app.mirror.document.served import served
from facade.demo import petstore
from facade.model.credential import ApiKey, Credential
from facade.spec.limits import DEFAULT
from facade.spec.load import load, read
from facade.spec.spec import Spec
from tests.doors import document
from tests.engines import publish
from tests.fakes import HttpBackend, a_version
from tests.mirrors import Mirrored, a_mirror

pytestmark = pytest.mark.asyncio(loop_scope="module")

CORPUS = (Path(__file__).resolve().parents[2] / "../shared/corpus").resolve()
MANIFEST = CORPUS / "MANIFEST.tsv"
LARGEST = 60_000
"""Bytes of a document that a run takes: the validator is slow."""


def smoke() -> list[str]:
    if not MANIFEST.exists():
        return []
    with MANIFEST.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    chosen = (each for each in rows if each["smoke"] == "smoke" and int(each["bytes"]) <= LARGEST)
    return [each["file"] for each in chosen if (CORPUS / each["file"]).is_file()]


def flaw(tree: Any) -> str:
    """What the validator says; empty where the document is valid."""
    try:
        openapi_spec_validator.validate(tree)
    except Exception as problem:  # noqa: BLE001 - it raises whatever a library below it does
        return str(problem) or type(problem).__name__
    return ""


@pytest.mark.parametrize("name", smoke() or [None])
async def test_what_is_served_is_valid_where_its_source_is_and_has_its_actions(
    name: str | None,
) -> None:
    if name is None:
        pytest.skip("the corpus of real documents is absent")
    text = (CORPUS / name).read_text(encoding="utf-8")
    spec = Spec(load(text)[0])
    made = served(text, a_version(), spec, "/connectors/c/versions/v1", DEFAULT)
    tree = json.loads(made)
    again = Spec(load(made)[0])
    callable_ = [each for each in spec.ids if not spec.action(each).problems]
    assert list(again.ids) == callable_
    servers = {server.url for each in map(again.action, again.ids) for server in each.servers}
    assert servers <= {"/connectors/c/versions/v1"}
    assert not flaw(tree) or flaw(read(text).tree)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def mirror(
    tmp_path_factory: pytest.TempPathFactory, backend: HttpBackend
) -> AsyncIterator[Mirrored]:
    async with a_mirror(tmp_path_factory.mktemp("mirror")) as opened:
        spec = read(petstore.document()).tree
        key = Credential(scheme="shopKey", kind=ApiKey(key="env:PORTICO_SECRET_KEY"))
        await publish(opened.parts, "shop", spec, backend.origin, credentials=(key,))
        yield opened


async def test_the_document_names_the_facade_and_nothing_of_the_backend(
    mirror: Mirrored, backend: HttpBackend
) -> None:
    got = await mirror.ask("GET", "/v1/connectors/shop/versions/v1/openapi.json")
    tree = json.loads(got.body)
    assert (got.status, got.header("content-type")) == (200, "application/json")
    assert tree["servers"] == [{"url": "/connectors/shop/versions/v1"}]
    for secret in (backend.origin, "127.0.0.1", "PORTICO_SECRET_KEY", "shopKey"):
        assert secret not in got.body.decode()
    assert not flaw(tree)
    inventory = tree["paths"]["/store/inventory"]["get"]
    assert inventory["security"] == [{}]
    statuses = {"400", "401", "403", "404", "409", "429", "500", "502", "503", "504"}
    assert statuses <= inventory["responses"].keys()
    assert {"413", "415"} <= tree["paths"]["/echo"]["post"]["responses"].keys()


async def test_live_has_a_document_whose_address_is_live(mirror: Mirrored) -> None:
    got = await mirror.ask("GET", "/v1/connectors/shop/versions/live/openapi.json")
    assert json.loads(got.body)["servers"] == [{"url": "/connectors/shop/versions/live"}]


async def test_who_has_the_document_is_told_so(mirror: Mirrored) -> None:
    target = "/v1/connectors/shop/versions/v1/openapi.json"
    etag = (await mirror.ask("GET", target)).header("etag")
    for known in (etag, f'"other", W/{etag}', "*"):
        again = await mirror.ask("GET", target, headers={"If-None-Match": known})
        assert (again.status, again.body, again.header("etag")) == (304, b"", etag)
    assert (await mirror.ask("GET", target, headers={"If-None-Match": '"x"'})).status == 200


async def test_a_version_that_is_not_there_has_no_document(mirror: Mirrored) -> None:
    got = await mirror.ask("GET", "/v1/connectors/shop/versions/v9/openapi.json")
    assert (got.status, got.error["reason"]) == (404, "VERSION_NOT_FOUND")


async def test_behind_a_public_url_servers_are_absolute(tmp_path: Path) -> None:
    url = "https://api.example.com/portico"
    swagger = {
        "swagger": "2.0",
        "info": {"title": "t", "version": "1"},
        "host": "10.0.0.1:8080",
        "basePath": "/internal",
        "schemes": ["http"],
        "paths": {"/a": {"get": {"schemes": ["http"], "responses": {"200": {"description": ""}}}}},
    }
    async with a_mirror(tmp_path, public_url=url) as opened:
        await publish(opened.parts, "new", document({"/a": {"get": {"responses": {}}}}), "http://x")
        await publish(opened.parts, "old", swagger, "http://x")
        new = await opened.ask("GET", "/v1/connectors/new/versions/v1/openapi.json")
        old = await opened.ask("GET", "/v1/connectors/old/versions/v1/openapi.json")
    assert json.loads(new.body)["servers"] == [{"url": f"{url}/connectors/new/versions/v1"}]
    tree = json.loads(old.body)
    assert (tree["host"], tree["schemes"]) == ("api.example.com", ["https"])
    assert tree["basePath"] == "/portico/connectors/old/versions/v1"
    assert "internal" not in old.body.decode()
    assert "schemes" not in tree["paths"]["/a"]["get"]
    assert not flaw(tree)
