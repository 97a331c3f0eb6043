"""Typed calls: what a document's own gRPC service answers, and what it tells of itself."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from google.protobuf.message_factory import GetMessageClass

from gateway.engines.choice import Name
from gateway.reflection import V1, V1ALPHA
from gateway.v1.gateway_pb2 import (
    CreateVersion,
    DeleteVersion,
    ManageVersionsRequest,
    PromoteVersion,
    VersionChange,
)
from gateway.v1.version_pb2 import ConnectorVersion, Direct
from tests.doors import Door, a_door, refusal
from tests.fakes import HttpBackend
from tests.typed_calls import TypedCaller
from tests.typed_shop import TEXT, WHOLE, backend, shop

pytestmark = pytest.mark.asyncio(loop_scope="module")

LIVE = "pet_shop.live.PetShopService"
V1_SERVICE = "pet_shop.v1.PetShopService"
GONE = ("UNIMPLEMENTED", "ROUTE_NOT_FOUND", "gateway", "NOT_EXECUTED")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[HttpBackend]:
    async with backend() as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(
    tmp_path_factory: pytest.TempPathFactory, engine: Name, server: HttpBackend
) -> AsyncIterator[Door]:
    async with a_door(tmp_path_factory.mktemp("typed"), engine=engine) as opened:
        origin = f"http://127.0.0.1:{server.port}"
        await opened.publish("pet-shop", shop(), origin)
        yield opened


@pytest.fixture
def caller(door: Door) -> TypedCaller:
    return TypedCaller(channel=door.channel)


def target(server: HttpBackend) -> str:
    """Method and target of the last request."""
    return server.requests[-1].split(b" HTTP")[0].decode()


async def test_a_call_takes_and_gives_messages(caller: TypedCaller, server: HttpBackend) -> None:
    told = await caller.call(f"{LIVE}/GetPet", {"pet_id": WHOLE})
    assert told.data == {"id": str(WHOLE), "name": "Rex", "status_other": "gone"}
    assert target(server) == f"GET /pets/{WHOLE}"
    assert told.before["x-http-status"] == "200"
    assert told.before["x-cache"] == "miss"
    assert len(told.before["x-trace-id"]) == 32
    assert "backend;dur=" in told.after["server-timing"]


async def test_a_body_is_a_message(caller: TypedCaller, server: HttpBackend) -> None:
    pet = {"id": "7", "name": "", "tags": ["a"], "status": "PET_STATUS_SOLD"}
    told = await caller.call(f"{LIVE}/AddPet", {"body": pet})
    assert told.data == pet
    assert b'"id":7' in server.requests[-1].replace(b" ", b"")


async def test_an_answer_without_content_is_an_empty_message(caller: TypedCaller) -> None:
    told = await caller.call(f"{LIVE}/DeletePet", {"pet_id": 7})
    assert (told.data, told.before["x-http-status"]) == ({}, "204")


async def test_the_items_of_a_sequence_are_a_stream(caller: TypedCaller) -> None:
    told = await caller.call(f"{LIVE}/WatchPets")
    assert told.items == [{"id": "1"}, {"id": "2"}]
    assert told.before["x-http-status"] == "200"


async def test_events_come_with_what_is_said_around_their_data(caller: TypedCaller) -> None:
    told = await caller.call(f"{LIVE}/TellPets")
    assert told.items == [{"data": "Rex", "event": "born", "id": "7"}, {"data": "Ada", "id": "7"}]


async def test_the_items_of_all_pages_are_a_stream(
    caller: TypedCaller, server: HttpBackend
) -> None:
    begun = len(server.requests)
    told = await caller.call(f"{LIVE}/StreamListPets", {"per_page": 2})
    assert [each["id"] for each in told.items] == ["1", "2", "3"]
    assert len(server.requests) == begun + 3


async def test_the_backends_refusal_is_told_as_to_execute_action(
    door: Door, caller: TypedCaller
) -> None:
    typed = await refusal(caller.call(f"{LIVE}/GetPet", {"pet_id": 404}))
    untyped = await door.refused("pet-shop/getPet", {"petId": 404})
    assert typed.said == untyped.said == ("NOT_FOUND", "BACKEND_NOT_FOUND", "backend", "EXECUTED")
    assert typed.message == untyped.message
    facts = [dict(each.info.metadata) for each in (typed, untyped)]
    assert [each.pop("traceId") != "" for each in facts] == [True, True]
    assert facts[0] == facts[1]


async def test_what_metadata_says_is_what_fields_of_execute_action_say(
    caller: TypedCaller, server: HttpBackend
) -> None:
    begun = len(server.requests)
    told = await caller.call(
        f"{LIVE}/GetPet", {"pet_id": 5}, beside=[("portico-validate-only", "true")]
    )
    assert (told.data, len(server.requests)) == ({}, begun)
    once = [("portico-request-id", "typed-1")]
    for _ in range(2):
        told = await caller.call(f"{LIVE}/AddPet", {"body": {"id": 8}}, beside=once)
        assert told.data == {"id": "8"}
    assert len(server.requests) == begun + 1
    wrong = [("portico-cache", "never"), ("portico-max-wait", "soon")]
    refused = await refusal(caller.call(f"{LIVE}/GetPet", {"pet_id": 5}, beside=wrong))
    assert (refused.code, refused.fields) == (
        "INVALID_ARGUMENT",
        ["portico-cache", "portico-max-wait"],
    )
    missing = [("portico-connection", "connections/none")]
    refused = await refusal(caller.call(f"{LIVE}/GetPet", {"pet_id": 5}, beside=missing))
    assert refused.info.reason == "CONNECTION_NOT_FOUND"


async def test_what_is_for_one_answer_is_refused_of_a_stream(caller: TypedCaller) -> None:
    refused = await refusal(caller.call(f"{LIVE}/WatchPets", beside=[("portico-request-id", "x")]))
    assert (refused.code, refused.fields) == ("INVALID_ARGUMENT", ["portico-request-id"])


@pytest.mark.parametrize(
    "path",
    [
        "/pet_shop.v1.PetShopService/NoSuchMethod",
        "/pet_shop.v9.PetShopService/GetPet",
        "/pet_shop.v1.OtherService/GetPet",
        "/nobody.live.NobodyService/GetPet",
        "/gateway.v1.GatewayService/NoSuchMethod",
        "/some.Service/Method",
    ],
)
async def test_whatever_is_not_there_is_unimplemented_in_the_same_words(
    door: Door, path: str
) -> None:
    call: Any = door.channel.unary_unary(path)
    refused = await refusal(call(b""))
    assert refused.said == GONE
    assert refused.message == "There is no such method. Reflection lists those that there are."


async def test_a_request_that_is_no_message_is_told_what_is_wrong(door: Door) -> None:
    call: Any = door.channel.unary_unary(f"/{LIVE}/GetPet")
    refused = await refusal(call(b"\xff"))
    assert (refused.code, refused.info.reason) == ("INVALID_ARGUMENT", "INVALID_REQUEST")
    assert refused.info.metadata["action"] == "getPet"


@pytest.mark.parametrize("reflection", [V1, V1ALPHA])
async def test_reflection_lists_and_describes_what_there_is(door: Door, reflection: str) -> None:
    caller = TypedCaller(channel=door.channel, reflection=reflection)
    own = [each for each in await caller.typed() if each.startswith("pet_shop.")]
    assert own == [LIVE, V1_SERVICE]
    for service, package in ((LIVE, "pet_shop.live"), (V1_SERVICE, "pet_shop.v1")):
        pool = await caller.pool(service)
        found = pool.FindServiceByName(service)
        assert found.file.name == f"{package.replace('.', '/')}/pet_shop.proto"
        assert set(found.methods_by_name) >= {"GetPet", "AddPet", "StreamListPets"}
        assert found.methods_by_name["GetPet"].output_type.full_name == f"{package}.Pet"
        answer = await caller.ask(file_by_filename=found.file.name)
        assert answer.HasField("file_descriptor_response")
    with pytest.raises(KeyError):
        await caller.pool("pet_shop.v2.PetShopService")


NAME = "connectors/games"


async def changed(door: Door, *changes: VersionChange) -> None:
    await door.gateway.ManageVersions(ManageVersionsRequest(parent=NAME, changes=changes))


async def members(caller: TypedCaller, package: str) -> dict[str, int]:
    """The fields of a pet, with their numbers."""
    pool = await caller.pool(f"{package}.{package.partition('.')[0].title()}Service")
    fields = pool.FindMessageTypeByName(f"{package}.Pet").fields
    return {each.name: each.number for each in fields}


async def test_versions_stand_side_by_side_and_live_is_what_serves(
    door: Door, server: HttpBackend, caller: TypedCaller
) -> None:
    origin = f"http://127.0.0.1:{server.port}"
    await door.publish("toys", shop(), origin)
    old, now = (f"toys.{each}.ToysService" for each in ("v1", "live"))
    for service in (old, now):
        assert (await caller.call(f"{service}/GetPet", {"pet_id": 1})).data["name"] == "Rex"
    assert await members(caller, "toys.live") == await members(caller, "toys.v1")
    await door.publish_as("v2", "toys", shop(size=TEXT), origin)
    toys = [f"toys.{each}.ToysService" for each in ("live", "v1", "v2")]
    assert [each for each in await caller.typed() if each.startswith("toys.")] == toys
    shapes = [await members(caller, f"toys.{each}") for each in ("live", "v1", "v2")]
    assert ["size" in each for each in shapes] == [True, False, True]
    assert shapes[1].items() < shapes[2].items()
    pinned = [("x-connector-version", "v1")]
    told = await caller.call(f"{now}/GetPet", {"pet_id": 1}, beside=pinned)
    assert told.data["name"] == "Rex"


async def test_a_version_that_goes_is_unimplemented_and_one_that_comes_has_its_new_shape(
    door: Door, server: HttpBackend, caller: TypedCaller
) -> None:
    origin, old = f"http://127.0.0.1:{server.port}", "games.v1.GamesService"
    await door.publish("games", shop(), origin)
    await door.publish_as("v2", "games", shop(size=TEXT), origin)
    began = await members(caller, "games.v1")
    method = await caller.method(f"{old}/GetPet")
    request = GetMessageClass(method.input_type)(pet_id=1)
    await changed(door, VersionChange(delete=DeleteVersion(name=f"{NAME}/versions/v1")))
    assert old not in await caller.typed()
    gone = await refusal(caller.send(f"{old}/GetPet", method, request))
    assert gone.said == GONE
    spec, direct = json.dumps(shop(colour=TEXT)), Direct(base_uri=origin)
    again = ConnectorVersion(spec_text=spec, direct=direct)
    await changed(door, VersionChange(create=CreateVersion(version_id="v1", version=again)))
    shape = await members(caller, "games.v1")
    assert began.items() < shape.items()
    assert ("colour" in shape, "size" in shape) == (True, False)
    answered = await caller.send(f"{old}/GetPet", method, request)
    assert answered.data["name"] == "Rex"
    promote = PromoteVersion(name=f"{NAME}/versions/v1", allow_breaking=True)
    await changed(door, VersionChange(promote=promote))
    assert "colour" in await members(caller, "games.live")
