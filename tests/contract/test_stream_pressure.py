"""Streams whose two sides differ in speed: nothing piles up, and whoever leaves is noticed."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status

from gateway.engines.choice import Name
from gateway.interceptors import base
from gateway.v1.stream_pb2 import StreamActionRequest
from gateway.v1.stream_pb2_grpc import StreamServiceStub
from tests.doors import Door, a_door, named, operation
from tests.fakes import RawBackend, read_request

pytestmark = pytest.mark.alone  # megabytes in seconds

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n\r\n"
LINE = b'"' + b"x" * 65_533 + b'"\n'


class Torrent(RawBackend):
    """A backend that says lines as fast as they are taken; knows how many were, and the end."""

    def __init__(self, lines: int = 4_000, pause: float = 0.0) -> None:
        super().__init__(self._pour)
        self.lines = lines
        self.pause = pause
        self.said = 0
        self.gone = asyncio.Event()

    async def _pour(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(HEAD)
        pour = asyncio.ensure_future(self._say(writer))
        try:
            await reader.read(1)
        except ConnectionError:
            pass
        finally:
            self.gone.set()
            pour.cancel()

    async def _say(self, writer: asyncio.StreamWriter) -> None:
        for _ in range(self.lines):
            writer.write(LINE)
            await writer.drain()
            self.said += 1
            await asyncio.sleep(self.pause)
        writer.close()


@pytest.fixture
async def door(tmp_path: Path, engine: Name) -> AsyncIterator[Door]:
    async with a_door(tmp_path, engine=engine) as opened:
        yield opened


async def start(door: Door, backend: RawBackend, within: float | None = 8) -> Any:
    await door.publish("it", operation("get", "/"), backend.origin)
    stub: Any = StreamServiceStub(door.channel)
    request = StreamActionRequest(name=named("it/act"), parameters_json="{}")
    return stub.StreamAction(request, timeout=within)


async def read_all(call: Any) -> None:
    while await call.read() is not grpc.aio.EOF:
        pass


async def settled(backend: Torrent) -> int:
    """What the backend has said once nobody takes more of it."""
    before = -1
    while backend.said != before:
        before = backend.said
        await asyncio.sleep(0.2)
    return before


async def test_a24_a_slow_caller_stops_the_reading_of_the_backends_socket(door: Door) -> None:
    async with Torrent() as backend:
        call = await start(door, backend)
        for _ in range(3):
            await call.read()
        first = await settled(backend)
        for _ in range(150):
            await call.read()
        second = await settled(backend)
        call.cancel()
        await asyncio.wait_for(backend.gone.wait(), 1)
    assert first * len(LINE) < 24 * 2**20  # the sockets' own buffers are most of it
    assert first < second < first + 300


@pytest.mark.parametrize("reading", [True, False])
async def test_a04_a_cancelled_stream_closes_the_backends_connection_within_50_ms(
    door: Door, *, reading: bool
) -> None:
    async with Torrent(pause=60.0 if reading else 0.0) as backend:
        call = await start(door, backend)
        for _ in range(2):
            await call.read()
        waiting = asyncio.ensure_future(call.read()) if reading else None
        await asyncio.sleep(0.1 if reading else 0.5)
        began = time.perf_counter()
        call.cancel()
        await asyncio.wait_for(backend.gone.wait(), 1)
        took = time.perf_counter() - began
        if waiting is not None:
            await asyncio.gather(waiting, return_exceptions=True)
    assert took < 0.05


async def test_a24_a_caller_without_a_deadline_who_does_not_read_is_let_go(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "PATIENCE", 0.3)
    async with Torrent() as backend:
        call = await start(door, backend, within=None)
        await call.read()
        await asyncio.wait_for(backend.gone.wait(), 2)
        with pytest.raises(grpc.aio.AioRpcError) as failure:
            await read_all(call)
    assert failure.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    status = rpc_status.from_call(failure.value) or Status()
    info = ErrorInfo()
    assert status.details[0].Unpack(info)
    assert (info.reason, info.metadata["outcome"]) == ("DEADLINE_EXCEEDED", "EXECUTED")


async def test_a_stream_that_is_left_unread_ends_with_its_connection(door: Door) -> None:
    async with Torrent() as backend:
        call = await start(door, backend)
        await call.read()
        await door.channel.close()
        await asyncio.wait_for(backend.gone.wait(), 1)


async def test_an_array_far_larger_than_an_answer_may_be_comes_through(door: Door) -> None:
    element = b'{"id": 12345678901234567890, "tags": ["a", "b]"], "text": "' + b"y" * 900 + b'"}'

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n[")
        for _ in range(200):
            writer.write(b",\n ".join([element] * 100) + b",")
            await writer.drain()
        writer.write(element + b"]")

    async with RawBackend(script) as backend:
        call = await start(door, backend)
        sizes = [len(each.json) async for each in call if each.HasField("json")]
    assert sizes == [len(element)] * 20_001
