"""G01: `portico up` is killed in the middle of its commits; what it acknowledged is there, whole.

So is PostgreSQL, where that is the ledger, every third time.
`pytest tests/e2e/test_kill.py --kills 200 -s` tells the figures of a longer run.
"""

import asyncio
import random
import sys
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import grpc.aio
import pytest

from facade.stores.ledger import open_ledger
from facade.stores.trail import Trail
from gateway.v1.catalog_pb2 import ListVersionsRequest
from gateway.v1.gateway_pb2 import (
    CreateVersion,
    ManageVersionsRequest,
    ManageVersionsResponse,
    PromoteVersion,
    VersionChange,
)
from gateway.v1.version_pb2 import ConnectorVersion
from tests.databases import BOTH, Database, PostgresDatabase, SqliteDatabase
from tests.processes import Running, portico_up

LONGEST = 0.5
"""Seconds within which a gateway is killed after the first change was sent."""

WITHIN = 20.0
"""Seconds that a gateway has to answer, and to be gone: far more than it takes."""

CYCLE = 60.0
"""Seconds from one kill to the next at most."""

AT_ONCE = 2
"""Change sets under way at the same time, to connectors of their own."""


@dataclass(frozen=True)
class Sent:
    """A change set: two versions are created, and the second one is promoted."""

    connector: str
    number: int
    request_id: str

    @property
    def texts(self) -> dict[str, str]:
        """The documents, by version; no two are the same."""
        paths = "".join(f"  /p{path}: {{get: {{}}}}\n" for path in range(self.actions))
        head = f"openapi: 3.1.0\ninfo: {{title: {self.connector}, version: "
        return {
            key: f"{head}{key}}}\npaths:\n{paths}"
            for key in (f"v{self.number}a", f"v{self.number}b")
        }

    @property
    def live(self) -> str:
        """The version that serves in the end: of every third set the first, by a rollback."""
        return f"v{self.number}{'a' if self.number % 3 == 2 else 'b'}"

    @property
    def actions(self) -> int:
        """How many actions each of its versions has."""
        return self.number % 7 + 1

    def request(self) -> ManageVersionsRequest:
        """As it goes out, each time the same."""
        changes = [
            VersionChange(
                create=CreateVersion(version_id=key, version=ConnectorVersion(spec_text=text))
            )
            for key, text in self.texts.items()
        ]
        for key in dict.fromkeys((list(self.texts)[-1], self.live)):
            promoted = PromoteVersion(name=f"{self.connector}/versions/{key}", allow_breaking=True)
            changes.append(VersionChange(promote=promoted))
        return ManageVersionsRequest(
            parent=self.connector, changes=changes, request_id=self.request_id
        )


@dataclass
class Tally:
    """What was sent and acknowledged, and what was found to be missing."""

    kills: int = 0
    servers: int = 0
    """Kills that were of the database's server."""
    acknowledged: list[tuple[Sent, ManageVersionsResponse]] = field(default_factory=list)
    pending: list[Sent] = field(default_factory=list)
    """What the last kill cut off: it happened, or it did not."""
    lost: list[str] = field(default_factory=list)
    half: list[str] = field(default_factory=list)
    repeated: int = 0


async def send(running: Running, connector: str, tally: Tally, dice: random.Random) -> None:
    """Sends change sets one after the other until the gateway is gone."""
    for number in range(100_000):
        request_id = str(UUID(int=dice.getrandbits(128), version=4))
        sent = Sent(connector, number, request_id)
        tally.pending.append(sent)
        try:
            answer = await running.gateway.ManageVersions(sent.request(), timeout=WITHIN)
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.UNAVAILABLE:
                raise
            return
        tally.pending.remove(sent)
        tally.acknowledged.append((sent, answer))


async def kill_at_random(
    running: Running, tally: Tally, cycle: int, dice: random.Random, database: Database
) -> None:
    async with asyncio.TaskGroup() as group:
        for lane in range(AT_ONCE):
            group.create_task(send(running, f"connectors/k{cycle}-{lane}", tally, dice))
        await asyncio.sleep(dice.uniform(0, LONGEST))
        server = database.server if isinstance(database, PostgresDatabase) else None
        if server is not None and cycle % 3 == 2:
            await asyncio.to_thread(server.stop)
        else:
            running.process.kill()
            await running.process.wait()
    if server is not None and cycle % 3 == 2:
        await asyncio.to_thread(server.start)
        tally.servers += 1
    tally.kills += 1


async def check(running: Running, tally: Tally, since: int) -> None:
    """What must hold after a restart, for all that was sent after the first `since`."""
    answered = tally.acknowledged[since:]
    connectors = {each.connector for each, _ in answered} | {
        each.connector for each in tally.pending
    }
    for connector in sorted(connectors):
        held = await versions(running, connector)
        sets = [each for each, _ in answered if each.connector == connector]
        tally.lost += [key for each in sets for key in each.texts if key not in held]
        doubtful = [each for each in tally.pending if each.connector == connector]
        tally.half += [
            f"{connector}: {key}"
            for each in (*sets, *doubtful)
            for key in each.texts.keys() & held.keys()
            if not whole(each, held)
        ]
        known = {key for each in (*sets, *doubtful) for key in each.texts}
        tally.half += [f"{connector}: {key} from nowhere" for key in held.keys() - known]
        live = [key for key, version in held.items() if version.traffic_percent]
        done = [each for each in (*sets, *doubtful) if whole(each, held)]
        assert live == [each.live for each in sorted(done, key=of_number)[-1:]]


def of_number(sent: Sent) -> int:
    return sent.number


def whole(sent: Sent, held: dict[str, ConnectorVersion]) -> bool:
    """Whether every version of a change set is there with its document and its actions."""
    return all(
        key in held
        and held[key].spec_digest == sha256(text.encode()).hexdigest()
        and held[key].action_count == sent.actions
        for key, text in sent.texts.items()
    )


async def versions(running: Running, connector: str) -> dict[str, ConnectorVersion]:
    """The versions of a connector by id, in the order of their creation."""
    found: list[ConnectorVersion] = []
    request = ListVersionsRequest(parent=connector, page_size=1000)
    while True:
        try:
            page = await running.catalog.ListVersions(request, timeout=WITHIN)
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.NOT_FOUND:
                raise
            return {}
        found += page.versions
        request.page_token = page.next_page_token
        if not page.next_page_token:
            break
    found.sort(key=lambda each: (int(each.name.rpartition("/v")[2][:-1]), each.name))
    return {each.name.rpartition("/")[2]: each for each in found}


async def repeat(running: Running, tally: Tally) -> None:
    """Sends again what was cut off, and what was answered last: both are answered as once."""
    for sent in tally.pending:
        before = await versions(running, sent.connector)
        answer = await running.gateway.ManageVersions(sent.request(), timeout=WITHIN)
        after = await versions(running, sent.connector)
        assert whole(sent, after)
        created = list(answer.versions)[: len(sent.texts)]
        assert [each.create_time for each in created] == [
            after[key].create_time for key in sent.texts
        ]
        if whole(sent, before):
            assert list(before) == list(after)
        tally.acknowledged.append((sent, answer))
        tally.repeated += 1
    tally.pending.clear()
    for sent, answer in tally.acknowledged[-1:]:
        assert await running.gateway.ManageVersions(sent.request(), timeout=WITHIN) == answer


async def intact(database: Database, tally: Tally) -> int:
    """The rows of the audit: there is one for each set that is there, and none for another."""
    ledger = await open_ledger(database.url)
    try:
        verified = await Trail(ledger).verify()
        entries = await Trail(ledger).page("", None, 1_000_000)
        stored = await ledger.read()
    finally:
        await ledger.close()
    assert verified.is_intact
    told = {line.split()[1] for entry in entries for line in entry.changes if "create" in line}
    held = {
        str(version.name)
        for each in stored.connectors.values()
        for version in each.versions.values()
    }
    assert told == held
    assert len(entries) == len(tally.acknowledged)
    return len(entries)


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", BOTH)
async def test_g01_what_was_acknowledged_survives_kills_and_nothing_is_half_there(
    tmp_path: Path, request: pytest.FixtureRequest, kind: str
) -> None:
    database: Database = SqliteDatabase(tmp_path / "data" / "portico.db")
    flags: tuple[str, ...] = ()
    if kind == "postgres":
        server = request.getfixturevalue("own_postgres_server")
        database = PostgresDatabase(server, server.database())
        flags = ("--database", database.url)
    dice = random.Random(2)  # noqa: S311 - when to kill is no secret
    tally = Tally()
    since = 0
    for cycle in range(request.config.getoption("--kills")):
        async with (
            asyncio.timeout(CYCLE),
            portico_up(tmp_path, None, *flags, log=tmp_path / "log") as running,
        ):
            await check(running, tally, since)
            await repeat(running, tally)
            since = len(tally.acknowledged)
            await kill_at_random(running, tally, cycle, dice, database)
    async with portico_up(tmp_path, None, *flags, log=tmp_path / "log") as running:
        await check(running, tally, since)
        await repeat(running, tally)
        await check(running, tally, 0)
    if kind == "sqlite":
        assert database.query("PRAGMA integrity_check") == [("ok",)]
    entries = await intact(database, tally)
    sys.stdout.write(
        f"\n{kind}: {tally.kills} kills, {tally.servers} of them of the server, "
        f"{entries} entries of the audit, {2 * len(tally.acknowledged)} versions acknowledged, "
        f"{tally.repeated} change sets cut off and repeated, "
        f"{len(tally.lost)} lost, {len(tally.half)} half\n"
    )
    assert (tally.lost, tally.half) == ([], [])
    assert len(tally.acknowledged) >= tally.kills
