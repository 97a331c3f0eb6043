"""What goes wrong between a gateway and its facade: section C of the catalogue."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
import trustme

from facade.errors.service import Overloaded
from gateway.v1.version_pb2 import Indirect
from tests.doors import Door, a_door, document
from tests.facades import Facade, faulty, key_file, marked
from tests.fakes import RawBackend, Script, cut, hold, says, server_tls
from tests.faults.backends import Step, plays
from tests.faults.silence import black_hole
from tests.servers import free_port

PATHS = {
    "/it": {
        "get": {"operationId": "get", "responses": {}},
        "post": {"operationId": "make", "responses": {}},
    }
}

DOWN = ("UNAVAILABLE", "FACADE_UNAVAILABLE", "gateway", "NOT_EXECUTED")
OPEN = ("UNAVAILABLE", "BREAKER_OPEN", "gateway", "NOT_EXECUTED")
BROKEN = ("UNAVAILABLE", "FACADE_UNAVAILABLE", "gateway", "UNKNOWN")
LATE = ("DEADLINE_EXCEEDED", "FACADE_TIMEOUT", "gateway", "UNKNOWN")


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    async with a_door(tmp_path, hop_key=key_file(tmp_path)) as opened:
        yield opened


async def through(door: Door, *origins: str, **fields: Any) -> None:
    """Publishes `shop` behind a facade at these addresses."""
    indirect = Indirect(facade_uri=origins[0], more_facade_uris=origins[1:])
    await door.publish("shop", document(PATHS), "", **{"indirect": indirect} | fields)


def closed() -> str:
    """An address on which nobody listens."""
    return f"http://127.0.0.1:{free_port()}"


async def test_c01_a_facade_that_is_down_is_left_alone_and_comes_back(door: Door) -> None:
    port = free_port()
    await through(
        door, f"http://127.0.0.1:{port}", policy={"breaker": {"open_time": {"nanos": 10**8}}}
    )
    said = [(await door.refused("shop/get")).said for _ in range(5)]
    assert said[0] == DOWN
    began = time.monotonic()
    assert (await door.refused("shop/get")).said == OPEN
    assert time.monotonic() - began < 0.02
    async with AsyncExitStack() as stack:
        server = await asyncio.start_server(serve, "127.0.0.1", port)
        stack.push_async_callback(server.wait_closed)
        stack.callback(server.close)
        async with asyncio.timeout(2):
            await comes_back(door)


async def test_a_method_that_no_facade_reads_is_told_before_it_is_asked(door: Door) -> None:
    added: dict[str, Any] = {
        each: {"operationId": each, "responses": {}} for each in ("FROB", "COPY")
    }
    paths = {"/it": {"additionalOperations": added}}
    async with Facade() as facade:
        spec = document(paths, openapi="3.2.0")
        await door.publish("shop", spec, "", indirect=facade.indirect())
        refusal = await door.refused("shop/FROB")
        await door.execute("shop/COPY")
        assert [asked.method for asked in facade.asked] == ["COPY"]
    assert refusal.said == ("UNIMPLEMENTED", "ACTION_UNSUPPORTED", "gateway", "NOT_EXECUTED")
    assert "by the method `FROB`" in refusal.message


async def comes_back(door: Door) -> None:
    while True:
        with suppress(grpc.aio.AioRpcError):
            await door.execute("shop/get")
            return
        await asyncio.sleep(0.05)


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await says(marked({}))(reader, writer)
    writer.close()


async def test_c01_another_facade_is_called_where_one_cannot_be_reached(door: Door) -> None:
    async with Facade() as facade:
        await through(door, closed(), f"{facade.origin}/eu")
        answered = await door.execute("shop/make", view="EXECUTION_VIEW_FULL")
        assert [each.error_reason for each in answered.exchange.attempts] == [
            "FACADE_UNAVAILABLE",
            "",
        ]
        again = await door.execute("shop/make", view="EXECUTION_VIEW_FULL")
        assert len(again.exchange.attempts) == 1
        assert [each.target for each in facade.asked] == ["/eu/it", "/eu/it"]
        assert [each.handed.request_id for each in facade.asked] == ["", ""]


async def test_c01_what_one_facade_tells_is_not_asked_of_another(door: Door) -> None:
    async with Facade(marked({}, 503)) as one, Facade() as two:
        await through(door, one.origin, two.origin)
        assert (await door.refused("shop/get")).info.reason == "BACKEND_UNAVAILABLE"
    assert (len(one.requests), len(two.requests)) == (1, 0)


async def test_c02_facades_that_cannot_be_heard_are_left_alone(door: Door) -> None:
    with black_hole("127.0.0.1") as port:
        within = {"timeout": {"nanos": 110_000_000}}
        await through(door, f"http://127.0.0.1:{port}", policy=within)
        said = [(await door.refused("shop/get")).said for _ in range(6)]
    assert said == [(*LATE[:3], "NOT_EXECUTED")] * 5 + [OPEN]


async def test_c03_a_facade_that_hangs_costs_no_more_than_the_deadline(door: Door) -> None:
    async with RawBackend(hold) as facade:
        await through(door, facade.origin)
        began = time.monotonic()
        assert (await door.refused("shop/get", within=0.3)).said[0] == "DEADLINE_EXCEEDED"
        assert time.monotonic() - began < 0.6
        limited = {"timeout": {"nanos": 200_000_000}}
        await door.publish(
            "late",
            document(PATHS),
            "",
            policy=limited,
            indirect=Indirect(facade_uri=facade.origin),
        )
        assert (await door.refused("late/get")).said == LATE
        assert facade.connections == 2


async def test_c03_facades_that_hang_are_left_alone(door: Door) -> None:
    async with RawBackend(hold) as facade:
        await through(door, facade.origin, policy={"timeout": {"nanos": 110_000_000}})
        said = [(await door.refused("shop/get")).said for _ in range(6)]
    assert said == [LATE] * 5 + [OPEN]


async def test_c10_a_certificate_that_is_renewed_is_taken_at_once(tmp_path: Path) -> None:
    authority = trustme.CA()
    past = datetime.now(UTC) - timedelta(days=1)
    tls = server_tls(authority, not_after=past)
    environ = {"CA": authority.cert_pem.bytes().decode()}
    async with (
        RawBackend(says(marked({})), tls) as facade,
        a_door(tmp_path, environ, hop_key=key_file(tmp_path)) as door,
    ):
        await through(door, facade.origin, network={"ca_secret": "env:CA"})
        refused = await door.refused("shop/get")
        assert refused.said == DOWN
        assert refused.message.startswith("no TLS connection to the facade")
        authority.issue_cert("127.0.0.1").configure_cert(tls)
        await door.execute("shop/get")


WHOLE = marked({"a": "x" * 200})


@pytest.mark.parametrize("reset", [True, False])
@pytest.mark.parametrize("size", [0, 5, 40, len(WHOLE) - 100, len(WHOLE) - 1])
async def test_c11_c12_an_answer_that_breaks_off_is_never_a_short_one(
    door: Door, size: int, *, reset: bool
) -> None:
    async with RawBackend(cut(WHOLE[:size], reset=reset)) as facade:
        await through(door, facade.origin)
        assert (await door.refused("shop/make")).said == BROKEN
        assert (await door.refused("shop/get")).said == BROKEN
        assert facade.connections == 2


@pytest.mark.parametrize(
    "script",
    [
        plays(Step.RESET),
        plays(b"", Step.HEAR, b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"),
        plays(Step.HEAR, b"SSH-2.0-OpenSSH\r\n"),
    ],
)
async def test_c12_what_is_no_http_is_no_facade(door: Door, script: Script) -> None:
    async with RawBackend(script) as facade:
        await through(door, facade.origin)
        assert (await door.refused("shop/make")).said == BROKEN


async def test_c11_an_envelope_that_is_cut_short_leaves_it_open_what_happened(door: Door) -> None:
    said = faulty(Overloaded("full"))
    head, _, body = said.partition(b"\r\n\r\n")
    short = head.replace(b"Content-Length: %d" % len(body), b"Content-Length: 20")
    async with RawBackend(says(short + b"\r\n\r\n" + body[:20])) as facade:
        await through(door, facade.origin)
        refused = await door.refused("shop/get")
    assert refused.said == BROKEN
    assert refused.message == "the facade's answer cannot be read"
