"""The methods of EventService: what is routed, and what its document tells of."""

from typing import Final

from facade.app.api import events
from facade.app.api.form.event import (
    DELIVERY,
    EVENT,
    FILTER,
    SUBSCRIPTION,
    TYPES,
    WATCHED,
)
from facade.app.api.form.form import Field, Form, Listed
from facade.app.api.form.page import NEXT_PAGE_TOKEN
from facade.app.api.form.scalar import ID, TEXT
from facade.app.api.requests import ETAG, LIST, NOTHING, VALIDATE_ONLY, AsGiven, update_mask
from facade.app.api.route import Route
from facade.app.api.template import Template
from facade.events.request import FIELDS

SERVICE: Final = "EventService"

EVENTS: Final = Template.of("/v1/events")
SUBSCRIPTIONS: Final = Template.of("/v1/subscriptions")
A_SUBSCRIPTION: Final = Template.of("/v1/{name=subscriptions/*}")


PUBLISH: Final = Form(
    "PublishEventRequest",
    "An event of one's own.",
    (Field("event", AsGiven(EVENT), "The event.", required=True),),
)

WATCH: Final = Form(
    "WatchEventsRequest",
    "Which events to watch, and from where.",
    (
        Field("types", TYPES, "Types of events; `run.*` fits all that begin so. If unset: all."),
        Field("filter", FILTER, "A condition in CEL over `event`; others are left out."),
        Field(
            "resume_token",
            TEXT,
            "Where an earlier watch of the same types and filter has come to.",
        ),
    ),
)

CREATE: Final = Form(
    "CreateSubscriptionRequest",
    "A new subscription.",
    (
        Field("subscription_id", ID, "The last segment of its name.", required=True),
        Field("subscription", AsGiven(SUBSCRIPTION), "The subscription.", required=True),
        VALIDATE_ONLY,
    ),
)

UPDATE: Final = Form(
    "UpdateSubscriptionRequest",
    "Changes of a subscription.",
    (
        Field("subscription", AsGiven(SUBSCRIPTION), "The subscription.", required=True),
        update_mask(FIELDS.updatable, "title,labels"),
        VALIDATE_ONLY,
    ),
)

DELETE: Final = Form("DeleteSubscriptionRequest", "A subscription to delete.", (ETAG,))


LIST_EVENTS_RESPONSE: Final = Form(
    "ListEventsResponse",
    "A page of events.",
    (Field("events", Listed(EVENT), "The events, latest first."), NEXT_PAGE_TOKEN),
)

LIST_SUBSCRIPTIONS_RESPONSE: Final = Form(
    "ListSubscriptionsResponse",
    "A page of subscriptions.",
    (
        Field("subscriptions", Listed(SUBSCRIPTION), "The subscriptions, ordered by name."),
        NEXT_PAGE_TOKEN,
    ),
)

LIST_DELIVERIES_RESPONSE: Final = Form(
    "ListDeliveriesResponse",
    "A page of deliveries.",
    (Field("deliveries", Listed(DELIVERY), "The deliveries, latest first."), NEXT_PAGE_TOKEN),
)


def _verb(name: str) -> Template:
    return Template.of(f"{A_SUBSCRIPTION.text}:{name}")


ROUTES: Final = (
    Route(
        rpc="PublishEvent",
        service=SERVICE,
        about="Publishes an event of one's own.",
        verb="POST",
        path=EVENTS,
        request=PUBLISH,
        body="event",
        answer=EVENT,
        handler=events.publish_event,
    ),
    Route(
        rpc="ListEvents",
        service=SERVICE,
        about="Lists the events that are kept, latest first.",
        verb="GET",
        path=EVENTS,
        request=LIST,
        answer=LIST_EVENTS_RESPONSE,
        handler=events.list_events,
    ),
    Route(
        rpc="WatchEvents",
        service=SERVICE,
        about="Gives events as they happen, in their order, each at least once.",
        verb="GET",
        path=Template.of("/v1/events:watch"),
        request=WATCH,
        answer=WATCHED,
        handler=events.watch_events,
        streams=True,
    ),
    Route(
        rpc="CreateSubscription",
        service=SERVICE,
        about="Subscribes to events that happen from now on: they are sent to a URL, signed.",
        verb="POST",
        path=SUBSCRIPTIONS,
        request=CREATE,
        body="subscription",
        answer=SUBSCRIPTION,
        handler=events.create_subscription,
    ),
    Route(
        rpc="GetSubscription",
        service=SERVICE,
        about="Gets a subscription.",
        verb="GET",
        path=A_SUBSCRIPTION,
        request=NOTHING,
        answer=SUBSCRIPTION,
        handler=events.get_subscription,
    ),
    Route(
        rpc="ListSubscriptions",
        service=SERVICE,
        about="Lists the subscriptions.",
        verb="GET",
        path=SUBSCRIPTIONS,
        request=LIST,
        answer=LIST_SUBSCRIPTIONS_RESPONSE,
        handler=events.list_subscriptions,
    ),
    Route(
        rpc="UpdateSubscription",
        service=SERVICE,
        about="Changes a subscription: the fields that the mask names.",
        verb="PATCH",
        path=Template.of("/v1/{subscription.name=subscriptions/*}"),
        request=UPDATE,
        body="subscription",
        answer=SUBSCRIPTION,
        handler=events.update_subscription,
    ),
    Route(
        rpc="DeleteSubscription",
        service=SERVICE,
        about="Deletes a subscription. What waits to be sent for it becomes a dead letter.",
        verb="DELETE",
        path=A_SUBSCRIPTION,
        request=DELETE,
        handler=events.delete_subscription,
    ),
    Route(
        rpc="SuspendSubscription",
        service=SERVICE,
        about="Has a subscription rest: events wait for it.",
        verb="POST",
        path=_verb("suspend"),
        request=NOTHING,
        body="*",
        answer=SUBSCRIPTION,
        handler=events.suspend_subscription,
    ),
    Route(
        rpc="ResumeSubscription",
        service=SERVICE,
        about="Has a suspended subscription go on where it stood.",
        verb="POST",
        path=_verb("resume"),
        request=NOTHING,
        body="*",
        answer=SUBSCRIPTION,
        handler=events.resume_subscription,
    ),
    Route(
        rpc="RetrySubscription",
        service=SERVICE,
        about="Registers the target of a subscription in ERROR anew: it goes on where it stood.",
        verb="POST",
        path=_verb("retry"),
        request=NOTHING,
        body="*",
        answer=SUBSCRIPTION,
        handler=events.retry_subscription,
    ),
    Route(
        rpc="ListDeliveries",
        service=SERVICE,
        about="Lists messages that go out or went out, latest first.",
        verb="GET",
        path=Template.of("/v1/deliveries"),
        request=LIST,
        answer=LIST_DELIVERIES_RESPONSE,
        handler=events.list_deliveries,
    ),
    Route(
        rpc="RedeliverDelivery",
        service=SERVICE,
        about="Sends a message again at once, with the same id, whatever became of it before.",
        verb="POST",
        path=Template.of("/v1/{name=deliveries/*}:redeliver"),
        request=NOTHING,
        body="*",
        answer=DELIVERY,
        handler=events.redeliver_delivery,
    ),
)
