"""Those who wait: for their turn, and for a place."""

import asyncio
import random
import time
from typing import Any

import pytest

from facade.errors.service import QuotaExceeded
from facade.model.call import Caller, Plan
from facade.model.policy import Concurrency, Limit, Policy, Scope
from facade.policy.limits.admission import Limits
from facade.sealing import Seal
from facade.stores.alone import Alone
from tests.fakes import a_plan

SEAL = Seal([b"k" * 32])


def plan(caller: Caller | None = None, timeout: float = 10.0, **policy: Any) -> Plan:
    return a_plan(
        "https://x.test", caller=caller or Caller(), timeout=timeout, policy=Policy(**policy)
    )


def idle(limits: Limits) -> bool:
    return not len(limits._lines) and not len(limits._places)


async def test_who_waits_has_its_turn_in_the_order_of_coming() -> None:
    limits, given = Limits(Alone(), SEAL), plan(limits=(Limit(calls=100, burst=1),))
    order: list[int] = []

    async def call(number: int) -> None:
        async with limits.admitted(given, 1.0):
            order.append(number)

    begun = time.monotonic()
    async with asyncio.TaskGroup() as tasks:
        for number in range(8):
            tasks.create_task(call(number))
    assert order == list(range(8))
    assert 0.07 <= time.monotonic() - begun < 0.5
    assert idle(limits)


async def test_who_does_not_wait_passes_nobody_who_does() -> None:
    limits, given = Limits(Alone(), SEAL), plan(limits=(Limit(calls=50, burst=1),))

    async def waits() -> None:
        async with limits.admitted(given, 1.0):
            pass

    async with limits.admitted(given, 0.0), asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(waits())
        await asyncio.sleep(0)
        with pytest.raises(QuotaExceeded) as refused:
            async with limits.admitted(given, 0.0):
                pass
        assert 0.02 < (refused.value.details.retry_after or 0.0) <= 0.04
        await waiting


@pytest.mark.parametrize(("max_wait", "whole"), [(0.5, 10.0), (9.0, 0.5)])
async def test_a_turn_that_comes_too_late_is_refused_at_once(max_wait: float, whole: float) -> None:
    limits, given = Limits(Alone(), SEAL), plan(timeout=whole, limits=(Limit(calls=1),))
    async with limits.admitted(given, max_wait):
        begun = time.monotonic()
        with pytest.raises(QuotaExceeded):
            async with limits.admitted(given, max_wait):
                pass
    assert time.monotonic() - begun < 0.3
    assert idle(limits)


async def test_the_wait_for_a_place_and_that_for_a_turn_are_one() -> None:
    limits = Limits(Alone(), SEAL)
    given = plan(concurrency=(Concurrency(calls=1),), limits=(Limit(calls=1, period=0.5),))

    async def hold() -> None:
        async with limits.admitted(given, 0.0):
            await asyncio.sleep(0.2)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(hold())
        await asyncio.sleep(0)
        begun = time.monotonic()
        with pytest.raises(QuotaExceeded, match="used up"):
            async with limits.admitted(given, 0.4):
                pass
    assert time.monotonic() - begun < 0.35
    assert idle(limits)


async def test_who_waits_for_one_limit_holds_up_nobody_who_waits_for_another() -> None:
    limits = Limits(Alone(), SEAL)
    rules = (Limit(calls=100, burst=3), Limit(scope=Scope.SUBJECT, calls=1, period=5.0))
    alice, bob = (plan(Caller(tenant="t", subject=name), limits=rules) for name in ("a", "b"))

    async def call(given: Plan, wait: float) -> float:
        async with limits.admitted(given, wait):
            return time.monotonic()

    await call(alice, 0.0)
    async with asyncio.TaskGroup() as tasks:
        held = tasks.create_task(call(alice, 9.0))
        await asyncio.sleep(0)
        begun = time.monotonic()
        assert await tasks.create_task(call(bob, 1.0)) - begun < 0.2
        held.cancel()
    assert idle(limits)


async def test_j07_the_twenty_first_waits_a_tenth_of_a_second_and_is_refused() -> None:
    limits, given = Limits(Alone(), SEAL), plan(concurrency=(Concurrency(calls=20),))
    done = asyncio.Event()

    async def call() -> None:
        async with limits.admitted(given, 0.0):
            await done.wait()

    async with asyncio.TaskGroup() as tasks:
        for _ in range(20):
            tasks.create_task(call())
        await asyncio.sleep(0)
        begun = time.monotonic()
        with pytest.raises(QuotaExceeded, match="full: connector:shop \\(20 calls at once\\)"):
            async with limits.admitted(given, 0.0):
                pass
        assert 0.09 <= time.monotonic() - begun < 0.5
        waiting = tasks.create_task(call())
        await asyncio.sleep(0)
        done.set()
        await waiting
    assert idle(limits)


async def test_a_full_room_charges_no_limit_and_gives_back_the_other_rooms() -> None:
    limits = Limits(Alone(), SEAL)
    given = plan(
        limits=(Limit(calls=2, period=60.0),),
        concurrency=(Concurrency(scope=Scope.TENANT, calls=9), Concurrency(calls=1)),
        timeout=0.01,
    )
    async with limits.admitted(given, 0.0):
        with pytest.raises(QuotaExceeded):
            async with limits.admitted(given, 0.0):
                pass
    async with limits.admitted(given, 0.0) as standing:
        assert standing.headers["ratelimit"] == '"connector";r=0;t=60'
    assert idle(limits)


async def test_a_refused_call_gives_its_place_back() -> None:
    limits = Limits(Alone(), SEAL)
    given = plan(limits=(Limit(calls=1, period=60.0),), concurrency=(Concurrency(calls=1),))
    async with limits.admitted(given, 0.0):
        pass
    for _ in range(3):
        with pytest.raises(QuotaExceeded, match="used up"):
            async with limits.admitted(given, 0.0):
                pass
    assert idle(limits)


async def test_j08_a_storm_of_cancels_leaves_no_place_taken_and_no_line_behind() -> None:
    chance, limits = random.Random(8), Limits(Alone(), SEAL)  # noqa: S311 - to be repeated, not to be secret
    given = plan(limits=(Limit(calls=10**6, burst=100),), concurrency=(Concurrency(calls=40),))

    async def call() -> None:
        async with limits.admitted(given, 5.0):
            await asyncio.sleep(0)

    for _ in range(250):
        tasks = [asyncio.create_task(call()) for _ in range(400)]
        for task in tasks:
            if chance.random() < 0.05:
                await asyncio.sleep(0)
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    assert idle(limits)
    await asyncio.gather(*(call() for _ in range(40)))
    assert idle(limits)
