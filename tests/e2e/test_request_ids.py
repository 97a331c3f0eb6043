"""Calls with a request_id over several processes: each happens once, whoever dies meanwhile."""

import asyncio
import json
import os
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import grpc.aio
import pytest
import pytest_asyncio

from facade.ground import DATABASE
from facade.policy.once import MARGIN
from gateway.v1.gateway_pb2 import ExecuteActionRequest
from gateway.v1.gateway_pb2_grpc import GatewayServiceStub
from tests.doors import document, refusal
from tests.fakes import answer
from tests.faults.backends import CountingBackend, Request, Said
from tests.processes import Running, children, portico_up, until

OWN = (("grpc.use_local_subchannel_pool", 1),)
"""A connection of its own for each channel: each may be another worker's."""

SLOW = 0.5
"""Seconds that the backend takes for `/slow`."""
SHORT = 1.0
"""Seconds that such a call has."""
REPEATS = 200
CHANNELS = 10
WITHIN = 15.0

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(90)]

RETURN: dict[str, Any] = {"responses": {}}
DOCUMENT = document(
    {
        "/pay": {"post": {"operationId": "pay", **RETURN}, "put": {"operationId": "put", **RETURN}},
        "/slow": {
            "post": {"operationId": "slow", **RETURN},
            "put": {"operationId": "again", **RETURN},
        },
        "/other": {"get": {"operationId": "other", **RETURN}},
    }
)


def counted(request: Request) -> Said:
    """An answer that no other request gets."""
    body = json.dumps({"path": request.path, "number": request.count}).encode()
    said = answer(body, headers=(("Content-Type", "application/json"),))
    return Said(said, SLOW if request.path == "/slow" else 0.05)


class Shop:
    """Two workers on one ledger, and the backend that they call."""

    def __init__(
        self, running: Running, backend: CountingBackend, channels: list[grpc.aio.Channel]
    ) -> None:
        self.running = running
        self.backend = backend
        self.channels = channels

    def execute(self, action: str, request_id: str, channel: int = 0) -> Any:
        name = f"connectors/shop/versions/live/actions/{action}"
        request = ExecuteActionRequest(name=name, parameters_json="{}", request_id=request_id)
        stub: Any = GatewayServiceStub(self.channels[channel % CHANNELS])
        return stub.ExecuteAction(request, timeout=WITHIN, wait_for_ready=True)

    async def serves(self) -> bool:
        """Whether every channel has a worker that answers."""
        try:
            await asyncio.gather(*(self.execute("other", "", each) for each in range(CHANNELS)))
        except grpc.aio.AioRpcError:
            return False
        return True

    def asked_for(self, path: str, times: int) -> Callable[[], Coroutine[Any, Any, bool]]:
        """Tells whether the backend was asked so often."""

        async def holds() -> bool:
            return self.asked[path] >= times

        return holds

    @property
    def asked(self) -> Counter[str]:
        """How often the backend was asked, by path."""
        return self.backend.paths.total


@asynccontextmanager
async def a_shop(folder: Path) -> AsyncIterator[Shop]:
    async with CountingBackend(counted) as backend:
        (folder / "shop.json").write_text(json.dumps(DOCUMENT), encoding="utf-8")
        short = {"timeout": f"{SHORT}s"}
        policy = {"timeout": "6s", "actions": {"slow": short, "again": short}}
        version = {"id": "v1", "server": backend.origin, "spec": "../shop.json", "policy": policy}
        files = {"shop.yaml": json.dumps({"connector": "shop", "versions": [version]})}
        async with portico_up(folder, files, "--workers", "2") as running:
            channels = [grpc.aio.insecure_channel(running.address, OWN) for _ in range(CHANNELS)]
            try:
                yield Shop(running, backend, channels)
            finally:
                await asyncio.gather(*(each.close() for each in channels))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    async with a_shop(tmp_path_factory.mktemp("shop")) as opened:
        yield opened


async def test_b23_b24_two_hundred_repeats_at_once_are_one_call_and_one_answer(shop: Shop) -> None:
    calls = (shop.execute("pay", "r1", channel) for channel in range(REPEATS))
    told = {each.json for each in await asyncio.gather(*calls)}
    assert len(told) == 1
    assert shop.asked["/pay"] == 1
    assert {(await shop.execute("pay", "r1")).json} == told
    assert {(await shop.execute("pay", "r2")).json} != told
    assert shop.asked["/pay"] == 2


async def test_b22_the_same_id_for_another_call_is_refused_by_every_process(shop: Shop) -> None:
    first = await shop.execute("pay", "r3")
    for channel in range(CHANNELS):
        told = await refusal(shop.execute("put", "r3", channel))
        assert (told.code, told.info.reason) == ("INVALID_ARGUMENT", "REQUEST_ID_REUSED")
        assert told.fields == ["request_id"]
    assert (await shop.execute("pay", "r3")).json == first.json


async def test_b24_a_call_whose_process_is_killed_is_uncertain_and_never_made_again(
    shop: Shop,
) -> None:
    """Unless it does no more when it is made a second time."""
    calls = [asyncio.ensure_future(shop.execute(each, each)) for each in ("slow", "again")]
    await until(shop.asked_for("/slow", 2), 5.0, "the calls have reached the backend")
    for worker in children(shop.running.process.pid):
        os.kill(worker, signal.SIGKILL)
    for end in await asyncio.gather(*calls, return_exceptions=True):
        assert isinstance(end, grpc.aio.AioRpcError)
        assert end.code() is grpc.StatusCode.UNAVAILABLE
    killed = time.monotonic()
    await until(shop.serves, WITHIN, "every channel has another worker")
    await asyncio.sleep(killed + SHORT + MARGIN - time.monotonic())
    for channel in range(3):
        told = await refusal(shop.execute("slow", "slow", channel))
        assert told.info.reason == "CALL_UNCERTAIN"
        assert told.info.metadata["outcome"] == "UNKNOWN"
    assert shop.asked["/slow"] == 2
    for channel in range(3):
        told = await shop.execute("again", "again", channel)
        assert json.loads(told.json)["number"] == 3


async def test_f16_without_the_ledger_calls_with_an_id_are_refused_and_all_others_go_on(
    tmp_path: Path,
) -> None:
    async with a_shop(tmp_path) as shop:
        await shop.execute("pay", "r1")
        with closing(sqlite3.connect(tmp_path / "data" / DATABASE)) as database:
            database.execute("drop table calls")
        told = await refusal(shop.execute("pay", "r2"))
        assert (told.code, told.info.reason) == ("UNAVAILABLE", "STORE_UNAVAILABLE")
        assert told.info.metadata["outcome"] == "NOT_EXECUTED"
        assert shop.asked["/pay"] == 1
        assert (await shop.execute("other", "")).json
