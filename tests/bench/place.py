"""Where the bench runs: it starts each server once, on a core of its own, and reads its clocks.

The server has one core to itself; loader, backend, collector and Redis share another.
"""

import base64
import importlib.util
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal, TypeAlias

from facade.config import Settings
from tests.bench import counted
from tests.bench.contents import SECRET, connector, through
from tests.bench.peers import envoy
from tests.servers import RedisServer, free_port, redis_up

HERE = Path(__file__).parent
CORES = os.cpu_count() or 1
SERVER_CORE, LOAD_CORE = 0, 1 % CORES
READY = 30.0
"""Seconds that a server has to listen."""

Kind: TypeAlias = Literal["gateway", "echo", "envoy", "usual"]
Engine: TypeAlias = Literal["", "grpcio", "native"]
Tracing: TypeAlias = Literal["off", "1 %", "on"]

SAMPLED: dict[Tracing, float] = {"off": 0.0, "1 %": 1.0, "on": 100.0}
"""Percent of the calls whose spans go to a collector."""


class Absent(Exception):
    """Something cannot be measured here; the text says why."""


@dataclass(frozen=True, kw_only=True)
class Setup:
    """A server to be measured; equal ones are started once."""

    kind: Kind = "gateway"
    engine: Engine = ""
    tracing: Tracing = "off"
    redis: bool = False
    facade: bool = False
    """Behind the gateway, on the same core: their CPU time is told together."""
    workers: int = 1
    counted: bool = False
    """Whether it counts its bytecodes when it is told to."""
    copy: str = ""
    """Tells servers apart that are equal, where each has to be new."""


@dataclass(frozen=True)
class Server:
    """One that runs."""

    pids: tuple[int, ...]
    port: int

    def cpu(self) -> float:
        """Seconds of user and system time of its processes and their children, all threads."""
        return sum(map(cpu, processes(self.pids)))

    def memory(self) -> int:
        """Bytes of them in memory."""
        pages = (Path(f"/proc/{pid}/statm").read_text().split()[1] for pid in self.pids)
        return sum(map(int, pages)) * os.sysconf("SC_PAGE_SIZE")

    def descriptors(self) -> int:
        """How many they have open."""
        return sum(len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in self.pids)


def cpu(pid: int) -> float:
    """Seconds of CPU time of a process, by its own clock: see clock_getcpuclockid(3)."""
    return time.clock_gettime((~pid << 3) | 2)


def processes(pids: Sequence[int]) -> list[int]:
    """Processes and all below them."""
    found = []
    for pid in pids:
        found.append(pid)
        for task in Path(f"/proc/{pid}/task").iterdir():
            with suppress(FileNotFoundError, ProcessLookupError):  # threads end at any time
                children = (task / "children").read_text().split()
                found += processes([int(child) for child in children])
    return found


class Place:
    """Starts what is asked for, and ends it with its stack."""

    def __init__(self, stack: ExitStack, folder: Path, envoy_path: str) -> None:
        """Takes a folder of its own, and where Envoy is; empty: on the PATH, or nowhere."""
        self._stack = stack
        self.folder = folder
        self._log = folder / "log"
        self._envoy = envoy_path or shutil.which("envoy") or ""
        self._running: dict[Setup, Server] = {}
        self._redis: RedisServer | None = None
        self._processes: list[subprocess.Popen[str]] = []
        stack.callback(self._end)
        os.sched_setaffinity(0, {LOAD_CORE})
        self.backend = self._start(LOAD_CORE, HERE / "backend.py").port
        self._collector = self._start(LOAD_CORE, HERE / "collector.py").port

    def server(self, setup: Setup) -> Server:
        """A server that runs; raises Absent where it cannot be had here."""
        if setup not in self._running:
            starts = {
                "gateway": self._gateway,
                "echo": self._echo,
                "envoy": self._peer,
                "usual": self._usual,
            }
            self._running[setup] = starts[setup.kind](setup)
        return self._running[setup]

    @property
    def redis(self) -> RedisServer:
        """A Redis for all that want one."""
        if self._redis is None:
            self._redis = self._stack.enter_context(redis_up())
        return self._redis

    def _echo(self, setup: Setup) -> Server:
        _check_engine(setup.engine, ours=False)
        return self._start(SERVER_CORE, HERE / "echo.py", setup.engine)

    def _usual(self, setup: Setup) -> Server:
        peer = HERE / "peers" / "usual.py"
        return self._start(SERVER_CORE, peer, str(self.backend), **self._traced(setup.tracing))

    def _peer(self, setup: Setup) -> Server:
        if not self._envoy:
            raise Absent("no envoy on the PATH, and none by --envoy")
        port, folder = free_port(), self.folder / f"envoy {setup.tracing}"
        words = (port, self.backend, SAMPLED[setup.tracing], self._collector)
        process = self._spawn(SERVER_CORE, envoy.command(self._envoy, folder, *words), {})
        _await_port(process, port)
        return Server((process.pid,), port)

    def _gateway(self, setup: Setup) -> Server:
        _check_engine(setup.engine, ours=True)
        own = self.folder / f"gateway {len(self._running)}"
        own.mkdir()
        (own / "key").write_text(base64.b64encode(os.urandom(32)).decode())
        options = (
            *("--dev", "--drain-delay", "0", "--traces", "0"),
            *_told("hop-key", own / "key"),
        )
        behind = _told("redis", self.redis.url) if setup.redis else ()
        environ = self._traced(setup.tracing) | {counted.FOLDER: str(self.folder)}
        program = (HERE / "counted.py",) if setup.counted else ("-m", "gateway")
        served = connector(f"http://127.0.0.1:{self.backend}")
        pids: tuple[int, ...] = ()
        if setup.facade:
            folder = _filed(own / "behind", served)
            options_there = (*options, *behind, *_told("data", own / "facade data"))
            words = ("facade", "--http", "127.0.0.1:0", "--connectors", folder, *options_there)
            facade = self._start(SERVER_CORE, *program, *words, **environ)
            pids, behind = facade.pids, ()
            served = through(f"http://127.0.0.1:{facade.port}")
        folder = _filed(own / "connectors", served)
        workers = ("--workers", str(setup.workers), *_told("data", own / "data"))
        engine = _told("engine", setup.engine) if _chooses_engines() else ()
        words = ("up", "--grpc", "127.0.0.1:0", "--connectors", folder, *workers, *engine)
        made = self._start(SERVER_CORE, *program, *words, *options, *behind, **environ)
        return Server((*pids, *made.pids), made.port)

    def _traced(self, tracing: Tracing) -> dict[str, str]:
        """Metrics go to the collector in any case, so that tracing is all that differs."""
        environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{self._collector}"}
        if tracing == "off":
            return environ | {"OTEL_TRACES_EXPORTER": "none"}
        return environ | {
            "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
            "OTEL_TRACES_SAMPLER_ARG": str(SAMPLED[tracing] / 100),
        }

    def _end(self) -> None:
        """Ends all at once, and kills what has not ended in time."""
        for process in self._processes:
            process.terminate()
        until = time.monotonic() + READY
        for process in self._processes:
            try:
                process.wait(max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _last_words(self) -> str:
        return self._log.read_text(errors="replace").strip().rpartition("\n")[2]

    def _start(self, core: int, *arguments: str | Path, **environ: str) -> Server:
        """Starts a Python program on a core, and waits for the port that it prints."""
        process = self._spawn(core, [sys.executable, *map(str, arguments)], environ)
        assert process.stdout is not None
        for line in process.stdout:
            found = re.search(r"(\d{4,5})\s*$|:(\d{4,5})\b", line)
            if found:
                return Server((process.pid,), int(found[1] or found[2]))
        raise RuntimeError(f"it ended before it was ready: {self._last_words()}")

    def _spawn(
        self, core: int, command: Sequence[str], environ: dict[str, str]
    ) -> subprocess.Popen[str]:
        with self._log.open("ab") as log:
            process = subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={**os.environ, SECRET: "a secret of the bench", **environ},
            )
        self._processes.append(process)
        os.sched_setaffinity(process.pid, {core})
        return process


def _told(name: str, value: str | Path) -> tuple[str | Path, ...]:
    return f"--{name}", value


def _filed(folder: Path, text: str) -> Path:
    folder.mkdir()
    (folder / "bench.json").write_text(text, encoding="utf-8")
    return folder


def _chooses_engines() -> bool:
    """Whether the gateway has the setting."""
    return any(each.name == "engine" for each in fields(Settings))


def _check_engine(engine: str, *, ours: bool) -> None:
    if engine != "native":
        return
    if importlib.util.find_spec("pygrpc_native") is None:
        raise Absent("no native engine: the extra `native` is not installed")
    if ours and not _chooses_engines():
        raise Absent("the gateway has no setting `engine` yet")


def _await_port(process: subprocess.Popen[str], port: int) -> None:
    until = time.monotonic() + READY
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("it does not listen")
