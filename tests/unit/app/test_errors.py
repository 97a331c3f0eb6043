"""The border: what each failure of a route becomes."""

import asyncio
import json
import logging
from typing import Any

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from facade.app.errors import prefers_problem
from facade.app.routing import App
from facade.errors.backend import BackendAuthFailed
from facade.errors.caller import ConnectorNotFound
from facade.errors.fault import Details, Effect, Fault
from facade.errors.hop import HopUntrusted
from facade.errors.service import QuotaExceeded
from tests.listeners import answering, asking


def failing(problem: BaseException, path: str = "/a") -> App:
    async def fail(_: Request) -> Response:
        raise problem

    return App([Route(path, fail)])


async def told(problem: BaseException, path: str = "/a", **headers: str) -> Any:
    async with asking(failing(problem, path)) as client:
        return await client.get(path, headers=headers)


async def test_a_fault_becomes_the_envelope() -> None:
    answer = await told(ConnectorNotFound("no `connectors/x`"))
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    error = answer.json()["error"]
    assert (error["code"], error["reason"]) == ("404", "CONNECTOR_NOT_FOUND")
    assert error["status"] == "NOT_FOUND"
    assert error["description"] == "no `connectors/x`"
    assert "portico-origin" not in answer.headers


async def test_where_it_is_preferred_it_becomes_problem_json() -> None:
    answer = await told(ConnectorNotFound("no"), accept="application/problem+json")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["vary"] == "accept"
    assert answer.json()["status"] == 404
    assert answer.json()["detail"] == "no"


@pytest.mark.parametrize(
    ("accept", "problem"),
    [
        ("", False),
        ("*/*", False),
        ("application/json", False),
        ("application/*", False),
        ("application/problem+json", True),
        ("application/json, application/problem+json", True),
        ("application/problem+json;q=0.9, application/json", False),
        ("application/problem+json;q=0", False),
        ("application/problem+json, */*", True),
        ("application/problem+json;q=0.2, */*;q=0.1", True),
        ("nonsense", False),
    ],
)
def test_problem_json_is_for_who_names_it(accept: str, problem: bool) -> None:  # noqa: FBT001 - a column
    assert prefers_problem(accept) is problem


async def test_what_a_fault_says_before_the_answer_stands_in_its_fields() -> None:
    limits = {"ratelimit": '"a";r=0;t=3', "ratelimit-policy": '"a";q=9;w=60'}
    answer = await told(QuotaExceeded("no", details=Details(retry_after=2.1, headers=limits)))
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "3"
    assert answer.headers["ratelimit"] == limits["ratelimit"]
    assert answer.headers["ratelimit-policy"] == limits["ratelimit-policy"]
    assert answer.json()["error"]["retry_after"] == 2.1


@pytest.mark.parametrize(
    ("fault", "realm"), [(HopUntrusted("no"), "facade"), (BackendAuthFailed("no"), "backend")]
)
async def test_401_comes_with_a_challenge(fault: Fault, realm: str) -> None:
    answer = await told(fault)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == f'Portico realm="{realm}"'


async def test_below_connectors_a_fault_has_the_marks_of_a_facade() -> None:
    path = "/connectors/a/versions/live/x"
    answer = await told(QuotaExceeded("no", effect=Effect.NOT_EXECUTED), path)
    assert answer.headers["portico-origin"] == "facade"
    assert answer.headers["portico-outcome"] == "NOT_EXECUTED"


async def test_a_path_that_there_is_not_is_told_in_the_envelope() -> None:
    async with asking(failing(ValueError())) as client:
        answer = await client.get("/nothing")
    assert answer.status_code == 404
    assert answer.json()["error"]["reason"] == "ROUTE_NOT_FOUND"


async def test_a_method_that_a_path_has_not_is_told_with_those_that_it_has() -> None:
    async def nothing(_: Request) -> Response:
        return PlainTextResponse("")

    app = App([Route("/a", nothing), Route("/a", nothing, methods=["POST"])])
    async with asking(app) as client:
        answer = await client.put("/a")
        assert answer.status_code == 405
        assert answer.headers["allow"] == "GET, HEAD, POST"
        assert answer.json()["error"]["reason"] == "ROUTE_NOT_FOUND"
        assert (await client.head("/a")).status_code == 200


async def test_what_is_no_fault_is_a_bug_whose_text_nobody_sees(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = await told(ValueError("secret words"))
    assert answer.status_code == 500
    assert "secret words" not in answer.text
    error_id = answer.json()["error"]["facts"]["errorId"]
    assert f"error {error_id} in GET /a" in caplog.text
    assert "secret words" in caplog.text


@pytest.mark.parametrize(
    ("status", "reason"), [(413, "REQUEST_TOO_LARGE"), (400, "INVALID_REQUEST")]
)
async def test_what_starlette_refuses_is_told_in_the_envelope(status: int, reason: str) -> None:
    answer = await told(HTTPException(status))
    assert (answer.status_code, answer.json()["error"]["reason"]) == (status, reason)


async def run(app: App, method: str = "GET") -> list[dict[str, Any]]:
    """The messages of an answer to a caller who sends nothing."""
    sent: list[dict[str, Any]] = []
    scope = {"type": "http", "method": method, "path": "/a", "headers": [], "query_string": b""}

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await answering(app)(scope, receive, send)
    return sent


async def test_a_caller_who_has_gone_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    assert await run(failing(ClientDisconnect())) == []
    assert caplog.text == ""


async def test_a_cancelled_request_is_cancelled() -> None:
    with pytest.raises(asyncio.CancelledError):
        await run(failing(asyncio.CancelledError()))


async def test_an_answer_that_has_begun_is_not_answered_twice() -> None:
    async def pieces() -> Any:
        yield b"a"
        raise QuotaExceeded("in the middle")

    async def stream(_: Request) -> Response:
        return StreamingResponse(pieces())

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/a", "headers": [], "query_string": b""}
    await answering(App([Route("/a", stream)]))(scope, receive, send)
    assert [each["type"] for each in sent] == ["http.response.start", "http.response.body"]
    assert sent[1]["more_body"]


async def test_what_outlives_the_grace_is_told_that_it_may_have_been_executed() -> None:
    async def slow(_: Request) -> Response:
        await asyncio.sleep(30)
        return PlainTextResponse("")

    app = App([Route("/a", slow)])
    running = asyncio.ensure_future(run(app))
    await asyncio.sleep(0)
    app.drain.expire()
    start, body = await running
    assert start["status"] == 503
    error = json.loads(body["body"])["error"]
    assert (error["reason"], error["outcome"]) == ("OVERLOADED", "UNKNOWN")
