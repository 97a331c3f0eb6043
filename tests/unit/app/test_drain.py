import asyncio
from asyncio import CancelledError

import pytest

from facade.app.drain import UnderWay
from facade.errors.fault import Effect
from facade.errors.service import Internal, Overloaded


async def begun(under_way: UnderWay, work: asyncio.Future[str]) -> asyncio.Task[str]:
    task = asyncio.ensure_future(under_way.run(work))
    await asyncio.sleep(0)
    return task


async def test_a_call_that_ends_in_time_ends_as_it_does() -> None:
    under_way, work = UnderWay(), asyncio.get_running_loop().create_future()
    task = await begun(under_way, work)
    work.set_result("done")
    assert await task == "done"
    under_way.expire()
    assert not task.cancelling()


async def test_m12_a_call_that_outlives_the_grace_may_have_been_executed() -> None:
    under_way = UnderWay()
    tasks = [await begun(under_way, asyncio.Future()) for _ in range(2)]
    under_way.expire()
    for each in tasks:
        with pytest.raises(Overloaded) as raised:
            await each
        assert raised.value.effect is Effect.UNKNOWN
        assert each.cancelling() == 0


async def test_a_caller_who_left_is_not_told_of_the_grace() -> None:
    under_way = UnderWay()
    first, second = [await begun(under_way, asyncio.Future()) for _ in range(2)]
    first.cancel()
    under_way.expire()
    second.cancel()
    for each in (first, second):
        with pytest.raises(CancelledError):
            await each


async def test_what_a_call_says_of_its_end_stands() -> None:
    async def work() -> str:
        try:
            return await asyncio.Future()
        except CancelledError:
            raise Internal("broken") from None

    under_way = UnderWay()
    task = asyncio.ensure_future(under_way.run(work()))
    await asyncio.sleep(0)
    under_way.expire()
    with pytest.raises(Internal):
        await task
    assert task.cancelling() == 0
