"""Expressions that would take for ever end in a bound, or in little work; none harms."""

from time import thread_time

import pytest

from facade.errors.expressions import ExpressionExhausted, ExpressionFailed, ExpressionInvalid
from facade.expressions.budget import BYTES, WHOLE, Budget, measure
from facade.expressions.paths import compile_path
from facade.model.definition import Expression
from tests.faults.bombs import BOMBS, Bomb, large

TAKEN: dict[str, float] = {}
GENEROUS = 2.0
"""Seconds of CPU. The bound is 50 ms; tests/bench/probes/expressions.py measures it."""


@pytest.mark.parametrize("bomb", BOMBS, ids=lambda bomb: bomb.label)
def test_o01_a_bomb_ends_at_once_in_a_fault_or_in_a_value(bomb: Bomb) -> None:
    large()
    start = thread_time()
    try:
        bomb.throw()
    except (ExpressionExhausted, ExpressionFailed, ExpressionInvalid) as fault:
        assert len(fault.message) < 1_000  # noqa: PT017 - what a bomb says is short too
    TAKEN[bomb.label] = thread_time() - start
    assert TAKEN[bomb.label] < GENEROUS


def test_o01_there_are_bombs_of_all_three_languages_and_the_slowest_is_printed() -> None:
    assert len(BOMBS) >= 40
    assert {each.language for each in BOMBS} == {"path", "condition", "slot"}
    for label, seconds in sorted(TAKEN.items(), key=lambda each: -each[1])[:3]:
        print(f"{seconds * 1000:.1f} ms  {label}")  # noqa: T201 - asked for with -s


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sort(l)", f"more than {WHOLE} steps"),
        ("o | [@,@]" + " | [@,@]" * 40, f"more than {WHOLE} steps"),
        ("s | join('',[@,@]) | join('',[@,@]) | join('',[@,@])", "more text"),
        ("deep == deep", "64 levels"),
    ],
)
def test_o01_the_bound_that_ended_it_is_told(text: str, said: str) -> None:
    with pytest.raises(ExpressionExhausted, match=said):
        compile_path(Expression(text)).evaluate(large())


def test_steps_are_taken_before_the_work_is_done() -> None:
    with pytest.raises(ExpressionExhausted):
        compile_path(Expression("[*].a")).evaluate([{"a": 1}] * 10, steps=15)
    assert compile_path(Expression("[*].a")).evaluate([{"a": 1}] * 10, steps=40) == [1] * 10


def test_what_stands_in_a_value_twice_is_counted_twice() -> None:
    shared = ["x" * 100]
    budget = Budget()
    measure([shared, shared], budget)
    once = Budget()
    measure([shared], once)
    assert budget.spent > once.spent
    with pytest.raises(ExpressionExhausted):
        measure(["x" * (BYTES // 2)] * 3, Budget())
