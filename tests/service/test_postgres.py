"""What only PostgreSQL does: policies for rows, announcements, bounds on what may take time."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select, text

from facade.bootstrap import open_parts
from facade.catalog.catalog import Catalog
from facade.config import Misconfigured, Settings
from facade.errors.fault import Code, Effect, Fault
from facade.errors.service import StoreUnavailable
from facade.model.access import Identity
from facade.model.names import ConnectorName
from facade.stores import failing, postgres
from facade.stores.beside import BESIDE
from facade.stores.ledger import SqlLedger, open_ledger
from facade.stores.postgres import POOL
from facade.stores.schema import METADATA, SECRETS, VERSIONS
from facade.stores.scope import EVERY_TENANT
from tests.catalogs import PETS, call, create, named, no_fetch, promote, read
from tests.databases import PostgresDatabase
from tests.postgres import PostgresServer
from tests.processes import until

OF_A = Identity(tenant="a", name="x")

LONG = 15.0
"""Seconds that nothing here takes, however busy the machine is."""


@pytest.fixture
def database(postgres_server: PostgresServer, migrated_template: str) -> PostgresDatabase:
    return PostgresDatabase(postgres_server, postgres_server.database(migrated_template))


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as opened:
        yield opened


async def opened(stack: AsyncExitStack, url: str) -> SqlLedger:
    ledger = await open_ledger(url)
    stack.push_async_callback(ledger.close)
    return ledger


async def waits(database: PostgresDatabase) -> bool:
    """Whether somebody waits for a lock that another transaction holds."""
    return database.query(
        "select count(*) from pg_stat_activity"
        " where datname = current_database() and wait_event_type = 'Lock'"
    ) != [(0,)]


async def has_seen(catalog: Catalog, sequence: int) -> bool:
    return catalog.snapshot.sequence == sequence


async def test_l06_a_query_without_its_where_finds_nothing_of_another_tenant(
    catalog: Catalog, ledger: SqlLedger
) -> None:
    await catalog.manage(PETS, [create("v1")])
    await catalog.manage(ConnectorName(PETS.connector, "a"), [create("v1")], by=OF_A)
    seen = {}
    for tenant in (None, "", "a", "b", EVERY_TENANT):
        async with ledger.transaction(tenant=tenant) as connection:
            seen[tenant] = set((await connection.execute(select(VERSIONS.c.tenant))).scalars())
    assert seen == {None: set(), "": {""}, "a": {"a"}, "b": set(), EVERY_TENANT: {"", "a"}}


async def test_l06_a_row_of_another_tenant_cannot_be_written(
    catalog: Catalog, ledger: SqlLedger
) -> None:
    await catalog.manage(ConnectorName(PETS.connector, "a"), [create("v1")], by=OF_A)
    with pytest.raises(StoreUnavailable):
        async with ledger.transaction(writes=True, tenant="b") as connection:
            await connection.exec_driver_sql(
                "INSERT INTO connectors SELECT 'a', 'x', '', '', '{}', '', now(), now()"
            )
    async with ledger.transaction(writes=True, tenant="b") as connection:
        changed = await connection.exec_driver_sql("UPDATE connectors SET title = 'mine'")
        assert changed.rowcount == 0


async def test_every_table_with_a_tenant_has_its_policy(
    ledger: SqlLedger, database: PostgresDatabase
) -> None:
    assert await ledger.sequence() == 0
    guarded = database.query(
        "select relname from pg_class where relrowsecurity and relforcerowsecurity"
    )
    tables = (*METADATA.tables.items(), *BESIDE.tables.items())
    with_tenant = {name for name, table in tables if "tenant" in table.columns}
    assert {name for (name,) in guarded} == with_tenant
    assert SECRETS.name in with_tenant


async def test_a_role_above_the_policies_is_told_of(
    database: PostgresDatabase, stack: AsyncExitStack, caplog: pytest.LogCaptureFixture
) -> None:
    await opened(stack, database.url)
    assert "row-level security" not in caplog.text
    await opened(stack, database.url.replace("portico@", "postgres@"))
    assert "row-level security does not hold" in caplog.text


async def test_g07_a_publish_is_seen_by_another_process_before_it_looks(
    database: PostgresDatabase, stack: AsyncExitStack
) -> None:
    one, two = await opened(stack, database.url), await opened(stack, database.url)
    ours, theirs = (Catalog(each, read, no_fetch) for each in (one, two))
    await stack.enter_async_context(two.hearing())
    following = asyncio.ensure_future(theirs.follow(interval=60.0))
    stack.callback(following.cancel)
    for number in range(3):
        await asyncio.sleep(0.3)  # it listens, and has looked
        await ours.manage(PETS, [create(f"v{number}")])
        await until(partial(has_seen, theirs, number + 1), LONG, "the publish")


async def test_g12_calls_go_on_while_it_is_down_and_changes_once_it_is_back(
    own_postgres_server: PostgresServer, stack: AsyncExitStack
) -> None:
    server = own_postgres_server
    ledger = await opened(stack, server.database())
    catalog = Catalog(ledger, read, no_fetch)
    await stack.enter_async_context(ledger.hearing())
    following = asyncio.ensure_future(catalog.follow(interval=0.05))
    stack.callback(following.cancel)
    await catalog.manage(PETS, [create("v1"), promote("v1")])
    await asyncio.to_thread(server.stop)
    for _ in range(3):
        with pytest.raises(StoreUnavailable) as caught:
            await catalog.manage(PETS, [create("v2")])
        assert caught.value.status is Code.UNAVAILABLE
        assert "127.0.0.1" not in caught.value.message
        assert catalog.resolve(call("live", "getPet"))[0].name == named("v1")
    await asyncio.to_thread(server.start)
    async with asyncio.timeout(LONG):
        await catalog.manage(PETS, [create("v2")])
        one = await opened(stack, ledger._url)
        await Catalog(one, read, no_fetch).manage(PETS, [create("v3")])
        await until(partial(has_seen, catalog, 3), LONG, "what another process has published")


async def test_g13_a_lock_that_others_hold_is_waited_for_and_then_told(
    catalog: Catalog, database: PostgresDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failing, "RETRIES", 1)
    await catalog.manage(PETS, [create("v1")])
    with database.server.connect(database.name) as other:
        other.autocommit = False
        other.execute("SELECT * FROM meta FOR UPDATE")
        made = asyncio.ensure_future(catalog.manage(PETS, [create("v2")]))
        await until(partial(waits, database), LONG, "the writer waits")
        other.rollback()
        await made
        other.execute("SELECT * FROM meta FOR UPDATE")
        began = time.monotonic()
        with pytest.raises(StoreUnavailable) as caught:
            await catalog.manage(PETS, [create("v3")])
        assert 1.9 < time.monotonic() - began < LONG  # a second each time
    assert caught.value.effect is Effect.NOT_EXECUTED
    await catalog.manage(PETS, [create("v3")])
    assert len(catalog.connector(PETS).versions) == 3


async def test_g13_a_process_that_stands_still_in_a_transaction_keeps_its_locks_for_seconds_only(
    ledger: SqlLedger,
) -> None:
    async with ledger.transaction(writes=True) as connection:
        said = await connection.execute(text("SHOW idle_in_transaction_session_timeout"))
        assert said.scalar_one() == "15s"


async def test_g13_of_two_in_a_deadlock_one_starts_over_and_both_get_through(
    ledger: SqlLedger, database: PostgresDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    catalog = Catalog(ledger, read, no_fetch)
    await catalog.manage(PETS, [create("v1")])
    database.query(f"ALTER DATABASE {database.name} SET deadlock_timeout = '800ms'")
    await ledger.close()  # for those that know of it
    with database.server.connect(database.name) as other:
        other.autocommit = False
        other.execute("SET deadlock_timeout = '10s'")  # it is ours that finds it
        other.execute("SELECT * FROM versions FOR UPDATE")
        made = asyncio.ensure_future(catalog.manage(PETS, [promote("v1")]))
        await until(partial(waits, database), LONG, "the writer waits")
        await asyncio.to_thread(other.execute, "SELECT * FROM meta FOR UPDATE")
        other.commit()
        await made
    assert catalog.connector(PETS).live
    assert "DeadlockDetected" in caplog.text


async def test_g13_a_statement_that_takes_too_long_is_ended(ledger: SqlLedger) -> None:
    began = time.monotonic()
    with pytest.raises(StoreUnavailable):
        async with ledger.transaction() as connection:
            await connection.exec_driver_sql("SELECT pg_sleep(30)")
    assert time.monotonic() - began < LONG


async def test_g14_a_process_has_ten_connections_and_who_finds_none_is_told_soon(
    ledger: SqlLedger, database: PostgresDatabase
) -> None:
    async with AsyncExitStack() as held:
        for _ in range(POOL):
            await held.enter_async_context(ledger.transaction())
        count = "select count(*) from pg_stat_activity where datname = current_database() "
        assert database.query(count + "and application_name = 'portico'") == [(POOL,)]
        began = time.monotonic()
        with pytest.raises(StoreUnavailable):
            await ledger.sequence()
        assert time.monotonic() - began < LONG
    assert await ledger.sequence() == 0


async def test_g14_a_server_without_a_connection_to_spare_is_told_of_and_works_again_after(
    ledger: SqlLedger, database: PostgresDatabase
) -> None:
    database.query(f"ALTER DATABASE {database.name} CONNECTION LIMIT 0")
    await ledger.close()
    with pytest.raises(StoreUnavailable):
        await ledger.sequence()
    database.query(f"ALTER DATABASE {database.name} CONNECTION LIMIT -1")
    assert await ledger.sequence() == 0


async def test_l03_no_password_is_in_errors_or_logs(
    database: PostgresDatabase, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    port = database.server.port
    told = []
    for url in (
        "postgresql://portico:s3cret@127.0.0.1:1/x",
        f"postgresql://nobody:s3cret@127.0.0.1:{port}/x",
        f"postgresql://portico:s3cret@127.0.0.1:{port}/x?sslmode=s3cret",
        f"postgresql://portico:s3cret@127.0.0.1:{port}/x?sslmode=verify-full",
        "postgresql://portico:a@s3cret:b@127.0.0.1:s3cret/x",
    ):
        with pytest.raises((Fault, Misconfigured)) as caught:
            async with open_parts(Settings(data=tmp_path, database=url), {}):
                raise AssertionError(url)
        told.append(str(caught.value))
    assert "s3cret" not in caplog.text + "".join(told)


def test_without_its_driver_what_is_to_be_installed_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def absent(*_: object, **__: object) -> None:
        raise ModuleNotFoundError(name="psycopg")

    monkeypatch.setattr(postgres, "create_async_engine", absent)
    with pytest.raises(ValueError, match=r"pip install 'portico-gateway\[postgres\]'"):
        SqlLedger("postgresql://x/y")
