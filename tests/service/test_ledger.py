"""The ledger in a SQLite file: what is committed is there, whole, whatever happens between."""

import asyncio
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine

from facade.errors.fault import Code, Effect
from facade.errors.service import StoreUnavailable
from facade.model.action import Location, Problem
from facade.model.credential import ApiKey, Basic, Bearer, Credential
from facade.model.names import ConnectorName, VersionName
from facade.model.policy import ErrorRule, Policy
from facade.model.version import Balancing, Connector, Destination, State, Variable, Version
from facade.stores.base import Answer, Audit, Commit, Conflict, SpecText
from facade.stores.ledger import SqlLedger, open_ledger
from facade.stores.schema import METADATA

NOW = datetime(2026, 1, 1, 12, 30, 15, 123456, tzinfo=UTC)
SPEC = SpecText.pack("openapi: 3.0.3\n# ümlaut\n")


def url(path: Path) -> str:
    return f"sqlite+aiosqlite:///{path}"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "portico.db"


@pytest.fixture
async def ledger(path: Path) -> AsyncIterator[SqlLedger]:
    opened = await open_ledger(url(path))
    yield opened
    await opened.close()


def version(key: str, etag: str = "1") -> Version:
    return Version(
        name=VersionName("pets", key),
        spec_digest=SPEC.digest,
        etag=etag,
        create_time=NOW,
        update_time=NOW,
    )


def full_version() -> Version:
    return replace(
        version("v1"),
        spec_uri="https://example.com/openapi.yaml",
        destination=Destination(
            uri="https://facade.example.com",
            others=("https://other.example.com",),
            balancing=Balancing.FAILOVER,
            indirect=True,
            mark="x-facade",
            credential=Credential(scheme="", kind=Bearer(token="env:T")),
        ),
        credentials=(
            Credential(scheme="a", kind=Basic(username="u", password="env:P")),
            Credential(
                scheme="b",
                kind=ApiKey(key="file:k", prefix="Token "),
                location=Location.QUERY,
                parameter="key",
            ),
        ),
        variables=(Variable(name="region", location=None, value="eu", required=False),),
        policy=Policy(
            timeout=2.5,
            success_statuses=(200, 404),
            error_rules=(ErrorRule(status=409, code=Code.ALREADY_EXISTS, pointer="/code"),),
        ),
        labels={"team": "pets"},
        notes="first",
        state=State.ACTIVE,
        traffic_percent=100,
        action_count=7,
        problems=(Problem(code="c", message="m", pointer="/p", line=3, source="x: 1"),),
    )


def connector(*versions: Version, etag: str = "1") -> Connector:
    return Connector(
        name=ConnectorName("pets"),
        title="Pets",
        labels={"a": "b"},
        etag=etag,
        create_time=NOW,
        update_time=NOW,
        versions={each.name.version: each for each in versions},
    )


def commit(expected: int, *connectors: Connector, **parts: object) -> Commit:
    audit = Audit(time=NOW, method="manage", target="connectors/pets", changes=("create v1",))
    defaults = {"connectors": connectors, "specs": (SPEC,), "audit": audit}
    return Commit(expected=expected, **{**defaults, **parts})  # type: ignore[arg-type]  # parts of a Commit


def query(path: Path, sql: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(path) as database:
        rows = database.execute(sql).fetchall()
    database.close()
    return rows


async def test_everything_of_a_connector_is_read_back_as_it_was(ledger: SqlLedger) -> None:
    pets = connector(full_version(), version("v2"))
    assert await ledger.commit(commit(0, pets)) == 1
    assert await ledger.read() == (1, {"pets": pets})
    assert (await ledger.specs([SPEC.digest, "unknown"])) == {SPEC.digest: SPEC}
    assert SPEC.unpack() == "openapi: 3.0.3\n# ümlaut\n"


async def test_a_document_is_stored_once_and_outlives_its_version(
    ledger: SqlLedger, path: Path
) -> None:
    await ledger.commit(commit(0, connector(version("v1"), version("v2"))))
    await ledger.commit(commit(1, connector(version("v3"), etag="2")))
    await ledger.commit(commit(2, removed=(ConnectorName("pets"),)))
    assert await ledger.read() == (3, {})
    assert query(path, "select count(*) from specs") == [(1,)]
    assert query(path, "select sequence from audit") == [(1,), (2,), (3,)]


async def test_g05_versions_are_in_order_of_creation_and_not_of_time(ledger: SqlLedger) -> None:
    await ledger.commit(commit(0, connector(version("v1"), version("v2"))))
    earlier = replace(version("v1", "2"), create_time=NOW - timedelta(hours=1))
    await ledger.commit(commit(1, connector(version("v2"), earlier, version("v0"), etag="2")))
    _, connectors = await ledger.read()
    assert list(connectors["pets"].versions) == ["v2", "v1", "v0"]


async def test_g06_of_two_commits_on_one_sequence_exactly_one_wins(path: Path) -> None:
    ledgers = [await open_ledger(url(path)) for _ in range(2)]
    outcomes = await asyncio.gather(
        *(
            each.commit(commit(0, connector(version(f"v{number}"))))
            for number, each in enumerate(ledgers)
        ),
        return_exceptions=True,
    )
    assert sorted(type(each).__name__ for each in outcomes) == ["Conflict", "int"]
    _, connectors = await ledgers[0].read()
    assert len(connectors["pets"].versions) == 1
    for each in ledgers:
        await each.close()


async def test_a_refused_commit_leaves_nothing_behind(ledger: SqlLedger, path: Path) -> None:
    with pytest.raises(Conflict):
        await ledger.commit(commit(5, connector(version("v1"))))
    with pytest.raises(StoreUnavailable):
        await ledger.commit(commit(0, connector(version("v1")), specs=()))
    assert await ledger.read() == (0, {})
    assert query(path, "select * from audit") == []


async def test_g15_an_answer_is_kept_for_a_day(ledger: SqlLedger) -> None:
    pets = connector(full_version())
    answer = Answer(request_id="r1", fingerprint="f", connector=pets, versions=(full_version(),))
    await ledger.commit(commit(0, pets, answer=answer))
    assert await ledger.answer("r1", NOW + timedelta(hours=23)) == answer
    assert await ledger.answer("r1", NOW + timedelta(hours=25)) is None
    assert await ledger.answer("r2", NOW) is None
    later = Audit(time=NOW + timedelta(hours=25), method="manage", target="connectors/pets")
    await ledger.commit(commit(1, pets, answer=replace(answer, fingerprint="g"), audit=later))
    again = await ledger.answer("r1", later.time)
    assert again is not None
    assert again.fingerprint == "g"


async def test_g04_a_damaged_document_is_never_handed_out(ledger: SqlLedger, path: Path) -> None:
    await ledger.commit(commit(0, connector(version("v1"))))
    other = SpecText.pack("openapi: 3.0.3\n# evil\n")
    with sqlite3.connect(path) as database:
        database.execute("update specs set packed = ?", (other.packed,))
    database.close()
    damaged = (await ledger.specs([SPEC.digest]))[SPEC.digest]
    with pytest.raises(StoreUnavailable, match="damaged"):
        damaged.unpack()
    with pytest.raises(StoreUnavailable, match="damaged"):
        SpecText(digest=SPEC.digest, packed=b"no zlib").unpack()


async def test_g04_a_damaged_version_is_refused(ledger: SqlLedger, path: Path) -> None:
    await ledger.commit(commit(0, connector(full_version())))
    with sqlite3.connect(path) as database:
        database.execute("update versions set content = replace(content, 'facade.', 'faxade.')")
    database.close()
    with pytest.raises(StoreUnavailable, match="connectors/pets/versions/v1 is damaged"):
        await ledger.read()


async def test_g04_a_file_that_is_no_database_is_refused_without_the_librarys_words(
    path: Path,
) -> None:
    await asyncio.to_thread(path.write_bytes, b"not a database at all" * 100)
    broken = SqlLedger(url(path))
    with pytest.raises(StoreUnavailable) as caught:
        await broken.open()
    assert caught.value.message == "the database of connectors does not answer"
    assert caught.value.effect is Effect.UNKNOWN
    await broken.close()


async def test_commits_are_synced_before_they_are_acknowledged(ledger: SqlLedger) -> None:
    async with ledger._engine.connect() as connection:
        found = [
            (await connection.exec_driver_sql(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        ]
    assert found == ["wal", 2, 1, 5000]


async def test_the_migrations_lead_to_the_tables_of_the_schema(
    ledger: SqlLedger, path: Path
) -> None:
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        differences = compare_metadata(context, METADATA)
    engine.dispose()
    assert differences == []
    assert await ledger.sequence() == 0


async def test_opening_again_migrates_nothing_and_loses_nothing(
    ledger: SqlLedger, path: Path
) -> None:
    await ledger.commit(commit(0, connector(version("v1"))))
    again = await open_ledger(url(path))
    assert await again.sequence() == 1
    await again.close()


async def test_g17_several_processes_may_migrate_at_once(path: Path) -> None:
    ledgers = await asyncio.gather(*(open_ledger(url(path)) for _ in range(4)))
    assert [await each.sequence() for each in ledgers] == [0, 0, 0, 0]
    for each in ledgers:
        await each.close()


INTERRUPTED = """
import asyncio, os, signal, sys
from alembic import op
from facade.stores.ledger import open_ledger

made = op.create_table
def create_table(name, *columns, **options):
    if name == sys.argv[2]:
        os.kill(os.getpid(), signal.SIGKILL)
    return made(name, *columns, **options)
op.create_table = create_table
asyncio.run(open_ledger(sys.argv[1]))
"""


@pytest.mark.parametrize("table", ["meta", "versions", "audit"])
async def test_g17_a_migration_killed_in_the_middle_is_done_by_the_next_start(
    path: Path, table: str
) -> None:
    killed = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", INTERRUPTED, url(path), table],
        cwd=Path(__file__).parents[2],
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    assert query(path, "select count(*) from sqlite_master") == [(0,)]
    ledger = await open_ledger(url(path))
    assert await ledger.commit(commit(0, connector(version("v1")))) == 1
    await ledger.close()


async def test_g17_the_tables_of_a_newer_release_are_refused(ledger: SqlLedger, path: Path) -> None:
    await ledger.close()
    with sqlite3.connect(path) as database:
        database.execute("update alembic_version set version_num = '9999'")
    database.close()
    older = SqlLedger(url(path))
    with pytest.raises(StoreUnavailable, match=r"newer release .*9999"):
        await older.open()
    await older.close()
