"""Subscriptions as rows of the ledger, and back."""

from dataclasses import replace
from hashlib import sha256
from typing import Any

import msgspec
from sqlalchemy import Row

from facade.model.event import Subscription, SubscriptionName, SubscriptionState


class SubscriptionRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a row holds of a subscription as JSON."""

    types: tuple[str, ...]
    title: str = ""
    filter: str = ""
    url: str = ""
    secret: str = ""
    labels: dict[str, str] = {}


def with_etag(subscription: Subscription) -> Subscription:
    """The subscription with the etag of what it now says; what comes back has another."""
    state = [subscription.state, subscription.state_description]
    said = msgspec.json.encode([subscription.etag, state, _record(subscription)], order="sorted")
    return replace(subscription, etag=sha256(said).hexdigest()[:32])


def values_of(subscription: Subscription) -> dict[str, object]:
    """The row of a subscription, but for its position."""
    name = subscription.name
    return {
        "tenant": name.tenant,
        "id": name.subscription,
        "uid": subscription.uid,
        "content": msgspec.json.encode(_record(subscription)).decode(),
        "state": subscription.state.value,
        "state_description": subscription.state_description,
        "etag": subscription.etag,
        "create_time": subscription.create_time,
        "update_time": subscription.update_time,
    }


def subscription_in(row: Row[Any]) -> Subscription:
    """The subscription of a row."""
    record = msgspec.json.decode(row.content, type=SubscriptionRecord)
    return Subscription(
        name=SubscriptionName(row.id, row.tenant),
        uid=row.uid,
        title=record.title,
        types=record.types,
        filter=record.filter,
        url=record.url,
        secret=record.secret,
        labels=record.labels,
        state=SubscriptionState(row.state),
        state_description=row.state_description,
        etag=row.etag,
        create_time=row.create_time,
        update_time=row.update_time,
    )


def _record(subscription: Subscription) -> SubscriptionRecord:
    return SubscriptionRecord(
        types=subscription.types,
        title=subscription.title,
        filter=subscription.filter,
        url=subscription.url,
        secret=subscription.secret,
        labels=dict(subscription.labels),
    )
