"""Retry-After: when a backend wants to be asked again."""

import re
import time
from collections.abc import Callable
from datetime import UTC
from email.utils import parsedate_to_datetime

from facade.model.call import Reply

LONGEST_WAIT = 300.0
"""Seconds that are believed."""

SECONDS = re.compile(r"[+-]?\d{1,99}(\.\d{1,99})?")


def retry_after_of(reply: Reply, now: Callable[[], float] = time.time) -> float | None:
    """Gives the seconds of Retry-After, 0 to 300; None where it is absent or unreadable."""
    return seconds_of(reply.header("retry-after") or "", LONGEST_WAIT, now)


def seconds_of(said: str, most: float, now: Callable[[], float] = time.time) -> float | None:
    """Gives the seconds that a field says, 0 to `most` (RFC 9110 section 10.2.3)."""
    said = said.strip()
    if SECONDS.fullmatch(said):
        seconds = float(said)
    else:
        try:
            date = parsedate_to_datetime(said[:64])
            seconds = (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - now()
        except (TypeError, ValueError, OverflowError):
            return None
    return min(max(seconds, 0.0), most)
