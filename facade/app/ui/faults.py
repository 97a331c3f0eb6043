"""What a reason stands for: its cause and its remedy, from the table of all errors."""

from collections.abc import Mapping

from facade.errors.kinds import KINDS


def explained(reason: str) -> Mapping[str, str] | None:
    """The cause and the remedy of a reason; None for one that this release does not know."""
    kind = KINDS.get(reason)
    if kind is None:
        return None
    return {"reason": reason, "cause": kind.cause, "remedy": kind.remedy}
