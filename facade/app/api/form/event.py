"""Events, subscriptions and deliveries, by field."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from facade.app.api.form.form import LABELS, Field, Form, Listed, Way
from facade.app.api.form.place import FieldPlace
from facade.app.api.form.resource import CREATE_TIME, UPDATE_TIME
from facade.app.api.form.scalar import (
    LONG,
    MOMENT,
    NAME,
    PROSE,
    REFERENCE,
    TEXT,
    WHOLE,
    at_most,
    choice,
)
from facade.events.matching import LONGEST_FILTER, MOST_TYPES, PATTERN, TYPE
from facade.events.request import LONGEST_SOURCE, LONGEST_URL
from facade.model.event import (
    DeliveryState,
    Subscription,
    SubscriptionName,
    SubscriptionState,
)

UNSET_TIME = datetime.fromtimestamp(0, UTC)

A_TYPE = replace(TEXT, shape={"type": "string", "pattern": f"^({TYPE.pattern})$"})
TYPES = Listed(
    replace(TEXT, shape={"type": "string", "pattern": f"^({PATTERN.pattern})$"}),
    {"maxItems": MOST_TYPES},
)
UUID_OR_NONE = "^([0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})?$"
URL = replace(
    TEXT,
    shape={
        "type": "string",
        "pattern": "^https?://[^#@ ]+$",
        "maxLength": LONGEST_URL,
        "examples": ["https://hooks.example/portico"],
    },
)
FILTER = at_most(LONGEST_FILTER, TEXT)

EVENT = Form(
    "Event",
    "Something that happened; the attributes are those of CloudEvents 1.0.",
    (
        Field(
            "id",
            replace(TEXT, shape={"type": "string", "pattern": UUID_OR_NONE}),
            "A UUID; the same event is published once. If unset, one is made.",
        ),
        Field("type", A_TYPE, "What kind of thing happened: `order.paid`.", required=True),
        Field(
            "source",
            at_most(LONGEST_SOURCE, TEXT),
            "The name of what it is about: `connections/berlin`. If unset: the caller.",
        ),
        Field("data", TEXT, "What there is to say of it, as JSON; at most 256 KiB."),
        Field("time", MOMENT, "When it was published.", way=Way.OUT),
        Field(
            "sequence",
            LONG,
            "Its place in the order of the tenant's events, from 1 on, without gaps.",
            way=Way.OUT,
        ),
    ),
)

WATCHED = Form(
    "WatchEventsResponse",
    "What happened, or how far the watch has come alone.",
    (
        Field("event", EVENT, "What happened."),
        Field(
            "resume_token",
            TEXT,
            "What leads on behind it, for as long as events are kept.",
        ),
    ),
)


def _subscription(given: dict[str, Any], _place: FieldPlace) -> Subscription:
    """Its name is what the path says."""
    given.pop("name", None)
    given.pop("etag", None)
    said = {"types": ()} | given
    said["types"] = tuple(said["types"])
    return Subscription(
        name=SubscriptionName(""), create_time=UNSET_TIME, update_time=UNSET_TIME, **said
    )


SUBSCRIPTION = Form(
    "Subscription",
    "Who is sent which events.",
    (
        Field("name", NAME, "Format: subscriptions/{subscription}"),
        Field("uid", TEXT, "A UUID that no other subscription ever has.", way=Way.OUT),
        Field("title", PROSE, "A line for people."),
        Field("types", TYPES, "Types of events; `run.*` fits all that begin so, `*` fits all."),
        Field(
            "filter",
            FILTER,
            "A condition in CEL over `event`. Events for which it is not true are dropped.",
        ),
        Field("url", URL, "Where events are sent: https, or what the operator allows."),
        Field(
            "secret",
            REFERENCE,
            "Where the secret is that signs them (Standard Webhooks): `secret:NAME`. Its value is "
            "`whsec_` and 24 to 64 bytes in base64.",
        ),
        Field(
            "labels",
            LABELS,
            "For sorting and finding; at most 64, keys and values of at most 63 characters.",
        ),
        Field("state", choice("STATE", SubscriptionState), "Where it stands.", way=Way.OUT),
        Field(
            "state_description",
            TEXT,
            "Why it stands there, where that is not ACTIVE.",
            way=Way.OUT,
        ),
        Field("etag", TEXT, "Changes with every change of the subscription."),
        CREATE_TIME,
        UPDATE_TIME,
    ),
    _subscription,
)

DELIVERY = Form(
    "Delivery",
    "One message on its way out: at least once, always with the same id.",
    (
        Field(
            "name",
            TEXT,
            "Format: deliveries/{delivery}; the id is the `webhook-id` of every try.",
            get=lambda delivery: f"deliveries/{delivery.id}",
        ),
        Field(
            "subscription",
            TEXT,
            "Format: subscriptions/{subscription}; empty: it is of a flow's step.",
            get=lambda each: f"subscriptions/{each.subscription}" if each.subscription else "",
        ),
        Field("run", TEXT, "Format: flows/{flow}/runs/{run}; empty: it is of a subscription."),
        Field("url", TEXT, "Where it goes."),
        Field("type", TEXT, "The type of what it tells."),
        Field("state", choice("STATE", DeliveryState), "Where it stands."),
        Field("attempts", WHOLE, "How many tries have begun since it was sent, or sent again."),
        Field(
            "next_time",
            MOMENT,
            "When it is tried next, at the latest; unset where it is not, or waits for its "
            "subscription.",
        ),
        Field("last_status", WHOLE, "The status of the last answer; 0: there was none."),
        Field(
            "last_error",
            TEXT,
            "Why the last try failed: `HTTP 503`, or a reason of the table of errors.",
        ),
        Field("create_time", MOMENT, "When it was kept."),
        Field("update_time", MOMENT, "When something last became of it."),
    ),
)
