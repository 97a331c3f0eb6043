"""More calls than a gateway can do, offered whether or not others were answered: in short form.

The backend takes its time, so that what the gateway can do is known beforehand: as many calls as
may be under way, one after the other. The figures of a long run are the bench's.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import pytest

from gateway.v1.gateway_pb2 import ExecuteActionRequest
from tests.carriers import EVERY
from tests.doors import Door, a_door, document, named
from tests.faults.backends import CountingBackend, Said, in_turn

SHOP = document({"/things": {"post": {"operationId": "add", "responses": {}}}})
REQUEST = ExecuteActionRequest(name=named("shop/add"), parameters_json="{}")

MOST = 10
SLOW = 0.2
"""Seconds that the backend takes."""
CAPACITY = 0.9 * MOST / SLOW
"""Calls a second: a tenth of the room is left for what is critical."""

TRIES = 3
"""Of a naive client, one right after the other."""

pytestmark = [pytest.mark.parametrize("engine", EVERY), pytest.mark.alone]


@asynccontextmanager
async def a_shop(folder: Path, engine: str) -> AsyncIterator[Door]:
    async with (
        CountingBackend(in_turn(Said(delay=SLOW))) as backend,
        a_door(folder, engine=engine, max_calls=MOST) as door,
    ):
        await door.publish("shop", SHOP, backend.origin)
        yield door


async def call(door: Door, priority: str = "u=3", tries: int = 1) -> str:
    code = ""
    for _ in range(tries):
        try:
            await door.gateway.ExecuteAction(
                REQUEST, timeout=2.0, metadata=(("priority", priority),)
            )
        except grpc.aio.AioRpcError as error:
            code = error.code().name
        else:
            return "OK"
    return code


async def offered(
    door: Door, multiple: float, seconds: float, *, tries: int = 1, critical: int = 0
) -> tuple[list[str], list[str]]:
    """What became of the calls, and of each so-many-th, which was critical."""
    loop, pause = asyncio.get_running_loop(), 1 / (multiple * CAPACITY)
    began, usual, urgent = loop.time(), [], []
    for number in range(int(seconds / pause)):
        await asyncio.sleep(began + number * pause - loop.time())
        if critical and number % critical == 0:
            urgent.append(asyncio.ensure_future(call(door, "u=0")))
        else:
            usual.append(asyncio.ensure_future(call(door, tries=tries)))
    return await asyncio.gather(*usual), await asyncio.gather(*urgent)


@pytest.mark.parametrize(
    ("multiple", "least"),
    [
        pytest.param(5, 0.7, id="m02"),
        pytest.param(10, 0.5, id="m03"),
    ],
)
async def test_m02_m03_what_is_offered_in_excess_does_not_keep_the_rest_from_being_done(
    tmp_path: Path, engine: str, multiple: int, least: float
) -> None:
    async with a_shop(tmp_path, engine) as door:
        codes = Counter((await offered(door, multiple, 2.0))[0])
        assert set(codes) == {"OK", "UNAVAILABLE"}
        assert codes["OK"] >= least * 2.0 * CAPACITY
        assert await call(door) == "OK"


async def test_m04_r3_when_naive_clients_have_gone_every_call_succeeds_again(
    tmp_path: Path, engine: str
) -> None:
    async with a_shop(tmp_path, engine) as door:
        storm = Counter((await offered(door, 3, 2.0, tries=TRIES))[0])
        assert storm["UNAVAILABLE"]
        after, _ = await offered(door, 0.5, 2.0)
        assert set(after[len(after) // 2 :]) == {"OK"}


async def test_m08_r4_what_is_critical_is_done_while_three_times_too_much_is_offered(
    tmp_path: Path, engine: str
) -> None:
    async with a_shop(tmp_path, engine) as door:
        usual, critical = await offered(door, 3, 2.0, critical=20)
        assert set(critical) == {"OK"}
        assert "UNAVAILABLE" in usual
