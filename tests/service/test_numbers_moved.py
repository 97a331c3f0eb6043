"""Versions that go from one connector to another with the numbers that they have."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from facade.errors.caller import InvalidRequest
from facade.listing.editions import Editions, Import
from facade.model.access import ANYONE, Identity
from facade.model.names import ConnectorName, VersionName
from facade.stores.sqlite import memory
from facade.stores.uses import Uses
from gateway.typed.descriptors import file_proto
from tests.catalogs import PETS, named
from tests.databases import Database
from tests.ledgers import fill
from tests.numbered import Numbered, numbers_of, processes

SHOP = Identity(tenant="shop", name="x")


def editions(process: Numbered) -> Editions:
    return Editions(process.catalog, Uses(process.ledger), process.typed)


@asynccontextmanager
async def elsewhere() -> AsyncIterator[Numbered]:
    """A process of another gateway."""
    with memory() as url:
        fill(url)
        async with processes(url, 1) as (one,):
            yield one


async def descriptors(process: Numbered, key: str, tenant: str = "") -> bytes:
    service = await process.service(key, ConnectorName(PETS.connector, tenant))
    return file_proto(service, "pets.v1").SerializeToString(deterministic=True)


async def with_a_past(process: Numbered) -> str:
    """The export of a version whose numbers have gaps and another order than its document."""
    await process.create("v0", "old", "age", "name")
    await process.create("v1", "name", "city", "age")
    return await editions(process).export(named("v1"))


async def test_g16_an_import_has_the_same_descriptors_in_another_tenant_and_elsewhere(
    database: Database,
) -> None:
    async with processes(database.url, 1) as (one,), elsewhere() as other:
        document = await with_a_past(one)
        await editions(one).take(Import(document=document), SHOP)
        await editions(other).take(Import(document=document), ANYONE)
        wanted = await descriptors(one, "v1")
        assert numbers_of(await one.service("v1")) == {"name": 3, "city": 4, "age": 2}
        assert await descriptors(one, "v1", "shop") == wanted
        assert await descriptors(other, "v1") == wanted
        assert await editions(other).export(named("v1")) == document


async def test_g16_without_the_numbers_they_would_be_others(database: Database) -> None:
    async with processes(database.url, 1) as (one,), elsewhere() as other:
        await with_a_past(one)
        await other.create("v1", "name", "city", "age")
        assert await descriptors(one, "v1") != await descriptors(other, "v1")


async def test_g16_the_numbers_of_a_connector_that_is_there_go_before(database: Database) -> None:
    async with processes(database.url, 1) as (one,), elsewhere() as other:
        document = await with_a_past(one)
        await other.create("v0", "age", "street")
        before = await descriptors(other, "v0")
        asked = Import(document=document, version_id="v1", as_new_version=True)
        await editions(other).take(asked, ANYONE)
        # 3 and 4 are free there and come along; what "age" has, stays.
        assert await other.pet("v1") == {"name": 3, "city": 4, "age": 1}
        assert await descriptors(other, "v0") == before
        await other.create("v2", "new")
        assert await other.pet("v2") == {"new": 5}


async def test_g16_an_import_of_an_import_is_the_same(database: Database) -> None:
    async with processes(database.url, 1) as (one,), elsewhere() as other:
        document = await with_a_past(one)
        await editions(other).take(Import(document=document, connector_id="cats"), ANYONE)
        name = VersionName("cats", "v1")
        again = await editions(other).export(name)
        assert again == document.replace('"connector": "pets"', '"connector": "cats"')


async def test_an_export_of_before_there_were_numbers_is_numbered_anew(database: Database) -> None:
    async with processes(database.url, 1) as (one,), elsewhere() as other:
        document = await with_a_past(one)
        head, _, rest = document.partition(',\n   "numbers": ')
        assert rest
        await editions(other).take(Import(document=f"{head}\n  }}\n ]\n}}\n"), ANYONE)
        assert await other.pet("v1") == {"name": 1, "city": 2, "age": 3}


async def test_numbers_that_cannot_be_are_refused_and_nothing_is_made(database: Database) -> None:
    async with processes(database.url, 1) as (one,), elsewhere() as other:
        document = (await with_a_past(one)).replace(
            '"name:text": [\n      3,', '"name:text": [\n      0,'
        )
        with pytest.raises(InvalidRequest, match="numbers"):
            await editions(other).take(Import(document=document), ANYONE)
        assert other.catalog.connectors() == ()
