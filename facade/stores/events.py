"""The events in the ledger: written once, read in their order, removed when they are old."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import and_, delete, func, select, update

from facade.model.event import Event
from facade.stores.event_rows import append, event_in
from facade.stores.event_tables import EVENT_HEADS, EVENTS
from facade.stores.failing import tried_again
from facade.stores.ledger import SqlLedger
from facade.stores.scope import EVERY_TENANT

REMOVED = 5000
"""Events of a tenant that are removed in one transaction."""


class SqlEvents:
    """The events of all tenants in a ledger. Every method raises StoreUnavailable."""

    def __init__(self, ledger: SqlLedger) -> None:
        """Takes an open ledger."""
        self._ledger = ledger

    @tried_again
    async def add(self, event: Event) -> Event:
        """Writes an event, once by its id; gives it as it is kept."""
        lock = f"events:{event.tenant}"
        async with self._ledger.transaction(
            writes=True, tenant=event.tenant, lock=lock
        ) as connection:
            return await append(connection, event)

    async def heads(self) -> Mapping[str, int]:
        """The number of each tenant's last event."""
        query = select(EVENT_HEADS.c.tenant, EVENT_HEADS.c.last)
        async with self._ledger.transaction(tenant=EVERY_TENANT) as connection:
            return {row.tenant: row.last for row in await connection.execute(query)}

    async def span(self, tenant: str) -> tuple[int, int]:
        """The lowest number that is kept, and the last one; 1 and 0 where there was no event."""
        query = select(EVENT_HEADS.c.first, EVENT_HEADS.c.last)
        async with self._ledger.transaction(tenant=tenant) as connection:
            found = await connection.execute(query.where(EVENT_HEADS.c.tenant == tenant))
            row = found.first()
        return (row.first, row.last) if row is not None else (1, 0)

    async def after(self, tenant: str, sequence: int, limit: int) -> tuple[int, list[Event]]:
        """The lowest number that is kept, and the next events behind a number, in their order."""
        ours = and_(EVENTS.c.tenant == tenant, EVENTS.c.sequence > sequence)
        query = select(EVENTS).where(ours).order_by(EVENTS.c.sequence).limit(limit)
        first = select(EVENT_HEADS.c.first).where(EVENT_HEADS.c.tenant == tenant)
        async with self._ledger.transaction(tenant=tenant) as connection:
            lowest = (await connection.execute(first)).scalar_one_or_none()
            return lowest or 1, [event_in(row) for row in await connection.execute(query)]

    async def page(self, tenant: str, before: int | None, limit: int) -> list[Event]:
        """The events before a number, the latest first."""
        ours = EVENTS.c.tenant == tenant
        if before is not None:
            ours = and_(ours, EVENTS.c.sequence < before)
        query = select(EVENTS).where(ours).order_by(EVENTS.c.sequence.desc()).limit(limit)
        async with self._ledger.transaction(tenant=tenant) as connection:
            return [event_in(row) for row in await connection.execute(query)]

    async def forget(self, past: datetime) -> int:
        """Removes events of before a moment, from the first on without a gap; how many."""
        return sum([await self._forget(tenant, past) for tenant in await self.heads()])

    @tried_again
    async def _forget(self, tenant: str, past: datetime) -> int:
        """Those of one tenant: up to the first that is younger, however old those behind it are."""
        ours = EVENTS.c.tenant == tenant
        young = select(func.min(EVENTS.c.sequence)).where(ours, EVENTS.c.time >= past)
        highest = select(func.min(EVENTS.c.sequence), func.max(EVENTS.c.sequence)).where(ours)
        async with self._ledger.transaction(
            writes=True, tenant=tenant, lock=f"events:{tenant}"
        ) as connection:
            lowest, last = (await connection.execute(highest)).one()
            if lowest is None:
                return 0
            until = (await connection.execute(young)).scalar_one_or_none() or last + 1
            until = min(until, lowest + REMOVED)
            if until <= lowest:
                return 0
            await connection.execute(delete(EVENTS).where(ours, EVENTS.c.sequence < until))
            head = update(EVENT_HEADS).where(EVENT_HEADS.c.tenant == tenant)
            await connection.execute(head.values(first=until))
            return int(until - lowest)
