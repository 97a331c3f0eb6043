"""One fetch for all who want the same answer, in one process."""

import asyncio
from typing import Any

import pytest

from facade.errors.backend import BackendTimeout, BackendUnavailable
from facade.model.call import CacheStatus
from facade.model.policy import Caching
from facade.policy.cache.flights import Flights
from tests.caches import Client, a_client, said


async def at_once(client: Client, calls: int, target: str = "/pets/7") -> list[Any]:
    """The outcomes of many calls that begin together."""
    calling = (client.get(target) for _ in range(calls))
    return await asyncio.gather(*calling, return_exceptions=True)


async def test_i12_a_thousand_calls_on_an_expired_key_are_one_at_the_backend() -> None:
    async with a_client() as client:
        await client.get()
        client.clock.now += 61
        client.backend.pause = 0.01
        found = await at_once(client, 1000)
    assert len(client.backend.asked) == 2
    assert not any(isinstance(each, BaseException) for each in found)


async def test_i12_when_the_leader_is_cancelled_another_call_takes_over() -> None:
    async with a_client() as client:
        client.backend.pause = 0.02
        leader = asyncio.create_task(client.get())
        await asyncio.sleep(0.005)
        others = [asyncio.create_task(client.get()) for _ in range(20)]
        await asyncio.sleep(0.005)
        leader.cancel()
        found = await asyncio.gather(*others)
        assert len(client.backend.asked) == 2
        assert {each.reply.status for each in found} == {200}
        assert client.cache._flights._flights == {}


async def test_i12_those_who_wait_share_a_failure_and_nobody_after_them() -> None:
    async with a_client() as client:
        client.backend.pause = 0.01
        client.backend.says = BackendUnavailable("gone")
        found = await at_once(client, 50)
        assert len(client.backend.asked) == 1
        assert len({id(each) for each in found}) == 50
        assert {str(each) for each in found} == {"gone"}
        client.backend.says = said(cache_control="max-age=60")
        assert (await client.get()).reply.status == 200


async def test_i12_those_who_wait_share_the_status_of_a_failure() -> None:
    async with a_client() as client:
        client.backend.pause = 0.01
        client.backend.says = said(b"sorry", 503)
        found = await at_once(client, 50)
    assert len(client.backend.asked) == 1
    assert {each.reply.status for each in found} == {503}


async def test_i13_a_short_deadline_of_the_leader_fails_nobody_else() -> None:
    async with a_client() as client:
        client.backend.pause = 0.02
        client.backend.says = BackendTimeout("too late")
        leader = asyncio.create_task(client.get(timeout=0.02))
        await asyncio.sleep(0)
        client.backend.says = said(cache_control="max-age=60")
        found = await at_once(client, 10)
        with pytest.raises(BackendTimeout):
            await leader
    assert {each.reply.status for each in found} == {200}
    assert len(client.backend.asked) == 2


async def test_a_call_waits_for_another_no_longer_than_its_own_time() -> None:
    async with a_client() as client:
        client.backend.pause = 0.5
        leader = asyncio.create_task(client.get())
        await asyncio.sleep(0)
        with pytest.raises(BackendTimeout):
            await client.get(timeout=0.02)
        leader.cancel()
        await asyncio.gather(leader, return_exceptions=True)
    assert len(client.backend.asked) == 1


@pytest.mark.parametrize("says", ["private, max-age=60", "no-store", "max-age=0"])
async def test_answers_that_are_for_one_alone_are_fetched_side_by_side(says: str) -> None:
    async with a_client() as client:
        client.backend.pause = 0.01
        client.backend.says = said(cache_control=says)
        await at_once(client, 20)
        assert len(client.backend.asked) == 20
        assert client.backend.most_at_once == 19
        await at_once(client, 20)
        assert client.backend.most_at_once == 20


async def test_variants_do_not_wait_for_each_other_once_they_are_known() -> None:
    async with a_client(caching=Caching()) as client:
        client.backend.says = said(cache_control="max-age=60", vary="x-a")
        await client.get(headers=(("x-a", "0"),))
        client.backend.pause = 0.01
        calls = [client.get(headers=(("x-a", str(n)),)) for n in range(1, 8) for _ in range(10)]
        found = await asyncio.gather(*calls)
    assert len(client.backend.asked) == 8
    assert client.backend.most_at_once == 7
    assert {each.reply.status for each in found} == {200}


async def test_a_waiting_call_that_is_cancelled_leaves_nothing_behind() -> None:
    async with a_client() as client:
        client.backend.pause = 0.03
        leader = asyncio.create_task(client.get())
        await asyncio.sleep(0)
        others = [asyncio.create_task(client.get()) for _ in range(50)]
        await asyncio.sleep(0.005)
        for each in others:
            each.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        assert (await leader).status is CacheStatus.MISS
        assert client.cache._flights._flights == {}
        assert client.cache._store._tasks == set()


async def test_an_action_whose_answers_are_never_kept_is_not_waited_for() -> None:
    async with a_client() as client:
        client.backend.says = said()
        for number in range(32):
            await client.get(f"/pets/{number}")
        client.backend.pause = 0.01
        await at_once(client, 10, target="/pets/new")
        assert client.backend.most_at_once == 10
        client.backend.says = said(cache_control="max-age=60")
        await client.get("/pets/kept")
        assert (await client.get("/pets/kept")).status is CacheStatus.HIT


def test_a_flight_that_was_spoilt_is_found_by_nobody_and_ends_no_other() -> None:
    flights = Flights()
    with flights.begin("path", "key") as spoilt:
        flights.spoil("path")
        assert spoilt.spoilt
        assert flights.get("path", "key") is None
        with flights.begin("path", "key") as other:
            assert flights.get("path", "key") is other
            assert flights.get("elsewhere", "key") is None
            with flights.begin("path", "second"):
                pass
            assert flights.get("path", "key") is other
        assert flights.get("path", "key") is None
    assert flights._flights == {}
