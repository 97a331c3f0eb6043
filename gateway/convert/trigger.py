"""Triggers, as messages."""

from facade.model.trigger import TriggerStatus
from gateway.convert.version import timestamp
from gateway.v1 import trigger_pb2 as pb


def trigger_to(status: TriggerStatus) -> pb.Trigger:
    """What is told of a flow's trigger."""
    message = pb.Trigger(
        name=f"{status.flow}/trigger",
        kind=status.kind,
        state=pb.Trigger.State.Value(f"STATE_{status.state.value}"),
        state_description=status.state_description,
        url=status.url,
        secret_count=len(status.secret_end_times),
        cursor=status.cursor,
        last_run=status.last_run,
        last_error=status.last_error,
        location=status.location,
        lost_registrations=status.lost,
    )
    for name in ("old_secrets_expire_time", "next_time", "last_time"):
        moment = getattr(status, name)
        if moment is not None:
            getattr(message, name).CopyFrom(timestamp(moment))
    return message
