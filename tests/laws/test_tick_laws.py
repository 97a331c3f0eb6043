"""Laws of ticks: what is due and what is next are one sequence, whatever a zone's clock does."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facade.model.definition import Schedule
from facade.triggers.ticks import due, next_tick

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)

CHANGES = (
    ("Africa/Casablanca", "2026-02-15T02:00"),  # an hour back for Ramadan …
    ("Africa/Casablanca", "2026-03-22T02:00"),  # … and forth behind it
    ("America/Caracas", "2007-12-09T07:00"),  # half an hour back, for good
    ("America/Caracas", "2016-05-01T07:00"),  # half an hour forth
    ("Antarctica/Troll", "2026-03-29T01:00"),  # two hours
    ("Antarctica/Troll", "2026-10-25T01:00"),
    ("Asia/Kathmandu", "2026-03-29T01:00"),  # never
    ("Asia/Manila", "1990-07-28T16:00"),
    ("Asia/Pyongyang", "2015-08-14T15:00"),  # half an hour back, at midnight
    ("Asia/Pyongyang", "2018-05-04T15:00"),
    ("Australia/Lord_Howe", "2026-04-04T15:00"),  # half an hour
    ("Australia/Lord_Howe", "2026-10-03T15:30"),
    ("Europe/Berlin", "2026-03-29T01:00"),
    ("Europe/Berlin", "2026-10-25T01:00"),
    ("Pacific/Apia", "2011-12-30T10:00"),  # a day that never was
    ("Pacific/Kwajalein", "1993-08-20T12:00"),  # and another
)
"""Zones, and the moments at which their clocks were changed."""

MINUTES = ("*", "*/2", "*/7", "*/30", "0", "30", "0,30", "15-45/10")
HOURS = ("*", "*/2", "*/5", "0", "2", "1-3", "0,23")
DAYS = ("*", "30", "*/2")


def fits(cron: str, shown: datetime) -> bool:
    """Whether a clock's time fits, written anew, so that it can be compared."""
    minute, hour, day, *_ = cron.split()
    here = ((minute, shown.minute, 0, 59), (hour, shown.hour, 0, 23), (day, shown.day, 1, 31))
    return all(value in listed(each, low, high) for each, value, low, high in here)


def listed(part: str, low: int, high: int) -> set[int]:
    found: set[int] = set()
    for each in part.split(","):
        span, _, step = each.partition("/")
        first, _, last = (f"{low}-{high}" if span == "*" else span).partition("-")
        found |= set(range(int(first), int(last or first) + 1, int(step or 1)))
    return found


def by_the_minute(schedule: Schedule, begin: datetime, end: datetime) -> list[datetime]:
    """The ticks behind one moment and up to another, by watching the clock for two days before."""
    zone, cron = ZoneInfo(schedule.time_zone), schedule.cron
    passing = "*" in {each[0] for each in cron.split()[:2]}
    now, found = begin.replace(second=0) - 2 * DAY, []
    most = now.astimezone(zone).replace(tzinfo=None)
    while (now := now + MINUTE) <= end:
        shown = now.astimezone(zone).replace(tzinfo=None)
        new = (shown - most) // MINUTE
        seen = [shown] if passing else [most + (at + 1) * MINUTE for at in range(new)]
        most = max(most, shown)
        if now > begin and any(fits(cron, each) for each in seen):
            found.append(now)
    return found


def walked(schedule: Schedule, begin: datetime, end: datetime) -> list[datetime]:
    """The ticks, each the next one behind the last."""
    found, tick = [], next_tick(schedule, begin)
    while tick is not None and tick <= end:
        found.append(tick)
        tick = next_tick(schedule, tick)
    return found


@given(
    st.sampled_from(CHANGES),
    st.tuples(st.sampled_from(MINUTES), st.sampled_from(HOURS), st.sampled_from(DAYS)),
    st.integers(-26 * 3600, 4 * 3600),
    st.integers(0, 26 * 3600),
)
def test_o08_what_is_due_what_is_next_and_what_the_clock_shows_are_one(
    change: tuple[str, str], parts: tuple[str, str, str], before: int, length: int
) -> None:
    zone, moment = change
    schedule = Schedule(cron=" ".join((*parts, "*", "*")), time_zone=zone)
    begin = datetime.fromisoformat(moment).replace(tzinfo=UTC) + timedelta(seconds=before)
    end = begin + timedelta(seconds=length)
    ticks = by_the_minute(schedule, begin, end)
    assert walked(schedule, begin, end) == ticks
    assert due(schedule, begin, end) == ticks[-100:]


@pytest.mark.parametrize("cron", ["0,30 30 2 * * *", "*/20 */10 2 * * *", "5 30 2 * * *"])
@pytest.mark.parametrize(("zone", "moment"), CHANGES)
def test_o08_seconds_are_no_exception(zone: str, moment: str, cron: str) -> None:
    schedule = Schedule(cron=cron, time_zone=zone)
    begin = datetime.fromisoformat(moment).replace(tzinfo=UTC) - DAY
    ticks = walked(schedule, begin, begin + 2 * DAY)
    assert due(schedule, begin, begin + 2 * DAY) == ticks[-100:]
