"""Backends that fail under load, seen from callers: no outage is made worse, and none lasts longer.

`pytest tests/contract/test_storms.py --outage 30 --log-cli-level info` tells of a longer one.
"""

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import pytest
from google.protobuf.duration_pb2 import Duration

from gateway.v1.gateway_pb2 import EXECUTION_VIEW_FULL, FAILURE_MODE_CONTINUE
from gateway.v1.policy_pb2 import Breaker, Policy, Retry
from tests.doors import Door, a_door, operation, read_status
from tests.fakes import answer
from tests.faults.backends import BUSY, CountingBackend, Said, flapping
from tests.faults.proxy import HOLE, NONE, FaultProxy

pytestmark = pytest.mark.alone

LOGGER = logging.getLogger(__name__)

RATE = 40
"""Calls offered in a second to each backend, whatever becomes of them."""
SOUND = 0.5
"""Seconds before the outage."""
BACK = 5.0
"""Seconds from a backend's return to that of its calls."""
WATCHED = 2.0
"""Seconds for which they are watched then."""
LEAST_RETRIES = 3
"""In a second, however few calls there are."""
OPENS = 1.5
"""Seconds within which a breaker is open; a call that hangs takes a third of it."""

BROKEN = Said(answer(status=500))
POLICY = Policy(timeout=Duration(nanos=500_000_000))


@dataclass(frozen=True, kw_only=True)
class Made:
    """What a call came to."""

    at: float
    """When it was offered, in seconds since the load began."""
    tries: int
    """How often the backend was asked, or tried to be reached."""
    reason: str
    """Of its failure; empty where it succeeded."""


@dataclass
class Load:
    """Calls at a steady rate, open loop: none waits for another."""

    door: Door
    name: str
    began: float = field(default_factory=time.monotonic)
    made: list[Made] = field(default_factory=list)

    async def run(self, seconds: float, rate: int = RATE) -> None:
        async with asyncio.TaskGroup() as calls:
            for number in range(round(seconds * rate)):
                await asyncio.sleep(self.began + number / rate - time.monotonic())
                calls.create_task(self._one(time.monotonic() - self.began))

    async def _one(self, at: float) -> None:
        mode = {"failure_mode": FAILURE_MODE_CONTINUE, "view": EXECUTION_VIEW_FULL}
        told = await self.door.execute(f"{self.name}/act", within=10.0, **mode)
        reason = read_status(told.error).info.reason if told.HasField("error") else ""
        self.made.append(Made(at=at, tries=len(told.exchange.attempts), reason=reason))

    def within(self, start: float, end: float) -> list[Made]:
        return [each for each in self.made if start <= each.at < end]


def tries(calls: list[Made]) -> int:
    return sum(each.tries for each in calls)


def goodput(calls: list[Made]) -> float:
    """The share of the calls that succeeded."""
    return sum(not each.reason for each in calls) / len(calls)


@asynccontextmanager
async def a_backend(
    door: Door, name: str, policy: Policy = POLICY
) -> AsyncIterator[tuple[CountingBackend, FaultProxy]]:
    """A backend with a connector of its own, behind a network that can be broken."""
    async with CountingBackend() as backend, FaultProxy(backend.port) as proxy:
        await door.publish(name, operation("get", "/"), proxy.origin, policy=policy)
        yield backend, proxy


async def fail(backend: CountingBackend, _: FaultProxy) -> None:
    backend.schedule = lambda _: BUSY


async def work(backend: CountingBackend, _: FaultProxy) -> None:
    backend.schedule = lambda _: Said()


async def refuse(_: CountingBackend, proxy: FaultProxy) -> None:
    proxy.refuse()
    proxy.reset()


async def accept(_: CountingBackend, proxy: FaultProxy) -> None:
    await proxy.accept()


async def hang(_: CountingBackend, proxy: FaultProxy) -> None:
    proxy.set(HOLE)


async def go_on(_: CountingBackend, proxy: FaultProxy) -> None:
    proxy.reset()
    proxy.set(NONE)


Change = Callable[[CountingBackend, FaultProxy], Awaitable[None]]

OUTAGES: Mapping[str, tuple[Change, Change]] = MappingProxyType(
    {"fails": (fail, work), "refuses": (refuse, accept), "hangs": (hang, go_on)}
)
"""How a backend goes, and how it comes back."""


async def outage(door: Door, name: str, seconds: float) -> Load:
    """Puts a backend under load, takes it away for so long, and watches its calls come back."""
    begin, end = OUTAGES[name]
    async with a_backend(door, name) as parts, asyncio.TaskGroup() as group:
        load = Load(door, name)
        group.create_task(load.run(SOUND + seconds + BACK + WATCHED))
        await asyncio.sleep(SOUND)
        await begin(*parts)
        await asyncio.sleep(seconds)
        await end(*parts)
    return load


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    async with a_door(tmp_path) as opened:
        yield opened


@pytest.mark.timeout(120)
async def test_d37_r06_r07_a_backend_that_is_gone_is_left_alone_and_soon_back(
    door: Door, request: pytest.FixtureRequest
) -> None:
    seconds = request.config.getoption("--outage")
    loads = await asyncio.gather(*(outage(door, name, seconds) for name in OUTAGES))
    for load in loads:
        opened = min(each.at for each in load.made if each.reason == "BREAKER_OPEN")
        before = load.within(SOUND, opened)
        open_for = load.within(SOUND + OPENS, SOUND + seconds)
        back = load.within(SOUND + seconds + BACK, SOUND + seconds + BACK + WATCHED)
        LOGGER.info(
            "%s: %d tries of %d calls before it opened, %d of %d while it was open, %.0f %% back",
            *(load.name, tries(before), len(before), tries(open_for), len(open_for)),
            100 * goodput(back),
        )
        assert opened <= SOUND + OPENS
        assert tries(before) <= max(1.1 * len(before), len(before) + LEAST_RETRIES)
        assert tries(open_for) <= seconds - OPENS + 1
        assert goodput(back) >= 0.95
        assert {each.reason for each in load.within(0, SOUND - 0.1)} == {""}


@pytest.mark.parametrize(("rate", "least"), [(3, 0.75), (60, 0.5)])
async def test_d38_half_of_all_calls_failing_at_random(door: Door, rate: int, least: float) -> None:
    """The fewer calls there are, the more of them may be repeated."""
    dice = random.Random(38)  # noqa: S311 - the same in every run
    seconds = 4.0
    retry = Retry(statuses=[500])
    policy = Policy(retry=retry, breaker=Breaker(disabled=True))
    async with a_backend(door, "dice", policy) as (backend, _):
        backend.schedule = lambda _: BROKEN if dice.random() < 0.5 else Said()
        load = Load(door, "dice")
        await load.run(seconds, rate)
    offered = len(load.made)
    assert goodput(load.made) >= least
    assert tries(load.made) <= max(1.1 * offered, offered + LEAST_RETRIES * (seconds + 1))
    assert {each.reason for each in load.made} == {"", "BACKEND_ERROR"}


async def test_d39_a_flapping_backend_gets_calls_while_it_is_up_and_few_while_it_is_not(
    door: Door,
) -> None:
    async with a_backend(door, "flaps") as (backend, _):
        backend.schedule = flapping(1.0, 1.0)
        load = Load(door, "flaps")
        await load.run(6.0)
    up = [each for each in load.made if each.at % 2.0 < 1.0]
    down = [each for each in load.made if 1.2 < each.at % 2.0 < 1.8]
    assert goodput(up) >= 0.4
    assert tries(down) <= len(down) / 4
