"""A server's breaker: when it opens, what it lets through then, and when it closes."""

import asyncio
from itertools import count, pairwise
from typing import Any

import pytest

from facade.errors.backend import (
    BackendBadResponse,
    BackendError,
    BackendNotFound,
    BackendRateLimited,
    BackendRejected,
    BackendTimeout,
    BackendTls,
    BackendUnavailable,
    BackendUnreachable,
    ResponseTooLarge,
)
from facade.errors.caller import InvalidParameters
from facade.errors.fault import Details, Effect
from facade.errors.service import BreakerOpen, Overloaded
from facade.model.call import Caller, Plan
from facade.model.names import VersionName
from facade.model.policy import Breaker, Policy
from facade.model.server import server_of
from facade.model.version import Destination
from facade.policy.breaker import FAIR, IDLE, PROBE_GAP, Breakers, Circuit, Result, State, result_of
from tests.fakes import a_plan, a_version

FIVE_HUNDRED = BackendError("500", details=Details(facts={"httpStatus": "500"}))


def a_circuit(**fields: Any) -> Circuit:
    return Circuit(Breaker(**fields), lambda: 0.5)


def call(circuit: Circuit, now: float, result: Result) -> bool:
    """Makes one call that ends at once; answers whether it was let through."""
    if circuit.refuses(now) is not None:
        return False
    circuit.learn(circuit.admit(now), result, now)
    return True


def an_open_circuit(now: float = 0.0, **fields: Any) -> Circuit:
    circuit = a_circuit(**fields)
    for _ in range(5):
        call(circuit, now, Result.FAILED)
    assert circuit.state is State.OPEN
    return circuit


def said(kind: type[Any], status: int = 0, effect: Effect | None = None) -> Any:
    facts = {"httpStatus": str(status)} if status else {}
    return kind("said", details=Details(facts=facts), effect=effect)


@pytest.mark.parametrize(
    ("error", "result"),
    [
        (said(BackendError, 500), Result.FAILED),
        (said(BackendUnavailable, 503), Result.FAILED),
        (said(BackendRateLimited, 507), Result.FAILED),
        (said(BackendUnreachable), Result.FAILED),
        (said(BackendTls), Result.FAILED),
        (said(BackendTimeout), Result.FAILED),
        (said(BackendTimeout, 200), Result.FAILED),
        (said(BackendUnavailable, 200), Result.FAILED),
        (said(BackendBadResponse), Result.FAILED),
        (said(BackendRateLimited, 429), Result.ALIVE),
        (said(BackendTimeout, 408), Result.ALIVE),
        (said(BackendUnavailable, 425), Result.ALIVE),
        (said(BackendNotFound, 404), Result.ALIVE),
        (said(BackendRejected, 200), Result.ALIVE),
        (said(ResponseTooLarge, 200), Result.ALIVE),
        (InvalidParameters("ours"), Result.NOTHING),
        (Overloaded("ours"), Result.NOTHING),
        (asyncio.CancelledError(), Result.NOTHING),
        (ValueError("a bug"), Result.NOTHING),
    ],
)
def test_what_a_failure_says_of_its_server(error: BaseException, result: Result) -> None:
    assert result_of(error, FAIR) is result


def test_a_server_is_not_blamed_for_the_little_time_that_a_caller_gives_it() -> None:
    assert result_of(BackendTimeout("late"), FAIR / 2) is Result.NOTHING
    assert result_of(BackendTimeout("late"), FAIR) is Result.FAILED
    said = BackendTimeout("said so", details=Details(facts={"httpStatus": "504"}))
    assert result_of(said, FAIR / 2) is Result.FAILED


def test_failures_in_a_row_open_it() -> None:
    circuit = a_circuit(consecutive_failures=3, minimum_calls=1000)
    for result in (Result.FAILED, Result.FAILED, Result.ALIVE, Result.FAILED, Result.FAILED):
        assert call(circuit, 0.0, result)
    assert circuit.refuses(0.0) is None
    assert call(circuit, 0.0, Result.FAILED)
    assert circuit.state is State.OPEN
    assert not call(circuit, 0.5, Result.ALIVE)


def test_a_share_of_failures_opens_it_once_there_are_enough_calls() -> None:
    circuit = a_circuit(consecutive_failures=99, failure_ratio=0.5, minimum_calls=20)
    results = [Result.FAILED, Result.ALIVE] * 9 + [Result.FAILED]
    for result in results:
        call(circuit, 0.0, result)
    assert circuit.refuses(0.0) is None
    call(circuit, 0.0, Result.FAILED)
    assert circuit.state is State.OPEN


def test_calls_before_the_window_no_longer_count() -> None:
    circuit = a_circuit(consecutive_failures=99, minimum_calls=20, window=10.0)
    for _ in range(19):
        call(circuit, 0.0, Result.FAILED)
    call(circuit, 10.5, Result.FAILED)
    assert circuit.state is State.CLOSED


def test_it_closes_after_one_probe_and_then_three() -> None:
    circuit = an_open_circuit(open_time=1.0)
    assert circuit.refuses(0.9) == pytest.approx(0.1)
    assert circuit.refuses(1.0) is None
    first = circuit.admit(1.0)
    assert circuit.refuses(1.0) == PROBE_GAP
    circuit.learn(first, Result.ALIVE, 1.1)
    eras = []
    while circuit.refuses(1.1) is None:
        eras.append(circuit.admit(1.1))
    assert len(eras) == 3
    for era in eras:
        assert circuit.state is State.HALF_OPEN
        circuit.learn(era, Result.ALIVE, 1.2)
    assert circuit.state is State.CLOSED
    assert circuit.refuses(1.2) is None


def test_failed_probes_lengthen_the_open_time_to_a_share_of_the_outage_and_to_its_bound() -> None:
    circuit = an_open_circuit(open_time=1.0, max_open_time=30.0)
    now, gaps = 0.0, []
    while now < 4000.0:
        gaps.append(circuit.opens - now)
        now = circuit.opens
        call(circuit, now, Result.FAILED)
    assert gaps[:20] == [1.0] * 20
    assert gaps[-1] == pytest.approx(30.0)
    assert [round(each, 6) for each in gaps] == sorted(round(each, 6) for each in gaps)


def test_r06_whoever_returns_within_a_minute_is_probed_within_four_seconds() -> None:
    circuit = Circuit(Breaker(), lambda: 1.0)
    for _ in range(5):
        call(circuit, 0.0, Result.FAILED)
    while circuit.opens < 60.0:
        now = circuit.opens
        call(circuit, now, Result.FAILED)
        assert circuit.opens - now <= 4.0


@pytest.mark.parametrize("first", range(10))
def test_d39_a_server_that_comes_and_goes_by_the_second_is_met_while_it_is_up(first: int) -> None:
    dice = (each * 7 % 10 / 10 for each in count(first))
    circuit, ticks = Circuit(Breaker(), lambda: next(dice)), [at / 40 for at in range(480)]
    ups = [at for at in ticks if at % 2.0 < 1.0]
    met = [
        at
        for at in ticks
        if call(circuit, at, Result.ALIVE if at in ups else Result.FAILED) and at in ups
    ]
    assert len(met) >= 0.4 * len(ups)


def test_open_times_are_a_fifth_shorter_or_longer() -> None:
    opens = []
    for random in (lambda: 0.0, lambda: 1.0):
        circuit = Circuit(Breaker(open_time=10.0), random)
        for _ in range(5):
            call(circuit, 0.0, Result.FAILED)
        opens.append(circuit.opens)
    assert opens == pytest.approx([8.0, 12.0])


def test_probes_that_fail_are_a_second_apart_however_short_the_open_time_is() -> None:
    circuit = an_open_circuit(open_time=0.01)
    ticks = [at / 64 for at in range(640)]
    probes = [at for at in ticks if call(circuit, at, Result.FAILED)]
    assert probes[0] < 0.1
    assert min(later - each for each, later in pairwise(probes)) >= PROBE_GAP


def test_a_cancelled_probe_frees_its_place_and_says_nothing() -> None:
    circuit = an_open_circuit(open_time=1.0)
    assert call(circuit, 1.0, Result.NOTHING)
    assert circuit.refuses(1.5) == 0.5
    assert call(circuit, 2.0, Result.ALIVE)
    for _ in range(3):
        circuit.learn(circuit.admit(2.0), Result.NOTHING, 2.0)
    assert (circuit.state, circuit.running) == (State.HALF_OPEN, 0)
    for _ in range(3):
        assert call(circuit, 2.0, Result.ALIVE)
    assert circuit.state is State.CLOSED


def test_a_call_of_an_earlier_era_changes_nothing() -> None:
    circuit = a_circuit()
    late = [circuit.admit(0.0) for _ in range(3)]
    for _ in range(5):
        call(circuit, 0.0, Result.FAILED)
    probe = circuit.admit(1.0)
    for era, result in zip(late, Result, strict=True):
        circuit.learn(era, result, 1.0)
    assert (circuit.state, circuit.running, circuit.passed) == (State.HALF_OPEN, 1, 0)
    circuit.learn(probe, Result.ALIVE, 1.0)
    assert circuit.passed + circuit.step == 1


def end(breakers: Breakers, plan: Plan, error: BaseException | None = None) -> None:
    """Lets a call through that ends at once."""
    passage = breakers.admit(plan, server_of(plan))
    if passage is not None:
        passage.learn(error)


def fail(breakers: Breakers, plan: Plan, times: int = 5) -> None:
    for _ in range(times):
        end(breakers, plan, FIVE_HUNDRED)


@pytest.mark.parametrize(
    ("destination", "server"), [(Destination(), "backend"), (Destination(indirect=True), "facade")]
)
def test_an_open_breaker_says_which_server_fails_and_when_to_come_again(
    destination: Destination, server: str
) -> None:
    breakers = Breakers(lambda: 0.0, lambda: 0.5)
    plan = a_plan("http://x", version=a_version(destination=destination))
    fail(breakers, plan)
    assert breakers.is_open(plan, "http://x")
    with pytest.raises(BreakerOpen) as refusal:
        breakers.admit(plan, server_of(plan))
    assert refusal.value.message.startswith(f"the {server} that is called fails")
    assert refusal.value.details.retry_after == 1.0
    assert refusal.value.effect is Effect.NOT_EXECUTED


def test_a_stream_that_goes_on_holds_up_no_probe_and_its_end_counts_no_more() -> None:
    now = [0.0]
    breakers, plan = Breakers(lambda: now[0], lambda: 0.5), a_plan("http://x")
    fail(breakers, plan)
    now[0] = 1.0
    (circuit,) = breakers._circuits.values()
    passage = breakers.admit(plan, server_of(plan))
    assert passage is not None
    passage.learn(None)
    assert (circuit.step, circuit.running) == (1, 0)
    passage.learn(None)
    passage.learn(FIVE_HUNDRED)
    assert (circuit.step, circuit.refuses(1.0)) == (1, None)


def test_servers_versions_and_connections_have_breakers_of_their_own() -> None:
    breakers = Breakers(lambda: 0.0)
    fail(breakers, a_plan("http://x"))
    other = a_version(name=VersionName(connector="shop", version="v2"))
    for plan in (
        a_plan("http://y"),
        a_plan("http://x", version=other),
        a_plan("http://x", caller=Caller(connection="c")),
        a_plan("http://x", caller=Caller(tenant="t")),
    ):
        assert not breakers.is_open(plan, plan.origin)
        end(breakers, plan)
    assert breakers.is_open(a_plan("http://y"), "http://x")


def test_without_a_breaker_nothing_is_counted() -> None:
    breakers = Breakers(lambda: 0.0)
    plan = a_plan("http://x", policy=Policy(breaker=Breaker(enabled=False)))
    fail(breakers, plan, times=50)
    assert not breakers.is_open(plan, "http://x")
    assert not breakers._circuits


def test_servers_without_calls_are_forgotten() -> None:
    now = [0.0]
    breakers = Breakers(lambda: now[0])
    fail(breakers, a_plan("http://x"))
    now[0] = IDLE + 1
    end(breakers, a_plan("http://y"))
    assert [key[-1] for key in breakers._circuits] == ["http://y"]
