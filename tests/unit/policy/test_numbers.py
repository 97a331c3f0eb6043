"""What the policies tell of themselves: how full they are, and what they have counted."""

import asyncio

from facade.errors.backend import BackendUnreachable
from facade.model.call import Caller, Plan
from facade.model.names import VersionName
from facade.model.policy import Breaker, Limit, Policy
from facade.model.server import server_of
from facade.policy.breaker import IDLE, Breakers
from facade.policy.bulkhead import Bulkheads
from facade.policy.limits.admission import Limits
from facade.sealing import Seal
from facade.stores.alone import Alone
from tests.fakes import a_plan, a_version

FRAIL = Policy(breaker=Breaker(consecutive_failures=1), server_concurrency=1)


def plan(connector: str = "shop", **caller: str) -> Plan:
    version = a_version(name=VersionName(connector, "v1"))
    return a_plan("http://x", version=version, policy=FRAIL, caller=Caller(**caller))


def fail(breakers: Breakers, given: Plan) -> None:
    passage = breakers.admit(given, server_of(given))
    assert passage is not None
    passage.learn(BackendUnreachable("gone"))


def test_breakers_are_told_by_state_whoever_they_are_of() -> None:
    breakers = Breakers(lambda: 0.0)
    fail(breakers, plan(tenant="a"))
    fail(breakers, plan(tenant="b"))
    breakers.admit(plan("pets"), server_of(plan("pets")))
    assert breakers.states() == {("shop", "v1", "open"): 2, ("pets", "v1", "closed"): 1}
    assert breakers.openings() == {("shop", "v1"): 2, ("pets", "v1"): 0}


def test_what_has_opened_counts_when_its_breaker_is_forgotten() -> None:
    now = [0.0]
    breakers = Breakers(lambda: now[0])
    fail(breakers, plan(tenant="a"))
    now[0] = IDLE + 1
    fail(breakers, plan(tenant="b"))
    assert breakers.states() == {("shop", "v1", "open"): 1}
    assert breakers.openings() == {("shop", "v1"): 2}


async def test_places_and_who_waits_for_them_are_told() -> None:
    bulkheads = Bulkheads()

    async def wait() -> None:
        (await bulkheads.take(plan(), server_of(plan()))).leave()

    async with asyncio.TaskGroup() as group:
        place = await bulkheads.take(plan(), server_of(plan()))
        group.create_task(wait())
        await asyncio.sleep(0)
        assert bulkheads.places() == {("shop", "v1"): 1}
        assert bulkheads.waiting() == {("shop", "v1"): 1}
        place.leave()
    assert bulkheads.places() == {}


async def test_who_had_to_wait_for_a_limit_is_counted_with_the_time_of_it() -> None:
    limits = Limits(Alone(), Seal([b"k" * 32]))
    given = a_plan("http://x", policy=Policy(limits=(Limit(calls=50, burst=1),)))
    for _ in range(2):
        async with limits.admitted(given, 1.0):
            pass
    assert limits.waits == 1
    assert 0.01 < limits.waited < 0.5
