"""The number ledger: what was numbered once stays so, for versions, processes and databases."""

import asyncio
from dataclasses import replace

import pytest

from facade.errors.caller import VersionNotFound
from facade.errors.service import StoreUnavailable
from facade.model.access import Identity
from facade.model.change import Change, Delete, Promote
from facade.model.names import ConnectorName
from facade.model.typed import Kept
from facade.stores.base import Audit, Commit
from facade.stores.beside import BESIDE
from facade.stores.kept_numbers import KeptNumbers, NumbersChange, Unnumbered
from facade.stores.ledger import SqlLedger, open_ledger
from tests.catalogs import NOW, PETS, named
from tests.databases import Database
from tests.numbered import PET, Numbered, creating, processes

ONE = KeptNumbers.pack({"a": {"x:text": Kept(1, "x")}})
TWO = KeptNumbers.pack({"a": {"x:text": Kept(1, "x"), "y:text": Kept(2, "y")}})


@pytest.fixture
def pets(ledger: SqlLedger) -> Numbered:
    return Numbered(ledger)


async def test_a_version_is_numbered_when_it_is_made(pets: Numbered) -> None:
    await pets.create("v1", "name", "age")
    kept = (await pets.ledger.numbers(PETS)).unpack()
    assert kept[PET] == {"name:text": Kept(1, "name"), "age:text": Kept(2, "age")}
    assert kept["types"][PET] == Kept(0, "Pet")
    assert kept["methods"] == {"getPet": Kept(0, "GetPet")}
    service = await pets.service("v1")
    assert service.name == "PetsService"
    assert (await pets.ledger.numbers(PETS)).unpack() == kept


async def test_a_number_stays_whatever_comes_after_and_in_whatever_order(pets: Numbered) -> None:
    await pets.create("v1", "name", "age")
    first = await pets.service("v1")
    await pets.create("v2", "nick", "age", "name")
    await pets.create("v3", "name", "city")
    await pets.create("v4", "name", "age", kind="integer")
    assert await pets.pet("v2") == {"nick": 3, "age": 2, "name": 1}
    third = await pets.service("v3")
    assert [(each.name, each.number) for each in third.messages[PET].fields] == [
        ("name", 1),
        ("city", 4),
    ]
    assert third.messages[PET].reserved == ((2, 3),)
    assert await pets.pet("v4") == {"name": 5, "age": 6}
    assert await Numbered(pets.ledger).service("v1") == first


async def test_the_numbers_of_a_deleted_version_are_never_given_again(pets: Numbered) -> None:
    await pets.create("v1", "name", "age")
    await pets.create("v2", "name")
    await pets.catalog.manage(PETS, [Delete(name=named("v1"), force=True)])
    await pets.create("v3", "name", "city")
    assert await pets.pet("v3") == {"name": 1, "city": 3}


async def test_numbers_go_with_their_connector(pets: Numbered) -> None:
    await pets.create("v1", "name", "age")
    gone = pets.catalog.version(named("v1"))
    await pets.catalog.delete_connector(PETS, force=True)
    assert await pets.ledger.numbers(PETS) == KeptNumbers()
    with pytest.raises(VersionNotFound):
        await pets.typed.of(gone)
    await pets.create("v1", "age", "name")
    assert await pets.pet("v1") == {"age": 1, "name": 2}


async def test_versions_of_before_the_ledger_are_numbered_when_they_are_asked_for(
    database: Database,
) -> None:
    async with processes(database.url) as (one, other):
        await one.create("v1", "name", "age")
        await one.create("v2", "city", "age")
        database.query("delete from numbers")
        services = await asyncio.gather(
            *(each.service(key) for key in ("v2", "v1") for each in (one, other))
        )
        kept = (await one.ledger.numbers(PETS)).unpack()
        assert {each.number for each in kept[PET].values()} == {1, 2, 3}
        assert services[0] == services[1]
        assert services[2] == services[3]
        assert await Numbered(one.ledger).pet("v1") == await other.pet("v1")


async def test_g06_two_processes_that_publish_at_once_give_no_number_twice(
    database: Database,
) -> None:
    async with processes(database.url) as (one, other):
        await one.create("v0", "name")
        await asyncio.gather(
            *(
                each.create(f"{letter}{turn}", "name", f"{letter}{turn}")
                for letter, each in (("a", one), ("b", other))
                for turn in range(2)
            )
        )
        kept = (await one.ledger.numbers(PETS)).unpack()
        numbers = [each.number for each in kept[PET].values()]
        assert sorted(numbers) == [1, 2, 3, 4, 5]
        found = {key: await one.service(key) for key in ("a0", "a1", "b0", "b1")}
        assert found == {key: await other.service(key) for key in found}


async def test_of_a_set_each_document_is_numbered_after_the_one_before(pets: Numbered) -> None:
    changes: list[Change] = [
        creating("v1", "b"),
        creating("v2", "a", "b"),
        Promote(name=named("v2")),
    ]
    await pets.catalog.manage(PETS, changes)
    assert await pets.pet("v2") == {"a": 2, "b": 1}
    assert await pets.pet("v1") == {"b": 1}


async def test_g01_a_version_without_its_numbers_is_never_there(
    pets: Numbered, database: Database
) -> None:
    await pets.create("v1", "name")
    connector = pets.catalog.connector(PETS)
    late = NumbersChange(connector=PETS, before=ONE.digest, after=TWO)
    audit = Audit(time=NOW, method="manage", target=str(PETS))
    with pytest.raises(Unnumbered):
        await pets.ledger.commit(
            Commit(
                expected=1, connectors=(replace(connector, title="x"),), numbers=late, audit=audit
            )
        )
    assert database.query("select title from connectors") == [("",)]
    assert await pets.ledger.sequence() == 1


async def test_numbers_are_changed_by_who_knows_them_and_of_what_is_there(
    pets: Numbered, database: Database
) -> None:
    nowhere = NumbersChange(connector=ConnectorName("cats"), before="", after=ONE)
    assert not await pets.numbers.put(nowhere)
    await pets.create("v1", "name")
    database.query("delete from numbers")
    assert await pets.numbers.put(NumbersChange(connector=PETS, before="", after=ONE))
    with pytest.raises(Unnumbered):
        await pets.numbers.put(NumbersChange(connector=PETS, before="", after=TWO))
    assert await pets.numbers.put(NumbersChange(connector=PETS, before=ONE.digest, after=TWO))
    assert await pets.numbers.get(PETS) == TWO


async def test_l06_the_numbers_of_another_tenant_are_its_own(pets: Numbered) -> None:
    theirs = ConnectorName(PETS.connector, "shop")
    of_shop = Identity(tenant="shop", name="x")
    await pets.create("v1", "name", "age")
    await pets.catalog.manage(theirs, [creating("v1", "age")], by=of_shop)
    assert await pets.numbers.get(theirs) != await pets.numbers.get(PETS)
    service = await pets.service("v1", theirs)
    assert [each.number for each in service.messages[PET].fields] == [1]


async def test_g04_damaged_numbers_are_never_handed_out(pets: Numbered, database: Database) -> None:
    await pets.create("v1", "name")
    database.query(f"update numbers set packed = {database.blob(ONE.packed)}")  # noqa: S608 - ours
    with pytest.raises(StoreUnavailable, match="damaged"):
        (await pets.numbers.get(PETS)).unpack()
    with pytest.raises(StoreUnavailable, match="damaged"):
        await pets.service("v1")
    with pytest.raises(StoreUnavailable, match="damaged"):
        KeptNumbers(digest=ONE.digest, packed=b"no zlib").unpack()


async def test_what_is_only_tried_numbers_nothing(pets: Numbered) -> None:
    await pets.create("v1", "name")
    before = await pets.numbers.get(PETS)
    await pets.catalog.manage(PETS, [creating("v2", "city")], validate_only=True)
    assert await pets.numbers.get(PETS) == before


async def test_many_ask_for_a_service_and_it_is_made_once(pets: Numbered) -> None:
    await pets.create("v1", "name")
    found = await asyncio.gather(*(pets.service("v1") for _ in range(5)))
    assert all(each is found[0] for each in found)
    assert await Numbered(pets.ledger).service("v1") == found[0]


async def test_the_first_start_after_an_upgrade_makes_room_for_numbers(
    ledger: SqlLedger, database: Database
) -> None:
    await ledger.close()
    for table in ("numbers", *(each.name for each in BESIDE.sorted_tables)):
        database.query(f"drop table {table}")
    database.query("update alembic_version set version_num = '0005'")
    async with processes(database.url, 1) as (one,):
        await one.create("v1", "name")
        assert await one.pet("v1") == {"name": 1}
    again = await open_ledger(database.url)
    assert (await again.numbers(PETS)).unpack()[PET] == {"name:text": Kept(1, "name")}
    await again.close()
