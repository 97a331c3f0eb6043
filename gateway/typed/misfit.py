"""Misfit: JSON of an answer that its message cannot say."""

from facade.errors.backend import BackendBadResponse
from facade.errors.fault import Details, Violation
from facade.transcode.arguments import pointer

REMEDY = "call ExecuteAction, which gives the answer as it is"
SHOWN = 500
"""Characters of a pointer that are shown."""


class Misfit(Exception):
    """What is wrong with one value; whoever holds the value says where it was."""

    def __init__(self, description: str) -> None:
        """Takes the words that follow the place."""
        super().__init__(description)
        self.description = description
        self.path: list[str | int] = []
        """Names and indexes, the innermost first."""


def bad_answer(misfit: Misfit) -> BackendBadResponse:
    """The fault that says where the answer does not fit, and what the caller can do."""
    place = pointer(tuple(reversed(misfit.path)))[:SHOWN]
    violation = Violation(field=place, description=f"{misfit.description}; {REMEDY}")
    return BackendBadResponse(
        f"the answer does not fit its message: {place or 'as a whole, it'} "
        f"{misfit.description}; {REMEDY}",
        details=Details(violations=(violation,)),
    )
