"""The audit: every change and refusal, in a chain that tells whether somebody has been at it."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import insert, update

from facade.catalog.catalog import Catalog
from facade.errors.fault import Code, Effect
from facade.errors.service import StoreFull, StoreUnavailable
from facade.stores.audit import note_audit
from facade.stores.base import Audit
from facade.stores.chain import START, digest_of
from facade.stores.ledger import SqlLedger
from facade.stores.refusals import MOST, Refusals
from facade.stores.schema import AUDIT, META
from facade.stores.scope import EVERY_TENANT
from facade.stores.trail import NotedRow, Trail
from tests.catalogs import PETS, call, create, named, promote
from tests.databases import Database
from tests.processes import until

NOW = datetime(2026, 1, 1, 12, 30, 15, 123456, tzinfo=UTC)


@pytest.fixture
def trail(ledger: SqlLedger) -> Trail:
    return Trail(ledger)


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as opened:
        yield opened


async def fill(ledger: SqlLedger, count: int, tenant: str = "") -> None:
    """Rows as they are written, but many at a time."""
    rows: list[dict[str, Any]] = []
    digest = START
    for number in range(1, count + 1):
        row: dict[str, Any] = {
            "number": number,
            "sequence": number,
            "time": NOW,
            "tenant": tenant,
            "caller": f"key:{number % 7}",
            "method": "manage",
            "target": f"connectors/c{number % 10}",
            "changes": [f"create connectors/c{number % 10}/versions/v{number}"],
            "request_id": "",
            "outcome": "OK",
            "before": "",
            "after": f"{number:x}",
        }
        row["digest"] = digest = digest_of(digest, row)
        rows.append(row)
    async with ledger.transaction(writes=True, tenant=EVERY_TENANT) as connection:
        await connection.execute(insert(AUDIT), rows)
        await connection.execute(update(META).values(audit_number=count, audit_digest=digest))


TAMPERED = {
    "caller": ("update audit set caller = 'key:x' where number = 40", (40,)),
    "outcome": ("update audit set outcome = 'NO' where number = 1", (1,)),
    "tenant": ("update audit set tenant = 'b' where number = 100", (100,)),
    "sequence": ("update audit set sequence = null where number = 7", (7,)),
    "after": ("update audit set after = '' where number = 99", (99,)),
    "digest": ("update audit set digest = 'x' where number = 40", (40, 41)),
    "changes": (
        "update audit set changes = (select changes from audit where number = 5) where number = 40",
        (40,),
    ),
    "removed": ("delete from audit where number = 40", (40, 41)),
    "first": ("delete from audit where number = 1", (1, 2)),
    "tail": ("delete from audit where number > 98", (99, 100)),
    "emptied": ("delete from audit", tuple(range(1, 11))),
    "moved": (
        (
            "update audit set number = 1081 - number where number in (40, 41);"
            "update audit set number = number - 1000 where number > 1000"
        ),
        (40, 41, 42),
    ),
    "inserted": ("update audit set number = 101 where number = 100", (100, 101)),
}


@pytest.mark.parametrize("how", TAMPERED)
async def test_l14_a_row_that_was_changed_removed_or_moved_is_found(
    ledger: SqlLedger, trail: Trail, database: Database, how: str
) -> None:
    await fill(ledger, 100)
    verified = await trail.verify()
    assert verified.is_intact
    assert (verified.number, len(verified.digest)) == (100, 64)
    statements, broken = TAMPERED[how]
    for statement in statements.split(";"):
        database.query(statement)
    assert (await trail.verify()).broken == broken


async def test_l14_the_end_is_cut_off_with_what_the_ledger_says_of_it_and_a_note_tells(
    ledger: SqlLedger, trail: Trail, database: Database
) -> None:
    await fill(ledger, 20)
    noted = await trail.verify()
    known = NotedRow(number=noted.number, digest=noted.digest)
    assert (await trail.verify(known)).is_intact
    database.query("delete from audit where number > 15")
    database.query(
        "update meta set audit_number = 15,"
        " audit_digest = (select digest from audit where number = 15)"
    )
    assert (await trail.verify()).is_intact
    assert (await trail.verify(known)).broken == (20,)
    await asyncio.gather(*(forged(ledger, number) for number in range(5)))
    assert (await trail.verify()).is_intact
    assert (await trail.verify(known)).broken == (20,)


async def forged(ledger: SqlLedger, number: int) -> None:
    async with ledger.transaction(writes=True, tenant="") as connection:
        await note_audit(connection, Audit(time=NOW, method="m", target=str(number)), number)


async def test_l14_one_row_among_many_is_found(
    ledger: SqlLedger, trail: Trail, database: Database
) -> None:
    await fill(ledger, 5_000)
    assert (await trail.verify()).is_intact
    database.query("update audit set target = 'connectors/c' where number = 4321")
    assert (await trail.verify()).broken == (4321,)


async def test_l14_changes_in_many_processes_make_one_chain(
    catalog: Catalog, ledger: SqlLedger, trail: Trail
) -> None:
    async with Refusals(ledger, pause=0.0) as refusals:
        for turn in range(5):
            refusals.note("key:a", "", "ManageVersions", str(turn), "CALLER_FORBIDDEN")
            await asyncio.gather(
                catalog.manage(PETS, [create(f"v{turn}")]), *(forged(ledger, n) for n in range(3))
            )
    verified = await trail.verify()
    assert verified.is_intact
    assert verified.number == 25


async def test_l15_what_cannot_be_written_to_the_audit_does_not_happen(
    catalog: Catalog, database: Database
) -> None:
    await catalog.manage(PETS, [create("v1"), promote("v1")])
    database.query("alter table audit rename to gone")
    with pytest.raises(StoreUnavailable):
        await catalog.manage(PETS, [create("v2")])
    assert catalog.resolve(call("live", "getPet"))[0].name == named("v1")
    database.query("alter table gone rename to audit")
    await catalog.refresh()
    assert list(catalog.connector(PETS).versions) == ["v1"]


async def fill_up(catalog: Catalog) -> None:
    for number in range(200):
        await catalog.manage(PETS, [create(f"w{number}", f"o{number}")])


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_l15_g03_without_room_changes_are_refused_and_calls_go_on_until_there_is_some(
    catalog: Catalog, ledger: SqlLedger
) -> None:
    await catalog.manage(PETS, [create("v1"), promote("v1")])
    async with ledger._engine.connect() as connection:
        await connection.exec_driver_sql("PRAGMA max_page_count = 1")  # as many as there are
    with pytest.raises(StoreFull) as caught:
        await fill_up(catalog)
    assert (caught.value.status, caught.value.effect) == (
        Code.RESOURCE_EXHAUSTED,
        Effect.NOT_EXECUTED,
    )
    assert catalog.resolve(call("live", "getPet"))[0].name == named("v1")
    assert await ledger.sequence() == (await Trail(ledger).verify()).number
    async with ledger._engine.connect() as connection:
        await connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
    await catalog.manage(PETS, [create("v2")])


async def test_a_tenant_reads_its_own_rows_the_latest_first(
    ledger: SqlLedger, trail: Trail
) -> None:
    await fill(ledger, 12, tenant="a")
    assert [each.number for each in await trail.page("a", None, 5)] == [12, 11, 10, 9, 8]
    assert [each.number for each in await trail.page("a", 8, 50)] == [7, 6, 5, 4, 3, 2, 1]
    assert await trail.page("", None, 50) == []
    (last,) = await trail.page("a", None, 1)
    assert (last.caller, last.time, last.changes) == (
        "key:5",
        NOW,
        ["create connectors/c2/versions/v12"],
    )


async def test_a20_refusals_are_written_behind_the_callers_back(
    ledger: SqlLedger, trail: Trail
) -> None:
    async with Refusals(ledger, clock=NOW.timestamp) as refusals:
        for _ in range(3):
            refusals.note("key:ci", "a", "ManageVersions", "connectors/x", "CALLER_FORBIDDEN")
        refusals.note("anyone\0", "", "GET /\0", "x" * 5000, "CALLER_UNKNOWN")
        assert refusals.waiting == 4
    (row,) = await trail.page("a", None, 10)
    assert (row.caller, row.method, row.target) == ("key:ci", "ManageVersions", "connectors/x")
    assert (row.outcome, row.changes, row.sequence) == ("CALLER_FORBIDDEN", ["3 times"], None)
    (row,) = await trail.page("", None, 10)
    assert (row.caller, len(row.target)) == ("anyone\N{REPLACEMENT CHARACTER}", 256)
    assert row.method == "GET /\N{REPLACEMENT CHARACTER}"
    assert (await trail.verify()).number == 2


async def test_of_a_flood_of_refusals_the_first_are_told_and_the_others_counted(
    ledger: SqlLedger, trail: Trail
) -> None:
    async with Refusals(ledger) as refusals:
        for number in range(10 * MOST):
            refusals.note("key:x", "", "GetConnector", f"connectors/c{number}", "CALLER_FORBIDDEN")
    rows = await trail.page("", None, 10 * MOST)
    assert len(rows) == MOST + 1
    assert (rows[0].changes, rows[0].outcome) == ([f"and {9 * MOST} more"], "REFUSED")


async def test_refusals_wait_for_a_database_that_is_away(
    ledger: SqlLedger, trail: Trail, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)

    async def told() -> bool:
        return "refusals are not written now" in caplog.text

    async def both_wait() -> bool:
        return refusals.waiting == 2  # but for moments in which somebody tries to write them

    database.query("alter table meta rename to gone")
    async with Refusals(ledger, pause=0.01) as refusals:
        refusals.note("key:x", "", "GetConnector", "connectors/a", "CALLER_FORBIDDEN")
        await until(told, 10, "it is told")
        refusals.note("key:x", "", "GetConnector", "connectors/a", "CALLER_FORBIDDEN")
        await until(both_wait, 10, "both wait")
        database.query("alter table gone rename to meta")
    (row,) = await trail.page("", None, 10)
    assert row.changes == ["2 times"]
    assert caplog.text.count("refusals are not written now") == 1
