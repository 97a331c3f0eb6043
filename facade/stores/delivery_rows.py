"""Deliveries as rows of the ledger, and back."""

from hashlib import blake2b
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Row

from facade.model.event import Delivery, DeliveryState


def target_of(tenant: str, url: str) -> str:
    """What the tries of a delivery share with those of others: its tenant and where it goes."""
    parts = urlsplit(url)
    origin = f"{parts.scheme}://{parts.netloc}".lower()
    return f"{tenant}/{blake2b(origin.encode(), digest_size=16).hexdigest()}"


def values_of(delivery: Delivery) -> dict[str, object]:
    """The row of a delivery that nobody is trying."""
    return {
        "tenant": delivery.tenant,
        "id": delivery.id,
        "subscription": delivery.subscription,
        "run": delivery.run,
        "target": target_of(delivery.tenant, delivery.url),
        "url": delivery.url,
        "secret": delivery.secret,
        "type": delivery.type,
        "body": delivery.body,
        "state": delivery.state.value,
        "attempts": delivery.attempts,
        "next_time": delivery.next_time,
        "lease": "",
        "last_status": delivery.last_status,
        "last_error": delivery.last_error,
        "create_time": delivery.create_time,
        "update_time": delivery.update_time,
    }


def delivery_in(row: Row[Any]) -> Delivery:
    """The delivery of a row."""
    return Delivery(
        id=row.id,
        tenant=row.tenant,
        subscription=row.subscription,
        run=row.run,
        url=row.url,
        secret=row.secret,
        type=row.type,
        body=row.body,
        state=DeliveryState(row.state),
        attempts=row.attempts,
        next_time=row.next_time,
        last_status=row.last_status,
        last_error=row.last_error,
        create_time=row.create_time,
        update_time=row.update_time,
    )
