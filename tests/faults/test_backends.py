"""The scripted backend, and the one that counts."""

import asyncio
import re

import pytest

from tests.fakes import RawBackend, answer
from tests.faults.backends import (
    ALL,
    BUSY,
    CountingBackend,
    Request,
    Said,
    Step,
    flapping,
    in_turn,
    plays,
)
from tests.faults.http import read_answer
from tests.faults.proxy import connect

OK = Said(answer(b"ok"))


def ask(path: str, key: str = "") -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: h\r\nX-Key: {key}\r\n\r\n".encode()


def of_header(request: Request) -> str:
    found = re.search(rb"X-Key: (.*)\r\n", request.raw)
    return found[1].decode() if found else ""


async def asked(port: int, path: str, key: str = "") -> bytes:
    reader, writer = await connect(port)
    try:
        writer.write(ask(path, key))
        return await read_answer(reader)
    finally:
        writer.close()


async def test_a_script_hears_speaks_waits_and_resets() -> None:
    script = plays(Step.HEAR, b"one", 0.02, b"two", Step.HEAR, Step.RESET)
    async with RawBackend(script) as backend:
        reader, writer = await connect(backend.port)
        writer.write(ask("/"))
        assert [await reader.read(99), await reader.read(99)] == [b"one", b"two"]
        writer.write(ask("/"))
        with pytest.raises(ConnectionResetError):
            await reader.read(99)
        writer.close()


async def test_a_script_ends_its_direction_and_hears_on() -> None:
    async with RawBackend(plays(b"early", Step.END, Step.HEAR)) as backend:
        reader, writer = await connect(backend.port)
        assert await reader.read(-1) == b"early"
        writer.write(ask("/"))
        await writer.drain()
        writer.close()


async def test_requests_are_counted_by_path_and_by_key_and_at_once() -> None:
    async with CountingBackend(in_turn(Said(OK.data, 0.05)), of_header) as backend:
        calls = [("/a", "x"), ("/a", "y"), ("/a", "x"), ("/b", "x")]
        await asyncio.gather(*(asked(backend.port, *call) for call in calls))
        assert backend.paths.total == {ALL: 4, "/a": 3, "/b": 1}
        assert backend.paths.most == {ALL: 4, "/a": 3, "/b": 1}
        assert backend.keys.total == {"x": 3, "y": 1}
        await asked(backend.port, "/b", "x")
        assert backend.paths.most["/b"] == 1
        assert set(backend.paths.current.values()) == {0}
        assert len(backend.times) == 5


async def test_a_caller_who_leaves_is_counted_no_longer() -> None:
    async with CountingBackend(in_turn(Said(OK.data, 0.02))) as backend:
        _, writer = await connect(backend.port)
        writer.write(ask("/a"))
        await writer.drain()
        writer.close()
        await asyncio.sleep(0.1)
        assert (backend.paths.total[ALL], backend.paths.current[ALL]) == (1, 0)


async def test_a_schedule_answers_in_turn_and_can_be_changed() -> None:
    async with CountingBackend(in_turn(OK, BUSY)) as backend:
        said = [await asked(backend.port, "/a") for _ in range(3)]
        assert said == [OK.data, BUSY.data, BUSY.data]
        assert await asked(backend.port, "/b") == OK.data
        backend.schedule = in_turn(OK)
        assert await asked(backend.port, "/a") == OK.data


@pytest.mark.parametrize(("since", "said"), [(0.0, OK), (0.9, OK), (1.0, BUSY), (3.5, OK)])
def test_flapping_goes_up_and_down(since: float, said: Said) -> None:
    request = Request(method="GET", path="/", raw=b"", count=1, since=since)
    assert flapping(1.0, 2.0, OK)(request) == said
