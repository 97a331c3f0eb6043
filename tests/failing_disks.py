"""Disks that fail: a real EIO of fsync, which strace injects into a process that runs."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

SYNCS = "fsync,fdatasync"

ATTACHED = 20.0
"""Seconds that strace has to begin, and to end."""


@asynccontextmanager
async def fsync_fails(pid: int, log: Path) -> AsyncIterator[None]:
    """Has every fsync of a process fail for the block; each is a line of the file `log`.

    Skips the test where there is no strace, or where it may not look at other processes.
    """
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("no strace here: nothing else makes fsync fail")
    options = ("-f", "-y", "-o", str(log), "-e", f"trace={SYNCS}")
    process = await asyncio.create_subprocess_exec(
        *(strace, *options, "-e", f"inject={SYNCS}:error=EIO", "-p", str(pid)),
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    try:
        async with asyncio.timeout(ATTACHED):
            said = await process.stderr.readline()
        if b"attached" not in said:
            pytest.skip(f"strace may not look at other processes: {said.decode().strip()}")
        yield
    finally:
        if process.returncode is None:
            process.terminate()
        async with asyncio.timeout(ATTACHED):
            await process.communicate()


def failed(log: Path, name: str) -> int:
    """How many times it was tried on files whose names begin so."""
    lines = log.read_text(encoding="utf-8").splitlines()
    return sum(1 for each in lines if f"/{name}" in each and "EIO" in each)
