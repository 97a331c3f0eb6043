"""Leadership: of all processes one looks after the triggers, by a lease in the ledger."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from msgspec import structs

from facade.model.trigger import TriggerRecord
from facade.stores.triggers import SqlTriggers, Written

LEASE: Final = timedelta(seconds=15)
"""How long a process that has died keeps the others from its work."""
RENEW: Final = timedelta(seconds=5)
"""Before it is prolonged."""


class Lost(Exception):
    """Another process has changed the record, or looks after all now."""


class Leadership:
    """Whether this process looks after the triggers; what it writes, it writes as that alone."""

    def __init__(self, store: SqlTriggers, now: Callable[[], datetime]) -> None:
        """Takes where the lease is, and the time."""
        self._store = store
        self._now = now
        self._holder = str(uuid4())
        self._token: int | None = None
        self._renewal: datetime | None = None

    async def leads(self) -> bool:
        """Whether it does now: it takes a lease that is free, and prolongs its own."""
        now = self._now()
        if self._token is not None and self._renewal is not None and now < self._renewal:
            return True
        if self._token is None and not await self._store.is_free(now):
            return False
        self._token = await self._store.take(self._holder, now, now + LEASE)
        self._renewal = now + RENEW
        return self._token is not None

    @property
    def token(self) -> int | None:
        """The lease's, that grows with each holder; None: it does not lead."""
        return self._token

    async def put(self, record: TriggerRecord, items: Sequence[str] = ()) -> TriggerRecord:
        """Keeps a record, and gives it as it is kept; raises Lost."""
        if self._token is None:
            raise Lost
        done = await self._store.put(record, self._token, items, self._now())
        if done is Written.FENCED:
            self._token = None
        if done is not Written.DONE:
            raise Lost
        return structs.replace(record, revision=record.revision + 1)

    async def drop(self, record: TriggerRecord) -> None:
        """Forgets a trigger; raises Lost."""
        if self._token is None or await self._store.drop(record, self._token) is Written.FENCED:
            self._token = None
            raise Lost

    async def release(self) -> None:
        """Lets another lead."""
        if self._token is not None:
            self._token = None
            await self._store.release(self._holder, self._now())
