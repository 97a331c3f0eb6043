"""What a caller asks to be answered in, and the answers that come of it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from gateway.v1.gateway_pb2 import EXECUTION_VIEW_FULL
from tests.doors import Door, a_door, document
from tests.fakes import HttpBackend, answer

pytestmark = pytest.mark.asyncio(loop_scope="module")

BAD = ("UNKNOWN", "BACKEND_BAD_RESPONSE", "backend", "EXECUTED")
NDJSON = "application/x-ndjson"
PET = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "integer", "xml": {"attribute": True}},
        "tag": {"type": "array", "items": {"type": "string"}},
    },
    "xml": {"name": "pet"},
}
CONTENT: dict[str, dict[str, Any]] = {
    "json": {"application/json": {}},
    "several": {"text/csv": {}, "application/json": {}},
    "pet": {"application/xml": {"schema": PET}},
    "page": {"application/xml": {}},
    "lines": {NDJSON: {}},
    "value": {NDJSON: {"schema": {"type": "object"}}},
    "whole": {NDJSON: {"schema": {"type": "array"}}},
    "items": {NDJSON: {"itemSchema": {"type": "object"}}},
}
SIZE = {"name": "size", "in": "query", "schema": {"type": "integer"}}
PATHS: dict[str, Any] = {
    f"/{name}": {
        "get": {
            "operationId": name,
            "parameters": [SIZE],
            "responses": {"2XX": {"description": "", "content": content}},
        }
    }
    for name, content in CONTENT.items()
}


class Desk:
    says = b""

    def __call__(self, _: bytes) -> bytes:
        return self.says


@pytest.fixture(scope="module")
def desk() -> Desk:
    return Desk()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def backend(desk: Desk) -> AsyncIterator[HttpBackend]:
    async with HttpBackend(desk) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(
    tmp_path_factory: pytest.TempPathFactory, backend: HttpBackend
) -> AsyncIterator[Door]:
    async with a_door(tmp_path_factory.mktemp("asked")) as opened:
        await opened.publish("desk", {**document(PATHS), "openapi": "3.2.0"}, backend.origin)
        yield opened


def said(body: bytes, content_type: str, *fields: tuple[str, str], status: int = 200) -> bytes:
    return answer(body, status=status, headers=(("Content-Type", content_type), *fields))


async def delivered(door: Door, action: str, **fields: Any) -> tuple[str, Any, Any]:
    """The kind of output, the output, and the exchange."""
    answered = await door.execute(f"desk/{action}", view=EXECUTION_VIEW_FULL, **fields)
    kind = answered.WhichOneof("output") or ""
    return kind, getattr(answered, kind) if kind else None, answered.exchange


@pytest.mark.parametrize(
    ("action", "asked", "sent"),
    [
        ("json", "", "application/json, */*;q=0.1"),
        ("several", "", "application/json, text/csv;q=0.5, */*;q=0.1"),
        ("several", "text/csv", "text/csv"),
        ("json", "Text/HTML;q=0.9 , */*;q=0", "Text/HTML;q=0.9 , */*;q=0"),
    ],
)
async def test_the_callers_accept_replaces_the_declared_types(
    door: Door, desk: Desk, backend: HttpBackend, action: str, asked: str, sent: str
) -> None:
    desk.says = said(b"{}", "application/json")
    await delivered(door, action, accept=asked)
    lines = backend.requests[-1].decode().lower().split("\r\n")
    assert [line for line in lines if line.startswith("accept:")] == [f"accept: {sent}".lower()]


@pytest.mark.parametrize("asked", ["json", "a/b;q=7", "a/b\r\nX-Evil: 1", "é/x", "a/b,"])
async def test_what_is_no_list_of_media_ranges_is_refused_with_all_else_that_is_wrong(
    door: Door, backend: HttpBackend, asked: str
) -> None:
    before = len(backend.requests)
    refusal = await door.refused("desk/json", {"size": "x"}, accept=asked)
    assert refusal.said[0] == "INVALID_ARGUMENT"
    assert sorted(each.field for each in refusal.bad.field_violations) == ["/size", "accept"]
    assert len(backend.requests) == before


@pytest.mark.parametrize(
    ("asked", "taken"),
    [
        ("text/html", True),
        ("text/*;q=0.1", True),
        ("*/*", True),
        ("", False),
        ("text/csv", False),
        ("text/html;q=0, */*", False),
    ],
)
async def test_an_answer_in_a_type_that_was_asked_for_is_no_error(
    door: Door, desk: Desk, asked: str, *, taken: bool
) -> None:
    desk.says = said(b"<p>page</p>", "text/html")
    if not taken:
        assert (await door.refused("desk/json", accept=asked)).said == BAD
        return
    kind, body, exchange = await delivered(door, "json", accept=asked)
    assert (kind, body.data, body.content_type) == ("body", b"<p>page</p>", "text/html")
    assert list(exchange.warnings) == [
        "text/html is not declared for status 200; declared: application/json"
    ]


LINES = b'{"a":1.0}\n\n{"a":9007199254740993}\n'


async def test_json_in_lines_is_a_body_where_the_document_does_not_describe_it(
    door: Door, desk: Desk
) -> None:
    desk.says = said(LINES, NDJSON)
    kind, body, exchange = await delivered(door, "lines")
    assert (kind, body.data, body.content_type) == ("body", LINES, NDJSON)
    assert list(exchange.warnings) == []


@pytest.mark.parametrize("action", ["value", "whole", "items"])
async def test_json_in_lines_is_one_array_where_the_document_describes_it(
    door: Door, desk: Desk, action: str
) -> None:
    desk.says = said(LINES, f"{NDJSON}; charset=utf-8")
    kind, text, exchange = await delivered(door, action)
    assert (kind, text) == ("json", '[{"a":1.0},{"a":9007199254740993}]')
    assert list(exchange.warnings) == []
    desk.says = said(b"{}\n{oops", NDJSON)
    assert (await door.refused(f"desk/{action}")).said == BAD


XML = b'<?xml version="1.0"?><pet id="9007199254740993"><tag>a</tag></pet>'


@pytest.mark.parametrize("said_type", ["application/xml", "Application/XML; charset=utf-8"])
async def test_xml_becomes_json_by_its_schema(door: Door, desk: Desk, said_type: str) -> None:
    desk.says = said(XML, said_type)
    kind, text, exchange = await delivered(door, "pet")
    assert (kind, text) == ("json", '{"id":9007199254740993,"tag":["a"]}')
    assert list(exchange.warnings) == []
    desk.says = said(b"<pet><tag>a</tag></pet>", said_type)
    assert list((await delivered(door, "pet"))[2].warnings) == [
        "the answer does not fit its schema at /id: is required"
    ]


async def test_xml_without_a_schema_is_a_body(door: Door, desk: Desk) -> None:
    desk.says = said(XML, "application/xml")
    kind, body, _ = await delivered(door, "page")
    assert (kind, body.data, body.content_type) == ("body", XML, "application/xml")


@pytest.mark.parametrize(
    "body",
    [b"<pet>", b"oops", b"<!DOCTYPE pet [<!ENTITY x 'y'>]><pet>&x;</pet>", b"<pet>\xff</pet>"],
)
async def test_xml_that_is_none_is_a_bad_response(door: Door, desk: Desk, body: bytes) -> None:
    desk.says = said(body, "application/xml")
    refusal = await door.refused("desk/pet")
    assert refusal.said == BAD
    assert refusal.message.startswith("the answer is application/xml, and ")


@pytest.mark.parametrize(
    ("status", "field"),
    [
        (201, ("Location", "/things/7")),
        (202, ("Location", "/jobs/1")),
        (202, ("Operation-Location", "/jobs/1")),
        (206, ("Content-Range", "bytes 0-1/9")),
        (207, ("DAV", "1")),
    ],
)
async def test_one_success_is_told_from_another_by_status_and_headers(
    door: Door, desk: Desk, status: int, field: tuple[str, str]
) -> None:
    desk.says = said(b"{}", "application/json", field, status=status)
    kind, text, exchange = await delivered(door, "json")
    assert (kind, text, exchange.http_status) == ("json", "{}", status)
    assert exchange.response_headers[field[0].lower()] == field[1]
    assert list(exchange.warnings) == []
