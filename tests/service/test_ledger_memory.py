"""A ledger that ends with its process: many connections, one database, no file."""

import asyncio
from contextlib import suppress

from facade.catalog.catalog import Catalog
from facade.config import MEMORY, Settings
from facade.model.change import Create, Draft
from facade.model.names import ConnectorName
from facade.secrets.opening import open_ring
from facade.spec.examination import examine
from facade.spec.limits import DEFAULT
from facade.stores.ledger import SqlLedger, open_ledger
from facade.stores.sqlite import memory
from tests.gateways import no_fetch

SPEC = 'openapi: 3.1.0\ninfo: {title: A, version: "1"}\npaths: {}\n'


async def add(ledger: SqlLedger, pause: float = 0.001) -> None:
    async with ledger.transaction(writes=True) as connection:
        await connection.exec_driver_sql("UPDATE meta SET sequence = sequence + 1")
        await asyncio.sleep(pause)


async def test_writers_and_readers_at_once_lose_nothing() -> None:
    with memory() as url:
        ledger = await open_ledger(url)
        try:
            reads = (ledger.sequence() for _ in range(50))
            await asyncio.gather(*(add(ledger) for _ in range(20)), *reads)
            assert await ledger.sequence() == 20
        finally:
            await ledger.close()


async def test_a_cancelled_write_leaves_the_database_as_it_was() -> None:
    with memory() as url:
        ledger = await open_ledger(url)
        try:
            await add(ledger)
            for _ in range(5):  # as often as there are connections
                write = asyncio.ensure_future(add(ledger, pause=5))
                await asyncio.sleep(0.01)
                write.cancel()
                with suppress(asyncio.CancelledError):
                    await write
            assert await ledger.sequence() == 1
        finally:
            await ledger.close()


async def test_a_catalog_works_on_it_and_each_has_its_own() -> None:
    name = ConnectorName("pets")
    with memory() as url, memory() as other:
        ledger, second = await open_ledger(url), await open_ledger(other)
        try:
            catalog = Catalog(ledger, lambda text: examine(text, DEFAULT), no_fetch)
            await catalog.manage(name, [Create(version_id="v1", draft=Draft(spec_text=SPEC))])
            assert list((await ledger.read()).connectors) == [name]
            assert await second.sequence() == 0
        finally:
            await ledger.close()
            await second.close()


def test_its_key_ring_is_in_memory_and_another_one_each_time() -> None:
    settings = Settings(data=MEMORY)
    ring = open_ring(settings)
    assert ring.keys() == ring.keys()
    assert ring.keys() != open_ring(settings).keys()
    seal = ring.seal("a")
    assert seal.unseal(seal.seal(b"text", b"place"), b"place") == b"text"
    assert not MEMORY.exists()
