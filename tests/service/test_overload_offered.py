"""More calls than a gateway can do, offered whether or not others were answered: in short form.

The backend takes its time, so that what the gateway can do is known beforehand: as many calls as
may be under way, one after the other. The figures of a long run are the bench's.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from itertools import cycle
from pathlib import Path

import grpc
import pytest

from gateway.v1.gateway_pb2 import ExecuteActionRequest
from gateway.v1.gateway_pb2_grpc import GatewayServiceStub
from tests.carriers import EVERY
from tests.doors import Door, a_door, document, named
from tests.faces import both_faces
from tests.faults.backends import CountingBackend, Said, in_turn

SHOP = document({"/things": {"post": {"operationId": "add", "responses": {}}}})
REQUEST = ExecuteActionRequest(name=named("shop/add"), parameters_json="{}")

OWN = (("grpc.use_local_subchannel_pool", 1),)
"""A connection of its own for each channel."""

MOST = 10
SLOW = 0.2
"""Seconds that the backend takes."""
CAPACITY = 0.9 * MOST / SLOW
"""Calls a second: a tenth of the room is left for what is critical."""

CRITICAL = 0.994
"""Of the calls that are critical at three times the load, so many are done."""

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
    doors: Mapping[str, Door], multiple: float, seconds: float, mix: str = "3", tries: int = 1
) -> Mapping[str, list[str]]:
    """What became of the calls by their urgency, which is that of the mix in turn.

    `doors`: where those of an urgency go.
    """
    loop, pause, asked = asyncio.get_running_loop(), 1 / (multiple * CAPACITY), []
    began, urgencies = loop.time(), cycle(mix)
    for number in range(int(seconds / pause)):
        await asyncio.sleep(began + number * pause - loop.time())
        urgency = next(urgencies)
        asked.append((urgency, asyncio.ensure_future(call(doors[urgency], f"u={urgency}", tries))))
    told: dict[str, list[str]] = {each: [] for each in mix}
    for urgency, task in asked:
        told[urgency].append(await task)
    return told


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
        codes = Counter((await offered({"3": door}, multiple, 2.0))["3"])
        assert set(codes) == {"OK", "UNAVAILABLE"}
        assert codes["OK"] >= least * 2.0 * CAPACITY
        assert await call(door) == "OK"


async def test_m04_r3_when_naive_clients_have_gone_every_call_succeeds_again(
    tmp_path: Path, engine: str
) -> None:
    async with a_shop(tmp_path, engine) as door:
        storm = Counter((await offered({"3": door}, 3, 2.0, tries=TRIES))["3"])
        assert storm["UNAVAILABLE"]
        after = (await offered({"3": door}, 0.5, 2.0))["3"]
        assert set(after[len(after) // 2 :]) == {"OK"}


async def test_m08_r4_what_is_critical_is_done_while_three_times_too_much_is_offered(
    tmp_path: Path, engine: str
) -> None:
    async with a_shop(tmp_path, engine) as door:
        told = await offered({"0": door, "3": door}, 3, 2.0, "0" + 19 * "3")
        assert set(told["0"]) == {"OK"}
        assert "UNAVAILABLE" in told["3"]


async def test_j11_at_three_times_the_load_batch_sheds_first_and_what_is_critical_is_done(
    tmp_path: Path, engine: str
) -> None:
    """What is critical and what is normal could be done; nearly three parts of four are batch.

    Each comes over a connection of its own: one whose calls are refused has no stream left.
    """
    async with (
        CountingBackend(in_turn(Said(delay=SLOW))) as backend,
        both_faces(tmp_path, engine=engine, max_calls=MOST) as faces,
        AsyncExitStack() as stack,
    ):
        await faces.door.publish("shop", SHOP, backend.origin)
        doors = {}
        for urgency in "037":
            channel = grpc.aio.insecure_channel(faces.address, OWN)
            stub = GatewayServiceStub(await stack.enter_async_context(channel))
            doors[urgency] = replace(faces.door, gateway=stub)
        told = await offered(doors, 3, 4.0, "737707773777377")
        done = {urgency: codes.count("OK") / len(codes) for urgency, codes in told.items()}
        assert done["0"] >= CRITICAL
        assert done["0"] >= done["3"] > 2 * done["7"]
        assert "UNAVAILABLE" in told["7"]
