"""The gradient limit: what a late loop and a busy one make of it."""

import math

import pytest

from facade.policy.overload.gradient import LEAST, START, TARGET, Gradient


def learned(late: float, peak: int, looks: int, most: int = 4096) -> int:
    gradient = Gradient(most)
    for _ in range(looks):
        gradient.learn(late, peak)
    return gradient.limit


def test_a_late_loop_halves_the_limit_at_most_and_never_below_the_least() -> None:
    assert learned(1.0, 1000, looks=1) == START / 2
    assert learned(1.0, 1000, looks=50) == LEAST


def test_a_loop_that_is_a_little_late_shrinks_the_limit_a_little() -> None:
    assert learned(TARGET * 1.25, 1000, looks=1) == int(START * 0.8)


def test_a_limit_that_is_used_grows_by_its_root_up_to_the_most() -> None:
    assert learned(TARGET / 2, START, looks=1) == START + math.isqrt(START)
    assert learned(TARGET / 2, 10_000, looks=1000) == 4096


def test_a_limit_that_is_used_grows_by_a_quarter_while_the_loop_only_waits() -> None:
    assert learned(0.0, START, looks=1) == START * 1.25
    assert learned(0.0, 10_000, looks=1000) == 4096


def test_a_limit_that_nobody_needs_does_not_grow() -> None:
    assert learned(0.0, 10, looks=100) == START


@pytest.mark.parametrize("most", [1, 2, 63])
def test_the_operators_most_counts_even_where_it_is_below_the_least(most: int) -> None:
    assert learned(1.0, 10, looks=20, most=most) == most
    assert learned(0.0, 10, looks=20, most=most) == most


def test_m01_the_limit_settles_where_the_loop_is_just_on_time() -> None:
    gradient = Gradient()
    for _ in range(300):
        gradient.learn(gradient.limit * 20e-6, gradient.limit)
    assert TARGET / 2 < gradient.limit * 20e-6 < TARGET * 1.5
