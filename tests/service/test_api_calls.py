"""Calls through the API: digits, deadlines, limits, and what stands around the answer."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.doors import PLAIN, document
from tests.faces import Faces, both_faces
from tests.fakes import HttpBackend

EXECUTE = "/v1/connectors/shop/versions/live/actions/{}:execute"
BIG = b'{ "big": 9007199254740993, "exact": 0.10, "z": 1, "a": [1e400] }'

SPEC = document(
    {
        "/echo": {
            "post": {
                "operationId": "echo",
                "requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}},
                "responses": {"200": {"description": "", "content": {"application/json": {}}}},
            }
        },
        "/file": {
            "put": {
                "operationId": "putFile",
                "requestBody": {"content": {"image/png": {}}},
                "responses": {"200": {"description": "", "content": {"image/png": {}}}},
            }
        },
        "/none": {"delete": {"operationId": "get/none", "responses": {"204": {"description": ""}}}},
    }
)


def _answer(request: bytes) -> bytes:
    if b"DELETE" in request[:7]:
        return b"HTTP/1.1 204 No Content\r\n\r\n"
    head, _, body = request.partition(b"\r\n\r\n")
    kind = b"image/png" if head.startswith(b"PUT") else b"application/json"
    said = b"content-type: %b\r\ncontent-length: %d" % (kind, len(body))
    return b"HTTP/1.1 200 OK\r\n%b\r\n\r\n%b" % (said, body)


@pytest.fixture
async def faces(tmp_path: Path) -> AsyncIterator[Faces]:
    async with (
        HttpBackend(_answer) as backend,
        both_faces(tmp_path, max_request_bytes=100_000) as opened,
    ):
        await opened.door.publish("shop", SPEC, backend.origin, policy=PLAIN)
        yield opened


async def execute(faces: Faces, action: str, body: Any, **headers: str) -> httpx.Response:
    text = body if isinstance(body, bytes) else json.dumps(body)
    said = {"content-type": "application/json"} | headers
    return await faces.http.post(EXECUTE.format(action), content=text, headers=said)


async def test_arguments_and_answers_keep_every_byte(faces: Faces) -> None:
    answer = await execute(faces, "echo", b'{"parameters": {"body": %b}}' % BIG)
    assert answer.content == b'{"data":{"json":%b}}' % BIG
    assert answer.headers["x-http-status"] == "200"
    assert answer.headers["x-cache"] == "bypass"
    assert len(answer.headers["x-trace-id"]) == 32


async def test_a_file_goes_in_and_out_in_base64(faces: Faces) -> None:
    body = {"contentType": "image/png", "data": "iVBOR/8="}
    answer = await execute(faces, "putFile", {"body": body})
    assert answer.json() == {"data": {"body": body}}
    unpadded = {"body": {"content_type": "image/png", "data": "iVBOR_8"}}
    assert (await execute(faces, "putFile", unpadded)).json() == {"data": {"body": body}}


async def test_no_content_is_no_output_and_an_id_with_a_slash_can_be_called(faces: Faces) -> None:
    answer = await execute(faces, "get%2Fnone", b"")
    assert (answer.status_code, answer.json()) == (200, {"data": {}})
    assert answer.headers["x-http-status"] == "204"


async def test_a_full_view_tells_the_exchange(faces: Faces) -> None:
    said = {"parameters": {"body": {}}, "view": "EXECUTION_VIEW_FULL"}
    exchange = (await execute(faces, "echo", said)).json()["data"]["exchange"]
    assert (exchange["method"], exchange["httpStatus"], len(exchange["attempts"])) == (
        "POST",
        200,
        1,
    )
    assert "responseBody" not in exchange


async def test_a_call_that_goes_on_answers_its_error(faces: Faces) -> None:
    said = {"parameters": {"nope": 1}, "failureMode": "FAILURE_MODE_CONTINUE"}
    answer = await execute(faces, "echo", said)
    error = answer.json()["data"]["error"]
    assert (answer.status_code, error["code"], error["reason"]) == (
        200,
        "400",
        "INVALID_PARAMETERS",
    )
    assert error["trace_id"] == answer.headers["x-trace-id"]


@pytest.mark.parametrize(
    ("waits", "status", "reason"),
    [
        ("2.5", 200, ""),
        ("0", 504, "DEADLINE_EXCEEDED"),
        ("0.001", 504, "DEADLINE_EXCEEDED"),
        ("-1", 400, "INVALID_REQUEST"),
        ("1s", 400, "INVALID_REQUEST"),
        ("1e9", 400, "INVALID_REQUEST"),
        ("inf", 400, "INVALID_REQUEST"),
        ("", 400, "INVALID_REQUEST"),
    ],
)
async def test_the_caller_says_how_long_it_waits(
    faces: Faces, waits: str, status: int, reason: str
) -> None:
    said = {"x-request-timeout": waits}
    answer = await execute(faces, "echo", {"parameters": {"body": {}}}, **said)
    assert answer.status_code == status
    assert answer.json().get("error", {}).get("reason", "") == reason


async def test_a_request_that_happened_once_is_answered_again(faces: Faces) -> None:
    said = {"parameters": {"body": {"n": 1}}, "requestId": "r-1"}
    first, second = [await execute(faces, "echo", said) for _ in range(2)]
    assert first.json() == second.json()
    other = await execute(faces, "echo", said | {"parameters": {"body": {"n": 2}}})
    assert (other.status_code, other.json()["error"]["reason"]) == (400, "REQUEST_ID_REUSED")


async def test_a_body_is_limited_unless_it_may_hold_a_document(faces: Faces) -> None:
    large = json.dumps({"parameters": {"body": {"x": "y" * 100_000}}}).encode()
    answer = await execute(faces, "echo", large)
    assert (answer.status_code, answer.json()["error"]["reason"]) == (413, "REQUEST_TOO_LARGE")
    spec = json.dumps(SPEC | {"x-room": "y" * 100_000})
    taken = await faces.http.post("/v1/specs:validate", json={"specText": spec})
    assert taken.status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/v1/connectors/shop", "DELETE, GET, HEAD, PATCH"),
        ("GET", EXECUTE.format("echo").replace(":execute", ":run"), None),
        ("GET", EXECUTE.format("echo"), "POST"),
        ("GET", EXECUTE.format("echo").replace(":execute", "%3Aexecute"), None),
        ("POST", "/v1/traces", "GET, HEAD"),
        ("GET", "/v1/specs:validate", "POST"),
    ],
)
async def test_a_path_has_its_methods_alone(
    faces: Faces, method: str, path: str, allowed: str | None
) -> None:
    answer = await faces.http.request(method, path)
    if allowed is None:
        assert answer.json()["error"]["reason"] == "ACTION_NOT_FOUND"
    else:
        assert (answer.status_code, answer.headers["allow"]) == (405, allowed)


async def test_head_answers_as_get_does(faces: Faces) -> None:
    answer = await faces.http.head("/v1/connectors/shop")
    assert answer.status_code == 200


async def test_a_method_without_a_body_takes_none(faces: Faces) -> None:
    answer = await faces.http.request("DELETE", "/v1/connectors/shop", json={"force": True})
    (problem,) = answer.json()["error"]["violations"]
    assert problem["field"] == "body"


async def test_pages_follow_one_another_and_tokens_hold_to_their_request(faces: Faces) -> None:
    where = "/v1/connectors/shop/versions/live/actions"
    first = (await faces.http.get(where, params={"pageSize": 2})).json()["data"]
    rest = {"page_size": 2, "pageToken": first["nextPageToken"]}
    second = (await faces.http.get(where, params=rest)).json()["data"]
    ids = [each["name"].split("/", 5)[5] for each in (*first["actions"], *second["actions"])]
    assert (ids, second["nextPageToken"]) == (["echo", "get/none", "putFile"], "")
    other = await faces.http.get(where, params=rest | {"filter": "safe = true"})
    assert other.json()["error"]["violations"][0]["field"] == "page_token"


async def test_a_secret_goes_in_and_never_out(faces: Faces) -> None:
    made = await faces.http.post("/v1/secrets?secretId=key", json={"value": "c4n4ry"})
    name = made.json()["data"]["name"]
    changed = await faces.http.patch(f"/v1/{name}?updateMask=notes", json={"notes": "n"})
    assert changed.json()["data"]["notes"] == "n"
    listed = await faces.http.get("/v1/secrets")
    assert "c4n4ry" not in made.text + changed.text + listed.text
    rotated = await faces.http.post("/v1/secrets:rotate", json={})
    assert rotated.json()["data"]["keyLabel"] == made.json()["data"]["keyLabel"]
    gone = await faces.http.delete(f"/v1/{name}", params={"etag": changed.json()["data"]["etag"]})
    assert (gone.status_code, gone.content) == (204, b"")


async def test_a_connector_with_its_first_version_is_one_request(faces: Faces) -> None:
    asked = {
        "connectorId": "books",
        "initialVersion.versionId": "v1",
        "initialVersion.version.specText": json.dumps(SPEC),
        "initial_version.version.direct.more_base_uris": ["http://127.0.0.1:2"],
        "initialVersion.version.direct.baseUri": "http://127.0.0.1:1",
    }
    made = await faces.http.post("/v1/connectors", params=asked, json={"title": "Books"})
    assert made.json()["data"]["liveVersions"] == ["connectors/books/versions/v1"]
    version = await faces.http.get("/v1/connectors/books/versions/v1")
    assert version.json()["data"]["direct"] == {
        "baseUri": "http://127.0.0.1:1",
        "moreBaseUris": ["http://127.0.0.1:2"],
    }


async def test_a_trace_of_a_call_is_told(faces: Faces) -> None:
    called = await execute(faces, "echo", {"parameters": {"body": {}}})
    name = f"traces/{called.headers['x-trace-id']}"
    trace = (await faces.http.get(f"/v1/{name}")).json()["data"]
    assert trace["name"] == name
    assert "KIND_CLIENT" in [each["kind"] for each in trace["spans"]]
    listed = (await faces.http.get("/v1/traces", params={"filter": "action:echo"})).json()["data"]
    assert [(each["name"], "spans" in each) for each in listed["traces"]] == [(name, False)]
    missing = await faces.http.get(f"/v1/traces/{'0' * 32}")
    assert missing.json()["error"]["reason"] == "TRACE_NOT_FOUND"


async def test_the_document_is_served(faces: Faces) -> None:
    told = await faces.http.get("/v1/openapi.json")
    assert told.json()["openapi"] == "3.1.0"


async def test_a_wrong_signature_is_not_passed_over(faces: Faces) -> None:
    answer = await faces.http.get("/v1/traces", headers={"portico-signature": "v1;k=a;t=1;s=b"})
    assert (answer.status_code, answer.json()["error"]["reason"]) == (401, "HOP_UNTRUSTED")
