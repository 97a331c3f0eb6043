"""Notifier: an alert that has fired or cleared goes out as an event, to a webhook and by mail."""

import json
import logging
from datetime import datetime, timedelta
from typing import Any, Final, Protocol
from uuid import UUID, uuid5

from facade.errors.fault import Fault
from facade.errors.history import MailUnavailable
from facade.history.evaluation import said
from facade.model.event import Delivery, Event
from facade.model.execution import Alert, AlertState

LOGGER = logging.getLogger(__name__)

NAMESPACE: Final = UUID("0a7a6dd0-8a63-4c41-a86b-3c1dfe0d8b55")
"""Makes the id of what is told, so that the same crossing is told of once."""

PATIENCE: Final = timedelta(hours=1)
"""How long a mail is tried that the mail server does not take."""


class Publishing(Protocol):
    """Keeps and hands on events."""

    async def publish(self, event: Event) -> Event:
        """Publishes an event once."""


class Sending(Protocol):
    """Sends signed messages."""

    async def send(self, delivery: Delivery) -> Delivery:
        """Keeps a message and sends it, once by its id."""


class Mailing(Protocol):
    """Sends mails."""

    @property
    def is_set(self) -> bool:
        """Whether there is a server that takes them."""

    async def send(self, to: str, subject: str, text: str) -> None:
        """Sends a mail; raises MailUnavailable."""


class Notifier:
    """Tells of alerts; each crossing once by its id, as often as it is asked to."""

    def __init__(self, mail: Mailing, events: Publishing, deliveries: Sending) -> None:
        """Takes the ways out."""
        self._mail = mail
        self._events = events
        self._deliveries = deliveries

    @property
    def can_mail(self) -> bool:
        """Whether mails go out at all."""
        return self._mail.is_set

    async def tell(self, alert: Alert, now: datetime) -> bool:
        """Tells of the state that an alert came into; answers whether all is told.

        What could not be told is told later. A mail that nobody takes is given up after an hour.
        """
        type_ = "alert.fired" if alert.state is AlertState.FIRING else "alert.cleared"
        since = alert.since or now
        id_ = str(uuid5(NAMESPACE, f"{alert.tenant}/{alert.id}/{type_}/{since.isoformat()}"))
        data = _data(alert)
        try:
            await self._events.publish(_event(alert, id_, type_, since, data))
            if alert.webhook:
                await self._deliveries.send(_delivery(alert, id_, type_, since, data))
        except Fault as fault:
            LOGGER.warning("%s is not told of now: %s", alert.name, fault.message)
            return False
        return not alert.mail or await self._mailed(alert, now, since)

    async def _mailed(self, alert: Alert, now: datetime, since: datetime) -> bool:
        fired = alert.state is AlertState.FIRING
        subject = f"[portico] {'fired' if fired else 'cleared'}: {alert.title or alert.id}"
        try:
            await self._mail.send(", ".join(alert.mail), subject, _text(alert, since))
        except MailUnavailable as fault:
            LOGGER.warning("no mail tells of %s: %s", alert.name, fault.message)
            return now - since > PATIENCE
        return True


def _data(alert: Alert) -> dict[str, Any]:
    """What is told of it; nothing of it is secret."""
    found = {
        "alert": str(alert.name),
        "title": alert.title,
        "state": alert.state.value,
        "connector": alert.connector,
        "action": alert.action,
        "flow": alert.flow,
        "metric": alert.metric.value,
        "above": alert.above,
        "below": alert.below,
        "figure": alert.figure,
        "windowSeconds": alert.window,
    }
    return {key: value for key, value in found.items() if value not in (None, "")}


def _event(alert: Alert, id_: str, type_: str, since: datetime, data: dict[str, Any]) -> Event:
    return Event(
        id=id_,
        tenant=alert.tenant,
        type=type_,
        source=str(alert.name),
        time=since,
        data=json.dumps(data),
    )


def _delivery(
    alert: Alert, id_: str, type_: str, since: datetime, data: dict[str, Any]
) -> Delivery:
    told = {"type": type_, "timestamp": since.isoformat().replace("+00:00", "Z"), "data": data}
    return Delivery(
        id=id_,
        tenant=alert.tenant,
        url=alert.webhook,
        secret=alert.secret,
        type=type_,
        body=json.dumps(told),
        create_time=since,
        update_time=since,
    )


def _text(alert: Alert, since: datetime) -> str:
    figure = "none" if alert.figure is None else f"{alert.figure:g}"
    verb = "has fired" if alert.state is AlertState.FIRING else "has cleared"
    lines = (
        f"{alert.title or alert.id} {verb} at {since:%Y-%m-%d %H:%M:%S} UTC.",
        "",
        f"It looks at: {said(alert)}",
        f"The figure:  {figure}",
        "",
        f"portico alert get {alert.id}",
        *(
            [f"portico history list --filter 'connector = {alert.connector} ok = false'"]
            if alert.connector
            else []
        ),
    )
    return "\n".join(lines) + "\n"
