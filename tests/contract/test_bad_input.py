"""What a caller can get wrong, seen from the gRPC door: told in full, and nothing is sent."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import grpc
import pytest
import pytest_asyncio
from google.protobuf.struct_pb2 import Struct

from gateway.engines.choice import Name
from gateway.v1.gateway_pb2 import ExecuteActionRequest
from tests.doors import INSIDE, Door, a_door, document, refusal
from tests.fakes import HttpBackend

pytestmark = pytest.mark.asyncio(loop_scope="module")

MEBIBYTE = 2**20
TEXT = {"type": "string"}
ID = {"name": "id", "in": "path", "required": True, "schema": TEXT}
THING = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": TEXT, "count": {"type": "integer"}, "parts": {"type": "array"}},
    "additionalProperties": False,
}
PATHS: dict[str, Any] = {
    "/things/{id}": {
        "get": {
            "operationId": "getThing",
            "parameters": [
                ID,
                {"name": "q", "in": "query", "schema": TEXT},
                {"name": "size", "in": "query", "schema": {"type": "integer", "minimum": 1}},
                {"name": "kind", "in": "query", "schema": {"enum": ["a", "b"]}},
                {"name": "tags", "in": "query", "schema": {"type": "array", "items": TEXT}},
                {"name": "X-Note", "in": "header", "schema": TEXT},
                {"name": "session", "in": "cookie", "schema": TEXT},
            ],
            "responses": {},
        }
    },
    "/things": {
        "post": {
            "operationId": "addThing",
            "requestBody": {"required": True, "content": {"application/json": {"schema": THING}}},
            "responses": {},
        }
    },
    "/files/{id}": {
        "put": {
            "operationId": "putFile",
            "parameters": [ID],
            "requestBody": {"content": {"application/octet-stream": {}}},
            "responses": {},
        }
    },
}

NOT_EXECUTED = ("gateway", "NOT_EXECUTED")
PARAMETERS = ("INVALID_ARGUMENT", "INVALID_PARAMETERS", *NOT_EXECUTED)
REQUEST = ("INVALID_ARGUMENT", "INVALID_REQUEST", *NOT_EXECUTED)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(
    tmp_path_factory: pytest.TempPathFactory, backend: HttpBackend, engine: Name
) -> AsyncIterator[Door]:
    async with a_door(tmp_path_factory.mktemp("bad"), engine=engine) as opened:
        await opened.publish("shop", document(PATHS), backend.origin)
        yield opened


@pytest.fixture
def untouched(backend: HttpBackend) -> Iterator[None]:
    """Nothing may reach the backend while a test runs."""
    before = (backend.connections, len(backend.requests))
    yield
    assert (backend.connections, len(backend.requests)) == before


async def test_a_good_call_does_reach_the_backend(door: Door, backend: HttpBackend) -> None:
    await door.execute("shop/getThing", {"id": "7"})
    assert backend.requests[-1].startswith(b"GET /things/7 HTTP/1.1\r\n")


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    ("name", "reason", "kind", "meant"),
    [
        ("shp/getThing", "CONNECTOR_NOT_FOUND", "Connector", "connectors/shop"),
        ("zzz/getThing", "CONNECTOR_NOT_FOUND", "Connector", ""),
        ("connectors/-/versions/live/actions/getThing", "CONNECTOR_NOT_FOUND", "Connector", ""),
        (
            "connectors/shop/versions/v11/actions/getThing",
            "VERSION_NOT_FOUND",
            "ConnectorVersion",
            "connectors/shop/versions/v1",
        ),
        (
            "connectors/shop/versions/latest/actions/getThing",
            "VERSION_NOT_FOUND",
            "ConnectorVersion",
            "",
        ),
        (
            "shop/getthing",
            "ACTION_NOT_FOUND",
            "Action",
            "connectors/shop/versions/live/actions/getThing",
        ),
        ("shop/zzzzzzz", "ACTION_NOT_FOUND", "Action", ""),
        ("shop/../v1", "ACTION_NOT_FOUND", "Action", ""),
        ("shop/" + "x" * 1_000_000, "ACTION_NOT_FOUND", "Action", ""),
    ],
)
async def test_what_is_not_there_is_named_with_what_was_meant(
    door: Door, name: str, reason: str, kind: str, meant: str
) -> None:
    told = await door.refused(name)
    assert told.said == ("NOT_FOUND", reason, *NOT_EXECUTED)
    assert told.resource.resource_type == f"gateway.v1/{kind}"
    assert told.resource.resource_name
    hint = f"Did you mean `{meant}`" if meant else ""
    assert told.resource.description[: len(hint)] == hint
    assert bool(told.resource.description) == bool(meant)
    assert told.resource.description.count("`") <= 6


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    "name",
    [
        *("", " ", "/", "shop", "connectors/", "connectors/shop", "connectors/shop/versions/live"),
        *("connectors/SHOP/versions/live/actions/x", "connectors/s p/versions/live/actions/x"),
        *("connectors/../versions/live/actions/x", "connectors/shop/versions//actions/x"),
        *("connectors/shop\r\nx/versions/live/actions/x", "//host/versions/live/actions/x"),
        *("connectors/shop/versions/live/actions/", "connectors/" + "a" * 100 + "/versions/v/x/y"),
    ],
)
async def test_a_name_that_is_none_is_an_invalid_request(door: Door, name: str) -> None:
    call = door.gateway.ExecuteAction(ExecuteActionRequest(name=name, parameters_json="{}"))
    told = await refusal(call)
    assert told.said == REQUEST
    assert told.fields == ["name"]


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    ("action", "arguments", "fields"),
    [
        ("getThing", {}, ["/id"]),
        ("getThing", {"id": 7}, ["/id"]),
        ("getThing", {"id": None}, ["/id"]),
        ("getThing", {"id": ""}, ["/id"]),
        ("getThing", {"Id": "7"}, ["/Id", "/id"]),
        (
            "getThing",
            {"nope": 1, "size": "x", "kind": "c", "tags": ["a", 7], "X-Note": []},
            ["/nope", "/id", "/size", "/kind", "/tags/1", "/X-Note"],
        ),
        ("getThing", {"id": "7", "size": 0}, ["/size"]),
        ("getThing", {"id": "7", "size": 1.5}, ["/size"]),
        ("getThing", {"id": "7", "a/b~c": 1}, ["/a~1b~0c"]),
        ("getThing", {"id": "7", "body": {}}, ["/body"]),
        ("addThing", {}, ["/name"]),
        ("addThing", {"name": 1, "count": "x", "other": 1}, ["/other", "/name", "/count"]),
        (
            "addThing",
            {"body": {"count": "x", "other": 1}},
            ["/body/count", "/body/other", "/body/name"],
        ),
        ("addThing", {"body": [1]}, ["/body"]),
        ("addThing", {"body": {"name": "x"}, "name": "x"}, ["/name"]),
        ("putFile", {"id": "7", "body": "*"}, ["/body"]),
        ("putFile", {"id": "7", "body": {"content": "x", "text": "y"}}, ["/body"]),
    ],
)
async def test_b09_everything_that_is_wrong_with_arguments_is_told_at_once(
    door: Door, action: str, arguments: dict[str, Any], fields: list[str]
) -> None:
    told = await door.refused(f"shop/{action}", arguments)
    assert told.said == PARAMETERS
    assert sorted(told.fields) == sorted(fields)
    given = Struct()
    given.update(arguments)
    as_struct = await door.refused(f"shop/{action}", parameters=given)
    assert (as_struct.said, sorted(as_struct.fields)) == (PARAMETERS, sorted(fields))


@pytest.mark.usefixtures("untouched")
async def test_b09_more_violations_than_twenty_are_counted(door: Door) -> None:
    told = await door.refused(
        "shop/getThing", {f"wrong{number}": "x" * 999 for number in range(99)}
    )
    assert told.said == PARAMETERS
    assert "more" in told.bad.field_violations[-1].description
    assert len(told.fields) <= 21


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    ("text", "field"),
    [
        *((text, "parameters_json") for text in ("", " ", "{", "[]", "null", '"a"', "7", "nul")),
        *((text, "parameters_json") for text in ('{"id":1,}', "{'id':1}", "{id:1}", '{"id" 1}')),
        *((text, "parameters_json") for text in ('{"id":01}', '{"id":.5}', '{"id":1.}')),
        *((text, "parameters_json") for text in ('{"id":+1}', '{"id":0x10}', '{"id":tru}')),
        *((text, "parameters_json") for text in ('{"id":"\x01"}', '{"id":"\\x"}', '{"id":"a}')),
        *((text, "parameters_json") for text in ("\ufeff{}", "{}{}", "{} x", '{"id":1}]', "{}\0")),
        *((text, "parameters_json") for text in ('{"id":/**/1}', '{"id":1 // one\n}')),
        *((f'{{"id":{text}}}', "/id") for text in ("NaN", "Infinity", "-Infinity", "1e99999")),
        ('{"a":[{"b":NaN}]}', "/a/0/b"),
        ('{"id":"\\ud800"}', "/id"),
        ('{"id":"\\udc00\\ud800"}', "/id"),
        (f'{{"id":{"9" * 65}}}', "/id"),
        (f'{{"id":{"9" * 10_000}}}', "/id"),
        ('{"id":"1","id":"1"}', "/id"),
        ('{"id":"1","\\u0069d":"2"}', "/id"),
        ('{"id":"1","a":{"b":[{"c":1,"c":2}]}}', "/a/b/0"),
    ],
)
async def test_b12_b13_what_is_not_json_or_has_two_meanings_is_refused(
    door: Door, text: str, field: str
) -> None:
    told = await door.refused("shop/getThing", text)
    assert told.said == PARAMETERS
    assert told.fields[0] == field
    facts = {key: told.info.metadata[key] for key in ("connector", "version", "action", "attempts")}
    assert list(facts.values()) == ["shop", "live", "getThing", "0"]
    if field == "parameters_json" and text.strip().startswith("{"):
        assert "line 1, column " in told.message or "byte order mark" in told.message


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    "text",
    [
        '{"q":' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"q":' + "[" * 100_000,
        '{"q":' + '{"a":' * 100_000 + "1" + "}" * 100_001,
        '{"q":' + '{"a":' * 100_000,
        '{"q":' + '[{"a":' * 50_000 + "1" + "}]" * 50_000 + "}",
        '{"tags":[' + "1," * 1_000_000 + "1]}",
        "{" + ",".join(f'"k{number}":1' for number in range(200_000)) + "}",
        "[" * (10 * MEBIBYTE - 1000),
        '{"' + "\\u0061" * 1_000_000 + '":1}',
    ],
    ids=["lists", "open lists", "objects", "open", "mixed", "items", "names", "10 MiB", "a name"],
)
async def test_b15_b16_depth_and_numbers_are_bounded(door: Door, text: str) -> None:
    assert (await door.refused("shop/getThing", text)).said == PARAMETERS


@pytest.mark.usefixtures("untouched")
async def test_b16_a_struct_is_bounded_too(door: Door) -> None:
    wide = Struct()
    wide.update({"tags": [0.5] * 150_000})
    assert (await door.refused("shop/getThing", parameters=wide)).said == PARAMETERS


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf"), 2.0**53, 1e300])
async def test_b10_a_double_that_is_no_certain_number_is_refused(door: Door, number: float) -> None:
    given = Struct()
    given.update({"id": "7", "size": number})
    told = await door.refused("shop/getThing", parameters=given)
    assert (told.said, told.fields) == (PARAMETERS, ["/size"])


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("name", ["id", "q", "tags"])
async def test_an_address_of_10_mib_is_refused_by_its_argument(door: Door, name: str) -> None:
    long = "x" * (10 * MEBIBYTE - 1000)
    arguments = {"id": "7"} | {name: [long] if name == "tags" else long}
    told = await door.refused("shop/getThing", arguments)
    assert (told.said, told.fields) == (PARAMETERS, [f"/{name}"])


@pytest.mark.usefixtures("untouched")
async def test_a06_a_request_over_10_mib_is_refused(door: Door) -> None:
    told = await door.refused("shop/getThing", {"id": "x" * 10 * MEBIBYTE})
    assert told.said == ("RESOURCE_EXHAUSTED", "REQUEST_TOO_LARGE", *NOT_EXECUTED)


async def test_a_body_of_nearly_10_mib_goes_through(door: Door, backend: HttpBackend) -> None:
    text = json.dumps({"name": "x" * (10 * MEBIBYTE - 1000)})
    await door.execute("shop/addThing", text)
    assert backend.requests[-1].endswith(b"\r\n\r\n" + text.replace(": ", ":").encode())


CLIMBING = [
    *("..", ".", "../admin", "a/../b", "a/..", "/..", "..\\x", "..;/", ".;a/x", "a/./b"),
    *("%2e%2e%2f", "%2E%2e", ".%2e/", "..%2f", "..%5c", "%2e", "%252e%252e%252f", "%25252e%25252e"),
]
BREAKING = ["a\r\nX: y", "a\nb", "a\rb", "a\0b", "a%0d%0ab", "a%00", "a%250d%250a", "\r\n"]


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("value", CLIMBING + BREAKING)
async def test_b01_b02_a_path_value_cannot_climb_or_break_the_line(door: Door, value: str) -> None:
    for action in ("getThing", "putFile"):
        told = await door.refused(f"shop/{action}", {"id": value})
        assert (told.said, told.fields) == (PARAMETERS, ["/id"])


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        ("//host", "%2F%2Fhost"),
        ("@host", "%40host"),
        ("\\\\host", "%5C%5Chost"),
        ("http://host/", "http%3A%2F%2Fhost%2F"),
        ("a@b:80", "a%40b%3A80"),
        ("a?b=c&d#e;f", "a%3Fb%3Dc%26d%23e%3Bf"),
        ("%41", "%2541"),
        ("...", "..."),
        ("..a", "..a"),
        (" é☃", "%20%C3%A9%E2%98%83"),
    ],
)
async def test_b03_b04_a_value_is_never_more_than_its_segment(
    door: Door, backend: HttpBackend, value: str, sent: str
) -> None:
    await door.execute("shop/getThing", {"id": value, "q": value})
    line, host = backend.requests[-1].split(b"\r\n")[:2]
    assert line.decode() == f"GET /things/{sent}?q={sent} HTTP/1.1"
    assert host.lower() == f"host: 127.0.0.1:{backend.port}".encode()


async def test_b05_a_line_break_in_a_query_goes_as_a_value(
    door: Door, backend: HttpBackend
) -> None:
    await door.execute("shop/getThing", {"id": "7", "q": "a\r\nX: y\0", "tags": ["b\n"]})
    line = backend.requests[-1].split(b"\r\n")[0]
    assert line == b"GET /things/7?q=a%0D%0AX%3A%20y%00&tags=b%0A HTTP/1.1"
    assert b"\r\nX: y" not in backend.requests[-1]


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    ("action", "arguments", "fields", "said"),
    [
        ("putFile", {"content_type": "text/plain\r\nX: y"}, ["body.content_type"], PARAMETERS),
        ("putFile", {"content_type": "nonsense"}, ["body.content_type"], PARAMETERS),
        ("addThing", {"content_type": "text/html"}, ["body.content_type"], PARAMETERS),
        ("getThing", {"content_type": "text/plain"}, ["/body"], PARAMETERS),
    ],
)
async def test_an_upload_must_be_one_that_the_action_takes(
    door: Door,
    action: str,
    arguments: dict[str, Any],
    fields: list[str],
    said: tuple[str, ...],
) -> None:
    given = {} if action == "addThing" else {"id": "7"}
    told = await door.refused(f"shop/{action}", given, body={"data": b"x", **arguments})
    assert (told.said, told.fields) == (said, fields)


@pytest.mark.usefixtures("untouched")
async def test_values_of_enums_that_are_none_are_told_together(door: Door) -> None:
    told = await door.refused("shop/getThing", {"id": "7"}, view=77, failure_mode=9)
    assert (told.said, told.fields) == (REQUEST, ["failure_mode", "view"])


@pytest.mark.usefixtures("untouched")
async def test_a02_a_deadline_that_has_passed_sends_nothing(door: Door) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await door.execute("shop/getThing", {"id": "7"}, within=0.000_001)
    assert failure.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert not INSIDE.search(str(failure.value.details()))
