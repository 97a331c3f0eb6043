import asyncio
from typing import Any, cast

import pytest
import trustme
from h2.settings import SettingCodes

from facade.errors.backend import BackendBadResponse, BackendTimeout, ResponseTooLarge
from facade.errors.caller import InvalidParameters
from facade.errors.fault import Effect
from facade.http2.pool import SharedPool
from facade.inbound import Sizes
from facade.model.call import Reply, TlsIdentity
from facade.transport import Transport
from tests.fakes import OK, HttpBackend, a_plan, fails, server_tls, trusting
from tests.http2 import Http2Backend, Peer, http2_version

pytestmark = pytest.mark.asyncio(loop_factories=["asyncio", "uvloop"])

VERSION = http2_version()


async def call(transport: Transport, backend: Any, **fields: Any) -> Reply:
    return await transport.send(
        a_plan(backend.origin, **{"version": VERSION, "timeout": 5.0} | fields)
    )


async def test_a_request_goes_out_as_fields_and_its_answer_comes_back(
    transport: Transport,
) -> None:
    def respond(peer: Peer, number: int) -> None:
        peer.answer(number, b'{"a": 1}', headers=[("Content-Type".lower(), "application/json")])

    async with Http2Backend(respond) as backend:
        headers = (("X-B", "2"), ("content-type", "text/plain"), ("X-B", "ü"), ("Connection", "x"))
        reply = await call(
            transport, backend, method="POST", target="/a?b=%2F", headers=headers, body=b"0.10\n"
        )
        assert (reply.status, reply.body) == (200, b'{"a": 1}')
        assert reply.headers == (("content-type", "application/json"),)
        assert reply.complete
        [asked] = backend.requests
    assert asked.body == b"0.10\n"
    assert asked.headers == [
        (":method", "POST"),
        (":scheme", "http"),
        (":authority", f"127.0.0.1:{backend.port}"),
        (":path", "/a?b=%2F"),
        ("x-b", "2"),
        ("content-type", "text/plain"),
        ("x-b", "ü"),
        ("accept-encoding", "gzip, deflate, br, zstd"),
        ("user-agent", "portico"),
        ("content-length", "5"),
    ]


@pytest.mark.parametrize("name", [":path", "x y", "x:y", "", "x\t"])
async def test_a_name_that_is_none_is_not_sent(transport: Transport, name: str) -> None:
    async with Http2Backend() as backend:
        with pytest.raises(InvalidParameters):
            await call(transport, backend, headers=((name, "/evil"),))
        assert backend.requests == []
        assert (await call(transport, backend)).body == b"ok"


async def test_calls_share_a_connection_and_versions_do_not(transport: Transport) -> None:
    async def respond(peer: Peer, number: int) -> None:
        await peer.heard(lambda peer: len(peer.requests) == 20)
        peer.answer(number)

    async with Http2Backend(respond) as backend:
        replies = await asyncio.gather(*(call(transport, backend) for _ in range(20)))
        assert {each.body for each in replies} == {b"ok"}
        assert backend.connections == 1
        wire = transport._wire
        assert wire.connections() == {("used",): 0, ("idle",): 1}
        other = http2_version(name=type(VERSION.name)(connector="shop", version="v2"))
        backend._respond = lambda peer, number: peer.answer(number)
        await call(transport, backend, version=other)
        assert backend.connections == 2


@pytest.mark.parametrize(
    ("method", "status", "body"), [("HEAD", "200", b""), ("GET", "204", b""), ("GET", "304", b"")]
)
async def test_an_answer_without_a_body_may_say_its_length(
    transport: Transport, method: str, status: str, body: bytes
) -> None:
    def respond(peer: Peer, number: int) -> None:
        peer.head(number, status=status, headers=[("content-length", "7")], ends=True)

    async with Http2Backend(respond) as backend:
        reply = await call(transport, backend, method=method)
    assert (str(reply.status), reply.body) == (status, body)


async def test_heads_before_the_final_one_and_fields_behind_the_body_are_passed_over(
    transport: Transport,
) -> None:
    def respond(peer: Peer, number: int) -> None:
        peer.head(number, status="103", headers=[("link", "</a>")])
        peer.head(number, status="100")
        peer.head(number, headers=[("content-length", "2")])
        peer.machine.send_data(number, b"ok")
        peer.machine.send_headers(number, [("x-trailer", "t")], end_stream=True)
        peer.flush()

    async with Http2Backend(respond) as backend:
        reply = await call(transport, backend)
    assert (reply.status, reply.body) == (200, b"ok")
    assert reply.headers == (("content-length", "2"),)


async def test_large_bodies_go_both_ways(transport: Transport) -> None:
    body = bytes(range(256)) * 4096 * 4

    async def respond(peer: Peer, number: int) -> None:
        said = peer.requests[number].body
        peer.head(number)
        machine = peer.machine
        while said:
            await peer.heard(lambda peer: peer.machine.local_flow_control_window(number) > 0)
            size = min(machine.local_flow_control_window(number), machine.max_outbound_frame_size)
            piece, said = said[:size], said[size:]
            machine.send_data(number, piece, end_stream=not said)
            peer.flush()

    async with Http2Backend(respond) as backend:
        reply = await call(transport, backend, method="PUT", body=body)
    assert reply.body == body


@pytest.mark.parametrize("said", [True, False])
async def test_d25_a_body_beyond_the_limit_ends_its_stream_alone(*, said: bool) -> None:
    def respond(peer: Peer, number: int) -> None:
        if peer.requests[number][":path"] == "/small":
            peer.answer(number)
            return
        headers = [("content-length", "3000")] if said else []
        peer.answer(number, b"x" * 3000, headers=headers)

    async with Http2Backend(respond) as backend:
        transport = trusting(trustme.CA())
        transport.sizes = Sizes(wire=1000)
        fault = await fails(transport, backend, version=VERSION)
        assert type(fault) is ResponseTooLarge
        assert (await call(transport, backend, target="/small")).body == b"ok"
        assert backend.connections == 1
        await transport.close()


@pytest.mark.parametrize("identity", [True, False])
@pytest.mark.parametrize("chosen", ["h2", "http/1.1", ""])
async def test_over_tls_the_backend_chooses(
    authority: trustme.CA, chosen: str, *, identity: bool
) -> None:
    tls = server_tls(authority)
    if chosen:
        tls.set_alpn_protocols([chosen])
    transport = trusting(authority)
    own = TlsIdentity(ca=authority.cert_pem.bytes().decode()) if identity else None
    backend = Http2Backend(tls=tls) if chosen == "h2" else HttpBackend(OK, tls=tls)
    async with backend:
        for _ in range(3):
            assert (await call(transport, backend, identity=own)).body == b"ok"
        assert backend.connections == 1
        if isinstance(backend, Http2Backend):
            assert backend.requests[0][":scheme"] == "https"
    await transport.close()


async def test_a_burst_waits_for_the_first_connection_and_shares_it(
    authority: trustme.CA,
) -> None:
    tls = server_tls(authority)
    tls.set_alpn_protocols(["h2"])
    transport = trusting(authority)
    async with Http2Backend(tls=tls) as backend:
        replies = await asyncio.gather(*(call(transport, backend) for _ in range(30)))
        assert {each.body for each in replies} == {b"ok"}
        assert backend.connections == 1
    await transport.close()


async def test_without_tls_a_backend_that_speaks_http_1_1_alone_is_told_so(
    transport: Transport,
) -> None:
    async with HttpBackend(OK) as backend:
        fault = await fails(transport, backend, version=VERSION, method="POST")
        assert type(fault) is BackendBadResponse
        assert fault.effect is Effect.NOT_EXECUTED
        assert "HTTP/2" in fault.message
        assert backend.requests[0].startswith(b"PRI * HTTP/2.0")


async def test_the_deadline_and_a_cancelled_call_end_the_stream_and_not_the_connection(
    transport: Transport,
) -> None:
    def respond(peer: Peer, number: int) -> None:
        if peer.requests[number][":path"] == "/now":
            peer.answer(number)

    async with Http2Backend(respond) as backend:
        assert (await call(transport, backend, target="/now")).body == b"ok"
        fault = await fails(transport, backend, version=VERSION, timeout=0.05)
        assert type(fault) is BackendTimeout
        assert fault.effect is Effect.UNKNOWN
        [pool] = transport._wire.pools.values()
        [session] = cast(SharedPool, pool)._sessions
        for _ in range(1000):  # until it is known that only the call was slow
            if session.room:
                break
            await asyncio.sleep(0.001)
        gone = asyncio.ensure_future(call(transport, backend))
        peer = backend.peers[0]
        await peer.heard(lambda peer: len(peer.requests) == 3)
        gone.cancel()
        await peer.heard(
            lambda peer: [each.reset for each in peer.requests.values()] == [None, 8, 8]
        )
        assert (await call(transport, backend, target="/now")).body == b"ok"
        assert backend.connections == 1


async def test_a_streamed_answer_is_read_no_faster_than_it_is_taken(transport: Transport) -> None:
    async def respond(peer: Peer, number: int) -> None:
        if peer.requests[number][":path"] == "/other":
            peer.answer(number)
            return
        peer.head(number)
        machine, rest = peer.machine, 1_000_000
        while rest:
            await peer.heard(lambda peer: peer.machine.local_flow_control_window(number) > 0)
            size = min(
                machine.local_flow_control_window(number), machine.max_outbound_frame_size, rest
            )
            rest -= size
            machine.send_data(number, b"x" * size, end_stream=not rest)
            peer.flush()

    async with Http2Backend(respond) as backend:
        inbound = await transport.open(a_plan(backend.origin, version=VERSION))
        peer = backend.peers[0]
        await peer.heard(lambda peer: not peer.machine.local_flow_control_window(1))
        assert (await call(transport, backend, target="/other")).body == b"ok"
        size = 0
        while piece := await inbound.read(5.0):
            size += len(piece)
        await inbound.aclose()
        assert (size, backend.connections) == (1_000_000, 1)


async def test_a_streamed_answer_that_nobody_reads_to_its_end_leaves_the_connection(
    transport: Transport,
) -> None:
    def respond(peer: Peer, number: int) -> None:
        peer.head(number)
        peer.machine.send_data(number, b"x" * 10_000)
        peer.flush()

    async with Http2Backend(respond) as backend:
        for number in range(20):
            inbound = await transport.open(a_plan(backend.origin, version=VERSION))
            if number % 2:
                assert await inbound.read(5.0)
            await inbound.aclose()
        await backend.peers[0].heard(
            lambda peer: all(each.reset == 8 for each in peer.requests.values())
        )
        assert backend.connections == 1


async def test_settings_of_the_backend_are_heeded(transport: Transport) -> None:
    settings: dict[SettingCodes | int, int] = {
        SettingCodes.INITIAL_WINDOW_SIZE: 10,
        SettingCodes.HEADER_TABLE_SIZE: 0,
    }
    async with Http2Backend(settings=settings) as backend:
        reply = await call(transport, backend, method="PUT", body=b"x" * 1000)
        assert reply.body == b"ok"
        assert backend.requests[0].body == b"x" * 1000
