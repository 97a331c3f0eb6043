"""Portico as its users run it: processes of their own, on ports that the system chooses."""

import asyncio
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from fcntl import ioctl
from pathlib import Path
from typing import Any

import grpc.aio

from facade.config import PREFIX
from facade.demo import petstore
from facade.environment import environment
from gateway.v1.catalog_pb2_grpc import CatalogServiceStub
from gateway.v1.gateway_pb2_grpc import GatewayServiceStub
from tests.carriers import ENGINE

READY = 60.0
"""Seconds that a process has to say that it is ready, and to end."""

POLL = 0.02

AT_A_TIME = 4

SHOP_KEY = "the-key"

PORTICO = (sys.executable, "-m", "gateway")

ROOT = Path(__file__).resolve().parents[1]


@dataclass
class Running:
    """A gateway that is up, and a channel to it."""

    process: asyncio.subprocess.Process
    address: str
    gateway: Any
    """Its types for asyncio stand in a stub file alone."""
    catalog: Any

    async def portico(self, *arguments: str | Path, **more: Any) -> "Finished":
        """A command that speaks to this gateway."""
        return await portico(*arguments, env={"PORTICO_SERVER": self.address}, **more)


@dataclass(frozen=True)
class Finished:
    """A command that came to its end."""

    status: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        """What it printed."""
        return self.out.decode()

    @property
    def data(self) -> Any:
        """What it printed as JSON."""
        return json.loads(self.out)


def environ(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """An environment without settings; a second start finds its code compiled, as at users'."""
    kept = {
        name: value
        for name, value in environment().items()
        if not name.startswith(PREFIX) and name not in ("PYTHONDONTWRITEBYTECODE", "COLUMNS")
    }
    engine = {"PORTICO_ENGINE": "auto"} if environment().get(ENGINE) == "native" else {}
    return {**kept, **engine, **(more or {})}


async def portico(
    *arguments: str | Path,
    given: bytes = b"",
    env: Mapping[str, str] | None = None,
    cwd: Path = ROOT,
) -> Finished:
    """Runs `portico …` to its end, with something on standard input."""
    process = await asyncio.create_subprocess_exec(
        *PORTICO,
        *map(str, arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environ({"PYTHONPATH": str(ROOT), **(env or {})}),
        cwd=cwd,
    )
    try:
        async with asyncio.timeout(READY):
            out, err = await process.communicate(given)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode is not None
    return Finished(process.returncode, out, err.decode())


def on_a_terminal(*arguments: str, env: dict[str, str], keys: bytes = b"") -> tuple[str, int]:
    """What a command writes on a terminal of 80 columns, and its exit status.

    The keys are typed once it asks for something.
    """
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    command = [*PORTICO, *arguments]
    actions = [(os.POSIX_SPAWN_DUP2, theirs, number) for number in (0, 1, 2)]
    process = os.posix_spawn(command[0], command, environ(env), file_actions=actions)
    os.close(theirs)
    written = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # Linux says so when the last writer is gone
            piece = b""
        if not piece:
            break
        written += piece
        if keys and written.endswith(b": "):
            line, _, keys = keys.partition(b"\n")
            os.write(ours, line + b"\n")
    os.close(ours)
    return written.decode(), os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


async def together(*commands: Coroutine[Any, Any, Finished]) -> list[Finished]:
    """Runs commands beside each other, some at a time, for their starts take a core each."""
    some = asyncio.Semaphore(AT_A_TIME)

    async def one(command: Coroutine[Any, Any, Finished]) -> Finished:
        async with some:
            return await command

    return await asyncio.gather(*map(one, commands))


async def start(
    *arguments: str | Path, env: Mapping[str, str] | None = None, log: Path | None = None
) -> tuple[asyncio.subprocess.Process, str]:
    """Starts `portico …`; gives the process and the address of its ready line.

    What it says on standard error goes to the file `log`, or to that of the tests.
    """
    with ExitStack() as stack:
        process = await asyncio.create_subprocess_exec(
            *PORTICO,
            *map(str, arguments),
            stdout=asyncio.subprocess.PIPE,
            stderr=stack.enter_context(log.open("ab")) if log else None,
            env=environ(env),
        )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(READY):
            async for line in process.stdout:
                found = re.search(r"ready on (\S+?),?(\s|$)", line.decode())
                if found:
                    return process, found[1]
    except TimeoutError:
        process.kill()
    raise AssertionError(f"portico ended with {await process.wait()} before it was ready")


async def stop(process: asyncio.subprocess.Process) -> int:
    """Ends a process as an operator does; gives its exit status."""
    if process.returncode is None:
        process.send_signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(READY):
            await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    assert process.returncode is not None
    return process.returncode


@asynccontextmanager
async def portico_up(
    folder: Path,
    connectors: Mapping[str, str] | None = None,
    *flags: str,
    env: Mapping[str, str] | None = None,
    log: Path | None = None,
) -> AsyncIterator[Running]:
    """`portico up` in the development profile, with connector files by name."""
    process, address = await start(
        *("up", "--dev", "--grpc", "127.0.0.1:0", "--drain-delay", "0"),
        *("--data", str(folder / "data"), "--connectors", str(_filed(folder, connectors)), *flags),
        env=env,
        log=log,
    )
    try:
        async with grpc.aio.insecure_channel(address) as channel:
            yield Running(
                process, address, GatewayServiceStub(channel), CatalogServiceStub(channel)
            )
    finally:
        if process.returncode is None:
            await stop(process)


@asynccontextmanager
async def facade_up(
    folder: Path,
    connectors: Mapping[str, str] | None = None,
    *flags: str,
    env: Mapping[str, str] | None = None,
    log: Path | None = None,
) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """`portico facade` in the development profile, with connector files by name; and its URL."""
    process, url = await start(
        *("facade", "--dev", "--http", "127.0.0.1:0", "--drain-delay", "0"),
        *("--data", str(folder / "data"), "--connectors", str(_filed(folder, connectors)), *flags),
        env=env,
        log=log,
    )
    try:
        yield process, url
    finally:
        if process.returncode is None:
            await stop(process)


def _filed(folder: Path, connectors: Mapping[str, str] | None) -> Path:
    """Writes connector files by name; gives their folder."""
    files = folder / "connectors"
    files.mkdir(exist_ok=True)
    for name, text in (connectors or {}).items():
        (files / name).write_text(text, encoding="utf-8")
    return files


@asynccontextmanager
async def pet_store(folder: Path, *flags: str, log: Path | None = None) -> AsyncIterator[Running]:
    """`portico up` before the demo's pet store, whose key it has."""
    runner, uri = await petstore.start(SHOP_KEY)
    (folder / "petstore.openapi.yaml").write_text(petstore.document(), encoding="utf-8")
    key = {"scheme": "shopKey", "apiKey": {"key": "env:PORTICO_SECRET_SHOP_KEY"}}
    version = {"id": "v1", "server": uri, "credentials": [key], "spec": "../petstore.openapi.yaml"}
    file = {"connector": "petstore", "title": "Pets", "versions": [version]}
    files = {"petstore.yaml": json.dumps(file)}
    env = {"PORTICO_SECRET_SHOP_KEY": SHOP_KEY}
    try:
        async with portico_up(folder, files, *flags, env=env, log=log) as running:
            yield running
    finally:
        await runner.cleanup()


async def until(holds: Callable[[], Coroutine[Any, Any, bool]], within: float, what: str) -> float:
    """Waits until something holds; gives the seconds that it took, and fails after `within`."""
    began = time.monotonic()
    while not await holds():
        assert time.monotonic() - began < within, f"not within {within} s: {what}"
        await asyncio.sleep(POLL)
    return time.monotonic() - began


def children(parent: int) -> list[int]:
    """The processes that a process has started and that still run."""
    listed = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,stat="],  # noqa: S607 - wherever ps is
        check=True,
        capture_output=True,
        text=True,
    )
    rows = [line.split() for line in listed.stdout.splitlines()]
    return [int(pid) for pid, ppid, state in rows if int(ppid) == parent and state[0] != "Z"]
