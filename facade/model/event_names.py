"""Names of subscriptions and deliveries, parsed (AIP-122)."""

from facade.model.event import SubscriptionName
from facade.model.names import ID, malformed


def parse_subscription(text: str, field: str = "name", tenant: str = "") -> SubscriptionName:
    """Parses subscriptions/{subscription}; raises InvalidRequest naming the field."""
    collection, _, subscription = text.partition("/")
    if collection != "subscriptions" or not ID.fullmatch(subscription):
        raise malformed(field, text, "subscriptions/{subscription}")
    return SubscriptionName(subscription, tenant)


def parse_delivery(text: str, field: str = "name") -> str:
    """Parses deliveries/{delivery} to the id; raises InvalidRequest naming the field."""
    collection, _, delivery = text.partition("/")
    fits = 0 < len(delivery) <= 128 and delivery.isascii() and delivery.isprintable()
    if collection != "deliveries" or not fits or "/" in delivery:
        raise malformed(field, text, "deliveries/{delivery}")
    return delivery
