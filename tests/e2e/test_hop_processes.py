"""Gateway, two facades and a backend as processes: what goes wrong between them, and mends."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc.aio
import httpx
import pytest
import pytest_asyncio

from facade.policy.retry import LEAST_RETRIES
from facade.pool import CONNECT
from gateway.v1.gateway_pb2 import ExecuteActionRequest
from gateway.v1.gateway_pb2_grpc import GatewayServiceStub
from tests.doors import Door, named, refusal
from tests.facades import key_file
from tests.faults.proxy import HOLE, NONE, End, FaultProxy, Faults
from tests.faults.silence import black_hole
from tests.processes import until
from tests.rolling import Replica, Shop, connector, replicas

DOWN = ("UNAVAILABLE", "FACADE_UNAVAILABLE", "gateway", "NOT_EXECUTED")
OPEN = ("UNAVAILABLE", "BREAKER_OPEN", "gateway", "NOT_EXECUTED")
BROKEN = ("UNAVAILABLE", "FACADE_UNAVAILABLE", "gateway", "UNKNOWN")
LATE = ("DEADLINE_EXCEEDED", "FACADE_TIMEOUT", "gateway", "UNKNOWN")

TIMEOUT = 1.0
"""Seconds that the calls have whose facade hangs."""

SOON = 5.0
"""Seconds for what takes less than two where nothing else runs."""

STORM = 300
"""Calls while the backend is out of order."""

pytestmark = [
    pytest.mark.alone,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(60),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """All of it; the second facade is also behind a proxy that breaks what goes through it."""

    shop: Shop
    facades: list[Replica]
    folder: Path
    """The facades'."""
    proxy: FaultProxy
    door: Door
    """The gateway's."""

    async def said(
        self, action: str, *metadata: tuple[str, str], **arguments: str
    ) -> tuple[str, ...]:
        """What a call is told: nothing, if all is well."""
        name, given = named(action), json.dumps(arguments)
        request = ExecuteActionRequest(name=name, parameters_json=given)
        call = self.door.gateway.ExecuteAction(request, metadata=metadata)
        if await call.code() is grpc.StatusCode.OK:
            return ()
        return (await refusal(call)).said

    async def comes_back(self, connector: str) -> None:
        """Returns when calls through a facade succeed, which are made all the time."""

        async def answers() -> bool:
            return await self.said(f"{connector}/getItem", id="1") == ()

        await until(answers, SOON, "the facade is called again")


def facade_files(origin: str) -> dict[str, str]:
    """The shop as the facades have it, three times."""
    few = {"limits": [{"scope": "tenant", "calls": 2, "period": "1h"}]}
    return {
        **connector(server=origin),
        **connector("few", server=origin, policy=few),
        **connector("storm", server=origin, policy={"breaker": {"enabled": False}}),
    }


def gateway_files(facades: list[Replica], proxy: int, hole: int) -> dict[str, str]:
    """The shop as the gateway has it: a connector for each of the ways to it."""
    first, second = (each.served() for each in facades)
    deadline = {"timeout": f"{TIMEOUT:.0f}s"}
    unguarded = {"breaker": {"enabled": False}, **deadline}
    path = "connectors/shop/versions/v1"
    return {
        **through("alone", first),
        **through("both", first, second),
        **through("hung", first, policy=deadline),
        **through("spared", first, second, policy=deadline),
        **through("unheard", f"http://127.0.0.1:{hole}/{path}", second),
        **through("late", facades[1].served("late")),
        **through("few", facades[1].served("few")),
        **through("storm", facades[1].served("storm")),
        **through("cut", f"http://127.0.0.1:{proxy}/{path}", policy=unguarded),
    }


def through(name: str, *served: str, **version: Any) -> dict[str, str]:
    """A connector's file that goes through facades."""
    indirect = {"server": served[0], "moreServers": served[1:]}
    return connector(name, indirect=indirect, **version)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chain(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Chain]:
    folder = tmp_path_factory.mktemp("hop")
    key = ("--hop-key", str(key_file(folder)))
    async with AsyncExitStack() as stack:
        shop = await stack.enter_async_context(Shop())
        facades = await stack.enter_async_context(
            replicas("facade", folder / "facade", facade_files(shop.origin), 2, *key)
        )
        proxy = await stack.enter_async_context(
            FaultProxy(int(facades[1].address.rpartition(":")[2]))
        )
        hole = stack.enter_context(black_hole("127.0.0.1"))
        files = gateway_files(facades, proxy.port, hole)
        (gateway,) = await stack.enter_async_context(
            replicas("up", folder / "gateway", files, 1, *key)
        )
        channel = await stack.enter_async_context(grpc.aio.insecure_channel(gateway.address))
        door = Door(gateway=GatewayServiceStub(channel), catalog=None, channel=channel)
        yield Chain(shop=shop, facades=facades, folder=folder / "facade", proxy=proxy, door=door)


async def test_c01_a_facade_that_is_killed_is_left_alone_and_comes_back(chain: Chain) -> None:
    killed, _ = chain.facades
    for name in ("alone", "both"):
        assert await chain.said(f"{name}/order", id=f"before-{name}") == ()
    await killed.kill()
    told, fastest = [], SOON
    for _ in range(20):
        began = time.monotonic()
        told.append(await chain.said("alone/getItem", id="1"))
        fastest = min(fastest, time.monotonic() - began)
    assert told[0] == DOWN
    assert OPEN in told
    assert set(told) == {DOWN, OPEN}
    assert fastest < 0.02
    orders = [f"elsewhere-{number}" for number in range(10)]
    assert [await chain.said("both/order", id=each) for each in orders] == [()] * len(orders)
    assert [chain.shop.made(each) for each in orders] == [1] * len(orders)
    async with asyncio.TaskGroup() as group:
        starting = group.create_task(killed.start())
        while not starting.done():
            assert await chain.said("alone/getItem", id="1") in {OPEN, DOWN, ()}
            await asyncio.sleep(0.02)
    await chain.comes_back("alone")


async def test_c02_another_facade_is_called_where_one_cannot_be_heard(chain: Chain) -> None:
    assert await chain.said("unheard/order", id="unheard") == ()
    began = time.monotonic()
    assert await chain.said("unheard/order", id="unheard-2") == ()
    assert time.monotonic() - began < CONNECT[False]
    assert (chain.shop.made("unheard"), chain.shop.made("unheard-2")) == (1, 1)


async def test_c02_a_facade_that_falls_silent_costs_the_deadline_and_no_more(chain: Chain) -> None:
    assert await chain.said("cut/getItem", id="1") == ()
    chain.proxy.set(HOLE)
    began = time.monotonic()
    assert await chain.said("cut/order", id="silent") == LATE
    assert TIMEOUT - 0.1 < time.monotonic() - began < 3 * TIMEOUT
    chain.proxy.set(NONE)
    assert await chain.said("cut/order", id="silent-2") == ()
    assert chain.shop.made("silent") == 0


async def test_c03_a_facade_that_hangs_costs_the_deadline_and_goes_on(chain: Chain) -> None:
    hung, _ = chain.facades
    assert await chain.said("hung/getItem", id="1") == ()
    orders = [f"hung-{number}" for number in range(4)]
    with hung.hanging():
        began = time.monotonic()
        said = await asyncio.gather(*(chain.said("hung/order", id=each) for each in orders))
        took = time.monotonic() - began
    assert said == [LATE] * 4
    assert TIMEOUT - 0.1 < took < 3 * TIMEOUT
    await chain.comes_back("hung")
    assert {chain.shop.made(each) for each in orders} <= {0, 1}


async def test_c03_a_facade_that_hangs_is_left_alone_and_another_called(chain: Chain) -> None:
    hung, _ = chain.facades
    with hung.hanging():
        said = await asyncio.gather(*(chain.said("spared/getItem", id="1") for _ in range(5)))
        others = await asyncio.gather(*(chain.said("spared/getItem", id="1") for _ in range(10)))
    assert said == [LATE] * 5
    assert others == [()] * 10


async def test_c04_a_version_that_is_deployed_late_is_no_missing_thing(chain: Chain) -> None:
    assert await chain.said("late/getItem", id="1") == DOWN
    file = connector("late", server=chain.shop.origin)["late.yaml"]
    (chain.folder / "connectors" / "late.yaml").write_text(file)
    await chain.comes_back("late")


FORGED = {
    "portico-tenant": "another",
    "portico-request-id": "11111111-1111-4111-8111-111111111111",
    "portico-timeout": "0.001",
    "portico-cache": "only",
    "portico-outcome": "EXECUTED",
    "portico-origin": "backend",
}

SIGNED = {**FORGED, "portico-signature": "forged"}


async def test_c06_what_a_caller_of_the_gateway_forges_is_not_believed(chain: Chain) -> None:
    said = [await chain.said("both/order", *SIGNED.items(), id="forged") for _ in range(2)]
    assert (said, chain.shop.made("forged")) == ([(), ()], 2)
    assert [await chain.said("few/getItem", id="1") for _ in range(2)] == [(), ()]
    limited = await chain.said("few/getItem", *SIGNED.items(), id="1")
    assert limited[:3] == ("RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED", "facade")


async def test_c06_what_a_caller_of_the_facade_forges_is_not_believed(chain: Chain) -> None:
    url = f"{chain.facades[0].served()}/orders/posted"
    async with httpx.AsyncClient(trust_env=False) as caller:
        for number in (1, 2):
            answer = await caller.post(url, headers=FORGED)
            assert answer.status_code == 200
            assert chain.shop.made("posted") == number
        answer = await caller.post(url, headers=SIGNED)
    assert (answer.status_code, answer.json()["error"]["reason"]) == (401, "HOP_UNTRUSTED")
    assert chain.shop.made("posted") == 2


async def test_c06_the_backend_gets_nothing_of_the_hop(chain: Chain) -> None:
    assert await chain.said("both/order", *SIGNED.items(), id="bare") == ()
    assert chain.shop.fields["host"] > 0
    assert [each for each in chain.shop.fields if each.startswith("portico-")] == []


async def test_c07_while_the_backend_is_out_of_order_one_layer_alone_tries_again(
    chain: Chain,
) -> None:
    calls = asyncio.Semaphore(20)

    async def call(number: int) -> tuple[str, ...]:
        async with calls:
            return await chain.said("storm/getItem", id=f"storm-{number}")

    chain.shop.status = 503
    said = await asyncio.gather(*(call(number) for number in range(STORM)))
    chain.shop.status = 200
    assert {each[:3] for each in said} == {("UNAVAILABLE", "BACKEND_UNAVAILABLE", "backend")}
    tried = [chain.shop.keys.total[f"GET /items/storm-{number}"] for number in range(STORM)]
    assert (min(tried), max(tried) <= 3) == (1, True)
    assert STORM < sum(tried) <= 1.1 * STORM + LEAST_RETRIES
    assert await chain.said("storm/getItem", id="after") == ()


@pytest.mark.parametrize("end", [End.RESET, End.CLOSE])
@pytest.mark.parametrize("side", ["up", "down"])
async def test_c11_c12_what_breaks_off_between_them_is_never_an_answer(
    chain: Chain, end: End, side: str
) -> None:
    for after in (0, 1, 40, 300):
        chain.proxy.reset()
        setattr(chain.proxy, side, Faults(end=end, after=after))
        number = f"{end.value}-{side}-{after}"
        assert await chain.said("cut/order", id=number) == BROKEN
        assert await chain.said("cut/getItem", id=number) == BROKEN
        chain.proxy.set(NONE)
        assert await chain.said("cut/getItem", id=number) == ()
        assert chain.shop.made(number) == (0 if side == "up" else 1)
