"""Result: what one step, one try or one item has come to; plain JSON, so that it can be kept."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import msgspec

from facade.errors.fault import Fault
from facade.model.run import RunError, StepState

CUT: Final = 64 * 1024
"""Characters of a step's output that are shown."""


class Result(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What something has come to."""

    state: StepState = StepState.SUCCEEDED
    output: Any = None
    status: int = 0
    headers: Mapping[str, str] = {}
    error: RunError | None = None
    reason: str = ""
    skipped: tuple[str, ...] = ()
    """Fields that lacked their value."""
    pause: float | None = None
    """Seconds before another try, where one is allowed and may mend it."""
    child: str = ""
    items: int = 0
    failed_items: int = 0

    @property
    def failed(self) -> bool:
        """Whether it has failed."""
        return self.state is StepState.FAILED

    def told(self) -> dict[str, Any]:
        """What expressions see of it, below `steps`."""
        seen: dict[str, Any] = {
            "state": self.state.value,
            "output": self.output,
            "status": self.status,
            "headers": dict(self.headers),
        }
        if self.error is not None:
            error = self.error
            seen["error"] = {
                "reason": error.reason,
                "message": error.message,
                "code": error.code,
                "status": error.status,
            }
        return seen


def failed(fault: Fault) -> Result:
    """What a fault comes to."""
    return Result(state=StepState.FAILED, error=error_of(fault))


def skipped(reason: str) -> Result:
    """What is not done comes to nothing."""
    return Result(state=StepState.SKIPPED, reason=reason)


def error_of(fault: Fault) -> RunError:
    """What is kept of a fault: its reason leads to cause and remedy."""
    return RunError(
        reason=fault.reason,
        message=fault.message,
        code=int(fault.status),
        status=status_of(fault),
        outcome=fault.effect.value,
    )


def status_of(fault: Fault) -> int:
    """The backend's status that a fault tells of; 0: none."""
    text = fault.details.facts.get("httpStatus", "")
    return int(text) if text.isdigit() else 0


def phrase_of(status: int) -> str:
    """The reason phrase of a status (RFC 9110 section 15)."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"HTTP status {status}"
