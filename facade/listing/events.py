"""What the lists of events, subscriptions and deliveries answer: filtered, page by page."""

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime
from typing import TypeVar

from facade.events.deliveries import Deliveries
from facade.events.events import Events
from facade.events.subscriptions import Subscriptions
from facade.listing.filter import Field, parse_filter
from facade.listing.pages import Asked, Tokens
from facade.model.event import Delivery, Event, Subscription

T = TypeVar("T")
"""An entry, in the form of the face that lists it."""

OF_EVENTS: Mapping[str, Field[Event]] = {
    "id": Field(str, lambda event: event.id),
    "type": Field(str, lambda event: event.type),
    "source": Field(str, lambda event: event.source),
    "time": Field(str, lambda event: f"{event.time:%Y-%m-%dT%H:%M:%SZ}"),
}

OF_SUBSCRIPTIONS: Mapping[str, Field[Subscription]] = {
    "id": Field(str, lambda subscription: subscription.name.subscription),
    "uid": Field(str, lambda subscription: subscription.uid),
    "title": Field(str, lambda subscription: subscription.title),
    "types": Field(tuple, lambda subscription: subscription.types),
    "url": Field(str, lambda subscription: subscription.url),
    "labels": Field(dict, lambda subscription: subscription.labels),
    "state": Field(str, lambda subscription: subscription.state.value),
}

OF_DELIVERIES: Mapping[str, Field[Delivery]] = {
    "id": Field(str, lambda delivery: delivery.id),
    "subscription": Field(str, lambda delivery: delivery.subscription),
    "run": Field(str, lambda delivery: delivery.run),
    "url": Field(str, lambda delivery: delivery.url),
    "type": Field(str, lambda delivery: delivery.type),
    "state": Field(str, lambda delivery: delivery.state.value),
    "last_error": Field(str, lambda delivery: delivery.last_error),
}

READ = 200
"""Entries that are read at once while a page is filled."""


class EventLists:
    """Lists what a tenant has of events. Every list raises InvalidRequest."""

    def __init__(
        self, events: Events, subscriptions: Subscriptions, deliveries: Deliveries, tokens: Tokens
    ) -> None:
        """Takes where they are, and the tokens that lead from page to page."""
        self._events = events
        self._subscriptions = subscriptions
        self._deliveries = deliveries
        self._tokens = tokens

    async def events(
        self, asked: Asked, form: Callable[[Event], T], weigh: Callable[[T], int]
    ) -> tuple[tuple[T, ...], str]:
        """The events of a page, the latest first, and the next token."""
        matches = parse_filter(asked.filter, OF_EVENTS)

        async def entries(after: str) -> AsyncIterator[tuple[str, T | None]]:
            before, more = int(after) if after else None, True
            while more:
                found = await self._events.page(asked.tenant, before, READ)
                for each in found:
                    before = each.sequence
                    yield str(before), form(each) if matches(each) else None
                more = len(found) == READ

        return await self._tokens.page(asked, entries, weigh)

    async def subscriptions(
        self, asked: Asked, form: Callable[[Subscription], T], weigh: Callable[[T], int]
    ) -> tuple[tuple[T, ...], str]:
        """The subscriptions of a page by name, and the next token."""
        matches = parse_filter(asked.filter, OF_SUBSCRIPTIONS)

        async def entries(after: str) -> AsyncIterator[tuple[str, T | None]]:
            for each in await self._subscriptions.all(asked.tenant):
                if each.name.subscription > after:
                    yield each.name.subscription, form(each) if matches(each) else None

        return await self._tokens.page(asked, entries, weigh)

    async def deliveries(
        self, asked: Asked, form: Callable[[Delivery], T], weigh: Callable[[T], int]
    ) -> tuple[tuple[T, ...], str]:
        """The deliveries of a page, the latest first, and the next token."""
        matches = parse_filter(asked.filter, OF_DELIVERIES)

        async def entries(after: str) -> AsyncIterator[tuple[str, T | None]]:
            before, more = _place(after), True
            while more:
                found = await self._deliveries.page(asked.tenant, before, READ)
                for each in found:
                    before = each.create_time, each.id
                    position = f"{each.create_time.isoformat()} {each.id}"
                    yield position, form(each) if matches(each) else None
                more = len(found) == READ

        return await self._tokens.page(asked, entries, weigh)


def _place(position: str) -> tuple[datetime, str] | None:
    """The moment and the id of a position; None at the beginning."""
    if not position:
        return None
    time, _, id_ = position.partition(" ")
    return datetime.fromisoformat(time), id_
