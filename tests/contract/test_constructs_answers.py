"""Answers as documents declare them in unusual ways, and as backends give them all the same."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from gateway.v1.gateway_pb2 import EXECUTION_VIEW_FULL
from tests.doors import Door, a_door, document
from tests.fakes import HttpBackend, answer

pytestmark = pytest.mark.asyncio(loop_scope="module")

JSON = "application/json"
THING = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "integer"},
        "pw": {"type": "string", "writeOnly": True},
        "ro": {"type": "string", "readOnly": True},
        "nothing": {"type": ["string", "null"]},
    },
}
AS_JSON = {"description": "d", "content": {JSON: {"schema": THING}}}
SHARED = {"$ref": "#/components/responses/Shared"}
XML = {
    "type": "object",
    "xml": {"name": "r"},
    "properties": {
        "a": {"type": "integer"},
        "l": {
            "type": "array",
            "xml": {"wrapped": True},
            "items": {"type": "number", "xml": {"name": "i"}},
        },
    },
}
RARE = b'<?xml version="1.0"?><r><a>12345678901234567890</a><l><i>1.0</i><i>2</i></l></r>'


def only(media_type: str, **fields: Any) -> dict[str, Any]:
    return {"200": {"description": "d", "content": {media_type: fields}}}


def sent(body: bytes, media_type: str = "", status: int = 200) -> bytes:
    headers = (("Content-Type", media_type),) if media_type else ()
    return answer(body, status=status, headers=headers)


CASES: dict[str, tuple[dict[str, Any], bytes, tuple[str, Any], int]] = {
    "exact": ({"200": AS_JSON, "default": {}}, sent(b'{"id": 1}', JSON), ("json", '{"id": 1}'), 0),
    "range": ({"2XX": AS_JSON}, sent(b'{"id":1.0}', JSON, 206), ("json", '{"id":1.0}'), 0),
    "exact over range": (
        {"2XX": {"description": "d", "content": {"text/plain": {}}}, "201": SHARED},
        sent(b'{"id":9007199254740993}', f"{JSON};charset=UTF-8", 201),
        ("json", '{"id":9007199254740993}'),
        0,
    ),
    "default": ({"default": AS_JSON}, sent(b'{"id":"x"}', JSON), ("json", '{"id":"x"}'), 1),
    "undeclared": ({"200": {}}, sent(b"[1,2]", JSON, 202), ("json", "[1,2]"), 1),
    "suffix": (
        only("application/hal+json", schema=THING),
        sent(b'{"id":1}', "application/hal+json; profile=x"),
        ("json", '{"id":1}'),
        0,
    ),
    "both directions": (
        {"200": SHARED},
        sent(b'{"id":1,"nothing":null,"ro":"x"}', JSON),
        ("json", '{"id":1,"nothing":null,"ro":"x"}'),
        0,
    ),
    "utf-16": (
        only(JSON),
        sent('{"a":"é"}'.encode("utf-16"), f"{JSON}; charset=utf-16"),
        ("json", '{"a":"é"}'),
        0,
    ),
    "latin-1": (
        only(JSON),
        sent('{"a":"é"}'.encode("latin-1"), f"{JSON}; charset=iso-8859-1"),
        ("json", '{"a":"é"}'),
        0,
    ),
    "a scalar": (only(JSON, schema={"type": "number"}), sent(b"1e400", JSON), ("json", "1e400"), 0),
    "null": (only(JSON, schema={"type": "null"}), sent(b"null", JSON), ("json", "null"), 0),
    "empty": (only(JSON), sent(b""), ("", None), 0),
    "of no type": (only(JSON), sent(b'{"a":1.0}'), ("json", '{"a":1.0}'), 1),
    "a range of types": (
        only("image/*", schema={"type": "string", "format": "binary"}),
        sent(b"\0\xff", "image/x-odd"),
        ("body", ("image/x-odd", b"\0\xff")),
        0,
    ),
    "twice": (only(JSON), sent(b'{"a":1,"a":2}', JSON), ("json", '{"a":1,"a":2}'), 0),
    "xml": (
        only("application/xml", schema=XML),
        sent(RARE, "application/xml"),
        ("json", '{"a":12345678901234567890,"l":[1.0,2]}'),
        0,
    ),
    "lines": (
        only("application/x-ndjson", schema={"type": "object"}),
        sent(b'{"a":1}\n\n{"a":2.0}\n', "application/x-ndjson"),
        ("json", '[{"a":1},{"a":2.0}]'),
        0,
    ),
    "a pair of surrogates": (
        only(JSON),
        sent(b'"\\ud83d\\ude00"', JSON),
        ("json", '"\\ud83d\\ude00"'),
        0,
    ),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Door]:
    names = list(CASES)

    def respond(request: bytes) -> bytes:
        return CASES[names[int(request.split(b" ")[1][2:])]][1]

    paths = {
        f"/p{index}": {"get": {"operationId": name, "responses": CASES[name][0]}}
        for index, name in enumerate(names)
    }
    made = document(paths, components={"responses": {"Shared": AS_JSON}})
    async with (
        HttpBackend(respond) as backend,
        a_door(tmp_path_factory.mktemp("answers")) as opened,
    ):
        await opened.publish("edges", json.dumps(made), backend.origin)
        yield opened


@pytest.mark.parametrize("name", CASES)
async def test_an_answer_is_delivered_as_it_is_and_what_does_not_fit_is_told(
    door: Door, name: str
) -> None:
    _, _, (kind, expected), warnings = CASES[name]
    told = await door.execute(f"edges/{name}", "{}", view=EXECUTION_VIEW_FULL)
    assert (told.WhichOneof("output") or "") == kind
    output = getattr(told, kind) if kind else None
    if kind == "body":
        output = (told.body.content_type, told.body.data)
    assert output == expected
    assert len(told.exchange.warnings) == warnings, told.exchange.warnings
