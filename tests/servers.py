"""Real Redis servers for tests: what `redis-server` is on the PATH, else the wheel's engine."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from facade.stores.embedded import GUARD, program

READY = 10.0
"""Seconds that a server has to answer, and to end."""


def engine() -> str:
    """The server's program."""
    return shutil.which("redis-server") or str(program())


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def guarded(
    log: Path, *command: str, cwd: Path | None = None
) -> tuple[subprocess.Popen[bytes], int]:
    """Starts a program that ends with these tests, however they end; its guard and its process."""
    with log.open("ab") as said:
        guard = subprocess.Popen(  # noqa: S603 - our own words alone
            ["sh", "-c", GUARD, "", *command],  # noqa: S607 - wherever sh is
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            cwd=cwd,
        )
    assert guard.stdout is not None
    return guard, int(guard.stdout.readline())


class RedisServer:
    """A server on a port of the loopback and on a Unix socket; it keeps both over restarts."""

    def __init__(self, folder: Path, *options: str) -> None:
        """Takes a folder of its own, and options as on the server's command line."""
        self.folder = folder
        self.port = free_port()
        self.socket = folder / "redis.sock"
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.unix_url = f"unix://{self.socket}"
        self.pid = 0
        self._options = options
        self._guard: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Starts it, and returns when it answers."""
        listens = ("--port", str(self.port), "--bind", "127.0.0.1")
        private = ("--unixsocket", str(self.socket), "--unixsocketperm", "700")
        keeps = ("--dir", str(self.folder), "--save", "", "--appendonly", "no")
        debug = ("--enable-debug-command", "yes")
        words = (*listens, *private, *keeps, *debug, *self._options)
        self._guard, self.pid = guarded(self.folder / "redis.log", engine(), *words)
        self._answers()
        return self

    def _answers(self) -> None:
        until = time.monotonic() + READY
        while time.monotonic() < until:
            with suppress(redis.ConnectionError, redis.TimeoutError):
                self.do("PING")
                return
            time.sleep(0.01)
        raise AssertionError((self.folder / "redis.log").read_text())

    def do(self, *words: str | bytes | float) -> Any:
        """Sends one command, over the Unix socket and a connection of its own."""
        where = str(self.socket)
        once = Retry(NoBackoff(), 0)
        with redis.Redis(unix_socket_path=where, socket_timeout=READY, retry=once) as client:
            return client.execute_command(*words)

    def flush(self) -> None:
        """Removes everything that it holds."""
        self.do("FLUSHALL")

    def freeze(self) -> None:
        """Stops it as it stands (SIGSTOP): connections stay, and nothing is answered."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Lets it go on."""
        os.kill(self.pid, signal.SIGCONT)

    def kill(self) -> None:
        """Kills it (SIGKILL), and returns when it is gone; a frozen one too."""
        if self._guard is not None:
            self._guard.communicate(timeout=READY)
            self._guard = None
            self.socket.unlink(missing_ok=True)

    def restart(self) -> None:
        """Kills it, if it still runs, and starts it at the same addresses, with nothing in it."""
        self.kill()
        self.start()


@contextmanager
def redis_up(*options: str) -> Iterator[RedisServer]:
    """A server for the block."""
    with tempfile.TemporaryDirectory(prefix="redis-") as folder:
        server = RedisServer(Path(folder), *options)
        try:
            yield server.start()
        finally:
            server.kill()


class Sentinel:
    """A Sentinel that says which server is the master of a service, on a port of the loopback."""

    def __init__(self, service: str, port: int) -> None:
        self.port = port
        self._service = service

    def watch(self, master: RedisServer) -> None:
        """From now on, it is this one."""
        with redis.Redis(port=self.port, socket_timeout=READY) as client:
            client.execute_command("SENTINEL", "REMOVE", self._service)
            watched = (self._service, "127.0.0.1", master.port, 1)
            client.execute_command("SENTINEL", "MONITOR", *watched)


@contextmanager
def sentinel_up(service: str, master: RedisServer) -> Iterator[Sentinel]:
    """A Sentinel that watches a master, for the block."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="sentinel-") as folder:
        settings = Path(folder) / "sentinel.conf"
        settings.write_text(
            f"bind 127.0.0.1\nport {port}\ndir {folder}\n"
            f"sentinel monitor {service} 127.0.0.1 {master.port} 1\n"
        )
        guard, _ = guarded(Path(folder) / "log", engine(), str(settings), "--sentinel")
        try:
            yield Sentinel(service, port)
        finally:
            guard.communicate(timeout=READY)
