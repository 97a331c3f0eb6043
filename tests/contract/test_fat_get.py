"""A body with GET or HEAD, where nobody asked for one, is refused and read as nothing else."""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from google.api.httpbody_pb2 import HttpBody

from gateway.engines.choice import Name
from tests.doors import a_door, document
from tests.engines import publish
from tests.faces import both_faces
from tests.fakes import HttpBackend, answer
from tests.mirrors import Mirrored, a_mirror, read_answer, request

pytestmark = pytest.mark.asyncio(loop_scope="module")

SAID = answer(b"{}", headers=(("Cache-Control", "max-age=60"),))
SPEC = document(
    {
        "/things": {
            "get": {"operationId": "listThings", "responses": {}},
            "head": {"operationId": "headThings", "responses": {}},
        },
        "/found": {
            "get": {
                "operationId": "findThings",
                "requestBody": {"content": {"application/json": {"schema": {}}}},
                "responses": {},
            }
        },
    }
)
BESIDE = request("GET", "/connectors/shop/versions/live/things?smuggled", None, {"X": "y"})
"""A request that a reader would find who takes no body to be there."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def far() -> AsyncIterator[HttpBackend]:
    async with HttpBackend(SAID) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def mirror(
    tmp_path_factory: pytest.TempPathFactory, far: HttpBackend
) -> AsyncIterator[Mirrored]:
    async with a_mirror(tmp_path_factory.mktemp("mirror")) as opened:
        await publish(opened.parts, "shop", SPEC, far.origin)
        yield opened


@pytest.fixture
def untouched(far: HttpBackend) -> Iterator[None]:
    """Nothing may reach the backend while a test runs."""
    far.requests.clear()
    yield
    assert far.requests == []


def chunked(method: str, body: bytes) -> bytes:
    """A request whose body says its length by its chunks."""
    head = request(method, "/connectors/shop/versions/live/things", None, CHUNKED)
    return head + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)


CHUNKED = {"Transfer-Encoding": "chunked"}


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("kind", ["", "application/json", "text/plain", "no type"])
async def test_i08_the_mirror_refuses_a_body_that_no_operation_takes(
    mirror: Mirrored, method: str, kind: str
) -> None:
    got = await mirror.shop(method, "/things", b'{"a": 1}', {"Content-Type": kind} if kind else {})
    assert (got.status, got.header("portico-origin")) == (400, "facade")
    if method == "GET":
        assert got.error["reason"] == "INVALID_PARAMETERS"
        assert [each["field"] for each in got.error["violations"]] == ["/body"]


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("framed", ["length", "chunks"])
async def test_i08_no_request_is_found_within_such_a_body(
    mirror: Mirrored, method: str, framed: str
) -> None:
    """What follows on the connection is the next request, and has an answer of its own."""
    target = "/connectors/shop/versions/live/things"
    fat = chunked(method, BESIDE) if framed == "chunks" else request(method, target, BESIDE)
    reader, writer = await mirror.open()
    try:
        writer.write(fat + request("GET", "/connectors/shop/versions/live/nothing"))
        assert (await read_answer(reader, method)).status == 400
        assert (await read_answer(reader)).status == 404
    finally:
        writer.close()


async def test_i08_a_body_of_no_bytes_is_none(mirror: Mirrored) -> None:
    assert (await mirror.shop("GET", "/things?", b"")).status == 200


async def test_i08_where_a_document_declares_one_each_body_has_an_answer_of_its_own(
    mirror: Mirrored, far: HttpBackend
) -> None:
    """Some backends search so; then the body is part of what is remembered."""
    far.requests.clear()
    kind = {"Content-Type": "application/json"}
    bodies = [b'{"a": 1}', b'{"a": 2}', b'{"a": 1}', None]
    got = [await mirror.shop("GET", "/found", body, kind) for body in bodies]
    assert [each.header("portico-cache") for each in got] == ["miss", "miss", "hit", "miss"]
    asked = [each.partition(b"\r\n\r\n")[2] for each in far.requests]
    assert asked == [b'{"a": 1}', b'{"a": 2}', b""]


@pytest.mark.usefixtures("untouched")
async def test_i08_a_call_over_grpc_with_such_a_body_is_refused(
    tmp_path: Path, far: HttpBackend, engine: Name
) -> None:
    async with a_door(tmp_path, engine=engine) as door:
        await door.publish("shop", SPEC, far.origin)
        fat = HttpBody(content_type="application/json", data=b"{}")
        for action in ("listThings", "headThings"):
            told = await door.refused(f"shop/{action}", body=fat)
            assert (told.code, told.fields) == ("INVALID_ARGUMENT", ["/body"])
            told = await door.refused(f"shop/{action}", {"body": {"a": 1}})
            assert told.code == "INVALID_ARGUMENT"


async def test_i08_methods_of_the_api_that_read_refuse_one(tmp_path: Path) -> None:
    async with both_faces(tmp_path) as faces:
        for path in ("/v1/connectors", "/v1/connectors/shop/versions", "/v1/traces"):
            got = await faces.http.request("GET", path, content=b'{"pageSize": 1}')
            assert (got.status_code, got.json()["error"]["reason"]) == (400, "INVALID_REQUEST")
            assert "body" in json.dumps(got.json()["error"]["violations"])
