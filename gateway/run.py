"""Run: the process of `portico up`, or the one that keeps several of them."""

import asyncio
import gc
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import msgspec
import uvloop

from facade.app.probes import probes
from facade.app.server import serve as serve_http
from facade.bootstrap import Parts, open_embedded, open_parts
from facade.catalog.directory import apply_directory, watch
from facade.config import Misconfigured, Settings, environment, load
from facade.errors.fault import Fault
from facade.telemetry.logs import open_logs
from gateway.server import build_server, credentials_for
from gateway.workers import MISUSED, Supervisor, reserved

POLL = 0.05
"""Seconds between looks whether a worker listens yet."""


def run(settings: Settings, announce: Callable[[str], None]) -> int:
    """Serves until SIGTERM or SIGINT; gives the exit status: 2 where the settings cannot work.

    `announce` is told the address once calls are taken.
    """
    open_logs(settings.log_format, settings.log_level)
    several = settings.workers > 1
    return ended(_several(settings, announce) if several else serve(settings, announce))


def run_worker(settings: Settings) -> int:
    """One of several workers: it serves itself, and ends when standard input is closed."""
    open_logs(settings.log_format, settings.log_level)
    return ended(_work(settings))


def ended(work: Coroutine[Any, Any, int]) -> int:
    """Runs a process to its end; settings that cannot work are told, and give 2."""
    try:
        return uvloop.run(work)
    except* (Misconfigured, Fault) as problems:
        for line in _reasons(problems):
            sys.stderr.write(f"error {line}\n")
    return MISUSED


async def serve(
    settings: Settings,
    announce: Callable[[str], None],
    environ: Mapping[str, str] | None = None,
) -> int:
    """One process: the engine, both faces, the folder of connectors."""
    found = environment() if environ is None else environ
    async with open_parts(settings, found) as parts, AsyncExitStack() as stack:
        await stack.enter_async_context(_followed(parts, settings))
        server = build_server(parts, settings)
        address = await server.start()
        stack.push_async_callback(server.stop)
        await stack.enter_async_context(_probed(settings, lambda: server.serving))
        async with asyncio.TaskGroup() as group:
            group.create_task(server.run())
            await asyncio.sleep(0)  # it hears signals before anybody hears that it is ready
            gc.collect()
            gc.freeze()  # what is there by now stays: no collection need look at it again
            announce(address)
    return 0


async def _work(settings: Settings) -> int:
    """A worker; it ends as by SIGTERM when the process that keeps it is gone."""
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), _abandoned)
    return await serve(settings, lambda _: None)


def _abandoned() -> None:
    asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
    signal.raise_signal(signal.SIGTERM)


async def _several(settings: Settings, announce: Callable[[str], None]) -> int:
    """The process that keeps workers; it follows the folder and answers the probes for all.

    What cannot work is refused here, once; and the workers find the database migrated.
    """
    credentials_for(settings)
    async with AsyncExitStack() as stack:
        address = stack.enter_context(reserved(settings.grpc))
        # It makes no calls: in what the workers share it would count as one more of them.
        parts = await stack.enter_async_context(
            open_parts(replace(settings, redis=""), {**environment(), "REDIS_URL": ""})
        )
        if settings.connectors is not None:
            await stack.enter_async_context(_followed(parts, settings))
        redis = await stack.enter_async_context(open_embedded(settings))
        mine = replace(settings, grpc=address, http="", connectors=None, redis=redis)
        command = [sys.executable, "-m", "gateway.run"]
        supervisor = Supervisor(command, settings.workers, encode(mine))
        listening = asyncio.Event()

        def tell() -> None:
            listening.set()
            announce(address)

        await stack.enter_async_context(
            _probed(settings, lambda: listening.is_set() and supervisor.serving)
        )
        await stack.enter_async_context(_background(_told(address, tell)))
        return await supervisor.run()


async def _told(address: str, tell: Callable[[], None]) -> None:
    """Tells once some worker listens at the address."""
    host, _, port = address.rpartition(":")
    while True:
        with suppress(OSError):
            _, writer = await asyncio.open_connection(host.strip("[]"), int(port))
            writer.close()
            break
        await asyncio.sleep(POLL)
    tell()


@asynccontextmanager
async def _followed(parts: Parts, settings: Settings) -> AsyncIterator[None]:
    """Follows the ledger, and the folder of connectors, whose first state is applied before."""
    async with AsyncExitStack() as stack:
        if settings.connectors is not None:
            _check_folder(settings.connectors)
            await apply_directory(settings.connectors, parts.catalog)
            await stack.enter_async_context(_background(watch(settings.connectors, parts.catalog)))
        await stack.enter_async_context(_background(parts.catalog.follow()))
        yield


def _check_folder(path: Path) -> None:
    if not path.is_dir():
        raise Misconfigured(f"connectors: {path} is no folder")


@asynccontextmanager
async def _probed(settings: Settings, ready: Callable[[], bool]) -> AsyncIterator[None]:
    if not settings.http:
        yield
        return
    host, _, port = settings.http.rpartition(":")
    async with AsyncExitStack() as stack:
        served = serve_http(probes(ready), host.strip("[]"), int(port))
        try:
            await stack.enter_async_context(served)
        except OSError as problem:
            raise Misconfigured(f"cannot listen on {settings.http}: {problem.strerror}") from None
        yield


@asynccontextmanager
async def _background(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Runs something beside the block, and ends it with the block."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(work)
        try:
            yield
        finally:
            task.cancel()


def _reasons(problem: BaseException) -> Iterator[str]:
    """The lines that say why, of a failure or of the groups that tasks make of it."""
    if isinstance(problem, BaseExceptionGroup):
        for each in problem.exceptions:
            yield from _reasons(each)
    elif isinstance(problem, Fault):
        yield problem.message
    else:
        yield from str(problem).splitlines()


def encode(settings: Settings) -> bytes:
    """The settings as a line for a worker: a URL among them may hold a password."""
    values = {each.name: getattr(settings, each.name) for each in fields(settings)}
    return msgspec.json.encode(values, enc_hook=str) + b"\n"


if __name__ == "__main__":
    sys.exit(run_worker(load(msgspec.json.decode(sys.stdin.buffer.readline()), {})))
