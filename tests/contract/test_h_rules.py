"""Seed 003 (HAP, "Send API request"), rule by rule. What stands elsewhere:

| rule | where |
|---|---|
| H-2 | unit/expressions/test_slots.py, contract/test_trials.py |
| H-3 | bodies: contract/test_bodies.py; over 10 MiB: contract/test_bad_input.py (A06) |
| H-4 | certificates are always verified: service/test_transport_tls.py |
| H-5, H-6 | unit/flows/document/test_flow_reading.py, unit/flows/interpreter/test_interpreter.py |
| H-7 | unit/flows/interpreter/test_interpreter.py |
| H-8 | contract/test_trials.py |
| H-9 | contract/test_history.py, service/test_runs.py |
| H-12 | contract/test_h_renewals.py; one value of the body: contract/test_credentials.py |
"""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from gateway.v1 import flow_pb2, trial_pb2
from gateway.v1.access_pb2 import WhoAmIRequest
from gateway.v1.access_pb2_grpc import AccessServiceStub
from gateway.v1.flow_pb2_grpc import FlowServiceStub
from gateway.v1.run_pb2 import Run, StepRun
from gateway.v1.trial_pb2_grpc import TrialServiceStub
from tests.connections import Shop, a_shop
from tests.doors import PLAIN, document, named, refusal
from tests.faces import Faces, both_faces
from tests.fakes import JSON, HttpBackend, RawBackend, answer, read_request, said

pytestmark = pytest.mark.asyncio(loop_scope="module")

ANY = {"schema": {"type": "object"}}
KINDS = {
    "form-data": ("multipart/form-data", ANY),
    "urlencoded": ("application/x-www-form-urlencoded", ANY),
    "text": ("text/plain", {"schema": {"type": "string"}}),
    "json": ("application/json", ANY),
    "binary": ("application/octet-stream", {}),
}


def an_operation(kind: str) -> dict[str, Any]:
    media, schema = KINDS[kind]
    body = {"requestBody": {"required": True, "content": {media: schema}}}
    return {"post": {"operationId": kind, "responses": {}, **body}}


SPEC = document({f"/{kind}": an_operation(kind) for kind in KINDS})

SOURCE = "127.0.0.2"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def backend() -> AsyncIterator[HttpBackend]:
    async with HttpBackend() as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def faces(
    backend: HttpBackend, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Faces]:
    folder = tmp_path_factory.mktemp("bodies")
    async with both_faces(folder, source_addresses=(SOURCE,)) as opened:
        await opened.door.publish("bodies", SPEC, backend.origin, policy=PLAIN)
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    async with a_shop(tmp_path_factory.mktemp("shop")) as opened:
        await opened.create(allowed_hosts=[urlsplit(opened.backend.origin).netloc])
        yield opened


async def stepped(faces: Faces, step: str, given: Any = None) -> StepRun:
    """What a flow of one step comes to."""
    request = flow_pb2.TestFlowRequest(source=f"steps:\n  - {step}\n", input=json.dumps(given))
    run: Run = await FlowServiceStub(faces.door.channel).TestFlow(request)
    return run.steps[0]


# H-1


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH"])
async def test_h1_six_methods_are_sent(shop: Shop, method: str) -> None:
    told = await shop.send(f"{shop.backend.origin}/raw", method=method)
    assert told.status_code == 200
    assert shop.backend.requests[-1].startswith(f"{method} /raw ".encode())


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "CONNECT", "PURGE", "get", "GET POST"])
async def test_h1_no_other_method_is_sent(shop: Shop, method: str) -> None:
    sent = len(shop.backend.requests)
    told = await refusal(shop.send(f"{shop.backend.origin}/raw", method=method))
    assert (told.code, told.fields) == ("INVALID_ARGUMENT", ["method"])
    assert len(shop.backend.requests) == sent


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_h1_neither_get_nor_head_has_a_body(shop: Shop, method: str) -> None:
    told = await refusal(shop.send(f"{shop.backend.origin}/raw", method=method, body=b"{}"))
    assert (told.code, told.fields) == ("INVALID_ARGUMENT", ["body"])
    await shop.send(f"{shop.backend.origin}/raw", method=method, body=b"")
    assert shop.backend.requests[-1].endswith(b"\r\n\r\n")


async def test_h1_what_is_answered_to_head_has_headers_and_no_body(shop: Shop) -> None:
    shop.backend._respond = b"HTTP/1.1 200 OK\r\ncontent-length: 7\r\nx-a: 1\r\n\r\n"
    try:
        told = await shop.send(f"{shop.backend.origin}/raw", method="HEAD")
    finally:
        shop.backend._respond = JSON
    assert ("x-a", "1") in [(each.name, each.value) for each in told.headers]
    assert told.body == b""


# H-2


async def test_h2_a_url_is_required_once_its_ends_are_trimmed(shop: Shop) -> None:
    for url in ("", " \t\r\n "):
        told = await refusal(shop.send(url))
        assert (told.code, told.fields) == ("INVALID_ARGUMENT", ["url"])
    assert (await shop.send(f" {shop.backend.origin}/raw\n")).status_code == 200


# H-3


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b'{"a": 1', "application/json"),
        (b"{'a': 1}", "application/problem+json; charset=utf-8"),
        (b'"\xff"', "application/json"),
        (b"[" * 5000, "application/json"),
    ],
)
async def test_h3_raw_json_that_is_none_is_refused(
    shop: Shop, body: bytes, content_type: str
) -> None:
    fields = (("Content-Type", content_type),)
    url = f"{shop.backend.origin}/raw"
    told = await refusal(shop.send(url, headers=fields, method="POST", body=body))
    assert (told.code, told.fields) == ("INVALID_ARGUMENT", ["body"])


async def test_h3_raw_json_goes_byte_by_byte_and_raw_text_may_be_anything(shop: Shop) -> None:
    url = f"{shop.backend.origin}/raw"
    for body, media in ((b'{"a" : 1.0}', "application/json"), (b'{"a"', "text/plain")):
        await shop.send(url, headers=(("Content-Type", media),), method="POST", body=body)
        assert shop.backend.requests[-1].endswith(b"\r\n\r\n" + body)


async def test_h3_json_of_arguments_that_is_none_is_refused(faces: Faces) -> None:
    told = await faces.door.refused("bodies/json", '{"body": {"a": }}')
    assert told.code == "INVALID_ARGUMENT"
    path = "/v1/connectors/bodies/versions/live/actions/json:execute"
    fields = {"content-type": "application/json"}
    answered = await faces.http.post(path, content=b'{"parameters": {', headers=fields)
    assert answered.status_code == 400


MEMBERS = '{a: "{{ input.a }}", b: "{{ input.b }}", c: "", d: null, e: 0, f: ["", 1]}'


@pytest.mark.parametrize(
    ("kind", "body", "sent"),
    [
        ("json", MEMBERS, b'{"a":"x","e":0,"f":["",1]}'),
        ("urlencoded", '{a: "{{ input.a }}", b: "{{ input.b }}", c: ""}', b"a=x"),
        ("form-data", '{a: "{{ input.a }}", b: "{{ input.b }}", c: ""}', b'name="a"\r\n'),
        ("text", '"so {{ input.a }}"', b"so x"),
        ("binary", '"aGk="', b"hi"),
    ],
)
async def test_h3_ignore_empty_drops_empty_keys_of_every_kind_of_body(
    faces: Faces, backend: HttpBackend, kind: str, body: str, sent: bytes
) -> None:
    call = f"id: one, action: bodies/{kind}, arguments: {{body: {body}}}"
    step = await stepped(faces, f"{{{call}, ignore_empty: true}}", {"a": "x"})
    assert step.state == StepRun.STATE_SUCCEEDED, step.error
    _, _, content = backend.requests[-1].partition(b"\r\n\r\n")
    assert sent in content
    assert not any(f'name="{each}"'.encode() in content for each in "bc")
    if kind in ("json", "urlencoded"):
        assert content == sent


async def test_h3_without_ignore_empty_they_are_sent(faces: Faces, backend: HttpBackend) -> None:
    call = 'id: one, action: bodies/json, arguments: {body: {a: "", b: null}}'
    await stepped(faces, f"{{{call}}}")
    assert backend.requests[-1].endswith(b'{"a":"","b":null}')


# H-4


async def test_h4_a_proxy_that_is_not_configured_is_a_failed_precondition(faces: Faces) -> None:
    version = {"network": {"proxy": "corporate"}}
    await faces.door.publish("proxied", SPEC, "https://backend.example", **version)
    told = await faces.door.refused("proxied/json", {"body": {}})
    assert (told.code, told.fields) == ("FAILED_PRECONDITION", ["network.proxy"])


# H-5


def whole(body: bytes, length: int = 0) -> bytes:
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    return head.encode() + body


@pytest.mark.parametrize(
    ("said", "policy", "reason"),
    [
        (whole(b"{", 100), {}, "BACKEND_UNAVAILABLE"),
        (whole(b'{"a": ', 6), {}, "BACKEND_BAD_RESPONSE"),
        (whole(b"", 11 * 2**20), {}, "RESPONSE_TOO_LARGE"),
        (
            whole(b'{"e": 1}', 8),
            {"error_rules": [{"pointer": "/e", "code": 9}]},
            "BACKEND_REJECTED",
        ),
    ],
    ids=["cut off", "unreadable", "too large", "a failure by the version's own rule"],
)
async def test_h5_a_listed_status_makes_no_success_of_an_answer_that_is_none(
    faces: Faces, said: bytes, policy: dict[str, Any], reason: str
) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(said)

    async with RawBackend(talk) as backend:
        name = reason.lower().replace("_", "-")
        await faces.door.publish(name, SPEC, backend.origin, policy={**PLAIN, **policy})
        call = f"id: one, action: {name}/json, arguments: {{body: {{}}}}"
        for statuses in ("success: [200]", "success: []"):
            step = await stepped(faces, f"{{{call}, {statuses}}}")
            assert (step.state, step.error.reason) == (StepRun.STATE_FAILED, reason)


@pytest.mark.parametrize(
    ("statuses", "message"),
    [
        ("success: [201]", "Not Found"),
        ("success: '200, 201', messages: {404: No such pet, default: It failed}", "No such pet"),
        ("success: [200], messages: {500: Down, default: It failed}", "It failed"),
        ("success: [200, 404]", ""),
        ("success: []", ""),
    ],
)
async def test_h5_statuses_are_success_where_they_are_listed_and_else_have_their_message(
    faces: Faces, backend: HttpBackend, statuses: str, message: str
) -> None:
    backend._respond = said({"gone": True}, 404)
    try:
        call = f"id: one, action: bodies/json, arguments: {{body: {{}}}}, {statuses}"
        step = await stepped(faces, f"{{{call}}}")
    finally:
        backend._respond = JSON
    assert step.error.message == message
    assert json.loads(step.output) == {"gone": True}
    assert step.state == (StepRun.STATE_FAILED if message else StepRun.STATE_SUCCEEDED)


# H-6


@pytest.mark.parametrize(
    ("fields", "fits"),
    [
        ("timeout: 5s", True),
        ("timeout: 120s", True),
        ("timeout: 30s, retry: {attempts: 3}", True),
        ("timeout: 31s, retry: {attempts: 2}", False),
    ],
)
async def test_h6_a_step_is_tried_again_where_a_try_has_thirty_seconds_at_most(
    faces: Faces, fields: str, *, fits: bool
) -> None:
    step = f"{{id: one, action: bodies/json, arguments: {{body: {{a: 1}}}}, {fields}}}"
    if fits:
        assert (await stepped(faces, step)).state == StepRun.STATE_SUCCEEDED
        return
    told = await refusal(stepped(faces, step))
    assert told.code == "INVALID_ARGUMENT"


# H-8


async def test_h8_of_head_the_headers_are_shown_and_no_body(faces: Faces) -> None:
    spec = document({"/thing": {"head": {"operationId": "look", "responses": {}}}})
    said = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n"
    async with HttpBackend(said) as backend:
        await faces.door.publish("headed", spec, backend.origin, policy=PLAIN)
        request = trial_pb2.TestActionRequest(name=named("headed/look"))
        told = await TrialServiceStub(faces.door.channel).TestAction(request)
    assert told.http_status == 200
    assert ("content-length", "9") in [(each.name, each.value) for each in told.headers]
    assert (told.body_size, list(told.nodes)) == (0, [])


async def test_h8_a_number_that_no_double_holds_is_shown_with_every_digit(faces: Faces) -> None:
    spec = document({"/thing": {"get": {"operationId": "look", "responses": {}}}})
    body = answer(b'{"n": 1.5e400, "m": 0.10}', headers=(("Content-Type", "application/json"),))
    async with HttpBackend(body) as backend:
        await faces.door.publish("huge", spec, backend.origin, policy=PLAIN)
        request = trial_pb2.TestActionRequest(name=named("huge/look"))
        told = await TrialServiceStub(faces.door.channel).TestAction(request)
    nodes = {each.path: each.text for each in told.nodes}
    assert (nodes["n"], nodes["m"]) == ("1.5E+400", "0.10")


# H-10


async def test_h10_the_addresses_that_calls_leave_from_are_told(faces: Faces) -> None:
    told = await AccessServiceStub(faces.door.channel).WhoAmI(WhoAmIRequest())
    assert list(told.source_addresses) == [SOURCE]
    answered = await faces.http.get("/v1/whoami")
    assert answered.json()["data"]["sourceAddresses"] == [SOURCE]


# H-11


async def test_h11_a_whole_record_is_pushed_as_the_json_body(
    faces: Faces, backend: HttpBackend
) -> None:
    record = {"id": 7, "lines": [{"n": 1.5}], "note": None}
    call = 'id: push, action: bodies/json, arguments: {body: "{{ input.record }}"}'
    step = await stepped(faces, f"{{{call}}}", {"record": record})
    assert step.state == StepRun.STATE_SUCCEEDED, step.error
    assert json.loads(backend.requests[-1].partition(b"\r\n\r\n")[2]) == record
