"""The limits of one process, by a clock that the tests turn."""

import tracemalloc
from collections.abc import Sequence
from typing import Any

import pytest

from facade.errors.fault import Code
from facade.errors.service import QuotaExceeded
from facade.model.call import Caller, Plan
from facade.model.policy import Limit, Policy, Scope
from facade.policy.limits.admission import Limits
from facade.policy.limits.arrivals import Arrivals
from facade.policy.limits.charge import charge_of, parse_limit
from facade.policy.limits.gcra import SECOND, Rate
from facade.sealing import Seal
from facade.stores.alone import Alone
from facade.stores.shared import Script
from tests.fakes import a_plan

SEAL = Seal([b"k" * 32])
ALICE = Caller(tenant="acme", connection="eu", subject="alice")
HUNDRED = Limit(calls=100, burst=20)


class Clock:
    """Stands where it is put."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Gone(Alone):
    """A store that others share, and that does not answer."""

    alone = False
    peers = 4


class Says(Gone):
    """A store that answers with whatever it was given, or does not."""

    def __init__(self, *replies: Any) -> None:
        super().__init__()
        self.replies = list(replies)
        self.asked = 0

    async def run(self, script: Script, keys: Sequence[str], args: Sequence[bytes | str]) -> Any:
        self.asked += 1
        if not self.replies:
            return await super().run(script, keys, args)
        reply = self.replies.pop(0)
        return [args[0], *reply] if isinstance(reply, tuple) else reply


def plan(*limits: Limit, caller: Caller = ALICE, **policy: Any) -> Plan:
    return a_plan("https://x.test", caller=caller, policy=Policy(limits=limits, **policy))


async def enters(limits: Limits, given: Plan) -> bool:
    try:
        async with limits.admitted(given, 0.0):
            return True
    except QuotaExceeded:
        return False


async def refusal(limits: Limits, given: Plan) -> QuotaExceeded:
    with pytest.raises(QuotaExceeded) as refused:
        async with limits.admitted(given, 0.0):
            pass
    return refused.value


async def test_j01_offered_ten_times_the_limit_one_process_admits_the_limit_to_the_call() -> None:
    clock = Clock()
    limits, given, admitted = Limits(Alone(), SEAL, clock=clock), plan(HUNDRED), 0
    for milliseconds in range(10_001):
        clock.now = 1000 + milliseconds / 1000
        admitted += await enters(limits, given)
    assert admitted == 100 * 10 + 20


async def test_where_no_limit_applies_nothing_is_told_and_nothing_kept() -> None:
    limits = Limits(Alone(), SEAL)
    async with limits.admitted(plan(), 0.0) as standing:
        assert standing.headers == {}
    assert len(limits._own) == 0


async def test_a_call_learns_how_it_stands_and_when_it_may_come_again() -> None:
    limits, given = Limits(Alone(), SEAL, clock=Clock()), plan(Limit(calls=2, period=30.0))
    async with limits.admitted(given, 0.0) as standing:
        assert standing.headers == {
            "ratelimit-policy": '"connector";q=2;w=30',
            "ratelimit": '"connector";r=1;t=15',
        }
    assert await enters(limits, given)
    refused = await refusal(limits, given)
    assert refused.message == "used up: connector:shop (2 calls in 30 s)"
    assert refused.status is Code.RESOURCE_EXHAUSTED
    assert refused.details.retry_after == 15.0
    assert refused.details.headers["ratelimit"] == '"connector";r=0;t=15'
    assert [each.subject for each in refused.details.quotas] == ["connector:shop"]


async def test_j14_every_limit_that_refused_is_named_and_the_others_are_not_charged() -> None:
    clock = Clock()
    limits = Limits(Alone(), SEAL, "4/1s", clock)
    tight = plan(
        Limit(calls=9, burst=5),
        Limit(scope=Scope.SUBJECT, calls=1, period=2.0),
        Limit(scope=Scope.ACTION, calls=1, period=60.0),
        caller=Caller(tenant="acme", subject="alice@a-very-long-name.test"),
    )
    assert await enters(limits, tight)
    for _ in range(20):
        refused = await refusal(limits, tight)
    assert [each.subject for each in refused.details.quotas] == [
        "subject:alice@a-very-lon…",
        "action:get",
    ]
    assert refused.details.retry_after == 60.0
    assert refused.message == (
        "used up: subject:alice@a-very-lon… (1 call in 2 s); action:get (1 call in 60 s)"
    )
    assert refused.details.headers == {
        "ratelimit-policy": '"tenant";q=4;w=1, "connector";q=9;w=1, "subject";q=1;w=2, '
        '"action";q=1;w=60',
        "ratelimit": '"tenant";r=3;t=1, "connector";r=4;t=1, "subject";r=0;t=2, "action";r=0;t=60',
    }
    others = plan(Limit(calls=9, burst=5), caller=Caller(tenant="acme", subject="bob"))
    assert [await enters(limits, others) for _ in range(4)] == [True] * 3 + [False]


@pytest.mark.parametrize(
    ("scope", "together", "apart"),
    [
        (Scope.CONNECTOR, Caller(tenant="other"), None),
        (Scope.ACTION, Caller(tenant="other"), None),
        (Scope.TENANT, Caller(tenant="acme", subject="bob"), Caller(tenant="other")),
        (Scope.CONNECTION, Caller(tenant="acme", connection="eu"), Caller(tenant="acme")),
        (Scope.CONNECTION, ALICE, Caller(tenant="other", connection="eu")),
        (Scope.SUBJECT, ALICE, Caller(tenant="acme", connection="eu")),
        (Scope.SUBJECT, ALICE, Caller(tenant="acme", connection="us", subject="alice")),
        (Scope.SUBJECT, ALICE, Caller(tenant="other", subject="alice")),
    ],
)
async def test_each_scope_counts_whom_it_names(
    scope: Scope, together: Caller, apart: Caller | None
) -> None:
    limits, limit = Limits(Alone(), SEAL, clock=Clock()), Limit(scope=scope, calls=1)
    assert await enters(limits, plan(limit))
    assert not await enters(limits, plan(limit, caller=together))
    assert apart is None or await enters(limits, plan(limit, caller=apart))


async def test_a_changed_figure_starts_anew() -> None:
    limits = Limits(Alone(), SEAL, clock=Clock())
    for figures in (
        {"calls": 1},
        {"calls": 2},
        {"calls": 1, "period": 2.0},
        {"calls": 1, "burst": 1},
    ):
        assert await enters(limits, plan(Limit(**figures)))


async def test_j04_no_call_dodges_its_limit_by_what_it_sends_beside() -> None:
    limits, limit = Limits(Alone(), SEAL, clock=Clock()), Limit(scope=Scope.SUBJECT, calls=1)
    told = [
        a_plan(
            "https://x.test",
            caller=ALICE,
            policy=Policy(limits=(limit,)),
            metadata={"x-forwarded-for": str(each)},
            headers=(("X-Try", str(each)),),
            request_id=str(each),
        )
        for each in range(50)
    ]
    assert [await enters(limits, each) for each in told] == [True] + [False] * 49


def test_j04_a_hundred_thousand_keys_take_two_hundred_bytes_each_and_no_more_are_kept() -> None:
    arrivals, rate = Arrivals(), Rate(calls=100, period=SECOND, burst=100)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for each in range(40_000):
        arrivals.note([rate.step(f"{{{0:012x}}}{each:024x}", 1)], 10**12, [SECOND])
    size = (tracemalloc.get_traced_memory()[0] - before) / len(arrivals)
    tracemalloc.stop()
    assert size <= 200
    for each in range(40_000, 150_000):
        arrivals.note([rate.step(f"{{{0:012x}}}{each:024x}", 1)], 10**12, [SECOND])
    assert len(arrivals) <= 100_000


async def test_j10_while_the_store_is_gone_each_process_has_its_share() -> None:
    clock, given = Clock(), plan(HUNDRED)
    processes = [Limits(Gone(), SEAL, clock=clock) for _ in range(4)]
    admitted = 0
    for milliseconds in range(0, 5001, 2):
        clock.now = 1000 + milliseconds / 1000
        admitted += sum([await enters(each, given) for each in processes])
    assert 500 <= admitted <= 500 + 20


async def test_j10_a_share_lets_at_least_one_call_through() -> None:
    limits, given = Limits(Gone(), SEAL, clock=Clock()), plan(Limit(calls=1), cost=1)
    assert [await enters(limits, given) for _ in range(3)] == [True, False, False]


async def test_j10_what_the_store_said_last_counts_when_it_is_gone() -> None:
    limits = Limits(Says((1, 990_000, 0)), SEAL, clock=Clock())
    given = plan(Limit(calls=100))
    assert [await enters(limits, given) for _ in range(3)] == [True, False, False]


async def test_j02_what_was_refused_is_not_asked_again_before_its_time() -> None:
    clock, store = Clock(), Says((0, 200_000, 0), (1, 200_000, 0))
    limits, given = Limits(store, SEAL, clock=clock), plan(HUNDRED)
    for _ in range(100):
        refused = await refusal(limits, given)
    assert (refused.details.retry_after, store.asked) == (0.01, 1)
    clock.now += 0.0101
    assert await enters(limits, given)
    assert store.asked == 2


@pytest.mark.parametrize(
    "reply",
    [
        None,
        7,
        b"OK",
        [],
        [b"another call's", 1, 0, 0],
        (1,),
        (1, 0),
        (1, 0, 0, 0),
        (1, b"0", 0),
        (1, None, 0),
        (True, 0, 0),
        ([1], 0, 0),
        (1, -1, 0),
        (1, 10**15, 0),
    ],
)
async def test_f09_j13_an_answer_that_is_not_to_this_call_is_as_if_the_store_were_gone(
    reply: Any,
) -> None:
    limits = Limits(Says(*[reply] * 50), SEAL, clock=Clock())
    given = plan(Limit(calls=100, burst=40))
    assert [await enters(limits, given) for _ in range(50)] == [True] * 10 + [False] * 40


@pytest.mark.parametrize(
    ("text", "calls", "period"),
    [("1000/1s", 1000, 1.0), ("5/200ms", 5, 0.2), ("10/2m", 10, 120.0), ("99/24h", 99, 86_400.0)],
)
def test_the_operators_limit_is_parsed(text: str, calls: int, period: float) -> None:
    assert parse_limit(text) == (Limit(scope=Scope.TENANT, calls=calls, period=period),)
    assert parse_limit("") == ()


@pytest.mark.parametrize("text", ["0/1s", "1/0s", "1000", "1/1d", "-1/1s", "1e9/1s", " 1/1s"])
def test_j06_an_operators_limit_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="CALLS/TIME"):
        parse_limit(text)


async def test_the_operators_limit_holds_over_all_connectors_of_a_tenant() -> None:
    limits, given = Limits(Alone(), SEAL, "3/1s", Clock()), plan()
    assert [await enters(limits, given) for _ in range(4)] == [True] * 3 + [False]
    assert await enters(limits, plan(caller=Caller(tenant="other")))
    refused = await refusal(limits, given)
    assert refused.message == "used up: tenant:acme (3 calls in 1 s, over all connectors)"
    nobody = plan(caller=Caller())
    assert [await enters(limits, nobody) for _ in range(3)] == [True] * 3
    assert (await refusal(limits, nobody)).details.quotas[0].subject == "tenant"


@pytest.mark.parametrize("operators", ["", "3/1s"])
def test_the_keys_of_a_call_share_a_slot_and_tell_nothing(operators: str) -> None:
    given = plan(*(Limit(scope=scope, calls=3) for scope in Scope))
    keys = charge_of(given, parse_limit(operators), SEAL.name).keys
    assert len({key.partition("}")[0] for key in keys}) == 1
    assert len(set(keys)) == len(Scope) + bool(operators)
    assert not any(word in key for key in keys for word in ("acme", "alice", "shop", "eu"))


def test_limits_of_one_scope_have_names_of_their_own() -> None:
    given = plan(
        Limit(calls=5), Limit(calls=9, period=60.0), Limit(calls=5), Limit(calls=1, period=0.5)
    )
    told = charge_of(given, (), SEAL.name).told
    said = told.admitted([0, 0, 0])["ratelimit-policy"]
    assert said == '"connector";q=5;w=1, "connector-2";q=9;w=60, "connector-3";q=2;w=1'
