"""Event: something that happened here, and who is told of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import msgspec

CHANGED: Final = ("created", "updated", "deleted")

OURS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "alert": (*CHANGED, "fired", "cleared"),
        "connection": (*CHANGED, "state_changed"),
        "connector": CHANGED,
        "delivery": ("dead",),
        "flow": (*CHANGED, "published", "state_changed"),
        "key": ("created", "revoked", "deleted"),
        "poll": ("failed",),
        "run": ("succeeded", "failed", "cancelled"),
        "secret": CHANGED,
        "subject": (*CHANGED, "state_changed"),
        "subscription": (*CHANGED, "state_changed"),
        "trigger": (),
        "version": (*CHANGED, "promoted", "deprecated", "rolled_back"),
    }
)
"""What types begin with that the gateway alone publishes, and what follows behind the dot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened; the attributes are those of CloudEvents 1.0."""

    sequence: int = 0
    """Its place in the order of its tenant's events, from 1; 0: not kept yet."""
    tenant: str = ""
    id: str
    """A UUID; the same event is published once."""
    type: str
    """`run.failed`, `connection.state_changed`, `poll.item`, one's own."""
    source: str
    """The name of what it is about: `flows/orders/runs/…`, `connections/berlin`."""
    time: datetime
    data: str = "null"
    """JSON."""


class SubscriptionName(msgspec.Struct, frozen=True, gc=False):
    """subscriptions/{subscription}, of a tenant."""

    subscription: str
    tenant: str = ""

    def __str__(self) -> str:
        return f"subscriptions/{self.subscription}"


class SubscriptionState(StrEnum):
    """Where a subscription stands (G-23)."""

    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    ERROR = "ERROR"
    """Its target said 410 Gone, or deliveries to it end as dead letters: retry it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Who is sent which events."""

    name: SubscriptionName
    uid: str = ""
    title: str = ""
    types: tuple[str, ...]
    """Of events; `*` at the end fits all that begin so."""
    filter: str = ""
    """CEL over `event`; false: dropped."""
    url: str = ""
    """Where they are sent, signed by Standard Webhooks."""
    secret: str = ""
    """Reference of the secret that signs: `secret:NAME`."""
    labels: Mapping[str, str] = field(default_factory=dict)
    state: SubscriptionState = SubscriptionState.ACTIVE
    state_description: str = ""
    etag: str = ""
    create_time: datetime
    update_time: datetime


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    PENDING = "PENDING"
    DELIVERED = "DELIVERED"
    DEAD = "DEAD"
    """Given up after its last try; kept, and delivered again when somebody asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message on its way out: at least once, always with the same id."""

    id: str
    """The `webhook-id` of every try."""
    tenant: str = ""
    subscription: str = ""
    """The id of the subscription; empty: of a flow's step."""
    run: str = ""
    """The name of the run that sends it."""
    url: str
    secret: str = ""
    type: str
    body: str
    """JSON, byte for byte as it is signed."""
    state: DeliveryState = DeliveryState.PENDING
    attempts: int = 0
    next_time: datetime | None = None
    last_status: int = 0
    last_error: str = ""
    create_time: datetime
    update_time: datetime
