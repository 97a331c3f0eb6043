"""Two gateways before two facades, restarted one after the other while they are called.

One round each; `pytest tests/e2e/test_rolling.py --seconds 50 -s` goes on for so long, and tells
what a client is told that repeats nothing.
"""

import asyncio
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import pytest
import pytest_asyncio

from tests.facades import key_file
from tests.rolling import Load, Replica, Shop, client_of, connector, replicas
from tests.servers import RedisServer

CALLERS = 4
"""Of each client."""

REST = 2.0
"""Seconds after which a facade that is back is called again."""

DRAIN = "2"
"""Seconds for which a process that ends takes calls: those before it know by then who is back."""

pytestmark = [
    pytest.mark.alone,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(90),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """All of it."""

    shop: Shop
    facades: list[Replica]
    gateways: list[Replica]

    @asynccontextmanager
    async def called(self) -> AsyncIterator[tuple[Load, Load]]:
        """Calls all the time: by a client that repeats what was UNAVAILABLE, and one that won't."""
        addresses = [each.address for each in self.gateways]
        async with (
            client_of(addresses, retries=True) as patient,
            client_of(addresses, retries=False) as hasty,
        ):
            loads = Load(patient), Load(hasty)
            async with asyncio.TaskGroup() as group:
                for _ in range(CALLERS):
                    for load in loads:
                        group.create_task(load.run())
                yield loads
                for load in loads:
                    load.ending = True
        for load in loads:
            assert [each for each in load.done if self.shop.made(each) != 1] == []
            assert [each for each in load.orders if self.shop.made(each) > 1] == []


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def fleet(
    tmp_path_factory: pytest.TempPathFactory, redis_server: RedisServer
) -> AsyncIterator[Fleet]:
    folder = tmp_path_factory.mktemp("rolling")
    flags = ("--hop-key", str(key_file(folder)), "--drain-delay", DRAIN)
    async with AsyncExitStack() as stack:
        shop = await stack.enter_async_context(Shop())
        facades = await stack.enter_async_context(
            replicas(
                *("facade", folder / "facade", connector(server=shop.origin), 2, *flags),
                REDIS_URL=redis_server.url,
            )
        )
        indirect = {"server": facades[0].served(), "moreServers": [facades[1].served()]}
        gateways = await stack.enter_async_context(
            replicas("up", folder / "gateway", connector(indirect=indirect), 2, *flags)
        )
        yield Fleet(shop=shop, facades=facades, gateways=gateways)


async def repeated(round_: Callable[[], Awaitable[None]], seconds: float) -> int:
    """Goes on for so long, and once at least; gives how many rounds there were."""
    began, made = time.monotonic(), 0
    while made == 0 or time.monotonic() - began < seconds:
        await round_()
        made += 1
    return made


@pytest.mark.parametrize("which", ["facades", "gateways"])
async def test_m14_restarts_one_after_the_other_lose_no_call_and_double_none(
    fleet: Fleet, which: str, request: pytest.FixtureRequest
) -> None:
    async def restart() -> None:
        for each in getattr(fleet, which):
            await each.restart()

    async with fleet.called() as (patient, hasty):
        made = await repeated(restart, request.config.getoption("--seconds"))
    tell(f"{which}, {made} rounds", patient, hasty)
    assert patient.failed == []


async def test_c01_facades_that_are_killed_double_no_call(
    fleet: Fleet, request: pytest.FixtureRequest
) -> None:
    async def kill() -> None:
        for each in fleet.facades:
            await each.kill()
            await each.start()
            await asyncio.sleep(REST)

    async with fleet.called() as (patient, hasty):
        made = await repeated(kill, request.config.getoption("--seconds"))
    tell(f"kill -9, {made} rounds", patient, hasty)
    for load in (patient, hasty):
        assert len(load.failed) <= 2 * CALLERS * made


def tell(what: str, patient: Load, hasty: Load) -> None:
    """The figures of a run; `-s` shows them."""
    for name, load in (("with repeats", patient), ("without", hasty)):
        failed = dict(Counter(load.failed))
        said = f"{load.calls} calls, the slowest {load.slowest:.2f} s, failed: {failed}"
        sys.stdout.write(f"{what}, {name}: {said}\n")
