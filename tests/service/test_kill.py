"""G01: a writer is killed in the middle of its commits, again and again, and nothing is lost.

`pytest tests/service/test_kill.py --kills 200 --timeout 900 -s` tells the figures of a longer run.
"""

import asyncio
import random
import signal
import sys
from multiprocessing.connection import Connection

import pytest

from facade.stores.ledger import open_ledger
from facade.stores.trail import Trail
from tests.databases import Database, PostgresDatabase, SqliteDatabase
from tests.postgres import PostgresServer
from tests.writers import PETS, a_writer

MOST = 0.3
"""Seconds after the first acknowledged change within which the writer is killed."""

WITHIN = 20.0
"""Seconds that a writer has to begin, and to notice that its database is gone."""

SERVER = 5
"""Every so often it is PostgreSQL that is killed, and the writer goes with it."""


async def test_g01_every_acknowledged_version_survives_kills_and_none_is_half_there(
    request: pytest.FixtureRequest, database: Database
) -> None:
    await killed_again_and_again(request.config.getoption("--kills"), database, None)


async def test_g01_g12_nor_does_it_lose_any_where_postgresql_is_killed(
    request: pytest.FixtureRequest, own_postgres_server: PostgresServer
) -> None:
    database = PostgresDatabase(own_postgres_server, own_postgres_server.database())
    kills = request.config.getoption("--kills")
    await killed_again_and_again(kills, database, own_postgres_server)


async def killed_again_and_again(
    kills: int, database: Database, server: PostgresServer | None
) -> None:
    dice = random.Random(1)  # noqa: S311 - when to kill is no secret
    acknowledged: list[str] = []
    for cycle in range(kills):
        seconds = dice.uniform(0, MOST)
        mine = server if cycle % SERVER == SERVER - 1 or cycle == kills - 1 else None
        acknowledged += await asyncio.to_thread(written, database.url, cycle, seconds, mine)
        entries = await check(database, acknowledged)
    if isinstance(database, SqliteDatabase):
        assert database.query("PRAGMA integrity_check") == [("ok",)]
    kind = type(database).__name__ + (" that is killed" if server else "")
    sys.stdout.write(
        f"\n{kind}: {kills} kills, {len(acknowledged)} versions acknowledged, "
        f"{entries} entries in the audit, none lost, none half\n"
    )
    assert len(acknowledged) >= kills


def written(url: str, cycle: int, seconds: float, server: PostgresServer | None) -> list[str]:
    """The versions that a writer acknowledged before it, or its database, was killed."""
    with a_writer(url, cycle) as (process, told):
        assert told.poll(WITHIN)
        found = [told.recv()]
        process.join(seconds)
        if server is not None:
            server.stop()
            process.join(WITHIN)
        process.kill()
        process.join()
        found += rest(told)
        assert process.exitcode == (-signal.SIGKILL if server is None else 1)
    if server is not None:
        server.start()
    return found


def rest(told: Connection) -> list[str]:
    found = []
    try:
        while True:
            found.append(told.recv())
    except (EOFError, OSError):
        return found  # what was cut off is no answer


async def check(database: Database, acknowledged: list[str]) -> int:
    """What holds after every kill; gives the number of entries in the audit."""
    ledger = await open_ledger(database.url)
    try:
        stored = await ledger.read()
        held = stored.connectors[PETS].versions
        numbers = (await ledger.numbers(PETS)).unpack()["list:request"]
        texts = await ledger.specs({each.spec_digest for each in held.values()})
        trail = Trail(ledger)
        verified = await trail.verify()
        entries = await trail.page("", None, 1_000_000)
    finally:
        await ledger.close()
    assert set(acknowledged) <= set(held)
    # The only version more than those is one whose answer the kill cut off.
    cycles = {each.split("-")[0] for each in acknowledged}
    assert len(held) - len(acknowledged) <= len(cycles)
    for key, version in held.items():
        assert f"title: {key}}}" in texts[version.spec_digest].unpack()
    assert [each.name.version for each in stored.connectors[PETS].live] == [serving(list(held))]
    assert numbers.keys() == {f"{key}:text" for key in held}
    assert len({each.number for each in numbers.values()}) == len(held)
    assert verified.is_intact
    assert [each.sequence for each in reversed(entries)] == list(range(1, stored.sequence + 1))
    created = [each.changes[0].rsplit("/", 1)[1] for each in reversed(entries)]
    assert created == list(held)
    return len(entries)


def serving(keys: list[str]) -> str:
    """What the last set has left serving: every third goes back to the version before."""
    cycle, _, number = keys[-1].partition("-")
    return f"{cycle}-{int(number) - 1}" if int(number) % 3 == 2 else keys[-1]
