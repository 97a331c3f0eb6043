"""Several processes that publish on one ledger."""

import asyncio
from uuid import uuid4

import pytest

from facade.catalog.catalog import Catalog
from facade.errors.caller import (
    EtagMismatch,
)
from facade.model.change import Deprecate
from facade.stores.base import Commit, Conflict
from facade.stores.ledger import SqlLedger, open_ledger
from tests.catalogs import PETS, call, create, named, no_fetch, promote, read
from tests.databases import Database


async def test_what_was_acknowledged_is_there_for_the_next_process(
    catalog: Catalog, url: str
) -> None:
    versions = await catalog.manage(PETS, [create("v1"), create("v2", "other"), promote("v2")])
    ledger = await open_ledger(url)
    other = Catalog(ledger, read, no_fetch)
    assert await other.refresh()
    assert not await other.refresh()
    assert other.snapshot == catalog.snapshot
    assert tuple(other.version(named(each.name.version)) for each in versions) == versions
    assert other.resolve(call("live", "other"))[0].name == named("v2")
    assert other.resolve(call("v1", "getPet"))[0].name == named("v1")
    await ledger.close()


async def test_g15_the_same_request_at_once_in_two_processes_is_done_once(
    catalog: Catalog, url: str
) -> None:
    ledger = await open_ledger(url)
    other = Catalog(ledger, read, no_fetch)
    request = str(uuid4())
    answers = await asyncio.gather(
        *(each.manage(PETS, [create("v1")], request_id=request) for each in (catalog, other))
    )
    assert answers[0] == answers[1]
    assert await ledger.sequence() == 1
    await ledger.close()


async def test_g06_two_processes_that_create_one_version_make_it_once(
    catalog: Catalog, url: str
) -> None:
    ledger = await open_ledger(url)
    other = Catalog(ledger, read, no_fetch)
    outcomes = await asyncio.gather(
        catalog.manage(PETS, [create("v1", "a")]),
        other.manage(PETS, [create("v1", "b")]),
        return_exceptions=True,
    )
    assert sorted(type(each).__name__ for each in outcomes) == ["VersionExists", "tuple"]
    await ledger.close()


async def test_g06_writers_in_several_processes_all_get_through(url: str) -> None:
    ledgers = [await open_ledger(url) for _ in range(3)]
    catalogs = [Catalog(each, read, no_fetch) for each in ledgers]
    for turn in range(4):
        await asyncio.gather(
            *(
                each.manage(PETS, [create(f"v{turn}-{number}")])
                for number, each in enumerate(catalogs)
            )
        )
    for each in catalogs:
        await each.refresh()
    assert all(len(each.connector(PETS).versions) == 12 for each in catalogs)
    assert catalogs[0].snapshot == catalogs[1].snapshot == catalogs[2].snapshot
    for opened in ledgers:
        await opened.close()


async def test_g06_an_etag_that_another_process_made_stale_is_refused(
    catalog: Catalog, url: str
) -> None:
    (made,) = await catalog.manage(PETS, [create("v1")])
    ledger = await open_ledger(url)
    other = Catalog(ledger, read, no_fetch)
    await other.manage(PETS, [promote("v1")])
    with pytest.raises(EtagMismatch):
        await catalog.manage(PETS, [Deprecate(name=named("v1"), etag=made.etag)])
    await ledger.close()


class Busy(SqlLedger):
    """A ledger to which another writer is always faster."""

    tries = 0

    async def commit(self, commit: Commit) -> int:  # noqa: ARG002 - the ledger's signature
        self.tries += 1
        raise Conflict


async def test_g13_a_writer_that_is_always_late_gives_up_after_three_more_tries(url: str) -> None:
    ledger = Busy(url)
    await ledger.open()
    with pytest.raises(EtagMismatch, match="by others at the same time"):
        await Catalog(ledger, read, no_fetch).manage(PETS, [create("v1")])
    assert ledger.tries == 4
    await ledger.close()


async def test_g20_a_ledger_that_went_back_is_told_of_and_followed(
    catalog: Catalog, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    await catalog.manage(PETS, [create("v1")])
    await catalog.manage(PETS, [create("v2")])
    assert "went back" not in caplog.text
    database.query("delete from versions where id = 'v2'")
    database.query("update meta set sequence = 1")
    assert await catalog.refresh()
    assert "the ledger went back from 2 to 1" in caplog.text
    assert list(catalog.connector(PETS).versions) == ["v1"]
