"""Shares always come to a hundred, and a file's shares can be reached."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facade.catalog.traffic import promoted, scale, steps_to


@st.composite
def splits(draw: st.DrawFn, most: int) -> dict[str, int]:
    """Shares that come to 100."""
    cuts = sorted(draw(st.sets(st.integers(1, 99), max_size=most - 1)))
    edges = [0, *cuts, 100]
    return {f"v{number}": edges[number + 1] - edges[number] for number in range(len(edges) - 1)}


@pytest.mark.parametrize(
    ("shares", "total", "scaled"),
    [
        ({}, 100, {}),
        ({"a": 1}, 100, {"a": 100}),
        ({"a": 50, "b": 50}, 33, {"a": 17, "b": 16}),
        ({"a": 33, "b": 33, "c": 34}, 0, {"a": 0, "b": 0, "c": 0}),
    ],
)
def test_scaling_keeps_the_proportions(
    shares: dict[str, int], total: int, scaled: dict[str, int]
) -> None:
    assert scale(shares, total) == scaled


@given(splits(12), st.integers(0, 12), st.integers(1, 100))
def test_after_a_promotion_the_shares_come_to_a_hundred(
    shares: dict[str, int], which: int, percent: int
) -> None:
    after = promoted(shares, f"v{which}", percent)
    assert sum(after.values()) == 100
    assert all(after.values())
    assert after[f"v{which}"] in {percent, 100}


@given(splits(12), splits(12))
def test_promotions_lead_to_the_shares_exactly_or_there_are_none(
    start: dict[str, int], target: dict[str, int]
) -> None:
    steps = steps_to(target)
    shares = start
    for key, percent in steps:
        shares = promoted(shares, key, percent)
    assert not steps or shares == target


def test_up_to_three_versions_reach_any_shares_exactly() -> None:
    for first in range(1, 101):
        for second in range(101 - first):
            split = {"a": first, "b": second, "c": 100 - first - second}
            target = {key: share for key, share in split.items() if share}
            shares = {"x": 100}
            for key, percent in steps_to(target):
                shares = promoted(shares, key, percent)
            assert shares == target
