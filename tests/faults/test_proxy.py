"""The fault proxy: each fault is seen on the wire."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.fakes import RawBackend
from tests.faults.proxy import HOLE, NONE, End, FaultProxy, Faults, connect


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Says everything back, and ends when the client does."""
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()


@asynccontextmanager
async def before_echo(seed: int = 0) -> AsyncIterator[FaultProxy]:
    async with RawBackend(echo) as backend, FaultProxy(backend.port, seed=seed) as proxy:
        yield proxy


async def asked(place: int | Path, data: bytes, size: int) -> bytes:
    """What comes back of the data, on a connection of its own."""
    reader, writer = await connect(place)
    try:
        writer.write(data)
        return await reader.readexactly(size)
    finally:
        writer.close()


async def pieces(port: int, data: bytes) -> list[bytes]:
    """What each read of a socket gives until the end, which may be a reset."""
    reader, writer = await connect(port)
    writer.write(data)
    found = []
    try:
        while piece := await reader.read(65536):
            found.append(piece)
    except ConnectionResetError:
        found.append(b"RST")
    writer.close()
    return found


async def test_without_faults_everything_passes_and_ends() -> None:
    data = bytes(range(256)) * 4096
    async with before_echo() as proxy:
        reader, writer = await connect(proxy.port)
        writer.write(data)
        writer.write_eof()
        assert await reader.read(-1) == data
        writer.close()


async def test_latency_and_jitter_delay_both_ways_and_keep_the_order() -> None:
    async with before_echo(seed=7) as proxy:
        proxy.set(Faults(latency=0.05, jitter=0.02))
        began = time.monotonic()
        assert await asked(proxy.port, b"0123456789", 10) == b"0123456789"
        assert 0.1 <= time.monotonic() - began < 1.0
        proxy.set(NONE)
        began = time.monotonic()
        await asked(proxy.port, b"x", 1)
        assert time.monotonic() - began < 0.05


async def test_latency_is_no_bandwidth() -> None:
    async with before_echo() as proxy:
        proxy.down = Faults(latency=0.05)
        reader, writer = await connect(proxy.port)
        began = time.monotonic()
        for _ in range(20):
            writer.write(b"x")
            await asyncio.sleep(0.005)
        await reader.readexactly(20)
        assert time.monotonic() - began < 0.5
        writer.close()


async def test_bandwidth_takes_its_time() -> None:
    async with before_echo() as proxy:
        proxy.down = Faults(bandwidth=100_000)
        began = time.monotonic()
        await asked(proxy.port, bytes(20_000), 20_000)
        assert 0.18 <= time.monotonic() - began < 1.0


async def test_slicing_makes_segments() -> None:
    async with before_echo() as proxy:
        proxy.down = Faults(slicing=3, pause=0.01, end=End.CLOSE, after=10)
        assert await pieces(proxy.port, b"0123456789") == [b"012", b"345", b"678", b"9"]


@pytest.mark.parametrize(
    ("end", "found"), [(End.RESET, [b"0123", b"RST"]), (End.CLOSE, [b"0123"])], ids=str
)
async def test_a_connection_ends_after_so_many_bytes(end: End, found: list[bytes]) -> None:
    async with before_echo() as proxy:
        proxy.down = Faults(slicing=4, pause=0.01)
        assert await asked(proxy.port, b"0123456789", 10) == b"0123456789"
        proxy.down = Faults(slicing=4, pause=0.01, end=end, after=4)
        read = await pieces(proxy.port, b"0123456789")
        # The reset may come before what was sent ahead of it has been read.
        assert read in (found, found[1:])


async def test_a_reset_at_once_lets_nothing_through() -> None:
    async with before_echo() as proxy:
        proxy.up = Faults(end=End.RESET)
        assert await pieces(proxy.port, b"0123456789") == [b"RST"]


async def test_open_connections_are_reset_at_any_moment() -> None:
    async with before_echo() as proxy:
        reader, writer = await connect(proxy.port)
        writer.write(b"x")
        assert await reader.readexactly(1) == b"x"
        proxy.reset()
        with pytest.raises(ConnectionResetError):
            await reader.readexactly(1)
        writer.close()


async def test_a_black_hole_swallows_from_a_byte_on_and_says_nothing() -> None:
    async with before_echo() as proxy:
        reader, writer = await connect(proxy.port)
        proxy.down = Faults(end=End.SWALLOW, after=4)
        writer.write(b"0123456789")
        assert await reader.readexactly(4) == b"0123"
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(1), 0.05)
        proxy.down = NONE
        writer.write(b"x")
        assert await reader.readexactly(1) == b"x"
        writer.close()


async def test_a_black_hole_accepts_and_hides_the_end_of_the_server() -> None:
    async with (
        RawBackend(lambda _reader, writer: writer.drain()) as backend,
        FaultProxy(backend.port) as proxy,
    ):
        proxy.set(HOLE)
        reader, writer = await connect(proxy.port)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(1), 0.05)
        writer.close()


async def test_a_half_close_ends_one_direction() -> None:
    heard = asyncio.get_running_loop().create_future()

    async def hears(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.set_result(await reader.read(-1))
        writer.write(b"all of it")

    async with RawBackend(hears) as backend, FaultProxy(backend.port) as proxy:
        proxy.up = Faults(end=End.HALF_CLOSE, after=4)
        assert await asked(proxy.port, b"0123456789", 9) == b"all of it"
        assert await heard == b"0123"


async def test_it_refuses_and_comes_back_at_the_same_port() -> None:
    async with before_echo() as proxy:
        reader, writer = await connect(proxy.port)
        writer.write(b"x")
        assert await reader.readexactly(1) == b"x"
        proxy.refuse()
        with pytest.raises(ConnectionRefusedError):
            await connect(proxy.port)
        writer.write(b"y")
        assert await reader.readexactly(1) == b"y"
        await proxy.accept()
        assert await asked(proxy.port, b"x", 1) == b"x"
        writer.close()


async def test_unix_sockets_on_either_side(tmp_path: Path) -> None:
    async with (
        RawBackend(echo) as backend,
        FaultProxy(backend.port, at=tmp_path / "inner") as inner,
        FaultProxy(tmp_path / "inner", at=tmp_path / "outer") as outer,
    ):
        reader, writer = await connect(tmp_path / "outer")
        writer.write(b"x")
        assert await reader.readexactly(1) == b"x"
        writer.close()
        outer.refuse()
        with pytest.raises(ConnectionRefusedError):
            await connect(tmp_path / "outer")
        await outer.accept()
        assert await asked(tmp_path / "outer", b"x", 1) == b"x"
        assert inner.connections == 2


async def test_what_one_seed_draws_another_run_draws_again() -> None:
    async def draws(seed: int) -> list[float]:
        proxy = FaultProxy(1, seed=seed)
        now = asyncio.get_running_loop().time()
        return [round(proxy._due(Faults(jitter=1.0)) - now, 2) for _ in range(5)]

    assert await draws(3) == await draws(3) != await draws(4)
