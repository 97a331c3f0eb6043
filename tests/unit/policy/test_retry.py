"""When a failed try is followed by another, and when."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from facade.errors.backend import (
    BackendBadResponse,
    BackendError,
    BackendRateLimited,
    BackendTimeout,
    BackendTls,
    BackendUnavailable,
    BackendUnreachable,
    ResponseTooLarge,
)
from facade.errors.caller import InvalidParameters
from facade.errors.fault import Details, Effect, Fault
from facade.errors.service import BackendPaused, BreakerOpen, DeadlineExceeded, Overloaded
from facade.guards import Servers
from facade.model.action import Action
from facade.model.call import Plan
from facade.model.policy import Policy, Retry
from facade.policy.retry import LEAST_RETRIES, RATIO, ROOM, Budget, Retries
from tests.fakes import a_plan


@dataclass
class Clock:
    """A clock that only sleeping moves, and that knows how long it slept."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def plan(method: str = "GET", *, request_id: str = "", timeout: float = 10.0, **retry: Any) -> Plan:
    action = Action(id="a", method=method, path="/", pointer="")
    policy = Policy(retry=Retry(**retry))
    return a_plan("http://x", action=action, policy=policy, request_id=request_id, timeout=timeout)


def status(number: int, *, retry_after: float | None = None) -> Fault:
    kind = {429: BackendRateLimited, 408: BackendTimeout, 500: BackendError}
    details = Details(retry_after=retry_after, facts={"httpStatus": str(number)})
    made = kind.get(number, BackendUnavailable)
    return made("said", details=details, effect=Effect.EXECUTED)


@dataclass
class Run:
    """What became of one call."""

    tries: int = 0
    told: Fault | None = None
    clock: Clock = field(default_factory=Clock)
    left: list[float] = field(default_factory=list)


async def call(
    given: Plan, *faults: Fault, untried: int = 0, repeatable: bool = True, takes: float = 0.0
) -> Run:
    """Calls a backend whose tries fail as given and then succeed."""
    run = Run()
    retries = Retries(run.clock, lambda: 1.0, run.clock.sleep)

    def more() -> bool:
        return run.tries <= untried

    attempts = retries.attempts(given, retries.begin(given), more, repeatable=repeatable)
    run.left.append(given.timeout)
    while True:
        run.tries += 1
        assert attempts.number == run.tries
        run.clock.now += takes
        if run.tries > len(faults):
            return run
        fault = faults[run.tries - 1]
        if not attempts.follows(fault):
            run.told = fault
            return run
        run.left.append(await attempts.turn())


UNSENT = BackendUnreachable("no")


def cut(effect: Effect) -> Fault:
    return BackendUnavailable("cut", effect=effect)


@pytest.mark.parametrize(
    ("fault", "get", "post"),
    [
        (BackendUnreachable, True, True),
        (lambda _: status(503), True, False),
        (lambda _: status(429), True, False),
        (lambda _: status(408), True, False),
        (lambda _: status(500), False, False),
        (lambda _: status(404), False, False),
        (lambda _: cut(Effect.UNKNOWN), True, False),
        (lambda _: cut(Effect.EXECUTED), True, False),
        (BackendTimeout, True, False),
        (BackendTls, False, False),
        (BackendBadResponse, False, False),
        (ResponseTooLarge, False, False),
        (BreakerOpen, False, False),
        (Overloaded, False, False),
        (BackendPaused, False, False),
        (DeadlineExceeded, False, False),
        (InvalidParameters, False, False),
    ],
)
async def test_d01_d03_d04_what_is_repeated(
    fault: Callable[[str], Fault], *, get: bool, post: bool
) -> None:
    keyed = plan("POST", request_id="r", idempotency_header="Idempotency-Key")
    for given, again in ((plan(), get), (plan("POST"), post), (keyed, get)):
        run = await call(given, fault("said"))
        assert (run.tries, run.told is None) == ((2, True) if again else (1, False))


async def test_a_request_id_alone_does_not_make_a_repeat_harmless_to_the_backend() -> None:
    assert (await call(plan("POST", request_id="r"), status(503))).tries == 1
    assert (await call(plan("POST", idempotency_header="Key"), status(503))).tries == 1


@pytest.mark.parametrize("most", [1, 2, 5])
async def test_there_are_no_more_tries_than_the_policy_says(most: int) -> None:
    run = await call(plan(max_attempts=most), *[status(503)] * 9)
    assert run.tries == min(most, 1 + LEAST_RETRIES)


async def test_statuses_are_those_of_the_policy() -> None:
    assert (await call(plan(statuses=(500,)), status(500))).tries == 2
    assert (await call(plan(statuses=(500,)), status(503))).tries == 1


async def test_pauses_double_up_to_their_bound() -> None:
    given = plan(max_attempts=4, initial_backoff=1.0, max_backoff=3.0)
    assert (await call(given, *[status(503)] * 3)).clock.slept == [1.0, 2.0, 3.0]


async def test_a_pause_is_anything_up_to_its_bound() -> None:
    clock = Clock()
    retries = Retries(clock, lambda: 0.25, clock.sleep)
    given = plan(initial_backoff=1.0)
    attempts = retries.attempts(given, retries.begin(given), lambda: False)
    assert attempts.follows(UNSENT)
    await attempts.turn()
    assert clock.slept == [0.25]


async def test_d36_what_the_backend_asks_for_is_waited_at_least() -> None:
    run = await call(plan(initial_backoff=0.5), status(429, retry_after=2.0))
    assert run.clock.slept == [2.5]


async def test_d36_a_wait_beyond_the_deadline_is_not_begun() -> None:
    run = await call(plan(timeout=2.0), status(429, retry_after=2.0))
    assert (run.tries, run.clock.slept) == (1, [])
    assert isinstance(run.told, BackendRateLimited)


async def test_what_we_ourselves_say_of_an_unreachable_backend_is_no_wait() -> None:
    fault = BackendUnreachable("no", details=Details(retry_after=1.0))
    assert (await call(plan(initial_backoff=0.5), fault)).clock.slept == [0.5]


async def test_each_try_has_the_time_that_is_left() -> None:
    given = plan(timeout=10.0, initial_backoff=1.0)
    run = await call(given, status(503), status(503), takes=2.0)
    assert run.left == [10.0, 7.0, 3.0]


async def test_no_try_begins_without_time() -> None:
    run = await call(plan(timeout=5.0, initial_backoff=0.0), status(503), takes=5.0)
    assert (run.tries, run.left) == (1, [5.0])


async def test_the_next_server_follows_at_once_where_one_got_nothing() -> None:
    given = plan("POST", max_attempts=1)
    run = await call(given, *[UNSENT] * 5, untried=5)
    assert (run.tries, run.told, run.clock.slept) == (6, None, [])


@pytest.mark.parametrize("kind", [BreakerOpen, Overloaded, BackendPaused, BackendTls])
async def test_the_next_server_follows_one_that_is_left_alone(
    kind: Callable[[str], Fault],
) -> None:
    assert (await call(plan("POST"), kind("said"), untried=1)).tries == 2


async def test_the_next_server_does_not_follow_one_that_may_have_acted() -> None:
    assert (await call(plan("POST"), cut(Effect.UNKNOWN), untried=1)).tries == 1
    assert (await call(plan("POST"), InvalidParameters("wrong"), untried=1)).tries == 1


async def test_servers_that_got_nothing_do_not_count_as_tries() -> None:
    run = await call(plan(max_attempts=2), UNSENT, UNSENT, status(503), status(503), untried=2)
    assert (run.tries, len(run.clock.slept)) == (4, 1)


async def test_what_is_not_repeatable_only_goes_to_servers_after_one_that_got_nothing() -> None:
    assert (await call(plan(), status(503), repeatable=False)).tries == 1
    assert (await call(plan(), UNSENT, repeatable=False)).tries == 1
    assert (await call(plan(), UNSENT, untried=1, repeatable=False)).tries == 2


async def test_a_last_try_that_reached_nothing_does_not_hide_that_an_earlier_one_may_have_run() -> (
    None
):
    last = BackendUnreachable("no")
    run = await call(plan(max_attempts=2), cut(Effect.UNKNOWN), last)
    assert run.told is last
    assert run.told.effect is Effect.UNKNOWN
    alone = await call(plan(max_attempts=1), BackendUnreachable("no"))
    assert alone.told is not None
    assert alone.told.effect is Effect.NOT_EXECUTED


async def test_an_open_breaker_ends_the_tries() -> None:
    run = await call(plan(), status(503), BreakerOpen("open"))
    assert (run.tries, run.told and run.told.reason) == (2, "BREAKER_OPEN")


async def test_what_is_no_fault_goes_through() -> None:
    tries = Servers().tries(plan())
    await anext(tries)
    with pytest.raises(asyncio.CancelledError), tries:
        raise asyncio.CancelledError


def test_r07_a_budget_gives_a_tenth_of_the_calls_but_three_in_any_case() -> None:
    few, many = Budget(), Budget()
    few.count(0.0)
    assert [few.take(0.0) for _ in range(5)] == [True] * LEAST_RETRIES + [False] * 2
    for _ in range(100):
        many.count(0.5)
    assert sum(many.take(0.5) for _ in range(100)) == RATIO * 100
    assert not many.take(1.4)
    assert sum(many.take(1.5) for _ in range(100)) == LEAST_RETRIES


def test_r07_a_budget_keeps_no_more_calls_than_count_and_as_many_again() -> None:
    budget = Budget()
    for number in range(10_000):
        budget.count(number / 100)
    assert len(budget.calls) <= 2 * 101 + ROOM
    assert budget.counts(99.99)
    assert len(budget.calls) == 100


async def test_the_tries_of_one_origin_share_a_budget_that_no_other_has() -> None:
    clock = Clock()
    retries = Retries(clock, lambda: 0.0, clock.sleep)

    async def tries(origin: str) -> int:
        given = a_plan(origin, policy=Policy(retry=Retry(max_attempts=9)))
        attempts = retries.attempts(given, retries.begin(given), lambda: False)
        while attempts.follows(UNSENT):
            await attempts.turn()
        return attempts.number

    assert [await tries(each) for each in ("http://a", "http://a", "http://b")] == [4, 1, 4]
    clock.now += 1000.0
    assert await tries("http://c") == 4
    assert set(retries._budgets) == {("", "http://c")}
