"""Laws of retries and breakers: whatever fails, and whenever calls come."""

import asyncio
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facade.errors.backend import BackendTimeout, BackendUnavailable, BackendUnreachable
from facade.errors.fault import Details, Effect, Fault
from facade.errors.service import BreakerOpen
from facade.model.action import Action
from facade.model.policy import Breaker, Policy, Retry
from facade.policy.breaker import PROBE_GAP, PROBES, Circuit, Result, State
from facade.policy.retry import LEAST_RETRIES, RATIO, SECONDS, Budget, Retries
from tests.fakes import a_plan

moments = st.floats(0.0, 3.0, allow_nan=False)


def answered(status: int, retry_after: float) -> Fault:
    facts = {"httpStatus": str(status)}
    details = Details(retry_after=retry_after, facts=facts)
    return BackendUnavailable("said", details=details, effect=Effect.EXECUTED)


faults = st.one_of(
    st.builds(lambda: BackendUnreachable("no")),
    st.builds(lambda: BreakerOpen("open")),
    st.builds(lambda: BackendTimeout("late")),
    st.builds(answered, st.sampled_from([500, 502, 503]), moments),
)


@given(
    st.lists(st.tuples(faults, moments), min_size=40, max_size=40),
    st.sampled_from(["GET", "POST"]),
    st.integers(1, 6),
    st.integers(1, 4),
    moments,
)
def test_tries_and_time_are_bounded_and_what_may_have_run_is_never_denied(
    failures: list[tuple[Fault, float]], method: str, most: int, servers: int, timeout: float
) -> None:
    now = [0.0]
    tries: list[Effect] = []
    policy = Policy(retry=Retry(max_attempts=most))
    action = Action(id="a", method=method, path="/", pointer="")
    plan = a_plan("http://x", action=action, policy=policy, timeout=timeout)

    async def sleep(seconds: float) -> None:
        now[0] += seconds

    async def call() -> None:
        retries = Retries(lambda: now[0], lambda: 0.5, sleep)
        attempts = retries.attempts(plan, retries.begin(plan), lambda: len(tries) < servers)
        left = plan.timeout
        while True:
            fault, seconds = failures[len(tries)]
            assert left > 0 or not tries
            now[0] += min(seconds, left)
            tries.append(fault.effect)
            if not attempts.follows(fault):
                raise fault
            left = await attempts.turn()

    with pytest.raises(Fault) as told:
        asyncio.run(call())
    acted = any(effect is not Effect.NOT_EXECUTED for effect in tries)
    assert acted == (told.value.effect is not Effect.NOT_EXECUTED)
    assert 1 <= len(tries) <= most + servers - 1
    assert now[0] <= timeout + 1e-9


@given(st.lists(st.tuples(st.floats(0.0, 0.7), st.booleans()), max_size=300))
def test_r07_within_any_second_retries_are_a_tenth_of_the_calls_or_three(
    pattern: list[tuple[float, bool]],
) -> None:
    budget, now = Budget(), 0.0
    calls: list[float] = []
    retries: list[float] = []
    for pause, is_call in pattern:
        now += pause if pause > 0.6 else pause / 100
        if is_call:
            budget.count(now)
            calls.append(now)
        elif budget.take(now):
            retries.append(now)
            within = [each for each in calls if each > now - SECONDS]
            spent = [each for each in retries if each > now - SECONDS]
            assert len(spent) <= max(LEAST_RETRIES, RATIO * len(within))


steps = st.one_of(
    st.tuples(st.just("wait"), st.floats(0.0, 40.0)),
    st.tuples(st.just("call"), st.none()),
    st.tuples(st.just("end"), st.tuples(st.sampled_from(Result), st.integers(0, 9))),
)


@given(st.lists(steps, max_size=200), st.floats(0.0, 1.0))
def test_whatever_calls_do_a_breaker_lets_few_through_while_it_is_not_closed_and_always_some_again(
    pattern: list[tuple[str, Any]], random: float
) -> None:
    policy = Breaker(consecutive_failures=2, minimum_calls=4, open_time=0.1)
    circuit, now = Circuit(policy, lambda: random), 0.0
    under_way: list[tuple[int, State]] = []
    first_probes: list[float] = []
    for step, value in pattern:
        if step == "wait":
            now += value
        elif step == "end" and under_way:
            era, _ = under_way.pop(value[1] % len(under_way))
            circuit.learn(era, value[0], now)
        elif step == "call" and circuit.refuses(now) is None:
            under_way.append((circuit.admit(now), circuit.state))
            if circuit.state is State.HALF_OPEN and circuit.step == 0:
                first_probes.append(now)
        if circuit.state is State.CLOSED:
            first_probes.clear()
        probes = under_way.count((circuit.era, State.HALF_OPEN))
        assert probes <= max(PROBES)
        assert all(b - a >= PROBE_GAP * 0.999 for a, b in pairwise(first_probes))
    for era, _ in under_way:
        circuit.learn(era, Result.NOTHING, now)
    assert circuit.refuses(now + policy.max_open_time + PROBE_GAP) is None
