"""Deliveries: kept before they are sent, tried over days, each tenant and target in its turn."""

import asyncio
import logging
import random
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import uuid4

from facade.background import Background
from facade.catalog.request import refuse
from facade.errors.events import DeliveryNotFound
from facade.errors.fault import Details, Fault, Resource
from facade.events.backoff import pause_after
from facade.events.bell import Bell, heard
from facade.events.dispatcher import Dispatcher
from facade.events.request import check_url
from facade.events.sender import GONE, Sender, SendResult
from facade.model.access import ANYONE, Identity
from facade.model.event import Delivery, DeliveryState, Subscription
from facade.stores.base import Audit
from facade.stores.burials import SqlBurials
from facade.stores.deliveries import SqlDeliveries, Tried
from facade.stores.delivery_rows import target_of

LOGGER = logging.getLogger(__name__)

AT_ONCE, OF_TENANT, OF_TARGET = 128, 16, 4
"""Tries under way in one process: of all, of one tenant, of one target of a tenant."""
LEASE: Final = 60.0
"""Seconds after which a try whose process has ended is made again by another."""
BUSY: Final = 1.0
"""Seconds between two looks for what other processes left, while there is a subscription …"""
IDLE: Final = 5.0
"""… and while there is none. What this process keeps itself is sent at once."""
FORGETTING: Final = 3600.0
INTERNAL: Final = "INTERNAL_ERROR"
"""What a try says that a bug of the gateway has ended."""
DELIVERY: Final = "gateway.v1/Delivery"
SYSTEM: Final = "system"
"""Who disables a subscription, in the audit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How much is done at once, how long it is one process's alone, and by which clock."""

    days: int = 30
    """For which what ended is kept."""
    clock: Callable[[], float] = time.time
    chance: Callable[[], float] = random.random
    at_once: int = AT_ONCE
    of_tenant: int = OF_TENANT
    of_target: int = OF_TARGET
    lease: float = LEASE


class Deliveries(Background):
    """The deliveries of all tenants. Every method raises StoreUnavailable.

    It is open for as long as it is entered: then events are sorted to subscriptions, and what is
    due is sent.
    """

    def __init__(
        self,
        store: SqlDeliveries,
        burials: SqlBurials,
        dispatcher: Dispatcher,
        sender: Sender,
        bell: Bell,
        terms: Terms,
    ) -> None:
        """Takes where they are, what makes them of events, and what sends them."""
        super().__init__()
        self._store = store
        self._burials = burials
        self._dispatcher = dispatcher
        self._sender = sender
        self._bell = bell
        self._kept = timedelta(days=max(terms.days, 1))
        self._clock = terms.clock
        self._chance = terms.chance
        self._terms = terms
        self._busy: Counter[str] = Counter()
        self._done: list[Tried] = []
        self._forgotten = terms.clock()

    def begin(self) -> None:
        """Begins to send."""
        self.start(self._send_always())

    async def send(self, delivery: Delivery) -> Delivery:
        """Keeps a delivery, once by its id, and has it sent; gives it as it is kept.

        Raises InvalidRequest for an address that is none.
        """
        refuse(check_url(delivery.url, "url"))
        now = self._now()
        new = replace(
            delivery,
            state=DeliveryState.PENDING,
            next_time=now,
            create_time=now,
            update_time=now,
        )
        kept = await self._store.add(new)
        self._bell.ring()
        return kept

    async def get(self, tenant: str, id_: str) -> Delivery:
        """A delivery; raises DeliveryNotFound."""
        found = await self._store.get(tenant, id_)
        if found is None:
            raise _missing(id_)
        return found

    async def page(
        self, tenant: str, before: tuple[datetime, str] | None, limit: int
    ) -> list[Delivery]:
        """The deliveries of a tenant before a moment and an id, the latest first."""
        return await self._store.page(tenant, before, limit)

    async def redeliver(self, tenant: str, id_: str, by: Identity = ANYONE) -> Delivery:
        """Sends a delivery again at once, with the same id and all its tries before it.

        Raises DeliveryNotFound.
        """
        audit = Audit(
            time=self._now(),
            tenant=tenant,
            caller=by.name,
            method="redeliver_delivery",
            target=f"deliveries/{id_}",
        )
        found = await self._store.again(tenant, id_, audit)
        if found is None:
            raise _missing(id_)
        self._bell.ring()
        return found

    async def turn(self) -> float:
        """Sorts what happened, writes down what tries came to, and begins those that are due.

        Gives the seconds until there is something to do, if nobody rings before.
        """
        more = await self._dispatcher.dispatch()
        await self._settle()
        look = await self._store.look()
        now = self._clock()
        due = {target: each.timestamp() for target, each in look.due.items()}
        wanted = self._wanted({target for target, each in due.items() if each <= now})
        if wanted:
            await self._take(wanted, now)
        if more:
            return 0.0
        pause = BUSY if look.active or self._busy else IDLE
        later = [each - now for each in due.values() if each > now]
        return min([pause, *later])

    async def idle(self) -> None:
        """Waits for the tries that are under way, and writes down what they came to."""
        while self._busy:
            rung = self._bell.listen()
            if self._busy:
                await rung.wait()
        await self._settle()

    async def forget(self) -> int:
        """Removes what ended long ago; how many."""
        return await self._store.forget(self._now() - self._kept)

    def _wanted(self, due: set[str]) -> Mapping[str, int]:
        """How many of each target to take: tenant by tenant in turn, of each target by target."""
        terms, busy = self._terms, self._busy
        of_tenant: Counter[str] = Counter()
        for target, count in busy.items():
            of_tenant[_tenant(target)] += count
        lines: dict[str, deque[str]] = defaultdict(deque)
        for target in sorted(due):
            lines[_tenant(target)].append(target)
        wanted: Counter[str] = Counter()
        left = terms.at_once - busy.total()
        while lines and left > 0:
            for tenant, line in list(lines.items()):
                target = line.popleft()
                if busy[target] + wanted[target] < terms.of_target and left > 0:
                    wanted[target] += 1
                    of_tenant[tenant] += 1
                    left -= 1
                    line.append(target)
                if not line or of_tenant[tenant] >= terms.of_tenant:
                    del lines[tenant]
        return wanted

    async def _take(self, wanted: Mapping[str, int], now: float) -> None:
        lease = str(uuid4())
        until = datetime.fromtimestamp(now + self._terms.lease, UTC)
        moment = datetime.fromtimestamp(now, UTC)
        for each in await self._store.take(wanted, moment, until, lease):
            target = target_of(each.tenant, each.url)
            self._busy[target] += 1
            self.start(self._try(each, target, lease))

    async def _try(self, delivery: Delivery, target: str, lease: str) -> None:
        try:
            answered = await self._sender.deliver(delivery)
        except Exception:  # whatever it was, the target's place is free again
            LOGGER.exception("a delivery failed by a bug of the gateway")
            answered = SendResult(error=INTERNAL)
        self._done.append(self._tried(delivery, lease, answered))
        self._busy[target] -= 1
        if not self._busy[target]:
            del self._busy[target]
        self._bell.ring()

    def _tried(self, delivery: Delivery, lease: str, answered: SendResult) -> Tried:
        """What a try came to, and when there is another."""
        state, next_time, now = DeliveryState.DELIVERED, None, self._now()
        if not answered.taken:
            attempts = delivery.attempts + 1
            pause = pause_after(attempts, answered.retry_after, self._chance())
            is_last = answered.final or pause is None
            state = DeliveryState.DEAD if is_last else DeliveryState.PENDING
            next_time = None if is_last else now + timedelta(seconds=pause or 0.0)
        return Tried(
            delivery=delivery,
            lease=lease,
            state=state,
            next_time=next_time,
            status=answered.status,
            error=answered.error,
            time=now,
        )

    async def _settle(self) -> None:
        """Writes down what tries came to; what cannot be written now is kept for the next time."""
        done, self._done = self._done, []
        ended = [each for each in done if each.state is DeliveryState.DEAD]
        others = [each for each in done if each.state is not DeliveryState.DEAD]
        try:
            if others:
                await self._store.settle(others)
                others = []
            while ended:
                await self._burials.bury(ended[-1], self._disabling(ended[-1]))
                ended.pop()
        finally:
            self._done.extend((*others, *ended))

    def _disabling(self, tried: Tried) -> Callable[[Subscription], Audit]:
        """The audit of a subscription that a delivery's end disables."""
        said = "its target says that it is gone" if tried.status == GONE else "it was given up"

        def audit_of(subscription: Subscription) -> Audit:
            return Audit(
                time=tried.time,
                tenant=subscription.name.tenant,
                caller=SYSTEM,
                method="disable_subscription",
                target=str(subscription.name),
                changes=(f"deliveries/{tried.delivery.id}: {said} ({tried.error})",),
            )

        return audit_of

    async def _send_always(self) -> None:
        """Takes turns; while the ledger does not answer it looks again and again."""
        rung, pause = self._bell.listen(), BUSY
        while True:
            await heard(rung, pause)
            rung = self._bell.listen()
            try:
                pause = await self.turn()
                await self._forget_at_times()
            except Fault as fault:
                LOGGER.debug("nothing is delivered now: %s", fault.message)
                pause = IDLE
                await asyncio.sleep(BUSY)

    async def _forget_at_times(self) -> None:
        if self._clock() - self._forgotten > FORGETTING:
            self._forgotten = self._clock()
            await self.forget()

    async def end(self) -> None:
        """Writes down what the last tries came to."""
        with suppress(Fault):
            await self._settle()

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


def _tenant(target: str) -> str:
    return target.rpartition("/")[0]


def _missing(id_: str) -> DeliveryNotFound:
    name = f"deliveries/{id_}"
    return DeliveryNotFound(
        f"no delivery `{name}`", details=Details(resource=Resource(type=DELIVERY, name=name))
    )
