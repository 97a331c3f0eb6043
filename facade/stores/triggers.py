"""What starts flows, in the ledger: who looks after it, how far it has come, what came already."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Final

import msgspec
from msgspec import structs
from sqlalchemy import ColumnElement, Table, and_, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from facade.errors.service import StoreUnavailable
from facade.model.trigger import TriggerRecord
from facade.stores.failing import tried_again
from facade.stores.ledger import SqlLedger
from facade.stores.scope import EVERY_TENANT
from facade.stores.trigger_tables import (
    TRIGGER_ENDPOINTS,
    TRIGGER_ITEMS,
    TRIGGER_LEASES,
    TRIGGER_MESSAGES,
    TRIGGERS,
)

LEASE: Final = "triggers"
"""The one lease that there is: whoever has it looks after all."""

ITEMS: Final = 10_000
"""Items of a poll that are remembered, beside those of its last answer."""

MESSAGES: Final = timedelta(hours=24)
"""How long messages are remembered; signatures are believed for ten minutes."""

BATCH: Final = 500
"""Values in one statement: SQLite takes 32,766, older ones 999."""


class Written(Enum):
    """What came of a change."""

    DONE = "done"
    STALE = "stale"
    """Another has changed the record since it was read: nothing was written."""
    FENCED = "fenced"
    """Another process has the lease now: nothing was written."""


class SqlTriggers:
    """Triggers of all tenants. Every method raises StoreUnavailable."""

    def __init__(self, ledger: SqlLedger) -> None:
        """Takes an open ledger."""
        self._ledger = ledger

    @tried_again
    async def take(self, holder: str, now: datetime, until: datetime) -> int | None:
        """Takes or prolongs the lease; gives its token, or None where another has it.

        The token grows with every new holder, so that one who has lost it without knowing writes
        nothing any more (`put`).
        """
        lease = TRIGGER_LEASES.c
        own = lease.id == LEASE
        async with self._ledger.transaction(writes=True, lock=LEASE) as database:
            row = (await database.execute(select(TRIGGER_LEASES).where(own))).first()
            if row is None:
                values = {"id": LEASE, "holder": holder, "token": 1, "until": until}
                await database.execute(insert(TRIGGER_LEASES).values(values))
                return 1
            if row.holder != holder and row.until > now:
                return None
            is_new = row.holder != holder or row.until <= now
            token = int(row.token) + int(is_new)
            taken = {"holder": holder, "token": token, "until": until}
            await database.execute(update(TRIGGER_LEASES).where(own).values(taken))
            return token

    async def is_free(self, now: datetime) -> bool:
        """Whether nobody has the lease: to be asked before `take` by those who have it not."""
        query = select(TRIGGER_LEASES.c.until).where(TRIGGER_LEASES.c.id == LEASE)
        async with self._ledger.transaction() as database:
            until = (await database.execute(query)).scalar_one_or_none()
        return until is None or until <= now

    async def release(self, holder: str, now: datetime) -> None:
        """Gives the lease back, where it is the holder's."""
        own = and_(TRIGGER_LEASES.c.id == LEASE, TRIGGER_LEASES.c.holder == holder)
        async with self._ledger.transaction(writes=True, lock=LEASE) as database:
            await database.execute(update(TRIGGER_LEASES).where(own).values(until=now))

    async def every(self) -> tuple[TriggerRecord, ...]:
        """The records of all tenants."""
        async with self._ledger.transaction(tenant=EVERY_TENANT) as database:
            rows = (await database.execute(select(TRIGGERS))).all()
        return tuple(map(_record, rows))

    async def find(self, tenant: str, flow_uid: str) -> TriggerRecord | None:
        """One record; None where there is none."""
        query = select(TRIGGERS).where(_is(TRIGGERS, tenant, flow_uid))
        async with self._ledger.transaction(tenant=tenant) as database:
            row = (await database.execute(query)).first()
        return None if row is None else _record(row)

    @tried_again
    async def put(
        self,
        record: TriggerRecord,
        token: int | None = None,
        items: Collection[str] = (),
        now: datetime | None = None,
    ) -> Written:
        """Writes a record in the place of the revision that it was made of.

        With a token only for whoever has the lease of that token. `items`: digests of what a poll
        has found now, all of it, to be remembered with the record.
        """
        tenant, uid = record.tenant, record.flow_uid
        async with self._ledger.transaction(writes=True, tenant=tenant, lock=uid) as database:
            if token is not None and not await _holds(database, token):
                return Written.FENCED
            if not await _written(database, record):
                return Written.STALE
            if items and now is not None:
                await _remember(database, record, items, now)
        return Written.DONE

    @tried_again
    async def drop(self, record: TriggerRecord, token: int) -> Written:
        """Forgets a trigger: its record, its address, and what came."""
        tenant, uid = record.tenant, record.flow_uid
        async with self._ledger.transaction(writes=True, tenant=tenant, lock=uid) as database:
            if not await _holds(database, token):
                return Written.FENCED
            for table in (TRIGGERS, TRIGGER_ENDPOINTS, TRIGGER_MESSAGES, TRIGGER_ITEMS):
                await database.execute(delete(table).where(_is(table, tenant, uid)))
        return Written.DONE

    async def seen(self, tenant: str, flow_uid: str, items: Sequence[str]) -> frozenset[str]:
        """Those of some digests of items that are remembered."""
        found: set[str] = set()
        async with self._ledger.transaction(tenant=tenant) as database:
            for start in range(0, len(items), BATCH):
                chosen = TRIGGER_ITEMS.c.id.in_(items[start : start + BATCH])
                query = select(TRIGGER_ITEMS.c.id).where(
                    _is(TRIGGER_ITEMS, tenant, flow_uid), chosen
                )
                found.update((await database.execute(query)).scalars())
        return frozenset(found)

    async def message(self, tenant: str, flow_uid: str, id_: str) -> str | None:
        """The run that a message has started, empty where it was dropped; None: it is new."""
        query = select(TRIGGER_MESSAGES.c.run).where(_message(tenant, flow_uid, id_))
        async with self._ledger.transaction(tenant=tenant) as database:
            found = (await database.execute(query)).scalar_one_or_none()
        return None if found is None else str(found)

    async def last_message(self, tenant: str, flow_uid: str) -> tuple[str, datetime] | None:
        """The run of the message that came last, and when; None where none came for 24 hours."""
        query = (
            select(TRIGGER_MESSAGES.c.run, TRIGGER_MESSAGES.c.time)
            .where(_is(TRIGGER_MESSAGES, tenant, flow_uid))
            .order_by(TRIGGER_MESSAGES.c.time.desc())
            .limit(1)
        )
        async with self._ledger.transaction(tenant=tenant) as database:
            row = (await database.execute(query)).first()
        return None if row is None else (str(row.run), row.time)

    @tried_again
    async def keep_message(
        self, tenant: str, flow_uid: str, id_: str, run: str, now: datetime
    ) -> bool:
        """Remembers a message; answers whether nobody has before.

        Forgets the tenant's messages that are too old.
        """
        old = and_(TRIGGER_MESSAGES.c.tenant == tenant, TRIGGER_MESSAGES.c.time <= now - MESSAGES)
        own = _message(tenant, flow_uid, id_)
        async with self._ledger.transaction(writes=True, tenant=tenant, lock=flow_uid) as database:
            await database.execute(delete(TRIGGER_MESSAGES).where(old))
            known = select(TRIGGER_MESSAGES.c.id).where(own)
            if (await database.execute(known)).first() is not None:
                return False
            row = {"tenant": tenant, "flow_uid": flow_uid, "id": id_, "run": run, "time": now}
            await database.execute(insert(TRIGGER_MESSAGES).values(row))
        return True


async def _holds(database: AsyncConnection, token: int) -> bool:
    """Whether a token is the last one given; the lease stays as it is until the end."""
    query = select(TRIGGER_LEASES.c.token).where(TRIGGER_LEASES.c.id == LEASE)
    found = (await database.execute(query.with_for_update(read=True))).scalar_one_or_none()
    return found == token


async def _written(database: AsyncConnection, record: TriggerRecord) -> bool:
    own = _is(TRIGGERS, record.tenant, record.flow_uid)
    values = {
        "revision": record.revision + 1,
        "content": msgspec.json.encode(record).decode(),
    }
    if record.revision:
        same = and_(own, TRIGGERS.c.revision == record.revision)
        done = await database.execute(update(TRIGGERS).where(same).values(values))
        return bool(done.rowcount)
    if (await database.execute(select(TRIGGERS.c.revision).where(own))).first() is not None:
        return False
    row = {"tenant": record.tenant, "flow_uid": record.flow_uid, **values}
    await database.execute(insert(TRIGGERS).values(row))
    return True


async def _remember(
    database: AsyncConnection, record: TriggerRecord, items: Collection[str], now: datetime
) -> None:
    """Notes what is new among the items; what is not among them is forgotten, the oldest first."""
    own = _is(TRIGGER_ITEMS, record.tenant, record.flow_uid)
    kept = set((await database.execute(select(TRIGGER_ITEMS.c.id).where(own))).scalars())
    common = {"tenant": record.tenant, "flow_uid": record.flow_uid, "time": now}
    rows = [{**common, "id": each} for each in dict.fromkeys(items) if each not in kept]
    for start in range(0, len(rows), BATCH):
        await database.execute(insert(TRIGGER_ITEMS), rows[start : start + BATCH])
    left = (
        await database.execute(select(func.count()).select_from(TRIGGER_ITEMS).where(own))
    ).scalar_one()
    if left <= ITEMS:
        return
    oldest = select(TRIGGER_ITEMS.c.id).where(own).order_by(TRIGGER_ITEMS.c.time)
    current = frozenset(items)
    found = (await database.execute(oldest.limit(left - ITEMS))).scalars()
    gone = [each for each in found if each not in current]
    for start in range(0, len(gone), BATCH):
        chosen = TRIGGER_ITEMS.c.id.in_(gone[start : start + BATCH])
        await database.execute(delete(TRIGGER_ITEMS).where(own, chosen))


def _is(table: Table, tenant: str, flow_uid: str) -> ColumnElement[bool]:
    return and_(table.c.tenant == tenant, table.c.flow_uid == flow_uid)


def _message(tenant: str, flow_uid: str, id_: str) -> ColumnElement[bool]:
    return and_(_is(TRIGGER_MESSAGES, tenant, flow_uid), TRIGGER_MESSAGES.c.id == id_)


def _record(row: Any) -> TriggerRecord:
    try:
        record = msgspec.json.decode(row.content, type=TriggerRecord)
    except msgspec.MsgspecError:
        raise StoreUnavailable("a stored trigger is damaged; restore the database") from None
    return structs.replace(record, revision=row.revision)
