"""What goes wrong is told a typed caller as to ExecuteAction: code, reason, words and details."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from facade.model.access import Grant, Role
from facade.model.names import VersionName
from facade.transcode.check import STATUSES
from gateway.engines.choice import Name
from tests.callers import a_key, bearer
from tests.doors import PLAIN, document
from tests.engines import publish
from tests.faces import Faces, both_faces
from tests.fakes import HttpBackend, RawBackend, Script, answer, cut, hold, read_request, says
from tests.servers import free_port
from tests.typed_twins import Told, TypedTwins

pytestmark = pytest.mark.asyncio(loop_scope="module")

LIMIT = 100_000
JSON_TYPE = ("Content-Type", "application/json")
TEXT = {"type": "string"}
QUERY: Mapping[str, Any] = {
    "size": {"type": "integer", "minimum": 1, "maximum": 9},
    "sort": {"type": "string", "enum": ["up", "down"]},
    "code": {"type": "string", "pattern": "^[a-z]+$", "maxLength": 3},
}
THING = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": TEXT, "weight": {"type": "number", "exclusiveMinimum": 0}},
}
REF = {"$ref": "#/components/schemas/Thing"}
OK = {"200": {"description": "", "content": {"application/json": {"schema": REF}}}}
ID = {"name": "thingId", "in": "path", "required": True, "schema": TEXT}
SPEC = document(
    {
        "/things/{thingId}": {
            "get": {
                "operationId": "get",
                "parameters": [
                    ID,
                    *({"name": name, "in": "query", "schema": x} for name, x in QUERY.items()),
                ],
                "responses": OK,
            },
            "post": {
                "operationId": "make",
                "parameters": [ID],
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": REF}},
                },
                "responses": OK,
            },
        }
    },
    components={"schemas": {"Thing": THING}},
)
GET = ("get", {"thingId": "1"})
MAKE = ("make", {"thingId": "1", "body": {"name": "Rex"}})


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def faces(tmp_path_factory: pytest.TempPathFactory, engine: Name) -> AsyncIterator[Faces]:
    folder = tmp_path_factory.mktemp("errors")
    async with both_faces(folder, engine=engine, max_response_bytes=LIMIT) as opened:
        yield opened


@pytest.fixture(scope="module")
def names() -> Iterator[str]:
    """A connector of its own for each backend."""
    return (f"things{number}" for number in itertools.count())


async def published(faces: Faces, names: Iterator[str], origin: str, **policy: Any) -> TypedTwins:
    name = next(names)
    await faces.door.publish(name, SPEC, origin, policy={**PLAIN, **policy})
    return await TypedTwins(faces, VersionName(name, "v1"), []).open()


def alike(told: tuple[Told, Told], reason: str) -> None:
    """Both are refused, for that reason, in the same words, with the same beside them."""
    untyped, typed = told
    assert untyped.refused == typed.refused
    assert typed.refused["row"][1] == reason
    assert untyped.before == typed.before
    assert untyped.after == typed.after


def row(told: Told) -> Any:
    return told.refused["row"], [field for field, _ in told.refused["violations"]]


@pytest.mark.parametrize("call", [GET, MAKE])
@pytest.mark.parametrize("status", sorted({*STATUSES, 301, 418, 511, 599}))
async def test_every_status_is_told_alike(
    faces: Faces, names: Iterator[str], status: int, call: tuple[str, Any]
) -> None:
    fields = (JSON_TYPE, ("Retry-After", "7"), ("RateLimit-Reset", "9"))
    said = answer(b'{"error": {"code": "E1", "description": "no"}}', status=status, headers=fields)
    async with HttpBackend(said) as backend:
        twins = await published(faces, names, backend.origin)
        told = await twins.both(twins.given(*call))
    alike(told, told[0].refused["row"][1])
    assert told[1].refused["row"][2] == "backend"
    assert told[1].refused["facts"]["httpStatus"] == str(status)


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (cut(b"", reset=True), "BACKEND_UNAVAILABLE"),
        (
            cut(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", reset=False),
            "BACKEND_UNAVAILABLE",
        ),
        (says(b"SSH-2.0-OpenSSH\r\n"), "BACKEND_UNAVAILABLE"),
        (says(answer(b"{", headers=(JSON_TYPE,))), "BACKEND_BAD_RESPONSE"),
        (says(answer(b"x" * (LIMIT + 1), headers=(JSON_TYPE,))), "RESPONSE_TOO_LARGE"),
        (hold, "BACKEND_TIMEOUT"),
    ],
)
async def test_every_failure_of_the_backend_is_told_alike(
    faces: Faces, names: Iterator[str], script: Script, reason: str
) -> None:
    async with RawBackend(script) as backend:
        twins = await published(faces, names, backend.origin, timeout={"nanos": 300_000_000})
        alike(await twins.both(twins.given(*MAKE)), reason)


async def test_a_backend_that_is_gone_is_told_alike(faces: Faces, names: Iterator[str]) -> None:
    twins = await published(faces, names, f"http://127.0.0.1:{free_port()}")
    alike(await twins.both(twins.given(*GET)), "BACKEND_UNREACHABLE")


@pytest.mark.parametrize(
    ("action", "given"),
    [
        ("get", {}),
        ("get", {"thingId": ""}),
        ("get", {"thingId": "."}),
        ("get", {"thingId": "1", "size": 0}),
        ("get", {"thingId": "1", "size": 10, "code": "ABCD"}),
        ("make", {"thingId": "1"}),
        ("make", {"body": {"weight": -0.5}}),
        ("make", {"thingId": "1", "body": {}}),
    ],
)
async def test_what_is_wrong_with_arguments_is_told_alike(
    faces: Faces, names: Iterator[str], action: str, given: Any
) -> None:
    async with HttpBackend() as backend:
        twins = await published(faces, names, backend.origin)
        told = await twins.both(twins.given(action, given))
        assert backend.requests == []
    alike(told, "INVALID_PARAMETERS")


async def test_a_value_that_an_enum_lacks_is_refused_at_the_same_field(
    faces: Faces, names: Iterator[str]
) -> None:
    twins = await published(faces, names, "http://127.0.0.1:9")
    wrong = {"thingId": "1", "sort": "sideways"}
    asked = twins.given("get", {"thingId": "1", "sort": 99}, wrong)
    untyped, typed = await twins.both(asked)
    assert row(untyped) == row(typed)
    assert row(typed)[1] == ["/sort"]
    assert untyped.refused["facts"] == typed.refused["facts"]


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"connection": "connections/none"}, "CONNECTION_NOT_FOUND"),
        ({"connection": "none"}, "INVALID_REQUEST"),
        ({"subject": "connections/none/subjects/ada"}, "CONNECTION_NOT_FOUND"),
        ({"content_type": "text/csv"}, "INVALID_PARAMETERS"),
        ({"request_id": "x" * 129}, "INVALID_REQUEST"),
    ],
)
async def test_what_is_said_beside_a_call_is_refused_alike(
    faces: Faces, names: Iterator[str], more: dict[str, str], reason: str
) -> None:
    twins = await published(faces, names, "http://127.0.0.1:9")
    untyped, typed = await twins.both(twins.given(*MAKE, **more))
    assert untyped.refused["row"] == typed.refused["row"]
    assert typed.refused["row"][1] == reason
    assert untyped.refused["facts"] == typed.refused["facts"]
    assert untyped.refused["resource"] == typed.refused["resource"]


async def test_a_limit_that_is_reached_is_told_alike(faces: Faces, names: Iterator[str]) -> None:
    async with HttpBackend() as backend:
        limits = [{"calls": 1, "period": {"seconds": 60}}]
        twins = await published(faces, names, backend.origin, limits=limits)
        first = await twins.untyped(twins.given(*MAKE))
        untyped, typed = await twins.both(twins.given(*MAKE))
        assert len(backend.requests) == 1
    assert first.refusal is None
    seconds = [each.refused.pop("retry") for each in (untyped, typed) if each.refused]
    assert seconds == pytest.approx([60, 60], abs=5)
    for each in (untyped, typed):
        assert each.before["ratelimit"]
        assert each.before["ratelimit-policy"] == first.before["ratelimit-policy"]
    assert row(untyped) == row(typed)
    assert row(typed)[0][:2] == ("RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED")


async def test_a_breaker_that_is_open_is_told_alike(faces: Faces, names: Iterator[str]) -> None:
    async with HttpBackend(answer(status=503)) as backend:
        breaker = {"consecutive_failures": 1, "open_time": {"seconds": 60}}
        twins = await published(faces, names, backend.origin, breaker=breaker)
        await twins.typed(twins.given(*MAKE))
        untyped, typed = await twins.both(twins.given(*MAKE))
        assert len(backend.requests) == 1
    assert row(untyped) == row(typed)
    assert row(typed)[0][:2] == ("UNAVAILABLE", "BREAKER_OPEN")
    assert untyped.refused["facts"] == typed.refused["facts"]


async def test_a_deadline_is_told_alike(faces: Faces, names: Iterator[str]) -> None:
    async with RawBackend(hold) as backend:
        twins = await published(faces, names, backend.origin)
        untyped, typed = await twins.both(twins.given(*GET), within=0.5)
    codes = [each.refused["row"][0] for each in (untyped, typed)]
    assert codes == ["DEADLINE_EXCEEDED"] * 2
    if all(each.refused["message"] for each in (untyped, typed)):  # the client's clock was later
        alike((untyped, typed), "BACKEND_TIMEOUT")


@pytest.mark.parametrize("way", ["untyped", "typed"])
async def test_whoever_gives_up_a_call_ends_that_of_the_backend(
    faces: Faces, names: Iterator[str], way: str
) -> None:
    asked = asyncio.Event()

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        asked.set()
        await hold(reader, writer)

    async with RawBackend(script) as backend, asyncio.timeout(10):
        twins = await published(faces, names, backend.origin)
        call = asyncio.create_task(getattr(twins, way)(twins.given(*GET)))
        await asked.wait()
        call.cancel()
        await backend.closed.wait()
        with pytest.raises(asyncio.CancelledError):
            await call


async def test_whoever_may_not_call_is_told_alike(tmp_path: Path) -> None:
    async with both_faces(tmp_path, callers="known") as faces:
        await publish(faces.parts, "things", SPEC, "http://127.0.0.1:9")
        twins = await TypedTwins(faces, VersionName("things", "v1"), []).open()
        viewer = await a_key(faces.parts, "viewer", Grant(role=Role.VIEWER))
        toys = Grant(role=Role.INVOKER, connectors=("toys",))
        elsewhere = await a_key(faces.parts, "toys", toys)
        making = await a_key(faces.parts, "make", Grant(role=Role.INVOKER, actions=("make",)))
        for shown, reason in (
            ((), "CALLER_UNKNOWN"),
            (bearer("nobody"), "CALLER_UNKNOWN"),
            (bearer(making), "CALLER_FORBIDDEN"),
        ):
            twins.shown = shown
            alike(await twins.both(twins.given(*GET)), reason)
        for key in (viewer, elsewhere):  # who may call nothing of it is not told what there is
            twins.shown = bearer(key)
            untyped, typed = await twins.both(twins.given(*GET))
            assert row(untyped) == row(typed)
            assert typed.refused["row"][1] == "CALLER_FORBIDDEN"
            assert {**typed.refused["facts"], "action": "get"} == untyped.refused["facts"]
