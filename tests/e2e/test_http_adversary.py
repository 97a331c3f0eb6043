"""The HTTP face as a whole process, asked by callers, web pages and backends that mean harm."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from facade.hop.signature import Keys, Message, sign
from gateway.v1.gateway_pb2 import ExecuteActionRequest
from tests.doors import document, named, refusal
from tests.facades import KEY, key_file
from tests.fakes import HttpBackend, answer
from tests.processes import facade_up, portico_up, start, stop
from tests.servers import free_port

pytestmark = pytest.mark.asyncio(loop_scope="module")

LIVE = "/connectors/shop/versions/live"
CANARY = "canary-5e1f"
SCRIPT = "<script>alert(1)</script>"

SPEC = document(
    {
        "/it": {"get": {"operationId": "get", "summary": SCRIPT, "responses": {}}},
        "/it/{id}": {
            "get": {
                "operationId": "one",
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
                ],
                "responses": {},
            }
        },
        "/make": {
            "post": {
                "operationId": "make",
                "requestBody": {"content": {"application/json": {}}},
                "responses": {},
            }
        },
    },
    info={"title": SCRIPT, "version": "1"},
    security=[{"query": []}],
    components={"securitySchemes": {"query": {"type": "apiKey", "in": "query", "name": "api_key"}}},
)

FORWARDED = {
    "x-forwarded-host": "evil.example",
    "x-forwarded-proto": "https",
    "x-forwarded-prefix": "/evil.example",
    "x-forwarded-for": "6.6.6.6",
    "forwarded": "for=6.6.6.6;host=evil.example;proto=https",
    "x-original-url": "/v1/secrets?evil.example",
    "x-rewrite-url": "/v1/secrets?evil.example",
    "x-http-method-override": "DELETE",
}


class Shop:
    """A facade that runs, the backend behind its one connector, and what it has logged."""

    def __init__(self, url: str, backend: HttpBackend, log: Path) -> None:
        self.url = url
        self.backend = backend
        self._log = log

    @property
    def logged(self) -> str:
        return self._log.read_text()

    def client(self, **options: Any) -> httpx.AsyncClient:
        return httpx.AsyncClient(trust_env=False, base_url=self.url, **options)


def connector(name: str, **version: Any) -> str:
    """A connector file."""
    made = {"id": "v1", "spec": SPEC, **version}
    return json.dumps({"connector": name, "title": SCRIPT, "versions": [made], "live": "v1"})


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    folder: Path = tmp_path_factory.mktemp("shop")
    key = {"scheme": "query", "apiKey": {"key": "env:PORTICO_SECRET_SHOP"}}
    said = answer(b"{}", headers=(("Content-Type", "application/json"),))
    async with HttpBackend(said) as backend:
        files = {"shop.yaml": connector("shop", server=backend.origin, credentials=[key])}
        flags = ("--hop-key", str(key_file(folder)), "--traces", "20", "--log-level", "debug")
        env = {"PORTICO_SECRET_SHOP": CANARY}
        async with facade_up(folder, files, *flags, env=env, log=folder / "log") as (_, url):
            yield Shop(url, backend, folder / "log")


ONLY = (("portico-cache", "only"),)
"""What has an answer of its own, where it is believed: nothing is remembered here."""


def signed(
    key: bytes = KEY,
    method: str = "POST",
    target: str = f"{LIVE}/make",
    body: bytes = b"{}",
    fields: tuple[tuple[str, str], ...] = ONLY,
    age: float = 0.0,
) -> str:
    """A signature for a request."""
    message = Message(method=method, target=target, headers=fields, body=body)
    return sign(Keys(lambda: (key,)).now()[0], message, time.time() - age)


MADE = {
    "of another key": signed(b"x" * 32),
    "of no key": "key=00000000;time=1;body=unsigned-payload;mac=" + "0" * 64,
    "of another method": signed(method="PUT"),
    "of another target": signed(target=f"{LIVE}/make?a=b"),
    "of the live version's own name": signed(target=LIVE.replace("live", "v1") + "/make"),
    "of another body": signed(body=b"{ }"),
    "of other fields": signed(fields=(("portico-cache", "bypass"),)),
    "of fewer fields": signed(fields=()),
    "of more fields": signed(fields=(*ONLY, ("portico-tenant", "acme"))),
    "of an hour ago": signed(age=3600),
    "of an hour to come": signed(age=-3600),
    "of no form": "true",
    "of nothing": "",
}


async def asked(shop: Shop, *fields: tuple[str, str]) -> httpx.Response:
    """A request with fields, and its answer."""
    async with shop.client() as client:
        given = (("content-type", "application/json"), *fields)
        return await client.post(f"{LIVE}/make", content=b"{}", headers=given)


async def test_c06_what_is_signed_is_believed_and_what_is_not_is_not_there(shop: Shop) -> None:
    before = len(shop.backend.requests)
    plain = await asked(shop, *ONLY, ("portico-tenant", "acme"), ("portico-timeout", "0.0001"))
    assert (plain.status_code, plain.headers["portico-origin"]) == (200, "backend")
    right = await asked(shop, *ONLY, ("portico-signature", signed()))
    assert right.json()["error"]["reason"] == "NOT_CACHED"
    again = await asked(shop, *ONLY, ("Portico-Signature", signed()), ("portico_tenant", "acme"))
    assert again.json()["error"]["reason"] == "NOT_CACHED"
    assert len(shop.backend.requests) == before + 1
    assert b"portico-" not in shop.backend.requests[-1].lower()


@pytest.mark.parametrize("made", MADE)
async def test_c06_a_signature_that_does_not_hold_is_refused(shop: Shop, made: str) -> None:
    before = len(shop.backend.requests)
    refused = await asked(shop, *ONLY, ("portico-signature", MADE[made]))
    assert refused.status_code == 401
    assert refused.json()["error"]["reason"] == "HOP_UNTRUSTED"
    assert refused.headers["portico-origin"] == "facade"
    assert len(shop.backend.requests) == before


@pytest.mark.parametrize(
    "more",
    [
        (("portico-cache", "bypass"),),
        (("portico-tenant", "acme"),),
        (("PORTICO-SUBJECT", "root"),),
        (("portico-colour", "blue"),),
    ],
)
async def test_c06_no_field_is_added_to_what_is_signed(
    shop: Shop, more: tuple[tuple[str, str], ...]
) -> None:
    for fields in ((*ONLY, *more), (*more, *ONLY)):
        refused = await asked(shop, *fields, ("portico-signature", signed()))
        assert refused.json()["error"]["reason"] == "HOP_UNTRUSTED"


async def test_a15_hosts_and_forwarded_fields_are_neither_believed_nor_repeated(shop: Shop) -> None:
    paths = ("/", "/docs", "/v1/openapi.json", f"/v1{LIVE}/openapi.json", f"{LIVE}/it", "/nope")
    async with shop.client() as client:
        for path in paths:
            plain = await client.get(path)
            odd = await client.get(path, headers={**FORWARDED, "host": "evil.localhost"})
            assert odd.status_code == plain.status_code
            assert "evil." not in f"{odd.text}{odd.headers}"
            assert odd.headers.get("location") == plain.headers.get("location")
            far = await client.get(path, headers={"host": "evil.example"})
            assert far.status_code == 421
            assert "evil." not in f"{far.text}{far.headers}"
    assert b"evil." not in b"".join(shop.backend.requests)
    assert "evil." not in shop.logged
    assert "6.6.6.6" not in shop.logged


PATHS = [
    ("//v1/connectors", 404),
    ("/v1//connectors", 404),
    ("/v1/./connectors", 404),
    ("/v1/x/../connectors", 404),
    ("/v1/%2e%2e/connectors", 404),
    ("/v1/connectors%2f", 404),
    ("/v1/connectors%00", 404),
    ("/V1/connectors", 404),
    ("/docs/assets/../../docs", 404),
    ("/docs/assets/x/%2e%2e%2froutes.py", 404),
    ("/healthz/../v1/connectors", 404),
    (f"{LIVE}//it", 404),
    (f"{LIVE}/./it", 404),
    (f"{LIVE}/../live/it", 404),
    (f"{LIVE}/%2e%2e/live/it", 404),
    (f"{LIVE}/it/..", 400),
    (f"{LIVE}/it/%2e%2e", 400),
    (f"{LIVE}/it/%00", 400),
    (f"{LIVE}/it/a%0d%0ax:%20y", 400),
    (f"{LIVE}/it/%ff", 400),
    (f"{LIVE}/it/{SCRIPT}", 404),
    ("/connectors/shop%0a/versions/live/it", 404),
    (f"/connectors/{SCRIPT[:8]}/versions/live/it", 404),
    ("http://evil.example/nope", 404),
    ("*", 404),
]


@pytest.mark.parametrize(("target", "status"), PATHS)
async def test_a09_no_way_to_write_a_path_leads_around_its_route(
    shop: Shop, target: str, status: int
) -> None:
    before = len(shop.backend.requests)
    head, body = await raw(shop.url, target)
    assert head.startswith(f"HTTP/1.1 {status} ")
    assert "\r\ncontent-type: application/json\r\n" in head
    assert "\r\nx-content-type-options: nosniff\r\n" in head
    assert json.loads(body)["error"]["code"] == str(status)
    assert len(shop.backend.requests) == before


async def raw(url: str, target: str) -> tuple[str, str]:
    """Head and body of the answer to a target as it is written here."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
    try:
        writer.write(
            f"GET {target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n".encode()
        )
        async with asyncio.timeout(10):
            said = (await reader.read()).decode("latin-1")
    finally:
        writer.close()
    head, _, body = said.partition("\r\n\r\n")
    return head, body


async def test_h19_what_documents_say_is_no_script_of_the_page(shop: Shop) -> None:
    async with shop.client() as client:
        page = await client.get("/docs")
        assert SCRIPT not in page.text
        assert "&lt;script&gt;alert(1)" in page.text
        assert "script-src 'nonce-" in page.headers["content-security-policy"]
        for path in ("/v1/connectors", f"/v1{LIVE}/openapi.json", f"/v1{LIVE}/actions"):
            told = await client.get(path)
            assert SCRIPT in told.text
            assert told.headers["content-type"] == "application/json"
            assert told.headers["x-content-type-options"] == "nosniff"


async def test_l01_a_secret_is_in_nothing_that_is_told(shop: Shop) -> None:
    tells = ("/v1/connectors/shop", f"/v1{LIVE}", f"/v1{LIVE}/openapi.json", "/v1/traces")
    async with shop.client() as client:
        trace = (await client.get(f"{LIVE}/it")).headers["portico-trace"]
        assert f"api_key={CANARY}".encode() in shop.backend.requests[-1]
        dry = f"/v1{LIVE}/actions/get:execute"
        told = [(await client.post(dry, json={"validateOnly": True})).text]
        paths = (*tells, f"/v1/traces/{trace}", "/metrics", "/docs", "/v1/secrets")
        told += [(await client.get(path)).text for path in paths]
    assert CANARY not in "".join(told) + shop.logged


async def test_e_beyond_the_development_profile_this_host_is_no_backend(tmp_path: Path) -> None:
    async with HttpBackend() as inside:
        process, url = await start(
            *("facade", "--http", "127.0.0.1:0", "--data", "memory", "--drain-delay", "0"),
            log=tmp_path / "log",
        )
        try:
            async with httpx.AsyncClient(trust_env=False, base_url=url) as client:
                await asks_inside(client, inside)
        finally:
            await stop(process)
        assert inside.requests == []


async def asks_inside(client: httpx.AsyncClient, inside: HttpBackend) -> None:
    """Every way to have the facade ask this host."""
    made = {"create": {"versionId": "v1", "version": {}}}
    parent = "/v1/connectors/shop/versions:manage"
    for uri in (f"{inside.origin}/openapi.json", "http://169.254.169.254/latest", "file:///etc"):
        made["create"]["version"] = {"specUri": uri}
        refused = await client.post(parent, json={"changes": [made]})
        assert refused.status_code in {400, 403}, refused.text
    made["create"]["version"] = {
        "specText": json.dumps(SPEC),
        "direct": {"baseUri": inside.origin},
    }
    created = await client.post(parent, json={"changes": [made]})
    assert created.is_success, created.text
    for path in ("/connectors/shop/versions/v1/it", f"{inside.origin}/it"):
        head, _ = await raw(str(client.base_url).rstrip("/"), path)
        assert head[9:12] in {"403", "404"}


@asynccontextmanager
async def a_ring(folder: Path) -> AsyncIterator[tuple[str, Any]]:
    """A gateway whose one connector leads back to its own HTTP face; its URL, and its door."""
    port = free_port()
    there = f"http://127.0.0.1:{port}/connectors/ring/versions/v1"
    files = {"ring.yaml": connector("ring", indirect={"server": there})}
    async with portico_up(folder, files, "--http", f"127.0.0.1:{port}") as running:
        yield there, running.gateway


async def test_c_a_facade_that_leads_to_itself_is_told_so_at_once(tmp_path: Path) -> None:
    async with a_ring(tmp_path) as (url, gateway), httpx.AsyncClient(trust_env=False) as client:
        for _ in range(3):
            began = time.monotonic()
            told = await client.get(f"{url}/it")
            call = gateway.ExecuteAction(ExecuteActionRequest(name=named("ring/get")))
            assert (await refusal(call)).info.reason == "HOP_LOOP"
            assert told.json()["error"]["reason"] == "HOP_LOOP"
            assert time.monotonic() - began < 5
