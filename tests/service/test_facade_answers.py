"""Answers as the facade's server writes them: what cannot stand in a head, lengths that do not
hold, and connections that idle."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from facade.app import server
from tests.listeners import a_listener

MOST = 20.0

FIELDS: list[tuple[bytes, bytes]] = []
"""What the route adds to its answer."""


async def answered(_: Request) -> Response:
    response = PlainTextResponse("hello")
    response.raw_headers.extend(FIELDS)
    return response


async def wrong(request: Request) -> Response:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"hello"

    length = request.query_params["length"]
    return StreamingResponse(pieces(), headers={"content-length": length})


ROUTES = [Route("/", answered), Route("/wrong", wrong)]


@pytest.fixture
async def port() -> AsyncIterator[int]:
    async with a_listener(ROUTES) as (_, url):
        yield int(url.rpartition(":")[2])


@contextlib.asynccontextmanager
async def connected(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.timeout(MOST):
            yield reader, writer
    finally:
        writer.close()


async def asked(port: int, target: str = "/") -> bytes:
    """The answer to one request, to the end of its connection."""
    async with connected(port) as (reader, writer):
        writer.write(f"GET {target} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n".encode())
        return await reader.read()


@pytest.fixture(autouse=True)
def nothing_added() -> Iterator[None]:
    FIELDS.clear()
    yield
    FIELDS.clear()


@pytest.mark.parametrize(
    "field",
    [
        (b"x-a", b"1\r\nset-cookie: evil"),
        (b"x-a", b"1\nx"),
        (b"x-a", b"1\rx"),
        (b"x-a", b"a\0b"),
        (b"x-a", b"a\x7fb"),
        (b"x-a\r\nset-cookie", b"evil"),
        (b"x a", b"1"),
        (b"x-a:", b"1"),
        (b"X-A", b"1"),
    ],
)
async def test_what_cannot_stand_in_a_head_goes_out_in_no_answer(
    port: int, field: tuple[bytes, bytes]
) -> None:
    FIELDS.append(field)
    answer = await asked(port)
    assert answer.startswith(b"HTTP/1.1 500 ")
    assert b'"reason":"INTERNAL_ERROR"' in answer
    assert b"evil" not in answer
    assert b"hello" not in answer


async def test_every_other_byte_of_a_field_goes_out_as_it_is(port: int) -> None:
    FIELDS.extend([(b"x-a", b"\ta b\xe9 \xff~"), (b"x_.!#$%&'*+-^`|~9", b""), (b"x-a", b"2")])
    head = (await asked(port)).partition(b"\r\n\r\n")[0]
    assert b"\r\nx-a: \ta b\xe9 \xff~\r\nx_.!#$%&'*+-^`|~9: \r\nx-a: 2\r\n" in head


async def test_a_date_of_the_answers_own_stays(port: int) -> None:
    FIELDS.append((b"date", b"Sun, 06 Nov 1994 08:49:37 GMT"))
    assert (await asked(port)).count(b"\r\ndate: ") == 1


@pytest.mark.parametrize(("length", "body"), [(3, b""), (9, b"hello")])
async def test_an_answer_of_another_length_than_it_says_is_broken_off(
    port: int, length: int, body: bytes
) -> None:
    answer = await asked(port, f"/wrong?length={length}")
    assert answer.partition(b"\r\n\r\n")[2] == body


async def test_a_connection_idles_from_its_last_answer_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "KEEP_ALIVE", 1.0)
    now = asyncio.get_running_loop().time
    async with (
        a_listener(ROUTES) as (_, url),
        connected(int(url.rpartition(":")[2])) as (
            reader,
            writer,
        ),
    ):
        for pause in (0.4, 0.0):
            writer.write(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            assert (await reader.readuntil(b"hello")).startswith(b"HTTP/1.1 200 ")
            await asyncio.sleep(pause)
        last = now()
        assert await reader.read() == b""
        assert now() - last > 0.9
