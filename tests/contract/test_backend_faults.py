"""What a backend can do to a call, seen from the gRPC door: code, reason, domain and outcome."""

import asyncio
import gzip
import itertools
import socket
import time
import zlib
from collections.abc import AsyncIterator, Iterator

import grpc
import pytest
import pytest_asyncio
from grpc_status import rpc_status

from gateway.v1.gateway_pb2 import EXECUTION_VIEW_FULL
from tests.doors import Door, Refusal, a_door, document, read_status
from tests.fakes import HttpBackend, RawBackend, Script, answer, cut, hold, read_request, says

pytestmark = pytest.mark.asyncio(loop_scope="module")

LIMIT = 200_000
"""The door's largest answer; the wire, the decoder and the ratio have it from one setting."""

JSON_TYPE = ("Content-Type", "application/json")
OBJECT = {"200": {"description": "", "content": {"application/json": {"schema": {}}}}}
SPEC = document(
    {
        "/it": {
            "get": {"operationId": "getIt", "responses": OBJECT},
            "post": {"operationId": "postIt", "responses": OBJECT},
        }
    }
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Door]:
    async with a_door(tmp_path_factory.mktemp("faults"), max_response_bytes=LIMIT) as opened:
        yield opened


@pytest.fixture(scope="module")
def names() -> Iterator[str]:
    """A connector of its own for each backend."""
    return (f"it{number}" for number in itertools.count())


async def told(
    door: Door, names: Iterator[str], script: Script | bytes, seconds: int = 10
) -> Refusal:
    """What a call is told whose backend does that with each connection."""
    name = next(names)
    async with RawBackend(script if callable(script) else says(script)) as backend:
        await door.publish(name, SPEC, backend.origin, policy={"timeout": {"seconds": seconds}})
        refusal = await door.refused(f"{name}/postIt")
        assert backend.connections == 1
    return refusal


async def accept_and_reset(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Breaks off before a byte was read."""
    sock = writer.transport.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    writer.transport.abort()


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
UNAVAILABLE = ("UNAVAILABLE", "BACKEND_UNAVAILABLE", "backend")
BAD = ("UNKNOWN", "BACKEND_BAD_RESPONSE", "backend", "EXECUTED")
LARGE = ("RESOURCE_EXHAUSTED", "RESPONSE_TOO_LARGE", "backend", "EXECUTED")


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
@pytest.mark.parametrize(
    ("data", "outcome"),
    [
        (b"", "UNKNOWN"),
        (b"HTTP/1.1 200 O", "UNKNOWN"),
        (HEAD + b"Content-Length: 9\r\n", "UNKNOWN"),
        (HEAD + b"Content-Length: 9\r\n\r\n", "EXECUTED"),
        (HEAD + b'Content-Length: 9\r\n\r\n{"a":', "EXECUTED"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", "EXECUTED"),
        (HEAD + b'Transfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\n', "EXECUTED"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n", "EXECUTED"),
    ],
    ids=["nothing", "line", "head", "no body", "body", "no chunk", "chunk", "no end"],
)
async def test_d03_a_broken_off_answer_is_unavailable_wherever_it_broke(
    door: Door, names: Iterator[str], data: bytes, outcome: str, *, reset: bool
) -> None:
    refusal = await told(door, names, cut(data, reset=reset))
    assert refusal.said == (*UNAVAILABLE, outcome)
    assert refusal.info.metadata["httpStatus"] == ("200" if outcome == "EXECUTED" else "")


async def test_d03_a_connection_reset_before_the_request_was_read_may_have_executed(
    door: Door, names: Iterator[str]
) -> None:
    refusal = await told(door, names, accept_and_reset)
    assert refusal.said[:3] == UNAVAILABLE
    assert refusal.said[3] == "UNKNOWN"


async def test_d01_a_closed_port_is_unreachable_and_says_when_to_retry(
    door: Door, names: Iterator[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        origin = f"http://127.0.0.1:{held.getsockname()[1]}"
    name = next(names)
    await door.publish(name, SPEC, origin)
    refusal = await door.refused(f"{name}/getIt")
    assert refusal.said == ("UNAVAILABLE", "BACKEND_UNREACHABLE", "backend", "NOT_EXECUTED")
    assert refusal.retry is not None
    assert refusal.info.metadata["attempts"] == "3"
    assert "httpStatus" not in refusal.info.metadata


async def test_d44_plain_http_where_tls_is_expected_is_a_tls_fault(
    door: Door, names: Iterator[str]
) -> None:
    heard: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(65_536))
        writer.write(answer(b"speak plainly", status=400))
        await writer.drain()

    name = next(names)
    async with RawBackend(talk) as backend:
        await door.publish(name, SPEC, backend.origin.replace("http:", "https:"))
        refusal = await door.refused(f"{name}/getIt")
    assert refusal.said == ("UNAVAILABLE", "BACKEND_TLS", "backend", "NOT_EXECUTED")
    assert not any(b"/it" in each for each in heard)


@pytest.mark.parametrize(
    "uri",
    [
        *("http://10.1.2.3", "https://192.168.0.1", "http://169.254.169.254", "http://[fd00::1]"),
        *("https://[::ffff:10.0.0.1]", "http://0.0.0.0:1", "http://100.64.0.1"),
    ],
)
async def test_e02_a_backend_in_a_private_network_is_refused_before_any_packet(
    door: Door, names: Iterator[str], uri: str
) -> None:
    name = next(names)
    await door.publish(name, SPEC, uri)
    refusal = await door.refused(f"{name}/getIt")
    assert refusal.said == ("PERMISSION_DENIED", "EGRESS_DENIED", "gateway", "NOT_EXECUTED")


@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        (hold, "UNKNOWN"),
        (says(HEAD, b"X-More: 1\r\n" * 5, pause=9), "UNKNOWN"),
        (says(HEAD + b"Content-Length: 9\r\n\r\n{", b"}", pause=9), "EXECUTED"),
    ],
    ids=["silence", "head", "body"],
)
async def test_d29_a_slow_answer_ends_at_the_versions_timeout(
    door: Door, names: Iterator[str], script: Script, outcome: str
) -> None:
    start = time.monotonic()
    refusal = await told(door, names, script, seconds=1)
    assert 0.9 < time.monotonic() - start < 3
    assert refusal.said == ("DEADLINE_EXCEEDED", "BACKEND_TIMEOUT", "backend", outcome)


async def test_a04_a_callers_deadline_closes_the_backends_connection(
    door: Door, names: Iterator[str]
) -> None:
    name = next(names)
    async with RawBackend(hold) as backend:
        await door.publish(name, SPEC, backend.origin)
        with pytest.raises(grpc.aio.AioRpcError) as failure:
            await door.execute(f"{name}/getIt", within=0.3)
        assert failure.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        await asyncio.wait_for(backend.closed.wait(), 1)


async def test_a04_a_cancelled_call_closes_the_backends_connection_at_once(
    door: Door, names: Iterator[str]
) -> None:
    name = next(names)
    took = []
    for _ in range(3):  # a busy machine may be late now and then
        began = asyncio.Event()

        async def wait(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
            await read_request(reader)
            began.set()  # noqa: B023 - called within the turn
            await reader.readexactly(1)

        async with RawBackend(wait) as backend:
            await door.publish(name, SPEC, backend.origin)
            call = asyncio.ensure_future(door.execute(f"{name}/getIt"))
            await began.wait()
            start = time.monotonic()
            call.cancel()
            await asyncio.wait_for(backend.closed.wait(), 1)
            took.append(time.monotonic() - start)
        name = next(names)
    assert min(took) < 0.05


async def test_the_callers_deadline_leaves_time_to_say_what_is_known(
    door: Door, names: Iterator[str]
) -> None:
    name = next(names)
    reasons = []
    async with RawBackend(hold) as backend:
        await door.publish(name, SPEC, backend.origin)
        for _ in range(5):  # a busy machine may be late now and then
            with pytest.raises(grpc.aio.AioRpcError) as failure:
                await door.execute(f"{name}/getIt", within=0.1)
            status = rpc_status.from_call(failure.value)
            reasons += [read_status(status).said] if status is not None else []
    assert ("DEADLINE_EXCEEDED", "BACKEND_TIMEOUT", "backend", "UNKNOWN") in reasons


def of(body: bytes, content_type: str = "application/json") -> bytes:
    return answer(body, headers=(("Content-Type", content_type),))


@pytest.mark.parametrize(
    "said",
    [
        of(b"<html>login</html>", "text/html"),
        of(b"<html>login</html>", "text/html; charset=utf-8"),
        of(b"<html>login</html>"),
        answer(b"<html>login</html>"),
        of(b"plain words", "text/plain"),
        of(b"\x89PNG", "image/png"),
        of(b'{"a":1'),
        of(b'{"a":1}}'),
        of(b"{'a':1}"),
        of(b'{"a":NaN}'),
        of(b'{"a":01}'),
        of(b"\xff\xfe{}"),
        of(b'"\xe9"'),
        of(b'"\xe9"', "application/json; charset=klingon"),
        of(b'{"a":"\\ud800"}'),
        of(b"[" * 100_000),
        of(b"[" * 50_000 + b"]" * 50_000),
        answer(b"{}", headers=(JSON_TYPE, ("Content-Type", "text/html"))),
        answer(b"{}", headers=(JSON_TYPE, ("Content-Length", "3"))),
        answer(b"{}", headers=(JSON_TYPE, ("Transfer-Encoding", "chunked"))),
        answer(b"{}", headers=(JSON_TYPE, ("Content-Encoding", "br"))),
        answer(b"{}", headers=(JSON_TYPE, ("Content-Encoding", "gzip"))),
        answer(b"{}", headers=(JSON_TYPE, ("Content-Encoding", "gzip, gzip"))),
        answer(gzip.compress(b"{}")[:-3], headers=(JSON_TYPE, ("Content-Encoding", "gzip"))),
        HEAD + b"Content-Length: -2\r\n\r\n{}",
        HEAD + b"Content-Length: 2x\r\n\r\n{}",
        HEAD + b"Content-Length: 2\r\nBad Name: x\r\n\r\n{}",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: gzip\r\n\r\n{}",
    ],
)
async def test_d22_an_answer_that_http_or_its_type_does_not_allow_is_a_bad_response(
    door: Door, names: Iterator[str], said: bytes
) -> None:
    refusal = await told(door, names, said)
    assert refusal.said == BAD
    assert len(refusal.info.metadata["excerpt"]) <= 1024


async def test_what_is_no_http_at_all_is_no_answer(door: Door, names: Iterator[str]) -> None:
    for banner in (b"SSH-2.0-OpenSSH_9.2\r\n", b"\x15\x03\x01\0\x02\x02\x46" * 9, b"+OK redis\r\n"):
        refusal = await told(door, names, banner)
        assert refusal.said == (*UNAVAILABLE, "UNKNOWN")


async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """An answer without an end."""
    await read_request(reader)
    writer.write(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    for _ in range(10_000):
        writer.write(b"2000\r\n" + b"x" * 0x2000 + b"\r\n")
        await writer.drain()


def packed(size: int, coding: str = "gzip") -> bytes:
    packing = gzip.compress if coding == "gzip" else zlib.compress
    return answer(packing(b"0" * size), headers=(JSON_TYPE, ("Content-Encoding", coding)))


BOMB = packed(30_000_000)


@pytest.mark.parametrize(
    "script",
    [
        of(b'"' + b"x" * LIMIT + b'"'),
        HEAD + b"Content-Length: 99999999999999\r\n\r\n{",
        endless,
        says(HEAD + b"Connection: close\r\n\r\n" + b"x" * (LIMIT + 1)),
        packed(LIMIT + 1),
        BOMB,
        packed(30_000_000, "deflate"),
        packed(150_000),
        HEAD + b"X-Long: " + b"x" * 70_000 + b"\r\n\r\n",
        HEAD + b"X-Many: 1\r\n" * 5_000 + b"\r\n",
    ],
    ids=[
        *("body", "length", "endless", "until closed", "packed", "bomb", "deflate bomb"),
        *("ratio", "field", "fields"),
    ],
)
async def test_d25_d30_an_answer_over_the_limit_is_given_up(
    door: Door, names: Iterator[str], script: Script | bytes
) -> None:
    start = time.monotonic()
    refusal = await told(door, names, script)
    assert refusal.said == LARGE
    assert time.monotonic() - start < 5
    assert refusal.info.metadata["httpStatus"] in {"200", ""}


async def test_d32_the_limits_hold_for_errors_too(door: Door, names: Iterator[str]) -> None:
    for status in (b"404", b"302", b"503"):
        said = BOMB.replace(b" 200 ", b" " + status + b" ")
        assert (await told(door, names, said)).said == LARGE


async def test_an_answer_of_exactly_the_limit_is_delivered(
    door: Door, names: Iterator[str]
) -> None:
    body = b'"' + b"x" * (LIMIT - 2) + b'"'
    name = next(names)
    async with HttpBackend(of(body)) as backend:
        await door.publish(name, SPEC, backend.origin)
        assert (await door.execute(f"{name}/getIt")).json.encode() == body


async def test_d26_what_follows_an_answer_is_never_the_answer_to_another_call(
    door: Door, names: Iterator[str]
) -> None:
    name, numbers = next(names), itertools.count()

    def respond(_: bytes) -> bytes:
        return of(b"%d" % next(numbers)) + of(b'"poison"')

    async with HttpBackend(respond) as backend:
        await door.publish(name, SPEC, backend.origin)
        answers = [(await door.execute(f"{name}/getIt")).json for _ in range(5)]
    assert answers == ["0", "1", "2", "3", "4"]


async def test_d48_an_early_refusal_is_told_and_not_the_reset_after_it(
    door: Door, names: Iterator[str]
) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer(b"", status=413))
        await writer.drain()
        await asyncio.sleep(0.05)

    name = next(names)
    taking = {"required": True, "content": {"application/octet-stream": {}}}
    upload = {"operationId": "act", "requestBody": taking, "responses": {}}
    async with RawBackend(refuse) as backend:
        await door.publish(name, document({"/it": {"post": upload}}), backend.origin)
        body = {"content_type": "application/octet-stream", "data": b"x" * 5_000_000}
        refusal = await door.refused(f"{name}/act", body=body)
    assert refusal.said == ("INVALID_ARGUMENT", "BACKEND_REJECTED", "backend", "EXECUTED")


TYPED = b"Content-Type: application/json\r\n"


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\n" + of(b"{}"),
        b"\r\n" + of(b"{}"),
        of(b"{}").replace(b"\r\n", b"\n"),
        b"HTTP/1.1 200\r\n" + TYPED + b"Content-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 \xe9t\xe9\r\n" + TYPED + b"Content-Length: 2\r\n\r\n{}",
        b"HTTP/1.0 200 OK\r\n" + TYPED + b"\r\n{}",
        HEAD + b"X-Folded: a\r\n b\r\nX-Latin: \xff\r\nContent-Length: 2\r\n\r\n{}",
        HEAD + b"Transfer-Encoding: Chunked\r\n\r\n2;a=b\r\n{}\r\n0\r\nX-T: 1\r\n\r\n",
        answer(gzip.compress(b"{}"), headers=(JSON_TYPE, ("Content-Encoding", "x-GZIP"))),
        answer(
            gzip.compress(b"{") + gzip.compress(b"}"),
            headers=(JSON_TYPE, ("Content-Encoding", "gzip")),
        ),
        answer(zlib.compress(b"{}"), headers=(JSON_TYPE, ("Content-Encoding", "deflate"))),
        answer(zlib.compress(b"{}")[2:-4], headers=(JSON_TYPE, ("Content-Encoding", "deflate"))),
        answer(b"{}", headers=(JSON_TYPE, ("Content-Encoding", "identity"))),
        of(b"{}") + b"surplus",
    ],
)
async def test_what_http_allows_is_delivered(door: Door, names: Iterator[str], said: bytes) -> None:
    name = next(names)
    async with RawBackend(says(said)) as backend:
        await door.publish(name, SPEC, backend.origin)
        answered = await door.execute(f"{name}/getIt", view=EXECUTION_VIEW_FULL)
    assert (answered.json, answered.exchange.http_status) == ("{}", 200)
