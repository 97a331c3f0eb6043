"""The gate: which calls have no hope, and are turned away before anything is made for them."""

import asyncio

import pytest

from facade.errors.service import Overloaded
from facade.policy.overload.gate import CALM, END, LOOKS, REST, SPARED, Gate
from facade.policy.overload.priority import Priority

_, NORMAL, CRITICAL = Priority
SERVED, SHUT = "ipv4:127.0.0.1:1", "ipv4:127.0.0.1:2"


@pytest.fixture
async def gate() -> Gate:
    """One that is full of one caller's calls, and has refused the other's; it does not look."""
    made = Gate(2, chance=lambda _least, most: most)
    assert made.take(SERVED, CRITICAL)
    assert made.take(SERVED, CRITICAL)
    with pytest.raises(Overloaded):
        await made.turn(SHUT, NORMAL, 0.0)
    made._callers[SHUT].held += 1
    return made


def test_a_gate_is_calm_until_there_is_no_room_for_a_call() -> None:
    gate = Gate(1)
    assert gate.take(SERVED, NORMAL)
    assert gate.calm


async def test_a_gate_is_calm_again_when_there_was_room_for_a_while(gate: Gate) -> None:
    assert not gate.calm
    for _ in range(2):
        gate.leave(SERVED)
    async with gate:
        for _ in range(100):
            await asyncio.sleep(REST)
            if gate.calm:
                return
    pytest.fail(f"not within {100 / LOOKS / CALM:g} times the time")


async def test_who_is_refused_more_than_served_is_turned_away_and_told_before_its_time(
    gate: Gate,
) -> None:
    assert gate.turn_away(SHUT, NORMAL, 0.8) == pytest.approx(END * 0.8)
    assert gate.turn_away(SHUT, NORMAL, None) == 1.0
    assert gate.refusals == {NORMAL: 3}


async def test_m08_nobody_else_is_nor_what_is_critical(gate: Gate) -> None:
    assert gate.turn_away(SERVED, NORMAL, 0.8) is None
    assert gate.turn_away(SHUT, CRITICAL, 0.8) is None
    assert gate.turn_away(SHUT, NORMAL, 0.8) == pytest.approx(END * 0.8)
    assert gate.refusals == {NORMAL: 2}


async def test_where_there_is_room_again_who_was_refused_comes_in(gate: Gate) -> None:
    for _ in range(2):
        gate.leave(SERVED)
    assert gate.turn_away(SHUT, NORMAL, 0.8) is None


async def test_m09_a_call_with_less_time_than_calls_take_is_turned_away(gate: Gate) -> None:
    gate._pace.takes = 0.05
    assert gate.turn_away(SHUT, NORMAL, 0.04) == pytest.approx(END * 0.04)
    assert gate.turn_away(SERVED, NORMAL, 0.04) == pytest.approx(0.01)
    assert gate.turn_away(SERVED, NORMAL, 0.06) is None


async def test_calls_that_have_time_are_not_turned_away_because_backends_are_slow(
    gate: Gate,
) -> None:
    gate._pace.takes = 20.0
    assert gate.turn_away(SERVED, NORMAL, 0.2) is None


async def test_who_is_served_has_but_so_many_refusals_held(gate: Gate) -> None:
    gate = Gate(2 * SPARED)
    while gate.take(SERVED, CRITICAL):
        pass
    gate._pace.takes = 0.05
    holds = [gate.turn_away(SERVED, NORMAL, 0.04) for _ in range(SPARED + 3)]
    assert [bool(hold) for hold in holds] == [True] * SPARED + [False] * 3
