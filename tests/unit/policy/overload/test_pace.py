"""Pace: how long a call is under way."""

import pytest

from facade.policy.overload.pace import Pace


def learned(under_way: list[int], left: int, seconds: float) -> float:
    pace = Pace()
    pace.learn(100.0)
    for each in under_way:
        pace.see(each)
    pace.left += left
    pace.learn(100.0 + seconds)
    return pace.takes


@pytest.mark.parametrize(
    ("under_way", "left", "seconds", "takes"),
    [([64], 200, 0.05, 0.016), ([0, 20], 100, 1.0, 0.1), ([], 5, 1.0, 0.0), ([10], 0, 0.5, 5.0)],
)
def test_it_is_how_many_are_there_by_how_many_leave_in_a_second(
    under_way: list[int], left: int, seconds: float, takes: float
) -> None:
    assert learned(under_way, left, seconds) == pytest.approx(takes)


def test_nothing_is_known_before_the_first_time() -> None:
    pace = Pace()
    pace.see(10)
    pace.learn(100.0)
    assert pace.takes == 0.0
