"""Dispatcher: events become deliveries of those who subscribed to them, once for each."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final
from uuid import UUID, uuid5

from facade.errors.fault import Fault
from facade.events.matching import Matches, matcher, tree_of
from facade.expressions.exact_json import write_json
from facade.model.event import Delivery, Event, Subscription
from facade.stores.events import SqlEvents
from facade.stores.subscriptions import SqlSubscriptions

LOGGER = logging.getLogger(__name__)

BATCH: Final = 50
"""Events that a subscription is taken further by at once."""


class Dispatcher:
    """Takes subscriptions further. Its method raises StoreUnavailable.

    How far one has come is written in the transaction that keeps its deliveries: an event is
    neither lost nor kept twice, whenever a process ends.
    """

    def __init__(
        self, events: SqlEvents, subscriptions: SqlSubscriptions, clock: Callable[[], float]
    ) -> None:
        """Takes where events and subscriptions are."""
        self._events = events
        self._subscriptions = subscriptions
        self._clock = clock
        self._known: dict[tuple[str, str], Matches] = {}

    async def dispatch(self) -> bool:
        """Takes every subscription further that has events to look at; whether there may be more.

        Of one tenant no more is done at once than of another.
        """
        more = False
        for subscription, position in await self._subscriptions.behind():
            _, found = await self._events.after(subscription.name.tenant, position, BATCH)
            if found:
                wanted = self._fits(subscription)
                now = datetime.fromtimestamp(self._clock(), UTC)
                kept = [delivery_of(subscription, each, now) for each in found if wanted(each)]
                last = found[-1].sequence
                await self._subscriptions.forward(subscription, position, last, kept)
                more = True
        return more

    def _fits(self, subscription: Subscription) -> Matches:
        """What a subscription wants, judged by what it says now."""
        key = (subscription.uid, subscription.etag)
        if key not in self._known:
            if len(self._known) >= 1000:
                self._known.clear()
            try:
                self._known[key] = matcher(subscription.types, subscription.filter)
            except Fault as fault:  # of an older release that took another text
                LOGGER.warning("%s fits no event: %s", subscription.name, fault.message)
                self._known[key] = _nothing
        return self._known[key]


def delivery_of(subscription: Subscription, event: Event, now: datetime) -> Delivery:
    """What a subscription is sent of an event; of the two its id is made, whoever makes it."""
    return Delivery(
        id=str(uuid5(UUID(subscription.uid), event.id)),
        tenant=event.tenant,
        subscription=subscription.name.subscription,
        url=subscription.url,
        secret=subscription.secret,
        type=event.type,
        body=write_json(tree_of(event)),
        next_time=now,
        create_time=now,
        update_time=now,
    )


def _nothing(_event: Event) -> bool:
    return False
