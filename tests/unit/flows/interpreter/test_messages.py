"""Messages of a step: what they stand for, and what they must not hide (H-5, H-9)."""

import pytest

from facade.flows.interpreter.ports import Answered
from facade.flows.interpreter.retrying import judged
from facade.model.definition import Statuses
from facade.model.run import RunError

WORDS = Statuses(messages={404: "None there."}, default="The shop did not answer well.")


@pytest.mark.parametrize(
    ("reason", "status", "said"),
    [
        ("BACKEND_NOT_FOUND", 404, "None there."),
        ("BACKEND_ERROR", 500, "The shop did not answer well."),
        ("BACKEND_TIMEOUT", 0, "The shop did not answer well."),
        ("INVALID_PARAMETERS", 0, "/labels: must be array"),
        ("EGRESS_DENIED", 0, "/labels: must be array"),
    ],
)
def test_the_default_message_speaks_of_the_backend_and_hides_no_fault_of_ours(
    reason: str, status: int, said: str
) -> None:
    error = RunError(reason=reason, message="/labels: must be array", status=status)
    made = judged(Answered(status=status, error=error), WORDS)
    assert made.error is not None
    assert made.error.message == said
