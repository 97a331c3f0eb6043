"""Opens what events, subscriptions and deliveries stand on, for as long as a process lives."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from facade.events.bell import Bell
from facade.events.deliveries import Deliveries, Terms
from facade.events.dispatcher import Dispatcher
from facade.events.events import Events
from facade.events.sender import Resolve, Sender, Sends
from facade.events.subscriptions import Subscriptions
from facade.sealing import Seal
from facade.stores.burials import SqlBurials
from facade.stores.deliveries import SqlDeliveries
from facade.stores.events import SqlEvents
from facade.stores.ledger import SqlLedger
from facade.stores.subscriptions import SqlSubscriptions


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedEvents:
    """What there is of events."""

    events: Events
    subscriptions: Subscriptions
    deliveries: Deliveries


@asynccontextmanager
async def open_events(
    ledger: SqlLedger, seal: Seal, transport: Sends, resolve: Resolve, terms: Terms
) -> AsyncIterator[OpenedEvents]:
    """Opens them: events are sorted and sent while it is entered."""
    bell, kept, subscribed = Bell(), SqlEvents(ledger), SqlSubscriptions(ledger)
    events = Events(kept, seal, bell, terms.days, terms.clock)
    deliveries = Deliveries(
        SqlDeliveries(ledger),
        SqlBurials(ledger),
        Dispatcher(kept, subscribed, terms.clock),
        Sender(transport, resolve, terms.clock),
        bell,
        terms,
    )
    async with events, deliveries:
        yield OpenedEvents(
            events=events,
            subscriptions=Subscriptions(subscribed, bell, terms.clock),
            deliveries=deliveries,
        )
