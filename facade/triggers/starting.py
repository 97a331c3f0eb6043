"""Starting: a run begins, once for what started it."""

from datetime import UTC, datetime
from typing import Any, Final

from facade.model.access import ANYONE, Identity
from facade.model.flow import Flow, FlowVersion
from facade.model.run import Run, TriggerKind
from facade.triggers.ports import Starter

NO_INPUT: Final = "{}"
"""What a run begins with that nobody gave an input: an object without members."""


async def start(  # noqa: PLR0913 - a start has so many sides
    runs: Starter,
    cause: tuple[Flow, FlowVersion, TriggerKind],
    trigger_id: str,
    time: datetime,
    more: dict[str, Any],
    by: Identity = ANYONE,
    *,
    told_by: str = "",
) -> Run:
    """Starts a run of a flow's version, with `trigger` being the kind, id and time, and `more`.

    `told_by` is the run that published the event, where one did. Raises what `Runs.start` does.
    A repeat with the same id answers the run that is there.
    """
    flow, version, kind = cause
    values = {"kind": kind.value, "id": trigger_id, "time": rfc3339(time), **more}
    return await runs.start(
        flow,
        version,
        NO_INPUT,
        trigger=kind,
        trigger_id=trigger_id,
        values=values,
        by=by,
        told_by=told_by,
    )


def rfc3339(moment: datetime) -> str:
    """A moment in UTC: `2026-11-23T06:30:00Z`."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def moment_of(text: str) -> datetime | None:
    """The moment that such a text is; None for an empty one."""
    return datetime.fromisoformat(text) if text else None
