import asyncio
import os
import signal
import socket
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest

from facade.config import Misconfigured
from facade.workers import MISUSED, Supervisor, reserved

PYTHON = [sys.executable, "-S", "-c"]

NOTES = """
import os, signal, sys, time
def note(word):
    with open(sys.argv[1], "a") as file:
        file.write(f"{word} {os.getpid()}\\n")
def end(number, frame):
    note("ended")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
signal.signal(signal.SIGINT, end)
note("began")
"""


def notes(file: Path, word: str) -> list[int]:
    lines = file.read_text().splitlines() if file.exists() else []
    return [int(line.split()[1]) for line in lines if line.startswith(word)]


async def until(file: Path, word: str, count: int) -> list[int]:
    async with asyncio.timeout(10):
        while len(found := notes(file, word)) < count:  # noqa: ASYNC110 - another process writes
            await asyncio.sleep(0.02)
    return found


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_to_the_supervisor_ends_every_worker(
    tmp_path: Path, number: signal.Signals
) -> None:
    file = tmp_path / "notes"
    supervisor = Supervisor([*PYTHON, NOTES + "time.sleep(30)", str(file)], 3)
    run = asyncio.ensure_future(supervisor.run())
    began = await until(file, "began", 3)
    for _ in range(500):  # a worker may begin before its keeper knows that it runs
        if supervisor.serving:
            break
        await asyncio.sleep(0.01)
    assert supervisor.serving
    os.kill(os.getpid(), number)
    assert await asyncio.wait_for(run, 5) == 0
    assert sorted(notes(file, "ended")) == sorted(began)
    assert not supervisor.serving


async def test_m23_a_worker_that_is_killed_is_started_again_and_the_others_stay(
    tmp_path: Path,
) -> None:
    file = tmp_path / "notes"
    supervisor = Supervisor([*PYTHON, NOTES + "time.sleep(30)", str(file)], 2)
    run = asyncio.ensure_future(supervisor.run())
    victim, other = await until(file, "began", 2)
    killed = time.monotonic()
    os.kill(victim, signal.SIGKILL)
    began = await until(file, "began", 3)
    assert time.monotonic() - killed < 2
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(run, 5)
    assert sorted(notes(file, "ended")) == sorted([other, began[2]])


async def test_m23_the_pauses_before_new_starts_grow(tmp_path: Path) -> None:
    file = tmp_path / "notes"
    supervisor = Supervisor([*PYTHON, NOTES + "sys.exit(1)", str(file)], 1)
    run = asyncio.ensure_future(supervisor.run())
    moments = []
    for count in (1, 2, 3, 4):
        await until(file, "began", count)
        moments.append(time.monotonic())
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(run, 5)
    pauses = [after - before for before, after in pairwise(moments)]
    assert pauses[0] >= 0.09
    assert pauses[1] >= 0.18
    assert pauses[2] >= 0.36


async def test_settings_that_cannot_work_are_not_tried_again(tmp_path: Path) -> None:
    file = tmp_path / "notes"
    supervisor = Supervisor([*PYTHON, NOTES + f"sys.exit({MISUSED})", str(file)], 2)
    assert await asyncio.wait_for(supervisor.run(), 5) == MISUSED
    assert len(notes(file, "began")) <= 2


def test_a_reserved_port_can_be_listened_on_by_several_and_by_nobody_else() -> None:
    with reserved("127.0.0.1:0") as address:
        host, _, port = address.rpartition(":")
        sockets = [socket.socket() for _ in range(2)]
        for each in sockets:
            each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            each.bind((host, int(port)))
            each.listen()
        with socket.create_connection((host, int(port)), timeout=2):
            pass
        alone = socket.socket()
        with pytest.raises(OSError, match="in use"):
            alone.bind((host, int(port)))
        for each in (*sockets, alone):
            each.close()


@pytest.mark.parametrize("address", ["unix:/tmp/x", "unix-abstract:x", "localhost", "127.0.0.1:x"])
def test_what_cannot_be_shared_is_refused(address: str) -> None:
    with pytest.raises(Misconfigured, match="HOST:PORT"), reserved(address):
        pass


def test_a_port_in_use_is_refused() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        port = holder.getsockname()[1]
        with pytest.raises(Misconfigured, match="in use"), reserved(f"127.0.0.1:{port}"):
            pass


async def test_what_workers_are_given_and_the_number_of_one_that_has_ended(tmp_path: Path) -> None:
    file, ended = tmp_path / "notes", list[int]()
    program = NOTES + "note(os.environ['GIVEN']); sys.exit(2)"
    command = [*PYTHON, program, str(file)]
    supervisor = Supervisor(command, 1, environ={"GIVEN": "mine"}, ended=ended.append)
    assert await asyncio.wait_for(supervisor.run(), 5) == MISUSED
    assert notes(file, "mine") == ended
