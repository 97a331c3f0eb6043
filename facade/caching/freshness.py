"""How old an answer is, and for how long it is fresh (RFC 9111 section 4.2)."""

import re
from collections.abc import Callable

import msgspec

from facade.caching.dates import parse_date
from facade.caching.directives import LONGEST, Directives
from facade.model.said import Fields

HEURISTIC_PART = 0.1
LONGEST_HEURISTIC = 86400.0
"""Seconds for which nothing is fresh that nobody said to be fresh (section 4.2.2)."""

_AGE = re.compile(r"[0-9]+")


class Times(msgspec.Struct, frozen=True, gc=False):
    """When a request went out and its answer came in: seconds since the epoch."""

    requested: float
    received: float


class Lifetime(msgspec.Struct, frozen=True, gc=False):
    """For how long an answer is fresh."""

    seconds: float = 0.0
    counted: Callable[[Fields, float], float | None] | None = None
    """By which the answer's own dates tell the seconds, of its fields and when it came in."""

    def of(self, fields: Fields, received: float) -> float:
        """The seconds for an answer with these fields."""
        return self.seconds if self.counted is None else self.counted(fields, received) or 0.0


def date_of(fields: Fields, received: float) -> float:
    """When the answer was made, by the backend's clock; when it came in where it does not say."""
    date = parse_date(fields.get("date", ""), received)
    return received if date is None else date


def made_at(fields: Fields, times: Times) -> float:
    """When the answer was made, by this clock: its age is counted from then (section 4.2.3).

    An Age that is not one number is taken for an endless one (section 5.1 has it ignored, which
    would take an old answer for a new one).
    """
    apparent = max(0.0, times.received - date_of(fields, times.received))
    said = fields.get("age")
    value = 0.0
    if said is not None:
        value = min(float(said), LONGEST) if _AGE.fullmatch(said) else LONGEST
    return times.received - max(apparent, value + max(0.0, times.received - times.requested))


def explicit_lifetime(fields: Fields, directives: Directives, *, targeted: bool) -> Lifetime | None:
    """For how long the backend says that the answer is fresh; None where it does not say."""
    for name in ("s-maxage", "max-age"):
        seconds = directives.seconds(name)
        if seconds is not None:
            return Lifetime(seconds)
    return None if targeted or "expires" not in fields else Lifetime(counted=_until_expiry)


def _until_expiry(fields: Fields, received: float) -> float:
    expires = parse_date(fields["expires"], received)
    return 0.0 if expires is None else max(0.0, expires - date_of(fields, received))


def heuristic_lifetime(fields: Fields, received: float) -> float | None:
    """A tenth of what the answer's age was at its making; None where that is not known."""
    modified = parse_date(fields.get("last-modified", ""), received)
    if modified is None:
        return None
    unchanged = max(0.0, date_of(fields, received) - modified)
    return min(unchanged * HEURISTIC_PART, LONGEST_HEURISTIC)
