"""Answers that break HTTP or their own type, byte for byte, seen from the gRPC door."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
import pytest_asyncio

from gateway.v1.gateway_pb2 import EXECUTION_VIEW_FULL
from tests.doors import Door, a_door, document
from tests.fakes import RawBackend, read_request

pytestmark = pytest.mark.asyncio(loop_scope="module")

BAD = ("UNKNOWN", "BACKEND_BAD_RESPONSE", "backend", "EXECUTED")
TYPE = b"Content-Type: application/json"
DECLARED: dict[str, dict[str, Any]] = {
    "json": {"application/json": {}},
    "any": {"application/json": {}, "text/plain": {}},
}
PATHS = {
    f"/{name}": {
        method: {
            "operationId": f"{method}_{name}",
            "responses": {"200": {"description": "", "content": content}},
        }
        for method in ("get", "head")
    }
    for name, content in DECLARED.items()
}


def wire(body: bytes, *fields: bytes, status: bytes = b"200 OK") -> bytes:
    """An answer with its length, as it stands on the wire."""
    head = b"".join(each + b"\r\n" for each in (b"Content-Length: %d" % len(body), *fields))
    return b"HTTP/1.1 %b\r\n%b\r\n%b" % (status, head, body)


class Desk(RawBackend):
    """A backend that says the same bytes to each request, and keeps its connections."""

    def __init__(self) -> None:
        super().__init__(self._talk)
        self.says = b""

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await read_request(reader)
            writer.write(self.says)
            await writer.drain()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk() -> AsyncIterator[Desk]:
    async with Desk() as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(tmp_path_factory: pytest.TempPathFactory, desk: Desk) -> AsyncIterator[Door]:
    async with a_door(tmp_path_factory.mktemp("answers")) as opened:
        await opened.publish("desk", document(PATHS), desk.origin)
        yield opened


async def delivered(door: Door, action: str) -> tuple[str, Any, Any]:
    """The kind of output, the output, and the exchange."""
    answered = await door.execute(f"desk/{action}", view=EXECUTION_VIEW_FULL)
    kind = answered.WhichOneof("output") or ""
    return kind, getattr(answered, kind) if kind else None, answered.exchange


@pytest.mark.parametrize("status", [b"099", b"600", b"700", b"999"])
async def test_d13_a_status_outside_200_to_599_is_the_backends_error(
    door: Door, desk: Desk, status: bytes
) -> None:
    desk.says = wire(b"{}", TYPE, status=status + b" Odd")
    refusal = await door.refused("desk/get_json")
    assert refusal.said == ("UNKNOWN", "BACKEND_ERROR", "backend", "EXECUTED")
    assert refusal.message == f"HTTP status {int(status)}"


@pytest.mark.parametrize(
    ("action", "status", "fields"),
    [
        ("get_json", b"204 No", (TYPE,)),
        ("get_json", b"304 Same", (TYPE, b'ETag: "1"')),
        ("head_json", b"200 OK", (TYPE,)),
    ],
)
async def test_d16_a_body_where_none_may_be_is_dropped_and_the_next_answer_is_whole(
    door: Door, desk: Desk, action: str, status: bytes, fields: tuple[bytes, ...]
) -> None:
    for _ in range(3):
        desk.says = wire(b'{"poison":1}', *fields, status=status)
        assert (await delivered(door, action))[:2] == ("", None)
        desk.says = wire(b'{"own":1}', TYPE)
        assert (await delivered(door, "get_json"))[:2] == ("json", '{"own":1}')


async def test_d18_two_content_types_are_a_bad_response_and_one_said_twice_is_one(
    door: Door, desk: Desk
) -> None:
    desk.says = wire(b"{}", TYPE, b"Content-Type: text/html")
    refusal = await door.refused("desk/get_any")
    assert refusal.said == BAD
    assert "application/json and text/html" in refusal.message
    desk.says = wire(b"{}", TYPE, b"content-type:  Application/JSON ")
    assert (await delivered(door, "get_any"))[1] == "{}"


async def test_d18_of_other_fields_that_are_said_twice_the_first_counts(
    door: Door, desk: Desk
) -> None:
    desk.says = wire(b"", b"Location: /a", b"Location: /b", status=b"302 Found")
    assert "/a, which" in (await door.refused("desk/get_any")).message
    desk.says = wire(b"", b"Retry-After: 2", b"Retry-After: 9", status=b"503 Busy")
    assert (await door.refused("desk/get_any")).retry == 2.0


@pytest.mark.parametrize(
    ("field", "shown"),
    [
        (b"X-Name: caf\xe9", "caf\xe9"),
        (b"X-Name: caf\xc3\xa9", "caf\xc3\xa9"),
        (b"X-Name: a\r\n folded", "a folded"),
    ],
)
async def test_d19_odd_bytes_in_a_header_break_no_answer_and_show_as_latin_1(
    door: Door, desk: Desk, field: bytes, shown: str
) -> None:
    desk.says = wire(b"{}", TYPE, field)
    kind, value, exchange = await delivered(door, "get_json")
    assert (kind, value) == ("json", "{}")
    assert exchange.response_headers["x-name"] == shown


@pytest.mark.parametrize("field", [b"X-Name: a\0b", b"X-\xe9: a", b"X\0: a"])
async def test_d19_a_field_that_http_forbids_is_a_bad_response(
    door: Door, desk: Desk, field: bytes
) -> None:
    desk.says = wire(b"{}", TYPE, field)
    assert (await door.refused("desk/get_json")).said == BAD


@pytest.mark.parametrize(
    "said", [b"t\xe9xt/pl\xe4in", b"text", b"text/plain\xff", b";", b"text/plain; x=\xe9"]
)
async def test_d19_a_content_type_that_is_none_is_not_repeated(
    door: Door, desk: Desk, said: bytes
) -> None:
    desk.says = wire(b"words", b"Content-Type: " + said)
    kind, body, exchange = await delivered(door, "get_any")
    assert (kind, body.data, body.content_type) == ("body", b"words", "application/octet-stream")
    assert len(exchange.warnings) == 1


async def test_d20_broken_json_is_a_bad_response_with_the_beginning_of_it(
    door: Door, desk: Desk
) -> None:
    desk.says = wire(b'{"a":' + b"x" * 5000, TYPE)
    refusal = await door.refused("desk/get_json")
    assert refusal.said == BAD
    assert "is not valid JSON" in refusal.message
    assert refusal.info.metadata["excerpt"].startswith('{"a":xxx')
    assert len(refusal.info.metadata["excerpt"].encode()) <= 1024


async def test_d21_a_login_page_where_json_is_declared_is_a_bad_response_that_names_both(
    door: Door, desk: Desk
) -> None:
    desk.says = wire(b"<html>Log in</html>", b"Content-Type: text/html; charset=utf-8")
    refusal = await door.refused("desk/get_json")
    assert refusal.said == BAD
    assert refusal.message == (
        "the answer is text/html; charset=utf-8, where application/json is declared"
    )


@pytest.mark.parametrize(
    "body",
    [b"[" * 100_000 + b"]" * 100_000, b'{"a":' * 100_000, b"[NaN]", b"[-Infinity]", b'"\\ud800"'],
    ids=["arrays", "objects", "nan", "infinity", "surrogate"],
)
async def test_d22_json_that_no_reader_takes_is_a_bad_response_in_bounded_time(
    door: Door, desk: Desk, body: bytes
) -> None:
    desk.says = wire(body, TYPE)
    start = time.perf_counter()
    assert (await door.refused("desk/get_json")).said == BAD
    assert time.perf_counter() - start < 1


async def test_d22_a_great_many_keys_are_delivered_in_bounded_time(door: Door, desk: Desk) -> None:
    body = orjson.dumps({f"key{index}": index for index in range(500_000)})
    desk.says = wire(body, TYPE)
    start = time.perf_counter()
    kind, text, _ = await delivered(door, "get_json")
    assert (kind, text.encode() == body) == ("json", True)
    assert time.perf_counter() - start < 3


async def test_d22_a_name_that_stands_twice_is_left_in_the_text_and_never_dropped(
    door: Door, desk: Desk
) -> None:
    desk.says = wire(b'{"a":1,"a":2}', TYPE)
    assert (await delivered(door, "get_json"))[1] == '{"a":1,"a":2}'
    answered = await door.execute("desk/get_json", parameters={})
    assert answered.json == '{"a":1,"a":2}'
    desk.says = wire(b'{"a":1,"b":{"a":2}}', TYPE)
    answered = await door.execute("desk/get_json", parameters={})
    assert answered.value.struct_value.fields["b"].struct_value.fields["a"].number_value == 2


TEXT = '{"name":"né日本"}'


@pytest.mark.parametrize(
    ("body", "charset"),
    [
        (TEXT.encode("utf-16"), "utf-8"),
        (TEXT.encode("utf-16-le"), ""),
        (TEXT.encode("utf-8"), "utf-16"),
        (TEXT.encode("shift_jis", errors="replace"), "utf-8"),
        ('{"name":"né"}'.encode("latin-1"), ""),
        (TEXT.encode(), "us-ascii"),
        (b"{}", "klingon"),
    ],
)
async def test_d24_a_charset_that_is_a_lie_is_a_bad_response(
    door: Door, desk: Desk, body: bytes, charset: str
) -> None:
    desk.says = wire(body, TYPE + (f"; charset={charset}".encode() if charset else b""))
    assert (await door.refused("desk/get_json")).said == BAD


@pytest.mark.parametrize(
    ("codec", "charset"),
    [
        ("utf-8", "iso-8859-1"),
        ("utf-8", "windows-1252"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16"),
        ("utf-16-be", "utf-16"),
        ("utf-16-le", "utf-16"),
        ("utf-32-be", "utf-32"),
        ("gb18030", "gb18030"),
    ],
)
async def test_d24_text_is_never_garbled(door: Door, desk: Desk, codec: str, charset: str) -> None:
    desk.says = wire(TEXT.encode(codec), TYPE + f"; charset={charset}".encode())
    assert (await delivered(door, "get_json"))[:2] == ("json", TEXT)
