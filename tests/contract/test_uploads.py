"""UploadAction from outside: a body goes to the backend as it comes, framed where it must be."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from gateway.engines.choice import Name
from gateway.v1.gateway_pb2 import FAILURE_MODE_CONTINUE, ExecuteActionRequest
from gateway.v1.stream_pb2 import UploadActionRequest, UploadHead
from gateway.v1.stream_pb2_grpc import StreamServiceStub
from tests.doors import Door, a_door, document, named, refusal
from tests.fakes import JSON, RawBackend, answer, read_request

FORM = {
    "type": "object",
    "properties": {"note": {"type": "string"}, "file": {"type": "string", "format": "binary"}},
}


def an_operation(name: str, media: str, schema: object) -> dict[str, Any]:
    body = {"content": {media: {"schema": schema}}}
    return {"operationId": name, "requestBody": body, "responses": {}}


SPEC = document(
    {
        "/raw": {"put": an_operation("put", "application/octet-stream", {"format": "binary"})},
        "/image": {"put": an_operation("paint", "image/*", {})},
        "/form": {"post": an_operation("post", "multipart/form-data", FORM)},
        "/json": {"post": an_operation("send", "application/json", {"type": "array"})},
        "/none": {"get": {"operationId": "get", "responses": {}}},
    }
)


class Store(RawBackend):
    """A backend that takes a body as slowly as it is told to, and answers with JSON."""

    def __init__(self, pause: float = 0.0, said: bytes = JSON, early: bytes = b"") -> None:
        super().__init__(self._take)
        self.head = ""
        self.body = bytearray()
        self.pause = pause
        self.said = said
        self.early = early
        self.gone = asyncio.Event()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self.head = (await reader.readuntil(b"\r\n\r\n")).decode()
            writer.write(self.early)
            length = re.search(r"(?i)\r\ncontent-length: *(\d+)", self.head)
            if length:
                await self._fill(reader, int(length[1]))
            else:
                await self._unchunk(reader)
        except (asyncio.IncompleteReadError, ConnectionError):
            self.gone.set()
            return
        writer.write(self.said)

    async def _fill(self, reader: asyncio.StreamReader, length: int) -> None:
        while length:
            piece = await reader.read(min(length, 2**16))
            if not piece:
                raise asyncio.IncompleteReadError(b"", length)
            self.body += piece
            length -= len(piece)
            await asyncio.sleep(self.pause)

    async def _unchunk(self, reader: asyncio.StreamReader) -> None:
        while size := int(await reader.readuntil(b"\r\n"), 16):
            self.body += await reader.readexactly(size)
            await reader.readexactly(2)
            await asyncio.sleep(self.pause)
        await reader.readexactly(2)


@pytest.fixture
async def door(tmp_path: Path, engine: Name) -> AsyncIterator[Door]:
    async with a_door(tmp_path, engine=engine) as opened:
        yield opened


def head(
    action: str = "put", content_type: str = "", size: int | None = None, **fields: Any
) -> Any:
    call = ExecuteActionRequest(name=named(f"it/{action}"), **{"parameters_json": "{}"} | fields)
    if content_type:
        call.body.content_type = content_type
    return UploadActionRequest(head=UploadHead(call=call, size=size))


async def upload(
    door: Door, backend: RawBackend, parts: Iterable[Any], within: float = 5, **fields: Any
) -> Any:
    """Sends the parts, bytes as chunks; a number is a pause."""
    await door.publish("it", SPEC, backend.origin, **fields)
    stub: Any = StreamServiceStub(door.channel)

    async def requests() -> AsyncIterator[UploadActionRequest]:
        for part in parts:
            if isinstance(part, float):
                await asyncio.sleep(part)
            else:
                chunk = isinstance(part, bytes)
                yield UploadActionRequest(chunk=part) if chunk else part

    return await stub.UploadAction(requests(), timeout=within)


async def test_an_upload_goes_out_in_chunked_coding_where_its_size_is_not_known(
    door: Door,
) -> None:
    async with Store() as backend:
        reply = await upload(door, backend, [head(), b"abc", b"", b"de"])
    assert reply.json == "{}"
    assert "\r\ntransfer-encoding: chunked\r\n" in backend.head.lower()
    assert "\r\ncontent-type: application/octet-stream\r\n" in backend.head
    assert backend.body == b"abcde"


async def test_an_upload_of_a_known_size_says_its_length(door: Door) -> None:
    async with Store() as backend:
        await upload(door, backend, [head("paint", "image/png", 5), b"abc", b"de"])
    assert "\r\nContent-Length: 5\r\n" in backend.head
    assert "transfer-encoding" not in backend.head.lower()
    assert "\r\ncontent-type: image/png\r\n" in backend.head
    assert backend.body == b"abcde"


async def test_an_empty_upload_is_one(door: Door) -> None:
    async with Store() as backend:
        await upload(door, backend, [head(size=0)])
    assert "\r\nContent-Length: 0\r\n" in backend.head


@pytest.mark.parametrize("size", [None, 7])
async def test_an_upload_is_the_file_of_a_form(door: Door, size: int | None) -> None:
    opening = head("post", "image/png", size, parameters_json='{"note": "ü"}')
    async with Store() as backend:
        await upload(door, backend, [opening, b"\x89PN", b"G\r\n\0"])
    boundary = re.findall(r"content-type: multipart/form-data; boundary=(\S+)\r\n", backend.head)[0]
    assert backend.body.decode("latin-1").encode("latin-1") == (
        f'--{boundary}\r\nContent-Disposition: form-data; name="note"\r\n'.encode()
        + backend.body.split(b'name="note"\r\n')[1].split(b"--" + boundary.encode())[0]
        + f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="file"\r\n'
        f"Content-Type: image/png\r\n\r\n".encode()
        + b"\x89PNG\r\n\0\r\n"
        + f"--{boundary}--\r\n".encode()
    )
    if size:
        assert f"\r\nContent-Length: {len(backend.body)}\r\n" in backend.head


async def test_an_upload_larger_than_any_message_goes_through_at_the_backends_pace(
    door: Door,
) -> None:
    sent = 0

    def parts() -> Iterable[Any]:
        nonlocal sent
        yield head(size=40 * 2**20)
        for _ in range(40):
            sent += 1
            yield bytes(2**20)

    async with Store() as backend:
        backend.pause = 0.02
        call = asyncio.ensure_future(upload(door, backend, parts(), within=10))
        await asyncio.sleep(0.7)
        held = sent * 2**20 - len(backend.body)
        backend.pause = 0.0
        await call
    assert 0 < held < 24 * 2**20  # the sockets' own buffers are most of it
    assert len(backend.body) == 40 * 2**20


async def test_a_cancelled_upload_closes_the_backends_connection_within_50_ms(door: Door) -> None:
    async with Store() as backend:
        call = asyncio.ensure_future(upload(door, backend, [head(), b"abc", 5.0]))
        await asyncio.sleep(0.3)
        began = time.perf_counter()
        call.cancel()
        await asyncio.wait_for(backend.gone.wait(), 1)
        took = time.perf_counter() - began
        await asyncio.gather(call, return_exceptions=True)
    assert took < 0.05
    assert backend.body == b"abc"


@pytest.mark.parametrize("chunks", [[b"abc"], [b"abcdefg"], [b"abc", b"defg"]])
async def test_an_upload_of_another_size_than_announced_is_refused(
    door: Door, chunks: list[bytes]
) -> None:
    async with Store() as backend:
        told = await refusal(upload(door, backend, [head(size=5), *chunks]))
        await asyncio.wait_for(backend.gone.wait(), 1)
    assert told.said == ("INVALID_ARGUMENT", "INVALID_REQUEST", "gateway", "UNKNOWN")
    assert told.fields == ["head.size"]


async def test_an_upload_with_two_heads_may_have_been_executed(door: Door) -> None:
    async with Store() as backend:
        told = await refusal(upload(door, backend, [head(), b"abc", head()]))
    assert told.said == ("INVALID_ARGUMENT", "INVALID_REQUEST", "gateway", "UNKNOWN")
    assert told.fields == ["head"]


async def test_an_upload_announced_beyond_the_limit_is_refused_before_any_io(door: Door) -> None:
    async with Store() as backend:
        told = await refusal(upload(door, backend, [head(size=2**30 + 1), b"abc"]))
    assert told.said == ("RESOURCE_EXHAUSTED", "REQUEST_TOO_LARGE", "gateway", "NOT_EXECUTED")
    assert backend.connections == 0


async def test_an_answer_before_the_end_of_the_upload_is_the_answer(door: Door) -> None:
    early = answer(b'{"message": "too much"}', status=413, headers=(("Content-Type", "text/json"),))
    async with Store(early=early) as backend:
        began = time.monotonic()
        told = await refusal(upload(door, backend, [head(), b"abc", 4.0]))
    assert time.monotonic() - began < 2
    assert told.said == ("INVALID_ARGUMENT", "BACKEND_REJECTED", "backend", "EXECUTED")
    assert told.message == "too much"


@pytest.mark.parametrize(
    ("pause", "said"),
    [
        (1.0, ("DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED", "gateway", "UNKNOWN")),
        (0.0, ("DEADLINE_EXCEEDED", "BACKEND_TIMEOUT", "backend", "UNKNOWN")),
    ],
    ids=["caller", "backend"],
)
async def test_silence_in_an_upload_is_told_of_the_side_that_was_silent(
    door: Door, pause: float, said: tuple[str, ...]
) -> None:
    async def script(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await read_request(reader)
        await reader.read()
        await asyncio.sleep(2)

    async with RawBackend(script) as backend:
        parts = [head(), b"abc", pause] if pause else [head(), b"abc"]
        policy = {"timeout": {"nanos": 300_000_000}}
        told = await refusal(upload(door, backend, parts, policy=policy))
    assert told.said == said


async def test_a_slow_upload_outlives_the_versions_timeout(door: Door) -> None:
    async with Store() as backend:
        parts = [head(), *(part for _ in range(6) for part in (b"abc", 0.1))]
        await upload(door, backend, parts, policy={"timeout": {"nanos": 300_000_000}})
    assert backend.body == b"abc" * 6


async def test_a_dry_run_of_an_upload_sends_nothing(door: Door) -> None:
    async with Store() as backend:
        opening = head("post", "image/png", 7, validate_only=True)
        reply = await upload(door, backend, [opening])
    assert backend.connections == 0
    assert b"<upload of 7 bytes>" in reply.exchange.request_body.data
    assert reply.exchange.curl.startswith("curl -X POST")


async def test_an_upload_may_go_on_over_its_failure(door: Door) -> None:
    said = answer(b"{}", status=500)
    async with Store(said=said) as backend:
        opening = head(failure_mode=FAILURE_MODE_CONTINUE)
        reply = await upload(door, backend, [opening, b"x"])
    assert reply.error.code == 2


def two_heads() -> list[Any]:
    return [head(), b"a", head()]


def data_in_the_head() -> list[Any]:
    opening = head(content_type="image/png")
    opening.head.call.body.data = b"x"
    return [opening]


@pytest.mark.parametrize(
    ("parts", "fields"),
    [
        (list, ["head"]),
        (lambda: [b"abc"], ["head"]),
        (two_heads, ["head"]),
        (data_in_the_head, ["head.call.body.data"]),
        (lambda: [head(size=-1)], ["head.size"]),
        (lambda: [head("paint", "text/plain")], ["body.content_type"]),
        (lambda: [head("get", "text/plain")], ["/body"]),
    ],
)
async def test_an_upload_that_is_none_is_refused(
    door: Door, parts: Callable[[], list[Any]], fields: list[str]
) -> None:
    async with Store() as backend:
        told = await refusal(upload(door, backend, parts()))
    assert told.code == "INVALID_ARGUMENT"
    assert told.fields == fields
