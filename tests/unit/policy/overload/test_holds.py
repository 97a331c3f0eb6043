"""Holds: what is done later, with one timer for all of a moment."""

import asyncio

import pytest

from facade.policy.overload.holds import GRAIN, Holds


async def test_each_is_given_back_when_its_time_is_over_and_no_sooner() -> None:
    over: list[str] = []
    holds = Holds(over.append)
    holds.add(10 * GRAIN, "late")
    holds.add(3 * GRAIN, "soon")
    holds.add(3 * GRAIN, "soon too")
    await asyncio.sleep(GRAIN)
    assert over == []
    for _ in range(100):
        await asyncio.sleep(GRAIN)
        if len(over) >= 2:
            break
    assert over == ["soon", "soon too"]
    for _ in range(100):
        await asyncio.sleep(GRAIN)
        if len(over) == 3:
            break
    assert over[-1] == "late"


async def test_what_is_to_be_done_at_once_is_done_within_a_grain_or_two() -> None:
    done = asyncio.get_running_loop().create_future()
    Holds(done.set_result).add(0.0, "now")
    async with asyncio.timeout(50 * GRAIN):
        assert await done == "now"


async def test_a_bug_with_one_keeps_none_of_the_others(caplog: pytest.LogCaptureFixture) -> None:
    done = asyncio.get_running_loop().create_future()

    def over(kept: str) -> None:
        if kept == "bad":
            raise ValueError(kept)
        done.set_result(kept)

    holds = Holds(over)
    holds.add(GRAIN, "bad")
    holds.add(GRAIN, "good")
    async with asyncio.timeout(50 * GRAIN):
        assert await done == "good"
    assert "a bug of ours" in caplog.text
