"""Envoy: the real one, with the files that an export gives."""

import asyncio
import io
import re
import shutil
import subprocess
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import pytest

from tests.fakes import HttpBackend, read_request
from tests.servers import free_port

LISTENING = "port_value: 10000"
QUIET = ("--config-path", "envoy.yaml", "--log-level", "critical")
READY = 20.0


class Backend(HttpBackend):
    """A backend that also reads bodies in chunks, as Envoy sends those that it has not seen end."""

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            request = await read_request(reader)
            if re.search(rb"\r\ntransfer-encoding: *chunked", request, re.IGNORECASE):
                assert await reader.readuntil(b"\r\n\r\n") == b"0\r\n\r\n"
            self.requests.append(request)
            said = self._respond
            writer.write(said if isinstance(said, bytes) else said(request))
            await writer.drain()


def envoy(config: pytest.Config) -> str:
    """Where Envoy is; the test is skipped where it is not."""
    found = config.getoption("envoy") or shutil.which("envoy")
    if not found:
        pytest.skip("no envoy on the PATH, and none by --envoy")
    return str(found)


def unpacked(archive: bytes, folder: Path) -> Path:
    """The folder of an export, whose Envoy listens on a port that was free."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        opened.extractall(folder)
    return folder


async def validates(program: str, folder: Path) -> str:
    """What Envoy says of the configuration in a folder; empty where nothing is wrong."""
    done = await asyncio.to_thread(
        subprocess.run,
        [program, "--mode", "validate", *QUIET],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stderr if done.returncode else ""


@asynccontextmanager
async def envoy_up(program: str, folder: Path) -> AsyncIterator[grpc.aio.Channel]:
    """An Envoy in a folder of its own, and a channel to it."""
    port = free_port()
    file = folder / "envoy.yaml"
    text = file.read_text()
    assert text.count(LISTENING) == 1
    file.write_text(text.replace(LISTENING, f"port_value: {port}"))
    command = (*QUIET, "--concurrency", "1", "--disable-hot-restart")
    process = await asyncio.create_subprocess_exec(program, *command, cwd=folder)
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            await asyncio.wait_for(channel.channel_ready(), READY)
            yield channel
    finally:
        process.terminate()
        await process.wait()
