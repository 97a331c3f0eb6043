"""Calls of what another process has just made: found at once, and looked for together."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from facade.catalog.catalog import Catalog
from facade.catalog.catching_up import PERIOD, CatchingUp
from facade.errors.caller import ActionNotFound, ConnectorNotFound, VersionNotFound
from facade.errors.connections import ConnectionNotFound
from facade.errors.fault import Fault
from facade.errors.service import StoreUnavailable
from facade.model.call import NOBODY, Caller
from facade.model.connection import Connection
from facade.model.names import ActionName, ConnectionName
from facade.stores.base import Audit
from facade.stores.connections import SqlConnections
from facade.stores.ledger import SqlLedger
from tests.catalogs import NOW, PETS, call, create, named, no_fetch, promote, read

BERLIN = ConnectionName("berlin")


class Counting(SqlLedger):
    """A ledger that counts how often it is asked, and can fail."""

    asked = 0
    fails = False

    async def sequence(self) -> int:
        self.asked += 1
        if self.fails:
            raise StoreUnavailable("the database is away")
        return await super().sequence()


class Clock:
    """A clock that goes on only while somebody waits."""

    now = 100.0

    def __call__(self) -> float:
        return self.now

    async def pause(self, seconds: float) -> None:
        await asyncio.sleep(0)
        self.now += seconds


@pytest.fixture
async def counting(url: str) -> AsyncIterator[Counting]:
    ledger = Counting(url)
    await ledger.open()
    yield ledger
    await ledger.close()


@pytest.fixture
async def elsewhere(counting: Counting) -> Catalog:
    """The catalog of another process, which nobody keeps with the ledger."""
    found = Catalog(counting, read, no_fetch)
    await found.refresh()
    counting.asked = 0
    return found


async def refused(late: CatchingUp, name: ActionName, caller: Caller = NOBODY) -> Fault:
    with pytest.raises(Fault) as told:
        await late.resolve(name, caller, {})
    return told.value


async def test_what_another_process_made_is_called_at_once(
    ledger: SqlLedger, catalog: Catalog, elsewhere: Catalog
) -> None:
    clock = Clock()
    late = CatchingUp(elsewhere, clock, clock.pause)
    assert isinstance(await refused(late, call("live", "getPet")), ConnectorNotFound)
    await catalog.manage(PETS, [create("v1"), promote("v1")])
    assert (await late.resolve(call("live", "getPet"), NOBODY, {}))[0].name == named("v1")
    await catalog.manage(PETS, [create("v2", "other")])
    assert (await late.resolve(call("v2", "other"), NOBODY, {}))[0].name == named("v2")
    through = Caller(connection="berlin")
    assert isinstance(await refused(late, call("live", "getPet"), through), ConnectionNotFound)
    made = Connection(name=BERLIN, connector="pets", create_time=NOW, update_time=NOW)
    audit = Audit(time=NOW, method="create_connection", target=str(BERLIN))
    await SqlConnections(ledger).put(made, None, audit)
    version, _ = await late.resolve(call("live", "getPet"), through, {})
    assert version.connection == "berlin"


async def test_what_is_known_asks_nothing_of_the_ledger(
    catalog: Catalog, elsewhere: Catalog, counting: Counting
) -> None:
    await catalog.manage(PETS, [create("v1"), promote("v1")])
    await elsewhere.refresh()
    counting.asked = 0
    late = CatchingUp(elsewhere)
    await late.resolve(call("live", "getPet"), NOBODY, {})
    assert isinstance(await refused(late, call("live", "getPat")), ActionNotFound)
    assert counting.asked == 0


async def test_all_that_miss_something_look_together_and_now_and_then(
    elsewhere: Catalog, counting: Counting
) -> None:
    clock = Clock()
    late = CatchingUp(elsewhere, clock, clock.pause)
    await refused(late, call("v1", "getPet"))
    assert counting.asked == 1
    began = clock.now
    many = [refused(late, call(f"v{number}", "getPet")) for number in range(50)]
    told = await asyncio.gather(*many)
    assert all(isinstance(each, ConnectorNotFound) for each in told)
    assert counting.asked == 2
    assert clock.now == began + PERIOD


async def test_a_look_that_is_given_up_is_begun_again_by_the_next(
    elsewhere: Catalog, catalog: Catalog
) -> None:
    clock = Clock()
    late = CatchingUp(elsewhere, clock, clock.pause)
    await catalog.manage(PETS, [create("v1"), promote("v1")])
    async with elsewhere._writing:
        first = asyncio.ensure_future(late.resolve(call("live", "getPet"), NOBODY, {}))
        second = asyncio.ensure_future(late.resolve(call("live", "getPet"), NOBODY, {}))
        await asyncio.sleep(0.01)
        first.cancel()
        await asyncio.wait([first])
    assert first.cancelled()
    assert (await second)[0].name == named("v1")


async def test_without_its_ledger_a_process_says_what_it_knows(
    elsewhere: Catalog, catalog: Catalog, counting: Counting
) -> None:
    await catalog.manage(PETS, [create("v1"), promote("v1")])
    await elsewhere.refresh()
    counting.fails = True
    late = CatchingUp(elsewhere)
    assert isinstance(await refused(late, call("v2", "getPet")), VersionNotFound)
