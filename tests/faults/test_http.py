"""The HTTP-aware proxy: what it says that nobody asked for is seen on the wire."""

import asyncio

import pytest

from tests.fakes import HttpBackend, answer
from tests.faults.http import POISON, HttpFault, HttpProxy, read_answer
from tests.faults.proxy import connect


def ask(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: h\r\n\r\n".encode()


def own_path(request: bytes) -> bytes:
    """An answer that names the path that was asked for."""
    return answer(request.split(b" ", 2)[1])


@pytest.mark.parametrize(
    ("fault", "surplus"), [(HttpFault.DOUBLE, POISON), (HttpFault.SURPLUS, b"surplus")], ids=str
)
async def test_surplus_comes_in_the_segment_of_the_answer(fault: HttpFault, surplus: bytes) -> None:
    async with HttpBackend(own_path) as backend, HttpProxy(backend.port) as proxy:
        proxy.fault = fault
        reader, writer = await connect(proxy.port)
        writer.write(ask("/a"))
        assert await reader.read(65536) == answer(b"/a") + surplus
        writer.close()


async def test_late_surplus_comes_on_the_idle_connection() -> None:
    async with HttpBackend(own_path) as backend, HttpProxy(backend.port) as proxy:
        proxy.fault = HttpFault.LATE
        reader, writer = await connect(proxy.port)
        writer.write(ask("/a"))
        assert await reader.read(65536) == answer(b"/a")
        assert await reader.read(65536) == POISON
        writer.close()


async def test_answers_change_connections() -> None:
    async with HttpBackend(own_path) as backend, HttpProxy(backend.port) as proxy:
        proxy.fault = HttpFault.SWAP
        proxy.swap.patience = 1.0
        talks = [await connect(proxy.port) for _ in range(2)]
        for (_, writer), path in zip(talks, ("/a", "/b"), strict=True):
            writer.write(ask(path))
        answers = [await read_answer(reader) for reader, _ in talks]
        assert answers == [answer(b"/b"), answer(b"/a")]
        assert proxy.swap.swapped == 1
        for _, writer in talks:
            writer.close()


async def test_alone_an_answer_is_swapped_with_none() -> None:
    async with HttpBackend(own_path) as backend, HttpProxy(backend.port) as proxy:
        proxy.fault = HttpFault.SWAP
        reader, writer = await connect(proxy.port)
        writer.write(ask("/a"))
        assert await read_answer(reader) == answer(b"/a")
        assert proxy.swap.swapped == 0
        writer.close()


async def test_a_share_of_the_answers_is_befallen_and_others_pass() -> None:
    async def befallen(seed: int) -> list[bool]:
        async with HttpBackend(own_path) as backend, HttpProxy(backend.port, seed=seed) as proxy:
            proxy.fault, proxy.share = HttpFault.SURPLUS, 0.5
            reader, writer = await connect(proxy.port)
            found = []
            for _ in range(20):
                writer.write(ask("/a"))
                found.append((await reader.read(65536)).endswith(b"surplus"))
            writer.close()
            await asyncio.sleep(0)
            assert found.count(True) == proxy.befallen
            return found

    first = await befallen(1)
    assert 0 < first.count(True) < 20
    assert await befallen(1) == first != await befallen(2)
