"""HTTP dates, in the three forms that have been in use (RFC 9110 section 5.6.7)."""

import re
from datetime import UTC, datetime
from email.utils import formatdate
from functools import lru_cache

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_TIME = r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)"
_FIXED, _RFC850, _ASCTIME = (
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"[a-z]{{3}}, (?P<day>\d\d) (?P<month>[a-z]{{3}}) (?P<year>\d{{4}}) {_TIME} GMT",
        rf"[a-z]{{6,9}}, (?P<day>\d\d)-(?P<month>[a-z]{{3}})-(?P<year>\d\d) {_TIME} GMT",
        rf"[a-z]{{3}} (?P<month>[a-z]{{3}}) (?P<day>[ \d]\d) {_TIME} (?P<year>\d{{4}})",
    )
)


def parse_date(text: str, now: float) -> float | None:
    """Reads a date as seconds since the epoch; None where it is none of the three forms.

    A year of two digits that would be more than 50 years after `now` is one of the last century.
    """
    match = _FIXED.fullmatch(text) or _RFC850.fullmatch(text) or _ASCTIME.fullmatch(text)
    if match is None or match["month"].lower() not in _MONTHS:
        return None
    month = _MONTHS.index(match["month"].lower()) + 1
    year, day = int(match["year"]), int(match["day"])
    hour, minute, second = int(match["hour"]), int(match["minute"]), int(match["second"])
    if len(match["year"]) == 2:
        this = datetime.fromtimestamp(now, UTC).year
        year += this - this % 100
        year -= 100 if year > this + 50 else 0
    try:
        whole = datetime(year, month, day, hour, minute, tzinfo=UTC).timestamp()
    except ValueError:
        return None
    return whole + second if second <= 60 else None


def format_date(seconds: float) -> str:
    """Writes a date in the form that is to be written."""
    return _written(int(seconds))


@lru_cache(1)
def _written(seconds: int) -> str:
    return formatdate(seconds, usegmt=True)
