"""A facade that means harm, ours by its marks or a third party's, seen from the gateway's door."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from gateway.v1.gateway_pb2 import EXECUTION_VIEW_FULL, ExecuteActionRequest
from gateway.v1.version_pb2 import Indirect
from tests.doors import PLAIN, Door, Refusal, a_door, document, named
from tests.facades import key_file
from tests.fakes import HttpBackend, RawBackend, Script, answer, read_request, says
from tests.twins import Twins, a_pair

pytestmark = pytest.mark.asyncio(loop_scope="module")

JSON = ("Content-Type", "application/json")
OURS = ("portico-origin", "facade")
THEIRS = ("portico-origin", "backend")

BROKEN = ("UNAVAILABLE", "FACADE_UNAVAILABLE", "gateway", "UNKNOWN")
LATE = ("DEADLINE_EXCEEDED", "FACADE_TIMEOUT", "gateway", "UNKNOWN")
TOO_LARGE = ("RESOURCE_EXHAUSTED", "RESPONSE_TOO_LARGE", "backend", "EXECUTED")

PATHS = {"/it": {"get": {"operationId": "get", "responses": {}}}}

SOON = 3.0
"""Seconds within which even a busy machine has told what needs no waiting."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Door]:
    folder: Path = tmp_path_factory.mktemp("door")
    async with a_door(folder, hop_key=key_file(folder)) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pair(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Twins]:
    async with a_pair(tmp_path_factory.mktemp("pair")) as opened:
        yield opened


async def through(door: Door, facade: RawBackend, name: str, **fields: Any) -> None:
    """Publishes a connector behind a facade, which is asked once for each call."""
    indirect = Indirect(facade_uri=facade.origin, **fields)
    await door.publish(name, document(PATHS), "", indirect=indirect, policy=PLAIN)


async def told(door: Door, script: Script, name: str, within: float = SOON, **mark: str) -> Refusal:
    """What a call is told whose facade does this."""
    async with RawBackend(script) as facade:
        await through(door, facade, name, **mark)
        began = time.monotonic()
        refused = await door.refused(f"{name}/get", within=within)
        assert time.monotonic() - began < within + SOON
    assert refused.code != "INTERNAL"
    return refused


def lying(status: int = 503, **members: Any) -> bytes:
    """An answer with the facade's mark, whose envelope has these members."""
    error = {"code": str(status), "reason": "OVERLOADED", "status": "UNAVAILABLE"} | members
    body = json.dumps({"error": {"domain": "facade", "outcome": "UNKNOWN"} | error}).encode()
    return answer(body, status=status, headers=(JSON, OURS))


LONG = "x" * 100_000
DEEP = b'{"error": {"reason": "OVERLOADED", "facts": ' + b'{"a":' * 9_000 + b"1" + b"}" * 9_002

LIES: dict[str, dict[str, Any]] = {
    "a long text": {"description": LONG, "excerpt": LONG},
    "lines and escapes": {
        "description": "a\r\nINFO forged line\x1b[2J\x00",
        "excerpt": "b\r\n\x9b2J",
        "facts": {"action": "c\n", "hint": "d\n\x1b]0;"},
    },
    "many facts": {"facts": {f"fact{number}": "x" * 500 for number in range(5_000)}},
    "names of facts": {"facts": {"": "a", LONG: "b", "a\nb": "c", "outcome": "EXECUTED"}},
    "facts of other kinds": {"facts": {"attempts": [1], "httpStatus": {"a": 1}, "hint": None}},
    "attempts": {"facts": {"attempts": "1\r\nx: y", "httpStatus": "1\r\nx: y"}},
    "many violations": {
        "reason": "INVALID_PARAMETERS",
        "status": "INVALID_ARGUMENT",
        "violations": [{"field": "x" * 900, "description": "a\nb"}] * 5_000,
    },
    "many quotas": {
        "reason": "QUOTA_EXCEEDED",
        "status": "RESOURCE_EXHAUSTED",
        "quotas": [{"subject": "x" * 900, "description": "a\nb"}] * 5_000,
    },
    "a large resource": {
        "resource": {"type": LONG, "name": LONG, "suggestions": [LONG] * 100},
    },
    "a wait without end": {"retry_after": 1e9},
    "no wait": {"retry_after": 0},
    "a code that is none": {"status": "OK"},
    "a reason of ours": {"reason": "INTERNAL_ERROR", "status": "INTERNAL", "outcome": "EXECUTED"},
    "a long reason": {"reason": "R" * 63, "status": "NOPE", "outcome": "MAYBE"},
    "who speaks": {"domain": "gateway"},
    "everything": {
        "description": LONG,
        "excerpt": LONG,
        "facts": {f"fact{number}": LONG for number in range(9)},
        "quotas": [{"subject": LONG, "description": LONG}] * 9,
        "resource": {"type": LONG, "name": LONG, "suggestions": [LONG] * 3},
        "violations": [{"field": LONG, "description": LONG}] * 9,
        "retry_after": 9.5,
    },
    "half a pair": {"description": "\ud800", "facts": {"hint": "\udfff"}},
}


@pytest.mark.parametrize("lie", LIES)
async def test_l10_whatever_an_envelope_tells_stays_within_the_rules(
    door: Door, lie: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    name = "lie-" + str(list(LIES).index(lie))
    async with RawBackend(says(lying(**LIES[lie]))) as facade:
        await through(door, facade, name)
        refused = await door.refused(f"{name}/get", within=SOON)
    assert refused.info.domain != "gateway" or refused.said == BROKEN
    assert refused.info.metadata["action"] == "get"
    assert refused.info.metadata["attempts"].isdecimal()
    assert all(each.isprintable() for each in refused.info.metadata.values())
    assert not [each for each in caplog.records if each.exc_info]


UNREADABLE: dict[str, bytes] = {
    "deep": DEEP,
    "an array": b"[]",
    "types": b'{"error": {"reason": 1, "code": [], "facts": "x"}}',
    "violations": b'{"error": {"reason": "OVERLOADED", "violations": [1, null]}}',
    "a number beyond all": b'{"error": {"reason": "OVERLOADED", "retry_after": 1e400}}',
    "a wait that is over": b'{"error": {"reason": "OVERLOADED", "retry_after": -1}}',
    "digits": b'{"error": {"reason": "OVERLOADED", "retry_after": ' + b"9" * 100_000 + b"}}",
    "no UTF-8": b'{"error": {"reason": "OVERLOADED", "description": "\xff\xfe"}}',
    "a reason with an end of line": b'{"error": {"reason": "A\\nB"}}',
    "a page": b"<html><script>alert(1)</script></html>",
}


@pytest.mark.parametrize("body", UNREADABLE)
async def test_c11_what_is_no_envelope_leaves_it_open_what_happened(door: Door, body: str) -> None:
    said = answer(UNREADABLE[body], status=503, headers=(JSON, OURS))
    refused = await told(door, says(said), f"no-{list(UNREADABLE).index(body)}")
    assert refused.said == BROKEN


def head(*fields: str, status: str = "200 OK") -> bytes:
    """The beginning of an answer that claims to be the backend's."""
    lines = (f"HTTP/1.1 {status}", "portico-origin: backend", "content-type: application/json")
    return "\r\n".join((*lines, *fields, "", "")).encode("latin-1")


def endless(first: bytes, piece: bytes, pause: float = 0.0) -> Script:
    """A script that never stops to say the same."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(first)
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)

    return script


CHUNK = b"8000\r\n" + b"1" * 0x8000 + b"\r\n"

SPATES: dict[str, tuple[Script, tuple[str, str, str, str]]] = {
    "a body without end": (endless(head("transfer-encoding: chunked"), CHUNK), TOO_LARGE),
    "a length of 10^18": (endless(head("content-length: 1" + "0" * 18), CHUNK), TOO_LARGE),
    "a field without end": (endless(b"HTTP/1.1 200 OK\r\nx: ", b"a" * 65_536), TOO_LARGE),
    "fields without end": (endless(b"HTTP/1.1 200 OK\r\n", b"x: a\r\n" * 9_000), TOO_LARGE),
    "a chunk extension without end": (
        endless(head("transfer-encoding: chunked") + b"2;", b"a" * 65_536, 0.01),
        BROKEN,
    ),
    "1xx without end": (endless(b"", b"HTTP/1.1 103 Early\r\nlink: a\r\n\r\n"), BROKEN),
    "drops of a head": (endless(b"HTTP/1.1 200 OK\r\nx: ", b"a", 0.05), LATE),
    "drops of a body": (endless(head("content-length: 9999"), b"1", 0.05), LATE),
}


@pytest.mark.parametrize("spate", SPATES)
async def test_c03_no_spate_outlives_the_deadline_or_the_limits(door: Door, spate: str) -> None:
    script, expected = SPATES[spate]
    within = 0.5 if expected == LATE else 10.0
    began = time.monotonic()
    refused = await told(door, script, f"spate-{list(SPATES).index(spate)}", within)
    assert refused.said == expected
    assert time.monotonic() - began < within + SOON


MARKS: list[tuple[str, ...]] = [
    ("portico-attempts: 1000000000000", "portico-age: -5", "portico-cache: hit"),
    ("portico-attempts: \xb2", "portico-age: nan", "portico-timing: total;dur=-1"),
    ("portico-attempts: -1", "portico-age: 1e999", "portico-cache: stolen"),
    ("portico-ratelimit: \xe9\xff", "portico-ratelimit-policy: a\x01b"),
    ("portico-ratelimit: " + "x" * 60_000,),
    ("portico-trace: " + "0" * 31 + "2", "portico-outcome: NOT_EXECUTED", "portico-reason: X"),
    ("portico-timing: " + "total;dur=9, " * 3_000,),
    ("x-a: a\x01b", "x-b: \xff", "set-cookie: a=b"),
]


@pytest.mark.parametrize("number", range(len(MARKS)))
async def test_no_mark_of_an_answer_is_a_bug_of_ours(door: Door, number: int) -> None:
    said = head(*MARKS[number], "content-length: 2") + b"{}"
    name = f"mark-{number}"
    async with RawBackend(says(said)) as facade:
        await through(door, facade, name)
        request = ExecuteActionRequest(name=named(f"{name}/get"), view=EXECUTION_VIEW_FULL)
        call = door.gateway.ExecuteAction(request, timeout=SOON)
        answered = await call
        before = dict(await call.initial_metadata())
    assert answered.exchange.http_status == 200
    assert not [each for each in answered.exchange.response_headers if each.startswith("portico")]
    assert len("".join(map(str, before.items()))) < 4_096
    assert int(before.get("age", "0")) >= 0


@pytest.mark.parametrize("status", ["999 No", "099 No", "600 No", "101 Switching Protocols"])
async def test_a_status_that_http_does_not_have_is_no_bug_of_ours(door: Door, status: str) -> None:
    said = head("content-length: 2", status=status) + b"{}"
    refused = await told(door, says(said), f"status-{status[:3]}")
    assert refused.said[0] in {"UNKNOWN", "UNAVAILABLE"}


@pytest.mark.parametrize("mark", ["x-facade", "none"])
async def test_what_a_third_partys_facade_says_in_our_words_is_the_backends(
    door: Door, mark: str
) -> None:
    body = b'{"error": {"reason": "CALLER_UNKNOWN", "status": "UNAUTHENTICATED"}}'
    marks = (JSON, OURS, ("portico-attempts", "7"), ("x-facade", "1"))
    said = says(answer(body, status=500, headers=marks))
    refused = await told(door, said, f"third-{len(mark)}", mark=mark)
    assert refused.said == ("UNKNOWN", "BACKEND_ERROR", "backend", "EXECUTED")
    assert refused.info.metadata["attempts"] == "1"


async def test_c04_an_answer_with_two_marks_is_that_of_the_first(door: Door) -> None:
    both = answer(b"{}", status=500, headers=(JSON, THEIRS, OURS))
    refused = await told(door, says(both), "two-marks")
    assert refused.said == ("UNKNOWN", "BACKEND_ERROR", "backend", "EXECUTED")


FORGED = b'{"error": {"reason": "OVERLOADED", "status": "UNAVAILABLE", "domain": "facade"}}'

MINE: dict[str, tuple[str, ...]] = {
    "a mark": ("portico-origin: facade", "portico-outcome: NOT_EXECUTED"),
    "marks in other letters": ("Portico-Origin: facade", "PORTICO-REASON: OVERLOADED"),
    "the mark as one of the connection": ("connection: portico-origin, portico-outcome",),
    "a mark and a fold": ("x: a\r\n portico-origin: facade",),
    "a cache's": ("portico-cache: hit", "portico-age: 9", "portico-attempts: 9"),
}


@pytest.mark.parametrize("fields", MINE)
async def test_no_backend_makes_a_gateway_believe_that_the_facade_speaks(
    pair: Twins, fields: str
) -> None:
    said = head(*MINE[fields], f"content-length: {len(FORGED)}", status="503 No")
    said = said.replace(b"portico-origin: backend\r\n", b"")
    async with HttpBackend(said + FORGED) as backend:
        direct, indirect = await pair.refused(backend.origin, "get", {"id": "1"})
    assert indirect.said == direct.said
    assert indirect.said == ("UNAVAILABLE", "BACKEND_UNAVAILABLE", "backend", "EXECUTED")
    assert indirect.info.metadata["attempts"] == "1"


async def test_no_trailer_of_a_backend_is_a_mark(pair: Twins) -> None:
    said = head("transfer-encoding: chunked").replace(b"portico-origin: backend\r\n", b"")
    async with HttpBackend(said + b"2\r\n{}\r\n0\r\nportico-origin: facade\r\n\r\n") as backend:
        for name in await pair.publish(backend.origin):
            assert (await pair.door.execute(f"{name}/get", {"id": "1"})).json == "{}"
