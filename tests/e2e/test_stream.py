"""Streams end to end: a real gateway, real clients, a backend that speaks piece by piece."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from itertools import islice

import pytest
import pytest_asyncio

from gateway.client import CallError, Client
from tests.fakes import RawBackend, Script, answer, read_request
from tests.processes import Running, portico_up
from tests.streams import EVENTS, SPEC, chunked, head

EVENT = b'id: 1\nevent: x\nretry: 9\ndata: {"a":\ndata: 1.0}\n\ndata: \xc3\xbc\n\n'
ITEMS = b'{"data": [1.10, {"a":\r\n 9007199254740993}, "\xc3\xbc"]}'


def routed(*answers: tuple[bytes, list[bytes]]) -> Script:
    """Answers each target with its pieces."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await read_request(reader)
        for target, pieces in answers:
            if request.startswith(target + b" "):
                writer.writelines(pieces)

    return script


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    script = routed(
        (b"GET /it", [EVENTS, *chunked(EVENT)]),
        (b"GET /any", [answer(ITEMS, headers=(("Content-Type", "application/json"),))]),
        (b"POST /any", [head("image/png"), bytes(range(256))]),
        (b"GET /lines", [head("application/x-ndjson", "Content-Length: 9"), b"1\n2\n"]),
    )
    async with RawBackend(script) as backend:
        folder = tmp_path_factory.mktemp("streams")
        spec = folder / "openapi.json"
        spec.write_text(json.dumps(SPEC), encoding="utf-8")
        version = {"id": "v1", "server": backend.origin, "spec": str(spec)}
        file = {"connector": "it", "versions": [version], "live": "v1"}
        async with portico_up(folder, {"it.yaml": json.dumps(file)}) as started:
            yield started


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_command_prints_a_line_for_each_event(running: Running) -> None:
    done = await running.portico("call", "it/getIt", "--stream")
    assert done.text.splitlines() == [
        '{"id": "1", "event": "x", "data": {"a": 1.0}, "retry": 9}',
        '{"id": "1", "event": "message", "data": "ü"}',
    ]


async def test_the_command_prints_a_line_for_each_element(running: Running) -> None:
    done = await running.portico("call", "it/getAny", "--stream", "--elements", "/data")
    assert done.text.splitlines() == ["1.10", '{"a":   9007199254740993}', '"ü"']


async def test_the_command_prints_the_request_of_a_stream_and_sends_nothing(
    running: Running,
) -> None:
    done = await running.portico("call", "it/getIt", "--stream", "--dry-run")
    assert "-H 'accept: text/event-stream, */*;q=0.1'" in done.text


async def test_the_command_tells_of_a_cut_after_the_items(running: Running) -> None:
    done = await running.portico("call", "it/getLines", "--stream", "-x")
    assert (done.status, done.text) == (1, "1\n2\n")
    assert "error UNAVAILABLE the backend cut its answer off" in done.err
    assert "Status:" in done.err


async def test_the_client_gives_items_as_python_has_them(running: Running) -> None:
    def use() -> Iterator[object]:
        with Client(running.address) as client:
            yield [*client.stream("it/getIt")]
            yield [*client.stream("it/getAny", "/data")]
            yield b"".join(client.stream("it/postAny"))
            yield [*islice(client.stream("it/getLines"), 2)]

    events, elements, chunks, lines = await asyncio.to_thread(lambda: [*use()])
    assert events == [
        {"id": "1", "event": "x", "data": {"a": 1.0}},
        {"id": "1", "event": "message", "data": "ü"},
    ]
    assert elements == [1.1, {"a": 9007199254740993}, "ü"]
    assert chunks == bytes(range(256))
    assert lines == [1, 2]


async def test_the_client_tells_of_a_cut_after_the_items(running: Running) -> None:
    def use() -> None:
        with Client(running.address) as client:
            for each in client.stream("it/getLines"):
                got.append(each)  # noqa: PERF402 - what came before the error counts

    got: list[object] = []
    with pytest.raises(CallError) as failure:
        await asyncio.to_thread(use)
    assert got == [1, 2]
    assert failure.value.reason == "BACKEND_UNAVAILABLE"
