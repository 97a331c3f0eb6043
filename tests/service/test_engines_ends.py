"""Streams that callers read slowly or not to the end, and how an engine ends, whichever it is."""

import asyncio
import shutil
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub

from facade.errors.fault import Effect
from facade.errors.service import Overloaded
from facade.model.call import Call, Outcome
from facade.policy.overload.tarpit import Tarpit
from gateway.engines.choice import Name
from gateway.interceptors.base import End, Rpc
from gateway.interceptors.chain import Chain
from gateway.interceptors.faults import Faults
from gateway.v1.gateway_pb2 import ExecuteActionRequest, ExecuteActionResponse
from gateway.v1.gateway_pb2_grpc import GatewayServiceStub
from tests.carriers import ACT, EVERY, a_carrier, served
from tests.gateways import NOTHING, Engine, a_gateway, failure, told

SMALL, LARGE = b"x" * 100, b"x" * 2**20

REQUEST = ExecuteActionRequest(name="connectors/pets/versions/live/actions/a", parameters_json="{}")


@pytest.fixture(params=EVERY)
def engine(request: pytest.FixtureRequest) -> Name:
    name: Name = request.param
    return name


class Telling:
    """An endpoint that answers with a stream, and counts what it got rid of."""

    def __init__(self, message: bytes, most: int) -> None:
        self._message = message
        self._most = most
        self.written = 0
        self.ended = asyncio.Event()

    async def __call__(self, _request: bytes, rpc: Rpc) -> bytes:
        try:
            for _ in range(self._most):
                await rpc.context.write(self._message)
                self.written += 1
        finally:
            self.ended.set()
        return b""


def told_by(channel: Any, request: bytes = b"") -> Any:
    return channel.unary_stream(ACT)(request)


async def test_every_message_of_a_long_stream_arrives(engine: Name) -> None:
    act = Telling(SMALL, 3000)
    async with (
        a_carrier(engine, served(act, outgoing=True)) as (_, address),
        grpc.aio.insecure_channel(address) as channel,
    ):
        call = told_by(channel)
        assert sum([len(each) async for each in call]) == 3000 * len(SMALL)
        assert await call.code() is grpc.StatusCode.OK


async def test_a_stream_is_sent_no_faster_than_it_is_read(engine: Name) -> None:
    act = Telling(LARGE, 100)
    async with (
        a_carrier(engine, served(act, outgoing=True)) as (_, address),
        grpc.aio.insecure_channel(address) as channel,
    ):
        call = told_by(channel)
        await call.read()
        await asyncio.sleep(0.5)
        assert act.written < 50
        for _ in range(99):
            assert await call.read() == LARGE
        assert await call.read() is grpc.aio.EOF


@pytest.mark.parametrize("message", [SMALL, LARGE])
async def test_a_stream_whose_reader_has_gone_ends(engine: Name, message: bytes) -> None:
    act = Telling(message, 10**9)
    async with (
        a_carrier(engine, served(act, outgoing=True)) as (_, address),
        grpc.aio.insecure_channel(address) as channel,
    ):
        call = told_by(channel)
        await call.read()
        call.cancel()
        await asyncio.wait_for(act.ended.wait(), 5)


async def test_readers_that_stall_keep_no_other_call_waiting(engine: Name) -> None:
    act = Telling(LARGE, 200)

    async def quick(request: bytes, rpc: Rpc) -> bytes:
        return request or await act(request, rpc)

    async with (
        a_carrier(engine, served(quick, outgoing=True)) as (_, address),
        grpc.aio.insecure_channel(address) as channel,
    ):
        stalled = [told_by(channel) for _ in range(50)]
        for each in stalled:
            await each.read()
        async with grpc.aio.insecure_channel(address, (("test.other", 1),)) as other:
            async with asyncio.timeout(5):
                assert await told_by(other, b"word").code() is grpc.StatusCode.OK
        for each in stalled:
            each.cancel()


async def test_a_status_says_whether_a_client_may_repeat_the_call(engine: Name) -> None:
    """Only what nothing has heard of comes without metadata before its end (gRFC A6)."""
    effects = [Effect.UNKNOWN, Effect.NOT_EXECUTED]

    async def act(request: bytes, _: Rpc) -> bytes:
        raise Overloaded("full", effect=effects[int(request)])

    chain = Chain(act, (Faults(Tarpit()),))

    def begin(request: bytes, rpc: Rpc) -> End | Awaitable[End]:
        rpc.metadata["x-trace-id"] = "ab"
        return chain.begin(request, rpc)

    async with (
        a_carrier(engine, served(begin)) as (_, address),
        grpc.aio.insecure_channel(address) as channel,
    ):
        call: Any = channel.unary_unary(ACT)
        unknown, repeatable = await failure(call(b"0")), await failure(call(b"1"))
    assert ("x-trace-id", "ab") in set(unknown.initial_metadata())
    assert not set(repeatable.initial_metadata())
    assert ("x-trace-id", "ab") in set(repeatable.trailing_metadata())
    assert told(unknown)[0].reason == told(repeatable)[0].reason == "OVERLOADED"


@pytest.mark.parametrize("megabytes", [11, 34])
async def test_a06_a_request_beyond_the_limit_is_refused_and_the_connection_goes_on(
    engine: Name, tmp_path: Path, megabytes: int
) -> None:
    options = (("grpc.max_send_message_length", -1),)
    async with (
        a_gateway(tmp_path, engine=engine) as served_,
        grpc.aio.insecure_channel(served_.address, options) as channel,
    ):
        stub = GatewayServiceStub(channel)
        large = ExecuteActionRequest(parameters_json="x" * (megabytes << 20))
        error = await failure(stub.ExecuteAction(large))
        await stub.ExecuteAction(REQUEST)
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    if megabytes == 11 or engine == "native":  # beyond 33 MiB grpcio itself refuses
        assert told(error)[0].reason == "REQUEST_TOO_LARGE"


class Slow(Engine):
    """An engine whose calls take a moment, and that tells when the first one has begun."""

    def __init__(self, seconds: float, size: int = 1) -> None:
        super().__init__(self._moment)
        self._seconds = seconds
        self._answer = b'"%s"' % (b"x" * size)
        self.began = asyncio.Event()

    async def _moment(self, _: Call) -> Outcome:
        self.began.set()
        await asyncio.sleep(self._seconds)
        return Outcome(json=self._answer, exchange=NOTHING)


async def executed(channel: grpc.aio.Channel) -> str:
    answer: ExecuteActionResponse = await GatewayServiceStub(channel).ExecuteAction(REQUEST)
    return answer.json


@pytest.mark.parametrize("size", [10, 3 * 2**20])
async def test_what_is_under_way_when_the_server_ends_is_answered_whole(
    engine: Name, tmp_path: Path, size: int
) -> None:
    slow = Slow(0.2, size)
    options = (("grpc.max_receive_message_length", -1),)
    async with (
        a_gateway(tmp_path, slow, engine=engine, drain_grace=5.0) as served_,
        grpc.aio.insecure_channel(served_.address, options) as channel,
    ):
        answer = asyncio.ensure_future(executed(channel))
        await asyncio.wait_for(slow.began.wait(), 2)
        await served_.server.drain()
        assert len(await answer) == size + 2


async def test_m16_who_calls_while_the_server_ends_may_call_again(
    engine: Name, tmp_path: Path
) -> None:
    slow = Slow(0.6)
    async with (
        a_gateway(tmp_path, slow, engine=engine, drain_grace=5.0) as served_,
        grpc.aio.insecure_channel(served_.address) as channel,
    ):
        first = asyncio.ensure_future(executed(channel))
        await asyncio.wait_for(slow.began.wait(), 2)
        drained = asyncio.ensure_future(served_.server.drain())
        await asyncio.sleep(0.2)
        error = await failure(executed(channel))
        assert error.code() is grpc.StatusCode.UNAVAILABLE
        assert not set(error.initial_metadata())
        assert await first == '"x"'
        await drained
    assert len(slow.calls) == 1
    if engine == "native":  # grpcio says GOAWAY, and its client says the rest
        info, _ = told(error)
        assert (info.reason, info.metadata["outcome"]) == ("OVERLOADED", "NOT_EXECUTED")


async def test_what_outlives_the_grace_is_told_that_it_may_have_been_executed(
    engine: Name, tmp_path: Path
) -> None:
    slow = Slow(20)
    async with (
        a_gateway(tmp_path, slow, engine=engine, drain_grace=0.4) as served_,
        grpc.aio.insecure_channel(served_.address) as channel,
    ):
        answer = asyncio.ensure_future(failure(executed(channel)))
        await asyncio.wait_for(slow.began.wait(), 2)
        await served_.server.drain()
        info, _ = told(await answer)
    assert (info.reason, info.metadata["outcome"]) == ("OVERLOADED", "UNKNOWN")


async def test_who_watches_health_hears_the_end_and_holds_nothing_up(
    engine: Name, tmp_path: Path
) -> None:
    async with (
        a_gateway(tmp_path, engine=engine, drain_delay=0.2, drain_grace=5.0) as served_,
        grpc.aio.insecure_channel(served_.address) as channel,
    ):
        watch = HealthStub(channel).Watch(HealthCheckRequest(service="gateway.v1.GatewayService"))
        assert (await watch.read()).status == HealthCheckResponse.SERVING
        heard = asyncio.create_task(watch.read())  # gRPC's core drops what is unread at the end
        async with asyncio.timeout(3):
            await served_.server.drain()
        assert (await heard).status == HealthCheckResponse.NOT_SERVING


async def test_the_server_is_described_to_grpcurl(engine: Name, tmp_path: Path) -> None:
    program = shutil.which("grpcurl")
    if program is None:
        pytest.skip("there is no grpcurl")
    async with a_gateway(tmp_path, engine=engine) as served_:
        listing = await asyncio.create_subprocess_exec(
            *(program, "-plaintext", served_.address, "list"), stdout=asyncio.subprocess.PIPE
        )
        told_, _ = await listing.communicate()
    assert set(told_.decode().split()) >= {"gateway.v1.GatewayService", "gateway.v1.StreamService"}
