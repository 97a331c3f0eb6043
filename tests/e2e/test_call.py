"""A call, end to end: a real gateway process in front of a real backend."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
import pytest_asyncio
from google.api.httpbody_pb2 import HttpBody
from google.protobuf.json_format import MessageToDict
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from grpc_status import rpc_status

from facade.demo import petstore
from gateway.v1.gateway_pb2 import (
    EXECUTION_VIEW_FULL,
    FAILURE_MODE_CONTINUE,
    ExecuteActionRequest,
    ListActionsRequest,
)
from tests.fakes import HttpBackend, answer
from tests.processes import Running, portico_up

FIRST = petstore.FIRST_ID
NUMBERS = (
    '{"z":9007199254740993,"a":0.10,"b":-0,"c":1e400,"d":12345678901234567890.5,"é":"\\u00e9"}'
)


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def store(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    tmp_path = tmp_path_factory.mktemp("store")
    runner, uri = await petstore.start("the-key")
    document = tmp_path / "petstore.openapi.yaml"
    document.write_text(petstore.document(), encoding="utf-8")
    file = {
        "connector": "petstore",
        "versions": [{"id": "v1", "server": uri, "spec": str(document)}],
        "live": "v1",
    }
    async with portico_up(tmp_path, {"petstore.yaml": json.dumps(file)}) as running:
        yield running
    await runner.cleanup()


def asked(action: str, arguments: str = "{}", **more: object) -> ExecuteActionRequest:
    return ExecuteActionRequest(
        name=f"connectors/petstore/versions/live/actions/{action}",
        parameters_json=arguments,
        **more,  # type: ignore[arg-type]  # fields of the message
    )


async def refused(
    store: Running, request: ExecuteActionRequest
) -> tuple[grpc.StatusCode, ErrorInfo, list[Any]]:
    """The code of a failed call, its ErrorInfo, and its other details."""
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await store.gateway.ExecuteAction(request)
    status = rpc_status.from_call(failure.value)
    assert status is not None
    info = ErrorInfo()
    others = [detail for detail in status.details if not detail.Unpack(info)]
    return failure.value.code(), info, others


async def test_get_answers_every_digit(store: Running) -> None:
    answered = await store.gateway.ExecuteAction(asked("getPetById", f'{{"petId": {FIRST}}}'))

    assert json.loads(answered.json)["id"] == FIRST


async def test_post_and_get_share_the_backends_state(store: Running) -> None:
    added = await store.gateway.ExecuteAction(asked("addPet", '{"name": "Bella", "weight": 4.5}'))
    number = json.loads(added.json)["id"]

    found = await store.gateway.ExecuteAction(asked("getPetById", f'{{"petId": {number}}}'))

    assert json.loads(found.json) == json.loads(added.json)


async def test_an_upload_comes_back_byte_for_byte(store: Running) -> None:
    picture = bytes(range(256)) * 40
    body = HttpBody(content_type="application/octet-stream", data=picture)
    pet = f'{{"petId": {FIRST}}}'

    kept = await store.gateway.ExecuteAction(asked("uploadImage", pet, body=body))
    answered = await store.gateway.ExecuteAction(asked("getPicture", pet))

    assert json.loads(kept.json)["bytes"] == len(picture)
    assert answered.body.data == picture
    assert answered.body.content_type == "application/octet-stream"


async def test_a_multipart_upload_carries_its_other_fields(store: Running) -> None:
    body = HttpBody(content_type="image/png", data=b"\x89PNG")

    kept = await store.gateway.ExecuteAction(
        asked("uploadImage", f'{{"petId": {FIRST}, "caption": "Rex"}}', body=body)
    )

    assert json.loads(kept.json)["caption"] == "Rex"
    assert json.loads(kept.json)["bytes"] == 4


async def test_arrays_and_deep_objects_reach_the_backend(store: Running) -> None:
    sold = await store.gateway.ExecuteAction(asked("findByStatus", '{"status": ["sold"]}'))
    found = await store.gateway.ExecuteAction(
        asked("search", '{"where": {"name": "Rex", "tags": ["demo"]}}')
    )

    assert [pet["name"] for pet in json.loads(sold.json)] == ["Tweety"]
    assert [pet["name"] for pet in json.loads(found.json)] == ["Rex"]


async def test_a_struct_gets_a_value(store: Running) -> None:
    request = asked("echo")
    request.parameters.update({"body": {"limit": 1, "tags": ["a"]}})

    answered = await store.gateway.ExecuteAction(request)

    assert MessageToDict(answered.value) == {"limit": 1, "tags": ["a"]}


async def test_a_struct_gets_text_where_a_value_would_lose_digits(store: Running) -> None:
    request = asked("listPets")
    request.parameters.update({"limit": 1})

    answered = await store.gateway.ExecuteAction(request)

    assert json.loads(answered.json)[0]["id"] == 9007199254740993


async def test_what_is_not_there_is_not_found_and_the_backend_says_so(store: Running) -> None:
    code, info, _ = await refused(store, asked("getPetById", '{"petId": 1}'))

    assert code is grpc.StatusCode.NOT_FOUND
    assert (info.reason, info.domain) == ("BACKEND_NOT_FOUND", "backend")
    assert info.metadata["httpStatus"] == "404"
    assert info.metadata["outcome"] == "EXECUTED"
    assert info.metadata["version"] == "v1"


async def test_bad_arguments_are_all_named_before_any_io(store: Running) -> None:
    code, info, others = await refused(store, asked("getPetById", '{"petid": 1, "petId": "seven"}'))

    bad = BadRequest()
    assert any(detail.Unpack(bad) for detail in others)
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert (info.reason, info.domain) == ("INVALID_PARAMETERS", "gateway")
    assert info.metadata["outcome"] == "NOT_EXECUTED"
    assert {each.field for each in bad.field_violations} == {"/petid", "/petId"}


async def test_without_a_credential_the_backend_judges(store: Running) -> None:
    code, info, _ = await refused(store, asked("getInventory"))

    assert code is grpc.StatusCode.UNAUTHENTICATED
    assert (info.reason, info.domain) == ("BACKEND_AUTH_FAILED", "backend")


async def test_retry_after_becomes_retry_info(store: Running) -> None:
    code, info, others = await refused(store, asked("fail", '{"status": 503, "retryAfter": 7}'))

    retry = RetryInfo()
    assert any(detail.Unpack(retry) for detail in others)
    assert code is grpc.StatusCode.UNAVAILABLE
    assert info.reason == "BACKEND_UNAVAILABLE"
    assert retry.retry_delay.seconds == 7


async def test_a02_a_deadline_ends_a_slow_call(store: Running) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await store.gateway.ExecuteAction(asked("slow", '{"seconds": 30}'), timeout=0.3)

    assert failure.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED


async def test_a_dry_run_shows_the_request_and_sends_nothing(store: Running) -> None:
    answered = await store.gateway.ExecuteAction(
        asked("addPet", '{"name": "Ghost"}', validate_only=True)
    )
    pets = await store.gateway.ExecuteAction(asked("listPets"))

    assert answered.WhichOneof("output") is None
    assert answered.exchange.method == "POST"
    assert answered.exchange.request_body.data == b'{"name":"Ghost"}'
    assert answered.exchange.curl.startswith("curl ")
    assert "Ghost" not in pets.json


async def test_a_call_can_go_on_over_its_failure(store: Running) -> None:
    answered = await store.gateway.ExecuteAction(
        asked(
            "getPetById",
            '{"petId": 1}',
            failure_mode=FAILURE_MODE_CONTINUE,
            view=EXECUTION_VIEW_FULL,
        )
    )

    assert answered.error.code == 5
    assert answered.exchange.http_status == 404
    assert answered.exchange.attempts[0].http_status == 404
    assert json.loads(answered.exchange.response_body.data)["error"]["code"] == "404"


async def test_every_page_of_actions_is_listed_once(store: Running) -> None:
    names: list[str] = []
    request = ListActionsRequest(parent="connectors/petstore/versions/live", page_size=3)
    while True:
        page = await store.gateway.ListActions(request)
        names += [each.name for each in page.actions]
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token

    assert names == sorted(set(names))
    assert len(names) == 13


async def test_b10_digits_and_key_order_stand_on_the_backends_wire(tmp_path: Path) -> None:
    def respond(request: bytes) -> bytes:
        body = request.partition(b"\r\n\r\n")[2]
        return answer(body, headers=(("Content-Type", "application/json"),))

    document = {
        "openapi": "3.1.0",
        "info": {"title": "echo", "version": "1"},
        "paths": {
            "/echo/{id}": {
                "post": {
                    "operationId": "echo",
                    "parameters": [
                        {"name": "id", "in": "path", "required": True, "schema": {}},
                        {"name": "n", "in": "query", "schema": {"type": "array"}},
                    ],
                    "requestBody": {"content": {"application/json": {}}},
                    "responses": {"200": {"description": "ok"}},
                }
            }
        },
    }
    async with HttpBackend(respond) as backend:
        file = {
            "connector": "petstore",
            "versions": [{"id": "v1", "server": backend.origin, "spec": document}],
            "live": "v1",
        }
        async with portico_up(tmp_path, {"echo.yaml": json.dumps(file)}) as running:
            answered = await running.gateway.ExecuteAction(
                asked("echo", f'{{"id":1e400,"n":[0.10,-0,9007199254740993],"body":{NUMBERS}}}')
            )

    (sent,) = backend.requests
    assert sent.startswith(b"POST /echo/1e400?n=0.10&n=-0&n=9007199254740993 HTTP/1.1\r\n")
    assert sent.endswith(b"\r\n\r\n" + NUMBERS.encode())
    assert answered.json == NUMBERS
