"""The page of documents, and its files."""

import hashlib
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from facade.access.authorize import Authority
from facade.access.meaning import Names
from facade.app.docs.routes import ASSETS, documents, routes
from facade.app.routing import App
from facade.catalog.catalog import Catalog
from facade.config import Settings
from facade.model.access import ANYONE
from facade.model.change import Create, Draft, Promote
from facade.model.names import ConnectorName, VersionName
from tests.gateways import a_catalog
from tests.listeners import asking

SPEC = 'openapi: 3.1.0\ninfo: {title: A, version: "1"}\npaths: {}\n'


async def filled(catalog: Catalog) -> None:
    pets = ConnectorName("pets")
    made = [Create(version_id=each, draft=Draft(spec_text=SPEC)) for each in ("v1", "v2")]
    await catalog.manage(pets, [*made, Promote(name=VersionName("pets", "v2"))])
    connector = catalog.connector(pets)
    titled = replace(connector, title='Pets <script>"&')
    await catalog.update_connector(pets, titled, ("title",))
    await catalog.manage(
        ConnectorName("shop"), [Create(version_id="v1", draft=Draft(spec_text=SPEC))]
    )


def client_of(catalog: Any) -> httpx.AsyncClient:
    access = SimpleNamespace(authority=Authority(Names(catalog), SimpleNamespace()))
    parts: Any = SimpleNamespace(catalog=catalog, access=access)
    return asking(App(routes(parts, Settings())))


async def test_every_document_is_there_to_choose_the_live_one_first(tmp_path: Path) -> None:
    async with a_catalog(tmp_path) as catalog:
        await filled(catalog)
        assert [path for _, path in documents(catalog, ANYONE)] == [
            "v1/openapi.json",
            "api/v1/connectors/openapi.json",
            "v1/connectors/pets/versions/live/openapi.json",
            "v1/connectors/pets/versions/v1/openapi.json",
            "v1/connectors/pets/versions/v2/openapi.json",
            "v1/connectors/shop/versions/v1/openapi.json",
        ]
        async with client_of(catalog) as client:
            page = await client.get("/docs")
        assert "<script>&quot;" not in page.text
        assert "Pets &lt;script&gt;&quot;&amp; (pets): live" in page.text


async def test_the_page_runs_its_own_scripts_and_no_others(tmp_path: Path) -> None:
    async with a_catalog(tmp_path) as catalog, client_of(catalog) as client:
        page = await client.get("/docs")
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert page.headers["x-content-type-options"] == "nosniff"
        policy = page.headers["content-security-policy"]
        nonces = re.findall(r'<script nonce="([\w-]{22})"', page.text)
        assert len(nonces) == page.text.count("<script") == 2
        assert f"script-src 'nonce-{nonces[0]}';" in policy
        assert nonces[1] == nonces[0]
        assert nonces[0] not in (await client.get("/docs")).text
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert not re.search(r"<script(?![^>]* src=)|\son\w+=|https?:", page.text)
        links = re.findall(r'(?:src|href)="(docs/[^"]+)"', page.text)
        assert len(links) == 4
        for link in links:
            assert (await client.get(f"/{link}")).status_code == 200


async def test_a_file_may_be_kept_and_is_known_again(tmp_path: Path) -> None:
    async with a_catalog(tmp_path) as catalog, client_of(catalog) as client:
        page = (await client.get("/docs")).text
        link = re.findall(r'src="(docs/[^"]+docs\.js)"', page)[0]
        answer = await client.get(f"/{link}")
        assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
        assert "immutable" in answer.headers["cache-control"]
        assert answer.content == (ASSETS / "docs.js").read_bytes()
        known = {"if-none-match": answer.headers["etag"]}
        assert (await client.get(f"/{link}", headers=known)).status_code == 304


@pytest.mark.parametrize(
    "path",
    ["docs/assets/old/docs.js", "docs/assets/{}/README.md", "docs/assets/{}/..%2Froutes.py"],
)
async def test_nothing_else_of_the_folder_is_served(tmp_path: Path, path: str) -> None:
    async with a_catalog(tmp_path) as catalog, client_of(catalog) as client:
        version = re.findall(r"docs/assets/(\w+)/", (await client.get("/docs")).text)[0]
        assert (await client.get("/" + path.format(version))).status_code == 404


async def test_the_root_leads_to_the_page(tmp_path: Path) -> None:
    async with a_catalog(tmp_path) as catalog, client_of(catalog) as client:
        answer = await client.get("/")
        assert (answer.status_code, answer.headers["location"]) == (307, "docs")


def test_the_vendored_files_are_those_that_the_table_names() -> None:
    table = (ASSETS / "README.md").read_text()
    vendored = [each for each in ASSETS.iterdir() if each.name.startswith("swagger-ui")]
    assert len(vendored) == 3
    for file in (*vendored, ASSETS / "LICENSE", ASSETS / "NOTICE"):
        assert hashlib.sha256(file.read_bytes()).hexdigest() in table, file.name
