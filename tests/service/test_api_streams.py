"""StreamAction over HTTP: lines and events as they come, and what a caller who leaves ends."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from facade.app.api.routes import routes
from facade.config import Settings
from tests.doors import document
from tests.engines import an_engine, publish
from tests.fakes import RawBackend
from tests.listeners import a_listener

ACTION = "/v1/connectors/shop/versions/live/actions/getIt"
SPEC = document(
    {
        "/it": {
            "get": {
                "operationId": "getIt",
                "responses": {
                    "200": {
                        "description": "",
                        "content": {"application/x-ndjson": {}, "text/event-stream": {}},
                    }
                },
            }
        }
    }
)
LINES = b'{"n": 9007199254740993}\n[1,\r2]\n'
EVENTS = b'id: 7\nevent: tick\nretry: 1500\ndata: {"a":\ndata: 1}\n\ndata: plain\n\n'


class Backend(RawBackend):
    """Says the head and some bytes of a stream, and the rest once that is let go."""

    def __init__(self, kind: str, first: bytes, rest: bytes | None = b"") -> None:
        super().__init__(self._talk)
        self._kind = kind
        self._first = first
        self._rest = rest
        self.ended = asyncio.Event()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        size = len(self._first) + (2 if self._rest is None else len(self._rest))
        head = f"HTTP/1.1 200 OK\r\ncontent-type: {self._kind}\r\ncontent-length: {size}\r\n\r\n"
        writer.write(head.encode() + self._first)
        await writer.drain()
        if self._rest is None:
            self.ended.set() if not await reader.read(1) else None
        else:
            writer.write(self._rest)
            await writer.drain()
        writer.close()


@asynccontextmanager
async def serving(folder: Path, backend: RawBackend) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the API on a port, before a backend."""
    async with an_engine(folder) as parts, backend:
        await publish(parts, "shop", SPEC, backend.origin)
        listener = a_listener(routes(parts, Settings()))
        async with listener as (_, url), httpx.AsyncClient(base_url=url) as client:
            yield client


async def told(client: httpx.AsyncClient, wanted: str = "*/*", **body: Any) -> httpx.Response:
    return await client.post(f"{ACTION}:stream", json=body, headers={"accept": wanted})


async def test_items_are_lines(tmp_path: Path) -> None:
    async with serving(tmp_path, Backend("application/x-ndjson", LINES)) as client:
        answer = await told(client)
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.headers["x-http-status"] == "200"
    head, *items = answer.content.splitlines()
    told_of = json.loads(head)["data"]["head"]
    assert (told_of["httpStatus"], told_of["framing"]) == (200, "FRAMING_LINES")
    assert items == [b'{"data":{"json":{"n": 9007199254740993}}}', b'{"data":{"json":[1, 2]}}']


async def test_events_come_as_events_where_they_are_wanted(tmp_path: Path) -> None:
    async with serving(tmp_path, Backend("text/event-stream", EVENTS)) as client:
        answer = await told(client, "text/event-stream", accept="text/event-stream")
    assert answer.headers["content-type"].startswith("text/event-stream")
    blocks = answer.text.removesuffix("\n\n").split("\n\n")
    assert all(each.startswith("data: ") and "\n" not in each for each in blocks)
    _, first, second = (json.loads(each[6:])["data"] for each in blocks)
    assert first["event"] == {"id": "7", "event": "tick", "json": {"a": 1}, "retry": "1.500s"}
    assert second["event"] == {"id": "7", "event": "message", "text": "plain"}


@pytest.mark.parametrize("accept", ["application/x-ndjson", "text/event-stream"])
async def test_a_stream_that_breaks_off_ends_in_its_error(tmp_path: Path, accept: str) -> None:
    async with serving(tmp_path, Backend("application/x-ndjson", LINES, b"{oh")) as client:
        answer = await told(client, accept)
    assert answer.status_code == 200
    last = answer.text.strip().splitlines()[-1].removeprefix("data: ")
    error = json.loads(last)["error"]
    assert (error["reason"], error["outcome"]) == ("BACKEND_BAD_RESPONSE", "EXECUTED")
    assert ("event: error\n" in answer.text) == (accept == "text/event-stream")


async def test_what_fails_before_the_head_has_its_status(tmp_path: Path) -> None:
    async with serving(tmp_path, Backend("text/html", b"<p>")) as client:
        answer = await told(client, framing="FRAMING_EVENTS")
    assert (answer.status_code, answer.json()["error"]["reason"]) == (502, "BACKEND_BAD_RESPONSE")


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"framing": "FRAMING_EVENTS", "elementsPointer": "x"}, ["elements_pointer"] * 2),
        ({"framing": "FRAMING_LINES", "reconnect": True}, ["reconnect"]),
        ({"paging": {"maxPages": -1, "maxItems": "-1"}}, ["paging.max_pages", "paging.max_items"]),
        ({"paging": {"rule": {"nextPointer": "a"}}}, ["paging.rule.next_pointer"]),
        ({"paging": {}, "framing": "FRAMING_LINES"}, ["framing"]),
        ({"paging": {"rule": {"kind": "PAGE_KIND_X"}}}, ["paging.rule.kind"]),
        ({"failureMode": "FAILURE_MODE_CONTINUE"}, ["failureMode"]),
    ],
)
async def test_what_contradicts_itself_names_its_fields(
    tmp_path: Path, body: dict[str, Any], fields: list[str]
) -> None:
    async with serving(tmp_path, Backend("text/html", b"")) as client:
        answer = await told(client, **body)
    assert [each["field"] for each in answer.json()["error"]["violations"]] == fields


async def test_a_caller_who_leaves_a_stream_ends_its_call(tmp_path: Path) -> None:
    backend = Backend("application/x-ndjson", LINES, rest=None)
    async with serving(tmp_path, backend) as client:
        async with client.stream("POST", f"{ACTION}:stream", json={}) as answer:
            assert b"head" in await anext(answer.aiter_bytes())
        async with asyncio.timeout(2):
            await backend.ended.wait()


async def test_a_caller_who_leaves_a_call_ends_it(tmp_path: Path) -> None:
    backend = Backend("application/json", b"{", rest=None)
    async with serving(tmp_path, backend) as client:
        with pytest.raises(httpx.ReadTimeout):
            await client.post(f"{ACTION}:execute", json={}, timeout=0.2)
        async with asyncio.timeout(2):
            await backend.ended.wait()
