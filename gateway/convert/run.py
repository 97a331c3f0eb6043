"""Runs, their steps and what flows save, as messages."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from google.protobuf.timestamp_pb2 import Timestamp

from facade.errors.kinds import advice
from facade.model.flow import FlowVersionName
from facade.model.run import (
    FlowRecord,
    Run,
    RunError,
    RunName,
    RunState,
    StepRun,
    StepState,
    TriggerKind,
)
from gateway.convert.version import timestamp
from gateway.v1 import run_pb2 as pb

STATES: Mapping[RunState, "pb.Run.State.ValueType"] = MappingProxyType(
    {each: pb.Run.State.Value(f"STATE_{each.name}") for each in RunState}
)
TRIGGERS: Mapping[TriggerKind, "pb.Run.Trigger.ValueType"] = MappingProxyType(
    {each: pb.Run.Trigger.Value(f"TRIGGER_{each.name}") for each in TriggerKind}
)
STEP_STATES: Mapping[StepState, "pb.StepRun.State.ValueType"] = MappingProxyType(
    {each: pb.StepRun.State.Value(f"STATE_{each.name}") for each in StepState}
)


def run_to(run: Run) -> pb.Run:
    """A run, with its steps where it has them."""
    name = run.name
    version = FlowVersionName(name.flow, run.version, name.tenant) if run.version else ""
    return pb.Run(
        name=str(name),
        version=str(version),
        state=STATES[run.state],
        trigger=TRIGGERS[run.trigger],
        trigger_id=run.trigger_id,
        started_by=run.started_by,
        input=run.input,
        output=run.output,
        error=error_to(run.error),
        parent=run.parent,
        depth=run.depth,
        replay_of=run.replay_of,
        trace_id=run.trace_id,
        create_time=timestamp(run.create_time),
        start_time=_moment(run.start_time),
        end_time=_moment(run.end_time),
        steps=[step_to(each) for each in run.steps],
    )


def listed_run_to(run: Run) -> pb.Run:
    """A run as lists have it: without its steps."""
    message = run_to(run)
    message.ClearField("steps")
    return message


def step_to(step: StepRun) -> pb.StepRun:
    """A step of a run."""
    return pb.StepRun(
        id=step.id,
        state=STEP_STATES[step.state],
        attempts=step.attempts,
        start_time=timestamp(step.start_time),
        end_time=_moment(step.end_time),
        status=step.status,
        output=step.output,
        error=error_to(step.error),
        reason=step.reason,
        skipped_fields=step.skipped_fields,
        items=step.items,
        failed_items=step.failed_items,
        child=step.child,
        trace_id=step.trace_id,
    )


def error_to(error: RunError | None) -> pb.RunError | None:
    """Why something failed, with cause and remedy of the one table of errors (I-5)."""
    if error is None:
        return None
    cause, remedy = advice(error.reason)
    return pb.RunError(
        reason=error.reason,
        message=error.message,
        code=error.code,
        status=error.status,
        outcome=error.outcome,
        cause=cause,
        remedy=remedy,
    )


def record_to(record: FlowRecord) -> pb.FlowRecord:
    """What was saved under a key."""
    return pb.FlowRecord(
        key=record.key,
        value=record.value,
        run=str(RunName(record.flow.flow, record.run)),
        update_time=timestamp(record.update_time),
    )


def _moment(moment: datetime | None) -> Timestamp | None:
    return None if moment is None else timestamp(moment)
