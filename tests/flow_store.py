"""Flows over a ledger in memory, and pets that they call."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from facade.access.authorize import Authority
from facade.access.meaning import Names
from facade.catalog.catalog import Catalog
from facade.flows.checker import Checker
from facade.flows.flows import Flows
from facade.model.change import Change, Create, Draft, Promote
from facade.model.names import ConnectorName, VersionName
from facade.stores.flows import SqlFlows
from facade.stores.ledger import SqlLedger, open_ledger
from facade.stores.sqlite import memory
from tests.catalogs import no_fetch, read
from tests.ledgers import fill

SPEC = """\
openapi: 3.0.3
info: {title: Pets, version: '1'}
servers: [{url: 'http://pets.example'}]
paths:
  /pets/{id}:
    get:
      operationId: getPet
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      responses:
        '200':
          description: ok
          content:
            application/json:
              schema:
                type: object
                properties: {id: {type: integer}, name: {type: string}}
"""

FLOW = """\
title: One pet
steps:
  - id: fetch
    action: pets/getPet
    arguments: {id: 7}
  - id: normal
    from: steps.fetch.output
    map: "{nombre: name}"
"""

WRONG = FLOW.replace("nombre: name", "nombre: nome")
"""Reads a field that the answer has not, in line 8."""


@dataclass
class Refused:
    """Notes refusals."""

    noted: list[str] = field(default_factory=list)

    def note(self, caller: str, tenant: str, method: str, target: str, reason: str) -> None:
        self.noted.append(f"{caller} {tenant} {method} {target} {reason}")


@dataclass(frozen=True)
class Store:
    """Flows, and what they stand on."""

    flows: Flows
    catalog: Catalog
    ledger: SqlLedger
    refused: Refused

    async def publish_pets(self, text: str = SPEC, version: str = "v1", tenant: str = "") -> None:
        changes: list[Change] = [
            Create(version_id=version, draft=Draft(spec_text=text)),
            Promote(name=VersionName("pets", version, tenant), percent=100, allow_breaking=True),
        ]
        await self.catalog.manage(ConnectorName("pets", tenant), changes)


@asynccontextmanager
async def flow_store() -> AsyncIterator[Store]:
    """Flows over an empty ledger in which there are pets."""
    with memory() as url:
        fill(url)
        ledger = await open_ledger(url)
        try:
            catalog = Catalog(ledger, read, no_fetch)
            refused = Refused()
            authority = Authority(Names(catalog), refused)
            flows = Flows(SqlFlows(ledger), Checker(catalog, authority))
            store = Store(flows, catalog, ledger, refused)
            await store.publish_pets()
            yield store
        finally:
            await ledger.close()
