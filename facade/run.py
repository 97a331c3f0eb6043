"""Run: the process of a command, or the one that keeps several of them; and that of the facade."""

import asyncio
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import msgspec

from facade.app.admin import Expose
from facade.app.app import build_admin, build_app
from facade.app.callers import ANYONE, may_be_anyone
from facade.app.listening import Binding, tls_for
from facade.app.server import Server
from facade.background import Background
from facade.bootstrap import open_parts
from facade.catalog.directory import Watch
from facade.config import MEMORY, Misconfigured, Settings, load
from facade.environment import environment
from facade.ground import open_embedded
from facade.parts import Parts
from facade.process import Signals, ended, settle
from facade.telemetry import names
from facade.telemetry.exposition import WORKERS, Workers
from facade.telemetry.instruments import CATALOG_DRIFT
from facade.telemetry.logs import open_logs
from facade.telemetry.watchdog import Watchdog
from facade.workers import Supervisor, reserved

POLL = 0.05
"""Seconds between looks whether a worker listens yet."""

HTTP = "127.0.0.1:8080"
"""Where the facade listens if no setting says so."""

Announce: TypeAlias = Callable[[Sequence[str]], None]
"""Is told the addresses once calls are taken."""

Ready: TypeAlias = Callable[[], bool]
"""Whether new calls are welcome."""


class Face(Protocol):
    """A server of calls."""

    async def start(self) -> str:
        """Listens, and gives the address; raises Misconfigured."""

    async def welcome(self, *, ready: bool) -> None:
        """Says to who asks whether new calls are welcome."""

    async def drain(self) -> None:
        """Ends without losing a call."""

    async def stop(self) -> None:
        """Ends at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What the processes of one command are made of."""

    service: str
    """What it is called in traces."""
    module: str
    """A worker is `python -m` that, with its settings on standard input."""
    ports: tuple[str, ...]
    """The settings whose addresses the workers share."""
    faces: Callable[[Parts, Settings, Ready], Sequence[Face]]
    beside: Callable[[Settings], Sequence[Face]]
    """What listens once, however many workers there are."""
    check: Callable[[Settings], None]
    """Raises Misconfigured for addresses that must not be listened on."""


def run(program: Program, settings: Settings, tell: Announce) -> int:
    """Serves until SIGTERM or SIGINT; gives the exit status: 2 where the settings cannot work."""
    open_logs(settings.log_format, settings.log_level)
    several = settings.workers > 1
    return ended((_several if several else serve)(program, settings, tell))


def run_worker(program: Program) -> int:
    """One of several workers: it serves itself, and ends when standard input is closed."""
    settings = load(msgspec.json.decode(sys.stdin.buffer.readline()), {})
    open_logs(settings.log_format, settings.log_level)
    return ended(_work(program, settings))


async def serve(
    program: Program,
    settings: Settings,
    tell: Announce,
    environ: Mapping[str, str] | None = None,
) -> int:
    """One process: the engine, its faces, the folder of connectors.

    The faces listen once the folder was gone through. While one of its connectors cannot be had
    yet, for a reason outside the folder, nobody is told to call.
    """
    program.check(settings)
    found = environment() if environ is None else environ
    async with AsyncExitStack() as stack:
        signals = Signals()
        parts = await stack.enter_async_context(open_parts(settings, found, program.service))
        watch = await stack.enter_async_context(_followed(parts, settings))

        def ready() -> bool:
            return watch.settled.is_set() and not signals.first.is_set()

        told = _administered(settings, ready, parts.meters.expose, parts.condition)
        await stack.enter_async_context(told)
        await _either(watch.passed.wait(), signals.first.wait())
        shown, beside = program.faces(parts, settings, ready), program.beside(settings)
        faces = (*shown, *beside)
        addresses = [await _opened(stack, face, ready=ready()) for face in faces]
        await _either(watch.settled.wait(), signals.first.wait())
        if ready():
            for face in faces:
                await face.welcome(ready=True)
            settle()
            tell(addresses[: len(shown)])
        stack.enter_context(Watchdog())  # of the loop that serves: a start may keep it busy
        await drained(faces, signals, parts.events.dismiss)
    return 0


async def _work(program: Program, settings: Settings) -> int:
    """A worker; it ends as by SIGTERM when the process that keeps it is gone."""
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), _abandoned)
    return await serve(program, settings, lambda _: None)


def _abandoned() -> None:
    asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
    signal.raise_signal(signal.SIGTERM)


async def _several(program: Program, settings: Settings, tell: Announce) -> int:
    """The process that keeps workers; it follows the folder and answers the probes for all.

    What cannot work is refused here, once; and the workers find the database migrated.
    """
    program.check(settings)
    if settings.data == MEMORY:
        raise Misconfigured("data: workers cannot share `memory`: name a folder, or run one worker")
    async with AsyncExitStack() as stack:
        given = {name: getattr(settings, name) for name in program.ports}
        ports = {
            name: stack.enter_context(reserved(address))
            for name, address in given.items()
            if address
        }
        # It makes no calls: in what the workers share it would count as one more of them.
        parts = await stack.enter_async_context(
            open_parts(replace(settings, redis=""), {**environment(), "REDIS_URL": ""})
        )
        watch = await stack.enter_async_context(_followed(parts, settings))
        redis = await stack.enter_async_context(open_embedded(settings))
        theirs: dict[str, Any] = {
            **ports,
            "connectors": None,
            "admin": "",
            "health": "",
            "redis": redis,
        }
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="portico-metrics-"))
        metrics = Workers(Path(folder))
        supervisor = Supervisor(
            [sys.executable, "-P", "-m", program.module],
            settings.workers,
            encode(replace(settings, **theirs)),
            environ={**environment(), WORKERS: folder},
            ended=metrics.ended,
        )
        listening = asyncio.Event()

        def ready() -> bool:
            return listening.is_set() and watch.settled.is_set() and supervisor.serving

        told = _administered(settings, ready, metrics.expose, parts.condition)
        await stack.enter_async_context(told)
        faces = program.beside(settings)
        for face in faces:
            await _opened(stack, face, ready=False)
        await watch.passed.wait()
        background = await stack.enter_async_context(Background())
        background.start(_reflected(faces, ready))
        background.start(_told(ports, watch, listening, lambda: tell(_shown(ports, settings))))
        return await supervisor.run()


async def _told(
    ports: Mapping[str, str], watch: Watch, listening: asyncio.Event, tell: Callable[[], None]
) -> None:
    """Tells once some worker listens at each address, and the folder is applied."""
    for address in ports.values():
        await _listens(address)
    listening.set()
    await watch.settled.wait()
    tell()


def _shown(ports: Mapping[str, str], settings: Settings) -> list[str]:
    scheme = "https" if settings.tls_cert else "http"
    return [
        f"{scheme}://{address}" if name == "http" else address for name, address in ports.items()
    ]


async def _listens(address: str) -> None:
    host, _, port = address.rpartition(":")
    while True:
        with suppress(OSError):
            _, writer = await asyncio.open_connection(host.strip("[]"), int(port))
            writer.close()
            return
        await asyncio.sleep(POLL)


async def _reflected(faces: Sequence[Face], ready: Ready) -> None:
    """Has faces say what is so of all workers, as it changes."""
    said = False
    while faces:
        if ready() != said:
            said = not said
            for face in faces:
                await face.welcome(ready=said)
        await asyncio.sleep(POLL)


@asynccontextmanager
async def _followed(parts: Parts, settings: Settings) -> AsyncIterator[Watch]:
    """Follows the ledger, and the folder of connectors."""
    folder = settings.connectors
    if folder is not None and not folder.is_dir():
        raise Misconfigured(f"connectors: {folder} is no folder")
    watch = Watch(folder, parts.catalog)
    parts.meters.watch(CATALOG_DRIFT, watch.drifted)
    async with Background() as background:
        background.start(watch.run())
        background.start(parts.catalog.follow())
        yield watch


@asynccontextmanager
async def _administered(
    settings: Settings, ready: Ready, expose: Expose, condition: Callable[[], str]
) -> AsyncIterator[None]:
    """The probes and the metrics on a listener of their own, until the end."""
    async with AsyncExitStack() as stack:
        if settings.admin:
            app = build_admin(settings, ready, expose, condition)
            server = Server(app, Binding(address=settings.admin), app.drain, settings)
            await _opened(stack, server, ready=True)
        yield


async def _opened(stack: AsyncExitStack, face: Face, *, ready: bool) -> str:
    await face.welcome(ready=ready)
    stack.push_async_callback(face.stop)
    return await face.start()


async def drained(
    faces: Sequence[Face], signals: Signals, dismiss: Callable[[], None] = lambda: None
) -> None:
    """Waits for the first signal, and drains all faces together; the second one ends that.

    `dismiss` ends what would go on for as long as somebody watches.
    """
    await signals.first.wait()
    dismiss()
    await _either(_drain(faces), signals.second.wait())


async def _drain(faces: Sequence[Face]) -> None:
    async with asyncio.TaskGroup() as group:
        for face in faces:
            group.create_task(face.drain())


async def _either(*works: Coroutine[Any, Any, object]) -> None:
    """Runs several until one is done, and ends the others."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(each) for each in works]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for each in tasks:
            each.cancel()


def encode(settings: Settings) -> bytes:
    """The settings as a line for a worker: a URL among them may hold a password."""
    values = {each.name: getattr(settings, each.name) for each in fields(settings)}
    return msgspec.json.encode(values, enc_hook=str) + b"\n"


def http_face(parts: Parts, settings: Settings, ready: Ready) -> Server:
    """The HTTP face of this process."""
    folder = environment().get(WORKERS)
    expose = Workers(Path(folder)).expose if folder else parts.meters.expose
    app = build_app(parts, settings, ready, expose)
    binding = Binding(
        address=settings.http, tls=tls_for(settings, "http"), shared=settings.workers > 1
    )
    return Server(app, binding, app.drain, settings)


def facade_of(settings: Settings) -> Settings:
    """The settings of a facade: it has an HTTP face, whether a setting says where or not."""
    return replace(settings, http=settings.http or HTTP)


def announcing(program: str, settings: Settings, engine: str = "") -> Announce:
    """Prints the line of a program that is ready, with the engine of a gRPC face."""

    def announce(addresses: Sequence[str]) -> None:
        profile = ", development profile" if settings.dev else ""
        profile += f", {ANYONE}" if may_be_anyone(settings) else ""
        carried = f", {engine} engine" if engine else ""
        sys.stdout.write(f"{program} is ready on {' and '.join(addresses)}{carried}{profile}\n")
        sys.stdout.flush()

    return announce


def _check(settings: Settings) -> None:
    tls_for(settings, "http")


FACADE = Program(
    service=names.FACADE,
    module="facade.run",
    ports=("http",),
    faces=lambda parts, settings, ready: (http_face(parts, settings, ready),),
    beside=lambda _: (),
    check=_check,
)
"""`portico facade`."""


if __name__ == "__main__":
    sys.exit(run_worker(FACADE))
