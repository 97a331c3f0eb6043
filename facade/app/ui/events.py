"""Events, who is sent them, and what became of each delivery."""

from datetime import UTC, datetime
from typing import Final

from starlette.responses import Response

from facade.app.errors import no_route
from facade.app.ui.visit import Visit
from facade.model.access import Permission
from facade.model.event import DeliveryState, Subscription, SubscriptionName

HERE: Final = "events"
MOST: Final = 100
EDITED: Final = ("title", "types", "filter", "url", "secret")
"""What its form has of a subscription."""


async def show(visit: Visit) -> Response:
    """The last events, the subscriptions and the last deliveries."""
    visit.check("ListEvents")
    visit.check("ListSubscriptions")
    visit.check("ListDeliveries")
    house, tenant = visit.house, visit.tenant
    deliveries = await house.parts.deliveries.page(tenant, None, MOST)
    only_dead = visit.query("dead") == "yes"
    known = {
        "events": await house.parts.events.page(tenant, None, MOST),
        "subscriptions": await house.parts.subscriptions.all(tenant),
        "entry": dict.fromkeys(EDITED, ""),
        "deliveries": [
            each for each in deliveries if not only_dead or each.state is DeliveryState.DEAD
        ],
        "only_dead": only_dead,
        "may_edit": visit.may_whole(Permission.EDIT),
    }
    return visit.page("events", known, title="Events", here=HERE)


async def redeliver(visit: Visit) -> Response:
    """Sends a delivery again."""
    visit.check("RedeliverDelivery")
    delivery = visit.path("delivery")
    await visit.house.parts.deliveries.redeliver(visit.tenant, delivery, visit.identity)
    return visit.go(HERE)


async def show_subscription(visit: Visit) -> Response:
    """One subscription: where it stands, and what it asks for, to be edited."""
    visit.check("GetSubscription")
    found = await visit.house.parts.subscriptions.get(_name(visit))
    known = {
        "subscription": found,
        "entry": _entry(found),
        "may_edit": visit.may_whole(Permission.EDIT),
    }
    return visit.page("subscription", known, title=found.name.subscription, here=HERE)


async def subscribe(visit: Visit) -> Response:
    """Makes a subscription of what was filled in; raises InvalidRequest."""
    visit.check("CreateSubscription")
    name = SubscriptionName(visit.form.get("id", "").strip(), visit.tenant)
    made = _filled(visit, name)
    await visit.house.parts.subscriptions.create(made, by=visit.identity)
    return visit.go(HERE)


async def change(visit: Visit) -> Response:
    """Edits a subscription, suspends it, has it go on, tries its target anew, or deletes it."""
    name = _name(visit)
    deed, subscriptions = visit.path("deed"), visit.house.parts.subscriptions
    if deed == "update":
        visit.check("UpdateSubscription")
        values, etag = _filled(visit, name), visit.form.get("etag", "")
        await subscriptions.update(values, EDITED, etag, by=visit.identity)
    elif deed == "suspend":
        visit.check("SuspendSubscription")
        await subscriptions.suspend(name, visit.identity)
    elif deed == "resume":
        visit.check("ResumeSubscription")
        await subscriptions.resume(name, visit.identity)
    elif deed == "retry":
        visit.check("RetrySubscription")
        await subscriptions.retry(name, visit.identity)
    elif deed == "delete":
        visit.check("DeleteSubscription")
        await subscriptions.delete(name, by=visit.identity)
    else:
        raise no_route(visit.request.scope)
    return visit.go(HERE)


def _name(visit: Visit) -> SubscriptionName:
    return SubscriptionName(visit.path("subscription"), visit.tenant)


def _entry(found: Subscription) -> dict[str, str]:
    """What stands in its form."""
    return {
        "title": found.title,
        "types": ", ".join(found.types),
        "filter": found.filter,
        "url": found.url,
        "secret": found.secret,
    }


def _filled(visit: Visit, name: SubscriptionName) -> Subscription:
    given = {each: text.strip() for each, text in visit.form.items()}
    now = datetime.now(UTC)
    return Subscription(
        name=name,
        title=given.get("title", ""),
        types=tuple(given.get("types", "").replace(",", " ").split()),
        filter=given.get("filter", ""),
        url=given.get("url", ""),
        secret=given.get("secret", ""),
        create_time=now,
        update_time=now,
    )
