"""Priorities: which calls are refused first while there are too many."""

import re
from enum import IntEnum

FIELD = "priority"
"""The metadata key and the header field that say it (RFC 9218 section 4)."""

URGENCY = re.compile(r"(?:^|[,\s])u=([0-7])(?=$|[,;\s])")


class Priority(IntEnum):
    """What a caller says of a call's urgency; the least is refused first."""

    BATCH = 0
    """Nobody waits for it: `u=4` to `u=7`."""
    NORMAL = 1
    """`u=2`, `u=3`, or not said."""
    CRITICAL = 2
    """Somebody is harmed if it fails: `u=0`, `u=1`."""


BY_URGENCY = (
    *(Priority.CRITICAL,) * 2,
    *(Priority.NORMAL,) * 2,
    *(Priority.BATCH,) * 4,
)


def priority_of(field: str) -> Priority:
    """The priority that the field says; what cannot be read says nothing (RFC 9218 section 4)."""
    said = URGENCY.search(field)
    return BY_URGENCY[int(said[1])] if said else Priority.NORMAL
