"""Hours of a failing backend in no time: the load on it, and how soon it is back."""

import asyncio
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from facade.errors.backend import BackendError, BackendUnavailable
from facade.errors.fault import Details, Effect, Fault
from facade.guards import Servers
from facade.model.policy import Breaker, Policy, Retry
from facade.policy.breaker import Breakers, State
from facade.policy.retry import Retries
from tests.fakes import a_plan


@dataclass
class Storm:
    """Calls at a steady rate to a backend that is up at some times; a call takes no time."""

    is_up: Callable[[float], bool]
    rate: int = 100
    status: int = 503
    policy: Policy = field(default_factory=Policy)
    now: float = 0.0
    offered: list[float] = field(default_factory=list)
    arrived: list[float] = field(default_factory=list)
    succeeded: list[float] = field(default_factory=list)
    states: list[tuple[float, State]] = field(default_factory=list)

    def __post_init__(self) -> None:
        dice = random.Random(37)  # noqa: S311 - the same in every run
        self.servers = Servers(
            retries=Retries(lambda: self.now, dice.random, self.sleep),
            breakers=Breakers(lambda: self.now, dice.random),
        )
        self.plan = a_plan("http://x", policy=self.policy)

    async def sleep(self, seconds: float) -> None:
        """Passes no time: a pause is short against the seconds that are looked at."""

    async def call(self) -> None:
        tries = self.servers.tries(self.plan)
        async for _ in tries:
            with tries:
                self.arrived.append(self.now)
                if not self.is_up(self.now):
                    facts = {"httpStatus": str(self.status)}
                    kind = BackendUnavailable if self.status == 503 else BackendError
                    raise kind("no", details=Details(facts=facts), effect=Effect.EXECUTED)
                self.succeeded.append(self.now)
                return

    async def run(self, seconds: int) -> None:
        for number in range(seconds * self.rate):
            self.now = number / self.rate
            self.offered.append(self.now)
            with suppress(Fault):
                await self.call()
            for circuit in self.servers.breakers._circuits.values():
                if not self.states or self.states[-1][1] is not circuit.state:
                    self.states.append((self.now, circuit.state))


def within(times: Sequence[float], start: float, end: float) -> int:
    return sum(start <= each < end for each in times)


@pytest.mark.parametrize("outage", [3, 30, 60])
def test_d37_r06_a_backend_that_fails_is_left_alone_and_soon_back(outage: int) -> None:
    storm = Storm(lambda now: now >= outage)
    asyncio.run(storm.run(outage + 10))
    opened = next(at for at, state in storm.states if state is State.OPEN)
    assert within(storm.arrived, 0, opened + 0.001) <= 20
    probes = [at for at in storm.arrived if opened < at < outage]
    assert min((later - each for each, later in pairwise(probes)), default=1.0) >= 1.0
    goodput = within(storm.succeeded, outage + 5, outage + 10)
    assert goodput >= 0.95 * within(storm.offered, outage + 5, outage + 10)


def test_r07_retries_of_a_backend_that_always_fails_add_a_tenth_even_without_a_breaker() -> None:
    storm = Storm(lambda _: False, policy=Policy(breaker=Breaker(enabled=False)))
    asyncio.run(storm.run(10))
    assert len(storm.arrived) <= 1.1 * len(storm.offered)
    assert len(storm.arrived) >= 1.05 * len(storm.offered)


@pytest.mark.parametrize(("rate", "least"), [(1, 0.86), (100, 0.52)])
def test_d38_half_of_all_calls_failing_at_random(rate: int, least: float) -> None:
    dice = random.Random(38)  # noqa: S311 - the same in every run
    policy = Policy(retry=Retry(statuses=(500,)), breaker=Breaker(enabled=False))
    storm = Storm(lambda _: dice.random() < 0.5, rate=rate, status=500, policy=policy)
    seconds = 1000 // rate
    asyncio.run(storm.run(seconds))
    assert len(storm.succeeded) >= least * len(storm.offered)
    assert len(storm.arrived) <= max(1.1 * len(storm.offered), len(storm.offered) + 3 * seconds)


def test_d39_a_flapping_backend_does_not_make_the_breaker_flap() -> None:
    storm = Storm(lambda now: int(now) % 2 == 0)
    asyncio.run(storm.run(60))
    changes = [at for at, state in storm.states[1:] if state is not State.HALF_OPEN]
    assert len(changes) <= 60
    up = within([at for at in storm.offered if int(at) % 2 == 0], 0, 60)
    assert len(storm.succeeded) >= 0.4 * up
