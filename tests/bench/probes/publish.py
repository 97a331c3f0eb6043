"""A large document is published while calls are served: how long it takes, and what they notice."""

import asyncio
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.bench.contents import wide_document
from tests.bench.open_loop import Offer, offer, percentile
from tests.bench.orders import EXECUTE, json_text
from tests.bench.place import Engine, Place, Setup
from tests.bench.scale import Scale

OPERATIONS = 1_200
RATE = 500.0
"""Calls a second beside it."""
TIMES = 5
PAUSE = 1.0
"""Seconds before each."""
PUBLISHER = Path(__file__).with_name("publisher.py")


async def measure(place: Place, scale: Scale, engine: Engine) -> Mapping[str, float]:
    """Seconds of a publish, and p99 of the calls before and while it went on; raises Absent."""
    server = place.server(Setup(engine=engine, copy="publish"))
    asked = json_text("plain", 200)
    times = TIMES if scale.seconds >= PAUSE * TIMES else 2
    document = (
        scale.github.read_bytes()
        if scale.github
        else json.dumps(wide_document(OPERATIONS)).encode()
    )
    warm = Offer(rate=RATE, seconds=1.0, deadline=10.0)
    await offer(server.port, EXECUTE, asked, warm, 10**9)
    before = Offer(rate=RATE, seconds=scale.seconds, deadline=10.0)
    quiet = await offer(server.port, EXECUTE, asked, before)
    during = Offer(rate=RATE, seconds=times * (PAUSE + 2.0), deadline=10.0)
    async with asyncio.TaskGroup() as group:
        published = group.create_task(_publish(server.port, document, times))
        busy = group.create_task(offer(server.port, EXECUTE, asked, during, 10**8))
    spans = published.result()
    calls = busy.result()
    within = [seconds for due, seconds in calls.times if _overlaps(due, due + seconds, spans)]
    lengths = sorted(end - begin for begin, end in spans)
    return {
        "document, MB": len(document) / 1e6,
        "publish, s": lengths[len(lengths) // 2],
        "longest publish, s": lengths[-1],
        "p99 before, ms": quiet.percentile(99) * 1000,
        "p99 while, ms": percentile(within, 99) * 1000,
        "calls while": len(within),
        "slowest while, ms": max(within, default=0.0) * 1000,
        "failed calls": quiet.failed() + calls.failed(),
    }


def _overlaps(begin: float, end: float, spans: Sequence[tuple[float, float]]) -> bool:
    return any(begin < until and end > since for since, until in spans)


async def _publish(port: int, document: bytes, times: int) -> list[tuple[float, float]]:
    """When each publish began and ended, by the clock that all processes share."""
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        file.write(document)
        file.flush()
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, str(PUBLISHER), str(port), file.name, str(times), str(PAUSE)),
            stdout=asyncio.subprocess.PIPE,
        )
        said, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError("the document could not be published")
    return [(begin, end) for begin, end in json.loads(said)]
