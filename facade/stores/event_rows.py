"""Events as rows of the ledger, each with the next number of its tenant."""

from typing import Any

from sqlalchemy import Row, and_, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from facade.model.event import Event
from facade.stores.event_tables import EVENT_HEADS, EVENTS


async def append(connection: AsyncConnection, event: Event) -> Event:
    """Writes an event once, within a transaction that sees its tenant; gives it as it is kept.

    From here to its end the transaction holds the tenant's numbers: whoever writes the next event
    waits, so that no number becomes visible before a lower one.
    """
    sequence = await _number(connection, event.tenant)
    known = EVENTS.c
    same = and_(known.tenant == event.tenant, known.id == event.id)
    row = (await connection.execute(select(EVENTS).where(same))).first()
    if row is not None:
        back = EVENT_HEADS.update().where(EVENT_HEADS.c.tenant == event.tenant)
        await connection.execute(back.values(last=EVENT_HEADS.c.last - 1))
        return event_in(row)
    values: dict[str, Any] = {
        "tenant": event.tenant,
        "sequence": sequence,
        "id": event.id,
        "type": event.type,
        "source": event.source,
        "data": event.data,
        "time": event.time,
    }
    await connection.execute(insert(EVENTS).values(values))
    return Event(**values)


def event_in(row: Row[Any]) -> Event:
    """The event of a row."""
    return Event(
        sequence=row.sequence,
        tenant=row.tenant,
        id=row.id,
        type=row.type,
        source=row.source,
        time=row.time,
        data=row.data,
    )


async def _number(connection: AsyncConnection, tenant: str) -> int:
    """Takes the next number of a tenant, and holds its row."""
    kind = postgresql if connection.dialect.name == "postgresql" else sqlite
    taken = kind.insert(EVENT_HEADS).values(tenant=tenant, last=1, first=1)
    taken = taken.on_conflict_do_update(
        index_elements=["tenant"], set_={"last": EVENT_HEADS.c.last + 1}
    )
    return int((await connection.execute(taken.returning(EVENT_HEADS.c.last))).scalar_one())
