"""The addresses of flows in the ledger, each with its secrets sealed."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, insert, select, update

from facade.stores.audit import note_change
from facade.stores.base import Audit
from facade.stores.failing import tried_again
from facade.stores.ledger import SqlLedger
from facade.stores.scope import EVERY_TENANT
from facade.stores.trigger_tables import TRIGGER_ENDPOINTS


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptEndpoint:
    """An address as it is kept."""

    id: str
    tenant: str
    flow_uid: str
    flow: str
    sealed: bytes


class SqlEndpoints:
    """Addresses of flows of all tenants. Every method raises StoreUnavailable."""

    def __init__(self, ledger: SqlLedger) -> None:
        """Takes an open ledger."""
        self._ledger = ledger

    async def find(self, id_: str) -> KeptEndpoint | None:
        """The address of an id, whosever it is: who asks is not known yet."""
        query = select(TRIGGER_ENDPOINTS).where(TRIGGER_ENDPOINTS.c.id == id_)
        async with self._ledger.transaction(tenant=EVERY_TENANT) as database:
            row = (await database.execute(query)).first()
        return None if row is None else _kept(row)

    async def of(self, tenant: str, flow_uid: str) -> KeptEndpoint | None:
        """The address of a flow; None where it has none yet."""
        query = select(TRIGGER_ENDPOINTS).where(_is(tenant, flow_uid))
        async with self._ledger.transaction(tenant=tenant) as database:
            row = (await database.execute(query)).first()
        return None if row is None else _kept(row)

    @tried_again
    async def make(self, endpoint: KeptEndpoint) -> KeptEndpoint:
        """Keeps a new address; gives the one that is there where another was faster."""
        tenant, uid = endpoint.tenant, endpoint.flow_uid
        query = select(TRIGGER_ENDPOINTS).where(_is(tenant, uid))
        async with self._ledger.transaction(writes=True, tenant=tenant, lock=uid) as database:
            row = (await database.execute(query)).first()
            if row is not None:
                return _kept(row)
            values = {
                "id": endpoint.id,
                "tenant": tenant,
                "flow_uid": uid,
                "flow": endpoint.flow,
                "sealed": endpoint.sealed,
            }
            await database.execute(insert(TRIGGER_ENDPOINTS).values(values))
        return endpoint

    @tried_again
    async def change(self, before: KeptEndpoint, sealed: bytes, audit: Audit | None = None) -> bool:
        """Gives an address other secrets; answers whether it was as it was before.

        What somebody asked for is audited in the same transaction.
        """
        same = and_(
            _is(before.tenant, before.flow_uid), TRIGGER_ENDPOINTS.c.sealed == before.sealed
        )
        async with self._ledger.transaction(writes=True, tenant=before.tenant) as database:
            done = await database.execute(
                update(TRIGGER_ENDPOINTS).where(same).values(sealed=sealed)
            )
            if not done.rowcount:
                return False
            if audit is not None:
                await note_change(database, audit)
        return True


def _is(tenant: str, flow_uid: str) -> ColumnElement[bool]:
    return and_(TRIGGER_ENDPOINTS.c.tenant == tenant, TRIGGER_ENDPOINTS.c.flow_uid == flow_uid)


def _kept(row: Any) -> KeptEndpoint:
    return KeptEndpoint(
        id=row.id,
        tenant=row.tenant,
        flow_uid=row.flow_uid,
        flow=row.flow,
        sealed=bytes(row.sealed),
    )
