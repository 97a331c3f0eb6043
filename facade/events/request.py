"""What is wrong with events and subscriptions that are asked for, by field; pure."""

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from facade.catalog.credential_check import check_reference
from facade.catalog.draft import check_labels, check_text
from facade.catalog.resource_fields import Fields
from facade.errors.fault import Violation
from facade.events.matching import LONGEST_TYPE, TYPE, check_filter, check_types
from facade.expressions.exact_json import read_json
from facade.model.event import OURS, Event, Subscription
from facade.model.names import ID

LONGEST_ID: Final = 49
"""Characters of a subscription's id."""
LONGEST_SOURCE: Final = 512
LARGEST_DATA: Final = 256 * 2**10
"""Bytes of what an event says."""
LONGEST_URL: Final = 2048


FIELDS: Final = Fields(
    noun="subscription",
    updatable=("title", "types", "filter", "url", "secret", "labels"),
    immutable=("name", "uid"),
    output=("state", "state_description", "etag", "create_time", "update_time"),
)


def check_event(event: Event, field: str = "event") -> Iterator[Violation]:
    """Everything that is wrong with an event."""
    try:
        UUID(event.id)
    except ValueError:
        yield Violation(field=f"{field}.id", description="must be a UUID, new for each event")
    if len(event.type) > LONGEST_TYPE or not TYPE.fullmatch(event.type):
        wanted = "must be small letters, digits and `_`, in parts with dots between: `order.paid`"
        yield Violation(field=f"{field}.type", description=wanted)
    if not event.source or len(event.source) > LONGEST_SOURCE or not event.source.isprintable():
        wanted = f"must name what the event is about, in at most {LONGEST_SOURCE} characters"
        yield Violation(field=f"{field}.source", description=wanted)
    yield from _check_data(event.data, f"{field}.data")


def check_own(type_: str, field: str = "event.type") -> Iterator[Violation]:
    """What forbids a caller to publish events of a type: those of the gateway are its own."""
    head = type_.partition(".")[0]
    if head in OURS:
        said = f"`{head}.…` is of the gateway's own events; choose another beginning"
        yield Violation(field=field, description=said)


def check_new(subscription: Subscription) -> Iterator[Violation]:
    """Everything that forbids making a subscription."""
    name = subscription.name.subscription
    if not ID.fullmatch(name) or len(name) > LONGEST_ID:
        wanted = f"must match ^{ID.pattern}$ and have at most {LONGEST_ID} characters"
        yield Violation(field="subscription_id", description=wanted)
    yield from check(subscription)


def check(subscription: Subscription, field: str = "subscription") -> Iterator[Violation]:
    """Everything that is wrong with what can change of a subscription."""
    yield from check_text(subscription.title, f"{field}.title")
    yield from check_labels(subscription.labels, f"{field}.labels")
    if not subscription.types:
        wanted = "name at least one type of events, or `*` for all"
        yield Violation(field=f"{field}.types", description=wanted)
    yield from check_types(subscription.types, f"{field}.types")
    yield from check_filter(subscription.filter, f"{field}.filter")
    yield from check_url(subscription.url, f"{field}.url")
    yield from check_reference(subscription.secret, f"{field}.secret")


def check_url(url: str, field: str) -> Iterator[Violation]:
    """What is wrong with where something is sent; whether it may go there is egress policy's."""
    wanted = "must be an absolute URL of https or http, without user, password and fragment"
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        yield Violation(field=field, description=wanted)
        return
    plain = url.isascii() and url.isprintable() and " " not in url and len(url) <= LONGEST_URL
    if not (plain and parts.scheme in {"https", "http"} and parts.hostname) or (
        "@" in parts.netloc or parts.fragment
    ):
        yield Violation(field=field, description=wanted)


def _check_data(data: str, field: str) -> Iterator[Violation]:
    if len(data.encode()) > LARGEST_DATA:
        yield Violation(field=field, description=f"has more than {LARGEST_DATA // 1024} KiB")
        return
    try:
        read_json(data)
    except (msgspec.DecodeError, RecursionError):
        yield Violation(field=field, description="must be JSON")
