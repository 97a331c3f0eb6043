import json
import logging
from pathlib import Path
from typing import Any

import grpc
import pytest

from gateway.v1.gateway_pb2 import ExecuteActionRequest
from gateway.v1.gateway_pb2_grpc import GatewayServiceStub
from gateway.v1.version_pb2 import Indirect
from tests.doors import PLAIN, a_door, named, operation
from tests.faults.backends import BUSY, CountingBackend, in_turn
from tests.servers import free_port

TIMES = 3

RETRIES = {
    "maxAttempts": TIMES,
    "initialBackoff": "0.01s",
    "maxBackoff": "0.02s",
    "backoffMultiplier": 1,
    "retryableStatusCodes": ["UNAVAILABLE"],
}
CONFIG = json.dumps({"methodConfig": [{"name": [{}], "retryPolicy": RETRIES}]})


async def told(address: str, connector: str) -> grpc.aio.AioRpcError:
    """What a client with a retry policy gets in the end."""
    request = ExecuteActionRequest(name=named(f"{connector}/act"), parameters_json="{}")
    options = (("grpc.service_config", CONFIG),)
    async with grpc.aio.insecure_channel(address, options=options) as channel:
        stub: Any = GatewayServiceStub(channel)
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await stub.ExecuteAction(request, timeout=8)
    return failed.value


async def test_a_client_repeats_what_nothing_has_heard_of_and_nothing_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    address = f"unix:{tmp_path / 'portico.sock'}"
    spec = operation("post", "/a")
    async with (
        a_door(tmp_path, grpc=address) as door,
        CountingBackend(in_turn(BUSY)) as busy,
    ):
        there = Indirect(facade_uri=f"http://127.0.0.1:{free_port()}")
        await door.publish("gone", spec, "", indirect=there, policy=PLAIN)
        await door.publish("busy", spec, busy.origin, policy=PLAIN)
        for connector, times in (("gone", TIMES), ("busy", 1)):
            caplog.clear()
            with caplog.at_level(logging.INFO, "portico.access"):
                error = await told(address, connector)
            assert error.code() is grpc.StatusCode.UNAVAILABLE
            assert len([each for each in caplog.records if each.name == "portico.access"]) == times
            before, after = dict(error.initial_metadata()), dict(error.trailing_metadata())
            assert ("x-trace-id" in before, "x-trace-id" in after) == (times == 1, times > 1)
        assert len(busy.times) == 1
