"""failure_mode, validate_only, view and the two forms of input: contract.md section 2."""

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct

from gateway.engines.choice import Name
from gateway.v1.gateway_pb2 import (
    EXECUTION_VIEW_BASIC,
    EXECUTION_VIEW_FULL,
    FAILURE_MODE_CONTINUE,
    ExecuteActionRequest,
)
from tests.doors import PLAIN, Door, a_door, document, named, read_status
from tests.fakes import HttpBackend, RawBackend, answer, cut

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECRET = "canary-9f8e7d"
TEXT = {"type": "string"}
ID = {"name": "id", "in": "path", "required": True, "schema": TEXT}
QUERY = {"name": "q", "in": "query", "schema": {"type": "array", "items": TEXT}}
NOTE = {"name": "X-Note", "in": "header", "schema": TEXT}
THING = {"type": "object", "properties": {"name": TEXT, "size": {"type": "number"}}}
FILE = {
    "type": "object",
    "properties": {"name": TEXT, "file": {"type": "string", "format": "binary"}},
}
BODIES: dict[str, tuple[str, Any, dict[str, Any]]] = {
    "json": ("application/json", THING, {"name": "é\"'", "size": 1.5}),
    "whole": ("application/json", {"type": "array"}, {"body": [1, {"a": None}]}),
    "form": ("application/x-www-form-urlencoded", THING, {"name": "a b&c", "size": 2}),
    "multipart": ("multipart/form-data", FILE, {"name": "é", "file": "AP8NCg=="}),
    "text": ("text/plain", TEXT, {"body": "it's é\n"}),
    "xml": ("application/xml", {}, {"body": "<a>é</a>"}),
    "bytes": ("application/octet-stream", {}, {"body": "AP8NCg=="}),
}
BEARER = {"type": "http", "scheme": "bearer"}


def paths() -> dict[str, Any]:
    made: dict[str, Any] = {
        "/none/{id}": {
            "get": {"operationId": "none", "parameters": [ID, QUERY, NOTE], "responses": {}},
            "head": {"operationId": "head", "parameters": [ID], "responses": {}},
            "delete": {"operationId": "delete", "parameters": [ID], "responses": {}},
        }
    }
    for name, (kind, schema, _) in BODIES.items():
        post = {
            "operationId": name,
            "parameters": [ID],
            "requestBody": {"required": True, "content": {kind: {"schema": schema}}},
            "responses": {},
        }
        made[f"/{name}/{{id}}"] = {"post": post}
    return made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def backend() -> AsyncIterator[HttpBackend]:
    def respond(request: bytes) -> bytes:
        if b" /none/404" in request:
            return answer(b'{"message": "no such thing"}', status=404)
        return answer(b'{"a": 1.0}', headers=(("Content-Type", "application/json"),))

    async with HttpBackend(respond) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(
    tmp_path_factory: pytest.TempPathFactory, backend: HttpBackend, engine: Name
) -> AsyncIterator[Door]:
    async with a_door(tmp_path_factory.mktemp("modes"), {"TOKEN": SECRET}, engine=engine) as opened:
        made = document(
            paths(),
            components={"securitySchemes": {"token": BEARER}},
            security=[{"token": []}],
        )
        token = {"scheme": "token", "bearer": {"token_secret": "env:TOKEN"}}
        key = {"key": "X-Key", "secret": "env:TOKEN"}
        origin = f"{backend.origin}/base"
        await opened.publish("shop", made, origin, credentials=[token], backend_variables=[key])
        absent = {"scheme": "token", "bearer": {"token_secret": "env:ABSENT"}}
        await opened.publish("poor", made, origin, credentials=[absent])
        await opened.publish("private", made, "http://10.1.2.3")
        await opened.publish("closed", made, "http://127.0.0.1:9", policy=PLAIN)
        alone: dict[str, Any] = {"content": {"application/octet-stream": {}}}
        post = {"operationId": "alone", "requestBody": alone, "responses": {}}
        await opened.publish("whole", document({"/alone": {"post": post}}), backend.origin)
        await opened.publish("bare", document(paths()), backend.origin)
        yield opened


FAILURES = [
    ("shop/none", {}, "INVALID_ARGUMENT", "INVALID_PARAMETERS", "gateway", "NOT_EXECUTED"),
    ("shop/none", "{", "INVALID_ARGUMENT", "INVALID_PARAMETERS", "gateway", "NOT_EXECUTED"),
    (
        "shop/none",
        {"id": ".."},
        "INVALID_ARGUMENT",
        "INVALID_PARAMETERS",
        "gateway",
        "NOT_EXECUTED",
    ),
    (
        *("connectors/UP/versions/v1/actions/x", {}, "INVALID_ARGUMENT", "INVALID_REQUEST"),
        *("gateway", "NOT_EXECUTED"),
    ),
    ("shop/nothing", {}, "NOT_FOUND", "ACTION_NOT_FOUND", "gateway", "NOT_EXECUTED"),
    ("nowhere/none", {}, "NOT_FOUND", "CONNECTOR_NOT_FOUND", "gateway", "NOT_EXECUTED"),
    (
        *("poor/none", {"id": "7"}, "FAILED_PRECONDITION", "CONNECTION_INCOMPLETE"),
        *("gateway", "NOT_EXECUTED"),
    ),
    (
        *("private/none", {"id": "7"}, "PERMISSION_DENIED", "EGRESS_DENIED"),
        *("gateway", "NOT_EXECUTED"),
    ),
    ("closed/none", {"id": "7"}, "UNAVAILABLE", "BACKEND_UNREACHABLE", "backend", "NOT_EXECUTED"),
    ("bare/none", {"id": "404"}, "NOT_FOUND", "BACKEND_NOT_FOUND", "backend", "EXECUTED"),
]


@pytest.mark.parametrize("row", FAILURES, ids=lambda row: f"{row[0]} {row[3]}")
async def test_continue_answers_ok_with_the_same_error_inside(
    door: Door, row: tuple[Any, ...]
) -> None:
    action, arguments, *said = row
    raised = await door.refused(action, arguments)
    assert raised.said == tuple(said)
    for view in (EXECUTION_VIEW_BASIC, EXECUTION_VIEW_FULL):
        answered = await door.execute(
            action, arguments, failure_mode=FAILURE_MODE_CONTINUE, view=view
        )
        assert answered.WhichOneof("output") == "error"
        told = read_status(answered.error)
        assert (told.said, told.message, told.fields) == (
            raised.said,
            raised.message,
            raised.fields,
        )
        facts = dict(told.info.metadata), dict(raised.info.metadata)
        assert [each.pop("traceId") for each in facts]
        assert facts[0] == facts[1]
        assert answered.HasField("exchange") == (view == EXECUTION_VIEW_FULL)


async def test_continue_shows_what_the_backend_said(door: Door) -> None:
    request = ExecuteActionRequest(
        name=named("bare/none"),
        parameters_json='{"id":"404"}',
        failure_mode=FAILURE_MODE_CONTINUE,
        view=EXECUTION_VIEW_FULL,
    )
    call = door.gateway.ExecuteAction(request)
    metadata = dict(await call.initial_metadata())
    answered = await call
    assert metadata["x-http-status"] == "404"
    assert answered.exchange.http_status == 404
    assert answered.exchange.response_body.data == b'{"message": "no such thing"}'
    assert [(each.http_status, each.error_reason) for each in answered.exchange.attempts] == [
        (404, "BACKEND_NOT_FOUND")
    ]
    assert metadata["x-trace-id"] == answered.exchange.trace_id


async def test_continue_shows_the_request_of_a_call_that_was_cut_off(door: Door) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"
    async with RawBackend(cut(head, reset=True)) as raw:
        await door.publish("broken", document(paths()), raw.origin, policy=PLAIN)
        answered = await door.execute(
            "broken/none",
            {"id": "7"},
            failure_mode=FAILURE_MODE_CONTINUE,
            view=EXECUTION_VIEW_FULL,
        )
    assert read_status(answered.error).said == (
        *("UNAVAILABLE", "BACKEND_UNAVAILABLE", "backend", "EXECUTED"),
    )
    assert answered.exchange.uri == f"{raw.origin}/none/7"
    assert [each.error_reason for each in answered.exchange.attempts] == ["BACKEND_UNAVAILABLE"]


def parted(raw: bytes) -> tuple[str, dict[str, str], bytes]:
    """A request without its trace; a multipart boundary is `B`."""
    found = re.search(rb"boundary=([^\s;]+)", raw)
    if found:
        raw = raw.replace(found[1], b"B")
    head, _, body = raw.partition(b"\r\n\r\n")
    line, *lines = head.decode().split("\r\n")
    fields = {name.lower(): value for name, value in (each.split(": ", 1) for each in lines)}
    for unplanned in ("traceparent", "host", "accept-encoding", "user-agent", "content-length"):
        fields.pop(unplanned, None)
    return line, fields, body


CALLS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("none", {"id": "a/b é", "q": ["x y", "&"], "X-Note": "it's"}, {}),
    ("head", {"id": "7"}, {}),
    ("delete", {"id": "7"}, {}),
    *((name, {"id": "7", **arguments}, {}) for name, (_, _, arguments) in BODIES.items()),
    ("bytes", {"id": "7"}, {"body": {"content_type": "application/octet-stream", "data": b"\0"}}),
    ("multipart", {"id": "7", "name": "n"}, {"body": {"content_type": "image/png", "data": b"\0"}}),
]


@pytest.mark.parametrize(("action", "arguments", "more"), CALLS, ids=lambda value: str(value)[:9])
async def test_a_dry_run_shows_exactly_what_a_call_sends(
    door: Door,
    backend: HttpBackend,
    action: str,
    arguments: dict[str, Any],
    more: dict[str, Any],
) -> None:
    before = len(backend.requests)
    text = json.dumps(arguments)
    shown = (await door.execute(f"shop/{action}", text, validate_only=True, **more)).exchange
    assert len(backend.requests) == before
    assert SECRET not in str(shown)
    assert shown.request_headers["X-Key"] == shown.request_headers["Authorization"] == "***"
    assert (shown.http_status, len(shown.attempts)) == (0, 0)
    await door.execute(f"shop/{action}", text, **more)
    line, fields, body = parted(backend.requests[-1])
    path = line.split(" ")[1]
    planned = "\r\n".join(f"{name}: {value}" for name, value in shown.request_headers.items())
    planned = f"{shown.method} {path} HTTP/1.1\r\n{planned}\r\n\r\n"
    assert shown.uri == backend.origin + path
    assert parted(planned.encode() + shown.request_body.data) == (
        line,
        {
            name: value.replace(SECRET, "***") if name == "x-key" else value
            for name, value in (fields | {"authorization": "***"}).items()
        },
        body,
    )
    assert fields["authorization"] == f"Bearer {SECRET}"
    if shown.HasField("request_body"):
        wanted = fields["content-type"]
        assert re.sub(r"boundary=\S+", "boundary=B", shown.request_body.content_type) == wanted


async def test_a_dry_run_gives_a_curl_command_without_secrets(door: Door) -> None:
    answered = await door.execute("shop/json", {"id": "a'b", "name": "it's"}, validate_only=True)
    curl = answered.exchange.curl
    assert curl.startswith("curl -X POST http")
    assert "-H 'Authorization: ***'" in curl
    assert """--data-raw '{"name":"it'"'"'s"}'""" in curl
    assert SECRET not in curl
    assert answered.WhichOneof("output") is None


@pytest.mark.parametrize("row", FAILURES[:7], ids=lambda row: f"{row[0]} {row[3]}")
async def test_a_dry_run_finds_what_is_wrong_with_a_call(door: Door, row: tuple[Any, ...]) -> None:
    action, arguments, *said = row
    assert (await door.refused(action, arguments, validate_only=True)).said == tuple(said)


@pytest.mark.parametrize(
    ("action", "arguments"),
    [(action, arguments) for action, arguments, more in CALLS if not more],
    ids=lambda value: str(value)[:9],
)
async def test_both_forms_of_input_make_the_same_request(
    door: Door, backend: HttpBackend, action: str, arguments: dict[str, Any]
) -> None:
    await door.execute(f"shop/{action}", json.dumps(arguments))
    as_text = parted(backend.requests[-1])
    struct = Struct()
    struct.update(arguments)
    await door.execute(f"shop/{action}", parameters=struct)
    as_struct = parted(backend.requests[-1])
    assert as_struct[:2] == as_text[:2]
    assert unordered(as_struct[2]) == unordered(as_text[2])


def unordered(body: bytes) -> object:
    """A body but for spaces in JSON and the order of members, which a Struct does not keep."""
    try:
        return json.loads(body)
    except ValueError:
        return sorted(body.replace(b"&", b"--B\r\n").removesuffix(b"--B--\r\n").split(b"--B\r\n"))


async def test_the_output_comes_in_the_form_of_the_input(door: Door) -> None:
    given = {"id": "7"}
    as_text = await door.execute("shop/none", given)
    assert as_text.json == '{"a": 1.0}'
    struct = Struct()
    struct.update(given)
    as_value = await door.execute("shop/none", parameters=struct)
    assert MessageToDict(as_value.value) == {"a": 1.0}
    upload = {"content_type": "application/octet-stream", "data": b"x"}
    request = ExecuteActionRequest(name=named("whole/alone"), body=upload)
    assert (await door.gateway.ExecuteAction(request)).WhichOneof("output") == "value"
