import asyncio
import socket
import time
from pathlib import Path

import pytest

from facade.egress import Egress
from facade.errors.backend import (
    BackendTimeout,
    BackendUnavailable,
    BackendUnreachable,
    ResponseTooLarge,
)
from facade.errors.caller import InvalidParameters
from facade.errors.fault import Effect, Fault
from facade.errors.service import DeadlineExceeded
from facade.inbound import Sizes
from facade.network.resolver import AddressInfo, Resolver
from facade.network.tls import system_trust
from facade.pool import CONNECTIONS
from facade.transport import Transport
from facade.wire import RETIRED, Wire
from tests.fakes import (
    OK,
    HttpBackend,
    RawBackend,
    Script,
    a_plan,
    a_version,
    answer,
    break_off,
    cut,
    fails,
    hold,
    ok,
    read_request,
    says,
)

pytestmark = pytest.mark.asyncio(loop_factories=["asyncio", "uvloop"])

HEAD = b"HTTP/1.1 200 OK\r\n"


async def test_a_request_goes_out_byte_for_byte(transport: Transport) -> None:
    async with HttpBackend() as backend:
        plan = a_plan(
            backend.origin,
            method="POST",
            target="/a",
            headers=(("X-B", "2"), ("x-a", "1"), ("X-B", "ü"), ("content-type", "text/plain")),
            body=b"0.10\n",
        )
        reply = await transport.send(plan)
    assert reply.status == 200
    assert reply.header("content-type") == "application/json"
    assert backend.requests == [
        (
            f"POST /a HTTP/1.1\r\nHost: 127.0.0.1:{backend.port}\r\nX-B: 2\r\nx-a: 1\r\nX-B: ü\r\n"
            "content-type: text/plain\r\naccept-encoding: gzip, deflate, br, zstd\r\n"
            "user-agent: portico\r\nContent-Length: 5\r\n\r\n0.10\n"
        ).encode()
    ]


async def test_a_user_agent_of_the_plan_is_kept_and_its_accept_encoding_is_not(
    transport: Transport,
) -> None:
    async with HttpBackend() as backend:
        headers = (("User-Agent", "mine"), ("Accept-Encoding", "br"))
        await transport.send(a_plan(backend.origin, headers=headers))
    lines = backend.requests[0].lower().split(b"\r\n")
    assert [each for each in lines if each.startswith((b"user", b"accept", b"content"))] == [
        b"user-agent: mine",
        b"accept-encoding: gzip, deflate, br, zstd",
    ]


@pytest.mark.parametrize(
    "target",
    [
        "/a[0]|'()*!$&;=:@,",
        "/%2F%2f%2e%2E/..%2f",
        "//evil.example/x",
        "/a/../b/./c",
        "/a%20b+c",
        "/?a[b]=1&c|d='e'",
        "/?q=%zz%",
        "/a?b?c=/d",
        "/x?a=%00%FF",
        "/~-._",
        '/"<>^`{}\\',
    ],
)
async def test_a_target_is_never_quoted_again(transport: Transport, target: str) -> None:
    async with HttpBackend() as backend:
        await transport.send(a_plan(backend.origin, target=target))
    assert backend.requests[0].startswith(f"GET {target} HTTP/1.1\r\n".encode())


async def test_a_target_beyond_64_kib_is_refused_before_any_io(transport: Transport) -> None:
    async with HttpBackend() as backend:
        with pytest.raises(InvalidParameters):
            await transport.send(a_plan(backend.origin, target="/" + "a" * 70_000))
    assert backend.connections == 0


async def test_a_body_of_megabytes_goes_out_whole(transport: Transport) -> None:
    body = bytes(range(256)) * 4096 * 8
    async with HttpBackend() as backend:
        await transport.send(a_plan(backend.origin, method="PUT", body=body))
    assert backend.requests[0].endswith(b"\r\n\r\n" + body)


async def test_a_connection_is_used_again_by_the_same_version_alone(transport: Transport) -> None:
    async with HttpBackend(OK) as backend:
        for _ in range(3):
            await ok(transport, backend)
        assert backend.connections == 1
        other = a_version(name=type(a_version().name)(connector="shop", version="v2"))
        await ok(transport, backend, version=other)
        assert backend.connections == 2


async def test_at_most_64_connections_stand_open_to_one_origin(transport: Transport) -> None:
    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await read_request(reader)
            await asyncio.sleep(0.01)
            writer.write(OK)

    async with RawBackend(slow) as backend:
        await asyncio.gather(*(ok(transport, backend) for _ in range(CONNECTIONS + 40)))
        assert backend.connections == CONNECTIONS


async def test_pools_that_nobody_uses_are_let_go() -> None:
    now = 0.0
    wire = Wire(Egress((), loopback=True), system_trust(), clock=lambda: now)
    transport = Transport(wire)
    async with (
        RawBackend(says(OK, pause=0.2)) as busy,
        HttpBackend(OK) as idle,
        HttpBackend(OK) as new,
    ):
        call = asyncio.create_task(ok(transport, busy))
        await ok(transport, idle)
        now = RETIRED + 1
        await ok(transport, new)
        assert {key.origin for key in wire.pools} == {busy.origin, new.origin}
        await call
    await transport.close()


async def test_d01_a_refused_connection_was_not_executed(transport: Transport) -> None:
    async with HttpBackend() as backend:
        pass
    fault = await fails(transport, backend)
    assert type(fault) is BackendUnreachable
    assert fault.effect is Effect.NOT_EXECUTED


@pytest.mark.parametrize("code", [socket.EAI_NONAME, socket.EAI_AGAIN, 0])
async def test_d42_a_name_without_an_address_was_not_executed(code: int) -> None:
    def lookup(_: str) -> list[AddressInfo]:
        if code:
            raise socket.gaierror(code, "secret.invalid")
        return []

    resolver = Resolver(lookup)
    transport = Transport(
        Wire(Egress(("*.invalid",), loopback=False), system_trust(), resolver=resolver)
    )
    with pytest.raises(Fault) as failure:
        await transport.send(a_plan("http://no-such-host.invalid", timeout=5.0))
    assert type(failure.value) is BackendUnreachable
    assert failure.value.effect is Effect.NOT_EXECUTED
    assert "invalid" not in failure.value.message
    await transport.close()


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("reset", [True, False])
async def test_d04_a_connection_that_ends_before_an_answer_leaves_the_effect_unknown(
    transport: Transport, method: str, *, reset: bool
) -> None:
    async with RawBackend(cut(b"", reset=reset)) as backend:
        fault = await fails(transport, backend, method=method)
        assert type(fault) is BackendUnavailable
        assert fault.effect is Effect.UNKNOWN
        assert backend.connections == 1


async def test_d05_an_idle_connection_that_the_backend_closed_is_not_used(
    transport: Transport,
) -> None:
    async with RawBackend(says(OK)) as backend:
        for _ in range(20):
            await ok(transport, backend, method="POST")
            await asyncio.sleep(0.005)


@pytest.mark.parametrize(
    ("before", "effect"), [(b"", Effect.UNKNOWN), (HEAD + b"\r\n", Effect.EXECUTED)]
)
async def test_d29_a_trickle_ends_at_the_deadline_and_frees_its_place(
    transport: Transport, before: bytes, effect: Effect
) -> None:
    trickle = [b"H", b"T", b"T", b"P", b"/", b"1", b"."] * 10
    async with RawBackend(says(*([before] if before else []), *trickle, pause=0.06)) as backend:
        started = time.monotonic()
        fault = await fails(transport, backend, timeout=0.3)
        assert 0.25 < time.monotonic() - started < 0.4
        assert type(fault) is BackendTimeout
        assert fault.effect is effect


async def test_a_deadline_while_no_connection_is_free_was_not_executed(
    transport: Transport,
) -> None:
    async with RawBackend(hold) as backend:
        held = [
            asyncio.create_task(transport.send(a_plan(backend.origin))) for _ in range(CONNECTIONS)
        ]
        await asyncio.sleep(0.1)
        fault = await fails(transport, backend, timeout=0.1)
        assert type(fault) is BackendTimeout
        assert fault.effect is Effect.NOT_EXECUTED
        for task in held:
            task.cancel()
        await asyncio.gather(*held, return_exceptions=True)


async def test_a_deadline_that_has_passed_sends_nothing(transport: Transport) -> None:
    async with HttpBackend(OK) as backend:
        await ok(transport, backend)
        with pytest.raises(DeadlineExceeded) as failure:
            await transport.send(a_plan(backend.origin, timeout=0.0))
        assert failure.value.effect is Effect.NOT_EXECUTED
        assert len(backend.requests) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_d34_e16_e17_nothing_in_an_answer_leads_anywhere(
    transport: Transport, status: int
) -> None:
    async with HttpBackend() as elsewhere:
        headers = (
            ("Location", elsewhere.origin),
            ("Refresh", f"0;url={elsewhere.origin}"),
            ("Link", f"<{elsewhere.origin}>; rel=preload"),
            ("Alt-Svc", f'h2="127.0.0.1:{elsewhere.port}"'),
            ("Set-Cookie", "a=1"),
        )
        async with HttpBackend(answer(status=status, headers=headers)) as backend:
            for _ in range(2):
                reply = await transport.send(a_plan(backend.origin))
                assert reply.status == status
                assert reply.header("location") == elsewhere.origin
        assert elsewhere.connections == 0
        assert b"cookie" not in backend.requests[1].lower()


async def test_e18_proxies_and_netrc_of_the_environment_are_ignored(
    transport: Transport, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with HttpBackend() as proxy, HttpBackend(OK) as backend:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.origin)
            monkeypatch.setenv(name.lower(), proxy.origin)
        (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password hidden\n")
        monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
        await ok(transport, backend)
        assert proxy.connections == 0
        assert b"authorization" not in backend.requests[0].lower()


async def quiet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Never reads, so that a large body stays in the client's buffers."""
    writer.transport.pause_reading()  # type: ignore[attr-defined] # StreamWriter says WriteTransport
    await asyncio.sleep(0.3)
    writer.transport.resume_reading()  # type: ignore[attr-defined] # the same
    while await reader.read(65536):
        pass
    raise ConnectionError


async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.write(HEAD + b"Content-Length: 1000\r\n\r\nabc")
    await reader.readexactly(1)


@pytest.mark.parametrize("script", [hold, trickle])
async def test_a04_cancelling_closes_the_connection_within_50_ms(
    transport: Transport, script: Script
) -> None:
    async with RawBackend(script) as backend:
        call = asyncio.create_task(transport.send(a_plan(backend.origin)))
        await asyncio.sleep(0.1)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await asyncio.wait_for(backend.closed.wait(), 0.05)


async def test_a04_cancelling_does_not_wait_for_a_body_to_be_taken(transport: Transport) -> None:
    async with RawBackend(quiet) as backend:
        plan = a_plan(backend.origin, method="POST", body=bytes(10 * 2**20))
        call = asyncio.create_task(transport.send(plan))
        await asyncio.sleep(0.1)
        started = time.monotonic()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert time.monotonic() - started < 0.05
        await asyncio.wait_for(backend.closed.wait(), 1)


async def test_d48_an_early_answer_counts_though_the_body_was_not_taken(
    transport: Transport,
) -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer(b"big", status=413, headers=(("Connection", "close"),)))
        await writer.drain()
        await asyncio.sleep(0.2)

    async with RawBackend(script) as backend:
        reply = await transport.send(a_plan(backend.origin, method="POST", body=bytes(8 * 2**20)))
    assert (reply.status, reply.body) == (413, b"big")


@pytest.mark.parametrize("close", [b"", b"Connection: close\r\n"])
async def test_d48_an_early_answer_counts_though_a_reset_follows_it(
    transport: Transport, close: bytes
) -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Big\r\nContent-Length: 3\r\n" + close + b"\r\nbig")
        await writer.drain()
        break_off(writer)

    async with RawBackend(script) as backend:
        for _ in range(20):
            plan = a_plan(backend.origin, method="POST", body=bytes(8 * 2**20))
            reply = await transport.send(plan)
            assert (reply.status, reply.body) == (413, b"big")
        assert backend.connections == 20


async def test_the_limit_of_an_answer_is_a_setting() -> None:
    transport = Transport(Wire(Egress((), loopback=True), system_trust()), Sizes(wire=2, decoded=2))
    async with HttpBackend(OK) as backend:
        await ok(transport, backend)
    async with HttpBackend(answer(b"not")) as backend:
        assert type(await fails(transport, backend)) is ResponseTooLarge
    await transport.close()
