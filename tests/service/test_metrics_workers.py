"""The numbers of several workers, as the process that keeps them adds them up."""

import asyncio
import os
import sys
from pathlib import Path

from facade.telemetry.exposition import WORKERS, Workers

WORK = """
import os, sys
from facade.telemetry import instruments as table
from facade.telemetry.meters import Called
from facade.telemetry.recording import Recording

recording = Recording(exemplars=False)
recording.watch(table.CONNECTIONS, lambda: {("idle",): 2.0})
recording.began(stream=False)
for _ in range(int(sys.argv[1])):
    recording.began(stream=False)
    recording.ended(Called("pets", "v1", "listPets", "OK"), 0.02)
    recording.sample()
print(os.getpid())
"""


async def a_worker(folder: Path, calls: int) -> int:
    """One that has made so many calls, and was killed within another; its process id."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        WORK,
        str(calls),
        env={**os.environ, WORKERS: str(folder)},
        stdout=asyncio.subprocess.PIPE,
    )
    told, _ = await process.communicate()
    assert process.returncode == 0
    return int(told)


def numbers(workers: Workers) -> dict[str, float]:
    lines = workers.expose("")[1].decode().splitlines()
    found = (line.rpartition(" ") for line in lines if not line.startswith("#"))
    return {name: float(value) for name, _, value in found}


def files_in(folder: Path) -> int:
    return len(list(folder.iterdir()))


CALLS = 'portico_calls_total{action="listPets",code="OK",connector="pets",reason="",version="v1"}'
BUCKET = (
    "portico_call_duration_seconds_bucket"
    '{code="OK",connector="pets",domain="",le="0.025",version="v1"}'
)
IDLE = 'portico_connections{state="idle"}'


async def test_the_sum_is_told_and_what_a_worker_has_counted_outlives_it(tmp_path: Path) -> None:
    first, second = await asyncio.gather(a_worker(tmp_path, 3), a_worker(tmp_path, 4))
    workers = Workers(tmp_path)
    found = numbers(workers)
    assert (found[CALLS], found[BUCKET], found[IDLE]) == (7, 7, 4)
    assert found["portico_calls_under_way"] == 2

    workers.ended(first)
    found = numbers(workers)
    assert (found[CALLS], found[BUCKET], found[IDLE]) == (7, 7, 2)
    assert found["portico_calls_under_way"] == 1

    workers.ended(second)
    workers.ended(second)
    found = numbers(workers)
    assert (found[CALLS], found[BUCKET]) == (7, 7)
    assert IDLE not in found
    assert files_in(tmp_path) == 2


async def test_before_the_first_worker_there_is_nothing_to_tell(tmp_path: Path) -> None:
    assert numbers(Workers(tmp_path)) == {}
