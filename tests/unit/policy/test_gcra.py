from collections.abc import Iterable

import pytest

from facade.policy.limits.gcra import SECOND, Rate, Verdict, decide

HUNDRED = Rate(calls=100, period=SECOND, burst=20)
THIRD = Rate(calls=3, period=SECOND, burst=2)
DAILY = Rate(calls=7, period=86_400 * SECOND, burst=7)


def admitted(rate: Rate, moments: Iterable[int], cost: int = 1) -> list[int]:
    """When calls were admitted, of one that comes at each of the moments."""
    arrival, times = 0, []
    for now in moments:
        verdict = decide([rate], [max(arrival - now * rate.calls, 0)], cost)
        if not verdict.wait:
            times.append(now)
        arrival = now * rate.calls + verdict.leads[0]
    return times


def test_j01_offered_ten_times_the_limit_the_calls_are_the_burst_and_the_rate_to_the_call() -> None:
    assert len(admitted(HUNDRED, range(0, 60 * SECOND + 1, 1000))) == 100 * 60 + 20


def test_a_burst_goes_at_once_and_then_one_each_period_through_calls() -> None:
    times = admitted(HUNDRED, range(0, 100_000, 500))
    assert times[:20] == [500 * each for each in range(20)]
    assert times[20:] == [10_000 * each for each in range(1, 10)]


def test_a_rate_that_is_no_whole_number_of_microseconds_loses_nothing() -> None:
    due = [333_334, 666_667, 1_000_000, 1_333_334]
    tried = [0, 0, 0, *sorted([*due, *(each - 1 for each in due)])]
    assert admitted(THIRD, tried) == [0, 0, *due]


def test_after_a_rest_all_of_the_burst_is_there_and_no_more() -> None:
    hour = 3600 * SECOND
    assert len(admitted(HUNDRED, [*range(30), *range(hour, hour + 30)])) == 40


@pytest.mark.parametrize(
    ("rate", "lead", "cost", "wait"),
    [
        (HUNDRED, 0, 1, 0),
        (HUNDRED, 19 * SECOND, 1, 0),
        (HUNDRED, 20 * SECOND, 1, 10_000),
        (HUNDRED, 19 * SECOND + 1, 1, 1),
        (HUNDRED, 0, 20, 0),
        (HUNDRED, 1, 20, 1),
        (THIRD, 2 * SECOND, 1, 333_334),
        (DAILY, 7 * 86_400 * SECOND, 1, 12_342_857_143),
    ],
)
def test_a_wait_is_to_the_microsecond(rate: Rate, lead: int, cost: int, wait: int) -> None:
    assert rate.wait(lead, cost) == wait


def test_a_cost_counts_as_so_many_calls() -> None:
    assert len(admitted(HUNDRED, range(0, 10 * SECOND + 1, 1000), cost=5)) == (100 * 10 + 20) // 5


def test_a_call_that_costs_more_than_the_burst_has_all_of_it_and_keeps_the_rate() -> None:
    assert admitted(HUNDRED, range(0, SECOND, 1000), cost=50) == [0, 500_000]


@pytest.mark.parametrize(
    ("lead", "remaining", "rest"),
    [
        (0, 20, 0),
        (1, 19, 1),
        (SECOND, 19, 10_000),
        (20 * SECOND, 0, 200_000),
        (99 * SECOND, 0, 990_000),
    ],
)
def test_what_remains_is_rounded_to_the_callers_disadvantage(
    lead: int, remaining: int, rest: int
) -> None:
    assert (HUNDRED.remaining(lead), HUNDRED.rest(lead)) == (remaining, rest)


def test_j14_all_admit_or_none_is_charged() -> None:
    rates, leads = [HUNDRED, THIRD, DAILY], [5, 2 * SECOND, 6 * DAILY.period]
    refused = decide(rates, leads, 1)
    assert refused == Verdict(waits=(0, 333_334, 0), leads=leads, wait=333_334)
    leads[1] = 0
    assert decide(rates, leads, 1).leads == [5 + SECOND, SECOND, 7 * DAILY.period]


def test_those_who_wait_come_first() -> None:
    assert decide([HUNDRED], [0], 1, owed=[19]) == Verdict(waits=(0,), leads=[SECOND])
    assert decide([HUNDRED], [0], 1, owed=[20]) == Verdict(waits=(10_000,), leads=[0], wait=10_000)
