"""Streams and uploads through a facade, seen from the gateway's door."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from facade.errors.caller import VersionNotFound
from facade.errors.service import Overloaded
from gateway.engines.choice import Name
from gateway.v1.gateway_pb2 import ExecuteActionRequest
from gateway.v1.stream_pb2 import UploadActionRequest, UploadHead
from gateway.v1.stream_pb2_grpc import StreamServiceStub
from gateway.v1.version_pb2 import Indirect
from tests.doors import Door, a_door, document, named
from tests.facades import Facade, faulty, key_file, marked, read
from tests.fakes import RawBackend, Script, answer, break_off, read_request, says
from tests.faults.backends import Step, plays
from tests.streams import SPEC, Streams, chunked, head

MARKS = ("portico-origin: backend", "portico-cache: miss", "Transfer-Encoding: chunked")

EVENTS = head("text/event-stream", *MARKS)

FIRST, SECOND = chunked(b'id: 1\ndata: {"n": 1}\n\n', b"id: 2\ndata: x\n\n")[:2]


@pytest.fixture
async def door(tmp_path: Path, engine: Name) -> AsyncIterator[Door]:
    async with a_door(tmp_path, hop_key=key_file(tmp_path), engine=engine) as opened:
        yield opened


async def streams(door: Door, facade: RawBackend, **fields: Any) -> Streams:
    """The connector behind a facade."""
    indirect = Indirect(facade_uri=facade.origin, **fields)
    await door.publish("it", SPEC, "", indirect=indirect)
    return Streams(door, "it")


def hears(seen: list[bytes], *pieces: bytes) -> Script:
    """Says the pieces, and keeps what was asked."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await read_request(reader))
        writer.write(b"".join(pieces))
        await writer.drain()

    return script


@pytest.mark.parametrize("within", [5, None])
async def test_a_stream_arrives_item_by_item(door: Door, within: float | None) -> None:
    seen: list[bytes] = []
    async with RawBackend(hears(seen, EVENTS, FIRST, SECOND, b"0\r\n\r\n")) as facade:
        found = await (await streams(door, facade)).items(within=within)
    assert [[*each] for each in found] == [["head"], ["event"], ["event"]]
    assert not [each for each in found[0]["head"]["headers"] if each.startswith("portico")]
    handed = read(seen[0]).handed
    assert handed.stream
    assert (handed.timeout is None) is (within is None)
    assert handed.timeout is None or 4.5 < handed.timeout <= 4.99


async def test_a_streams_failure_is_the_facades_or_the_hops(door: Door) -> None:
    async with RawBackend(plays(Step.HEAR, EVENTS, FIRST, 0.05, Step.RESET)) as facade:
        found, refusal = await (await streams(door, facade)).until()
    assert [[*each] for each in found] == [["head"], ["event"]]
    assert refusal is not None
    assert refusal.said == ("UNAVAILABLE", "FACADE_UNAVAILABLE", "gateway", "EXECUTED")


async def test_a_stream_that_was_cut_off_is_taken_up_again(door: Door) -> None:
    seen: list[bytes] = []

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await read_request(reader))
        if len(seen) == 1:
            writer.write(EVENTS + chunked(b"retry: 10\nid: 1\ndata: x\n\n")[0])
            await writer.drain()
            await asyncio.sleep(0.05)
            break_off(writer)
        else:
            writer.write(EVENTS + SECOND + b"0\r\n\r\n")

    async with RawBackend(script) as facade:
        found = await (await streams(door, facade)).items(reconnect=True)
    assert [[*each] for each in found] == [["head"], ["event"], ["event"]]
    assert [read(each).header("last-event-id") for each in seen] == [[], ["1"]]


@pytest.mark.parametrize(
    ("said", "row"),
    [
        (marked({}, 404), ("NOT_FOUND", "BACKEND_NOT_FOUND", "backend", "EXECUTED")),
        (faulty(Overloaded("full")), ("UNAVAILABLE", "OVERLOADED", "facade", "NOT_EXECUTED")),
        (
            faulty(VersionNotFound("no v9")),
            ("UNAVAILABLE", "FACADE_UNAVAILABLE", "gateway", "NOT_EXECUTED"),
        ),
        (
            answer(b"{}", status=404),
            ("UNAVAILABLE", "FACADE_UNAVAILABLE", "gateway", "NOT_EXECUTED"),
        ),
        (answer(b"{}"), ("UNAVAILABLE", "FACADE_UNAVAILABLE", "gateway", "UNKNOWN")),
        (b"SSH-2.0\r\n", ("UNAVAILABLE", "FACADE_UNAVAILABLE", "gateway", "UNKNOWN")),
    ],
)
async def test_c04_a_stream_that_does_not_begin_says_why(
    door: Door, said: bytes, row: tuple[str, ...]
) -> None:
    async with RawBackend(says(said)) as facade:
        found, refusal = await (await streams(door, facade)).until()
    assert found == []
    assert refusal is not None
    assert refusal.said == row


async def test_a_third_partys_stream_is_known_by_its_mark(door: Door) -> None:
    seen: list[bytes] = []
    said = head("text/event-stream", "X-Facade: 1", "Transfer-Encoding: chunked")
    async with RawBackend(hears(seen, said, FIRST, b"0\r\n\r\n")) as facade:
        found = await (await streams(door, facade, mark="x-facade")).items()
    assert [[*each] for each in found] == [["head"], ["event"]]
    assert not [name for name, _ in read(seen[0]).headers if name.startswith("portico")]


async def test_c01_a_stream_whose_facade_is_gone_says_so(door: Door) -> None:
    async with RawBackend(says(b"")) as facade:
        called = await streams(door, facade)
    found, refusal = await called.until()
    assert found == []
    assert refusal is not None
    assert refusal.said == ("UNAVAILABLE", "FACADE_UNAVAILABLE", "gateway", "NOT_EXECUTED")


async def test_an_upload_goes_out_as_it_comes_and_is_not_signed(door: Door) -> None:
    call = ExecuteActionRequest(name=named("store/put"), parameters_json="{}")

    async def requests() -> AsyncIterator[UploadActionRequest]:
        yield UploadActionRequest(head=UploadHead(call=call, size=6))
        for chunk in (b"abc", b"def"):
            yield UploadActionRequest(chunk=chunk)

    put = {
        "operationId": "put",
        "requestBody": {"content": {"application/octet-stream": {}}},
        "responses": {},
    }
    async with Facade() as facade:
        await door.publish(
            "store", document({"/raw": {"put": put}}), "", indirect=facade.indirect()
        )
        stub: Any = StreamServiceStub(door.channel)
        answered = await stub.UploadAction(requests(), timeout=5)
        (asked,) = facade.asked
    assert answered.json == '{"ok": true}'
    assert asked.body == b"abcdef"
    assert "body=unsigned-payload" in asked.header("portico-signature")[0]
    assert asked.handed.timeout is not None
    assert 4.5 < asked.handed.timeout <= 4.99
