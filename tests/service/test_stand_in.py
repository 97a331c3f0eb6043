"""G16: a process starts while the ledger is away, and the last snapshot stands in for it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from facade.bootstrap import open_parts
from facade.config import Settings
from facade.errors.fault import Effect
from facade.errors.service import StoreUnavailable
from facade.model.access import Grant, Role
from facade.model.credential import ApiKey, Credential
from facade.model.key import KeyName
from facade.model.names import ConnectorName, SubjectName
from facade.model.secret import SecretName
from facade.parts import Parts
from facade.secrets.safe import Change
from tests.away import Away, File, Server, a_server
from tests.catalogs import PETS, create
from tests.databases import BOTH
from tests.engines import a_call, publish
from tests.fakes import HttpBackend
from tests.faults.proxy import HOLE
from tests.ledgers import prepare
from tests.processes import until

LONG = 15.0
"""Seconds that nothing here takes, however busy the machine is."""

CANARY = "s3cret-canary-value"

SHOP = {
    "openapi": "3.1.0",
    "info": {"title": "Shop", "version": "1"},
    "components": {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "x-key"}}},
    "security": [{"key": []}],
    "paths": {
        "/pets": {"get": {"operationId": "listPets", "responses": {"200": {"description": "."}}}}
    },
}


@pytest.fixture(params=BOTH)
async def away(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Away]:
    """A ledger that may be away, of either kind."""
    if request.param == "sqlite":
        prepare(tmp_path)
        yield File(tmp_path)
        return
    server = request.getfixturevalue("postgres_server")
    async with a_server(server, request.getfixturevalue("migrated_template")) as found:
        yield found


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as opened:
        yield opened


@pytest.fixture
async def backend(stack: AsyncExitStack) -> HttpBackend:
    return await stack.enter_async_context(HttpBackend())


def settings(folder: Path, away: Away, **more: Any) -> Settings:
    return Settings(data=folder, dev=True, database=away.database, **more)


async def started(stack: AsyncExitStack, folder: Path, away: Away, **more: Any) -> Parts:
    return await stack.enter_async_context(open_parts(settings(folder, away, **more), {}))


async def filled(folder: Path, away: Away, backend: HttpBackend) -> str:
    """Publishes a shop, whose key is a secret, and makes a key of a caller; gives that.

    Returns once all that is in the snapshot.
    """
    async with open_parts(settings(folder, away), {}) as parts:
        await parts.safe.create(SecretName("shop"), Change(value=CANARY))
        credential = Credential(scheme="key", kind=ApiKey(key="secret:shop"))
        await publish(parts, "shop", SHOP, backend.origin, credentials=(credential,))
        name = KeyName("ci")
        _, text = await parts.access.keys.create(name, [Grant(role=Role.INVOKER)])

        async def kept() -> bool:
            return sequence(folder) == 3

        await until(kept, LONG, "a snapshot of all changes")
    return text


def sequence(folder: Path) -> int:
    """That of the snapshot's last commit; 0 where there is none."""
    path = folder / "snapshot" / "ledger"
    return (
        int(json.loads(path.read_bytes().partition(b"\n")[0])["sequence"]) if path.exists() else 0
    )


@pytest.fixture
async def gone(tmp_path: Path, backend: HttpBackend) -> File:
    """A ledger of which there is a snapshot, and that is away."""
    prepare(tmp_path)
    away = File(tmp_path)
    await filled(tmp_path, away, backend)
    await away.leave()
    return away


async def fresh(parts: Parts) -> bool:
    return parts.condition() == ""


async def refused(parts: Parts) -> StoreUnavailable:
    with pytest.raises(StoreUnavailable) as caught:
        await parts.catalog.manage(PETS, [create("v1")])
    return caught.value


async def test_g16_calls_are_served_changes_refused_and_the_ledger_taken_up_once_it_is_back(
    tmp_path: Path, away: Away, stack: AsyncExitStack, backend: HttpBackend
) -> None:
    key = await filled(tmp_path, away, backend)
    await away.leave()
    parts = await started(stack, tmp_path, away)
    assert parts.condition() == "stale"
    assert (await parts.engine.execute(a_call("shop/listPets"))).json
    assert f"x-key: {CANARY}".encode() in backend.requests[-1]
    found = parts.access.keys.find(key)
    assert found is not None
    assert found[0].name == "key:ci"
    fault = await refused(parts)
    assert fault.effect is Effect.NOT_EXECUTED
    assert "last snapshot" in fault.message
    with pytest.raises(StoreUnavailable):  # it is not answered that there is none
        await parts.subjects.get(SubjectName("some", "subject"))
    await away.back()
    await until(lambda: fresh(parts), LONG, "the ledger is taken up")
    await parts.catalog.manage(PETS, [create("v1")])
    assert (await parts.engine.execute(a_call("shop/listPets"))).json


async def test_g16_a_ledger_that_does_not_answer_is_not_waited_for(
    tmp_path: Path, request: pytest.FixtureRequest, stack: AsyncExitStack, backend: HttpBackend
) -> None:
    server = request.getfixturevalue("postgres_server")
    template = request.getfixturevalue("migrated_template")
    away: Server = await stack.enter_async_context(a_server(server, template))
    await filled(tmp_path, away, backend)
    away.proxy.set(HOLE)
    async with asyncio.timeout(LONG):
        parts = await started(stack, tmp_path, away)
    assert parts.condition() == "stale"
    assert (await parts.engine.execute(a_call("shop/listPets"))).json


async def test_g16_without_a_snapshot_there_is_no_start(
    tmp_path: Path, away: Away, stack: AsyncExitStack, caplog: pytest.LogCaptureFixture
) -> None:
    await away.leave()
    with pytest.raises(StoreUnavailable):
        await started(stack, tmp_path, away)
    assert "no snapshot of the ledger stands in for it" in caplog.text


def altered_row(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


def altered_head(data: bytes) -> bytes:
    return data.replace(b'"sequence":3', b'"sequence":4', 1)


def newer(data: bytes) -> bytes:
    return data.replace(b'"format":1', b'"format":2', 1)


def newer_tables(data: bytes) -> bytes:
    return data.replace(b'"tables":"0', b'"tables":"9', 1)


def older_tables(data: bytes) -> bytes:
    head, _, rest = data.partition(b"\n")
    return json.dumps({**json.loads(head), "tables": "0001"}).encode() + b"\n" + rest


def another(data: bytes) -> bytes:
    head, _, rest = data.partition(b"\n")
    return json.dumps({**json.loads(head), "ledger": "0" * 32}).encode() + b"\n" + rest


@pytest.mark.parametrize(
    ("alter", "why"),
    [
        (altered_row, "it was altered, or sealed by a key that is not in the key ring"),
        (altered_head, "it was altered, or sealed by a key that is not in the key ring"),
        (newer, "a newer release wrote it"),
        (newer_tables, "a newer release wrote it"),
        (older_tables, "an older release wrote it"),
        (another, "it is of another database"),
        (lambda _: b"", "it does not begin as one"),
        (lambda data: data[:40], "it does not begin as one"),
        (lambda data: data.partition(b"\n")[0] + b"\n", "it was altered"),
    ],
)
async def test_g16_a_file_that_is_not_as_it_was_written_is_refused(
    tmp_path: Path,
    stack: AsyncExitStack,
    gone: File,
    caplog: pytest.LogCaptureFixture,
    alter: Any,
    why: str,
) -> None:
    path = tmp_path / "snapshot" / "ledger"
    path.write_bytes(alter(path.read_bytes()))
    with pytest.raises(StoreUnavailable):
        await started(stack, tmp_path, gone)
    assert why in caplog.text


async def test_g16_nor_is_one_that_another_key_ring_sealed(
    tmp_path: Path, stack: AsyncExitStack, gone: File, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "key-ring").unlink()
    with pytest.raises(StoreUnavailable):
        await started(stack, tmp_path, gone)
    assert "sealed by a key that is not in the key ring" in caplog.text


async def test_g16_nor_that_of_another_database_of_the_same_server(
    tmp_path: Path,
    request: pytest.FixtureRequest,
    stack: AsyncExitStack,
    backend: HttpBackend,
    caplog: pytest.LogCaptureFixture,
) -> None:
    server = request.getfixturevalue("postgres_server")
    template = request.getfixturevalue("migrated_template")
    away: Server = await stack.enter_async_context(a_server(server, template))
    await filled(tmp_path, away, backend)
    await away.leave()
    away.database += "0"
    with pytest.raises(StoreUnavailable):
        await started(stack, tmp_path, away)
    assert "it is of another database" in caplog.text


async def test_g16_a_database_that_is_not_the_one_of_the_snapshot_is_not_taken_up(
    tmp_path: Path, stack: AsyncExitStack, gone: File, caplog: pytest.LogCaptureFixture
) -> None:
    parts = await started(stack, tmp_path, gone)
    (tmp_path / "portico.db").unlink()
    prepare(tmp_path)

    async def told() -> bool:
        return "is not the one that the snapshot was made of" in caplog.text

    await until(told, LONG, "the log says so")
    assert parts.condition() == "stale"
    assert parts.catalog.connector(ConnectorName("shop")).live
    await refused(parts)


async def test_g16_no_secret_stands_in_the_files_in_the_clear(
    tmp_path: Path, stack: AsyncExitStack, backend: HttpBackend
) -> None:
    prepare(tmp_path)
    away = File(tmp_path)
    key = await filled(tmp_path, away, backend)
    parts = await started(stack, tmp_path, away)
    files = [each for each in (tmp_path / "snapshot").rglob("*") if each.is_file()]
    files.remove(tmp_path / "snapshot" / "lock")
    assert len(files) == 2
    for each in files:
        assert each.stat().st_mode & 0o077 == 0
        data = each.read_bytes()
        for secret in (CANARY.encode(), key.encode(), parts.page_key):
            assert secret not in data


async def test_g16_a_document_whose_file_is_damaged_fails_its_own_calls_alone(
    tmp_path: Path, stack: AsyncExitStack, backend: HttpBackend
) -> None:
    prepare(tmp_path)
    away = File(tmp_path)
    await filled(tmp_path, away, backend)
    async with open_parts(settings(tmp_path, away), {}) as parts:
        other = {**SHOP, "info": {"title": "Other", "version": "1"}, "security": []}
        await publish(parts, "other", other, backend.origin)
        version = parts.catalog.connector(ConnectorName("other")).live[0]

        async def kept() -> bool:
            return sequence(tmp_path) == 4

        await until(kept, LONG, "a snapshot of all changes")
    await away.leave()
    (tmp_path / "snapshot" / "documents" / version.spec_digest).write_bytes(b"")
    parts = await started(stack, tmp_path, away)
    with pytest.raises(StoreUnavailable, match="is damaged"):
        await parts.engine.execute(a_call("other/listPets"))
    assert (await parts.engine.execute(a_call("shop/listPets"))).json
