"""Events: published once, kept in the order of their tenant, and watched from any place in it."""

import asyncio
import base64
import binascii
import logging
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

from facade.background import Background
from facade.catalog.request import invalid, refuse
from facade.errors.events import EventsExpired, TooManyWatchers
from facade.errors.fault import Fault, Violation
from facade.events.bell import Bell, heard
from facade.events.matching import matcher
from facade.events.request import check_event
from facade.model.event import Event
from facade.sealing import Seal
from facade.stores.events import SqlEvents

LOGGER = logging.getLogger(__name__)

PAGE: Final = 16
"""Events that a watcher holds at once: 4 MiB at most, however slowly it is read."""
LOOK: Final = 0.5
"""Seconds between two looks for events of other processes, while somebody watches here."""
HEARTBEAT: Final = 15.0
"""Seconds without an event after which a watcher is told how far it has come."""
WATCHERS, OF_TENANT = 1000, 100
"""Watchers of one process, of all tenants and of one."""
FORGETTING: Final = 3600.0
"""Seconds between two looks for what is too old."""


class Events(Background):
    """The events of all tenants. Every method raises StoreUnavailable.

    It is open for as long as it is entered: then old events are removed, hourly. The ledger is
    followed only while somebody watches.
    """

    def __init__(
        self,
        store: SqlEvents,
        seal: Seal,
        bell: Bell,
        days: int,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Takes where they are, what seals resume tokens, and how many days they are kept."""
        super().__init__()
        self._store = store
        self._seal = seal
        self._bell = bell
        self._kept = timedelta(days=max(days, 1))
        self._clock = clock
        self._heads: dict[str, int] = {}
        self._watchers: Counter[str] = Counter()
        self._following: asyncio.Task[None] | None = None
        self._dismissed = False

    def begin(self) -> None:
        """Removes what is too old, now and then."""
        self.start(self._forget_always())

    async def publish(self, event: Event) -> Event:
        """Publishes an event once: a repeat of its id gives what was published first.

        Raises InvalidRequest.
        """
        refuse(check_event(event))
        kept = await self._store.add(event)
        self._heads[kept.tenant] = max(self._head(kept.tenant), kept.sequence)
        self._bell.ring()
        return kept

    async def page(self, tenant: str, before: int | None, limit: int) -> list[Event]:
        """The events of a tenant before a number, the latest first."""
        return await self._store.page(tenant, before, limit)

    async def watch(
        self, tenant: str, types: Sequence[str] = (), filter_: str = "", token: str = ""
    ) -> AsyncGenerator[tuple[Event, str], None]:
        """The events of a tenant from a token on, each with the token of what follows it.

        Without a token: those that happen from now on. What was seen last may come again: at
        least once. Raises InvalidRequest, EventsExpired, TooManyWatchers.
        """
        async with aclosing(self.follow(tenant, types, filter_, token)) as told:
            async for event, position in told:
                if event is not None:
                    yield event, position

    async def follow(
        self,
        tenant: str,
        types: Sequence[str] = (),
        filter_: str = "",
        token: str = "",
        heartbeat: float = HEARTBEAT,
    ) -> AsyncGenerator[tuple[Event | None, str], None]:
        """What `watch` gives, and without an event, at first and then now and then, how far it is.

        It reads on when its reader does, and holds one page at most. It ends where the process
        does: the token leads on in another.
        """
        wanted, context = matcher(types, filter_), _context(tenant, types, filter_)
        position = self._opened(token, context)
        first, last = await self._store.span(tenant)
        position = last if position is None else position
        _check_kept(position, first, last)
        with self._watching(tenant):
            yield None, self._sealed(position, context)
            while not self._dismissed:
                rung = self._bell.listen()
                first, found = await self._store.after(tenant, position, PAGE)
                _check_kept(position, first, max(last, position))
                for each in found:
                    position = each.sequence
                    if wanted(each):
                        yield each, self._sealed(position, context)
                if len(found) < PAGE and not await self._moved(tenant, position, rung, heartbeat):
                    yield None, self._sealed(position, context)

    def dismiss(self) -> None:
        """Ends every watch, since the process ends: their tokens lead on elsewhere."""
        self._dismissed = True
        self._bell.ring()

    async def forget(self) -> int:
        """Removes what is too old; how many events."""
        return await self._store.forget(datetime.fromtimestamp(self._clock(), UTC) - self._kept)

    async def _moved(
        self, tenant: str, position: int, rung: asyncio.Event, heartbeat: float
    ) -> bool:
        """Waits for an event behind a position, and no longer than a heartbeat; whether it came."""
        ends = self._clock() + heartbeat
        while self._head(tenant) <= position and not self._dismissed:
            left = ends - self._clock()
            if left <= 0 or not await heard(rung, left):
                return False
            rung = self._bell.listen()
        return True

    @contextmanager
    def _watching(self, tenant: str) -> Iterator[None]:
        """Counts a watcher; the first of all has the ledger followed, the last one ends that."""
        if self._watchers.total() >= WATCHERS or self._watchers[tenant] >= OF_TENANT:
            text = f"{self._watchers[tenant]} callers of this tenant watch events here already"
            raise TooManyWatchers(text)
        self._watchers[tenant] += 1
        if self._following is None:
            self._following = self.start(self._follow_heads())
        try:
            yield
        finally:
            self._watchers[tenant] -= 1
            if not self._watchers[tenant]:
                del self._watchers[tenant]
            if not self._watchers and self._following is not None:
                self._following.cancel()
                self._following = None

    async def _follow_heads(self) -> None:
        """Looks for events of other processes, for all watchers at once."""
        while True:
            try:
                heads = await self._store.heads()
            except Fault as fault:
                LOGGER.debug("events are not followed now: %s", fault.message)
            else:
                newer = {key: last for key, last in heads.items() if last > self._head(key)}
                self._heads |= newer
                if newer:
                    self._bell.ring()
            await asyncio.sleep(LOOK)

    def _head(self, tenant: str) -> int:
        """The number of a tenant's last event, as far as it is known here."""
        return self._heads.get(tenant, 0)

    async def _forget_always(self) -> None:
        while True:
            await asyncio.sleep(FORGETTING)
            try:
                await self.forget()
            except Fault as fault:
                LOGGER.warning("old events are not removed now: %s", fault.message)

    def _sealed(self, position: int, context: bytes) -> str:
        sealed = self._seal.seal(str(position).encode(), context)
        return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()

    def _opened(self, token: str, context: bytes) -> int | None:
        """The position of a token; None without one. Raises InvalidRequest for another's."""
        if not token:
            return None
        try:
            sealed = base64.b64decode(
                token + "=" * (-len(token) % 4), altchars=b"-_", validate=True
            )
        except (binascii.Error, ValueError):
            sealed = b""
        plain = self._seal.unseal(sealed, context)
        if plain is None:
            said = "is not a token of this watch: it holds to the caller's tenant, types and filter"
            raise invalid(Violation(field="resume_token", description=said))
        return int(plain)


def _context(tenant: str, types: Sequence[str], filter_: str) -> bytes:
    """What a token holds to."""
    parts = [each.encode() for each in (tenant, filter_, *types)]
    return b"".join(b"%d:%b" % (len(each), each) for each in parts)


def _check_kept(position: int, first: int, last: int) -> None:
    """Raises EventsExpired where what follows a position is not all there."""
    if position + 1 < first:
        text = "resume_token: events behind it are no longer kept; watch without a token"
        raise EventsExpired(text)
    if position > last:
        text = "resume_token: is of after the last event: the ledger is an older one again"
        raise EventsExpired(text)
