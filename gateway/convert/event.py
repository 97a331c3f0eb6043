"""Events, subscriptions and deliveries, as messages and back."""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from facade.model.event import (
    Delivery,
    DeliveryState,
    Event,
    Subscription,
    SubscriptionName,
    SubscriptionState,
)
from gateway.convert.version import timestamp
from gateway.v1 import event_pb2 as pb

STATES: Mapping[SubscriptionState, "pb.Subscription.State.ValueType"] = MappingProxyType(
    {each: pb.Subscription.State.Value(f"STATE_{each.name}") for each in SubscriptionState}
)

DELIVERY_STATES: Mapping[DeliveryState, "pb.Delivery.State.ValueType"] = MappingProxyType(
    {each: pb.Delivery.State.Value(f"STATE_{each.name}") for each in DeliveryState}
)

UNSET = datetime.fromtimestamp(0, UTC)


def event_to(event: Event) -> pb.Event:
    """An event, without its tenant: whoever reads it is of that one."""
    return pb.Event(
        id=event.id,
        type=event.type,
        source=event.source,
        data=event.data,
        time=timestamp(event.time),
        sequence=event.sequence,
    )


def watched_to(event: Event | None, token: str) -> pb.WatchEventsResponse:
    """What a watch tells at once: an event, or how far it has come alone."""
    message = pb.WatchEventsResponse(resume_token=token)
    if event is not None:
        message.event.CopyFrom(event_to(event))
    return message


def subscription_to(subscription: Subscription) -> pb.Subscription:
    """A subscription; its secret is a reference, as it was given."""
    return pb.Subscription(
        name=str(subscription.name),
        uid=subscription.uid,
        title=subscription.title,
        types=subscription.types,
        filter=subscription.filter,
        url=subscription.url,
        secret=subscription.secret,
        labels=subscription.labels,
        state=STATES[subscription.state],
        state_description=subscription.state_description,
        etag=subscription.etag,
        create_time=timestamp(subscription.create_time),
        update_time=timestamp(subscription.update_time),
    )


def subscription_from(message: pb.Subscription, name: SubscriptionName) -> Subscription:
    """What is said of a subscription; the rest is not the caller's to set."""
    return Subscription(
        name=name,
        title=message.title,
        types=tuple(message.types),
        filter=message.filter,
        url=message.url,
        secret=message.secret,
        labels=dict(message.labels),
        create_time=UNSET,
        update_time=UNSET,
    )


def delivery_to(delivery: Delivery) -> pb.Delivery:
    """A delivery, without what it says: that is whoever gets it to read."""
    of = delivery.subscription
    return pb.Delivery(
        name=f"deliveries/{delivery.id}",
        subscription=f"subscriptions/{of}" if of else "",
        run=delivery.run,
        url=delivery.url,
        type=delivery.type,
        state=DELIVERY_STATES[delivery.state],
        attempts=delivery.attempts,
        next_time=timestamp(delivery.next_time) if delivery.next_time else None,
        last_status=delivery.last_status,
        last_error=delivery.last_error,
        create_time=timestamp(delivery.create_time),
        update_time=timestamp(delivery.update_time),
    )
