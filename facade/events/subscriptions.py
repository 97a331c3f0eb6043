"""Subscriptions: who is sent which events; made, changed, suspended and taken up again."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final
from uuid import UUID, uuid4

from facade.catalog.changes import stale
from facade.catalog.request import refuse
from facade.errors.caller import EtagMismatch
from facade.errors.events import (
    SubscriptionExists,
    SubscriptionNotFound,
    TooManySubscriptions,
)
from facade.errors.fault import Details, Resource
from facade.events import request as asked
from facade.events.bell import Bell
from facade.model.access import ANYONE, Identity
from facade.model.event import Subscription, SubscriptionName
from facade.model.event import SubscriptionState as State
from facade.stores.base import Audit
from facade.stores.subscription_rows import with_etag
from facade.stores.subscriptions import SqlSubscriptions, Written

ATTEMPTS: Final = 4
"""A change is tried once, and three times more where another writer was faster."""
MOST: Final = 200
"""Subscriptions of a tenant."""
SUBSCRIPTION: Final = "gateway.v1/Subscription"

Change = Callable[[Subscription], Subscription]


class Subscriptions:
    """The subscriptions of all tenants. Every method raises StoreUnavailable."""

    def __init__(
        self,
        store: SqlSubscriptions,
        bell: Bell,
        clock: Callable[[], float] = time.time,
        new_uid: Callable[[], UUID] = uuid4,
    ) -> None:
        """Takes where they are kept, and what rings when there may be more to send."""
        self._store = store
        self._bell = bell
        self._clock = clock
        self._new_uid = new_uid

    async def get(self, name: SubscriptionName) -> Subscription:
        """A subscription; raises SubscriptionNotFound."""
        found = await self._store.get(name)
        if found is None:
            raise SubscriptionNotFound(f"no subscription `{name}`", details=_about(name))
        return found

    async def all(self, tenant: str) -> list[Subscription]:
        """The subscriptions of a tenant, by name."""
        return await self._store.all(tenant)

    async def create(
        self, subscription: Subscription, *, by: Identity = ANYONE, validate_only: bool = False
    ) -> Subscription:
        """Makes a subscription to what happens from now on (G-23).

        Raises InvalidRequest with everything that is wrong, SubscriptionExists and
        TooManySubscriptions.
        """
        refuse(asked.check_new(subscription))
        now, name = self._now(), subscription.name
        made = replace(
            subscription,
            uid=str(self._new_uid()),
            state=State.ACTIVE,
            state_description="",
            etag="",
            create_time=now,
            update_time=now,
        )
        made = with_etag(made)
        if validate_only:
            if await self._store.get(name) is not None:
                raise _exists(name)
            return made
        audit = self._audit("create_subscription", None, made, by)
        done = await self._store.create(made, MOST, audit)
        if done is Written.TAKEN:
            raise _exists(name)
        if done is Written.FULL:
            raise TooManySubscriptions(f"there are {MOST} subscriptions already")
        return made

    async def update(
        self,
        values: Subscription,
        mask: Sequence[str],
        etag: str = "",
        *,
        by: Identity = ANYONE,
        validate_only: bool = False,
    ) -> Subscription:
        """Changes the fields that the mask names; events from where it stands are judged anew.

        Raises InvalidRequest, SubscriptionNotFound, EtagMismatch.
        """
        chosen, name = asked.FIELDS.chosen(mask), values.name
        new = {each: getattr(values, each) for each in chosen}

        def changed(before: Subscription) -> Subscription:
            after = replace(before, **new)
            refuse(asked.check(after))
            return after

        before = await self.get(name)
        _check_etag(before, etag)
        if validate_only:
            return changed(before)
        return await self._change("update_subscription", name, changed, by, etag, chosen)

    async def delete(
        self, name: SubscriptionName, etag: str = "", *, by: Identity = ANYONE
    ) -> None:
        """Deletes a subscription; what waits to be sent for it is kept as dead letters."""
        for _ in range(ATTEMPTS):
            before = await self.get(name)
            _check_etag(before, etag)
            audit = self._audit("delete_subscription", before, None, by)
            if await self._store.delete(before, audit) is Written.DONE:
                return
        raise _contended(name)

    async def suspend(self, name: SubscriptionName, by: Identity = ANYONE) -> Subscription:
        """Has a subscription rest: events wait for it until it is resumed."""
        return await self._change("suspend_subscription", name, _to(State.SUSPENDED), by)

    async def resume(self, name: SubscriptionName, by: Identity = ANYONE) -> Subscription:
        """Has a suspended subscription go on where it stood; one in ERROR is to be retried."""

        def resumed(before: Subscription) -> Subscription:
            return before if before.state is State.ERROR else _to(State.ACTIVE)(before)

        return await self._change("resume_subscription", name, resumed, by)

    async def retry(self, name: SubscriptionName, by: Identity = ANYONE) -> Subscription:
        """Registers the target of a subscription in ERROR anew: it goes on where it stood."""

        def retried(before: Subscription) -> Subscription:
            return _to(State.ACTIVE)(before) if before.state is State.ERROR else before

        return await self._change("retry_subscription", name, retried, by)

    async def _change(
        self,
        method: str,
        name: SubscriptionName,
        change: Change,
        by: Identity,
        etag: str = "",
        lines: Sequence[str] = (),
    ) -> Subscription:
        """Changes what is there, anew where another writer was faster."""
        for _ in range(ATTEMPTS):
            before = await self.get(name)
            _check_etag(before, etag)
            after = change(before)
            if after == before:
                return before
            after = with_etag(replace(after, update_time=self._now()))
            audit = self._audit(method, before, after, by, tuple(lines))
            if await self._store.put(after, before, audit) is Written.DONE:
                self._bell.ring()
                return after
        raise _contended(name)

    def _audit(
        self,
        method: str,
        before: Subscription | None,
        after: Subscription | None,
        by: Identity,
        lines: tuple[str, ...] = (),
    ) -> Audit:
        one = after or before
        name = one.name if one is not None else SubscriptionName("")
        return Audit(
            time=self._now(),
            tenant=name.tenant,
            caller=by.name,
            method=method,
            target=str(name),
            changes=lines,
            before=before.etag if before else "",
            after=after.etag if after else "",
        )

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


def _to(state: State) -> Change:
    """The change that leads to a state."""

    def changed(before: Subscription) -> Subscription:
        return replace(before, state=state, state_description="")

    return changed


def _check_etag(before: Subscription, etag: str) -> None:
    if etag and etag != before.etag:
        raise stale(SUBSCRIPTION, str(before.name), "subscription.etag")


def _about(name: SubscriptionName) -> Details:
    return Details(resource=Resource(type=SUBSCRIPTION, name=str(name)))


def _exists(name: SubscriptionName) -> SubscriptionExists:
    return SubscriptionExists(f"there is a subscription `{name}` already", details=_about(name))


def _contended(name: SubscriptionName) -> EtagMismatch:
    text = f"`{name}` was changed by others at the same time; repeat the request"
    return EtagMismatch(text, details=_about(name))
