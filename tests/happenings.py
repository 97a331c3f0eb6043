"""Events and deliveries on a ledger of their own, by a clock that goes on when it is told."""

import json
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from facade.egress import Egress
from facade.events.bell import Bell
from facade.events.deliveries import Deliveries, Terms
from facade.events.dispatcher import Dispatcher
from facade.events.events import Events
from facade.events.sender import Sender
from facade.events.subscriptions import Subscriptions
from facade.model.access import ANYONE
from facade.model.event import Delivery, Event, Subscription, SubscriptionName
from facade.network.tls import system_trust
from facade.sealing import Seal
from facade.stores.burials import SqlBurials
from facade.stores.deliveries import SqlDeliveries
from facade.stores.events import SqlEvents
from facade.stores.ledger import SqlLedger, open_ledger
from facade.stores.subscriptions import SqlSubscriptions
from facade.stores.trail import Trail
from facade.transport import Transport
from facade.wire import Wire
from tests.fakes import FakeClock, HttpBackend, answer

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
START = datetime(2026, 1, 31, 12, tzinfo=UTC)
TENANT = "bank"


class Driven(Deliveries):
    """Takes its turns when a test says so."""

    def begin(self) -> None:
        """Sends nothing by itself."""


class Target(HttpBackend):
    """Where webhooks go: answers each with the next of some statuses, the last one for ever."""

    def __init__(self, *statuses: int | bytes) -> None:
        super().__init__(self._said)
        self.statuses = list(statuses) or [204]

    def _said(self, _request: bytes) -> bytes:
        said = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        return said if isinstance(said, bytes) else answer(status=said)

    def fields(self, name: str) -> list[str]:
        """What each request says in a field."""
        found = re.compile(rb"(?i)\r\n%b: ([^\r]*)" % name.encode())
        return [each[1].decode() if (each := found.search(one)) else "" for one in self.requests]

    def bodies(self) -> list[Any]:
        """What each request has as JSON."""
        return [json.loads(each.partition(b"\r\n\r\n")[2]) for each in self.requests]


@dataclass(frozen=True, kw_only=True)
class Bench:
    """What there is."""

    ledger: SqlLedger
    clock: FakeClock
    events: Events
    subscriptions: Subscriptions
    deliveries: Driven
    trail: Trail

    async def turn(self) -> float:
        """Has everything done that is to be done now; gives the seconds until there is more."""
        while (pause := await self.deliveries.turn()) == 0.0 or self.deliveries.under_way:
            await self.deliveries.idle()
        return pause

    async def after(self, seconds: float) -> None:
        """The same a while later."""
        self.clock.advance(seconds)
        await self.turn()

    async def subscribe(
        self, url: str, *types: str, name: str = "crm", tenant: str = TENANT, **fields: Any
    ) -> Subscription:
        """Has a target sent events."""
        wanted = Subscription(
            name=SubscriptionName(name, tenant),
            types=types or ("order.*",),
            url=url,
            secret="secret:hooks",
            create_time=START,
            update_time=START,
            **fields,
        )
        return await self.subscriptions.create(wanted, by=replace(ANYONE, tenant=tenant))

    async def happens(
        self, type_: str = "order.paid", data: object = None, tenant: str = TENANT, id_: str = ""
    ) -> Event:
        """Publishes an event."""
        event = Event(
            tenant=tenant,
            id=id_ or str(uuid4()),
            type=type_,
            source="orders/7",
            time=self.clock.now,
            data=json.dumps(data),
        )
        return await self.events.publish(event)

    async def all(self, tenant: str = TENANT) -> Sequence[Delivery]:
        """The deliveries of a tenant, the last first."""
        return await self.deliveries.page(tenant, None, 1000)


async def secret(_reference: str, _tenant: str) -> str:
    """The one that there is."""
    return SECRET


@asynccontextmanager
async def a_bench(
    url: str, *, loopback: bool = True, chance: Callable[[], float] = lambda: 0.0, **terms: Any
) -> AsyncIterator[Bench]:
    """A bench at the database of a URL, whose deliveries go over the real wire."""
    clock, bell = FakeClock(START), Bell()
    ledger = await open_ledger(url)
    transport = Transport(Wire(Egress((), loopback=loopback), system_trust()))
    kept, subscribed = SqlEvents(ledger), SqlSubscriptions(ledger)
    said = Terms(**{"clock": clock, "chance": chance, **terms})
    deliveries = Driven(
        SqlDeliveries(ledger),
        SqlBurials(ledger),
        Dispatcher(kept, subscribed, clock),
        Sender(transport, secret, clock),
        bell,
        said,
    )
    try:
        async with Events(kept, Seal([b"k" * 32]), bell, said.days, clock) as events, deliveries:
            yield Bench(
                ledger=ledger,
                clock=clock,
                events=events,
                subscriptions=Subscriptions(subscribed, bell, clock),
                deliveries=deliveries,
                trail=Trail(ledger),
            )
    finally:
        await transport.close()
        await ledger.close()
