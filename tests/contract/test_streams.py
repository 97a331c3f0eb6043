"""StreamAction from outside: what a backend says piece by piece arrives item by item."""

import asyncio
import gzip
import itertools
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import brotli  # type: ignore[import-untyped]  # the package has no types
import grpc
import pytest
import pytest_asyncio
from backports import zstd

from gateway.engines.choice import Name
from gateway.v1 import stream_pb2 as pb
from gateway.v1.gateway_pb2 import EXECUTION_VIEW_FULL
from tests.doors import Door, a_door
from tests.fakes import HttpBackend, RawBackend, answer, read_request, says
from tests.streams import CHUNKED, EVENTS, chunked, head, streams

pytestmark = pytest.mark.asyncio(loop_scope="module")

LIMIT = 200_000
"""The door's largest item."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(tmp_path_factory: pytest.TempPathFactory, engine: Name) -> AsyncIterator[Door]:
    async with a_door(
        tmp_path_factory.mktemp("streams"), max_response_bytes=LIMIT, engine=engine
    ) as opened:
        yield opened


@pytest.fixture(scope="module")
def names() -> Iterator[str]:
    """A connector of its own for each backend."""
    return (f"it{number}" for number in itertools.count())


async def test_events_arrive_one_by_one_with_a_head_before_them(
    door: Door, names: Iterator[str]
) -> None:
    pieces = chunked(
        b'\xef\xbb\xbfid: 1\ndata: {"n": 1}\n\n',
        b": still here\r",
        b"\ndata: a\rdata: b\r\revent: x\r\nretry: 250\r\n",
        b"data\r\n\r\ndata: never ended",
    )
    async with RawBackend(says(EVENTS, *pieces)) as backend:
        found = await (await streams(door, names, backend)).items()
    assert found[0]["head"]["http_status"] == 200
    assert found[0]["head"]["content_type"] == "text/event-stream"
    assert found[0]["head"]["framing"] == "FRAMING_EVENTS"
    assert found[0]["head"]["headers"]["transfer-encoding"] == "chunked"
    assert [each["event"] for each in found[1:]] == [
        {"id": "1", "event": "message", "json": '{"n": 1}'},
        {"id": "1", "event": "message", "text": "a\nb"},
        {"id": "1", "event": "x", "text": "", "retry": "0.250s"},
    ]


async def test_an_event_arrives_before_the_next_one_is_said(
    door: Door, names: Iterator[str]
) -> None:
    go = asyncio.Event()

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        first, second, end = chunked(b"data: 1\n\n", b"data: 2\n\n")
        writer.write(EVENTS + first)
        await go.wait()
        writer.write(second + end)

    async with RawBackend(script) as backend:
        call = (await streams(door, names, backend)).call()
        assert (await call.read()).WhichOneof("message") == "head"
        assert (await call.read()).event.json == "1"
        go.set()
        assert (await call.read()).event.json == "2"
        assert await call.read() is grpc.aio.EOF


@pytest.mark.parametrize(
    ("action", "media", "body", "expected"),
    [
        (
            "getLines",
            "application/x-ndjson",
            b'{"a":1.0}\r\n\n[2]\n"x"',
            ['{"a":1.0}', "[2]", '"x"'],
        ),
        ("getLines", "text/plain", b"1\n2\n", ["1", "2"]),
        ("getLog", "application/x-log", b"1\n2\n", ["1", "2"]),
        ("getAny", "application/json-seq", b'\x1e{"a":\n1}\n\x1e\x1e2\n', ['{"a":\n1}', "2"]),
        ("getAny", "application/geo+json-seq", b"\x1e[]\n", ["[]"]),
        (
            "getAny",
            "application/json",
            b'[1, {"b": [2, "]"]} ,"\\"" ]',
            ["1", '{"b": [2, "]"]}', '"\\""'],
        ),
        ("getAny", "application/json", b' {"a": [1]} ', ['{"a": [1]}']),
        ("getAny", "application/problem+json", b"[ ]", []),
    ],
)
async def test_json_items_come_byte_for_byte(
    door: Door, names: Iterator[str], action: str, media: str, body: bytes, expected: list[str]
) -> None:
    whole = answer(body, headers=(("Content-Type", media),))
    async with HttpBackend(whole) as backend:
        found = await (await streams(door, names, backend)).items(action)
    assert [each["json"] for each in found[1:]] == expected


async def test_items_come_in_the_form_of_the_input(door: Door, names: Iterator[str]) -> None:
    whole = answer(b'[1, {"a": null}]', headers=(("Content-Type", "application/json"),))
    async with HttpBackend(whole) as backend:
        found = await (await streams(door, names, backend)).items(parameters={})
    assert found[1:] == [{"value": 1.0}, {"value": {"a": None}}]


async def test_the_array_within_an_answer_is_found_by_its_pointer(
    door: Door, names: Iterator[str]
) -> None:
    body = b'{"meta": {"items": [0]}, "a/b": [[], {"items": [1, [2], "3"], "x": 1}], "next": "c"}'
    whole = answer(body, headers=(("Content-Type", "application/json"),))
    async with HttpBackend(whole) as backend:
        made = await streams(door, names, backend)
        found = await made.items("getAny", elements_pointer="/a~1b/1/items")
        assert [each["json"] for each in found[1:]] == ["1", "[2]", '"3"']
        for pointer in ("/a~1b/2", "/meta/none", "/next", "/a~1b/1/x"):
            none, refusal = await made.until("getAny", elements_pointer=pointer)
            assert refusal is not None
            assert refusal.said == ("UNKNOWN", "BACKEND_BAD_RESPONSE", "backend", "EXECUTED")
            assert [*none[0]] == ["head"]


async def test_what_has_no_framing_comes_as_chunks(door: Door, names: Iterator[str]) -> None:
    body = bytes(range(256)) * 1000
    whole = answer(body, headers=(("Content-Type", "image/png"),))
    async with HttpBackend(whole) as backend:
        call = (await streams(door, names, backend)).call("getAny")
        chunks = [each.chunk async for each in call if each.HasField("chunk")]
    assert b"".join(chunks) == body
    assert max(map(len, chunks)) <= 64 * 1024


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
async def test_a_packed_stream_is_unpacked_as_it_comes(
    door: Door, names: Iterator[str], coding: str
) -> None:
    body = b"data: 1\n\ndata: 2\n\n"
    pack = {"gzip": gzip.compress, "br": brotli.compress, "zstd": zstd.compress}[coding]
    pieces = chunked(*(bytes([each]) for each in pack(body)))
    opening = head("text/event-stream", CHUNKED, f"Content-Encoding: {coding}")
    async with RawBackend(says(opening, *pieces)) as backend:
        found = await (await streams(door, names, backend)).items()
    assert [each["event"]["json"] for each in found[1:]] == ["1", "2"]


async def test_d30_a_bomb_in_a_stream_ends_it(door: Door, names: Iterator[str]) -> None:
    bomb = gzip.compress(b"data: 1\n\n" + b"\n" * 20 * 2**20)
    opening = head("text/event-stream", "Content-Encoding: gzip", f"Content-Length: {len(bomb)}")
    async with RawBackend(says(opening + bomb)) as backend:
        found, refusal = await (await streams(door, names, backend)).until()
    assert refusal is not None
    assert refusal.said == ("RESOURCE_EXHAUSTED", "RESPONSE_TOO_LARGE", "backend", "EXECUTED")
    assert len(found) == 2


@pytest.mark.parametrize(
    ("media", "body", "good", "code"),
    [
        ("application/x-ndjson", b"1\n{broken\n3\n", 1, "UNKNOWN"),
        ("application/json", b"[1, 2, nope, 4]", 2, "UNKNOWN"),
        ("application/json", b"[1, 2", 1, "UNKNOWN"),
        ("application/json", b"[1, 2]x", 2, "UNKNOWN"),
        ("application/json", b"[1,, 2]", 1, "UNKNOWN"),
        ("application/json", b"[1,]", 1, "UNKNOWN"),
        ("application/json", b"[1}", 0, "UNKNOWN"),
        ("application/json-seq", b"\x1e1\n\x1e12", 1, "UNKNOWN"),
        ("application/json-seq", b'\x1e1\n\x1e{"a"\x1e2\n', 1, "UNKNOWN"),
        ("application/json-seq", b"1\n", 0, "UNKNOWN"),
        ("application/x-ndjson", b'1\n"' + b"x" * LIMIT + b'"\n', 1, "RESOURCE_EXHAUSTED"),
        ("application/json", b'[1,"' + b"x" * LIMIT + b'"]', 1, "RESOURCE_EXHAUSTED"),
        ("text/event-stream", b"data: 1\n\ndata: " + b"x" * LIMIT, 1, "RESOURCE_EXHAUSTED"),
    ],
)
async def test_d20_a_broken_item_ends_the_stream_after_the_good_ones(
    door: Door, names: Iterator[str], media: str, body: bytes, good: int, code: str
) -> None:
    async with HttpBackend(answer(body, headers=(("Content-Type", media),))) as backend:
        found, refusal = await (await streams(door, names, backend)).until("getAny")
    assert refusal is not None
    assert (refusal.code, len(found) - 1) == (code, good)
    assert refusal.info.metadata["outcome"] == "EXECUTED"


async def test_an_error_before_the_stream_is_that_of_any_call(
    door: Door, names: Iterator[str]
) -> None:
    said = answer(
        b'{"message": "gone"}', status=410, headers=(("Content-Type", "application/json"),)
    )
    async with HttpBackend(said) as backend:
        found, refusal = await (await streams(door, names, backend)).until()
    assert found == []
    assert refusal is not None
    assert refusal.said == ("NOT_FOUND", "BACKEND_NOT_FOUND", "backend", "EXECUTED")
    assert refusal.message == "gone"


async def test_d21_a_login_page_is_no_stream(door: Door, names: Iterator[str]) -> None:
    said = answer(b"<html>", headers=(("Content-Type", "text/html"),))
    async with HttpBackend(said) as backend:
        made = await streams(door, names, backend)
        for action, framing in (("getIt", pb.FRAMING_EVENTS), ("getLines", pb.FRAMING_AUTO)):
            found, refusal = await made.until(action, framing=framing)
            assert found == []
            assert refusal is not None
            assert refusal.said == ("UNKNOWN", "BACKEND_BAD_RESPONSE", "backend", "EXECUTED")


async def test_the_accept_field_asks_for_the_stream_that_is_declared(
    door: Door, names: Iterator[str]
) -> None:
    said = answer(b"data: 1\n\n", headers=(("Content-Type", "text/event-stream"),))
    async with HttpBackend(said) as backend:
        made = await streams(door, names, backend)
        await made.items()
        await made.items(accept="text/event-stream;q=0.5")
        await made.items("getAny", framing=pb.FRAMING_EVENTS, last_event_id="x 1")
    fields = [
        dict(re.findall(rb"(?m)^(accept|last-event-id): (.*?)\r$", each))
        for each in backend.requests
    ]
    assert fields == [
        {b"accept": b"text/event-stream, */*;q=0.1"},
        {b"accept": b"text/event-stream;q=0.5"},
        {b"accept": b"text/event-stream, */*;q=0.1", b"last-event-id": b"x 1"},
    ]


async def test_a_dry_run_sends_nothing(door: Door, names: Iterator[str]) -> None:
    async with HttpBackend() as backend:
        found = await (await streams(door, names, backend)).items(validate_only=True)
    assert backend.connections == 0
    assert found[0]["head"]["exchange"]["curl"].startswith("curl http://127.0.0.1")
    assert len(found) == 1


async def test_the_exchange_is_told_in_full_where_it_is_asked_for(
    door: Door, names: Iterator[str]
) -> None:
    said = answer(b"[]", headers=(("Content-Type", "application/json"),))
    async with HttpBackend(said) as backend:
        made = await streams(door, names, backend)
        full = (await made.items("getAny", view=EXECUTION_VIEW_FULL))[0]["head"]
        assert "exchange" not in (await made.items("getAny"))[0]["head"]
    assert full["exchange"]["method"] == "GET"
    assert full["exchange"]["attempts"][0]["http_status"] == 200


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"framing": 99}, ["framing"]),
        ({"elements_pointer": "items"}, ["elements_pointer"]),
        (
            {"framing": pb.FRAMING_LINES, "elements_pointer": "/a", "reconnect": True, "view": 9},
            ["elements_pointer", "reconnect", "view"],
        ),
        ({"last_event_id": "a\nb"}, ["last_event_id"]),
    ],
)
async def test_what_contradicts_itself_is_refused_all_at_once(
    door: Door, names: Iterator[str], fields: dict[str, Any], wrong: list[str]
) -> None:
    async with HttpBackend() as backend:
        found, refusal = await (await streams(door, names, backend)).until(**fields)
    assert (found, backend.connections) == ([], 0)
    assert refusal is not None
    assert refusal.said == ("INVALID_ARGUMENT", "INVALID_REQUEST", "gateway", "NOT_EXECUTED")
    assert refusal.fields == wrong


async def test_an_empty_answer_is_a_stream_without_items(door: Door, names: Iterator[str]) -> None:
    async with HttpBackend(b"HTTP/1.1 204 No Content\r\n\r\n") as backend:
        found = await (await streams(door, names, backend)).items()
    assert [each["head"]["http_status"] for each in found] == [204]


async def test_what_goes_before_the_stream_says_status_and_trace(
    door: Door, names: Iterator[str]
) -> None:
    said = answer(b"[]", headers=(("Content-Type", "application/json"),))
    async with HttpBackend(said) as backend:
        call = (await streams(door, names, backend)).call("getAny")
        metadata = dict(await call.initial_metadata())
        assert [each.WhichOneof("message") async for each in call] == ["head"]
    assert metadata["x-http-status"] == "200"
    assert len(metadata["x-trace-id"]) == 32
