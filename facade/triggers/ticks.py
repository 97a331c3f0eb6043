"""Ticks: when a schedule is due, in its time zone, also in the nights when clocks are changed.

As Debian's cron has it: what is due at a fixed time that is left out runs once behind the gap, and
what is due at one that comes twice runs the first time. What is due every so often (`*` in front
of seconds, minutes or hours) goes by the time that passes.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Final
from zoneinfo import ZoneInfo

from cronsim import CronSim

from facade.model.definition import CatchUp, Schedule

MOST: Final = 100
"""Ticks that are caught up at most (fault O08): the latest of those that were missed."""

GRACE: Final = timedelta(seconds=30)
"""A tick that is no later than this was not missed: another process takes over in 16 s."""

SECOND: Final = timedelta(seconds=1)
DAY: Final = timedelta(days=1)
LONGEST: Final = timedelta(days=50 * 366)
"""What is not due for so long never is."""


def next_tick(schedule: Schedule, after: datetime) -> datetime | None:
    """The first tick behind a moment, in UTC; None where there is none for 50 years."""
    return next(_ticks(schedule, after.replace(microsecond=0) + SECOND), None)


def due(schedule: Schedule, after: datetime, now: datetime) -> list[datetime]:
    """The ticks behind one moment and up to another, the oldest first; the last 100 of them."""
    found: list[datetime] = []
    for tick in takewhile(lambda tick: tick > after, _ticks(schedule, now, reverse=True)):
        found.append(tick)
        if len(found) == MOST:
            break
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
    """The ticks from a moment on, itself included, forwards or backwards, in UTC."""
    zone = ZoneInfo(schedule.time_zone)
    whole = begin.astimezone(UTC).replace(microsecond=0)
    times = schedule.cron.split()[:-3]
    passing = any(each.startswith("*") for each in times)
    return (_passing if passing else _fixed)(schedule.cron, zone, whole, reverse=reverse)


def _passing(cron: str, zone: ZoneInfo, begin: datetime, *, reverse: bool) -> Iterator[datetime]:
    """All moments at which the clock shows what fits."""
    at: datetime | None = begin
    while at is not None and abs(at - begin) < LONGEST:
        offset, change = _offset(zone, at), None
        for shown in _shown(cron, _wall(zone, at), reverse=reverse):
            tick = shown.replace(tzinfo=UTC) - offset
            change = _change(zone, at, tick)
            if change is not None:
                break
            yield tick
            at = tick
        at = change


def _fixed(cron: str, zone: ZoneInfo, begin: datetime, *, reverse: bool) -> Iterator[datetime]:
    """The first moment, of each time that fits, at which the clock shows it or has left it out."""
    local = begin.astimezone(zone)
    start = min(_wall(zone, begin), _wall(zone, begin - SECOND) + SECOND)
    if reverse:  # what the clock shows a second time it has shown, with all that is behind
        again = local.replace(fold=0).utcoffset() or timedelta()
        start = local.replace(tzinfo=None) + again - _offset(zone, begin)
    last: datetime | None = None
    for shown in _shown(cron, start, reverse=reverse):
        tick = _first(zone, shown)
        if tick != last and (tick <= begin if reverse else tick >= begin):
            yield tick
        last = tick


def _shown(cron: str, start: datetime, *, reverse: bool) -> Iterator[datetime]:
    """What fits of the times that a clock could show, the first one included."""
    return CronSim(cron, start + SECOND if reverse else start - SECOND, reverse=reverse)


def _first(zone: ZoneInfo, shown: datetime) -> datetime:
    """When the clock shows a time first, or the end of the gap where it is left out."""
    moment = shown.replace(tzinfo=zone).astimezone(UTC)
    if _wall(zone, moment) == shown:
        return moment
    before = shown.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return _change(zone, before, moment) or moment


def _change(zone: ZoneInfo, begin: datetime, end: datetime) -> datetime | None:
    """The first moment behind the next change of the clock between two; None: there is none.

    Where the end comes before the begin, it is the last moment before the change.
    """
    offset, step = _offset(zone, begin), DAY if end > begin else -DAY
    near = begin
    while _offset(zone, near) == offset:
        if near == end:
            return None
        begin, near = near, near + step if abs(end - near) > DAY else end
    while abs(near - begin) > SECOND:
        middle = begin + timedelta(seconds=(near - begin) // SECOND // 2)
        if _offset(zone, middle) == offset:
            begin = middle
        else:
            near = middle
    return near


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()


def _wall(zone: ZoneInfo, moment: datetime) -> datetime:
    """What the clock shows."""
    return moment.astimezone(zone).replace(tzinfo=None)
