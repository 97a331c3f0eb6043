"""The methods of EventService."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import msgspec
from starlette.responses import Response

from facade.app.api.calls import remaining_of
from facade.app.api.catalog import listed, page_of
from facade.app.api.followed import Change, Followed
from facade.app.api.form import read
from facade.app.api.form.event import DELIVERY, EVENT, SUBSCRIPTION, WATCHED
from facade.app.api.route import Asked, Desk
from facade.app.api.told import data, nothing, packed, weight
from facade.events.own import own_event
from facade.model.event import Delivery, Event, Subscription, SubscriptionName
from facade.model.event_names import parse_delivery, parse_subscription

LAST_EVENT = "last-event-id"
"""What a browser says of the last server-sent event that it has seen (HTML, 9.2)."""


async def publish_event(desk: Desk, asked: Asked) -> Response:
    """Publishes an event of one's own."""
    said = read.of_form(EVENT, asked.fields["event"], "event")
    event = own_event(
        asked.identity,
        said.get("type", ""),
        said.get("source", ""),
        said.get("data", ""),
        said.get("id", ""),
    )
    return data(EVENT.write(await desk.events.publish(event)))


async def list_events(desk: Desk, asked: Asked) -> Response:
    """Lists the events, the latest first, page by page."""
    return listed("events", *await desk.event_lists.events(page_of(asked), _event, weight))


async def watch_events(desk: Desk, asked: Asked) -> Response:
    """Gives events as they happen."""
    fields = asked.fields
    token = fields.get("resume_token", "") or asked.headers.get(LAST_EVENT, "")
    types, filter_ = tuple(fields.get("types", ())), fields.get("filter", "")
    followed = desk.events.follow(asked.identity.tenant, types, filter_, token)

    async def changes() -> AsyncGenerator[Change, None]:
        async with aclosing(followed):
            async for event, behind in followed:
                yield WATCHED.write(None, {"event": event, "resume_token": behind}), behind

    seconds = remaining_of(asked)
    return await Followed.begin(changes(), asked.headers.get("accept", ""), seconds)


async def create_subscription(desk: Desk, asked: Asked) -> Response:
    """Makes a subscription."""
    fields = asked.fields
    name = SubscriptionName(fields.get("subscription_id", ""), asked.identity.tenant)
    made = await desk.subscriptions.create(
        _read(fields["subscription"], name),
        by=asked.identity,
        validate_only=fields.get("validate_only", False),
    )
    return data(SUBSCRIPTION.write(made))


async def get_subscription(desk: Desk, asked: Asked) -> Response:
    """Gets a subscription."""
    return data(SUBSCRIPTION.write(await desk.subscriptions.get(_name(asked))))


async def list_subscriptions(desk: Desk, asked: Asked) -> Response:
    """Lists the subscriptions, page by page."""
    found = await desk.event_lists.subscriptions(page_of(asked), _subscription, weight)
    return listed("subscriptions", *found)


async def update_subscription(desk: Desk, asked: Asked) -> Response:
    """Changes a subscription."""
    fields = asked.fields
    name = parse_subscription(asked.name, "subscription.name", asked.identity.tenant)
    changed = await desk.subscriptions.update(
        _read(fields["subscription"], name),
        fields.get("update_mask", ()),
        read.etag(fields["subscription"]),
        by=asked.identity,
        validate_only=fields.get("validate_only", False),
    )
    return data(SUBSCRIPTION.write(changed))


async def delete_subscription(desk: Desk, asked: Asked) -> Response:
    """Deletes a subscription."""
    etag = asked.fields.get("etag", "")
    await desk.subscriptions.delete(_name(asked), etag, by=asked.identity)
    return nothing()


async def suspend_subscription(desk: Desk, asked: Asked) -> Response:
    """Has a subscription rest."""
    return data(SUBSCRIPTION.write(await desk.subscriptions.suspend(_name(asked), asked.identity)))


async def resume_subscription(desk: Desk, asked: Asked) -> Response:
    """Has a suspended subscription go on."""
    return data(SUBSCRIPTION.write(await desk.subscriptions.resume(_name(asked), asked.identity)))


async def retry_subscription(desk: Desk, asked: Asked) -> Response:
    """Has a subscription in ERROR go on."""
    return data(SUBSCRIPTION.write(await desk.subscriptions.retry(_name(asked), asked.identity)))


async def list_deliveries(desk: Desk, asked: Asked) -> Response:
    """Lists the deliveries, the latest first, page by page."""
    found = await desk.event_lists.deliveries(page_of(asked), _delivery, weight)
    return listed("deliveries", *found)


async def redeliver_delivery(desk: Desk, asked: Asked) -> Response:
    """Sends a delivery again."""
    id_ = parse_delivery(asked.name)
    again = await desk.deliveries.redeliver(asked.identity.tenant, id_, asked.identity)
    return data(DELIVERY.write(again))


def _name(asked: Asked) -> SubscriptionName:
    return parse_subscription(asked.name, "name", asked.identity.tenant)


def _read(tree: Any, name: SubscriptionName) -> Subscription:
    """What is said of a subscription; raises InvalidRequest."""
    given: Subscription = read.of_form(SUBSCRIPTION, tree, "subscription")
    return replace(given, name=name)


def _event(event: Event) -> msgspec.Raw:
    return packed(EVENT.write(event))


def _subscription(subscription: Subscription) -> msgspec.Raw:
    return packed(SUBSCRIPTION.write(subscription))


def _delivery(delivery: Delivery) -> msgspec.Raw:
    return packed(DELIVERY.write(delivery))
