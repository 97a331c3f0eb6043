"""Places at a server: as many as there are, in the order of asking, and none is ever lost."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from facade.errors.service import DeadlineExceeded, Overloaded
from facade.model.call import Caller, Plan
from facade.model.policy import Policy
from facade.model.server import server_of
from facade.policy.bulkhead import Bulkheads
from tests.fakes import a_plan


def plan(places: int = 2, origin: str = "http://x", timeout: float = 5.0, **caller: str) -> Plan:
    policy = Policy(server_concurrency=places)
    return a_plan(origin, policy=policy, timeout=timeout, caller=Caller(**caller))


@asynccontextmanager
async def place(bulkheads: Bulkheads, given: Plan) -> AsyncIterator[None]:
    """A place at the plan's server, for the block."""
    taken = await bulkheads.take(given, server_of(given))
    try:
        yield
    finally:
        taken.leave()


class Calls:
    """Calls that are under way until they are told to end."""

    def __init__(self, group: asyncio.TaskGroup, given: Plan) -> None:
        self.group, self.given = group, given
        self.bulkheads = Bulkheads()
        self.begun: list[int] = []
        self.most = self.now = 0
        self.end = asyncio.Semaphore(0)

    async def one(self, number: int) -> None:
        async with place(self.bulkheads, self.given):
            self.begun.append(number)
            self.now += 1
            self.most = max(self.most, self.now)
            try:
                await self.end.acquire()
            finally:
                self.now -= 1

    def start(self, count: int) -> list[asyncio.Task[None]]:
        return [self.group.create_task(self.one(number)) for number in range(count)]


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_d41_no_more_calls_are_at_a_server_than_it_has_places_and_the_others_wait() -> None:
    async with asyncio.TaskGroup() as group:
        calls = Calls(group, plan(2))
        calls.start(4)
        await settle()
        assert calls.begun == [0, 1]
        calls.end.release()
        await settle()
        assert calls.begun == [0, 1, 2]
        for _ in range(3):
            calls.end.release()
    assert calls.begun == [0, 1, 2, 3]
    assert calls.most == 2
    assert not calls.bulkheads._bulkheads


async def test_who_comes_later_does_not_overtake_who_waits() -> None:
    async with asyncio.TaskGroup() as group:
        calls = Calls(group, plan(1))
        calls.start(2)
        await settle()
        calls.end.release()
        late = group.create_task(calls.one(2))
        await settle()
        assert calls.begun == [0, 1]
        calls.end.release()
        calls.end.release()
        await late
    assert calls.begun == [0, 1, 2]


async def test_as_many_wait_as_there_are_places_and_the_next_is_refused_at_once() -> None:
    async with asyncio.TaskGroup() as group:
        calls = Calls(group, plan(2))
        calls.start(4)
        await settle()
        with pytest.raises(Overloaded) as refusal:
            await calls.one(9)
        assert refusal.value.details.retry_after == 1.0
        for _ in range(4):
            calls.end.release()
    assert not calls.bulkheads._bulkheads


async def test_who_finds_no_place_before_the_deadline_is_told_so() -> None:
    bulkheads, given = Bulkheads(), plan(1, timeout=0.01)
    async with place(bulkheads, plan(1)):
        with pytest.raises(DeadlineExceeded):
            await bulkheads.take(given, server_of(given))
    assert not bulkheads._bulkheads


async def test_d41_a_full_server_holds_up_no_other_server_tenant_or_connection() -> None:
    bulkheads = Bulkheads()
    async with place(bulkheads, plan(1)):
        for other in (plan(1, "http://y"), plan(1, tenant="t"), plan(1, connection="c")):
            async with asyncio.timeout(1), place(bulkheads, other):
                pass


async def test_who_goes_away_while_a_place_is_handed_over_passes_it_on() -> None:
    async with asyncio.TaskGroup() as group:
        calls = Calls(group, plan(2))
        async with place(calls.bulkheads, plan(2)):
            async with place(calls.bulkheads, plan(2)):
                gone, last = calls.start(1)[0], group.create_task(calls.one(9))
                await settle()
            gone.cancel()
            calls.end.release()
            await last
    assert calls.begun == [9]
    assert not calls.bulkheads._bulkheads


@pytest.mark.parametrize("another", [False, True])
async def test_d46_the_last_one_inside_leaves_as_one_who_waits_is_cancelled(
    *, another: bool
) -> None:
    bulkheads, given = Bulkheads(), plan(1)
    async with asyncio.TaskGroup() as group:
        async with place(bulkheads, plan(1)):
            gone = group.create_task(bulkheads.take(given, server_of(given)))
            await settle()
            gone.cancel()
        if another:
            async with place(bulkheads, plan(1)):
                await settle()
        await asyncio.wait([gone])
    assert gone.cancelled()
    assert not bulkheads._bulkheads


async def test_d46_j08_calls_cancelled_at_random_leave_no_place_taken() -> None:
    dice = random.Random(4)  # noqa: S311 - the same in every run
    bulkheads = Bulkheads()
    given = plan(3, timeout=0.003)

    async def one() -> None:
        try:
            async with place(bulkheads, given):
                for _ in range(dice.randrange(4)):
                    await asyncio.sleep(0)
        except (Overloaded, DeadlineExceeded):
            pass

    for _ in range(400):
        tasks = [asyncio.ensure_future(one()) for _ in range(6)]
        for task in dice.sample(tasks, 3):
            for _ in range(dice.randrange(3)):
                await asyncio.sleep(0)
            task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(each is None or isinstance(each, asyncio.CancelledError) for each in ends)
    assert not bulkheads._bulkheads
