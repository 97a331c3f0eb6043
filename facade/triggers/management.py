"""Management of triggers: what is told of them, new secrets, and a tick at once."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

from msgspec import structs

from facade.catalog.request import invalid
from facade.errors.fault import Details, Resource, Violation
from facade.errors.flows import FlowUnpublished
from facade.errors.service import StoreUnavailable
from facade.errors.triggers import TriggerMismatch, TriggerSuspended
from facade.model.access import ANYONE, Identity
from facade.model.definition import Poll, Schedule, Webhook
from facade.model.flow import Flow, FlowName, FlowState, FlowVersion
from facade.model.run import TriggerKind
from facade.model.trigger import TriggerRecord, TriggerState, TriggerStatus
from facade.stores.triggers import SqlTriggers, Written
from facade.triggers.endpoints import PATH, Endpoints
from facade.triggers.ports import KINDS, WEBHOOKS, FlowSource, Starter, told_version
from facade.triggers.starting import start

OVERLAP: Final = 86_400.0
"""Seconds for which the secret of before is believed, where nobody says."""
LONGEST: Final = 30 * 86_400.0

CHANGES: Final = 3

TYPE: Final = "gateway.v1/Flow"


class Management:
    """Tells of triggers, and does what people ask of them. All raise StoreUnavailable."""

    def __init__(
        self,
        flows: FlowSource,
        runs: Starter,
        store: SqlTriggers,
        endpoints: Endpoints,
        public_url: str,
        clock: Callable[[], float],
    ) -> None:
        """Takes the flows, their runs and triggers, and where the HTTP face is."""
        self._flows = flows
        self._runs = runs
        self._store = store
        self._endpoints = endpoints
        self._public_url = public_url.rstrip("/")
        self._clock = clock

    async def get(self, name: FlowName) -> TriggerStatus:
        """What is told of a flow's trigger; raises FlowNotFound."""
        flow = await self._flows.get(name)
        version = told_version(flow)
        kind = KINDS[type(version.definition.trigger)] if version else "manual"
        record = await self._store.find(name.tenant, flow.uid)
        if record is None or record.kind != kind:
            record = TriggerRecord(tenant=name.tenant, flow_uid=flow.uid, flow=name.flow, kind=kind)
        status = _status(flow, record)
        if version is None or not isinstance(version.definition.trigger, WEBHOOKS):
            return status
        return await self._with_address(flow, status)

    async def rotate(
        self, name: FlowName, overlap: float | None = None, by: Identity = ANYONE
    ) -> str:
        """A new secret of a flow's address, told this once; the old one ends after the overlap.

        Raises InvalidRequest, FlowNotFound, TriggerMismatch.
        """
        seconds = OVERLAP if overlap is None else overlap
        if not 0 <= seconds <= LONGEST:
            said = f"must be from 0 s to {LONGEST:g} s"
            raise invalid(Violation(field="overlap", description=said))
        flow = await self._flows.get(name)
        version = told_version(flow)
        if version is None or not isinstance(version.definition.trigger, Webhook):
            raise _mismatch(flow, version, "no secret that is told")
        return await self._endpoints.rotate(flow, seconds, by)

    async def fire(self, name: FlowName, by: Identity = ANYONE) -> str:
        """Has a schedule tick, or a poll ask, now; gives the run, or nothing of a poll.

        A poll is asked within a second by the process that looks after it. Raises FlowNotFound,
        FlowUnpublished, TriggerSuspended, TriggerMismatch, and what keeps a run from its start.
        """
        flow = await self._flows.get(name)
        version = flow.version(flow.published) if flow.published else None
        if version is None:
            raise FlowUnpublished(f"no version of `{name}` is published", details=_about(flow))
        if flow.state is FlowState.SUSPENDED:
            raise TriggerSuspended(f"`{name}` is suspended", details=_about(flow))
        trigger, now = version.definition.trigger, self._now()
        if isinstance(trigger, Poll):
            await self._due(flow, now)
            return ""
        if not isinstance(trigger, Schedule):
            raise _mismatch(flow, version, "nothing that ticks")
        cause = (flow, version, TriggerKind.SCHEDULE)
        return str((await start(self._runs, cause, f"fired:{uuid4()}", now, {}, by)).name)

    async def _due(self, flow: Flow, now: datetime) -> None:
        """Has a poll be due now; one that nobody has looked at yet is due anyway."""
        for _ in range(CHANGES):
            record = await self._store.find(flow.name.tenant, flow.uid)
            if record is None:
                return
            done = await self._store.put(structs.replace(record, next_time=now))
            if done is Written.DONE:
                return
        raise StoreUnavailable(f"the poll of `{flow.name}` is under way; try again")

    async def _with_address(self, flow: Flow, status: TriggerStatus) -> TriggerStatus:
        endpoint = await self._endpoints.of(flow)
        now = self._now()
        ends = tuple(
            each.until for each in endpoint.secrets if each.until is None or now < each.until
        )
        last = await self._store.last_message(flow.name.tenant, flow.uid)
        run, time = last or ("", None)
        return replace(
            status,
            url=f"{self._public_url}{PATH}{endpoint.id}",
            secret_end_times=ends,
            last_run=run,
            last_time=time,
        )

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


def _status(flow: Flow, record: TriggerRecord) -> TriggerStatus:
    rests = not flow.published or flow.state is FlowState.SUSPENDED
    asked = record.registration
    return TriggerStatus(
        flow=flow.name,
        kind=record.kind,
        state=TriggerState.RESTING if rests else record.state,
        state_description=record.description,
        cursor="" if record.kind == "event" else record.cursor,
        next_time=None if rests else record.next_time,
        last_time=record.last_time,
        last_run=record.last_run,
        last_error=record.last_error,
        location=asked.location if asked else "",
        lost=record.lost,
    )


def _mismatch(flow: Flow, version: FlowVersion | None, lacks: str) -> TriggerMismatch:
    kind = KINDS[type(version.definition.trigger)] if version else "manual"
    return TriggerMismatch(
        f"the trigger of `{flow.name}` is `{kind}`, which has {lacks}", details=_about(flow)
    )


def _about(flow: Flow) -> Details:
    return Details(resource=Resource(type=TYPE, name=str(flow.name)))
