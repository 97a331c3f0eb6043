"""How a stream ends before its end: cuts, reconnections, deadlines."""

import asyncio
import itertools
import re
import time
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from facade import engine
from facade.streaming import Streaming
from gateway.engines.choice import Name
from tests.doors import Door, a_door
from tests.fakes import RawBackend, Script, cut, read_request, says
from tests.streams import EVENTS, chunked, streams

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(tmp_path_factory: pytest.TempPathFactory, engine: Name) -> AsyncIterator[Door]:
    async with a_door(tmp_path_factory.mktemp("streams"), engine=engine) as opened:
        yield opened


@pytest.fixture(scope="module")
def names() -> Iterator[str]:
    """A connector of its own for each backend."""
    return (f"it{number}" for number in itertools.count())


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
async def test_a_cut_in_the_middle_is_the_last_word_after_the_items(
    door: Door, names: Iterator[str], *, reset: bool
) -> None:
    said = EVENTS + chunked(b"id: 7\ndata: 1\n\ndata: half")[0]
    async with RawBackend(cut(said, reset=reset)) as backend:
        found, refusal = await (await streams(door, names, backend)).until()
    assert refusal is not None
    assert refusal.said == ("UNAVAILABLE", "BACKEND_UNAVAILABLE", "backend", "EXECUTED")
    assert refusal.info.metadata["httpStatus"] == "200"
    assert [*found[1]["event"]] == ["id", "event", "json"]
    assert len(found) == 2


def broken_off(*pieces: bytes) -> Script:
    """Says an event stream whose end never comes."""
    return says(EVENTS, *chunked(*pieces)[:-1])


async def test_a_stream_that_is_cut_is_taken_up_behind_its_last_event(
    door: Door, names: Iterator[str]
) -> None:
    seen: list[bytes] = []
    answers = [
        EVENTS + chunked(b"retry: 1\nid: a\ndata: 1\n\nid: b\ndata: 2\n\nid: c\ndata: lost")[0],
        b"",
        EVENTS + b"".join(chunked(b"data: 3\n\n")),
    ]

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await read_request(reader))
        writer.write(answers[len(seen) - 1])

    async with RawBackend(script) as backend:
        found = await (await streams(door, names, backend)).items(reconnect=True)
    assert [each["event"]["json"] for each in found[1:]] == ["1", "2", "3"]
    ids = [re.findall(rb"(?im)^last-event-id: (.*)\r$", each) for each in seen]
    assert ids == [[], [b"b"], [b"b"]]


@pytest.mark.parametrize(
    ("action", "fields", "said", "connections"),
    [
        ("getIt", {}, b"id: a\ndata: 1\n\n", 1),
        ("getIt", {"reconnect": True}, b"data: 1\n\n", 1),
        ("postAny", {"reconnect": True}, b"id: a\ndata: 1\n\n", 1),
        ("getIt", {"reconnect": True}, b"retry: 1\nid: a\n\n", 4),
        ("getIt", {"reconnect": True, "within": 1}, b"retry: 9000\nid: a\ndata: 1\n\n", 1),
    ],
)
async def test_a_cut_is_the_end_where_a_reconnection_is_not_wanted_safe_or_of_use(
    door: Door,
    names: Iterator[str],
    action: str,
    fields: dict[str, Any],
    said: bytes,
    connections: int,
) -> None:
    async with RawBackend(broken_off(said)) as backend:
        _, refusal = await (await streams(door, names, backend)).until(action, **fields)
    assert refusal is not None
    assert refusal.said[:2] == ("UNAVAILABLE", "BACKEND_UNAVAILABLE")
    assert backend.connections == connections


async def test_d29_the_callers_deadline_is_for_the_whole_stream(
    door: Door, names: Iterator[str]
) -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(EVENTS)
        for number in range(100):
            writer.write(chunked(b"data: %d\n\n" % number)[0])
            await writer.drain()
            await asyncio.sleep(0.02)

    async with RawBackend(drip) as backend:
        made = await streams(door, names, backend, policy={"timeout": {"nanos": 200_000_000}})
        started = time.monotonic()
        found, refusal = await made.until(within=0.5)
        took = time.monotonic() - started
    assert refusal is not None
    assert refusal.said == ("DEADLINE_EXCEEDED", "BACKEND_TIMEOUT", "backend", "EXECUTED")
    assert 0.4 < took < 0.7
    assert len(found) > 10


async def test_the_versions_timeout_is_for_the_head_of_the_answer(
    door: Door, names: Iterator[str]
) -> None:
    async with RawBackend(says(b"", pause=5)) as backend:
        made = await streams(door, names, backend, policy={"timeout": {"nanos": 200_000_000}})
        _, refusal = await made.until()
    assert refusal is not None
    assert refusal.said == ("DEADLINE_EXCEEDED", "BACKEND_TIMEOUT", "backend", "UNKNOWN")


async def test_a_silent_stream_without_a_deadline_ends(
    tmp_path: Path, names: Iterator[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def mumble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(EVENTS)
        for _ in range(4):
            writer.write(chunked(b": not silent\n")[0])
            await asyncio.sleep(0.1)
        await reader.read(1)

    monkeypatch.setattr(engine, "Streaming", partial(Streaming, idle=0.3))
    async with a_door(tmp_path) as door, RawBackend(mumble) as backend:
        made = await streams(door, names, backend)
        started = time.monotonic()
        _, refusal = await made.until(within=None)
        took = time.monotonic() - started
    assert refusal is not None
    assert refusal.said == ("DEADLINE_EXCEEDED", "BACKEND_TIMEOUT", "backend", "EXECUTED")
    assert refusal.message.startswith("the backend sent nothing for 0.3 s")
    assert 0.6 < took < 1
