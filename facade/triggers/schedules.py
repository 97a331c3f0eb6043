"""Schedules: each tick starts a run, once, whichever process is there (fault O08)."""

from datetime import datetime

from cronsim import CronSimError
from msgspec import structs

from facade.errors.fault import Fault
from facade.model.definition import Schedule
from facade.model.flow import Flow, FlowVersion
from facade.model.run import TriggerKind
from facade.model.trigger import TriggerRecord
from facade.triggers import ticks
from facade.triggers.failures import failed, told, well
from facade.triggers.ports import Starter
from facade.triggers.starting import moment_of, rfc3339, start


class Schedules:
    """Starts what is due by the clock."""

    def __init__(self, runs: Starter) -> None:
        """Takes what starts runs."""
        self._runs = runs

    async def step(
        self, flow: Flow, version: FlowVersion, record: TriggerRecord, now: datetime
    ) -> TriggerRecord:
        """Starts the runs of the ticks that are due; gives the record of how far it has come.

        A run whose start fails for now keeps its tick, and those behind it, for later; one that
        can never start (its input does not fit) is told and passed over.
        """
        schedule = version.definition.trigger
        assert isinstance(schedule, Schedule)  # noqa: S101 - the record's kind says so
        after = moment_of(record.cursor) or flow.update_time
        try:
            due = ticks.due(schedule, after, now)
            last = due[-1] if due else after
            following = ticks.next_tick(schedule, last)
        except (CronSimError, ValueError, OverflowError) as problem:
            return structs.replace(failed(record, f"schedule: {problem}", now), next_time=None)
        record = structs.replace(well(record), cursor=rfc3339(after), next_time=following)
        for tick in ticks.chosen(due, schedule.catch_up, now):
            cause = (flow, version, TriggerKind.SCHEDULE)
            try:
                run = await start(self._runs, cause, rfc3339(tick), tick, {})
            except Fault as fault:
                if fault.retryable:
                    return failed(record, fault, now)
                record = structs.replace(record, last_error=told(fault), cursor=rfc3339(tick))
                continue
            record = structs.replace(
                record, cursor=rfc3339(tick), last_time=tick, last_run=str(run.name)
            )
        return structs.replace(record, cursor=rfc3339(last))
