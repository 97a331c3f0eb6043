"""Row D49: what HTTP/2 backends do to their connections, and to each stream of them."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from h2.errors import ErrorCodes
from h2.settings import SettingCodes
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    Frame,
    GoAwayFrame,
    HeadersFrame,
    PingFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)

from facade.errors.backend import (
    BackendBadResponse,
    BackendTimeout,
    BackendUnavailable,
    BackendUnreachable,
    ResponseTooLarge,
)
from facade.errors.fault import Effect
from facade.model.call import Reply
from facade.model.stream import StreamedBody
from facade.transport import Transport
from tests.fakes import RawBackend, a_plan, fails
from tests.http2 import Http2Backend, Peer, http2_version

pytestmark = pytest.mark.asyncio(loop_factories=["asyncio", "uvloop"])

VERSION = http2_version()
SETTINGS = SettingsFrame(0).serialize()


async def call(transport: Transport, backend: RawBackend, **fields: Any) -> Reply:
    return await transport.send(
        a_plan(backend.origin, **{"version": VERSION, "timeout": 5.0} | fields)
    )


def goaway(peer: Peer, last: int, code: int = 0) -> None:
    """Says it without ending the machine, which takes it for the end of all streams."""
    peer.writer.write(GoAwayFrame(0, last_stream_id=last, error_code=code).serialize())


@pytest.mark.parametrize("code", [ErrorCodes.NO_ERROR, ErrorCodes.ENHANCE_YOUR_CALM])
async def test_d49_goaway_lets_earlier_streams_end_and_moves_later_ones(
    transport: Transport, code: ErrorCodes
) -> None:
    async def respond(peer: Peer, number: int) -> None:
        if peer is not backend.peers[0]:
            peer.answer(number, b"moved")
        elif number == 3:
            goaway(peer, 1, code)
            peer.answer(1, b"kept")

    async with Http2Backend(respond) as backend:
        replies = await asyncio.gather(*(call(transport, backend, method="POST") for _ in range(2)))
        assert sorted(each.body for each in replies) == [b"kept", b"moved"]
        assert (await call(transport, backend)).body == b"moved"
        assert backend.connections == 2
        assert not backend.peers[0].writer.is_closing() or backend.closed.is_set()
        await asyncio.wait_for(backend.closed.wait(), 1)


async def test_d49_goaway_on_an_idle_connection_ends_it(transport: Transport) -> None:
    async with Http2Backend() as backend:
        await call(transport, backend)
        goaway(backend.peers[0], 2**31 - 1)
        await asyncio.wait_for(backend.closed.wait(), 1)
        assert (await call(transport, backend)).body == b"ok"
        assert backend.connections == 2


async def test_d49_a_refused_stream_is_tried_again_once(transport: Transport) -> None:
    def respond(peer: Peer, number: int) -> None:
        if number == 1:
            peer.reset(number, ErrorCodes.REFUSED_STREAM)
        else:
            peer.answer(number)

    async with Http2Backend(respond) as backend:
        assert (await call(transport, backend, method="POST", body=b"{}")).body == b"ok"
        assert [each.body for each in backend.requests] == [b"{}", b"{}"]
        assert backend.connections == 1


async def test_d49_a_refused_stream_of_an_open_answer_is_tried_again_once(
    transport: Transport,
) -> None:
    def respond(peer: Peer, number: int) -> None:
        if number == 1:
            peer.reset(number, ErrorCodes.REFUSED_STREAM)
        else:
            peer.answer(number)

    async with Http2Backend(respond) as backend:
        inbound = await transport.open(a_plan(backend.origin, version=VERSION))
        assert await inbound.read(5.0) == b"ok"
        await inbound.aclose()


async def test_d49_a_stream_refused_twice_was_not_executed(transport: Transport) -> None:
    async with Http2Backend(lambda peer, n: peer.reset(n, ErrorCodes.REFUSED_STREAM)) as backend:
        fault = await fails(transport, backend, version=VERSION, method="POST")
        assert type(fault) is BackendUnavailable
        assert fault.effect is Effect.NOT_EXECUTED
        assert len(backend.requests) == 2


async def test_d49_a_refused_upload_is_not_tried_again_as_it_is_gone(transport: Transport) -> None:
    async def chunks() -> Any:
        yield b"once"

    async with Http2Backend(lambda peer, n: peer.reset(n, ErrorCodes.REFUSED_STREAM)) as backend:
        plan = a_plan(backend.origin, version=VERSION, method="POST", timeout=5.0)
        with pytest.raises(BackendUnavailable) as failure:
            await transport.send(plan, StreamedBody(chunks=chunks(), deadline=None))
        assert failure.value.effect is Effect.NOT_EXECUTED
        assert len(backend.requests) == 1


@pytest.mark.parametrize("code", [ErrorCodes.CANCEL, ErrorCodes.INTERNAL_ERROR])
async def test_d49_a_stream_that_is_reset_leaves_the_effect_unknown(
    transport: Transport, code: ErrorCodes
) -> None:
    async with Http2Backend(lambda peer, n: peer.reset(n, code)) as backend:
        fault = await fails(transport, backend, version=VERSION)
        assert type(fault) is BackendUnavailable
        assert fault.effect is Effect.UNKNOWN
        assert len(backend.requests) == 1


async def test_d49_an_answer_that_is_reset_was_cut_off(transport: Transport) -> None:
    def respond(peer: Peer, number: int) -> None:
        peer.head(number)
        peer.reset(number, ErrorCodes.REFUSED_STREAM)

    async with Http2Backend(respond) as backend:
        fault = await fails(transport, backend, version=VERSION)
        assert type(fault) is BackendUnavailable
        assert fault.effect is Effect.EXECUTED


@pytest.mark.parametrize("most", [1, 3])
async def test_d49_no_more_streams_are_open_than_the_backend_allows(
    transport: Transport, most: int
) -> None:
    seen = []

    async def respond(peer: Peer, number: int) -> None:
        await asyncio.sleep(0)
        seen.append(peer.machine.open_inbound_streams)
        peer.answer(number)

    settings: dict[SettingCodes | int, int] = {SettingCodes.MAX_CONCURRENT_STREAMS: most}
    async with Http2Backend(respond, settings=settings) as backend:
        replies = await asyncio.gather(*(call(transport, backend) for _ in range(20)))
        assert {each.body for each in replies} == {b"ok"}
        assert max(seen) <= most
        assert len(backend.requests) == 20


async def test_d49_a_backend_that_allows_no_stream_cannot_be_reached(transport: Transport) -> None:
    async with Http2Backend(settings={SettingCodes.MAX_CONCURRENT_STREAMS: 0}) as backend:
        fault = await fails(transport, backend, version=VERSION)
        assert type(fault) is BackendUnreachable
        assert backend.requests == []


async def preface(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Says the settings, and waits for a request."""
    writer.write(SETTINGS)
    said = b""
    while b"\x01\x05" not in said:  # HEADERS with END_STREAM and END_HEADERS
        said += await reader.read(65536) or b"\x01\x05"


async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await preface(reader, writer)
    while await reader.read(65536):
        pass


async def test_d49_a_backend_that_is_silent_to_a_ping_is_gone(
    transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("facade.http2.session.QUIET", 0.05)
    async with RawBackend(deaf) as backend:
        fault = await fails(transport, backend, version=VERSION, timeout=10.0)
        assert type(fault) is BackendUnavailable
        assert fault.effect is Effect.UNKNOWN


async def test_d49_a_slow_backend_that_answers_pings_is_waited_for(
    transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("facade.http2.session.QUIET", 0.02)

    async def respond(peer: Peer, number: int) -> None:
        await asyncio.sleep(0.2)
        peer.answer(number)

    async with Http2Backend(respond) as backend:
        assert (await call(transport, backend)).body == b"ok"


async def test_d49_after_a_timeout_a_silent_connection_gets_no_more_calls(
    transport: Transport,
) -> None:
    async with RawBackend(deaf) as backend:
        for connections in (1, 2):
            fault = await fails(transport, backend, version=VERSION, timeout=0.3)
            assert type(fault) is BackendTimeout
            assert backend.connections == connections


def flood(
    *frames: Frame,
) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    """Says the frames again and again after a request, until the other side hangs up."""
    data = b"".join(each.serialize() for each in frames)

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await preface(reader, writer)
        for _ in range(100_000_000 // len(data)):
            writer.write(data)
            await writer.drain()

    return script


def headers(data: bytes, *flags: str, number: int = 1) -> HeadersFrame:
    return HeadersFrame(number, data, flags=flags)


@pytest.mark.parametrize(
    "frames",
    [
        [PingFrame(0, b"12345678")],
        [SettingsFrame(0, {1: 4096})],
        [RstStreamFrame(99)],
        [WindowUpdateFrame(0, 1), WindowUpdateFrame(1, 1)],
        [DataFrame(1, b"")],
        [ContinuationFrame(1, b"x" * 100)],
        [headers(b"\x88"), ContinuationFrame(1, b"")],
    ],
    ids=["ping", "settings", "rst", "window", "empty data", "naked", "continuation"],
)
@pytest.mark.parametrize("count", [1, 50])
async def test_d49_a_flood_ends_the_connection(
    transport: Transport, frames: list[Frame], count: int
) -> None:
    if len(frames) == 2 and isinstance(frames[0], HeadersFrame):
        frames = [frames[0], *[frames[1]] * 1000]
    async with RawBackend(flood(*frames * count)) as backend:
        fault = await fails(transport, backend, version=VERSION, timeout=10.0)
        assert type(fault) is BackendBadResponse


async def test_d49_a_head_that_unpacks_beyond_all_bounds_ends_the_connection(
    transport: Transport,
) -> None:
    # A field of 4,000 bytes goes into the table (RFC 7541 section 6.2.1), and is named 4,000 times.
    large = b"\x88\x40\x01a\x7f\xa1\x1e" + b"x" * 4000
    bomb = headers(large + b"\xbe" * 4000, "END_HEADERS")
    async with RawBackend(flood(bomb)) as backend:
        fault = await fails(transport, backend, version=VERSION, timeout=10.0)
        assert type(fault) is BackendBadResponse


async def test_d49_a_head_beyond_the_limits_ends_its_stream_alone(transport: Transport) -> None:
    def respond(peer: Peer, number: int) -> None:
        few = peer.requests[number][":path"] == "/few"
        fields = [(f"x{each}", "x" * 10) for each in range(1 if few else 201)]
        peer.answer(number, headers=fields)

    async with Http2Backend(respond) as backend:
        fault = await fails(transport, backend, version=VERSION)
        assert type(fault) is ResponseTooLarge
        assert (await call(transport, backend, target="/few")).body == b"ok"
        assert backend.connections == 1


@pytest.mark.parametrize(
    "fields",
    [
        [(":status", "200"), ("X-Upper", "1")],
        [(":status", "200"), ("connection", "close")],
        [(":status", "200"), ("transfer-encoding", "chunked")],
        [(":status", "200"), ("x", "a\r\nset-cookie: b")],
        [(":status", "200"), ("x", "a\0b")],
        [(":status", "200"), ("x y", "1")],
        [(":status", "200"), ("x\r\ny", "1")],
        [(":status", "200"), ("x:y", "1")],
        [(":status", "200"), ("", "1")],
        [(":status", "200"), (":status", "201")],
        [(":status", "200"), (":path", "/")],
        [("x", "1"), (":status", "200")],
        [("x", "1")],
        [(":status", "20")],
        [(":status", "2000")],
        [(":status", "+20")],
        [(":status", "101")],
        [(":status", "200"), ("content-length", "-1")],
        [(":status", "200"), ("content-length", "1"), ("content-length", "2")],
        [(":status", "200"), ("content-length", "1")],
        [(":status", "200"), ("content-length", "7")],
    ],
)
async def test_d49_fields_that_could_be_read_in_two_ways_are_no_answer(
    transport: Transport, fields: list[tuple[str, str]]
) -> None:
    def respond(peer: Peer, number: int) -> None:
        if peer.requests[number][":path"] == "/good":
            peer.answer(number)
            return
        peer.writer.write(
            HeadersFrame(number, peer.machine.encoder.encode(fields), flags=["END_HEADERS"])
            .serialize()
        )  # fmt: skip
        peer.writer.write(DataFrame(number, b"ok", flags=["END_STREAM"]).serialize())

    async with Http2Backend(respond) as backend:
        fault = await fails(transport, backend, version=VERSION)
        assert type(fault) in {BackendBadResponse, BackendUnavailable}
        assert (await call(transport, backend, target="/good")).body == b"ok"


@pytest.mark.parametrize(
    "trailer", [[(":status", "200")], [("Upper", "1")], [("content-length", "2")], [("x", "a\nb")]]
)
async def test_d49_fields_behind_a_body_are_judged_too(
    transport: Transport, trailer: list[tuple[str, str]]
) -> None:
    def respond(peer: Peer, number: int) -> None:
        peer.head(number)
        peer.machine.send_data(number, b"ok")
        peer.machine.send_headers(number, trailer, end_stream=True)
        peer.flush()

    async with Http2Backend(respond) as backend:
        fault = await fails(transport, backend, version=VERSION)
        assert type(fault) is BackendBadResponse


async def test_d49_an_answer_before_the_body_is_sent_is_the_answer(transport: Transport) -> None:
    def respond(peer: Peer, number: int) -> None:
        peer.answer(number, b"enough", status="413")

    body = b"x" * 1_000_000
    settings: dict[SettingCodes | int, int] = {SettingCodes.INITIAL_WINDOW_SIZE: 100}
    async with Http2Backend(respond, early=True, settings=settings) as backend:
        reply = await call(transport, backend, method="PUT", body=body)
        assert (reply.status, reply.body) == (413, b"enough")
        reply = await call(transport, backend, method="PUT", body=body)
        assert (reply.status, backend.connections) == (413, 1)


async def test_d49_a_connection_that_ends_takes_its_streams_along(transport: Transport) -> None:
    async def respond(peer: Peer, number: int) -> None:
        await peer.heard(lambda peer: len(peer.requests) == 3)
        if number == 1:
            peer.head(number)
            await asyncio.sleep(0.02)
            peer.writer.transport.abort()

    async with Http2Backend(respond) as backend:
        faults = await asyncio.gather(*(fails(transport, backend, version=VERSION) for _ in "abc"))
        assert {type(each) for each in faults} == {BackendUnavailable}
        effects = sorted(each.effect for each in faults)
        assert effects == [Effect.EXECUTED, Effect.UNKNOWN, Effect.UNKNOWN]
