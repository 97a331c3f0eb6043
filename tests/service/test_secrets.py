"""Kept secrets in a real ledger: sealed, seen by every process, and never in the clear."""

import asyncio
import base64
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from facade.config import Settings
from facade.errors.caller import (
    ConnectionIncomplete,
    EtagMismatch,
    InvalidRequest,
    KeyRingMissing,
    SecretExists,
    SecretNotFound,
)
from facade.errors.service import StoreUnavailable
from facade.model.secret import LARGEST, SecretName
from facade.secrets import safe
from facade.secrets.opening import open_ring, open_secrets
from facade.secrets.references import Secrets
from facade.secrets.safe import Change, Safe
from facade.stores.ledger import SqlLedger, open_ledger
from facade.stores.secrets import SqlSecrets
from tests.databases import Database, PostgresDatabase

CANARY = "c4n4ry-hunter2"
KEY = SecretName("shop-key")
OTHER = SecretName("other-key")


@dataclass(frozen=True)
class Process:
    """What one process of a gateway has of secrets."""

    secrets: Secrets
    safe: Safe
    ledger: SqlLedger


async def a_process(
    stack: AsyncExitStack, folder: Path, url: str, ring: Path | None = None
) -> Process:
    ledger = await open_ledger(url)
    stack.push_async_callback(ledger.close)
    settings = Settings(data=folder, key_ring=ring)
    opened = open_secrets(settings, {}, SqlSecrets(ledger), open_ring(settings), None)
    secrets, safe = await stack.enter_async_context(opened)
    return Process(secrets, safe, ledger)


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as opened:
        yield opened


@pytest.fixture
async def process(stack: AsyncExitStack, tmp_path: Path, url: str) -> Process:
    return await a_process(stack, tmp_path, url)


ROWS = """select string_agg(query_to_xml('select * from ' || tablename, true, false, '')::text, '')
from pg_tables where schemaname = 'public'"""


def kept_in(folder: Path, database: Database) -> bytes:
    """All that is written: the files of a folder, and the rows of a database that is elsewhere."""
    files = b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())
    elsewhere = isinstance(database, PostgresDatabase)
    return files + str(database.query(ROWS)).encode() if elsewhere else files


async def until(secrets: Secrets, reference: str, value: str | None, within: float = 1.0) -> None:
    """Waits until a reference has a value, or is known to have none."""
    async with asyncio.timeout(within):
        while True:
            with suppress(StoreUnavailable):
                try:
                    found: str | None = await secrets.resolve(reference)
                except ConnectionIncomplete:
                    found = None
                if found == value:
                    return
            await asyncio.sleep(0.02)


async def test_what_is_put_in_is_read_by_reference_and_told_without_its_value(
    process: Process,
) -> None:
    made = await process.safe.create(KEY, Change(value=CANARY, labels={"team": "a"}, notes="n"))
    assert await process.secrets.resolve("secret:shop-key") == CANARY
    assert made == await process.safe.get(KEY)
    assert (made.revision, made.labels, made.notes) == (1, {"team": "a"}, "n")
    assert CANARY not in str(made)


async def test_l01_neither_files_nor_rows_hold_a_value(
    process: Process, tmp_path: Path, database: Database
) -> None:
    await process.safe.create(KEY, Change(value=CANARY))
    await process.safe.update(KEY, Change(value=CANARY + "2"))
    written = kept_in(tmp_path, database)
    await process.safe.delete(KEY)
    written += kept_in(tmp_path, database)
    assert written.count(b"secrets/shop-key") >= 2
    for form in (CANARY.encode(), base64.b64encode(CANARY.encode())[:-4], CANARY[::-1].encode()):
        assert form not in written


async def test_a_change_in_one_process_is_seen_by_every_other_within_a_second(
    stack: AsyncExitStack, tmp_path: Path, url: str
) -> None:
    one, two = await a_process(stack, tmp_path, url), await a_process(stack, tmp_path, url)
    await until(two.secrets, "secret:shop-key", None)
    await one.safe.create(KEY, Change(value="first"))
    assert await one.secrets.resolve("secret:shop-key") == "first"
    await until(two.secrets, "secret:shop-key", "first")
    await one.safe.update(KEY, Change(value="second"))
    assert await one.secrets.resolve("secret:shop-key") == "second"
    await until(two.secrets, "secret:shop-key", "second")
    await one.safe.delete(KEY)
    with pytest.raises(ConnectionIncomplete):
        await one.secrets.resolve("secret:shop-key")
    await until(two.secrets, "secret:shop-key", None)


async def test_a_value_at_hand_costs_no_sql(process: Process) -> None:
    await process.safe.create(KEY, Change(value=CANARY))
    await process.secrets.resolve("secret:shop-key")
    for _ in range(1000):
        at_once = process.secrets.resolve("secret:shop-key")
        with pytest.raises(StopIteration):
            at_once.send(None)


async def test_many_who_ask_first_read_the_ledger_once(process: Process) -> None:
    await process.safe.create(KEY, Change(value=CANARY))
    async with asyncio.TaskGroup() as group:
        asking = [group.create_task(process.secrets.resolve("secret:shop-key")) for _ in range(200)]
    assert {task.result() for task in asking} == {CANARY}


async def test_values_outlive_a_ledger_that_is_gone_for_a_while(
    process: Process, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    await process.safe.create(KEY, Change(value=CANARY))
    await process.secrets.resolve("secret:shop-key")
    database.query("ALTER TABLE secrets RENAME TO away")
    await asyncio.sleep(0.6)
    assert await process.secrets.resolve("secret:shop-key") == CANARY
    with pytest.raises(StoreUnavailable) as refusal:
        await process.secrets.resolve("secret:other-key")
    assert "secret:other-key" in refusal.value.message
    database.query("ALTER TABLE away RENAME TO secrets")
    await until(process.secrets, "secret:other-key", None, within=3)
    assert CANARY not in caplog.text


async def test_l06_a_row_that_is_moved_to_another_tenant_or_name_does_not_open(
    process: Process, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    await process.safe.create(KEY, Change(value=CANARY))
    await process.safe.create(OTHER, Change(value="other"))
    database.query(
        "UPDATE secrets SET (data_key, value, revision) = "
        "(SELECT data_key, value, revision FROM secrets WHERE id = 'shop-key') "
        "WHERE id = 'other-key'",
    )
    with pytest.raises(KeyRingMissing) as refusal:
        await process.secrets.resolve("secret:other-key")
    assert "secret:other-key" in refusal.value.message
    assert CANARY not in refusal.value.message + str(refusal.value.details) + caplog.text
    assert await process.secrets.resolve("secret:shop-key") == CANARY


async def test_l06_a_row_of_another_tenant_is_not_there(
    process: Process, database: Database
) -> None:
    await process.safe.create(KEY, Change(value=CANARY))
    database.query("UPDATE secrets SET tenant = 'b'")
    with pytest.raises(ConnectionIncomplete):
        await process.secrets.resolve("secret:shop-key")
    with pytest.raises(SecretNotFound):
        await process.safe.get(KEY)
    await process.safe.create(KEY, Change(value="mine"))
    assert await process.secrets.resolve("secret:shop-key") == "mine"


async def test_a_secret_is_changed_by_whom_its_etag_knows_and_by_nobody_else(
    process: Process,
) -> None:
    first = await process.safe.create(KEY, Change(value="a", notes="n"))
    with pytest.raises(SecretExists):
        await process.safe.create(KEY, Change(value="b"))
    second = await process.safe.update(KEY, Change(labels={"x": "y"}), first.etag)
    assert (second.revision, second.notes, second.fingerprint) == (1, "n", first.fingerprint)
    for refused in (
        process.safe.update(KEY, Change(value="c"), first.etag),
        process.safe.delete(KEY, first.etag),
    ):
        with pytest.raises(EtagMismatch):
            await refused
    third = await process.safe.update(KEY, Change(value="a"), second.etag)
    assert (third.revision, third.fingerprint) == (2, first.fingerprint)
    assert third.etag not in {first.etag, second.etag}
    await process.safe.delete(KEY, third.etag)
    for gone in (process.safe.get(KEY), process.safe.delete(KEY)):
        with pytest.raises(SecretNotFound):
            await gone
    with pytest.raises(SecretNotFound):
        await process.safe.update(KEY, Change(value="d"))
    made = await process.safe.update(KEY, Change(value="d"), allow_missing=True)
    assert made.revision == 1


async def test_changes_at_the_same_time_all_count(
    stack: AsyncExitStack, tmp_path: Path, url: str
) -> None:
    one, two = await a_process(stack, tmp_path, url), await a_process(stack, tmp_path, url)
    await one.safe.create(KEY, Change(value="0"))
    for number in range(5):
        async with asyncio.TaskGroup() as group:
            for each in (one, two):
                group.create_task(each.safe.update(KEY, Change(value=f"{number}")))
    assert (await one.safe.get(KEY)).revision == 11


@pytest.mark.parametrize("value", ["", "ä" * (LARGEST // 2 + 1)])
async def test_a_value_has_from_1_to_65536_bytes(process: Process, value: str) -> None:
    with pytest.raises(InvalidRequest, match=r"secret\.value") as refusal:
        await process.safe.create(KEY, Change(value=value))
    assert "ä" not in refusal.value.message
    await process.safe.create(KEY, Change(value="ä" * (LARGEST // 2)))
    assert len(await process.secrets.resolve("secret:shop-key")) == LARGEST // 2


async def test_every_change_leaves_its_line_in_the_audit(
    process: Process, database: Database
) -> None:
    await process.safe.create(KEY, Change(value=CANARY))
    await process.safe.update(KEY, Change(value="b"))
    await process.safe.delete(KEY)
    rows = database.query("SELECT sequence, method, target FROM audit ORDER BY sequence")
    assert rows == [
        (1, "create_secret", "secrets/shop-key"),
        (2, "update_secret", "secrets/shop-key"),
        (3, "delete_secret", "secrets/shop-key"),
    ]
    assert await process.ledger.sequence() == 3


def ring_of(path: Path, *keys: bytes) -> Path:
    path.write_text("\n".join(base64.b64encode(key).decode() for key in keys) + "\n")
    return path


async def test_l07_under_rotation_no_call_fails_and_the_old_key_can_go(
    stack: AsyncExitStack, tmp_path: Path, url: str
) -> None:
    old, new = os.urandom(32), os.urandom(32)
    ring = ring_of(tmp_path / "ring", old)
    one, two = (
        await a_process(stack, tmp_path, url, ring),
        await a_process(stack, tmp_path, url, ring),
    )
    await one.safe.create(KEY, Change(value=CANARY))
    await one.safe.create(OTHER, Change(value="other"))
    served = 0

    async def load(process: Process) -> None:
        nonlocal served
        while True:
            assert await process.secrets.resolve("secret:shop-key") == CANARY
            assert await process.secrets.resolve("secret:other-key") == "other"
            served += 1
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        loads = [group.create_task(load(each)) for each in (one, two)]
        await asyncio.sleep(0.05)
        ring_of(tmp_path / "ring", new, old)
        done = await one.safe.rotate()
        ring_of(tmp_path / "ring", new)
        await one.safe.update(OTHER, Change(value="other"))
        await asyncio.sleep(0.9)  # each process has looked at the ledger again
        for each in loads:
            each.cancel()
    assert served > 1000
    assert (done.rotated, done.remaining, done.unreadable) == (2, 0, 0)
    fresh = await a_process(stack, tmp_path, url, ring)
    assert await fresh.secrets.resolve("secret:shop-key") == CANARY


async def test_l07_a_rotation_goes_on_in_batches_and_touches_nothing_but_the_seals(
    process: Process, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(safe, "BATCH", 4)
    monkeypatch.setattr(safe, "BATCHES", 2)
    for number in range(10):
        await process.safe.create(SecretName(f"key-{number}"), Change(value=CANARY))
    before = await process.safe.page("", "", 100)
    ring_of(tmp_path / "new", os.urandom(32))
    text = (tmp_path / "new").read_text() + (tmp_path / "key-ring").read_text()
    (tmp_path / "key-ring").write_text(text)
    steps = [await process.safe.rotate() for _ in range(3)]
    assert [(each.rotated, each.remaining, each.unreadable) for each in steps] == [
        (8, 2, 0),
        (2, 0, 0),
        (0, 0, 0),
    ]
    after = await process.safe.page("", "", 100)
    assert [replace(each, key_label="") for each in after] == [
        replace(each, key_label="") for each in before
    ]
    assert {each.key_label for each in after} == {steps[0].key_label}
    assert {each.key_label for each in before}.isdisjoint({steps[0].key_label})


async def test_l05_a_secret_whose_key_is_not_in_the_ring_says_so_and_can_be_set_anew(
    stack: AsyncExitStack, tmp_path: Path, url: str
) -> None:
    one = await a_process(stack, tmp_path, url, ring_of(tmp_path / "ring", os.urandom(32)))
    await one.safe.create(KEY, Change(value=CANARY))
    two = await a_process(stack, tmp_path, url, ring_of(tmp_path / "other", os.urandom(32)))
    with pytest.raises(KeyRingMissing, match="secret:shop-key"):
        await two.secrets.resolve("secret:shop-key")
    done = await two.safe.rotate()
    assert (done.rotated, done.remaining, done.unreadable) == (0, 0, 1)
    await two.safe.update(KEY, Change(value="anew"))
    assert await two.secrets.resolve("secret:shop-key") == "anew"
