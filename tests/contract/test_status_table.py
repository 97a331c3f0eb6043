"""contract.md section 3: what each status of a backend becomes at the gRPC door."""

import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from gateway.engines.choice import Name
from gateway.v1.gateway_pb2 import EXECUTION_VIEW_FULL
from tests.doors import PLAIN, Door, a_door, document
from tests.fakes import HttpBackend, answer

pytestmark = pytest.mark.asyncio(loop_scope="module")

TABLE = {
    (400, 406, 411, 413, 414, 415, 422, 431): ("INVALID_ARGUMENT", "BACKEND_REJECTED"),
    (401,): ("UNAUTHENTICATED", "BACKEND_AUTH_FAILED"),
    (403, 451): ("PERMISSION_DENIED", "BACKEND_FORBIDDEN"),
    (404, 410): ("NOT_FOUND", "BACKEND_NOT_FOUND"),
    (405, 501): ("UNIMPLEMENTED", "BACKEND_METHOD"),
    (408, 504): ("DEADLINE_EXCEEDED", "BACKEND_TIMEOUT"),
    (409,): ("ABORTED", "BACKEND_CONFLICT"),
    (402, 412, 417, 421, 423, 424, 426, 428): ("FAILED_PRECONDITION", "BACKEND_REJECTED"),
    (416,): ("OUT_OF_RANGE", "BACKEND_REJECTED"),
    (425, 502, 503): ("UNAVAILABLE", "BACKEND_UNAVAILABLE"),
    (429, 507, 509): ("RESOURCE_EXHAUSTED", "BACKEND_RATE_LIMITED"),
    (499,): ("CANCELLED", "BACKEND_CANCELLED"),
    (500,): ("UNKNOWN", "BACKEND_ERROR"),
}
"""The rows that name their statuses, as the contract prints them."""

NAMED = {status: row for statuses, row in TABLE.items() for status in statuses}
RANGES = {
    3: ("FAILED_PRECONDITION", "BACKEND_REDIRECT"),
    4: ("FAILED_PRECONDITION", "BACKEND_REJECTED"),
    5: ("UNKNOWN", "BACKEND_ERROR"),
}
UNMODIFIED = 304
"""Section 2 has it among those without output: the answer to the caller's own condition."""

ERRORS = (Path(__file__).resolve().parents[2] / "docs/errors.md").read_text()

BEYOND = ("101", "099", "000", "600", "700", "999")


def expected(status: int) -> tuple[str, str]:
    return NAMED.get(status) or RANGES[status // 100]


class Desk:
    """A backend that says what it was told to."""

    def __init__(self) -> None:
        self.says = b""

    def __call__(self, _: bytes) -> bytes:
        return self.says


@pytest.fixture(scope="module")
def desk() -> Desk:
    return Desk()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(
    tmp_path_factory: pytest.TempPathFactory, desk: Desk, engine: Name
) -> AsyncIterator[Door]:
    folder: Path = tmp_path_factory.mktemp("status")
    content = {"200": {"description": "", "content": {"application/json": {}}}}
    paths = {"/it": {"get": {"operationId": "getIt", "responses": content}}}
    async with HttpBackend(desk) as backend, a_door(folder, engine=engine) as opened:
        await opened.publish("desk", document(paths), backend.origin, policy=PLAIN)
        rules: list[dict[str, Any]] = [
            {"http_status": 409, "pointer": "/code", "equals": "EXISTS", "code": 6},
            {"http_status": 503, "code": 8, "message_pointer": "/why"},
        ]
        policy = {**PLAIN, "error_rules": rules, "success_statuses": [200, 418]}
        await opened.publish("ruled", document(paths), backend.origin, policy=policy)
        yield opened


@pytest.mark.parametrize("status", sorted(NAMED))
async def test_a_status_that_the_contract_names_has_its_code_and_reason(
    door: Door, desk: Desk, status: int
) -> None:
    body = b'{"error": {"message": "the words of the backend"}}'
    desk.says = answer(body, status=status, headers=(("Content-Type", "application/json"),))
    told = await door.refused("desk/getIt")
    assert told.said == (*NAMED[status], "backend", "EXECUTED")
    assert told.message == "the words of the backend"
    facts = dict(told.info.metadata)
    facts.pop("traceId")
    assert facts == {
        "connector": "desk",
        "version": "v1",
        "action": "getIt",
        "httpStatus": str(status),
        "outcome": "EXECUTED",
        "attempts": "1",
        "excerpt": body.decode(),
    }
    assert told.retry is None


async def test_every_other_status_has_the_code_of_its_range(door: Door, desk: Desk) -> None:
    others = [each for each in range(300, 600) if each not in (*NAMED, UNMODIFIED)]
    wrong = {}
    for status in others:
        desk.says = answer(status=status)
        said = (await door.refused("desk/getIt")).said
        if said != (*expected(status), "backend", "EXECUTED"):
            wrong[status] = said
    assert len(others) > 250
    assert wrong == {}


async def test_every_2xx_is_a_success(door: Door, desk: Desk) -> None:
    for status in range(200, 300):
        empty = status in {204, 205}
        desk.says = answer(b"" if empty else b'{"a":1}', status=status)
        answered = await door.execute("desk/getIt", view=EXECUTION_VIEW_FULL)
        assert answered.json == ("" if empty else '{"a":1}'), status
        assert answered.exchange.http_status == status


@pytest.mark.parametrize("status", BEYOND)
async def test_a_status_outside_200_to_599_is_an_error_of_the_backend(
    door: Door, desk: Desk, status: str
) -> None:
    desk.says = answer(b"{}", status=200).replace(b" 200 ", f" {status} ".encode())
    told = await door.refused("desk/getIt")
    assert told.said == ("UNKNOWN", "BACKEND_ERROR", "backend", "EXECUTED")
    assert told.info.metadata["httpStatus"] == str(int(status))


@pytest.mark.parametrize("status", sorted({*NAMED, 302, 418, 599}))
async def test_retry_info_comes_from_retry_after_where_a_retry_may_help(
    door: Door, desk: Desk, status: int
) -> None:
    desk.says = answer(status=status, headers=(("Retry-After", "7"),))
    told = await door.refused("desk/getIt")
    due = status in {408, 504, 425, 502, 503, 429, 507, 509}
    assert told.retry == (7.0 if due else None)


@pytest.mark.parametrize(
    ("said", "seconds"), [("0", 0.0), ("-1", 0.0), ("99999", 300.0), ("soon", None), ("", None)]
)
async def test_d36_retry_after_is_believed_within_bounds(
    door: Door, desk: Desk, said: str, seconds: float | None
) -> None:
    desk.says = answer(status=429, headers=(("Retry-After", said),))
    assert (await door.refused("desk/getIt")).retry == seconds


MEBIBYTE = json.dumps({"message": "no\r\n\x1b[31m " + "é☃" * 300_000}).encode()


@pytest.mark.parametrize("status", [400, 404, 429, 500, 503, 599])
@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (MEBIBYTE, (("Content-Type", "application/json"),)),
        (b"\x00\xff" * 500_000, (("Content-Type", "text/plain"),)),
        (b"<html>" + b"x" * 1_000_000, (("Content-Type", "text/html"),)),
        (gzip.compress(b'{"message": "packed"}'), (("Content-Encoding", "gzip"),)),
    ],
    ids=["json", "noise", "html", "gzip"],
)
async def test_whatever_an_error_says_the_details_stay_small(
    door: Door, desk: Desk, status: int, body: bytes, headers: tuple[tuple[str, str], ...]
) -> None:
    desk.says = answer(body, status=status, headers=(*headers, ("Retry-After", "3")))
    told = await door.refused("desk/getIt")
    assert told.said == (*expected(status), "backend", "EXECUTED")
    assert told.info.metadata["excerpt"].isprintable()
    assert len(told.info.metadata["excerpt"].encode()) <= 1024


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_d34_a_redirect_is_told_and_not_followed(door: Door, desk: Desk, status: int) -> None:
    goal = ("Location", "http://user:pw@169.254.169.254/latest?token=abc#f")
    desk.says = answer(status=status, headers=(goal,))
    told = await door.refused("desk/getIt")
    assert told.said == ("FAILED_PRECONDITION", "BACKEND_REDIRECT", "backend", "EXECUTED")
    assert told.message == "redirects to http://169.254.169.254/latest, which is not followed"


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (409, b'{"code": "EXISTS"}', ("ALREADY_EXISTS", "BACKEND_CONFLICT")),
        (409, b'{"code": "OTHER"}', ("ABORTED", "BACKEND_CONFLICT")),
        (503, b'{"why": "too many"}', ("RESOURCE_EXHAUSTED", "BACKEND_RATE_LIMITED")),
        (404, b"{}", ("NOT_FOUND", "BACKEND_NOT_FOUND")),
        (201, b"{}", ("UNKNOWN", "BACKEND_ERROR")),
    ],
)
async def test_a_versions_rules_come_before_the_table(
    door: Door, desk: Desk, status: int, body: bytes, said: tuple[str, str]
) -> None:
    desk.says = answer(body, status=status)
    told = await door.refused("ruled/getIt")
    assert told.said == (*said, "backend", "EXECUTED")
    if status == 503:
        assert told.message == "too many"


async def test_a_status_that_the_version_calls_a_success_is_one(door: Door, desk: Desk) -> None:
    desk.says = answer(b'{"pot":1}', status=418)
    assert (await door.execute("ruled/getIt")).json == '{"pot":1}'


async def test_the_help_of_every_reason_is_in_the_documentation() -> None:
    reasons = {row[1] for row in (*NAMED.values(), *RANGES.values())}
    assert all(f"\n### {reason}\n" in ERRORS for reason in reasons)
