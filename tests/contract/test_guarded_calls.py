"""The policies as callers see them at the gRPC door: fields, metadata, statuses."""

import asyncio
import json
import re
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
import pytest_asyncio
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import QuotaFailure

from gateway.v1 import gateway_pb2, policy_pb2
from gateway.v1.gateway_pb2 import ExecuteActionRequest
from gateway.v1.stream_pb2 import StreamActionRequest
from gateway.v1.stream_pb2_grpc import StreamServiceStub
from tests.doors import PLAIN, Door, a_door, document, named, refusal
from tests.fakes import HttpBackend, answer

pytestmark = pytest.mark.asyncio(loop_scope="module")

JSON = ("Content-Type", "application/json")
ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
PATHS = {
    "/pets": {
        "get": {"operationId": "listPets", "responses": {}},
        "post": {"operationId": "addPet", "responses": {}},
    },
    "/pets/{id}": {
        "get": {"operationId": "getPet", "parameters": [ID], "responses": {}},
        "delete": {"operationId": "removePet", "parameters": [ID], "responses": {}},
    },
}


class Shop:
    """A backend that counts, and answers by the path."""

    def __init__(self) -> None:
        self.said: dict[str, bytes] = {}

    def __call__(self, request: bytes) -> bytes:
        path = request.split(b" ", 2)[1].decode()
        return self.said.get(path) or answer(json.dumps({"path": path}).encode(), headers=(JSON,))


@pytest.fixture(scope="module")
def shop() -> Shop:
    return Shop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def backend(shop: Shop) -> AsyncIterator[HttpBackend]:
    async with HttpBackend(shop) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Door]:
    folder: Path = tmp_path_factory.mktemp("guarded")
    async with a_door(folder) as opened:
        yield opened


async def asked(
    door: Door, action: str, arguments: object = None, **fields: Any
) -> tuple[Any, Any]:
    """The answer, and what went before it."""
    request = ExecuteActionRequest(
        name=named(action), parameters_json=json.dumps(arguments or {}), **fields
    )
    call = door.gateway.ExecuteAction(request)
    answered = await call
    return answered, dict(await call.initial_metadata())


async def published(door: Door, backend: HttpBackend, **policy: Any) -> str:
    name = f"c{uuid.uuid4().hex[:12]}"
    await door.publish(name, document(PATHS), backend.origin, policy=policy)
    backend.requests.clear()
    return name


async def test_an_answer_is_remembered_as_the_policy_says_until_something_is_written(
    door: Door, backend: HttpBackend
) -> None:
    name = await published(door, backend, cache={"ttl": Duration(seconds=60)})
    outcomes = []
    for action in ("getPet", "getPet", "removePet", "getPet"):
        _, said = await asked(door, f"{name}/{action}", {"id": "7"})
        outcomes.append((said["x-cache"], said["x-http-status"]))
    assert outcomes == [("miss", "200"), ("hit", "200"), ("bypass", "200"), ("miss", "200")]
    _, said = await asked(door, f"{name}/getPet", {"id": "7"})
    assert (said["x-cache"], said["age"]) == ("hit", "0")
    assert len(backend.requests) == 3


async def test_a_hit_tells_its_exchange_as_it_is(door: Door, backend: HttpBackend) -> None:
    name = await published(door, backend, cache={"ttl": Duration(seconds=60)})
    full = gateway_pb2.EXECUTION_VIEW_FULL
    await asked(door, f"{name}/listPets")
    hit, _ = await asked(door, f"{name}/listPets", view=full)
    assert hit.exchange.cached
    assert hit.exchange.cache_status == "hit"
    assert hit.exchange.HasField("age")
    assert hit.exchange.uri == f"{backend.origin}/pets"
    assert hit.exchange.http_status == 200
    assert not hit.exchange.attempts


async def test_a_call_may_pass_the_cache_by_renew_it_or_ask_it_alone(
    door: Door, backend: HttpBackend
) -> None:
    name = await published(door, backend, cache={"ttl": Duration(seconds=60)})
    only = gateway_pb2.CACHE_USE_ONLY
    told = await door.refused(f"{name}/listPets", cache_use=only)
    assert told.said == ("FAILED_PRECONDITION", "NOT_CACHED", "gateway", "NOT_EXECUTED")
    _, said = await asked(door, f"{name}/listPets", cache_use=gateway_pb2.CACHE_USE_BYPASS)
    assert said["x-cache"] == "bypass"
    assert (await door.refused(f"{name}/listPets", cache_use=only)).info.reason == "NOT_CACHED"
    _, said = await asked(door, f"{name}/listPets", cache_use=gateway_pb2.CACHE_USE_REFRESH)
    assert said["x-cache"] == "miss"
    _, said = await asked(door, f"{name}/listPets", cache_use=only)
    assert said["x-cache"] == "hit"
    assert len(backend.requests) == 2


async def test_one_action_may_be_remembered_otherwise_than_its_version(
    door: Door, backend: HttpBackend
) -> None:
    off = policy_pb2.ActionPolicy(cache=policy_pb2.Cache(mode=policy_pb2.Cache.MODE_OFF))
    name = await published(
        door, backend, cache={"ttl": Duration(seconds=60)}, actions={"listPets": off}
    )
    for action, expected in (("listPets", "bypass"), ("getPet", "hit")):
        arguments = {"id": "1"} if action == "getPet" else {}
        await asked(door, f"{name}/{action}", arguments)
        _, said = await asked(door, f"{name}/{action}", arguments)
        assert said["x-cache"] == expected


async def test_a_limit_is_told_with_every_answer_and_every_refusal(
    door: Door, backend: HttpBackend
) -> None:
    limit = policy_pb2.Limit(calls=2, period=Duration(seconds=60))
    name = await published(door, backend, limits=[limit])
    _, said = await asked(door, f"{name}/listPets")
    assert said["ratelimit-policy"] == '"connector";q=2;w=60'
    assert said["ratelimit"].startswith('"connector";r=1;t=')
    await asked(door, f"{name}/listPets")
    told = await door.refused(f"{name}/listPets")
    assert told.said == ("RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED", "gateway", "NOT_EXECUTED")
    assert told.retry is not None
    assert 0 < told.retry <= 30
    (failure,) = (each for each in told.details if each.Is(QuotaFailure.DESCRIPTOR))
    quota = QuotaFailure()
    failure.Unpack(quota)
    assert [each.subject for each in quota.violations] == [f"connector:{name}"]
    assert len(backend.requests) == 2
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await door.execute(f"{name}/listPets")
    metadata = {key: str(value) for key, value in failed.value.initial_metadata()}
    assert metadata["ratelimit"].startswith('"connector";r=0;t=')


async def test_a_call_waits_for_its_turn_where_it_may(door: Door, backend: HttpBackend) -> None:
    limit = policy_pb2.Limit(calls=10, burst=1)
    name = await published(door, backend, limits=[limit])
    calls = (asked(door, f"{name}/listPets", max_wait=Duration(seconds=2)) for _ in range(4))
    answered = await asyncio.gather(*calls)
    assert [answer.WhichOneof("output") for answer, _ in answered] == ["json"] * 4
    assert (await door.refused(f"{name}/listPets")).info.reason == "QUOTA_EXCEEDED"


async def test_b24_a_repeated_request_id_answers_what_the_first_one_answered(
    door: Door, backend: HttpBackend, shop: Shop
) -> None:
    name = await published(door, backend)
    key = uuid.uuid4().hex
    first, _ = await asked(door, f"{name}/addPet", request_id=key)
    shop.said["/pets"] = answer(b'"changed"', headers=(JSON,))
    second, _ = await asked(door, f"{name}/addPet", request_id=key)
    del shop.said["/pets"]
    assert second.json == first.json
    assert len(backend.requests) == 1
    told = await door.refused(f"{name}/removePet", {"id": "1"}, request_id=key)
    assert told.said == ("INVALID_ARGUMENT", "REQUEST_ID_REUSED", "gateway", "NOT_EXECUTED")
    assert told.fields == ["request_id"]


async def test_a_keyed_call_goes_out_with_its_id_and_is_repeated(
    door: Door, backend: HttpBackend, shop: Shop
) -> None:
    retry = {"idempotency_header": "Idempotency-Key", "max_attempts": 2}
    name = await published(door, backend, retry=retry)
    shop.said["/pets"] = answer(b"", status=503)
    key = uuid.uuid4().hex
    told = await door.refused(f"{name}/addPet", request_id=key)
    del shop.said["/pets"]
    assert told.info.metadata["attempts"] == "2"
    assert [f"idempotency-key: {key}".encode() in each.lower() for each in backend.requests] == [
        *(True, True),
    ]


async def test_a_call_without_an_id_gets_one_for_its_tries_where_the_backend_knows_them(
    door: Door, backend: HttpBackend, shop: Shop
) -> None:
    retry = {"idempotency_header": "Idempotency-Key", "max_attempts": 2}
    name = await published(door, backend, retry=retry)
    shop.said["/pets"] = answer(b"", status=503)
    for _ in range(2):
        await door.refused(f"{name}/addPet")
    del shop.said["/pets"]
    keys = [re.search(rb"idempotency-key: (\S+)", each.lower()) for each in backend.requests]
    first, again, second, *_ = [each and each[1] for each in keys]
    assert first
    assert first == again != second


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"request_id": "x" * 129}, "request_id"),
        ({"request_id": "a b"}, "request_id"),
        ({"cache_use": 9}, "cache_use"),
        ({"max_wait": Duration(seconds=-1)}, "max_wait"),
    ],
)
async def test_fields_that_cannot_be_are_refused_by_name(
    door: Door, backend: HttpBackend, fields: dict[str, Any], field: str
) -> None:
    name = await published(door, backend)
    told = await door.refused(f"{name}/listPets", **fields)
    assert told.info.reason == "INVALID_REQUEST"
    assert told.fields == [field]
    assert not backend.requests


async def test_d36_a_backend_that_asks_for_a_pause_has_it_from_streams_too(
    door: Door, backend: HttpBackend, shop: Shop
) -> None:
    name = await published(door, backend, retry={"max_attempts": 1})
    shop.said["/pets"] = answer(b"", status=429, headers=(("Retry-After", "60"),))
    streams: Any = StreamServiceStub(door.channel)
    told = await refusal(anext(aiter(streams.StreamAction(
        StreamActionRequest(name=named(f"{name}/listPets"), parameters_json="{}")
    ))))  # fmt: skip
    del shop.said["/pets"]
    assert told.info.reason == "BACKEND_RATE_LIMITED"
    told = await door.refused(f"{name}/getPet", {"id": "1"})
    assert told.said == ("RESOURCE_EXHAUSTED", "BACKEND_PAUSED", "gateway", "NOT_EXECUTED")
    assert told.retry is not None
    assert 50 < told.retry <= 60
    assert len(backend.requests) == 1


async def test_d37_a_backend_that_fails_is_left_alone(
    door: Door, backend: HttpBackend, shop: Shop
) -> None:
    name = await published(door, backend, retry={"max_attempts": 1})
    shop.said["/pets"] = answer(b"", status=500)
    reasons = [(await door.refused(f"{name}/listPets")).info.reason for _ in range(7)]
    del shop.said["/pets"]
    assert reasons == ["BACKEND_ERROR"] * 5 + ["BREAKER_OPEN"] * 2
    told = await door.refused(f"{name}/listPets")
    assert told.said == ("UNAVAILABLE", "BREAKER_OPEN", "gateway", "NOT_EXECUTED")
    assert told.retry is not None
    assert len(backend.requests) == 5
    plain = await published(door, backend, **PLAIN)
    assert (await asked(door, f"{plain}/listPets"))[0].json
