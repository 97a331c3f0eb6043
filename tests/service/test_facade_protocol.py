"""HTTP/1.1 that means harm, on one connection of the facade's server: what is read of it, for how
long, and what is left of it."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from facade.app.protocol import Protocol
from tests.listeners import a_listener

pytestmark = pytest.mark.asyncio(loop_factories=["uvloop"])

MOST = 20.0

GET = b"GET / HTTP/1.1\r\nhost: a\r\n"
POST = b"POST /fields HTTP/1.1\r\nhost: a\r\n"
CHUNKED = POST + b"transfer-encoding: chunked\r\n\r\n"
LAST = b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"

LARGE = 2**25
"""Bytes that no system keeps for a reader."""

ASKED: list[str] = []
"""The bodies that routes have read whole, and what they have seen of callers who go."""


async def hello(_: Request) -> Response:
    return PlainTextResponse("hello")


async def fields(request: Request) -> Response:
    body = await request.body()
    ASKED.append(body.decode())
    return PlainTextResponse(json.dumps([body.decode(), sorted(request.headers)]))


async def large(_: Request) -> Response:
    return PlainTextResponse("x" * LARGE)


async def drops(_: Request) -> Response:
    async def pieces() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"drop\n"
                await asyncio.sleep(0.01)
        finally:
            ASKED.append("gone")

    return StreamingResponse(pieces())


async def refuse(_: Request) -> Response:
    return PlainTextResponse("no", 404)


async def halfway(request: Request) -> Response:
    """Begins to answer before it has read everything."""

    async def pieces() -> AsyncIterator[bytes]:
        yield b"begun"
        try:
            async for _ in request.stream():
                pass
        except ClientDisconnect:
            ASKED.append("cut")
            raise

    return StreamingResponse(pieces())


ROUTES = [
    Route("/", hello),
    Route("/fields", fields, methods=["POST"]),
    Route("/large", large),
    Route("/drops", drops),
    Route("/refuse", refuse, methods=["POST"]),
    Route("/halfway", halfway, methods=["POST"]),
]


@pytest.fixture(autouse=True)
def asked() -> Iterator[None]:
    ASKED.clear()
    yield
    ASKED.clear()


@pytest.fixture
async def port() -> AsyncIterator[int]:
    async with a_listener(ROUTES) as (_, url):
        yield int(url.rpartition(":")[2])


async def raw(port: int, *pieces: bytes, pause: float = 0.02) -> bytes:
    """What is answered to bytes, until the connection ends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for piece in pieces:
            writer.write(piece)
            await asyncio.sleep(pause)
        async with asyncio.timeout(MOST):
            return await reader.read()
    finally:
        writer.close()


def statuses(answered: bytes) -> list[int]:
    return [int(each) for each in re.findall(rb"HTTP/1\.1 (\d{3}) ", answered)]


async def until(holds: Any, within: float = MOST) -> None:
    async with asyncio.timeout(within):
        while not holds():  # noqa: ASYNC110 - what routes have seen is no event
            await asyncio.sleep(0.01)


HEADS = {
    "another coding": POST + b"transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "a coding that is none": POST + b"transfer-encoding: xchunked\r\n\r\n0\r\n\r\n",
    "a coding in quotes": POST + b'transfer-encoding: "chunked"\r\n\r\n0\r\n\r\n',
    "chunked twice": POST + b"transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n",
    "chunked in HTTP/1.0": b"POST /fields HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": POST + b"content-length: 2\r\ncontent-length: 3\r\n\r\n{}x",
    "the same length twice": POST + b"content-length: 2\r\ncontent-length: 2\r\n\r\n{}",
    "a list of lengths": POST + b"content-length: 2, 2\r\n\r\n{}",
    "a length with a sign": POST + b"content-length: +2\r\n\r\n{}",
    "a length without an end": POST + b"content-length: 99999999999999999999999\r\n\r\n{}",
    "a space before the colon": POST + b"content-length : 2\r\n\r\n{}",
    "a folded field": GET + b"x: a\r\n b\r\n\r\n",
    "bare LF": GET.replace(b"\r\n", b"\n") + b"\n",
    "a bare CR": GET + b"x: a\rb\r\n\r\n",
    "NUL": GET + b"x: a\0b\r\n\r\n",
    "NUL in the target": GET.replace(b"/ ", b"/\0 ") + b"\r\n",
    "a high byte in the target": GET.replace(b"/ ", b"/\xff ") + b"\r\n",
    "a fragment": GET.replace(b"/ ", b"/#a ") + b"\r\n",
    "a host that is none": b"GET / HTTP/1.1\r\nhost: a b/<c>\r\n\r\n",
    "HTTP/0.9": b"GET /\r\n\r\n",
    "HTTP/1.2": b"GET / HTTP/1.2\r\nhost: a\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03",
    "another word for a method": b"FOO / HTTP/1.1\r\nhost: a\r\n\r\n",
    "a way to somewhere else": b"CONNECT a:80 HTTP/1.1\r\nhost: a\r\n\r\n",
}


@pytest.mark.parametrize("head", HEADS)
async def test_a12_a_head_that_can_be_read_in_two_ways_is_not_read(port: int, head: str) -> None:
    assert statuses(await raw(port, HEADS[head] + LAST)) == [400]
    assert ASKED == []


BODIES = {
    "no size": b"zz\r\n{}\r\n",
    "a size with a sign": b"-1\r\n{}\r\n",
    "a size with a prefix": b"0x2\r\n{}\r\n",
    "a size beyond all": b"10000000000000000\r\n{}",
    "bare LF": b"2\n{}\n0\n\n",
    "no end of a chunk": b"2\r\n{}XX0\r\n\r\n",
}


@pytest.mark.parametrize("body", BODIES)
async def test_a_body_that_breaks_http_is_refused_at_once_and_nobody_sees_it(
    port: int, body: str
) -> None:
    assert statuses(await raw(port, CHUNKED + BODIES[body] + LAST)) == [400]
    assert statuses(await raw(port, CHUNKED, BODIES[body])) == [400]
    assert ASKED == []


async def test_a_body_that_breaks_http_behind_other_requests_costs_them_nothing(port: int) -> None:
    answered = await raw(port, GET + b"\r\n" + GET + b"\r\n" + CHUNKED + b"zz\r\n")
    assert statuses(answered) == [200, 200]
    assert ASKED == []


async def test_a_body_that_breaks_http_breaks_off_an_answer_that_has_begun(port: int) -> None:
    head = CHUNKED.replace(b"/fields", b"/halfway")
    answered = await raw(port, head + b"1\r\na\r\n", b"zz\r\n")
    assert statuses(answered) == [200]
    assert not answered.endswith(b"0\r\n\r\n")
    assert ASKED == ["cut"]


async def test_fields_behind_a_body_are_no_fields_of_the_request(port: int) -> None:
    behind = b"2\r\n{}\r\n0\r\nhost: b\r\nauthorization: c\r\nportico-tenant: d\r\n\r\n"
    answered = await raw(port, CHUNKED + behind + LAST)
    assert statuses(answered) == [200, 200]
    assert b'["{}", ["host", "transfer-encoding"]]' in answered


async def test_fields_behind_a_body_have_the_limits_of_a_head(port: int) -> None:
    behind = b"2\r\n{}\r\n0\r\n" + b"x: a\r\n" * 4_000
    assert statuses(await raw(port, CHUNKED + behind)) == [431]


@pytest.mark.parametrize("rest", [b"", b"\x16\x03", LAST])
async def test_another_protocol_is_not_spoken_and_its_bytes_are_no_request(
    port: int, rest: bytes
) -> None:
    head = GET + b"connection: upgrade\r\nupgrade: h2c\r\n\r\n"
    answered = await raw(port, head + rest) if rest else await raw(port, head, LAST)
    assert statuses(answered) == ([200] if rest else [200, 200])
    assert b"connection: close" in answered


async def test_a24_who_does_not_read_an_answer_is_let_go(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Protocol, "read_time", 0.1)
    for ends in (b"", b"connection: close\r\n"):
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
        writer.write(b"GET /large HTTP/1.1\r\nhost: a\r\n" + ends + b"\r\n")
        await asyncio.sleep(0.6)
        async with asyncio.timeout(MOST):
            assert len(await reader.read()) < LARGE
        writer.close()


async def test_who_reads_slowly_gets_everything(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Protocol, "read_time", 1.0)
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**21)
    writer.write(b"GET /large HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
    size = 0
    while piece := await reader.read(2**20):
        size += len(piece)
        await asyncio.sleep(0.05)
    writer.close()
    assert size > LARGE


async def test_what_comes_of_a_body_behind_its_answer_is_not_read_for_ever(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Protocol, "body_time", 0.5)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST /refuse HTTP/1.1\r\nhost: a\r\ncontent-length: 9999999\r\n\r\n")
    answered = await reader.readuntil(b"no")
    began = time.monotonic()
    while not reader.at_eof() and time.monotonic() < began + MOST:
        writer.write(b"a")
        await asyncio.sleep(0.02)
    assert time.monotonic() < began + MOST / 2
    assert statuses(answered) == [404]
    writer.transport.abort()


async def test_who_goes_with_requests_in_line_ends_the_one_that_is_answered(port: int) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /drops HTTP/1.1\r\nhost: a\r\n\r\n" + GET + b"\r\n")
    await asyncio.sleep(0.1)
    writer.transport.abort()
    await until(lambda: ASKED == ["gone"])


async def test_a23_a_thousand_who_say_nothing_or_little_keep_nobody_waiting(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Protocol, "head_time", 2.0)
    opened = []
    for number in range(1_000):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"" if number % 2 else b"GET / HTTP/1.1\r\nhost")
        opened.append((reader, writer))
    assert statuses(await raw(port, LAST)) == [200]
    async with asyncio.timeout(MOST):
        answered = [await reader.read() for reader, _ in opened]
    for _, writer in opened:
        writer.close()
    assert [statuses(each) for each in answered] == [[408], []] * 500
