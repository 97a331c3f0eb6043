"""The mirror from outside: what a caller of a version's own paths gets."""

import json
import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
import pytest_asyncio

from facade.demo import petstore
from facade.model.policy import Breaker, Policy, Retry
from facade.spec.load import read
from tests.doors import document
from tests.engines import publish
from tests.fakes import HttpBackend, answer
from tests.mirrors import Mirrored, a_mirror

pytestmark = pytest.mark.asyncio(loop_scope="module")

SPEC = document(
    {
        "/things/{id}": {
            "get": {
                "operationId": "getThing",
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
                    {"name": "tag", "in": "query", "schema": {"type": "array"}},
                ],
                "responses": {},
            },
            "head": {
                "operationId": "headThing",
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
                ],
                "responses": {},
            },
        },
        "/things": {
            "get": {"operationId": "listThings", "responses": {}},
            "post": {
                "operationId": "addThing",
                "requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}},
                "responses": {},
            },
        },
        "/things/mine": {"get": {"operationId": "getMine", "responses": {}}},
        "/whole": {
            "put": {
                "operationId": "putWhole",
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {"schema": {"type": "object"}},
                        "text/plain": {},
                    },
                },
                "responses": {},
            },
        },
        "/broken/{x": {"get": {"operationId": "broken", "responses": {}}},
    }
)


PLAIN = Policy(retry=Retry(max_attempts=1), breaker=Breaker(enabled=False))


class Said:
    """What the backend answers next."""

    data = answer(b"{}")

    def __call__(self, _request: bytes) -> bytes:
        return self.data


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def backend() -> AsyncIterator[HttpBackend]:
    async with HttpBackend(Said()) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def mirror(
    tmp_path_factory: pytest.TempPathFactory, backend: HttpBackend
) -> AsyncIterator[Mirrored]:
    folder: Path = tmp_path_factory.mktemp("mirror")
    async with a_mirror(folder, max_request_bytes=4096) as opened:
        await publish(opened.parts, "shop", SPEC, backend.origin, policy=PLAIN)
        yield opened


@pytest.fixture(autouse=True)
def said(backend: HttpBackend) -> Said:
    backend.requests.clear()
    respond = backend._respond
    assert isinstance(respond, Said)
    respond.data = answer(b"{}")
    return respond


def says(status: int, body: bytes = b"", **headers: str) -> bytes:
    fields = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return answer(body, status=status, headers=fields)


async def test_status_fields_and_bytes_are_the_backends(mirror: Mirrored, said: Said) -> None:
    said.data = answer(
        b'{"n": 9007199254740993 }',
        status=207,
        headers=(
            ("Content-Type", "application/json"),
            ("Set-Cookie", "a=1"),
            ("Set-Cookie", "b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT"),
            ("Date", "Wed, 21 Oct 2026 07:28:00 GMT"),
            ("X-Odd", "caf\xe9"),
        ),
    )
    got = await mirror.shop("GET", "/things/7")
    assert (got.status, got.body) == (207, b'{"n": 9007199254740993 }')
    assert [value for name, value in got.headers if name == "set-cookie"] == [
        "a=1",
        "b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT",
    ]
    assert got.header("date") == "Wed, 21 Oct 2026 07:28:00 GMT"
    assert got.header("x-odd") == "caf\xe9"
    assert got.header("portico-origin") == "backend"
    assert got.header("portico-attempts") == "1"
    assert got.header("portico-outcome") == "EXECUTED"


@pytest.mark.parametrize(
    "status", [200, 201, 204, 205, 299, 304, 308, 400, 404, 418, 451, 500, 503, 599]
)
async def test_whatever_the_status_it_is_handed_on(
    mirror: Mirrored, said: Said, status: int
) -> None:
    said.data = says(status, b"" if status in (204, 205, 304) else b"<p>no envelope</p>", X_A="1")
    got = await mirror.shop("GET", "/things")
    assert got.status == status
    assert got.body == (b"" if status in (204, 205, 304) else b"<p>no envelope</p>")
    assert (got.header("portico-origin"), got.header("x-a")) == ("backend", "1")


async def test_a_status_that_http_does_not_have_is_a_bad_gateway(
    mirror: Mirrored, said: Said
) -> None:
    said.data = says(799, b"?")
    got = await mirror.shop("GET", "/things")
    assert (got.status, got.header("portico-origin")) == (502, "facade")


async def test_fields_of_one_connection_and_forged_marks_do_not_pass(
    mirror: Mirrored, said: Said
) -> None:
    said.data = says(
        200, b"{}", Connection="keep-alive, X-Mine", Keep_Alive="timeout=5", X_Mine="1",
        Proxy_Authenticate="Basic", Trailer="X-End", Portico_Origin="facade", Portico_Foo="x",
    )  # fmt: skip
    got = await mirror.shop("GET", "/things")
    assert not {name for name, _ in got.headers} & {
        "keep-alive", "x-mine", "proxy-authenticate", "trailer", "portico-foo",
    }  # fmt: skip
    assert got.header("portico-origin") == "backend"


@pytest.mark.parametrize("value", ["a\x01b", "a\x7fb", "a\x1b[2J"])
async def test_no_control_character_of_a_field_passes(
    mirror: Mirrored, said: Said, value: str
) -> None:
    said.data = says(200, b"{}", X_Odd=value, X_High="\xe9\t\xff")
    got = await mirror.shop("GET", "/things")
    assert got.header("x-odd") == re.sub(r"[\x00-\x1f\x7f]", " ", value)
    assert got.header("x-high") == "\xe9\t\xff"


async def test_head_keeps_the_length_that_the_backend_tells(mirror: Mirrored, said: Said) -> None:
    said.data = b"HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n"
    got = await mirror.shop("HEAD", "/things/7")
    assert (got.status, got.header("content-length"), got.body) == (200, "12345", b"")


async def test_a_304_keeps_its_etag_and_has_no_length(mirror: Mirrored, said: Said) -> None:
    said.data = b'HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\nETag: "a"\r\n\r\n'
    got = await mirror.shop("GET", "/things/7")
    assert (got.status, got.header("etag")) == (304, '"a"')
    assert not got.header("content-length")


async def test_slots_are_read_as_they_came(mirror: Mirrored, backend: HttpBackend) -> None:
    got = await mirror.shop("GET", "/things/a%20b%25%3Fd?tag=1&tag=%26")
    assert got.status == 200, got.body
    assert backend.requests[-1].startswith(b"GET /things/a%20b%25%3Fd?tag=1&tag=%26 HTTP/1.1")


@pytest.mark.parametrize(
    ("method", "path", "status", "reason"),
    [
        ("GET", "/nothing", 404, "ACTION_NOT_FOUND"),
        ("DELETE", "/things", 405, "ACTION_NOT_FOUND"),
        ("HEAD", "/things", 405, ""),
        ("GET", "/things?unknown=1", 400, "INVALID_PARAMETERS"),
        ("GET", "/broken/%7Bx", 501, "ACTION_UNSUPPORTED"),
        ("GET", "/things/a%0Ab", 400, "INVALID_PARAMETERS"),
    ],
)
async def test_what_is_not_declared_is_refused_before_the_backend(
    mirror: Mirrored, backend: HttpBackend, method: str, path: str, status: int, reason: str
) -> None:
    got = await mirror.shop(method, path)
    assert got.status == status
    assert (got.header("portico-origin"), got.header("portico-outcome")) == (
        "facade",
        "NOT_EXECUTED",
    )
    assert not reason or (got.error["reason"], got.error["domain"]) == (reason, "facade")
    assert got.header("allow") == ("GET, OPTIONS, POST" if status == 405 else "")
    assert not backend.requests


async def test_an_unknown_pair_of_the_query_is_named(mirror: Mirrored) -> None:
    got = await mirror.shop("GET", "/things/7?tga=1")
    [violation] = got.error["violations"]
    assert violation["field"] == "/tga"
    assert "tag" in violation["description"]


async def test_fields_and_cookies_that_nobody_declares_are_ignored(
    mirror: Mirrored, backend: HttpBackend
) -> None:
    fields = {"X-Unknown": "1", "Cookie": "a=b", "Portico-Tenant": "forged", "User-Agent": "me"}
    got = await mirror.shop("GET", "/things", headers=fields)
    assert got.status == 200
    assert b"unknown" not in backend.requests[-1].lower()
    assert b"forged" not in backend.requests[-1]


@pytest.mark.parametrize(("method", "status"), [("POST", 403), ("GET", 200)])
async def test_a_page_of_another_site_reaches_no_backend_but_by_reading(
    mirror: Mirrored, backend: HttpBackend, method: str, status: int
) -> None:
    form = {"Content-Type": "text/plain", "Sec-Fetch-Site": "cross-site"}
    got = await mirror.shop(method, "/things", b"{}" if method == "POST" else None, form)
    assert got.status == status
    assert len(backend.requests) == (method == "GET")
    if method == "POST":
        assert (got.error["reason"], got.header("portico-origin")) == ("CROSS_SITE", "facade")


async def test_a_page_of_the_backends_has_no_rights_of_the_facades_origin(
    mirror: Mirrored, said: Said
) -> None:
    said.data = says(200, b"<script>1</script>", Content_Type="text/html", Clear_Site_Data='"*"')
    for accept in ("*/*", "text/event-stream"):  # whole, and as it comes
        got = await mirror.shop("GET", "/things", None, {"Accept": accept})
        assert got.header("content-security-policy") == "sandbox"
        assert got.header("x-content-type-options") == "nosniff"
        assert got.header("clear-site-data") == ""


async def test_options_tells_the_methods(mirror: Mirrored, backend: HttpBackend) -> None:
    got = await mirror.shop("OPTIONS", "/things")
    assert (got.status, got.header("allow")) == (204, "GET, OPTIONS, POST")
    assert (await mirror.shop("OPTIONS", "/nothing")).status == 404
    assert not backend.requests


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/connectors/none/versions/live/things", "CONNECTOR_NOT_FOUND"),
        ("/connectors/shop/versions/v9/things", "VERSION_NOT_FOUND"),
    ],
)
async def test_a_version_that_is_not_there(mirror: Mirrored, path: str, reason: str) -> None:
    got = await mirror.ask("GET", path)
    assert (got.status, got.error["reason"]) == (404, reason)


JSON = {"Content-Type": "application/json"}
BODIES: list[tuple[bytes, Mapping[str, str], int]] = [
    (b'{"a": 1.0}', JSON, 200),
    (b"[1]", JSON, 400),
    (b"{", JSON, 400),
    (b"<a/>", {"Content-Type": "application/xml"}, 415),
    (b"\x1f\x8b", {**JSON, "Content-Encoding": "gzip"}, 415),
    (b'"' + b"x" * 5000 + b'"', JSON, 413),
]


@pytest.mark.parametrize(("body", "headers", "status"), BODIES)
async def test_bodies_are_judged_by_what_is_declared(
    mirror: Mirrored, backend: HttpBackend, body: bytes, headers: Mapping[str, str], status: int
) -> None:
    got = await mirror.shop("POST", "/things", body, headers)
    assert got.status == status
    assert bool(backend.requests) == (status == 200)
    assert status != 200 or backend.requests[-1].endswith(b'\r\n\r\n{"a": 1.0}')
    assert (got.header("accept") == "application/json") == (status == 415)


async def test_a_chunked_body_over_the_limit_is_refused(
    mirror: Mirrored, backend: HttpBackend
) -> None:
    fields = {**JSON, "Transfer-Encoding": "chunked"}
    body = b"".join(b"400\r\n" + b"x" * 1024 + b"\r\n" for _ in range(6)) + b"0\r\n\r\n"
    reader, writer = await mirror.open()
    target = "/connectors/shop/versions/live/things"
    lines = "".join(f"{name}: {value}\r\n" for name, value in {"Host": "h", **fields}.items())
    writer.write(f"POST {target} HTTP/1.1\r\n{lines}\r\n".encode() + body)
    assert b" 413 " in await reader.readline()
    writer.close()
    assert not backend.requests


async def test_problem_json_is_told_to_who_prefers_it(mirror: Mirrored) -> None:
    got = await mirror.shop("GET", "/nothing", headers={"Accept": "application/problem+json"})
    assert got.header("content-type") == "application/problem+json"
    assert json.loads(got.body)["reason"] == "ACTION_NOT_FOUND"


async def test_the_demos_store_through_the_mirror(mirror: Mirrored) -> None:
    runner, base = await petstore.start("key")
    try:
        await publish(mirror.parts, "pets", read(petstore.document()).tree, base)
        got = await mirror.ask("GET", "/connectors/pets/versions/v1/pet/9007199254740993")
        assert json.loads(got.body)["id"] == 9007199254740993
        gone = await mirror.ask("GET", "/connectors/pets/versions/v1/pet/404")
        assert (gone.status, gone.header("portico-origin")) == (404, "backend")
        assert gone.error == {"code": "404", "description": "there is no pet 404"}
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        (None, None, 400),
        ("application/json", b"", 400),
        ("application/json", b"{}", 200),
        ("text/plain", b"", 200),
    ],
)
async def test_a_required_body_is_never_made_of_nothing(
    kind: str | None, body: bytes | None, status: int, mirror: Mirrored, backend: HttpBackend
) -> None:
    headers = {"Content-Type": kind} if kind else {}
    got = await mirror.shop("PUT", "/whole", body, headers)
    assert got.status == status
    if status == 400:
        assert got.error["violations"] == [{"field": "/body", "description": "is required"}]
        assert not backend.requests


async def test_a_path_without_slots_has_its_own_methods_alone(mirror: Mirrored) -> None:
    assert (await mirror.shop("HEAD", "/things/7")).status == 200
    got = await mirror.shop("HEAD", "/things/mine")
    assert (got.status, got.header("allow")) == (405, "GET, OPTIONS")
