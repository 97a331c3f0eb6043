"""Which declared response an answer is, and how it is delivered: contract.md section 2."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from google.protobuf.json_format import MessageToDict

from gateway.engines.choice import Name
from gateway.v1.gateway_pb2 import EXECUTION_VIEW_FULL, ExecuteActionRequest
from tests.doors import Door, a_door, document, named
from tests.fakes import HttpBackend, RawBackend, answer, says

pytestmark = pytest.mark.asyncio(loop_scope="module")

BAD = ("UNKNOWN", "BACKEND_BAD_RESPONSE", "backend", "EXECUTED")
JSON = "application/json"


def of(*types: str) -> dict[str, Any]:
    """A response that may have any of the types."""
    return {"description": "", "content": {each: {} for each in types}}


RESPONSES: dict[str, dict[str, Any]] = {
    "exact": {"200": of(JSON), "2XX": of("text/plain"), "default": of("image/png")},
    "range": {"2XX": of(JSON), "default": of("text/plain")},
    "lower": {"2xx": of(JSON), "default": of("text/plain")},
    "default": {"default": of(JSON)},
    "other": {"201": of("text/plain")},
    "nothing": {},
    "empty": {"200": {"description": ""}},
    "several": {"200": of("text/csv", JSON)},
    "spelled": {"200": of("Application/JSON ; Charset=UTF-8")},
    "vendor": {"200": of("application/vnd.x.v1+json; version=1")},
    "suffix": {"200": of("application/*+json")},
    "images": {"200": of("image/*")},
    "anything": {"200": of("*/*")},
    "text": {"200": of("text/plain; charset=iso-8859-1")},
}
PATHS = {
    f"/{name}": {
        "get": {"operationId": name, "responses": responses},
        "head": {"operationId": f"{name}Head", "responses": responses},
    }
    for name, responses in RESPONSES.items()
}


class Desk:
    says = b""

    def __call__(self, _: bytes) -> bytes:
        return self.says


@pytest.fixture(scope="module")
def desk() -> Desk:
    return Desk()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(
    tmp_path_factory: pytest.TempPathFactory, desk: Desk, engine: Name
) -> AsyncIterator[Door]:
    async with (
        HttpBackend(desk) as backend,
        a_door(tmp_path_factory.mktemp("said"), engine=engine) as opened,
    ):
        await opened.publish("desk", document(PATHS), backend.origin)
        yield opened


def said(body: bytes, content_type: str | None = JSON, status: int = 200) -> bytes:
    return answer(
        body,
        status=status,
        headers=(("Content-Type", content_type),) if content_type is not None else (),
    )


async def delivered(door: Door, action: str) -> tuple[str, Any, list[str]]:
    """The kind of output, the output, and the warnings."""
    answered = await door.execute(f"desk/{action}", view=EXECUTION_VIEW_FULL)
    kind = answered.WhichOneof("output") or ""
    value = getattr(answered, kind) if kind else None
    return kind, value, list(answered.exchange.warnings)


OBJECT = b'{ "b":1.10,\n"a":9007199254740993 }'
PLAIN = b"words, words"


@pytest.mark.parametrize(
    ("action", "status", "content_type", "warned"),
    [
        ("exact", 200, JSON, ""),
        ("exact", 203, JSON, f"{JSON} is not declared for status 203; declared: text/plain"),
        ("range", 200, JSON, ""),
        ("range", 299, JSON, ""),
        ("lower", 201, JSON, ""),
        ("default", 200, JSON, ""),
        ("other", 200, JSON, "status 200 is not declared"),
        ("nothing", 202, JSON, "status 202 is not declared"),
        ("empty", 200, JSON, f"no content is declared for status 200; the answer is {JSON}"),
        ("several", 200, JSON, ""),
        ("spelled", 200, JSON, ""),
        ("spelled", 200, "APPLICATION/json;charset=utf-8", ""),
        ("spelled", 200, 'application/json; charset="UTF-8"; profile=x', ""),
        ("vendor", 200, "application/vnd.x.v1+json;version=2", ""),
        ("vendor", 200, JSON, ""),
        ("exact", 200, "application/problem+json", ""),
        ("suffix", 200, "application/ld+json", ""),
        ("anything", 200, JSON, ""),
        ("images", 200, JSON, f"{JSON} is not declared for status 200; declared: image/*"),
        (
            "exact",
            200,
            "text/plain",
            "text/plain is not declared for status 200; declared: " + JSON,
        ),
        ("exact", 200, None, f"the answer does not say its type; declared for status 200: {JSON}"),
    ],
)
async def test_json_is_delivered_byte_for_byte_and_what_is_undeclared_is_warned_of(
    door: Door, desk: Desk, action: str, status: int, content_type: str | None, warned: str
) -> None:
    desk.says = said(OBJECT, content_type, status)
    kind, value, warnings = await delivered(door, action)
    assert (kind, value) == ("json", OBJECT.decode())
    assert warnings == ([warned] if warned else [])


@pytest.mark.parametrize(
    ("action", "status", "content_type", "warned"),
    [
        ("exact", 201, "text/plain", ""),
        ("exact", 201, "text/plain; charset=latin-1", ""),
        ("exact", 299, "TEXT/Plain", ""),
        ("other", 201, "text/plain", ""),
        (
            "other",
            201,
            "text/html",
            "text/html is not declared for status 201; declared: text/plain",
        ),
        ("several", 200, "text/csv", ""),
        ("images", 200, "image/png", ""),
        ("images", 200, "image/svg+xml", ""),
        ("anything", 200, "application/pdf", ""),
        ("text", 200, "text/plain", ""),
        ("nothing", 200, "application/x-thing", "status 200 is not declared"),
        ("several", 200, "application/zip", "application/zip is not declared for status 200; "),
    ],
)
async def test_what_is_not_json_is_delivered_as_it_is_with_its_type(
    door: Door, desk: Desk, action: str, status: int, content_type: str, warned: str
) -> None:
    desk.says = said(PLAIN, content_type, status)
    kind, value, warnings = await delivered(door, action)
    assert (kind, value.data, value.content_type) == ("body", PLAIN, content_type)
    assert len(warnings) == bool(warned)
    assert all(each.startswith(warned) for each in warnings)


@pytest.mark.parametrize(
    ("action", "status", "content_type"),
    [
        ("exact", 200, "text/html"),
        ("exact", 200, "text/plain"),
        ("exact", 200, "image/png"),
        ("exact", 200, None),
        ("range", 201, "text/html"),
        ("lower", 202, "text/html"),
        ("default", 200, "text/html"),
        ("spelled", 200, "text/html"),
        ("vendor", 200, "application/xml"),
        ("suffix", 200, "text/html"),
        ("anything", 200, JSON),
        ("images", 200, "application/vnd.x+json"),
    ],
)
async def test_what_is_not_the_json_that_is_declared_or_said_is_a_bad_response(
    door: Door, desk: Desk, action: str, status: int, content_type: str | None
) -> None:
    desk.says = said(b"<html>log in</html>", content_type, status)
    assert (await door.refused(f"desk/{action}")).said == BAD


@pytest.mark.parametrize("action", ["exact", "default", "nothing", "images"])
@pytest.mark.parametrize("status", [200, 202, 204, 205, 304])
async def test_an_answer_without_content_has_no_output(
    door: Door, desk: Desk, action: str, status: int
) -> None:
    length = b"" if status in {204, 304} else b"Content-Length: 0\r\n"
    desk.says = b"HTTP/1.1 %d X\r\n%bContent-Type: application/json\r\n\r\n" % (status, length)
    kind, value, _ = await delivered(door, action)
    assert (kind, value) == ("", None)


@pytest.mark.parametrize("action", ["exactHead", "defaultHead", "nothingHead"])
async def test_head_has_no_output_whatever_length_it_says(
    door: Door, desk: Desk, action: str
) -> None:
    desk.says = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n"
    kind, value, _ = await delivered(door, action)
    assert (kind, value) == ("", None)


async def test_what_follows_an_answer_without_content_is_nobodys(door: Door, desk: Desk) -> None:
    for status in (204, 304):
        desk.says = b"HTTP/1.1 %d X\r\nContent-Length: 9\r\n\r\n[poison!]" % status
        assert (await delivered(door, "exact"))[0] == ""
        desk.says = said(OBJECT)
        assert (await delivered(door, "exact"))[1] == OBJECT.decode()


VALUES = [
    *("[]", "[1,[2,{}]]", '"x"', '""', "7", "-0", "1.50", "1e3", "true", "false", "null"),
    *(
        ' {"a" : null}\n',
        "9007199254740993",
        "1e400",
        '"\\u0000\\ud83d\\ude00"',
        "[" * 300 + "]" * 300,
    ),
]


@pytest.mark.parametrize("text", VALUES, ids=lambda text: text[:9].strip())
async def test_any_json_value_is_an_output(door: Door, desk: Desk, text: str) -> None:
    desk.says = said(text.encode())
    assert await delivered(door, "exact") == ("json", text, [])
    answered = await door.execute("desk/exact", parameters={})
    if text in {"1e400", "9007199254740993"} or text.startswith("[[["):
        assert answered.json == text
        return
    assert answered.WhichOneof("output") == "value"
    assert MessageToDict(answered.value) == json.loads(text, parse_int=float)


@pytest.mark.parametrize(
    ("charset", "encoding"),
    [
        *(("iso-8859-1", "latin-1"), ("windows-1252", "cp1252"), ("utf-16", "utf-16")),
        *(("UTF-16LE", "utf-16-le"), ("utf-8", "utf-8-sig"), ("shift_jis", "shift_jis")),
    ],
)
async def test_json_in_another_charset_comes_in_utf_8(
    door: Door, desk: Desk, charset: str, encoding: str
) -> None:
    text = '{"name":"日本"}' if charset in {"shift_jis", "utf-16"} else '{"name":"é"}'
    desk.says = said(text.encode(encoding), f"application/json; charset={charset}")
    assert await delivered(door, "exact") == ("json", text, [])


async def test_text_in_another_charset_is_left_alone(door: Door, desk: Desk) -> None:
    desk.says = said("é".encode("latin-1"), "text/plain; charset=iso-8859-1")
    kind, value, _ = await delivered(door, "text")
    assert (kind, value.data) == ("body", b"\xe9")
    assert value.content_type == "text/plain; charset=iso-8859-1"


async def test_the_exchange_is_told_only_where_it_is_asked_for(door: Door, desk: Desk) -> None:
    desk.says = said(OBJECT, "text/x-odd", 203)
    answered = await door.execute("desk/nothing")
    assert not answered.HasField("exchange")
    answered = await door.execute("desk/nothing", view=EXECUTION_VIEW_FULL)
    exchange = answered.exchange
    assert (exchange.method, exchange.http_status) == ("GET", 203)
    assert exchange.uri.endswith("/nothing")
    assert exchange.version == "connectors/desk/versions/v1"
    assert exchange.response_headers["content-type"] == "text/x-odd"
    assert exchange.request_headers["accept"] == "*/*"
    assert [each.http_status for each in exchange.attempts] == [203]
    assert exchange.attempts[0].latency.ToNanoseconds() > 0
    assert len(exchange.trace_id) == 32
    assert exchange.warnings == ["status 203 is not declared"]


@pytest.mark.parametrize("status", [200, 204, 404, 503])
async def test_metadata_says_status_and_trace_before_the_answer(
    door: Door, desk: Desk, status: int
) -> None:
    desk.says = said(b"" if status == 204 else b"{}", JSON, status)
    request = ExecuteActionRequest(name=named("desk/exact"), parameters_json="{}")
    trace = "ab" * 16
    call = door.gateway.ExecuteAction(
        request, metadata=(("traceparent", f"00-{trace}-{'cd' * 8}-01"),)
    )
    metadata = dict(await call.initial_metadata())
    assert metadata["x-http-status"] == str(status)
    assert metadata["x-trace-id"] == trace
    await call.code()


async def test_an_answer_that_ends_with_its_connection_is_doubtful(door: Door) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
    async with RawBackend(says(head + b"{}")) as backend:
        await door.publish("closing", document(PATHS), backend.origin)
        answered = await door.execute("closing/exact", view=EXECUTION_VIEW_FULL)
    assert answered.json == "{}"
    assert list(answered.exchange.warnings) == [
        "the answer ended with the connection: whether it is whole cannot be known"
    ]
