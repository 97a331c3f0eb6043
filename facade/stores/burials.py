"""Deliveries that are given up: the dead letter, its event, and its subscription, at once."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID, uuid5

import msgspec
from sqlalchemy import and_, select, update

from facade.model.event import Event, Subscription, SubscriptionState
from facade.stores.audit import note_change
from facade.stores.base import Audit
from facade.stores.deliveries import Tried, write_try
from facade.stores.event_rows import append
from facade.stores.event_tables import SUBSCRIPTIONS
from facade.stores.failing import tried_again
from facade.stores.ledger import SqlLedger
from facade.stores.subscription_rows import subscription_in, values_of, with_etag
from facade.stores.subscriptions import hold

DEAD = UUID("5e8f9a0e-40c4-4c1e-8b9b-0b6f4f6a7c55")
"""Makes the id of the event that tells of a dead letter."""


class SqlBurials:
    """Gives deliveries up. Its method raises StoreUnavailable."""

    def __init__(self, ledger: SqlLedger) -> None:
        """Takes an open ledger."""
        self._ledger = ledger

    @tried_again
    async def bury(self, tried: Tried, audit_of: Callable[[Subscription], Audit]) -> bool:
        """Keeps a delivery as a dead letter; its subscription, if active, goes to ERROR.

        The audit and the events are of the same transaction. False where the delivery was no
        longer whose lease it was.
        """
        delivery = tried.delivery
        known = SUBSCRIPTIONS.c
        of = and_(known.tenant == delivery.tenant, known.id == delivery.subscription)
        active = select(SUBSCRIPTIONS).where(of, known.state == SubscriptionState.ACTIVE.value)
        async with self._ledger.transaction(writes=True, tenant=delivery.tenant) as database:
            if not await write_try(database, tried, None):
                return False
            row = (await database.execute(active)).first()
            if row is not None:
                before = subscription_in(row)
                ended = with_etag(
                    replace(
                        before,
                        state=SubscriptionState.ERROR,
                        state_description=tried.error,
                        update_time=tried.time,
                    )
                )
                await database.execute(update(SUBSCRIPTIONS).where(of).values(values_of(ended)))
                await hold(database, before.name, None)
                audit = replace(audit_of(before), before=before.etag, after=ended.etag)
                await note_change(database, audit)
            await append(database, _event(tried))  # last: its lock comes after that of the audit
        return True


def _event(tried: Tried) -> Event:
    delivery = tried.delivery
    said = {
        "subscription": f"subscriptions/{delivery.subscription}" if delivery.subscription else "",
        "run": delivery.run,
        "type": delivery.type,
        "attempts": delivery.attempts + 1,
        "last_status": tried.status,
        "last_error": tried.error,
    }
    unique = f"{delivery.tenant}/{delivery.id}/{tried.time.isoformat()}"
    return Event(
        tenant=delivery.tenant,
        id=str(uuid5(DEAD, unique)),
        type="delivery.dead",
        source=f"deliveries/{delivery.id}",
        time=tried.time,
        data=msgspec.json.encode(said).decode(),
    )
