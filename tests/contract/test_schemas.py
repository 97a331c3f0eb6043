"""What schemas of every dialect make of a call's arguments, seen from the gRPC door."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.doors import Door, a_door, document
from tests.fakes import HttpBackend

pytestmark = pytest.mark.asyncio(loop_scope="module")

KIND = {"kind": {"type": "string"}}
SCHEMAS: dict[str, Any] = {
    "Pet": {
        "oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}],
        "discriminator": {"propertyName": "kind", "mapping": {"cat": "Cat"}},
    },
    "Cat": {"type": "object", "required": ["kind", "lives"], "properties": KIND},
    "Dog": {"type": "object", "required": ["kind", "tricks"], "properties": KIND},
    "Tree": {
        "$id": "https://a.example/tree",
        "$dynamicAnchor": "node",
        "type": "object",
        "properties": {"name": {}, "children": {"items": {"$dynamicRef": "#node"}}},
    },
    "Closed": {
        "$id": "https://a.example/closed",
        "$dynamicAnchor": "node",
        "$ref": "tree",
        "unevaluatedProperties": False,
    },
    "Old": {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "type": "object",
        "properties": {
            "amount": {"minimum": 0, "exclusiveMinimum": True, "maximum": 9007199254740992},
            "code": {"pattern": "^(a+)+$"},
            "odd": {"pattern": "^(?=a)"},
        },
    },
}


def takes(name: str) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{name}"}
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    return {"post": {"operationId": f"add{name}", "requestBody": body, "responses": {}}}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Door]:
    paths = {f"/{name}": takes(name) for name in ("Pet", "Closed", "Old")}
    made = document(paths, components={"schemas": SCHEMAS})
    async with HttpBackend() as backend, a_door(tmp_path_factory.mktemp("schemas")) as opened:
        await opened.publish("zoo", made, backend.origin)
        yield opened


@pytest.mark.parametrize(
    ("action", "arguments", "expected"),
    [
        ("addPet", {"body": {"kind": "cat"}}, {"/body/lives": "is required"}),
        ("addPet", {"body": {"kind": "Dog"}}, {"/body/tricks": "is required"}),
        ("addPet", {"body": {"kind": "eel"}}, {"/body/kind": "must be one of cat, Dog"}),
        (
            "addClosed",
            {"body": {"children": [{"nmae": "x"}]}},
            {"/body/children/0/nmae": "is not a property that the schema knows"},
        ),
        (
            "addOld",
            '{"amount":9007199254740993,"code":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"}',
            {
                "/amount": "must be at most 9007199254740992",
                "/code": "must match the pattern ^(a+)+$",
            },
        ),
        ("addOld", {"amount": 0}, {"/amount": "must be greater than 0"}),
    ],
)
async def test_b09_b11_b19_arguments_are_held_to_what_the_schema_means(
    door: Door, action: str, arguments: Any, expected: dict[str, str]
) -> None:
    told = await door.refused(f"zoo/{action}", arguments)
    assert told.said == ("INVALID_ARGUMENT", "INVALID_PARAMETERS", "gateway", "NOT_EXECUTED")
    found = {each.field: each.description for each in told.bad.field_violations}
    assert found == expected


@pytest.mark.parametrize(
    ("action", "arguments"),
    [
        ("addPet", {"body": {"kind": "cat", "lives": 9}}),
        ("addClosed", {"body": {"name": "a", "children": [{"name": "b", "children": []}]}}),
        ("addOld", {"amount": 0.5, "code": "aa", "odd": "zzz"}),
    ],
)
async def test_h14_h24_what_fits_or_cannot_be_judged_is_sent(
    door: Door, action: str, arguments: Any
) -> None:
    await door.execute(f"zoo/{action}", arguments)
