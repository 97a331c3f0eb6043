"""What the policies of a gateway make of a facade: of its silence, and of what it tells."""

import pytest

from facade.errors.backend import BackendRateLimited, BackendUnavailable, BackendUnreachable
from facade.errors.caller import NotCached
from facade.errors.fault import Details, Effect, Fault
from facade.errors.hop import FacadeTimeout, FacadeUnavailable, HopUntrusted
from facade.errors.service import BreakerOpen
from facade.model.call import CacheStatus, CacheUse, Hop, Plan, Reply
from facade.model.policy import Breaker, CacheMode, Caching, Policy
from facade.model.version import Balancing, Destination
from facade.policy.balance import Balance
from facade.policy.breaker import FAIR, Circuit, Result, result_of
from facade.policy.cache.ask import Ask
from facade.policy.pacing.pacing import Pacing
from facade.policy.retry import Retries
from tests.caches import a_client
from tests.fakes import a_plan, a_version

FACADE = Destination(indirect=True)

SAID_503 = Details(facts={"httpStatus": "503"})


def relayed(fault: Fault) -> Fault:
    fault.relayed = True
    return fault


def strange(status: int, effect: Effect) -> Fault:
    """An answer that came without the mark."""
    return FacadeUnavailable("x", details=Details(facts={"httpStatus": str(status)}), effect=effect)


@pytest.mark.parametrize(
    ("fault", "result"),
    [
        (FacadeUnavailable("x"), Result.FAILED),
        (strange(404, Effect.NOT_EXECUTED), Result.FAILED),
        (strange(200, Effect.UNKNOWN), Result.FAILED),
        (FacadeTimeout("x"), Result.FAILED),
        (relayed(FacadeUnavailable("no route")), Result.ALIVE),
        (relayed(FacadeTimeout("beyond")), Result.ALIVE),
        (relayed(BackendUnreachable("x")), Result.ALIVE),
        (relayed(BackendUnavailable("x", details=SAID_503)), Result.ALIVE),
        (relayed(BreakerOpen("x")), Result.ALIVE),
        (relayed(HopUntrusted("x")), Result.ALIVE),
    ],
)
def test_c01_c03_c07_what_a_call_says_of_its_facade(fault: Fault, result: Result) -> None:
    assert result_of(fault, FAIR) is result


def test_c03_a_facade_is_not_blamed_for_the_little_time_that_a_caller_gives_it() -> None:
    assert result_of(FacadeTimeout("late"), FAIR / 2) is Result.NOTHING


def test_c01_a_facade_is_tried_every_other_second_however_long_it_has_been_down() -> None:
    circuit, now = Circuit(Policy().at_the_hop().breaker, lambda: 1.0), 0.0
    waits = []
    while now < 3600:
        circuit.learn(circuit.admit(now), Result.FAILED, now)
        waits.append(circuit.refuses(now) or 0.0)
        now += waits[-1]
    assert max(waits) == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("said", "longest"),
    [
        (Breaker(open_time=10.0), 10.0),
        (Breaker(open_time=40.0), 30.0),
        (Breaker(max_open_time=1.2), 1.2),
    ],
)
def test_what_a_version_says_of_the_time_is_kept(said: Breaker, longest: float) -> None:
    assert Policy(breaker=said).at_the_hop().breaker.max_open_time == longest


def at_the_hop(method: str = "GET") -> Plan:
    policy = Policy().at_the_hop()
    version = a_version(destination=FACADE)
    plan = a_plan("http://facade", version=version, policy=policy)
    return Plan(
        version=version,
        action=plan.action,
        method=method,
        origin=plan.origin,
        target="/",
        headers=(),
        policy=policy,
    )


async def tries(*faults: Fault, others: int = 0) -> int:
    """How often a call is made that ends so each time, with so many more facades to go to."""

    async def sleep(_seconds: float) -> None:
        return None

    made = 1

    def untried() -> bool:
        return made <= others

    retries, plan = Retries(lambda: 0.0, lambda: 0.0, sleep), at_the_hop()
    attempts = retries.attempts(plan, retries.begin(plan), untried)
    while attempts.follows(faults[min(made, len(faults)) - 1]):
        await attempts.turn()
        made += 1
    return made


@pytest.mark.parametrize(
    ("fault", "number", "with_another"),
    [
        (FacadeUnavailable("refused"), 2, 3),
        (strange(404, Effect.NOT_EXECUTED), 2, 3),
        (FacadeUnavailable("cut", effect=Effect.UNKNOWN), 1, 1),
        (FacadeTimeout("late"), 1, 1),
        (relayed(FacadeUnavailable("no route")), 1, 1),
        (relayed(BackendUnreachable("x")), 1, 1),
        (relayed(BackendRateLimited("x")), 1, 1),
        (relayed(BreakerOpen("x")), 1, 1),
    ],
)
async def test_c07_c12_one_repeat_of_what_the_facade_never_got(
    fault: Fault, number: int, with_another: int
) -> None:
    assert await tries(fault) == number
    assert await tries(fault, others=1) == with_another


@pytest.mark.parametrize(
    ("fault", "rests"),
    [
        (FacadeUnavailable("refused"), True),
        (FacadeUnavailable("cut", effect=Effect.UNKNOWN), False),
        (relayed(BackendUnreachable("x")), False),
        (relayed(FacadeUnavailable("no route")), False),
    ],
)
def test_c01_a_facade_that_could_not_be_reached_is_tried_last(fault: Fault, *, rests: bool) -> None:
    version = a_version(destination=Destination(indirect=True, balancing=Balancing.FAILOVER))
    plan = a_plan("http://one", version=version, elsewhere=(("http://two", "/"),))
    now = [0.0]
    balance = Balance(lambda: now[0])
    route = balance.route(plan, lambda *_: False)
    route.stop(1.0)
    route.learn(fault)
    now[0] += 1.4
    assert balance.rests(plan, "http://one") is rests
    now[0] += 0.2  # it may be back, before the other one ends
    assert not balance.rests(plan, "http://one")


@pytest.mark.parametrize(("hop", "waits"), [(None, True), (Hop(), False)])
async def test_one_backends_pause_is_not_the_facades(hop: Hop | None, *, waits: bool) -> None:
    pacing = Pacing(lambda: 0.0, lambda: 0.0)
    limited = Reply(status=429, headers=(("retry-after", "60"),), body=b"", hop=hop)
    pacing.learn(at_the_hop(), limited)
    assert bool(pacing.pauses) is waits


@pytest.mark.parametrize("use", CacheUse)
async def test_the_cache_of_a_call_through_a_facade_is_the_facades(use: CacheUse) -> None:
    reply = Reply(status=200, headers=(), body=b"{}", hop=Hop(cache=CacheStatus.HIT))

    async def fetch(_fields: object) -> Reply:
        return reply

    async with a_client() as client:
        ask = Ask(plan=at_the_hop(), who="", use=use)
        assert (await client.cache.reply(ask, fetch, fetch)).reply is reply


async def test_somebody_elses_facade_has_no_cache_that_could_answer_alone() -> None:
    async def fetch(_fields: object) -> Reply:
        raise AssertionError

    there = Destination(indirect=True, mark="x-facade")
    plan = a_plan("http://x", version=a_version(destination=there), policy=Policy().at_the_hop())
    async with a_client() as client:
        with pytest.raises(NotCached):
            await client.cache.reply(Ask(plan=plan, who="", use=CacheUse.ONLY), fetch, fetch)


async def test_a_change_through_a_facade_makes_nothing_out_of_date_here() -> None:
    version = a_version(destination=FACADE, policy=Policy(cache=Caching(mode=CacheMode.HEADERS)))
    plan = a_plan("http://x", version=version, method="POST", policy=version.policy_of("get"))
    async with a_client() as client:
        client.cache.invalidate(plan, Reply(status=200, headers=(), body=b""))
        assert client.cache._changes == 0
