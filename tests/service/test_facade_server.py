"""The HTTP server on a socket: what it refuses by itself, and how it ends."""

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from facade.app.listening import Binding, listen
from facade.app.protocol import Protocol
from facade.config import Misconfigured
from tests.listeners import a_listener

MOST = 20.0

GET = b"GET / HTTP/1.1\r\nhost: a\r\n"


async def hello(_: Request) -> Response:
    return PlainTextResponse("hello")


async def echo(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


async def wait(request: Request) -> Response:
    await asyncio.sleep(float(request.query_params.get("seconds", "30")))
    return PlainTextResponse("done")


ROUTES = [Route("/", hello), Route("/echo", echo, methods=["POST"]), Route("/wait", wait)]


@pytest.fixture
async def url() -> AsyncIterator[str]:
    async with a_listener(ROUTES) as (_, address):
        yield address


async def raw(url: str, *pieces: bytes, pause: float = 0.0) -> bytes:
    """What is answered to bytes, until the connection ends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
    try:
        for piece in pieces:
            writer.write(piece)
            await asyncio.sleep(pause)
        async with asyncio.timeout(MOST):
            return await reader.read()
    finally:
        writer.close()


def told(answer: bytes) -> tuple[int, str]:
    """Status and reason of an answer with an envelope."""
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)["error"]["reason"]


async def test_an_answer_has_a_date_and_names_no_server(url: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(url)
    assert answer.text == "hello"
    assert abs(parsedate_to_datetime(answer.headers["date"]).timestamp() - time.time()) < 3
    assert "server" not in answer.headers
    assert "connection" not in answer.headers


@pytest.mark.parametrize(
    ("request_", "status", "reason"),
    [
        (b"nonsense\r\n\r\n", 400, "INVALID_REQUEST"),
        (b"GET / HTTP/1.1\r\n\r\n", 400, "INVALID_REQUEST"),
        (GET + b"host: b\r\n\r\n", 400, "INVALID_REQUEST"),
        (GET + b"content-length: 1\r\ntransfer-encoding: chunked\r\n\r\n", 400, "INVALID_REQUEST"),
        (GET + b"x: " + b"a" * 17_000 + b"\r\n\r\n", 431, "REQUEST_TOO_LARGE"),
        (GET + b"x: a\r\n" * 4_000 + b"\r\n", 431, "REQUEST_TOO_LARGE"),
        (b"GET /" + b"a" * 17_000 + b" HTTP/1.1\r\nhost: a\r\n\r\n", 431, "REQUEST_TOO_LARGE"),
        (GET + b"x: " + b"a" * 40_000, 431, "REQUEST_TOO_LARGE"),
    ],
    ids=["nonsense", "no host", "two hosts", "smuggled", "field", "fields", "target", "endless"],
)  # fmt: skip
async def test_a11_a_head_that_cannot_be_taken_is_refused_in_the_envelope(
    url: str, request_: bytes, status: int, reason: str
) -> None:
    answer = await raw(url, request_)
    assert told(answer) == (status, reason)
    assert b"connection: close" in answer
    assert b"\r\ndate: " in answer


async def test_a_head_of_9_kb_is_taken_and_many_requests_on_one_connection_are(url: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        for _ in range(5):
            assert (await client.get(url, headers={"x": "a" * 9_000})).status_code == 200
            assert (await client.post(f"{url}/echo", content=b"b" * 300_000)).text == "300000"


async def test_pipelined_requests_are_answered_in_order(url: str) -> None:
    one = b"GET /%b HTTP/1.1\r\nhost: a\r\n\r\n"
    last = b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"
    answer = await raw(url, one % b"wait?seconds=0.05" + one % b"" + last)
    assert [each for each in (b"done", b"hello") if each in answer] == [b"done", b"hello"]
    assert answer.count(b"HTTP/1.1 200") == 3


async def test_a_head_that_does_not_come_to_its_end_is_waited_for_no_longer(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Protocol, "head_time", 0.1)
    began = time.monotonic()
    assert told(await raw(url, b"GET / HT", b"TP/1.1\r\n", pause=0.01)) == (
        408,
        "DEADLINE_EXCEEDED",
    )
    assert await raw(url) == b""
    assert time.monotonic() - began < 5


async def test_a_body_whose_next_piece_does_not_come_is_waited_for_no_longer(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Protocol, "body_time", 0.1)
    head = b"POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n"
    began = time.monotonic()
    assert await raw(url, head, b"some", pause=0.01) == b""
    assert time.monotonic() - began < 5


async def test_a_port_in_use_is_refused() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(Misconfigured, match=f"cannot listen on {address}: .* in use"):
            listen(Binding(address=address))


async def test_a_unix_socket_serves_and_one_that_was_left_behind_is_replaced(
    tmp_path: Path,
) -> None:
    path = tmp_path / "http.sock"
    for _ in range(2):
        async with a_listener(ROUTES, address=f"unix:{path}") as (_, address):
            assert address == f"unix:{path}"
            transport = httpx.AsyncHTTPTransport(uds=str(path))
            async with httpx.AsyncClient(transport=transport) as client:
                assert (await client.get("http://facade")).text == "hello"


async def test_m10_while_it_drains_each_answer_ends_its_connection() -> None:
    async with (
        a_listener(ROUTES, drain_delay=0.3) as (server, url),
        httpx.AsyncClient(trust_env=False) as client,
    ):
        await client.get(url)
        drain = asyncio.ensure_future(server.drain())
        await asyncio.sleep(0.05)
        answer = await client.get(url)
        assert (answer.text, answer.headers["connection"]) == ("hello", "close")
        assert not drain.done()
        await drain
        with pytest.raises(httpx.ConnectError):
            await client.get(url)


async def test_m10_what_is_under_way_has_its_grace() -> None:
    async with (
        a_listener(ROUTES, drain_grace=5.0) as (server, url),
        httpx.AsyncClient(trust_env=False) as client,
    ):
        running = asyncio.ensure_future(client.get(f"{url}/wait?seconds=0.5"))
        await asyncio.sleep(0.1)
        await server.drain()
        answer = await running
        assert (answer.text, answer.headers["connection"]) == ("done", "close")


async def test_m12_what_outlives_the_grace_is_told_in_the_envelope() -> None:
    async with (
        a_listener(ROUTES, drain_grace=0.4) as (server, url),
        httpx.AsyncClient(trust_env=False) as client,
    ):
        running = asyncio.ensure_future(client.get(f"{url}/wait"))
        await asyncio.sleep(0.1)
        began = time.monotonic()
        await server.drain()
        assert time.monotonic() - began < 2
        answer = await running
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "1"
        error = answer.json()["error"]
        assert (error["reason"], error["outcome"]) == ("OVERLOADED", "UNKNOWN")


async def test_m10_connections_that_the_system_has_made_are_still_served_when_it_ends() -> None:
    """Several that wait to be accepted when the listener closes."""
    async with a_listener(ROUTES, drain_grace=2.0) as (server, url):
        port = int(url.rpartition(":")[2])
        waiting = [socket.create_connection(("127.0.0.1", port)) for _ in range(50)]
        drain = asyncio.ensure_future(server.drain())  # begins in the loop's very next turn
        for each in waiting:
            each.sendall(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
        await drain
        answers = [each.recv(4096) for each in waiting]
        assert all(each.endswith(b"hello") for each in answers)
        for each in waiting:
            each.close()


async def test_a_caller_who_goes_cancels_nothing_of_others(url: str) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
    writer.write(b"GET /wait HTTP/1.1\r\nhost: a\r\n\r\n")
    await writer.drain()
    writer.close()
    async with httpx.AsyncClient(trust_env=False) as client:
        assert (await client.get(url)).text == "hello"
