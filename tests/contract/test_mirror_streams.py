"""The mirror from outside: answers as they come, large bodies, and clients that hang up."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from facade.hop.fields import SIGNATURE, STREAM
from facade.hop.signature import Message, sign
from facade.model.policy import Breaker, Policy, Retry
from tests.doors import document
from tests.engines import publish
from tests.fakes import RawBackend, Script, answer, break_off, hold, read_request
from tests.mirrors import Mirrored, a_mirror, request

pytestmark = pytest.mark.asyncio(loop_scope="module")

EVENTS = {"200": {"description": "", "content": {"text/event-stream": {}}}}
BYTES: dict[str, Any] = {"content": {"application/octet-stream": {}}}
SPEC = document(
    {
        "/any": {"get": {"operationId": "any", "responses": {}}},
        "/events": {"get": {"operationId": "events", "responses": EVENTS}},
        "/raw": {"put": {"operationId": "raw", "requestBody": BYTES, "responses": {}}},
    }
)
PREFIX = "/connectors/shop/versions/live"
PLAIN = Policy(retry=Retry(max_attempts=1), breaker=Breaker(enabled=False))
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
SOON = 0.05
"""Seconds within which the backend's connection is closed when the client's is."""


class Scripted(RawBackend):
    """A backend that does with the next connection what a test says."""

    def __init__(self) -> None:
        super().__init__(self._run)
        self.script: Script = hold

    async def _run(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self.script(reader, writer)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def mirror(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[tuple[Mirrored, Scripted]]:
    folder: Path = tmp_path_factory.mktemp("mirror")
    async with Scripted() as backend, a_mirror(folder, max_request_bytes=65536) as opened:
        await publish(opened.parts, "shop", SPEC, backend.origin, policy=PLAIN)
        yield opened, backend


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


async def test_the_head_comes_first_and_then_each_chunk(mirror: tuple[Mirrored, Scripted]) -> None:
    facade, backend = mirror
    more = asyncio.Event()

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(HEAD)
        for piece in (chunk(b"data: 1\n\n"), chunk(b"data: 2\n\n"), b"0\r\n\r\n"):
            await more.wait()
            more.clear()
            writer.write(piece)

    backend.script = script
    reader, writer = await facade.open()
    writer.write(request("GET", f"{PREFIX}/events"))
    head = await reader.readuntil(b"\r\n\r\n")
    assert b" 200 " in head
    assert b"portico-origin: backend\r\n" in head
    for data in (b"data: 1\n\n", b"data: 2\n\n"):
        more.set()
        assert await reader.readexactly(len(chunk(data))) == chunk(data)
    more.set()
    assert await reader.readexactly(5) == b"0\r\n\r\n"
    writer.close()


async def test_c11_a_stream_that_breaks_off_has_no_end(mirror: tuple[Mirrored, Scripted]) -> None:
    facade, backend = mirror

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(HEAD + chunk(b"data: 1\n\n"))
        await writer.drain()
        await asyncio.sleep(0.02)
        break_off(writer)

    backend.script = script
    got = await facade.ask("GET", f"{PREFIX}/any", headers={"Accept": "text/event-stream"})
    assert (got.status, got.body, got.whole) == (200, b"data: 1\n\n", False)


@pytest.mark.parametrize("accept", ["text/event-stream", "application/json"])
async def test_c11_a_whole_answer_that_breaks_off_is_a_fault(
    mirror: tuple[Mirrored, Scripted], accept: str
) -> None:
    facade, backend = mirror

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 500 No\r\nContent-Length: 100\r\n\r\nhalf")
        await writer.drain()
        break_off(writer)

    backend.script = script
    got = await facade.ask("GET", f"{PREFIX}/any", headers={"Accept": accept})
    assert (got.status, got.header("portico-origin")) == (503, "facade")
    assert got.error["reason"] == "BACKEND_UNAVAILABLE"


async def test_an_error_in_place_of_a_stream_is_handed_on(
    mirror: tuple[Mirrored, Scripted],
) -> None:
    facade, backend = mirror
    said = answer(b'{"no": 1}', status=404, headers=(("Set-Cookie", "a=1"), ("X-A", "b")))

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(said)

    backend.script = script
    got = await facade.ask("GET", f"{PREFIX}/events")
    assert (got.status, got.body, got.whole) == (404, b'{"no": 1}', True)
    assert (got.header("set-cookie"), got.header("x-a")) == ("a=1", "b")
    assert (got.header("portico-origin"), got.header("portico-attempts")) == ("backend", "1")


async def test_who_has_seen_events_goes_on_behind_them(mirror: tuple[Mirrored, Scripted]) -> None:
    facade, backend = mirror
    heads: list[bytes] = []

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await read_request(reader))
        writer.write(HEAD + b"0\r\n\r\n")

    backend.script = script
    got = await facade.ask("GET", f"{PREFIX}/events", headers={"Last-Event-ID": "41"})
    assert (got.status, got.whole) == (200, True)
    assert b"\r\nlast-event-id: 41\r\n" in heads[0].lower()


async def test_a_signed_hop_asks_for_a_stream(mirror: tuple[Mirrored, Scripted]) -> None:
    facade, backend = mirror
    more = asyncio.Event()

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nSet-Cookie: a=1\r\n\r\nab")
        await writer.drain()
        await more.wait()
        writer.write(b"cd")

    backend.script = script
    target = f"{PREFIX}/any"
    [key, *_] = facade.parts.acceptance._keys.now()
    message = Message(method="GET", target=target, headers=((STREAM, "?1"),), body=b"")
    signed = sign(key, message, time.time())
    reader, writer = await facade.open()
    writer.write(request("GET", target, headers={STREAM: "?1", SIGNATURE: signed}))
    head = await reader.readuntil(b"\r\n\r\n")
    assert b"content-length: 4\r\n" in head
    assert b"set-cookie: a=1\r\n" in head
    assert await reader.readexactly(2) == b"ab"
    more.set()
    assert await reader.readexactly(2) == b"cd"
    writer.close()


async def test_a_signature_that_does_not_hold_is_refused(mirror: tuple[Mirrored, Scripted]) -> None:
    facade, _ = mirror
    forged = f"key={'0' * 8};time=1;body={'0' * 64};mac={'0' * 64}"
    got = await facade.ask("GET", f"{PREFIX}/any", headers={SIGNATURE: forged})
    assert (got.status, got.error["reason"]) == (401, "HOP_UNTRUSTED")


@pytest.mark.parametrize("accept", ["*/*", "text/event-stream"])
async def test_who_hangs_up_closes_the_backends_connection(
    mirror: tuple[Mirrored, Scripted], accept: str
) -> None:
    facade, backend = mirror
    arrived, closed = asyncio.Event(), asyncio.Event()

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        if accept != "*/*":
            writer.write(HEAD + chunk(b"data: 1\n\n"))
        arrived.set()
        await reader.read()
        closed.set()

    backend.script = script
    reader, writer = await facade.open()
    writer.write(request("GET", f"{PREFIX}/any", headers={"Accept": accept}))
    await arrived.wait()
    if accept != "*/*":
        await reader.readuntil(b"data: 1\n\n")
    left = time.perf_counter()
    writer.close()
    await asyncio.wait_for(closed.wait(), 2)
    assert time.perf_counter() - left < SOON


async def test_a_slow_reader_slows_the_backend_down(mirror: tuple[Mirrored, Scripted]) -> None:
    facade, backend = mirror
    sent = 0

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await read_request(reader)
        writer.write(HEAD)
        while True:
            writer.write(chunk(b"x" * 65536))
            await writer.drain()
            sent += 65536

    backend.script = script
    reader, writer = await facade.open()
    writer.write(request("GET", f"{PREFIX}/events"))
    await reader.readuntil(b"\r\n\r\n")
    before = -1
    for _ in range(40):
        await asyncio.sleep(0.05)
        if sent == before:
            break
        before = sent
    assert sent == before
    assert sent < 32 * 2**20
    writer.close()


async def put(
    facade: Mirrored, pieces: list[bytes], *fields: str
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await facade.open()
    lines = "\r\n".join(("Host: h", "Content-Type: application/octet-stream", *fields))
    writer.write(f"PUT {PREFIX}/raw HTTP/1.1\r\n{lines}\r\n\r\n".encode())
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
    return reader, writer


@pytest.mark.parametrize("framing", ["chunked", "length"])
async def test_a_large_upload_goes_on_as_it_comes(
    mirror: tuple[Mirrored, Scripted], framing: str
) -> None:
    facade, backend = mirror
    chunked = framing == "chunked"
    data, taken = bytes(range(256)) * 1024, b""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal taken
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        assert (b"transfer-encoding: chunked" in head) == chunked
        while len(taken) < len(data):
            size = int(await reader.readline(), 16) if chunked else 65536
            taken += await reader.readexactly(size)
            if chunked:
                await reader.readline()
        writer.write(answer(json.dumps(len(taken)).encode()))

    backend.script = script
    framed = [chunk(data[at : at + 8192]) for at in range(0, len(data), 8192)]
    pieces = [*framed, b"0\r\n\r\n"] if chunked else [data]
    field = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {len(data)}"
    reader, writer = await put(facade, pieces, field)
    assert b" 200 " in await reader.readline()
    assert taken == data
    writer.close()


async def test_an_upload_that_is_given_up_ends_at_the_backend(
    mirror: tuple[Mirrored, Scripted],
) -> None:
    facade, backend = mirror
    begun, ended = asyncio.Event(), asyncio.Event()

    async def script(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        begun.set()
        await reader.read()
        ended.set()

    backend.script = script
    _, writer = await put(facade, [b"x" * 100_000], "Content-Length: 1000000")
    await begun.wait()
    left = time.perf_counter()
    writer.close()
    await asyncio.wait_for(ended.wait(), 2)
    assert time.perf_counter() - left < SOON


async def test_nothing_is_asked_to_go_on_that_is_refused_anyway(
    mirror: tuple[Mirrored, Scripted],
) -> None:
    facade, _ = mirror
    reader, writer = await facade.open()
    fields = "Host: h\r\nExpect: 100-continue\r\nContent-Length: 10"
    writer.write(f"PUT {PREFIX}x/raw HTTP/1.1\r\n{fields}\r\n\r\n".encode())
    assert b" 404 " in await reader.readline()
    writer.close()


async def test_who_expects_it_is_asked_to_go_on(mirror: tuple[Mirrored, Scripted]) -> None:
    facade, backend = mirror

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert (await read_request(reader)).endswith(b"\r\n\r\n0123456789")
        writer.write(answer(b"1"))

    backend.script = script
    reader, writer = await put(facade, [], "Expect: 100-continue", "Content-Length: 10")
    assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    writer.write(b"0123456789")
    assert b" 200 " in await reader.readline()
    writer.close()
