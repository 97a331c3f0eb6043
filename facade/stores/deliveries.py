"""The deliveries in the ledger: kept before they are sent, taken by one process at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, and_, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from facade.model.event import Delivery, DeliveryState, SubscriptionState
from facade.stores.audit import note_change
from facade.stores.base import Audit
from facade.stores.delivery_rows import delivery_in, values_of
from facade.stores.event_tables import DELIVERIES, SUBSCRIPTIONS
from facade.stores.failing import tried_again
from facade.stores.ledger import SqlLedger
from facade.stores.scope import EVERY_TENANT

LOCK: Final = "deliveries"
"""What writes deliveries waits for no other writer, where the database knows more than one."""
TARGETS: Final = 5000
"""Targets that are looked at at once."""
REMOVED: Final = 5000
"""Deliveries that are removed in one transaction."""

PENDING: Final = DeliveryState.PENDING.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What there is to do."""

    due: Mapping[str, datetime] = field(default_factory=dict)
    """The earliest moment of each target to which something is to be sent."""
    active: bool = False
    """Whether there is a subscription that events may be for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What one try came to."""

    delivery: Delivery
    """As it was taken."""
    lease: str
    state: DeliveryState
    """DELIVERED, PENDING for another try, or DEAD."""
    next_time: datetime | None = None
    status: int = 0
    error: str = ""
    time: datetime


class SqlDeliveries:
    """The deliveries of all tenants in a ledger. Every method raises StoreUnavailable."""

    def __init__(self, ledger: SqlLedger) -> None:
        """Takes an open ledger."""
        self._ledger = ledger

    @tried_again
    async def add(self, delivery: Delivery) -> Delivery:
        """Keeps a delivery, once by its id; gives it as it is kept."""
        async with self._ledger.transaction(
            writes=True, tenant=delivery.tenant, lock=LOCK
        ) as database:
            return await put_new(database, delivery)

    async def get(self, tenant: str, id_: str) -> Delivery | None:
        """The delivery of an id."""
        async with self._ledger.transaction(tenant=tenant) as database:
            row = (await database.execute(select(DELIVERIES).where(_is(tenant, id_)))).first()
        return delivery_in(row) if row is not None else None

    async def page(
        self, tenant: str, before: tuple[datetime, str] | None, limit: int
    ) -> list[Delivery]:
        """The deliveries of a tenant before a moment and an id, the latest first."""
        known = DELIVERIES.c
        ours: ColumnElement[bool] = known.tenant == tenant
        if before is not None:
            time, id_ = before
            same = and_(known.create_time == time, known.id < id_)
            ours = and_(ours, or_(known.create_time < time, same))
        query = select(DELIVERIES).where(ours).limit(limit)
        query = query.order_by(known.create_time.desc(), known.id.desc())
        async with self._ledger.transaction(tenant=tenant) as database:
            return [delivery_in(row) for row in await database.execute(query)]

    @tried_again
    async def again(self, tenant: str, id_: str, audit: Audit) -> Delivery | None:
        """Has a delivery begin anew, with all its tries; None where there is none."""
        values = {"state": PENDING, "attempts": 0, "next_time": audit.time, "lease": ""}
        chosen = _is(tenant, id_)
        async with self._ledger.transaction(writes=True, tenant=tenant) as database:
            done = update(DELIVERIES).where(chosen)
            done = done.values(**values, update_time=audit.time)
            if not (await database.execute(done)).rowcount:
                return None
            await note_change(database, audit)
            return delivery_in((await database.execute(select(DELIVERIES).where(chosen))).one())

    async def look(self) -> Look:
        """What there is to do: a few steps in an index for each target, whatever waits for it."""
        active = select(SUBSCRIPTIONS.c.id)
        active = active.where(SUBSCRIPTIONS.c.state == SubscriptionState.ACTIVE.value).limit(1)
        async with self._ledger.transaction(tenant=EVERY_TENANT) as database:
            rows = (await database.execute(_targets())).all()
            is_active = (await database.execute(active)).first() is not None
        return Look(due={row[0]: row[1] for row in rows if row[1] is not None}, active=is_active)

    @tried_again
    async def take(
        self, wanted: Mapping[str, int], now: datetime, until: datetime, lease: str
    ) -> list[Delivery]:
        """Takes so many of each target as are wanted, as far as they are due.

        Until a moment they are nobody else's: then they are due again, whatever became of whoever
        took them. The try that is about to be made is counted with it.
        """
        known, found = DELIVERIES.c, list[Row[Any]]()
        async with self._ledger.transaction(
            writes=True, tenant=EVERY_TENANT, lock=LOCK
        ) as database:
            for target, count in wanted.items():
                due = and_(known.state == PENDING, known.target == target, known.next_time <= now)
                query = select(DELIVERIES).where(due).order_by(known.next_time).limit(count)
                found.extend((await database.execute(query)).all())
            for row in found:
                taken = update(DELIVERIES).where(_is(row.tenant, row.id))
                await database.execute(
                    taken.values(attempts=row.attempts + 1, next_time=until, lease=lease)
                )
        return [delivery_in(row) for row in found]

    @tried_again
    async def settle(self, tries: Sequence[Tried]) -> None:
        """Writes down what tries came to that are not the last of a delivery that has failed."""
        async with self._ledger.transaction(
            writes=True, tenant=EVERY_TENANT, lock=LOCK
        ) as database:
            for each in tries:
                await _settle(database, each)

    @tried_again
    async def forget(self, past: datetime) -> int:
        """Removes what ended before a moment; how many."""
        known = DELIVERIES.c
        old = and_(known.state != PENDING, known.update_time < past)
        keys = select(known.tenant, known.id).where(old).limit(REMOVED)
        async with self._ledger.transaction(
            writes=True, tenant=EVERY_TENANT, lock=LOCK
        ) as database:
            rows = (await database.execute(keys)).all()
            for row in rows:
                await database.execute(delete(DELIVERIES).where(_is(row.tenant, row.id)))
        return len(rows)


async def put_new(database: AsyncConnection, delivery: Delivery) -> Delivery:
    """Writes a delivery where there is none of its id; gives the one that is there then."""
    query = select(DELIVERIES).where(_is(delivery.tenant, delivery.id))
    row = (await database.execute(query)).first()
    if row is not None:
        return delivery_in(row)
    await database.execute(insert(DELIVERIES).values(values_of(delivery)))
    return delivery


async def write_try(database: AsyncConnection, tried: Tried, next_time: datetime | None) -> bool:
    """Writes down what a try came to, if its delivery is still whose lease it was."""
    known, delivery = DELIVERIES.c, tried.delivery
    chosen = and_(_is(delivery.tenant, delivery.id), known.lease == tried.lease)
    done = update(DELIVERIES).where(chosen, known.state == PENDING)
    values = {"last_status": tried.status, "last_error": tried.error, "lease": ""}
    done = done.values(
        state=tried.state.value, next_time=next_time, update_time=tried.time, **values
    )
    return (await database.execute(done)).rowcount == 1


async def _settle(database: AsyncConnection, tried: Tried) -> None:
    delivery, next_time = tried.delivery, tried.next_time
    if tried.state is DeliveryState.PENDING and delivery.subscription:
        known = SUBSCRIPTIONS.c
        of = and_(known.tenant == delivery.tenant, known.id == delivery.subscription)
        state = (await database.execute(select(known.state).where(of))).scalar_one_or_none()
        if state != SubscriptionState.ACTIVE.value:
            next_time = None
    await write_try(database, tried, next_time)


def _targets() -> Select[str, datetime | None]:
    """Each target that something waits for, and the earliest moment of what does.

    It goes from target to target through the index, however many deliveries each has.
    """
    known = DELIVERIES.c
    first = select(func.min(known.target).label("target")).where(known.state == PENDING)
    targets = first.cte("targets", recursive=True)
    following = select(func.min(known.target)).where(
        known.state == PENDING, known.target > targets.c.target
    )
    further = select(following.scalar_subquery()).where(targets.c.target.is_not(None))
    targets = targets.union_all(further)
    earliest = select(func.min(known.next_time)).where(
        known.state == PENDING, known.target == targets.c.target, known.next_time.is_not(None)
    )
    query = select(targets.c.target, earliest.scalar_subquery())
    return query.where(targets.c.target.is_not(None)).limit(TARGETS)


def _is(tenant: str, id_: str) -> ColumnElement[bool]:
    return and_(DELIVERIES.c.tenant == tenant, DELIVERIES.c.id == id_)
