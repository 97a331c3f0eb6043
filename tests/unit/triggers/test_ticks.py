"""O08: ticks of schedules, also in the nights when clocks are changed."""

from datetime import UTC, datetime, timedelta

import pytest

from facade.model.definition import CatchUp, Schedule
from facade.triggers.ticks import MOST, chosen, due, next_tick

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def berlin(cron: str) -> Schedule:
    return Schedule(cron=cron, time_zone="Europe/Berlin")


def told(schedule: Schedule, begin: str, end: str) -> list[str]:
    """The ticks of a stretch of time, as a scheduler that looks each minute finds them."""
    now, last = datetime.fromisoformat(begin), datetime.fromisoformat(end)
    cursor, found = now, []
    while now <= last:
        ticks = due(schedule, cursor, now)
        found += ticks
        cursor = ticks[-1] if ticks else cursor
        now += timedelta(minutes=1)
    return [each.strftime("%d %H:%M") for each in found]


@pytest.mark.parametrize("cron", ["30 2 * * *", "0 30 2 * * *"])
def test_o08_a_tick_in_the_gap_runs_once_behind_it(cron: str) -> None:
    """2026-03-29 in Berlin: 02:00 is 03:00, which is 01:00 in UTC."""
    ticks = told(berlin(cron), "2026-03-28T00:00:00+00:00", "2026-03-31T00:00:00+00:00")
    assert ticks == ["28 01:30", "29 01:00", "30 00:30"]


def test_o08_several_ticks_in_the_gap_are_one_behind_it() -> None:
    ticks = told(berlin("0,30 2 * * *"), "2026-03-29T00:00:00+00:00", "2026-03-29T12:00:00+00:00")
    assert ticks == ["29 01:00"]


@pytest.mark.parametrize("cron", ["30 2 * * *", "0 30 2 * * *"])
def test_o08_a_tick_that_comes_twice_runs_once(cron: str) -> None:
    """2026-10-25 in Berlin: 03:00 is 02:00 again, which is 01:00 in UTC."""
    ticks = told(berlin(cron), "2026-10-24T12:00:00+00:00", "2026-10-26T12:00:00+00:00")
    assert ticks == ["25 00:30", "26 01:30"]


def test_o08_a_tick_missed_before_the_clock_is_set_back_is_found_in_the_hour_behind() -> None:
    before = datetime(2026, 10, 25, 0, 20, tzinfo=UTC)
    again = datetime(2026, 10, 25, 1, 10, tzinfo=UTC)
    assert due(berlin("30 2 * * *"), before, again) == [before + timedelta(minutes=10)]


def test_o08_what_is_due_every_so_often_goes_by_the_time_that_passes() -> None:
    for day in ("2026-03-29", "2026-10-25"):
        begin = f"{day}T00:00:00+00:00"
        ticks = told(berlin("*/30 * * * *"), begin, f"{day}T03:00:00+00:00")
        assert len(ticks) == 6


def test_o08_half_an_hour_that_comes_twice_has_its_ticks_twice() -> None:
    """2026-04-05 on Lord Howe Island: 02:00 is 01:30 again, which is 15:00 in UTC."""
    schedule = Schedule(cron="*/10 */2 * * *", time_zone="Australia/Lord_Howe")
    begin = datetime(2026, 4, 4, 13, 30, tzinfo=UTC)
    ticks = due(schedule, begin, begin + timedelta(hours=2, minutes=30))
    told = [each.strftime("%H:%M") for each in ticks]
    assert told == ["13:40", "13:50", "15:30", "15:40", "15:50", "16:00"]
    walked = [next_tick(schedule, each) for each in (begin, *ticks[:-1])]
    assert walked == ticks


def test_the_next_tick_is_never_one_that_was() -> None:
    again = datetime(2026, 10, 25, 1, 10, tzinfo=UTC)
    assert next_tick(berlin("30 2 * * *"), again) == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)


def test_o08_of_ticks_that_were_missed_the_last_hundred_are_found() -> None:
    ticks = due(Schedule(cron="* * * * * *"), NOON - timedelta(days=400), NOON)
    assert len(ticks) == MOST
    assert (ticks[0], ticks[-1]) == (NOON - timedelta(seconds=MOST - 1), NOON)


@pytest.mark.parametrize(
    ("catch_up", "minutes"),
    [(CatchUp.SKIP, []), (CatchUp.LAST, [5]), (CatchUp.ALL, [15, 10, 5])],
)
def test_o08_missed_ticks_are_caught_up_as_the_policy_says(
    catch_up: CatchUp, minutes: list[int]
) -> None:
    ticks = [NOON - timedelta(minutes=each) for each in (15, 10, 5)]
    assert chosen(ticks, catch_up, NOON) == [NOON - timedelta(minutes=each) for each in minutes]


@pytest.mark.parametrize("catch_up", [CatchUp.SKIP, CatchUp.LAST])
def test_a_tick_of_just_now_was_not_missed(catch_up: CatchUp) -> None:
    ticks = [NOON - timedelta(minutes=10), NOON - timedelta(seconds=10)]
    assert chosen(ticks, catch_up, NOON) == ticks[1:]
