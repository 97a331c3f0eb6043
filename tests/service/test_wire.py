import asyncio
import gzip
import time

import pytest

from facade.errors.backend import BackendBadResponse, BackendUnavailable, ResponseTooLarge
from facade.errors.fault import Effect, Fault
from facade.transport import Transport
from tests.fakes import (
    OK,
    HttpBackend,
    RawBackend,
    a_plan,
    answer,
    cut,
    fails,
    ok,
    read_request,
    says,
)

pytestmark = pytest.mark.asyncio(loop_factories=["asyncio", "uvloop"])

HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    "head", [b"Content-Length: 9\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n", b"\r\n"]
)
async def test_d06_a_reset_in_the_body_is_no_answer(transport: Transport, head: bytes) -> None:
    async with RawBackend(cut(HEAD + head + b"3\r\nabc", reset=True)) as backend:
        fault = await fails(transport, backend)
    assert type(fault) is BackendUnavailable
    assert fault.effect is Effect.EXECUTED


async def test_d07_a_body_shorter_than_its_length_is_no_answer(transport: Transport) -> None:
    async with RawBackend(says(HEAD + b"Content-Length: 10\r\n\r\nabc")) as backend:
        fault = await fails(transport, backend)
    assert type(fault) is BackendUnavailable
    assert fault.effect is Effect.EXECUTED


@pytest.mark.parametrize("split", [False, True])
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"5\r\nab", BackendUnavailable),
        (b"2\r\nab\r\n", BackendUnavailable),
        (b"2\r\nab\r\n0\r\n", BackendUnavailable),
        (b"zz\r\nab\r\n0\r\n\r\n", BackendBadResponse),
        (b"-1\r\nab\r\n0\r\n\r\n", BackendBadResponse),
        (b"2\r\nabcd\r\n0\r\n\r\n", BackendBadResponse),
        (b"ffffffffffffffffff\r\nab\r\n0\r\n\r\n", BackendBadResponse),
    ],
)
async def test_d08_a_broken_chunked_body_is_no_answer(
    transport: Transport, body: bytes, expected: type[Fault], *, split: bool
) -> None:
    head = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
    pieces = (head, body) if split else (head + body,)
    async with RawBackend(says(*pieces, pause=0.02)) as backend:
        fault = await fails(transport, backend)
    assert type(fault) is expected
    assert fault.effect is Effect.EXECUTED


@pytest.mark.parametrize(
    ("said", "body", "complete"),
    [
        (OK, b"ok", True),
        (
            HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\nX: y\r\n\r\n",
            b"ok",
            True,
        ),
        (HEAD + b"\r\nok", b"ok", False),
        (b"HTTP/1.0 200 OK\r\n\r\nok", b"ok", False),
        (HEAD.replace(b"\r", b"") + b"Content-Length: 2\n\nok", b"ok", True),
        (b"\r\n" + OK, b"ok", True),
        (HEAD + b"Content-Length: 0\r\n\r\n", b"", True),
    ],
)
async def test_d09_a_body_that_ends_with_the_connection_is_told_apart(
    transport: Transport, said: bytes, body: bytes, *, complete: bool
) -> None:
    async with RawBackend(says(said)) as backend:
        reply = await transport.send(a_plan(backend.origin))
    assert (reply.status, reply.body, reply.complete) == (200, body, complete)


async def test_an_answer_may_come_byte_by_byte(transport: Transport) -> None:
    said = (
        b"HTTP/1.1 103 Hints\r\n\r\n"
        + HEAD
        + b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
    )
    async with RawBackend(says(*(bytes([each]) for each in said), pause=0.0005)) as backend:
        await ok(transport, backend)


@pytest.mark.parametrize(
    "framing",
    [
        pytest.param(b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", id="d10"),
        pytest.param(b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n", id="d10-reversed"),
        pytest.param(b"Content-Length: 2\r\nContent-Length: 3\r\n", id="d11-two"),
        pytest.param(b"Content-Length: 2, 3\r\n", id="d11-list"),
        pytest.param(b"Content-Length: -2\r\n", id="d11-negative"),
        pytest.param(b"Content-Length: +2\r\n", id="d11-plus"),
        pytest.param(b"Content-Length: 0x2\r\n", id="d11-hex"),
        pytest.param(b"Transfer-Encoding: gzip, chunked\r\n", id="d11-coding"),
        pytest.param(b"Transfer-Encoding: xchunked\r\n", id="d11-unknown"),
    ],
)
async def test_d10_d11_an_answer_framed_in_two_ways_is_refused_and_its_connection_closed(
    transport: Transport, framing: bytes
) -> None:
    bad = HEAD + framing + b"\r\n2\r\nok\r\n0\r\n\r\n"
    answers = iter([bad, OK])
    async with HttpBackend(lambda _: next(answers)) as backend:
        fault = await fails(transport, backend)
        assert type(fault) is BackendBadResponse
        assert fault.effect is Effect.EXECUTED
        await ok(transport, backend)
        assert backend.connections == 2


@pytest.mark.parametrize(
    "said",
    [b"", b"SSH-2.0-OpenSSH_9.9\r\n", b"<html>hi</html>", b"\x15\x03\x01\x00\x02", b"HTTP/2.0"],
)
async def test_d12_what_is_no_http_is_no_answer(transport: Transport, said: bytes) -> None:
    async with RawBackend(says(said)) as backend:
        fault = await fails(transport, backend)
    assert type(fault) is BackendUnavailable
    assert fault.effect is Effect.UNKNOWN


@pytest.mark.parametrize("line", [b"HTTP/1.1 20 OK", b"HTTP/1.1 2000 OK", b"HTTP/2 200"])
async def test_d13_a_status_line_that_breaks_http_is_a_bad_answer(
    transport: Transport, line: bytes
) -> None:
    async with RawBackend(says(line + b"\r\nContent-Length: 2\r\n\r\nok")) as backend:
        fault = await fails(transport, backend)
    assert type(fault) is BackendBadResponse
    assert fault.effect is Effect.EXECUTED


@pytest.mark.parametrize("status", ["099", "600", "999", "418"])
async def test_d13_a_status_of_three_digits_is_handed_on_as_it_is(
    transport: Transport, status: str
) -> None:
    said = f"HTTP/1.1 {status} X\r\nContent-Length: 2\r\n\r\nok".encode()
    async with RawBackend(says(said)) as backend:
        assert (await transport.send(a_plan(backend.origin))).status == int(status)


async def test_d14_ten_interim_answers_are_passed_over(transport: Transport) -> None:
    async with RawBackend(says(b"HTTP/1.1 103 Hints\r\nLink: x\r\n\r\n" * 10 + OK)) as backend:
        await ok(transport, backend)


async def test_d14_a_storm_of_interim_answers_is_refused(transport: Transport) -> None:
    async with RawBackend(says(*[b"HTTP/1.1 102 Wait\r\n\r\n" * 100] * 100)) as backend:
        fault = await fails(transport, backend)
    assert type(fault) is BackendBadResponse


async def test_d15_a_switch_of_protocols_is_handed_on_and_its_connection_closed(
    transport: Transport,
) -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 101 Go\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nfoo")
        await reader.readexactly(1)

    async with RawBackend(script) as backend:
        reply = await transport.send(a_plan(backend.origin))
        assert (reply.status, reply.body) == (101, b"")
        await asyncio.wait_for(backend.closed.wait(), 0.5)


@pytest.mark.parametrize("split", [False, True])
@pytest.mark.parametrize(
    ("method", "head"),
    [
        ("GET", b"HTTP/1.1 204 No\r\n"),
        ("GET", b"HTTP/1.1 204 No\r\nContent-Length: 5\r\n"),
        ("GET", b"HTTP/1.1 304 Same\r\nContent-Length: 5\r\n"),
        ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"),
        ("HEAD", b"HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n"),
    ],
)
async def test_d16_a_body_where_none_may_be_is_dropped_with_its_connection(
    transport: Transport, method: str, head: bytes, *, split: bool
) -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            request = await read_request(reader)
            writer.write(OK if b"/next" in request else head + b"\r\n")
            if b"/next" not in request:
                await asyncio.sleep(0.02 if split else 0)
                writer.write(b"hello")

    async with RawBackend(script) as backend:
        reply = await transport.send(a_plan(backend.origin, method=method))
        assert (reply.status, reply.body) == (int(head[9:12]), b"")
        await asyncio.sleep(0.04)
        await ok(transport, backend, target="/next")
        assert backend.connections == 2


@pytest.mark.parametrize("status", [204, 304])
async def test_an_answer_without_a_body_leaves_its_connection_open(
    transport: Transport, status: int
) -> None:
    async with HttpBackend(f"HTTP/1.1 {status} X\r\n\r\n".encode()) as backend:
        for method in ("GET", "DELETE", "HEAD"):
            assert (await transport.send(a_plan(backend.origin, method=method))).status == status
        assert backend.connections == 1


@pytest.mark.parametrize(
    "fields",
    [
        b"X: " + b"a" * 200_000 + b"\r\n",
        (b"X: " + b"a" * 8000 + b"\r\n") * 9,
        b"X: a\r\n" * 201,
        b"X: a\r\n" * 3000,
        b"x" * 70_000,
    ],
)
async def test_d17_a_head_beyond_64_kib_or_200_fields_is_too_large(
    transport: Transport, fields: bytes
) -> None:
    async with RawBackend(says(HEAD + fields + b"\r\nok")) as backend:
        fault = await fails(transport, backend)
    assert type(fault) is ResponseTooLarge
    assert fault.effect is Effect.EXECUTED


async def test_d17_a_head_within_the_limits_is_taken(transport: Transport) -> None:
    fields = tuple((f"x-{number}", "a" * 300) for number in range(199))
    async with RawBackend(says(answer(b"ok", headers=fields))) as backend:
        reply = await transport.send(a_plan(backend.origin))
    assert reply.headers == (("content-length", "2"), *fields)


async def test_d19_bytes_in_headers_come_as_latin_1_and_nul_is_refused(
    transport: Transport,
) -> None:
    async with RawBackend(says(HEAD + b"X-A: a\xfcb\r\nContent-Length: 0\r\n\r\n")) as backend:
        reply = await transport.send(a_plan(backend.origin))
    assert reply.header("x-a") == "aüb"
    async with RawBackend(says(HEAD + b"X-A: a\0b\r\nContent-Length: 0\r\n\r\n")) as backend:
        assert type(await fails(transport, backend)) is BackendBadResponse


@pytest.mark.parametrize("head", [b"", b"Transfer-Encoding: chunked\r\n"])
async def test_d25_a_body_without_end_is_stopped_at_the_limit(
    transport: Transport, head: bytes
) -> None:
    sent = 0

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await read_request(reader)
        writer.write(HEAD + head + b"\r\n")
        block = bytes(65536)
        piece = b"10000\r\n" + block + b"\r\n" if head else block
        for _ in range(1600):
            writer.write(piece)
            await writer.drain()
            sent += 65536

    async with RawBackend(script) as backend:
        fault = await fails(transport, backend, timeout=10.0)
        assert type(fault) is ResponseTooLarge
        await asyncio.wait_for(backend.closed.wait(), 1)
    assert sent < 32 * 2**20


async def test_d25_a_length_beyond_the_limit_is_refused_unread(transport: Transport) -> None:
    async with RawBackend(says(HEAD + b"Content-Length: 1000000000\r\n\r\n", pause=5)) as backend:
        assert type(await fails(transport, backend)) is ResponseTooLarge


CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"


async def test_the_connection_of_a_chunked_answer_is_used_again(transport: Transport) -> None:
    pieces = [bytes([each]) for each in CHUNKED]

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await read_request(reader):
            writer.write(CHUNKED.replace(b"0\r\n\r\n", b"0\r\nX: y\r\n\r\n"))
            await read_request(reader)
            for piece in pieces:
                writer.write(piece)
                await asyncio.sleep(0)

    async with RawBackend(script) as backend:
        for _ in range(4):
            await ok(transport, backend)
        assert backend.connections == 1


@pytest.mark.parametrize("said", [OK, CHUNKED])
@pytest.mark.parametrize(
    "surplus", [answer(b"poison"), b"garbage", b"\0", b"HTTP/1.1 200", b"HTTP/1.1 200 OK\r\nA: "]
)
async def test_d26_what_follows_an_answer_never_answers_the_next_call(
    transport: Transport, said: bytes, surplus: bytes
) -> None:
    async with HttpBackend(said + surplus) as backend:
        for _ in range(5):
            await ok(transport, backend)
        assert backend.connections == 5


@pytest.mark.parametrize("pause", [0.0, 0.01])
@pytest.mark.parametrize("said", [OK, CHUNKED])
@pytest.mark.parametrize("surplus", [answer(b"poison"), b"garbage", b"HTTP/1.1 200 OK\r\n"])
async def test_d27_what_comes_late_never_answers_the_next_call(
    transport: Transport, said: bytes, surplus: bytes, pause: float
) -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(said)
        await asyncio.sleep(0.01)
        writer.write(surplus)
        await reader.readexactly(1)

    async with RawBackend(script) as backend:
        await ok(transport, backend)
        time.sleep(0.02)  # noqa: ASYNC251 - the bytes wait in the socket while the loop is busy
        await asyncio.sleep(0.02)
        time.sleep(0.02)  # noqa: ASYNC251 - the same
        await asyncio.sleep(pause)
        await ok(transport, backend)
        assert backend.connections == 2


async def test_d30_a_bomb_is_refused(transport: Transport) -> None:
    bomb = answer(gzip.compress(bytes(200 * 2**20), 9), headers=(("Content-Encoding", "gzip"),))
    async with RawBackend(says(bomb)) as backend:
        fault = await fails(transport, backend, timeout=5.0)
    assert type(fault) is ResponseTooLarge


@pytest.mark.parametrize("status", [200, 302, 500])
@pytest.mark.parametrize(
    "coding", ["gzip, gzip", "gzip,deflate", "br", "zstd", "foo", "gzip, identity, gzip"]
)
async def test_d31_d32_d33_a_coding_that_was_not_offered_is_refused_on_every_path(
    transport: Transport, coding: str, status: int
) -> None:
    said = answer(gzip.compress(b"ok"), status=status, headers=(("Content-Encoding", coding),))
    async with RawBackend(says(said)) as backend:
        fault = await fails(transport, backend)
    assert type(fault) is BackendBadResponse
    assert fault.effect is Effect.EXECUTED


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "GZIP", "identity, gzip"])
async def test_an_answer_is_unpacked(transport: Transport, coding: str) -> None:
    said = answer(gzip.compress(b"ok"), headers=(("Content-Encoding", coding),))
    async with RawBackend(says(said)) as backend:
        await ok(transport, backend)


async def test_d33_a_corrupt_body_is_a_bad_response(transport: Transport) -> None:
    async with RawBackend(
        says(answer(b"text", headers=(("Content-Encoding", "gzip"),)))
    ) as backend:
        assert type(await fails(transport, backend)) is BackendBadResponse
