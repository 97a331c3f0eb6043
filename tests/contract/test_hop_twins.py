"""The same call, direct and through a real facade: the same output, code and details."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from facade.model.policy import Limit
from facade.transcode.check import STATUSES
from gateway.v1.gateway_pb2 import EXECUTION_VIEW_FULL, ExecuteActionRequest
from tests.doors import Door, Refusal, named
from tests.fakes import HttpBackend, RawBackend, Script, answer, cut, says
from tests.servers import free_port
from tests.twins import ALONE, Twins, a_pair

pytestmark = pytest.mark.asyncio(loop_scope="module")

JSON_TYPE = ("Content-Type", "application/json")

LIMIT = 100_000


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def twins(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Twins]:
    async with a_pair(tmp_path_factory.mktemp("twins"), max_response_bytes=LIMIT) as pair:
        yield pair


def told(refusal: Refusal) -> dict[str, Any]:
    """All of it but who says so, and what names the call."""
    own = {"connector", "traceId"}
    return {
        "row": (refusal.code, refusal.info.reason, refusal.info.metadata["outcome"]),
        "message": refusal.message,
        "facts": {key: text for key, text in refusal.info.metadata.items() if key not in own},
        "retry": refusal.retry,
        "violations": [(each.field, each.description) for each in refusal.bad.field_violations],
    }


@pytest.mark.parametrize("action", ["get", "make", "head"])
@pytest.mark.parametrize("status", sorted({*STATUSES, 301, 418, 511, 599}))
async def test_every_status_is_told_alike(twins: Twins, status: int, action: str) -> None:
    fields = (JSON_TYPE, ("Retry-After", "7"), ("Location", "https://elsewhere.example/x?k=1"))
    said = b"" if action == "head" else b'{"error": {"code": "E1", "description": "no"}}'
    async with HttpBackend(answer(said, status=status, headers=fields)) as backend:
        direct, indirect = await twins.refused(backend.origin, action, {"id": "1"})
    assert told(indirect) == told(direct)
    assert indirect.info.domain == direct.info.domain == "backend"


@pytest.mark.parametrize(
    "script",
    [
        cut(b"", reset=True),
        cut(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", reset=True),
        cut(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", reset=False),
        says(b"SSH-2.0-OpenSSH\r\n"),
        says(answer(b"{", headers=(JSON_TYPE,))),
        says(answer(b'{"a": 1', headers=(JSON_TYPE, ("Content-Encoding", "gzip")))),
        says(answer(b"x" * (LIMIT + 1), headers=(JSON_TYPE,))),
    ],
)
@pytest.mark.parametrize("action", ["get", "make"])
async def test_every_failure_of_the_backend_is_told_alike(
    twins: Twins, script: Script, action: str
) -> None:
    async with RawBackend(script) as backend:
        direct, indirect = await twins.refused(backend.origin, action, {"id": "1"})
    assert told(indirect) == told(direct)
    assert indirect.info.domain == direct.info.domain == "backend"


@pytest.mark.parametrize("action", ["get", "make", "head"])
async def test_a_backend_that_is_gone_is_told_alike(twins: Twins, action: str) -> None:
    origin = f"http://127.0.0.1:{free_port()}"
    direct, indirect = await twins.refused(origin, action, {"id": "1"})
    same = [told(each) for each in (direct, indirect)]
    if action == "head":  # has no body that could tell the message
        same = [each | {"message": ""} for each in same]
    assert same[0] == same[1]


@pytest.mark.parametrize("arguments", [{}, {"id": "1", "n": 10}, {"id": "1", "x": 1}])
async def test_what_is_wrong_with_a_call_is_told_alike(twins: Twins, arguments: Any) -> None:
    async with HttpBackend() as backend:
        direct, indirect = await twins.refused(backend.origin, "get", arguments)
        assert backend.requests == []
    assert told(indirect) == told(direct)


@pytest.mark.parametrize(
    "said",
    [
        answer(b'{"n": 1.50, "big": 12345678901234567890}', headers=(JSON_TYPE,)),
        answer(b'{"n": 1}', status=201, headers=(JSON_TYPE, ("X-Own", "a"), ("X-Own", "b"))),
        answer(b"\x00\xff", headers=(("Content-Type", "application/octet-stream"),)),
        answer(b"<p>", headers=(("Content-Type", "text/html; charset=latin-1"),)),
        answer(b"", status=204),
        answer(b""),
    ],
)
async def test_every_answer_is_alike(twins: Twins, said: bytes) -> None:
    async with HttpBackend(said) as backend:
        found = []
        for name in await twins.publish(backend.origin):
            given = {"id": "1/ü"}
            answered = await twins.door.execute(f"{name}/make", given, view=EXECUTION_VIEW_FULL)
            headers = dict(answered.exchange.response_headers)
            found.append((answered.json, answered.body, answered.exchange.http_status, headers))
        lines = {request.partition(b" HTTP")[0] for request in backend.requests}
    own = {"date", "server", "connection", "content-length"}
    for *_, headers in found:
        for name in own & headers.keys():
            del headers[name]
    assert found[0] == found[1]
    assert lines == {b"POST /things/1%2F%C3%BC"}


async def test_a_remembered_answer_is_told_alike(twins: Twins) -> None:
    fresh = ("Cache-Control", "max-age=60")
    async with HttpBackend(answer(b"{}", headers=(JSON_TYPE, fresh))) as backend:
        rows = [
            [await remembered(twins.door, name, thing) for thing in ("1", "2", "1")]
            for name in await twins.publish(backend.origin)
        ]
        assert rows[0] == rows[1] == ["miss", "miss", "hit"]
        assert len(backend.requests) == 4


async def remembered(door: Door, name: str, thing: str) -> str:
    """What a call is told of the cache."""
    given = json.dumps({"id": thing})
    request = ExecuteActionRequest(name=named(f"{name}/get"), parameters_json=given)
    call = door.gateway.ExecuteAction(request)
    said = dict(await call.initial_metadata())
    await call
    return str(said["x-cache"])


async def test_a_limit_is_told_alike(twins: Twins) -> None:
    limited = replace(ALONE, limits=(Limit(calls=1, period=60.0),))
    same = {"limits": [{"calls": 1, "period": {"seconds": 60}}]}
    async with HttpBackend() as backend:
        found = []
        for name in await twins.publish(backend.origin, limited, **same):
            await twins.door.execute(f"{name}/make", {"id": "1"})
            found.append(await twins.door.refused(f"{name}/make", {"id": "1"}))
        assert len(backend.requests) == 2
    direct, indirect = found
    assert (direct.info.domain, indirect.info.domain) == ("gateway", "facade")
    assert 59 < (indirect.retry or 0) <= 60
    named_alike = {"message": direct.message.replace("-direct", ""), "retry": indirect.retry}
    assert told(indirect) == told(direct) | named_alike
