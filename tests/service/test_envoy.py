"""An export for Envoy: what a real one sends and answers with it is what Portico does."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote

import grpc
import pytest
import pytest_asyncio
from google.protobuf.json_format import ParseDict
from google.protobuf.message_factory import GetMessageClass

from facade.demo import petstore
from facade.model.version import HttpVersion
from gateway.typed.envoy.configuration import configuration
from gateway.v1 import artifact_pb2 as pb
from gateway.v1.artifact_pb2_grpc import ArtifactServiceStub
from tests.doors import Door, a_door, document
from tests.envoy_shop import CARRIED, COMPONENTS, PATHS, respond
from tests.envoys import Backend, envoy, envoy_up, unpacked, validates
from tests.fakes import answer
from tests.typed_calls import TypedCaller

pytestmark = pytest.mark.asyncio(loop_scope="module")

DEMO = (
    ("AddPet", {"body": {"name": "Rex", "status": "STATUS_SOLD", "tags": ["a"], "weight": 2.5}}),
    ("GetPetById", {"pet_id": "9007199254740993"}),
    ("ReplacePet", {"pet_id": "7", "body": {"name": "Ada"}}),
    ("DeletePet", {"pet_id": "7"}),
    ("GetPicture", {"pet_id": "7"}),
    ("Fail", {"status": "200", "retry_after": "3"}),
    ("Slow", {"seconds": 0.25}),
)
"""A call of each method of the demo that Envoy carries."""
PET = b'{"id": 9007199254740993, "name": "Rex", "status": "sold", "tags": ["a"], "weight": 2.5}'


KIND = (("Content-Type", "application/json"),)


class Sent(NamedTuple):
    """What is of meaning in a request."""

    method: str
    path: list[str]
    query: list[tuple[str, str]]
    body: Any
    kind: str
    """Its media type, where there is a body."""


def sent(request: bytes) -> Sent:
    head, _, body = request.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    fields = dict(each.lower().split(": ", 1) for each in lines[1:])
    method, target, _ = lines[0].split(" ")
    path, _, query = target.partition("?")
    return Sent(
        method,
        [unquote(each) for each in path.split("/")],
        sorted(parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))),
        json.loads(body) if body else None,
        fields.get("content-type", "") if body else "",
    )


def pets(request: bytes) -> bytes:
    """The demo's answers, each of its schema."""
    line = request.partition(b" HTTP/")[0]
    if line.startswith(b"DELETE"):
        return answer(status=204)
    if line.endswith(b"/picture"):
        return answer(b"\x00\xff", headers=(("Content-Type", "application/octet-stream"),))
    return answer(PET, headers=(("Content-Type", "application/json"),))


class Both(NamedTuple):
    """Portico and Envoy before one backend."""

    backend: Backend
    portico: TypedCaller
    envoy: TypedCaller
    folder: Path

    async def call(self, name: str, given: Any) -> tuple[tuple[Sent, Any], tuple[Sent, Any]]:
        """What each sends and answers."""
        method = await self.portico.method(name)
        request = ParseDict(given, GetMessageClass(method.input_type)())
        found = []
        for caller in (self.portico, self.envoy):
            told = await caller.send(name, method, request)
            found.append((sent(self.backend.requests[-1]), told.data))
        return found[0], found[1]

    @property
    def report(self) -> Any:
        return json.loads((self.folder / "report.json").read_text())["methods"]


async def exported(door: Door, connector: str) -> bytes:
    name = f"connectors/{connector}/versions/v1"
    request = pb.ExportArtifactRequest(name=name, format=pb.ARTIFACT_FORMAT_ENVOY)
    made = await ArtifactServiceStub(door.channel).ExportArtifact(request)
    assert made.file_name == f"{connector}-v1-envoy.zip"
    return bytes(made.data)


@pytest.fixture(scope="module")
def program(pytestconfig: pytest.Config) -> str:
    return envoy(pytestconfig)


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["things", "petstore"])
async def both(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, program: str
) -> AsyncIterator[Both]:
    name = request.param
    folder = tmp_path_factory.mktemp(name)
    spec = petstore.document() if name == "petstore" else document(PATHS, components=COMPONENTS)
    async with (
        Backend(pets if name == "petstore" else respond) as backend,
        a_door(folder / "data") as door,
    ):
        await door.publish(name, spec, f"http://127.0.0.1:{backend.port}/base")
        there = unpacked(await exported(door, name), folder / "envoy")
        async with envoy_up(program, there) as channel:
            portico = TypedCaller(channel=door.channel)
            yield Both(backend, portico, TypedCaller(channel=channel), there)


async def test_what_the_report_says_is_carried_is_sent_and_answered_as_by_portico(
    both: Both,
) -> None:
    name = both.folder.parent.name.rstrip("0123456789")
    calls = DEMO if name == "petstore" else CARRIED
    service = f"{name}.v1.{name.capitalize()}Service"
    for method, given in calls:
        ours, theirs = await both.call(f"{service}/{method}", given)
        assert theirs == ours, method
    carried = {each["method"] for each in both.report if each["carried"]}
    assert carried == {method for method, _ in calls}


@pytest.mark.parametrize("both", ["things"], indirect=True)
async def test_what_is_said_to_be_otherwise_is_so(both: Both) -> None:
    service = "things.v1.ThingsService"
    put, get = f"{service}/PutThing", f"{service}/GetThing"
    (ours, _), (theirs, _) = await both.call(
        put, {"thing_id": 1, "body": {"nick_null": None, "count": 1}}
    )
    assert (ours.body, theirs.body) == ({"nick": None, "count": 1}, {"count": 1})
    (_, told), (_, read) = await both.call(
        put, {"thing_id": 1, "body": {"anything": None, "extra": {"a": 1}}}
    )
    assert told == read
    for name, given in ((put, {"thing_id": 1}), (get, {})):
        method = await both.portico.method(name)
        request = ParseDict(given, GetMessageClass(method.input_type)())
        with pytest.raises(grpc.aio.AioRpcError) as failure:
            await both.envoy.send(name, method, request)
        assert failure.value.code() is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (answer(b'{"kind": "unheard"}', headers=KIND), grpc.StatusCode.INTERNAL),
        (answer(b'{"id": "no number"}', headers=KIND), grpc.StatusCode.INTERNAL),
        (answer(b'{"why": "gone"}', status=404, headers=KIND), grpc.StatusCode.UNIMPLEMENTED),
    ],
    ids=["enum", "type", "status"],
)
async def test_what_envoy_cannot_read_ends_as_the_report_says(
    tmp_path: Path, program: str, said: bytes, code: grpc.StatusCode
) -> None:
    async with Backend(said) as backend, a_door(tmp_path / "data") as door:
        spec = document(PATHS, components=COMPONENTS)
        await door.publish("things", spec, f"http://127.0.0.1:{backend.port}")
        there = unpacked(await exported(door, "things"), tmp_path / "envoy")
        name = "things.v1.ThingsService/GetThing"
        method = await TypedCaller(channel=door.channel).method(name)
        request = ParseDict({"thing_id": 1}, GetMessageClass(method.input_type)())
        async with envoy_up(program, there) as channel:
            caller = TypedCaller(channel=channel, shown=(("authorization", "Bearer t"),))
            with pytest.raises(grpc.aio.AioRpcError) as failure:
                await caller.send(name, method, request)
        assert failure.value.code() is code
        assert b"authorization: Bearer t\r\n" in backend.requests[-1]
        assert not re.search(rb"\r\n(te|grpc-[a-z-]+|x-envoy-[a-z-]+): ", backend.requests[-1])


async def test_envoy_takes_the_configuration_of_a_backend_with_tls(
    tmp_path: Path, program: str
) -> None:
    async with a_door(tmp_path / "data") as door:
        spec = document(PATHS, components=COMPONENTS)
        for name, origin in {
            "named": "https://things.example:8443/base",
            "numbered": "https://127.0.0.1/base",
            "six": "http://[::1]:8080",
        }.items():
            await door.publish(name, spec, origin)
            there = unpacked(await exported(door, name), tmp_path / name)
            assert await validates(program, there) == ""
        text = configuration(
            "named.binpb", "https://a.example", [("X-A", "100%")], 1.5, HttpVersion.HTTP_2
        )
        (tmp_path / "named" / "envoy.yaml").write_text(text)
        (tmp_path / "named" / "named.binpb").write_bytes(
            (tmp_path / "six" / "six.binpb").read_bytes()
        )
        assert await validates(program, tmp_path / "named") == ""
