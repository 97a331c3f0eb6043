"""Ticks: when a schedule is due, in its time zone, also in the nights when clocks are changed.

As Debian's cron has it: what is due at a fixed time that is left out runs once behind the gap, and
what is due at one that comes twice runs the first time. What is due every so often (`*` in minutes
or hours) goes by the time that passes.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import dropwhile
from typing import Final
from zoneinfo import ZoneInfo

from cronsim import CronSim

from facade.model.definition import CatchUp, Schedule

MOST: Final = 100
"""Ticks that are caught up at most (fault O08): the latest of those that were missed."""

GRACE: Final = timedelta(seconds=30)
"""A tick that is no later than this was not missed: another process takes over in 16 s."""


def next_tick(schedule: Schedule, after: datetime) -> datetime | None:
    """The first tick behind a moment, in UTC; None where there is none for 50 years."""
    return next(dropwhile(lambda tick: tick <= after, _ticks(schedule, after)), None)


def due(schedule: Schedule, after: datetime, now: datetime) -> list[datetime]:
    """The ticks behind one moment and up to another, the oldest first; the last 100 of them."""
    found: list[datetime] = []
    begin = now.replace(microsecond=0) + timedelta(seconds=1)
    if begin.astimezone(ZoneInfo(schedule.time_zone)).fold:
        begin += timedelta(hours=1)  # what the clock shows again was due when it showed it first
    for tick in _ticks(schedule, begin, reverse=True):
        if tick <= after or len(found) == MOST:
            break
        if tick <= now and tick not in found[-1:]:  # two in one gap are one behind it
            found.append(tick)
    return found[::-1]


def chosen(ticks: Sequence[datetime], catch_up: CatchUp, now: datetime) -> Sequence[datetime]:
    """Those of the ticks that are due for which there is a run."""
    in_time = [tick for tick in ticks if now - tick <= GRACE]
    if catch_up is CatchUp.ALL:
        return ticks
    if catch_up is CatchUp.LAST and not in_time:
        return ticks[-1:]
    return in_time


def _ticks(schedule: Schedule, begin: datetime, *, reverse: bool = False) -> Iterator[datetime]:
    """The ticks from a moment on, forwards or backwards, in UTC.

    A fixed second in front is put aside: with five fields the clock's changes are seen to.
    """
    cron, zone = schedule.cron, ZoneInfo(schedule.time_zone)
    seconds, _, minutes = cron.partition(" ")
    offset = timedelta()
    if len(cron.split()) == 6 and seconds.isdecimal():
        cron, offset = minutes, timedelta(seconds=int(seconds))
    start = (begin.astimezone(UTC) - offset).astimezone(zone)
    for tick in CronSim(cron, start, reverse=reverse):
        yield tick.astimezone(UTC) + offset
