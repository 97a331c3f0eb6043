"""What holds for every limit and every arrival of calls."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from fractions import Fraction

import pytest
import redis
from hypothesis import given, settings
from hypothesis import strategies as st

from facade.policy.limits.arrivals import Arrivals
from facade.policy.limits.fields import Told
from facade.policy.limits.gcra import SECOND, Rate, decide
from facade.policy.limits.script import answer, arguments, take_script
from tests.servers import RedisServer

RATES = st.builds(
    Rate,
    calls=st.integers(1, 1000),
    period=st.integers(1, 60 * SECOND),
    burst=st.integers(1, 50),
)

STEPS = st.lists(st.tuples(st.integers(0, 3 * SECOND), st.integers(1, 60)), max_size=80)
"""Calls: microseconds since the one before, and the cost."""

WHENEVER = (
    take_script()
    .source.replace("redis.call('TIME')", "{ARGV[#ARGV - 1], ARGV[#ARGV]}")
    .replace(", 'PX', string.format('%.0f', math.floor(whole / 1000) + 2)", "")
)
"""The script by a clock that the test turns; what it keeps does not go by the server's either."""


def admitted(rates: Sequence[Rate], steps: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """When calls were admitted, and what they cost; none costs more than a burst."""
    arrivals, now = Arrivals(), 0
    keys = [str(each) for each in range(len(rates))]
    most = min(rate.burst for rate in rates)
    for step, cost in steps:
        now += step
        leads = arrivals.leads(keys, rates, now)
        verdict = decide(rates, leads, min(cost, most))
        if verdict.wait:
            assert list(verdict.leads) == leads
        else:
            charged = [rate.step(key, 1) for key, rate in zip(keys, rates, strict=True)]
            arrivals.note(charged, now, verdict.leads)
            yield now, min(cost, most)


@given(st.lists(RATES, min_size=1, max_size=3), STEPS)
def test_no_time_however_long_sees_more_than_the_burst_and_the_rate(
    rates: list[Rate], steps: list[tuple[int, int]]
) -> None:
    taken = list(admitted(rates, steps))
    for first, (begin, _) in enumerate(taken):
        cost = 0
        for now, each in taken[first:]:
            cost += each
            for rate in rates:
                assert cost <= rate.burst + Fraction((now - begin) * rate.calls, rate.period)


@given(st.lists(RATES, min_size=1, max_size=3), STEPS)
def test_a_call_that_is_due_is_taken_and_told_as_it_would_be_decided(
    rates: list[Rate], steps: list[tuple[int, int]]
) -> None:
    quick, slow, now = Arrivals(), Arrivals(), 1_700_000_000 * SECOND
    keys = [str(each) for each in range(len(rates))]
    told = Told(keys, rates)
    for step, cost in steps:
        now += step
        verdict = decide(rates, slow.leads(keys, rates, now), cost)
        charged = [rate.step(key, cost) for key, rate in zip(keys, rates, strict=True)]
        assert quick.due(charged, now) == (not verdict.wait)
        leads = quick.take(charged, now)
        assert leads == ([] if verdict.wait else list(verdict.leads))
        if leads:
            slow.note(charged, now, verdict.leads)
            assert told.admitted(leads) == told.of(verdict)


@given(RATES, st.integers(0, 10**12), st.integers(1, 50))
def test_a_refused_call_is_due_when_it_was_told_and_not_a_microsecond_before(
    rate: Rate, lead: int, cost: int
) -> None:
    wait = rate.wait(lead, cost)
    assert rate.wait(max(lead - wait * rate.calls, 0), cost) == 0
    if wait:
        assert rate.wait(lead - (wait - 1) * rate.calls, cost) == 1


@given(RATES, st.integers(0, 10**12))
def test_as_many_calls_as_remain_are_admitted_at_once_and_no_more(rate: Rate, lead: int) -> None:
    remaining = rate.remaining(lead)
    assert remaining == 0 or rate.wait(lead, remaining) == 0
    assert rate.wait(lead, remaining + 1) > 0 or remaining == rate.burst


@pytest.fixture
def client(redis_server: RedisServer) -> Iterator["redis.Redis"]:
    with redis.Redis(unix_socket_path=str(redis_server.socket)) as made:
        yield made


def test_the_store_decides_as_a_process_does(client: "redis.Redis") -> None:
    assert not {"TIME", "PX"} & set(WHENEVER.split("'"))
    script = client.register_script(WHENEVER)

    @settings(max_examples=300)
    @given(st.lists(RATES, min_size=1, max_size=3), STEPS)
    def agree(rates: list[Rate], steps: list[tuple[int, int]]) -> None:
        keys = [f"law:{each}" for each in range(len(rates))]
        client.delete(*keys)
        arrivals, now = Arrivals(), 1_700_000_000 * SECOND
        most = min(rate.burst for rate in rates)
        for step, cost in steps:
            now += step
            figures = arguments(rates, min(cost, most))
            reply = script(keys=keys, args=["n", *figures, *divmod(now, SECOND)])
            verdict = decide(rates, arrivals.leads(keys, rates, now), min(cost, most))
            own = zip(keys, rates, strict=True)
            charged = [rate.step(key, min(cost, most)) for key, rate in own]
            arrivals.note(charged, now, verdict.leads)
            assert answer(reply, b"n", charged) == (
                not verdict.wait,
                list(verdict.leads),
            )

    agree()


TURNS = (
    datetime(2028, 1, 1, tzinfo=UTC),
    datetime(2028, 2, 29, tzinfo=UTC),
    datetime(2028, 3, 1, tzinfo=UTC),
    datetime(2028, 3, 26, 1, tzinfo=UTC),
    datetime(2028, 10, 29, 1, tzinfo=UTC),
)
"""Ends of months, and changes of Berlin's clock."""


@pytest.mark.parametrize("turn", TURNS, ids=str)
def test_j09_the_store_counts_each_call_once_over_the_end_of_a_month(
    client: "redis.Redis", turn: datetime
) -> None:
    script = client.register_script(WHENEVER)
    month = Rate(calls=100, period=31 * 86_400 * SECOND, burst=100)
    client.delete("law:month")
    begin = int(turn.timestamp() * SECOND) - 50 * SECOND
    figures = arguments([month], 1)
    said = [
        script(keys=["law:month"], args=["n", *figures, *divmod(begin + each * SECOND, SECOND)])
        for each in range(200)
    ]
    told = [answer(each, b"n", [month.step("law:month", 1)]) for each in said]
    admitted = [each is not None and each[0] for each in told]
    assert admitted == 100 * [True] + 100 * [False]
    last = told[-1]
    assert last is not None
    assert month.wait(last[1][0], 1) == (26_784 - 199) * SECOND
