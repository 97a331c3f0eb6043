"""The gate: who is let in, who waits, and who is refused."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress

import pytest

from facade.errors.service import Overloaded
from facade.policy.overload.gate import BURST, LONG, LOOKS, REST, SPARED, STANDING, Gate
from facade.policy.overload.priority import Priority

BATCH, NORMAL, CRITICAL = Priority
PEER = "ipv4:127.0.0.1:1"
OTHER = "ipv4:127.0.0.1:2"


def a_gate(most: int) -> Gate:
    """One that holds no refusal back, and never looks at the loop."""
    return Gate(most, chance=lambda least, _most: 0.0 if least < 0.5 else least)


def filled(most: int, priority: Priority = CRITICAL) -> Gate:
    gate = a_gate(most)
    while gate.take(PEER, priority):
        pass
    return gate


async def begun(*waits: Coroutine[None, None, None]) -> list[asyncio.Future[None]]:
    tasks: list[asyncio.Future[None]] = [asyncio.ensure_future(each) for each in waits]
    await asyncio.sleep(0)
    return tasks


def test_so_many_are_let_in_and_the_less_urgent_leave_room_for_the_others() -> None:
    assert [filled(100, each).under_way for each in Priority] == [70, 90, 100]


@pytest.mark.parametrize("most", [1, 2])
def test_a_gate_for_one_or_two_lets_them_in_whatever_their_priority(most: int) -> None:
    assert [filled(most, each).under_way for each in Priority] == [most, most, most]


async def test_who_waits_is_let_in_when_another_leaves() -> None:
    gate = filled(4)
    waits = await begun(gate.wait(PEER, CRITICAL, None))
    assert gate.waiting == 1
    gate.leave(PEER)
    await asyncio.gather(*waits)
    assert (gate.under_way, gate.waiting) == (4, 0)


async def test_m08_the_more_urgent_are_let_in_first_and_then_those_who_came_first() -> None:
    gate, order = filled(10), []

    async def one(name: str, priority: Priority) -> None:
        await gate.wait(PEER, priority, None)
        order.append(name)

    waits = await begun(
        one("batch", BATCH), one("first", NORMAL), one("second", NORMAL), one("critical", CRITICAL)
    )
    for _ in range(9):
        gate.leave(PEER)
    await asyncio.gather(*waits)
    assert order == ["critical", "first", "second", "batch"]


async def test_in_a_crowd_who_has_the_fewest_calls_waiting_comes_first_and_its_newest_call() -> (
    None
):
    gate, order = filled(2), []

    async def one(peer: str, number: int) -> None:
        await gate.wait(peer, CRITICAL, None)
        order.append((peer, number))

    waits = await begun(*(one(PEER, each) for each in range(5)), one(OTHER, 0), one(OTHER, 1))
    for _ in range(5):
        gate.leave(PEER if len(order) < 2 else order[-1][0])
        await asyncio.sleep(0)
    assert order == [(OTHER, 1), (OTHER, 0), (PEER, 4), (PEER, 0), (PEER, 1)]
    for each in waits:
        each.cancel()
    await asyncio.gather(*waits, return_exceptions=True)


async def test_who_is_refused_more_than_served_waits_for_nothing_but_for_what_is_critical() -> None:
    gate = Gate(1, chance=lambda _least, most: most)
    assert gate.take(OTHER, CRITICAL)
    refused = await begun(gate.wait(PEER, NORMAL, 0.8))
    await asyncio.sleep(0.3)
    waits = await begun(gate.wait(PEER, NORMAL, None), gate.wait(PEER, CRITICAL, None))
    assert gate.waiting == 1
    gate.leave(OTHER)
    await waits[1]
    assert gate.refusals == {NORMAL: 2}
    for each in (*refused, waits[0]):
        each.cancel()
    await asyncio.wait([*refused, *waits])


async def test_a_caller_who_is_served_keeps_most_of_its_streams_free_of_refusals() -> None:
    gate = Gate(2 * SPARED, chance=lambda _least, most: most)
    while gate.take(PEER, CRITICAL):
        pass
    held = await begun(*(gate.wait(PEER, NORMAL, 0.0) for _ in range(SPARED)))
    kept = await begun(*(gate.wait(PEER, NORMAL, 0.1) for _ in range(2 * SPARED)))
    await asyncio.sleep(0.2)
    assert [each.done() for each in kept].count(True) >= SPARED
    for each in (*held, *kept):
        each.cancel()
    await asyncio.gather(*held, *kept, return_exceptions=True)


async def test_a_critical_call_does_not_stand_behind_those_that_have_no_room() -> None:
    gate = filled(10, BATCH)
    waits = await begun(gate.wait(PEER, BATCH, None))
    assert gate.take(PEER, CRITICAL)
    assert not gate.take(PEER, BATCH)
    waits[0].cancel()
    await asyncio.wait(waits)


async def test_m09_who_waits_gives_up_long_before_the_callers_time_is_over() -> None:
    gate, loop = filled(4), asyncio.get_running_loop()
    began = loop.time()
    with pytest.raises(Overloaded):
        await gate.wait(PEER, NORMAL, 0.4)
    assert 0.09 < loop.time() - began < 0.35
    assert (gate.under_way, gate.waiting) == (4, 0)


async def test_where_others_have_waited_for_long_nobody_waits_longer_than_a_tenth_of_its_time() -> (
    None
):
    gate, loop = filled(4), asyncio.get_running_loop()
    first = await begun(gate.wait(OTHER, NORMAL, None))
    await asyncio.sleep(LONG * 1.1)
    began = loop.time()
    with pytest.raises(Overloaded):
        await gate.wait(PEER, NORMAL, 0.5)
    assert loop.time() - began < 0.25
    first[0].cancel()
    await asyncio.wait(first)
    assert STANDING.of(None) < BURST.of(None)


async def test_i12_a_burst_that_is_served_in_a_second_is_refused_for_nobody() -> None:
    gate = filled(16)
    waits = await begun(*(gate.wait(PEER, NORMAL, None) for _ in range(100)))
    for _ in range(200):
        if not gate.under_way:
            break
        gate.leave(PEER)
        await asyncio.sleep(0)
    await asyncio.gather(*waits)
    assert not gate.refusals


async def test_a_refusal_is_held_back_but_not_beyond_a_part_of_the_callers_time() -> None:
    gate, loop = Gate(1, chance=lambda _least, most: most), asyncio.get_running_loop()
    assert gate.take(OTHER, CRITICAL)
    for left, least, most in ((0.2, 0.1, 0.2), (None, 2.0, 2.8)):
        began = loop.time()
        with pytest.raises(Overloaded) as refused:
            await gate.wait(PEER, NORMAL, left)
        assert least * 0.9 <= loop.time() - began < most
        assert refused.value.details.retry_after == 1.5


async def test_of_a_caller_who_has_gone_nothing_is_kept() -> None:
    gate = filled(2)
    for _ in range(2):
        gate.leave(PEER)
    with pytest.raises(Overloaded):
        await filled(1).wait(OTHER, NORMAL, 0.0)
    assert gate._callers
    async with gate:
        await asyncio.sleep(REST * LOOKS * 1.2)
    assert not gate._callers


async def test_who_is_forgotten_before_he_waits_is_let_in_all_the_same() -> None:
    gate = filled(1)
    turn = asyncio.ensure_future(gate.turn(OTHER, NORMAL, None))
    gate._forget()
    await asyncio.sleep(0)
    gate.leave(PEER)
    await turn
    gate.leave(OTHER)
    assert (gate.under_way, gate.waiting) == (0, 0)


async def test_m05_after_ten_thousand_refusals_the_limit_is_still_exact() -> None:
    gate = filled(3)
    for _ in range(10_000):
        with suppress(Overloaded):
            await gate.wait(PEER, NORMAL, 0.0)
    assert (gate.under_way, gate.waiting) == (3, 0)
    for _ in range(3):
        gate.leave(PEER)
    assert gate.under_way == 0
    assert filled(3).under_way == 3


@pytest.mark.parametrize("let_in", [False, True])
async def test_a_call_that_is_cancelled_while_it_waits_leaves_no_trace(*, let_in: bool) -> None:
    gate = filled(2)
    waits = await begun(gate.wait(PEER, NORMAL, None))
    if let_in:
        gate.leave(PEER)
        assert gate.under_way == 2
    waits[0].cancel()
    await asyncio.wait(waits)
    assert (gate.under_way, gate.waiting) == (1 if let_in else 2, 0)


async def test_a_loop_that_is_late_shrinks_the_limit_and_one_that_is_not_lets_it_grow() -> None:
    async with Gate(4096) as gate:
        first = gate.limit
        while gate.under_way < first // 2:
            gate.take(PEER, CRITICAL)
        for _ in range(100):
            await asyncio.sleep(0.01)
            if gate.limit > first:
                break
        assert gate.limit > first
        loop = asyncio.get_running_loop()
        for _ in range(60):
            late = loop.time() + 0.03
            while loop.time() < late:
                pass
            await asyncio.sleep(0)
        assert gate.limit < first
