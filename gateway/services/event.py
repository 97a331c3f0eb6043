"""EventService: what happened, who watches it, and what is sent to whom."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from google.protobuf.empty_pb2 import Empty

from facade.events.deliveries import Deliveries
from facade.events.events import Events
from facade.events.own import own_event
from facade.events.subscriptions import Subscriptions
from facade.listing.events import EventLists
from facade.model.event import SubscriptionName
from facade.model.event_names import parse_delivery, parse_subscription
from gateway.convert.event import (
    delivery_to,
    event_to,
    subscription_from,
    subscription_to,
    watched_to,
)
from gateway.interceptors.base import Rpc
from gateway.pages import asked_in, weight
from gateway.v1 import event_pb2 as pb


class EventService:
    """The methods of gateway.v1.EventService."""

    def __init__(
        self,
        events: Events,
        subscriptions: Subscriptions,
        deliveries: Deliveries,
        lists: EventLists,
    ) -> None:
        """Takes where they are, and what lists them."""
        self._events = events
        self._subscriptions = subscriptions
        self._deliveries = deliveries
        self._lists = lists

    async def publish_event(self, request: pb.PublishEventRequest, rpc: Rpc) -> pb.Event:
        """Publishes an event of one's own."""
        said = request.event
        event = own_event(rpc.identity, said.type, said.source, said.data, said.id)
        return event_to(await self._events.publish(event))

    async def list_events(self, request: pb.ListEventsRequest, rpc: Rpc) -> pb.ListEventsResponse:
        """Lists the events, the latest first, page by page."""
        asked = asked_in(request, rpc.identity.tenant, rpc.identity)
        found, token = await self._lists.events(asked, event_to, weight)
        return pb.ListEventsResponse(events=found, next_page_token=token)

    async def watch_events(
        self, request: pb.WatchEventsRequest, rpc: Rpc
    ) -> AsyncGenerator[bytes, None]:
        """Gives events as they happen: WatchEventsResponses."""
        told = self._events.follow(
            rpc.identity.tenant, tuple(request.types), request.filter, request.resume_token
        )
        async with aclosing(told):
            async for event, token in told:
                yield watched_to(event, token).SerializeToString()

    async def create_subscription(
        self, request: pb.CreateSubscriptionRequest, rpc: Rpc
    ) -> pb.Subscription:
        """Makes a subscription."""
        name = SubscriptionName(request.subscription_id, rpc.identity.tenant)
        made = await self._subscriptions.create(
            subscription_from(request.subscription, name),
            by=rpc.identity,
            validate_only=request.validate_only,
        )
        return subscription_to(made)

    async def get_subscription(
        self, request: pb.GetSubscriptionRequest, rpc: Rpc
    ) -> pb.Subscription:
        """Gets a subscription."""
        return subscription_to(await self._subscriptions.get(_name(request.name, rpc)))

    async def list_subscriptions(
        self, request: pb.ListSubscriptionsRequest, rpc: Rpc
    ) -> pb.ListSubscriptionsResponse:
        """Lists the subscriptions, page by page."""
        asked = asked_in(request, rpc.identity.tenant, rpc.identity)
        found, token = await self._lists.subscriptions(asked, subscription_to, weight)
        return pb.ListSubscriptionsResponse(subscriptions=found, next_page_token=token)

    async def update_subscription(
        self, request: pb.UpdateSubscriptionRequest, rpc: Rpc
    ) -> pb.Subscription:
        """Changes a subscription."""
        said = request.subscription
        name = parse_subscription(said.name, "subscription.name", rpc.identity.tenant)
        changed = await self._subscriptions.update(
            subscription_from(said, name),
            tuple(request.update_mask.paths),
            said.etag,
            by=rpc.identity,
            validate_only=request.validate_only,
        )
        return subscription_to(changed)

    async def delete_subscription(self, request: pb.DeleteSubscriptionRequest, rpc: Rpc) -> Empty:
        """Deletes a subscription."""
        await self._subscriptions.delete(_name(request.name, rpc), request.etag, by=rpc.identity)
        return Empty()

    async def suspend_subscription(
        self, request: pb.SuspendSubscriptionRequest, rpc: Rpc
    ) -> pb.Subscription:
        """Has a subscription rest."""
        name = _name(request.name, rpc)
        return subscription_to(await self._subscriptions.suspend(name, rpc.identity))

    async def resume_subscription(
        self, request: pb.ResumeSubscriptionRequest, rpc: Rpc
    ) -> pb.Subscription:
        """Has a suspended subscription go on."""
        name = _name(request.name, rpc)
        return subscription_to(await self._subscriptions.resume(name, rpc.identity))

    async def retry_subscription(
        self, request: pb.RetrySubscriptionRequest, rpc: Rpc
    ) -> pb.Subscription:
        """Has a subscription in ERROR go on."""
        name = _name(request.name, rpc)
        return subscription_to(await self._subscriptions.retry(name, rpc.identity))

    async def list_deliveries(
        self, request: pb.ListDeliveriesRequest, rpc: Rpc
    ) -> pb.ListDeliveriesResponse:
        """Lists the deliveries, the latest first, page by page."""
        asked = asked_in(request, rpc.identity.tenant, rpc.identity)
        found, token = await self._lists.deliveries(asked, delivery_to, weight)
        return pb.ListDeliveriesResponse(deliveries=found, next_page_token=token)

    async def redeliver_delivery(
        self, request: pb.RedeliverDeliveryRequest, rpc: Rpc
    ) -> pb.Delivery:
        """Sends a delivery again."""
        id_ = parse_delivery(request.name)
        again = await self._deliveries.redeliver(rpc.identity.tenant, id_, rpc.identity)
        return delivery_to(again)


def _name(text: str, rpc: Rpc) -> SubscriptionName:
    return parse_subscription(text, "name", rpc.identity.tenant)
