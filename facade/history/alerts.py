"""Alerts: made, changed, muted and deleted; looked at now and then, by one process for all."""

import asyncio
import hashlib
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

import msgspec

from facade.background import Background
from facade.catalog.changes import stale
from facade.errors.caller import EtagMismatch
from facade.errors.fault import Details, Fault, Resource
from facade.errors.history import AlertExists, AlertNotFound
from facade.history import request
from facade.history.evaluation import judged
from facade.history.history import History
from facade.history.notifier import Notifier
from facade.model.access import ANYONE, Identity
from facade.model.execution import (
    Alert,
    AlertName,
    AlertState,
    FigureQuery,
    FigureScope,
)
from facade.stores.alerts import SqlAlerts
from facade.stores.base import Audit
from facade.stores.turns import SqlTurns

LOGGER = logging.getLogger(__name__)

TYPE: Final = "gateway.v1/Alert"
PAUSE: Final = 15.0
"""Seconds between two looks."""
TURN: Final = 40.0
"""Seconds for which the process that looks is the only one that does."""
ATTEMPTS: Final = 4
"""A change is tried once, and three times more where another writer was faster."""


class Alerts(Background):
    """The alerts of all tenants, looked at for as long as it is entered."""

    def __init__(
        self,
        store: SqlAlerts,
        turns: SqlTurns,
        history: History,
        notifier: Notifier,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Takes where they are, what they look at, and who tells of them."""
        super().__init__()
        self._store = store
        self._turns = turns
        self._history = history
        self._notifier = notifier
        self._clock = clock
        self._id = str(uuid4())

    def begin(self) -> None:
        """Looks at them now and then; never where there is no history."""
        if self._history.keeps:
            self.start(self._look_on())

    async def get(self, name: AlertName) -> Alert:
        """An alert; raises AlertNotFound, StoreUnavailable."""
        found = await self._store.get(name)
        if found is None:
            raise AlertNotFound(f"no alert `{name}`", details=_about(name))
        return found

    async def all(self, tenant: str) -> tuple[Alert, ...]:
        """The alerts of a tenant, by name; raises StoreUnavailable."""
        return await self._store.all(tenant)

    async def create(
        self, alert: Alert, *, by: Identity = ANYONE, validate_only: bool = False
    ) -> Alert:
        """Makes an alert; raises InvalidRequest, AlertExists, StoreUnavailable."""
        now = self._now()
        made = replace(
            request.check_alert(alert, new=True, can_mail=self._notifier.can_mail),
            state=AlertState.OK,
            figure=None,
            since=now,
            calm=None,
            untold=False,
            create_time=now,
            update_time=now,
        )
        made = _with_etag(made)
        if await self._store.get(made.name) is not None:
            raise _exists(made.name)
        if validate_only:
            return made
        audit = self._audit("create_alert", by, None, made)
        if not await self._store.put(made, None, audit):
            raise _exists(made.name)
        return made

    async def update(
        self,
        name: AlertName,
        values: Alert,
        paths: Sequence[str],
        etag: str = "",
        *,
        by: Identity = ANYONE,
        validate_only: bool = False,
    ) -> Alert:
        """Changes the fields that the paths name, or all with `*`.

        Raises InvalidRequest, AlertNotFound, EtagMismatch, StoreUnavailable.
        """
        fields = request.FIELDS.chosen(paths)

        def changed(before: Alert) -> Alert:
            if etag and etag != before.etag:
                raise stale(TYPE, str(name), "alert.etag")
            after = replace(before, **{each: getattr(values, each) for each in fields})
            return request.check_alert(after, new=False, can_mail=self._notifier.can_mail)

        if validate_only:
            return _with_etag(changed(await self.get(name)))
        return await self._change("update_alert", name, changed, by, fields)

    async def mute(self, name: AlertName, by: Identity = ANYONE) -> Alert:
        """Has it neither fire nor clear; raises AlertNotFound, StoreUnavailable."""

        def changed(before: Alert) -> Alert:
            return replace(before, state=AlertState.MUTED, since=self._now(), untold=False)

        return await self._put_into("mute_alert", name, changed, by, AlertState.MUTED)

    async def unmute(self, name: AlertName, by: Identity = ANYONE) -> Alert:
        """Has it look again, as if it were new; raises AlertNotFound, StoreUnavailable."""
        now = self._now()

        def changed(before: Alert) -> Alert:
            return replace(before, state=AlertState.OK, since=now, calm=None, untold=False)

        if (await self.get(name)).state is not AlertState.MUTED:
            return await self.get(name)
        return await self._put_into("unmute_alert", name, changed, by, None)

    async def delete(self, name: AlertName, etag: str = "", *, by: Identity = ANYONE) -> None:
        """Deletes an alert; raises AlertNotFound, EtagMismatch, StoreUnavailable."""
        before = await self.get(name)
        if etag and etag != before.etag:
            raise stale(TYPE, str(name), "etag")
        audit = replace(self._audit("delete_alert", by, before, before), after="")
        if not await self._store.delete(name, before.etag, audit):
            raise stale(TYPE, str(name), "etag")

    async def look(self) -> None:
        """Looks at every alert once, where it is this process's turn; raises StoreUnavailable."""
        alerts = await self._store.of_every_tenant()
        now = self._clock()
        if alerts and await self._turns.take("alerts", self._id, now, now + TURN):
            for each in alerts:
                await self._look_at(each)

    async def _look_on(self) -> None:
        while True:
            await asyncio.sleep(PAUSE)
            try:
                await self.look()
            except Fault as fault:
                LOGGER.warning("alerts are not looked at now: %s", fault.message)

    async def _look_at(self, before: Alert) -> None:
        """Tells what is not told yet; then judges, and tells of what has crossed."""
        now = self._now()
        if before.untold:
            if not await self._tell(before, now):
                return
            before = replace(before, untold=False)
        after = judged(before, await self._figures(before, now), now)
        if after == before or not await self._store.found(after, before):
            return
        if after.untold:
            await self._tell(after, now)

    async def _tell(self, alert: Alert, now: datetime) -> bool:
        """Tells of an alert, and notes that it is told."""
        if not await self._notifier.tell(alert, now):
            return False
        return await self._store.found(replace(alert, untold=False), alert)

    async def _figures(self, alert: Alert, now: datetime) -> Any:
        scope = FigureScope(connector=alert.connector, action=alert.action, flow=alert.flow)
        query = FigureQuery(
            scope=scope, start_time=now - timedelta(seconds=alert.window), end_time=now
        )
        (found,) = await self._history.figures(alert.tenant, query)
        return found.total

    async def _put_into(
        self,
        method: str,
        name: AlertName,
        change: Callable[[Alert], Alert],
        by: Identity,
        state: AlertState | None,
    ) -> Alert:
        before = await self.get(name)
        return before if before.state is state else await self._change(method, name, change, by)

    async def _change(
        self,
        method: str,
        name: AlertName,
        change: Callable[[Alert], Alert],
        by: Identity,
        lines: tuple[str, ...] = (),
    ) -> Alert:
        """Changes what is there, anew where another writer was faster."""
        for _ in range(ATTEMPTS):
            before = await self.get(name)
            after = _with_etag(replace(change(before), update_time=self._now()))
            audit = self._audit(method, by, before, after, lines)
            if await self._store.put(after, before, audit):
                return after
        raise EtagMismatch(
            f"`{name}` was changed by others at the same time; repeat the request",
            details=_about(name),
        )

    def _audit(
        self,
        method: str,
        by: Identity,
        before: Alert | None,
        after: Alert,
        lines: tuple[str, ...] = (),
    ) -> Audit:
        return Audit(
            time=self._now(),
            tenant=after.tenant,
            caller=by.name,
            method=method,
            target=str(after.name),
            changes=lines,
            before=before.etag if before is not None else "",
            after=after.etag,
        )

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


def _with_etag(alert: Alert) -> Alert:
    """The alert with the digest of what people set of it, its being muted among that."""
    told = [getattr(alert, each) for each in request.FIELDS.updatable]
    said = msgspec.json.encode([*told, alert.state is AlertState.MUTED, alert.update_time])
    return replace(alert, etag=hashlib.sha256(said).hexdigest()[:32])


def _about(name: AlertName) -> Details:
    return Details(resource=Resource(type=TYPE, name=str(name)))


def _exists(name: AlertName) -> AlertExists:
    return AlertExists(f"`{name}` is there already", details=_about(name))
