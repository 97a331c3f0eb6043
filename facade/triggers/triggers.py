"""Triggers: what starts flows, looked after by one process of all."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final, TypeAlias

from msgspec import structs

from facade.background import Background
from facade.errors.fault import Fault
from facade.model.flow import Flow, FlowState, FlowVersion
from facade.model.trigger import RegistrationState, TriggerRecord, TriggerState
from facade.stores.triggers import SqlTriggers, Written
from facade.triggers.backend_webhooks import BackendWebhooks
from facade.triggers.event_triggers import EventTriggers
from facade.triggers.hooks import Hooks
from facade.triggers.leadership import Leadership, Lost
from facade.triggers.management import Management
from facade.triggers.polls import Polls
from facade.triggers.ports import FlowSource
from facade.triggers.renewing import renewed
from facade.triggers.schedules import Schedules

LOGGER = logging.getLogger(__name__)

Work: TypeAlias = Callable[[], Awaitable[None]]

LOOK: Final = 1.0
"""Seconds between two looks at what is due: while no flow is published, each is one query."""

ROOM: Final = 16
"""Triggers that are worked on at a time, beside those that follow events."""

PAUSE: Final = timedelta(seconds=30)
"""After work that ended in an error of ours before it is taken up again."""

LEFT: Final = 100
"""Failures after which what a deleted flow has left at a backend is given up, about a day."""

CHANGES: Final = 3
"""Times that the rest of a trigger is noted where others change its record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workers:
    """What knows each kind of trigger, and what senders and people ask of them."""

    schedules: Schedules
    polls: Polls
    backend_webhooks: BackendWebhooks
    event_triggers: EventTriggers
    hooks: Hooks
    management: Management


class Triggers(Background):
    """Starts flows for as long as it is entered, where this process is the one that does.

    Every process looks once a second whether flows are published, which is one query of the
    ledger's number; where there are none, nothing else is done, kept or imported. One of them has
    the lease, and looks after the triggers of all. Messages are taken by every process (`hooks`).
    """

    def __init__(
        self,
        flows: FlowSource,
        store: SqlTriggers,
        workers: Workers,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        *,
        works: bool = True,
    ) -> None:
        """Takes what there is; `works`: whether this process runs flows at all."""
        super().__init__()
        self.hooks = workers.hooks
        self.management = workers.management
        self._flows = flows
        self._store = store
        self._workers = workers
        self._clock = clock
        self._sleep = sleep
        self._works = works
        self._leadership = Leadership(store, self._now)
        self._room = asyncio.Semaphore(ROOM)
        self._jobs: dict[str, asyncio.Task[None]] = {}
        self._paused: dict[str, datetime] = {}
        self._is_kept = True
        """Whether there may be records, of flows that are there or not."""
        self._failing = False

    def begin(self) -> None:
        """Looks after triggers, where this process runs flows."""
        if self._works:
            self.start(self._tend_always())

    async def end(self) -> None:
        """Lets another process look after them at once."""
        try:
            await self._leadership.release()
        except Fault as fault:
            LOGGER.debug("the lease of triggers is kept until it ends: %s", fault.message)

    async def changed(self, _before: Flow, after: Flow | None) -> None:
        """Is told by the flows of each change: one that is suspended rests from now on.

        So that it has missed its ticks though it is resumed before anybody looks.
        """
        if after is None or after.state is not FlowState.SUSPENDED:
            return
        try:
            for _ in range(CHANGES):
                record = await self._store.find(after.name.tenant, after.uid)
                if record is None or record.state is TriggerState.RESTING:
                    return
                rests = structs.replace(record, state=TriggerState.RESTING, next_time=None)
                if await self._store.put(rests) is Written.DONE:
                    return
        except Fault as fault:
            LOGGER.warning("that %s rests is not noted: %s", after.name, fault.message)

    async def tend(self) -> None:
        """Looks once at what is due, and has it done beside; raises StoreUnavailable."""
        flows = {flow.uid: flow for flow in await self._flows.published()}
        if not flows and not self._is_kept:
            return
        kept = {record.flow_uid: record for record in await self._store.every()}
        self._is_kept = bool(kept)
        if not (flows or kept):
            return
        if not await self._leadership.leads():
            self._dismiss()
            return
        self._jobs = {uid: job for uid, job in self._jobs.items() if not job.done()}
        for uid in flows.keys() | kept.keys():
            rests_until = self._paused.get(uid)
            if uid not in self._jobs and (rests_until is None or self._now() >= rests_until):
                self._look(flows.get(uid), kept.get(uid))

    async def settled(self) -> None:
        """Waits until nothing is under way but what follows events."""
        followers = {f"follow {uid}" for uid in self._jobs}
        under_way = [
            job
            for uid, job in self._jobs.items()
            if not job.done() and job.get_name() not in followers
        ]
        if under_way:
            await asyncio.wait(under_way)

    def _look(self, flow: Flow | None, record: TriggerRecord | None) -> None:
        """Has done what is due of one trigger."""
        if flow is None:
            if record is not None and (
                record.registration is None or self._is_due(record, idle=True)
            ):
                self._start(record.flow_uid, partial(self._leave, record))
            return
        version = flow.version(flow.published)
        if version is None:
            return
        changed = renewed(flow, version, record)
        current = changed or record
        if current is None or (record is None and current.kind == "manual"):
            return
        if flow.state is FlowState.SUSPENDED or current.kind == "manual":
            left = current.registration is not None and self._is_due(current, idle=True)
            if changed is not None or left:
                self._start(flow.uid, partial(self._rest, current))
            return
        self._work(flow, version, current, is_new=changed is not None)

    def _work(
        self, flow: Flow, version: FlowVersion, record: TriggerRecord, *, is_new: bool
    ) -> None:
        """Has done what is due of a trigger that does not rest."""
        if record.kind == "event":
            if self._is_due(record, idle=True):
                self._follow(flow, version, record)
        elif self._is_due(record, idle=is_new or _is_asked(version, record)):
            self._start(flow.uid, partial(self._step, flow, version, record))

    def _is_due(self, record: TriggerRecord, *, idle: bool) -> bool:
        """Whether its time has come; `idle` says it where it has none."""
        return idle if record.next_time is None else record.next_time <= self._now()

    async def _step(self, flow: Flow, version: FlowVersion, record: TriggerRecord) -> None:
        """Does what is due of a trigger, and keeps how far it has come."""
        now, workers = self._now(), self._workers
        if record.kind == "schedule":
            await self._leadership.put(await workers.schedules.step(flow, version, record, now))
        elif record.kind == "poll":
            polled = await workers.polls.step(flow, version, record, now)
            await self._leadership.put(polled.record, polled.items)
        elif record.kind == "backend_webhook":
            await self._register(flow, version, record)
        else:
            await self._leadership.put(await self._removed(record))

    async def _register(self, flow: Flow, version: FlowVersion, record: TriggerRecord) -> None:
        """Removes the registration of another version, marks a new one, and asks for it."""
        asked, hooks = record.registration, self._workers.backend_webhooks
        if asked is not None and asked.version != version.name.version:
            record = await self._leadership.put(await hooks.remove(record, self._now()))
            if record.registration is not None:
                return
        if record.registration is None:
            marked = await hooks.mark(flow, version, record, self._now())
            record = await self._leadership.put(marked)
        asked = record.registration
        if asked is not None and asked.state is RegistrationState.PENDING:
            await self._leadership.put(await hooks.register(flow, version, record, self._now()))

    async def _rest(self, record: TriggerRecord) -> None:
        """Removes what a flow that rests has registered."""
        gone = await self._removed(record)
        rests = gone.registration is None
        state = TriggerState.RESTING if rests else gone.state
        await self._leadership.put(structs.replace(gone, state=state))

    async def _leave(self, record: TriggerRecord) -> None:
        """Forgets the trigger of a flow that is gone, once its registration is removed."""
        gone = await self._removed(record)
        if gone.registration is not None and gone.failures < LEFT:
            await self._leadership.put(gone)
            return
        if gone.registration is not None:
            location = gone.registration.location
            LOGGER.warning("%s is gone, and %s was not removed", record.name, location)
        await self._leadership.drop(record)

    async def _removed(self, record: TriggerRecord) -> TriggerRecord:
        return await self._workers.backend_webhooks.remove(record, self._now())

    def _follow(self, flow: Flow, version: FlowVersion, record: TriggerRecord) -> None:
        """Follows events until the flow is another, or rests."""

        async def put(kept: TriggerRecord) -> TriggerRecord:
            return await self._leadership.put(kept)

        work = partial(self._workers.event_triggers.follow, flow, version, record, put)
        self._jobs[flow.uid] = self.start(self._guarded(flow.uid, work))
        self._jobs[flow.uid].set_name(f"follow {flow.uid}")

    def _start(self, uid: str, work: Work) -> None:
        async def within() -> None:
            async with self._room:
                await work()

        self._jobs[uid] = self.start(self._guarded(uid, within))

    async def _guarded(self, uid: str, work: Work) -> None:
        """Does work whose failure is told in the log, and is taken up again after a pause."""
        try:
            await work()
        except Lost:
            return
        except Fault as fault:
            LOGGER.warning("a trigger is not looked after now: %s", fault.message)
        except Exception:
            LOGGER.exception("a trigger cannot be looked after")
        else:
            self._paused.pop(uid, None)
            return
        self._paused[uid] = self._now() + PAUSE

    def _dismiss(self) -> None:
        """Ends what another process does now."""
        for job in self._jobs.values():
            job.cancel()
        self._jobs = {}

    async def _tend_always(self) -> None:
        while True:
            try:
                await self.tend()
                self._failing = False
            except Fault as fault:
                if not self._failing:
                    LOGGER.warning("triggers are not looked after now: %s", fault.message)
                self._failing = True
            await self._sleep(LOOK)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


def _is_asked(version: FlowVersion, record: TriggerRecord) -> bool:
    """Whether a registration is to be asked for, or was and not answered."""
    asked = record.registration
    if record.kind != "backend_webhook":
        return asked is not None
    if asked is None or asked.version != version.name.version:
        return True
    return asked.state is RegistrationState.PENDING
