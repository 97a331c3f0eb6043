"""Event triggers: events of this gateway start runs, each at least looked at once."""

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from datetime import datetime
from typing import Any, Final, TypeAlias

from msgspec import structs

from facade.errors.caller import InvalidRequest
from facade.errors.events import EventsExpired
from facade.errors.fault import Fault
from facade.expressions.exact_json import read_json
from facade.model.definition import OnEvent
from facade.model.event import Event
from facade.model.flow import Flow, FlowVersion
from facade.model.flow_names import parse_run
from facade.model.run import TriggerKind
from facade.model.trigger import TriggerRecord
from facade.triggers.failures import failed, told, well
from facade.triggers.ports import EventLog, Starter
from facade.triggers.starting import rfc3339, start

HEARTBEAT: Final = 300.0
"""Seconds after which it is kept how far a flow has come that no event fits."""

Put: TypeAlias = Callable[[TriggerRecord], Awaitable[TriggerRecord]]
"""Keeps a record, and gives it as it is kept; raises where another process follows now."""


class EventTriggers:
    """Follows the events of tenants for flows."""

    def __init__(self, events: EventLog, runs: Starter, now: Callable[[], datetime]) -> None:
        """Takes what happens, what starts runs, and the time."""
        self._events = events
        self._runs = runs
        self._now = now

    async def follow(
        self, flow: Flow, version: FlowVersion, record: TriggerRecord, put: Put
    ) -> None:
        """Starts runs for as long as it goes on; what fails is kept, to be tried again later.

        Where the events behind the cursor are no longer kept, or the flow asks for others now, it
        begins with those that happen from now on, and tells that.
        """
        trigger = version.definition.trigger
        assert isinstance(trigger, OnEvent)  # noqa: S101 - the record's kind says so
        filter_ = trigger.filter.text if trigger.filter else ""
        record = structs.replace(record, next_time=None)
        try:
            told_ = self._events.follow(
                flow.name.tenant, trigger.types, filter_, record.cursor, HEARTBEAT
            )
            async with aclosing(told_) as each:
                async for event, token in each:
                    if event is not None:
                        record = await self._started(flow, version, record, event)
                    record = await put(structs.replace(well(record), cursor=token))
        except (EventsExpired, InvalidRequest) as fault:
            anew = structs.replace(failed(record, fault, self._now()), cursor="")
            await put(structs.replace(anew, next_time=self._now()))
        except Fault as fault:
            await put(failed(record, fault, self._now()))

    async def _started(
        self, flow: Flow, version: FlowVersion, record: TriggerRecord, event: Event
    ) -> TriggerRecord:
        """The record with the run that an event has started; raises what may be gone later.

        What a flow's own runs tell does not start it again, nor does a chain of others without end.
        """
        if event.source == str(flow.name) or event.source.startswith(f"{flow.name}/"):
            return record
        cause, told_by = (flow, version, TriggerKind.EVENT), told_by_run(event)
        more = {"event": shown(event)}
        try:
            run = await start(self._runs, cause, event.id, event.time, more, told_by=told_by)
        except Fault as fault:
            if fault.retryable:
                raise
            return structs.replace(record, last_error=told(fault))
        return structs.replace(record, last_run=str(run.name), last_time=self._now())


def told_by_run(event: Event) -> str:
    """The name of the run that an event is from; empty where it is from none."""
    try:
        return str(parse_run(event.source, "source", event.tenant))
    except InvalidRequest:
        return ""


def shown(event: Event) -> dict[str, Any]:
    """An event as a flow sees it."""
    return {
        "id": event.id,
        "type": event.type,
        "source": event.source,
        "time": rfc3339(event.time),
        "data": read_json(event.data),
    }
