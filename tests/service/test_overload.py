"""A gateway that has more calls than it may have under way, on both engines."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import pytest
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub

from gateway.v1.gateway_pb2 import ExecuteActionRequest
from tests.carriers import EVERY
from tests.doors import Door, a_door, document, named, refusal
from tests.faults.backends import ALL, CountingBackend, Said, in_turn
from tests.processes import until

SHOP = document({"/things": {"post": {"operationId": "add", "responses": {}}}})
SLOW = 1.5
"""Seconds that the backend takes."""

SERVING = HealthCheckResponse.SERVING

pytestmark = [pytest.mark.parametrize("engine", EVERY), pytest.mark.alone]


@asynccontextmanager
async def a_shop(
    folder: Path, engine: str, most: int, slow: float = SLOW
) -> AsyncIterator[tuple[Door, CountingBackend]]:
    async with (
        CountingBackend(in_turn(Said(delay=slow))) as backend,
        a_door(folder, engine=engine, max_calls=most) as door,
    ):
        await door.publish("shop", SHOP, backend.origin)
        yield door, backend


async def call(door: Door, priority: str = "u=3", within: float = 10.0) -> str:
    request = ExecuteActionRequest(name=named("shop/add"), parameters_json="{}")
    try:
        await door.gateway.ExecuteAction(
            request, timeout=within, metadata=(("priority", priority),)
        )
    except grpc.aio.AioRpcError as error:
        return str(error.code().name)
    return "OK"


async def filled(
    door: Door, backend: CountingBackend, calls: int, priority: str = "u=0"
) -> list[asyncio.Task[str]]:
    """So many calls, all of which are at the backend."""
    before = backend.paths.total[ALL]
    tasks = [asyncio.ensure_future(call(door, priority)) for _ in range(calls)]

    async def there() -> bool:
        return backend.paths.total[ALL] >= before + calls

    await until(there, 5.0, "the calls are at the backend")
    return tasks


async def test_m01_what_there_is_no_room_for_is_refused_with_the_time_to_come_again(
    tmp_path: Path, engine: str
) -> None:
    async with a_shop(tmp_path, engine, 2) as (door, backend):
        tasks = await filled(door, backend, 2)
        refused = await refusal(door.execute("shop/add", within=0.6))
        assert refused.said == ("UNAVAILABLE", "OVERLOADED", "gateway", "NOT_EXECUTED")
        assert refused.retry is not None
        assert 0.5 <= refused.retry <= 1.5
        assert await asyncio.gather(*tasks) == ["OK", "OK"]
        assert backend.paths.total[ALL] == 2


async def test_m05_after_many_refusals_just_as_many_are_let_in(tmp_path: Path, engine: str) -> None:
    async with a_shop(tmp_path, engine, 3) as (door, backend):
        tasks = await filled(door, backend, 3)
        codes = Counter(await asyncio.gather(*(call(door, within=0.3) for _ in range(300))))
        assert "OK" not in codes
        assert await asyncio.gather(*tasks) == ["OK"] * 3
        tasks = await filled(door, backend, 3)
        assert await call(door, within=0.6) != "OK"
        assert await asyncio.gather(*tasks) == ["OK"] * 3
        assert backend.paths.most[ALL] == 3


async def test_m06_health_answers_while_calls_are_refused(tmp_path: Path, engine: str) -> None:
    async with a_shop(tmp_path, engine, 1) as (door, backend):
        tasks = await filled(door, backend, 1)
        refused = [asyncio.ensure_future(call(door)) for _ in range(50)]
        for _ in range(5):
            said = await HealthStub(door.channel).Check(HealthCheckRequest(), timeout=2.0)
            assert said.status == SERVING
        assert not any(each.done() for each in refused)
        codes = await asyncio.gather(*tasks, *refused)
        assert Counter(codes) == {"OK": 1, "UNAVAILABLE": 50}


async def test_m08_the_less_urgent_are_refused_first(tmp_path: Path, engine: str) -> None:
    async with a_shop(tmp_path, engine, 10, 3 * SLOW) as (door, backend):
        tasks = await filled(door, backend, 7)
        batch = asyncio.ensure_future(call(door, "u=7", within=0.6))
        normal = await filled(door, backend, 2, "u=3")
        another = asyncio.ensure_future(call(door, "u=3", within=0.6))
        critical = await filled(door, backend, 1, "u=0")
        assert "OK" not in {await batch, await another}
        assert set(await asyncio.gather(*tasks, *normal, *critical)) == {"OK"}


async def test_m09_of_a_call_whose_time_has_passed_the_backend_hears_nothing(
    tmp_path: Path, engine: str
) -> None:
    async with a_shop(tmp_path, engine, 2) as (door, backend):
        tasks = await filled(door, backend, 2)
        codes = await asyncio.gather(*(call(door, within=0.05) for _ in range(50)))
        assert set(codes) <= {"UNAVAILABLE", "DEADLINE_EXCEEDED"}
        assert await asyncio.gather(*tasks) == ["OK", "OK"]
        assert backend.paths.total[ALL] == 2


async def test_m25_who_repeats_at_once_is_not_told_at_once(tmp_path: Path, engine: str) -> None:
    async with a_shop(tmp_path, engine, 1) as (door, backend):
        tasks = await filled(door, backend, 1)
        began, tries = time.monotonic(), 0
        while time.monotonic() - began < SLOW / 3:
            assert await call(door, within=0.4) != "OK"
            tries += 1
        assert 1 <= tries <= 4
        await asyncio.gather(*tasks)
