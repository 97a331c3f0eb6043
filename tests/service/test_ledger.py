"""The ledger in a SQLite file: what is committed is there, whole, whatever happens between."""

import asyncio
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import MetaData, create_engine

from facade.errors.fault import Code, Effect
from facade.errors.service import StoreUnavailable
from facade.model.action import Location, Problem
from facade.model.credential import ApiKey, Basic, Bearer, Credential
from facade.model.names import ConnectorName, VersionName
from facade.model.policy import ErrorRule, Policy
from facade.model.version import Balancing, Connector, Destination, State, Variable, Version
from facade.stores.base import Answer, Audit, Commit, Conflict, SpecText, Stored
from facade.stores.beside import BESIDE
from facade.stores.ledger import SqlLedger, open_ledger
from facade.stores.schema import METADATA
from tests.databases import Database

PETS = ConnectorName("pets")
NOW = datetime(2026, 1, 1, 12, 30, 15, 123456, tzinfo=UTC)
SPEC = SpecText.pack("openapi: 3.0.3\n# ümlaut\n")


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


async def test_everything_of_a_connector_is_read_back_as_it_was(ledger: SqlLedger) -> None:
    pets = connector(full_version(), version("v2"))
    assert await ledger.commit(commit(0, pets)) == 1
    assert await ledger.read() == Stored(sequence=1, connectors={PETS: pets})
    assert (await ledger.specs([SPEC.digest, "unknown"])) == {SPEC.digest: SPEC}
    assert SPEC.unpack() == "openapi: 3.0.3\n# ümlaut\n"


async def test_a_document_is_stored_once_and_outlives_its_version(
    ledger: SqlLedger, database: Database
) -> None:
    await ledger.commit(commit(0, connector(version("v1"), version("v2"))))
    await ledger.commit(commit(1, connector(version("v3"), etag="2")))
    await ledger.commit(commit(2, removed=(PETS,)))
    assert await ledger.read() == Stored(sequence=3, connectors={})
    assert database.query("select count(*) from specs") == [(1,)]
    assert database.query("select sequence from audit order by number") == [(1,), (2,), (3,)]


async def test_g05_versions_are_in_order_of_creation_and_not_of_time(ledger: SqlLedger) -> None:
    await ledger.commit(commit(0, connector(version("v1"), version("v2"))))
    earlier = replace(version("v1", "2"), create_time=NOW - timedelta(hours=1))
    await ledger.commit(commit(1, connector(version("v2"), earlier, version("v0"), etag="2")))
    connectors = (await ledger.read()).connectors
    assert list(connectors[PETS].versions) == ["v2", "v1", "v0"]


async def test_g06_of_two_commits_on_one_sequence_exactly_one_wins(database: Database) -> None:
    ledgers = [await open_ledger(database.url) for _ in range(2)]
    outcomes = await asyncio.gather(
        *(
            each.commit(commit(0, connector(version(f"v{number}"))))
            for number, each in enumerate(ledgers)
        ),
        return_exceptions=True,
    )
    assert sorted(type(each).__name__ for each in outcomes) == ["Conflict", "int"]
    connectors = (await ledgers[0].read()).connectors
    assert len(connectors[PETS].versions) == 1
    for each in ledgers:
        await each.close()


async def test_a_refused_commit_leaves_nothing_behind(
    ledger: SqlLedger, database: Database
) -> None:
    with pytest.raises(Conflict):
        await ledger.commit(commit(5, connector(version("v1"))))
    with pytest.raises(StoreUnavailable):
        await ledger.commit(commit(0, connector(version("v1")), specs=()))
    assert await ledger.read() == Stored(sequence=0, connectors={})
    assert database.query("select * from audit") == []


async def test_two_tenants_have_connectors_and_answers_of_the_same_names(
    ledger: SqlLedger,
) -> None:
    ours = connector(version("v1"))
    named = replace(version("v9"), name=VersionName("pets", "v9", "shop"))
    theirs = replace(connector(named), name=ConnectorName("pets", "shop"))
    answers = [
        Answer(request_id="r1", fingerprint=each.name.tenant, connector=each)
        for each in (ours, theirs)
    ]
    audit = Audit(time=NOW, tenant="shop", method="manage", target="connectors/pets")
    await ledger.commit(commit(0, ours, answer=answers[0]))
    await ledger.commit(commit(1, theirs, answer=answers[1], audit=audit))
    assert (await ledger.read()).connectors == {PETS: ours, theirs.name: theirs}
    assert await ledger.answer("r1", NOW) == answers[0]
    assert await ledger.answer("r1", NOW, "shop") == answers[1]
    await ledger.commit(commit(2, removed=(theirs.name,), audit=audit))
    assert (await ledger.read()).connectors == {PETS: ours}


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


async def test_g04_a_damaged_document_is_never_handed_out(
    ledger: SqlLedger, database: Database
) -> None:
    await ledger.commit(commit(0, connector(version("v1"))))
    other = SpecText.pack("openapi: 3.0.3\n# evil\n")
    database.query(f"update specs set packed = {database.blob(other.packed)}")  # noqa: S608 - ours
    damaged = (await ledger.specs([SPEC.digest]))[SPEC.digest]
    with pytest.raises(StoreUnavailable, match="damaged"):
        damaged.unpack()
    with pytest.raises(StoreUnavailable, match="damaged"):
        SpecText(digest=SPEC.digest, packed=b"no zlib").unpack()


async def test_g04_a_damaged_version_is_refused(ledger: SqlLedger, database: Database) -> None:
    await ledger.commit(commit(0, connector(full_version())))
    database.query("update versions set content = replace(content, 'facade.', 'faxade.')")
    with pytest.raises(StoreUnavailable, match="connectors/pets/versions/v1 is damaged"):
        await ledger.read()


async def test_g04_a_file_that_is_no_database_is_refused_without_the_librarys_words(
    tmp_path: Path,
) -> None:
    path = tmp_path / "portico.db"
    await asyncio.to_thread(path.write_bytes, b"not a database at all" * 100)
    broken = SqlLedger(f"sqlite+aiosqlite:///{path}")
    with pytest.raises(StoreUnavailable) as caught:
        await broken.open()
    assert caught.value.message == "the database of connectors does not answer"
    assert caught.value.effect is Effect.UNKNOWN
    await broken.close()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_commits_are_synced_before_they_are_acknowledged(ledger: SqlLedger) -> None:
    async with ledger._engine.connect() as connection:
        found = [
            (await connection.exec_driver_sql(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        ]
    assert found == ["wal", 2, 1, 5000]


async def test_the_migrations_lead_to_the_tables_of_the_schema(
    ledger: SqlLedger, database: Database
) -> None:
    engine, whole = create_engine(database.plain), MetaData()
    for table in (*METADATA.sorted_tables, *BESIDE.sorted_tables):
        table.to_metadata(whole)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        differences = compare_metadata(context, whole)
    engine.dispose()
    comments = "modify_comment"  # they stand in the schema, for who reads it
    assert [each for each in differences if comments not in str(each)] == []
    assert await ledger.sequence() == 0


async def test_opening_again_migrates_nothing_and_loses_nothing(
    ledger: SqlLedger, database: Database
) -> None:
    await ledger.commit(commit(0, connector(version("v1"))))
    again = await open_ledger(database.url)
    assert await again.sequence() == 1
    await again.close()


async def test_g17_several_processes_may_migrate_at_once(empty_database: Database) -> None:
    ledgers = await asyncio.gather(*(open_ledger(empty_database.url) for _ in range(4)))
    assert [await each.sequence() for each in ledgers] == [0, 0, 0, 0]
    for each in ledgers:
        await each.close()


async def test_what_this_process_writes_shows_at_once_in_the_recent_sequence(
    ledger: SqlLedger, database: Database
) -> None:
    other = await open_ledger(database.url)
    assert [await ledger.recent_sequence(), await other.recent_sequence()] == [0, 0]
    await ledger.commit(commit(0, connector(version("v1"))))
    assert await ledger.recent_sequence() == 1
    assert await other.recent_sequence() == 0
    assert await other.sequence() == await other.recent_sequence() == 1
    await other.close()


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
    empty_database: Database, table: str
) -> None:
    killed = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", INTERRUPTED, empty_database.url, table],
        cwd=Path(__file__).parents[2],
        check=False,
        timeout=20,
    )
    assert killed.returncode == -signal.SIGKILL
    assert empty_database.tables() == 0
    ledger = await open_ledger(empty_database.url)
    assert await ledger.commit(commit(0, connector(version("v1")))) == 1
    await ledger.close()


async def test_g17_the_tables_of_a_newer_release_are_refused(
    ledger: SqlLedger, database: Database
) -> None:
    await ledger.close()
    database.query("update alembic_version set version_num = '9999'")
    older = SqlLedger(database.url)
    with pytest.raises(StoreUnavailable, match=r"newer release .*9999"):
        await older.open()
    await older.close()
