"""Answers against their declared schemas: off, warn and enforce, as a caller sees them."""

import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from gateway.v1.gateway_pb2 import EXECUTION_VIEW_FULL, ExecuteActionRequest
from gateway.v1.policy_pb2 import (
    RESPONSE_VALIDATION_ENFORCE,
    RESPONSE_VALIDATION_OFF,
    RESPONSE_VALIDATION_WARN,
)
from tests.doors import Door, a_door, document, named
from tests.fakes import HttpBackend, answer

pytestmark = pytest.mark.asyncio(loop_scope="module")

BAD = ("UNKNOWN", "BACKEND_BAD_RESPONSE", "backend", "EXECUTED")
JSON = "application/json"
MODES = {
    "off": RESPONSE_VALIDATION_OFF,
    "warn": RESPONSE_VALIDATION_WARN,
    "enforce": RESPONSE_VALIDATION_ENFORCE,
}

PET = {
    "type": "object",
    "required": ["id", "secret", "name"],
    "properties": {
        "id": {"type": "integer", "format": "int64", "readOnly": True},
        "secret": {"type": "string", "writeOnly": True},
        "name": {"type": "string", "maxLength": 5},
        "owner": {"$ref": "#/components/schemas/Owner"},
    },
}
OWNER = {"type": "object", "nullable": True, "properties": {"since": {"format": "date-time"}}}
CAT = {"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string"}}}
SCHEMAS = {
    "Pet": PET,
    "Owner": OWNER,
    "Cat": CAT,
    "Dog": CAT,
    "Animal": {
        "oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}],
        "discriminator": {"propertyName": "kind"},
    },
}


def of(content: dict[str, str]) -> dict[str, Any]:
    """A response whose media types have the named schemas."""
    schemas = {each: {"$ref": f"#/components/schemas/{name}"} for each, name in content.items()}
    return {"description": "", "content": {each: {"schema": schemas[each]} for each in schemas}}


RESPONSES = {
    "pet": {"200": of({JSON: "Pet"}), "2XX": of({JSON: "Animal"})},
    "several": {"default": of({"application/hal+json": "Animal", "application/*+json": "Pet"})},
    "animal": {"200": of({JSON: "Animal"})},
    "items": {
        "200": {
            "content": {
                "application/jsonl": {"schema": {"type": "array", "items": {"type": "integer"}}}
            }
        }
    },
}
PATHS = {
    f"/{name}": {"get": {"operationId": name, "responses": RESPONSES[name]}} for name in RESPONSES
}
SPEC = {**document(PATHS, components={"schemas": SCHEMAS}), "openapi": "3.0.3"}


class Desk:
    says = b""

    def __call__(self, _: bytes) -> bytes:
        return self.says

    def put(self, body: bytes | str, content_type: str = JSON, status: int = 200) -> None:
        """What the backend says from now on."""
        data = body.encode() if isinstance(body, str) else body
        self.says = answer(data, status=status, headers=(("Content-Type", content_type),))


@pytest.fixture(scope="module")
def desk() -> Desk:
    return Desk()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(tmp_path_factory: pytest.TempPathFactory, desk: Desk) -> AsyncIterator[Door]:
    async with HttpBackend(desk) as backend, a_door(tmp_path_factory.mktemp("held")) as opened:
        for name, mode in MODES.items():
            policy = {"response_validation": mode}
            await opened.publish(name, SPEC, backend.origin, policy=policy)
        await opened.publish("unsaid", SPEC, backend.origin)
        yield opened


async def warned(door: Door, action: str) -> list[str]:
    answered = await door.execute(action, view=EXECUTION_VIEW_FULL)
    return list(answered.exchange.warnings)


PREFIX = "the answer does not fit its schema"
MISFIT = '{"id":"7","owner":{"since":"yesterday"}}'


async def test_d23_an_answer_that_breaks_its_schema_is_delivered_with_warnings(
    door: Door, desk: Desk
) -> None:
    desk.put(MISFIT)
    answered = await door.execute("warn/pet", view=EXECUTION_VIEW_FULL)
    assert answered.json == MISFIT
    assert sorted(answered.exchange.warnings) == [
        f"{PREFIX} at /id: must be integer, not string",
        f"{PREFIX} at /name: is required",
        f"{PREFIX} at /owner/since: must be a date-time such as 2024-01-31T09:30:00Z",
    ]
    assert sorted(await warned(door, "unsaid/pet")) == sorted(answered.exchange.warnings)


async def test_d23_an_answer_that_breaks_its_schema_is_a_bad_response_where_it_is_enforced(
    door: Door, desk: Desk
) -> None:
    desk.put(MISFIT)
    refusal = await door.refused("enforce/pet")
    assert refusal.said == BAD
    assert {each.field for each in refusal.bad.field_violations} == {"/id", "/name", "/owner/since"}
    assert "schema that is declared for status 200" in refusal.message
    assert refusal.info.metadata["httpStatus"] == "200"
    assert refusal.info.metadata["excerpt"] == MISFIT


async def test_an_answer_that_breaks_its_schema_is_nobodys_matter_where_that_is_off(
    door: Door, desk: Desk
) -> None:
    desk.put(MISFIT)
    assert await warned(door, "off/pet") == []


@pytest.mark.parametrize(
    ("action", "body", "content_type", "status"),
    [
        ("pet", '{"id":9007199254740993,"name":"é日本😀x"}', JSON, 200),
        ("pet", '{"id":1,"name":"a","owner":null,"more":1}', JSON, 200),
        ("pet", '{"id":1,"name":"a","secret":"s"}', JSON, 200),
        ("pet", '{"kind":"Cat"}', JSON, 201),
        ("animal", '{"kind":"Dog"}', JSON, 200),
        ("several", '{"kind":"Dog"}', "application/hal+json", 200),
        ("several", '{"id":1,"name":"a"}', "application/vnd.pet+json", 200),
        ("items", "1\n2\n", "application/jsonl", 200),
    ],
)
async def test_an_answer_that_fits_is_delivered_in_every_mode_without_a_word(
    door: Door, desk: Desk, action: str, body: str, content_type: str, status: int
) -> None:
    desk.put(body, content_type, status)
    for mode in MODES:
        assert await warned(door, f"{mode}/{action}") == []


@pytest.mark.parametrize(
    ("action", "body", "content_type", "status"),
    [
        ("pet", "[]", JSON, 200),
        ("pet", "[]", JSON, 202),
        ("pet", '{"id":1,"name":"toolong"}', JSON, 200),
        ("pet", '{"id":9223372036854775808,"name":"a"}', JSON, 200),
        ("pet", '{"id":1,"name":"a","name":"b"}', JSON, 200),
        ("pet", "[]", "text/plain", 200),
        ("animal", '{"kind":1}', JSON, 200),
        ("several", "{}", "application/hal+json", 200),
        ("several", '{"kind":"x"}', "application/vnd.pet+json", 200),
        ("items", '1\n"2"\n', "application/jsonl", 200),
    ],
)
async def test_what_does_not_fit_is_told_or_refused_by_the_mode_alone(
    door: Door, desk: Desk, action: str, body: str, content_type: str, status: int
) -> None:
    desk.put(body, content_type, status)
    assert any(each.startswith(PREFIX) for each in await warned(door, f"warn/{action}"))
    assert not any(each.startswith(PREFIX) for each in await warned(door, f"off/{action}"))
    assert (await door.refused(f"enforce/{action}")).said == BAD


async def test_an_error_is_the_backends_error_whatever_its_schema(door: Door, desk: Desk) -> None:
    desk.put('{"message":"no such pet"}', JSON, 404)
    refusal = await door.refused("enforce/pet")
    assert (refusal.said[1], refusal.message) == ("BACKEND_NOT_FOUND", "no such pet")


async def test_a_large_answer_is_held_to_its_schema_only_where_that_is_enforced(
    door: Door, desk: Desk
) -> None:
    desk.put(json.dumps({"id": "x", "name": "n", "more": "m" * 2**20}))
    assert await warned(door, "warn/pet") == [
        "the answer is larger than 1048576 bytes: it was not held to its schema"
    ]
    assert (await door.refused("enforce/pet")).said == BAD


async def metadata_of(door: Door, action: str) -> dict[str, Any]:
    """What goes before the answer to a caller who asks for nothing more."""
    request = ExecuteActionRequest(name=named(action), parameters_json="{}")
    call = door.gateway.ExecuteAction(request)
    metadata = dict(await call.initial_metadata())
    await call
    return metadata


async def test_a_caller_of_the_basic_view_sees_that_there_are_warnings(
    door: Door, desk: Desk
) -> None:
    desk.put("{}", JSON, 200)
    assert "x-warnings" not in await metadata_of(door, "off/pet")
    desk.put("{}", "text/plain", 200)
    assert (await metadata_of(door, "off/pet"))["x-warnings"] == "1"


async def test_d23_misfits_are_counted_by_action_also_where_nobody_asks(
    tmp_path_factory: pytest.TempPathFactory, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.put("[]")
    folder = tmp_path_factory.mktemp("counted")
    async with HttpBackend(desk) as backend, a_door(folder) as door:
        await door.publish("counted", SPEC, backend.origin)
        with caplog.at_level(logging.WARNING, "facade.engine"):
            seen = [await metadata_of(door, "counted/pet") for _ in range(100)]
            await warned(door, "counted/pet")
            await warned(door, "counted/pet")
    assert [number for number, each in enumerate(seen, 1) if "x-warnings" in each] == [100]
    said = [each.getMessage() for each in caplog.records if "did not fit" in each.getMessage()]
    words = f"answers that were held to their schema did not fit: {PREFIX}: must be object or null"
    name = "connectors/counted/versions/v1/actions/pet"
    assert [each.partition(", not")[0] for each in said] == [
        f"{name}: {number} of {number} {words}".replace(" or null", "") for number in (1, 2)
    ]
