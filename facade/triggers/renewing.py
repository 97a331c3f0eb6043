"""Renewing: what becomes of a trigger's record when its flow changes; pure."""

from msgspec import structs

from facade.model.definition import Schedule
from facade.model.flow import Flow, FlowState, FlowVersion
from facade.model.trigger import TriggerRecord, TriggerState
from facade.triggers.ports import KINDS
from facade.triggers.starting import rfc3339


def renewed(flow: Flow, version: FlowVersion, record: TriggerRecord | None) -> TriggerRecord | None:
    """The record as the flow wants it now; None where it is so already.

    A schedule begins when its version was published, or its flow resumed: what was due before
    that is nobody's. A poll keeps its state with another version.
    """
    trigger = version.definition.trigger
    kind = KINDS[type(trigger)]
    begin = rfc3339(flow.update_time) if isinstance(trigger, Schedule) else ""
    if record is None:
        return TriggerRecord(
            tenant=flow.name.tenant,
            flow_uid=flow.uid,
            flow=flow.name.flow,
            kind=kind,
            version=version.name.version,
            cursor=begin,
            state=_state(flow),
        )
    rested, rests = record.state is TriggerState.RESTING, flow.state is FlowState.SUSPENDED
    same = record.version == version.name.version and record.kind == kind
    if same and rested == rests:
        return None
    kept = record.cursor if record.kind == kind else ""
    return structs.replace(
        record,
        kind=kind,
        version=version.name.version,
        state=_state(flow),
        description="",
        cursor=begin or kept,
        tag="",
        next_time=None,
        failures=0,
        failing_since=None,
    )


def _state(flow: Flow) -> TriggerState:
    rests = flow.state is FlowState.SUSPENDED
    return TriggerState.RESTING if rests else TriggerState.ACTIVE
