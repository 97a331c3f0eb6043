"""Documents whose typed services have fields to be numbered, in a catalog."""

import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from facade.catalog.catalog import Catalog
from facade.catalog.typed import TypedVersions
from facade.model.change import Create, Draft
from facade.model.names import ConnectorName, VersionName
from facade.model.typed import TypedService
from facade.stores.ledger import SqlLedger, open_ledger
from facade.stores.numbers import SqlNumbers
from tests.catalogs import PETS, no_fetch, read

PET = "/components/schemas/Pet"


def document(*names: str, kind: str = "string") -> str:
    """A document of one operation that answers a Pet with some properties."""
    pet = {"type": "object", "properties": {name: {"type": kind} for name in names}}
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}}
    answers = {"200": {"description": "", "content": content}}
    operation = {"operationId": "getPet", "responses": answers}
    return json.dumps(
        {
            "openapi": "3.1.0",
            "info": {"title": "Pets", "version": "1"},
            "paths": {"/pet": {"get": operation}},
            "components": {"schemas": {"Pet": pet}},
        }
    )


def creating(key: str, *names: str, kind: str = "string") -> Create:
    return Create(version_id=key, draft=Draft(spec_text=document(*names, kind=kind)))


class Numbered:
    """A process with a ledger, a catalog and its typed services."""

    def __init__(self, ledger: SqlLedger) -> None:
        self.ledger = ledger
        self.catalog = Catalog(ledger, read, no_fetch)
        self.numbers = SqlNumbers(ledger)
        self.typed = TypedVersions(self.catalog, self.numbers)

    async def create(self, key: str, *names: str, kind: str = "string") -> None:
        await self.catalog.manage(PETS, [creating(key, *names, kind=kind)])

    async def service(self, key: str, connector: ConnectorName = PETS) -> TypedService:
        await self.catalog.refresh()
        name = VersionName(connector.connector, key, connector.tenant)
        return await self.typed.of(self.catalog.version(name))

    async def pet(self, key: str) -> dict[str, int]:
        """The numbers of the properties of a Pet, by their names."""
        return numbers_of(await self.service(key))


def numbers_of(service: TypedService) -> dict[str, int]:
    return {each.name: each.number for each in service.messages[PET].fields}


@asynccontextmanager
async def processes(url: str, count: int = 2) -> AsyncIterator[Iterable[Numbered]]:
    """Several on one ledger."""
    ledgers = [await open_ledger(url) for _ in range(count)]
    yield [Numbered(each) for each in ledgers]
    for each in ledgers:
        await each.close()
