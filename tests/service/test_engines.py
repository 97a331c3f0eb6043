"""What an engine owes the endpoints, whichever it is: the native one is young, and judged here."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import grpc
import pytest

from gateway.engines import engine as limits
from gateway.engines.choice import Name
from gateway.interceptors.base import Rpc
from tests.carriers import ACT, EVERY, LOOPBACK, a_carrier, served
from tests.gateways import failure

ANY_SIZE = (("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1))


@pytest.fixture(params=EVERY)
def engine(request: pytest.FixtureRequest) -> Name:
    name: Name = request.param
    return name


class Doing:
    """An endpoint that tells when it begins, and how it ends."""

    def __init__(self, seconds: float = 20) -> None:
        self._seconds = seconds
        self.began, self.ended = asyncio.Event(), asyncio.Event()
        self.running = self.most = self.calls = 0
        self.left: float | None = None

    async def __call__(self, request: bytes, rpc: Rpc) -> bytes:
        self.calls += 1
        self.running += 1
        self.most = max(self.most, self.running)
        self.left = rpc.context.time_remaining()
        self.began.set()
        try:
            await asyncio.sleep(self._seconds)
            return request
        finally:
            self.running -= 1
            self.ended.set()

    async def until(self, running: int) -> None:
        """Waits until so many run."""
        async with asyncio.timeout(5):
            while True:
                if self.running == running:
                    return
                await asyncio.sleep(0.01)


async def echo(request: bytes, _: Rpc) -> bytes:
    return request


def one(channel: Any, request: bytes = b"", **more: Any) -> Any:
    return channel.unary_unary(ACT)(request, **more)


async def test_metadata_goes_both_ways_in_text_and_in_bytes(engine: Name) -> None:
    heard: list[tuple[str, str | bytes]] = []

    async def act(request: bytes, rpc: Rpc) -> bytes:
        heard.extend((key, value) for key, value in rpc.context.invocation_metadata())
        rpc.metadata = {"x-one": "1", "x-two-bin": b"\0\xff"}
        rpc.last = (("x-three", "3"), ("x-four-bin", b"\xfe"))
        return request

    sent = (("x-a", "1"), ("x-a", "2"), ("x-b-bin", b"\0\1\xff"), ("x-c-bin", b""))
    async with (
        a_carrier(engine, served(act)) as (_, address),
        grpc.aio.insecure_channel(address) as channel,
    ):
        call = one(channel, b"word", metadata=sent)
        assert await call == b"word"
        assert set(await call.initial_metadata()) >= {("x-one", "1"), ("x-two-bin", b"\0\xff")}
        assert set(await call.trailing_metadata()) >= {
            ("x-three", "3"),
            ("x-four-bin", b"\xfe"),
        }
    assert set(heard) >= set(sent)


async def test_the_peer_is_told_as_grpc_writes_addresses(engine: Name, tmp_path: Path) -> None:
    async def act(_: bytes, rpc: Rpc) -> bytes:
        return rpc.context.peer().encode()

    async with (
        a_carrier(engine, served(act)) as (_, address),
        grpc.aio.insecure_channel(address) as channel,
    ):
        assert (await one(channel)).startswith(b"ipv4:127.0.0.1:")
    socket = f"unix:{tmp_path / 's'}"
    async with (
        a_carrier(engine, served(act), address=socket) as (_, address),
        grpc.aio.insecure_channel(address) as channel,
    ):
        assert (await one(channel)).startswith(b"unix:")


async def test_a_call_without_a_deadline_has_none_and_one_with_has_what_is_left(
    engine: Name,
) -> None:
    act = Doing(0)
    async with (
        a_carrier(engine, served(act)) as (_, address),
        grpc.aio.insecure_channel(address) as channel,
    ):
        await one(channel)
        assert act.left is None
        await one(channel, timeout=5)
        assert act.left is not None
        assert 4 < act.left < 5.1


async def test_a_deadline_that_passes_cancels_what_is_done(engine: Name) -> None:
    act = Doing()
    async with (
        a_carrier(engine, served(act)) as (_, address),
        grpc.aio.insecure_channel(address) as channel,
    ):
        error = await failure(one(channel, timeout=0.2))
        assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        await asyncio.wait_for(act.ended.wait(), 2)


async def test_a_caller_who_cancels_cancels_what_is_done(engine: Name) -> None:
    act = Doing()
    async with (
        a_carrier(engine, served(act)) as (_, address),
        grpc.aio.insecure_channel(address) as channel,
    ):
        call = one(channel)
        await asyncio.wait_for(act.began.wait(), 2)
        call.cancel()
        await asyncio.wait_for(act.ended.wait(), 2)


async def test_callers_who_vanish_cancel_what_is_done_for_them(engine: Name) -> None:
    act = Doing()
    async with a_carrier(engine, served(act)) as (_, address):
        for _ in range(3):
            async with grpc.aio.insecure_channel(address) as channel:
                calls = [asyncio.ensure_future(one(channel).code()) for _ in range(50)]
                await act.until(50)
            await asyncio.wait(calls)
            await act.until(0)


async def test_m05_one_connection_has_at_most_100_calls_under_way(engine: Name) -> None:
    act = Doing(0.3)
    async with (
        a_carrier(engine, served(act)) as (_, address),
        grpc.aio.insecure_channel(address) as channel,
    ):
        calls = [one(channel, b"%d" % each) for each in range(150)]
        answers = await asyncio.gather(*calls, return_exceptions=True)
    # A client that does not know the limit yet has some refused, and may repeat them.
    right = [answer == b"%d" % each for each, answer in enumerate(answers)]
    assert right.count(True) >= 100
    assert act.most == 100


async def test_metadata_beyond_the_limit_is_refused_and_the_connection_goes_on(
    engine: Name,
) -> None:
    act = Doing(0)
    async with (
        a_carrier(engine, served(act)) as (_, address),
        grpc.aio.insecure_channel(address) as channel,
    ):
        error = await failure(one(channel, metadata=(("x", "y" * 17_000),)))
        refused = {"grpcio": grpc.StatusCode.RESOURCE_EXHAUSTED}  # the native one says HTTP 431
        assert error.code() is refused.get(engine, grpc.StatusCode.UNKNOWN)
        before = act.calls
        await one(channel, metadata=(("x", "y" * 12_000),))
    assert (before, act.calls) == (0, 1)


@pytest.mark.parametrize("size", [0, 200, 3 * 2**20, 33 * 2**20])
async def test_messages_of_any_size_that_is_taken_come_back_whole(engine: Name, size: int) -> None:
    async with (
        a_carrier(engine, served(echo)) as (_, address),
        grpc.aio.insecure_channel(address, ANY_SIZE) as channel,
    ):
        assert await one(channel, b"\xab" * size) == b"\xab" * size


async def test_a_bug_of_ours_behind_all_rings_tells_nothing_of_it(
    engine: Name, caplog: pytest.LogCaptureFixture
) -> None:
    async def act(_: bytes, __: Rpc) -> bytes:
        raise ZeroDivisionError

    async with (
        a_carrier(engine, served(act)) as (_, address),
        grpc.aio.insecure_channel(address) as channel,
    ):
        error = await failure(one(channel))
    assert error.code() in {grpc.StatusCode.UNKNOWN, grpc.StatusCode.INTERNAL}
    assert caplog.records


@pytest.mark.parametrize("outgoing", [False, True])
@pytest.mark.parametrize("metadata", [{"no key": "1"}, {"x": 1}])
async def test_metadata_that_cannot_be_sent_ends_its_own_call_alone(
    metadata: dict[str, Any], *, outgoing: bool
) -> None:
    async def act(request: bytes, rpc: Rpc) -> bytes:
        rpc.metadata = metadata if request else {}
        if outgoing:
            await rpc.send(request)
        return request

    async with (
        a_carrier("grpcio", served(act, outgoing=outgoing)) as (_, address),
        grpc.aio.insecure_channel(address) as channel,
    ):
        error = await failure(one(channel, b"word"))
        assert await one(channel) == b""
    assert error.code() is grpc.StatusCode.INTERNAL


async def test_an_unknown_method_is_unimplemented(engine: Name) -> None:
    async with (
        a_carrier(engine, served(echo)) as (_, address),
        grpc.aio.insecure_channel(address) as channel,
    ):
        other: Any = channel.unary_unary("/test.Service/Other")
        error = await failure(other(b""))
    assert error.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_a_stream_that_comes_in_is_taken_as_it_comes(engine: Name) -> None:
    async def act(_: bytes, rpc: Rpc) -> bytes:
        assert rpc.requests is not None
        return b"".join([each async for each in rpc.requests])

    async def sent() -> AsyncIterator[bytes]:
        for each in (b"a", b"b", b"c" * 2**20):
            yield each

    async with (
        a_carrier(engine, served(act, incoming=True)) as (_, address),
        grpc.aio.insecure_channel(address) as channel,
    ):
        call: Any = channel.stream_unary(ACT)
        assert await call(sent()) == b"ab" + b"c" * 2**20


async def test_an_address_in_use_is_refused(engine: Name) -> None:
    async with a_carrier(engine, served(echo)) as (_, address):
        with pytest.raises(OSError, match=address):
            await a_carrier(engine, served(echo), address=address).__aenter__()


async def test_engines_that_share_a_port_share_the_connections(engine: Name) -> None:
    acts = Doing(0), Doing(0)
    async with AsyncExitStack() as stack:
        address = LOOPBACK
        for act in acts:
            shared = a_carrier(engine, served(act), address=address, workers=2)
            _, address = await stack.enter_async_context(shared)
        for number in range(40):
            options = (("grpc.use_local_subchannel_pool", 1), ("test.number", number))
            async with grpc.aio.insecure_channel(address, options) as channel:
                await one(channel)
    assert acts[0].calls + acts[1].calls == 40
    assert acts[0].calls
    assert acts[1].calls


async def test_a_caller_who_answers_no_ping_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of grpcio that is gRPC's own test; the figures of the native engine are shortened."""
    monkeypatch.setattr(limits, "KEEPALIVE", 100)
    monkeypatch.setattr(limits, "KEEPALIVE_TIMEOUT", 200)
    act = Doing()
    async with a_carrier("native", served(act)) as (_, address):
        host, _, port = address.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS, 0, 0, b""))
        writer.write(frame(HEADERS, END_HEADERS, 1, b"".join(map(literal, HEAD))))
        writer.write(frame(DATA, END_STREAM, 1, bytes(5)))
        async with asyncio.timeout(5):
            await act.began.wait()
            heard = await reader.read()
            await act.ended.wait()
        writer.close()
    assert frame(PING, 0, 0, b"")[3:9] in heard


DATA, HEADERS, SETTINGS, PING = 0, 1, 4, 6

END_STREAM, END_HEADERS = 1, 4

HEAD = (
    (b":method", b"POST"),
    (b":scheme", b"http"),
    (b":path", ACT.encode()),
    (b":authority", b"test"),
    (b"content-type", b"application/grpc"),
    (b"te", b"trailers"),
)


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    """A frame of HTTP/2 (RFC 9113, 4.1)."""
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def literal(field: tuple[bytes, bytes]) -> bytes:
    """A field of a head as it stands, not to be remembered (RFC 7541, 6.2.2)."""
    name, value = field
    return b"\0" + bytes([len(name)]) + name + bytes([len(value)]) + value
