"""G01: a writer is killed in the middle of its commits, again and again, and nothing is lost."""

import asyncio
import random
import signal
import sqlite3
import sys
from pathlib import Path

from facade.model.names import ConnectorName
from facade.stores.ledger import open_ledger

ROOT = Path(__file__).parents[2]
PETS = ConnectorName("pets")

CYCLES = 3
"""Kills in one run."""

MOST = 0.3
"""Seconds after the first acknowledged change within which the writer is killed."""

WRITER = """
import asyncio, sys
from functools import partial
from facade.catalog.catalog import Catalog
from facade.model.change import Create, Draft, Promote
from facade.model.names import ConnectorName, VersionName
from facade.spec.examination import examine
from facade.spec.limits import DEFAULT
from facade.stores.ledger import open_ledger

async def fetch(uri):
    raise OSError(uri)

async def main(url, cycle):
    catalog = Catalog(await open_ledger(url), partial(examine, limits=DEFAULT), fetch)
    for number in range(100_000):
        key = f"v{cycle}-{number}"
        text = f"openapi: 3.0.3\\ninfo: {{title: {key}}}\\npaths: {{}}\\n"
        name = VersionName("pets", key)
        changes = [Create(version_id=key, draft=Draft(spec_text=text)), Promote(name=name)]
        await catalog.manage(ConnectorName("pets"), changes)
        print(key, flush=True)

asyncio.run(main(*sys.argv[1:]))
"""


async def write_and_kill(url: str, cycle: int, seconds: float) -> list[str]:
    """The versions that a writer acknowledged before it was killed."""
    writer = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        WRITER,
        url,
        str(cycle),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert writer.stdout is not None
    first = await writer.stdout.readline()
    await asyncio.sleep(seconds)
    writer.kill()
    rest = await writer.stdout.read()
    assert await writer.wait() == -signal.SIGKILL
    whole = (first + rest).decode().split("\n")[:-1]  # the line that was cut off is no answer
    return [line.strip() for line in whole]


async def test_g01_every_acknowledged_version_survives_kills_and_none_is_half_there(
    tmp_path: Path,
) -> None:
    path = tmp_path / "portico.db"
    url = f"sqlite+aiosqlite:///{path}"
    dice = random.Random(1)  # noqa: S311 - when to kill is no secret
    acknowledged: list[str] = []
    for cycle in range(CYCLES):
        acknowledged += await write_and_kill(url, cycle, dice.uniform(0, MOST))
        await check(path, url, acknowledged)
    assert len(acknowledged) >= CYCLES


async def check(path: Path, url: str, acknowledged: list[str]) -> None:
    """What holds after every kill."""
    ledger = await open_ledger(url)
    sequence, connectors = await ledger.read()
    held = connectors["pets"].versions
    texts = await ledger.specs({each.spec_digest for each in held.values()})
    await ledger.close()
    assert set(acknowledged) <= set(held)
    # The only version more than those is one whose answer the kill cut off.
    cycles = {each.split("-")[0] for each in acknowledged}
    assert len(held) - len(acknowledged) <= len(cycles)
    for key, version in held.items():
        assert f"title: {key}}}" in texts[version.spec_digest].unpack()
    assert [each.name.version for each in connectors["pets"].live] == [list(held)[-1]]
    with sqlite3.connect(path) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        audit = database.execute("select sequence, changes from audit order by sequence").fetchall()
    database.close()
    assert [row[0] for row in audit] == list(range(1, sequence + 1))
    created = [row[1].split('"')[1].rsplit("/", 1)[1] for row in audit]
    assert created == list(held)
