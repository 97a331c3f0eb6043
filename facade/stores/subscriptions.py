"""The subscriptions in the ledger, and how far each has come in the events of its tenant."""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import Final

from sqlalchemy import ColumnElement, and_, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from facade.model.event import Delivery, DeliveryState, Subscription, SubscriptionName
from facade.model.event import SubscriptionState as State
from facade.stores.audit import note_change
from facade.stores.base import Audit
from facade.stores.deliveries import LOCK, put_new
from facade.stores.event_tables import DELIVERIES, EVENT_HEADS, SUBSCRIPTIONS
from facade.stores.failing import tried_again
from facade.stores.ledger import SqlLedger
from facade.stores.scope import EVERY_TENANT
from facade.stores.subscription_rows import subscription_in, values_of

BEHIND: Final = 100
"""Subscriptions with events to look at that are read at once."""


class Written(Enum):
    """What came of a change."""

    DONE = "done"
    STALE = "stale"
    """What is there is not what the change was made on."""
    TAKEN = "taken"
    """The tenant has a subscription with that id."""
    FULL = "full"
    """The tenant has as many as it may have."""


class SqlSubscriptions:
    """The subscriptions of all tenants in a ledger. Every method raises StoreUnavailable.

    A change and its audit row are one transaction; with the state, what waits to be delivered is
    held or let go.
    """

    def __init__(self, ledger: SqlLedger) -> None:
        """Takes an open ledger."""
        self._ledger = ledger

    async def get(self, name: SubscriptionName) -> Subscription | None:
        """The subscription of a name."""
        async with self._ledger.transaction(tenant=name.tenant) as database:
            row = (await database.execute(select(SUBSCRIPTIONS).where(_is(name)))).first()
        return subscription_in(row) if row is not None else None

    async def all(self, tenant: str) -> list[Subscription]:
        """The subscriptions of a tenant, by name."""
        ours = select(SUBSCRIPTIONS).where(SUBSCRIPTIONS.c.tenant == tenant)
        async with self._ledger.transaction(tenant=tenant) as database:
            rows = await database.execute(ours.order_by(SUBSCRIPTIONS.c.id))
            return [subscription_in(row) for row in rows]

    @tried_again
    async def create(self, subscription: Subscription, most: int, audit: Audit) -> Written:
        """Writes a new subscription, which begins behind the last event that there is."""
        name = subscription.name
        counted = select(func.count()).where(SUBSCRIPTIONS.c.tenant == name.tenant)
        async with self._ledger.transaction(writes=True, tenant=name.tenant) as database:
            if await _etag(database, name) is not None:
                return Written.TAKEN
            if (await database.execute(counted)).scalar_one() >= most:
                return Written.FULL
            await note_change(database, audit)
            heads = select(EVENT_HEADS.c.last).where(EVENT_HEADS.c.tenant == name.tenant)
            last = (await database.execute(heads)).scalar_one_or_none() or 0
            values = {**values_of(subscription), "position": last}
            await database.execute(insert(SUBSCRIPTIONS).values(values))
        return Written.DONE

    @tried_again
    async def put(self, subscription: Subscription, before: Subscription, audit: Audit) -> Written:
        """Writes a subscription in the place of what it was."""
        name = before.name
        async with self._ledger.transaction(writes=True, tenant=name.tenant) as database:
            if await _etag(database, name) != before.etag:
                return Written.STALE
            changed = update(SUBSCRIPTIONS).where(_is(name)).values(values_of(subscription))
            await database.execute(changed)
            if subscription.state is not before.state:
                active = subscription.state is State.ACTIVE
                await hold(database, name, subscription.update_time if active else None)
            await note_change(database, audit)
        return Written.DONE

    @tried_again
    async def delete(self, subscription: Subscription, audit: Audit) -> Written:
        """Deletes a subscription, if it is still this one; what waits for it will not be sent."""
        name = subscription.name
        async with self._ledger.transaction(writes=True, tenant=name.tenant) as database:
            if await _etag(database, name) != subscription.etag:
                return Written.STALE
            await database.execute(delete(SUBSCRIPTIONS).where(_is(name)))
            ended = (
                update(DELIVERIES)
                .where(_waits_for(name))
                .values(
                    state=DeliveryState.DEAD.value,
                    next_time=None,
                    lease="",
                    last_error="its subscription was deleted",
                    update_time=audit.time,
                )
            )
            await database.execute(ended)
            await note_change(database, audit)
        return Written.DONE

    async def behind(self) -> list[tuple[Subscription, int]]:
        """Active ones of all tenants with events to look at, and how far each has come.

        Those with the fewest are first: one tenant's flood keeps nobody else waiting.
        """
        heads, known = EVENT_HEADS.c, SUBSCRIPTIONS.c
        query = (
            select(SUBSCRIPTIONS)
            .join(EVENT_HEADS, heads.tenant == known.tenant)
            .where(known.state == State.ACTIVE.value, known.position < heads.last)
            .order_by(heads.last - known.position)
            .limit(BEHIND)
        )
        async with self._ledger.transaction(tenant=EVERY_TENANT) as database:
            return [(subscription_in(row), row.position) for row in await database.execute(query)]

    @tried_again
    async def forward(
        self, subscription: Subscription, before: int, to: int, deliveries: Sequence[Delivery]
    ) -> bool:
        """Takes a subscription further, and keeps what it is sent; False: another process has."""
        name = subscription.name
        there = and_(
            _is(name),
            SUBSCRIPTIONS.c.position == before,
            SUBSCRIPTIONS.c.etag == subscription.etag,
        )
        async with self._ledger.transaction(writes=True, tenant=name.tenant, lock=LOCK) as database:
            moved = await database.execute(update(SUBSCRIPTIONS).where(there).values(position=to))
            if moved.rowcount != 1:
                return False
            for each in deliveries:
                await put_new(database, each)
        return True


async def hold(
    database: AsyncConnection, name: SubscriptionName, next_time: datetime | None
) -> None:
    """Has what waits for a subscription, and is not under way, wait for a moment, or for ever."""
    waiting = and_(_waits_for(name), DELIVERIES.c.lease == "")
    await database.execute(update(DELIVERIES).where(waiting).values(next_time=next_time))


def _waits_for(name: SubscriptionName) -> ColumnElement[bool]:
    known = DELIVERIES.c
    return and_(
        known.tenant == name.tenant,
        known.subscription == name.subscription,
        known.state == DeliveryState.PENDING.value,
    )


def _is(name: SubscriptionName) -> ColumnElement[bool]:
    known = SUBSCRIPTIONS.c
    return and_(known.tenant == name.tenant, known.id == name.subscription)


async def _etag(database: AsyncConnection, name: SubscriptionName) -> str | None:
    query = select(SUBSCRIPTIONS.c.etag).where(_is(name))
    return (await database.execute(query)).scalar_one_or_none()
