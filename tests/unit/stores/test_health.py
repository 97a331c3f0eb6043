"""When a connection is given up."""

import pytest

from facade.stores.health import Health


def fate(history: str) -> bool:
    """Whether the last of these is one too many: `.` an answer, `x` a timeout."""
    health, over = Health(), False
    for each in history:
        over = False
        if each == "x":
            over = health.timed_out()
        else:
            health.answered()
    return over


@pytest.mark.parametrize(
    ("history", "over"),
    [
        ("x", False),
        ("xx", False),
        ("xxx", True),
        ("xx.x", False),
        ("xx.xx.xx", False),
        ("...xxx", True),
        (".x" * 3, False),
        (".x" * 10, True),
        ("....x" * 20, False),
        ("...x" * 20, True),
        ("." * 100_000 + ".x" * 50, True),
    ],
)
def test_three_timeouts_in_a_row_or_a_fifth_of_all_are_too_many(
    history: str, *, over: bool
) -> None:
    assert fate(history) is over


def test_a_long_good_past_does_not_excuse_a_bad_present() -> None:
    health = Health()
    for _ in range(1_000_000):
        health.answered()
    bad = 0
    for _ in range(100):
        health.answered()
        bad += health.timed_out()
    assert bad > 0
