"""Failures: what a trigger that fails is said to be, and when it is tried again."""

from datetime import datetime, timedelta
from typing import Final

from msgspec import structs

from facade.errors.fault import Fault
from facade.model.trigger import TriggerRecord, TriggerState

SHORTEST: Final = 5.0
"""Seconds before the first new try; doubled each time …"""
LONGEST: Final = 900.0
"""… and never longer, but for what a backend asks for, or a poll's own pace."""
FARTHEST: Final = 86_400.0
"""Seconds that a backend may ask for."""


def told(fault: Fault) -> str:
    """A fault in one line: `BACKEND_TIMEOUT: …`."""
    return f"{fault.reason}: {fault.message}"[:1000]


def failed(
    record: TriggerRecord, fault: Fault | str, now: datetime, least: float = SHORTEST
) -> TriggerRecord:
    """The record of a trigger that has failed now; it is due again later.

    `least`: seconds before the first new try.
    """
    text = told(fault) if isinstance(fault, Fault) else fault
    asked = fault.details.retry_after if isinstance(fault, Fault) else None
    pause = max(min(least * 2 ** min(record.failures, 20), LONGEST), least)
    pause = max(pause, min(asked or 0.0, FARTHEST))
    return structs.replace(
        record,
        state=TriggerState.ERROR,
        description=text,
        last_error=text,
        failures=record.failures + 1,
        failing_since=record.failing_since or now,
        next_time=now + timedelta(seconds=pause),
    )


def well(record: TriggerRecord) -> TriggerRecord:
    """The record of a trigger that works; its last error is still told."""
    return structs.replace(
        record, state=TriggerState.ACTIVE, description="", failures=0, failing_since=None
    )
