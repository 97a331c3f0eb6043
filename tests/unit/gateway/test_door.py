"""The door: what the gate gives no hope gets its status there, in few words."""

import asyncio
import logging

import pytest
from google.rpc.error_details_pb2 import ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status
from grpc import StatusCode
from grpc_status.rpc_status import GRPC_DETAILS_METADATA_KEY

from facade.errors.service import Overloaded
from facade.policy.overload.gate import Gate
from facade.policy.overload.priority import Priority
from facade.telemetry.logs import ACCESS
from facade.telemetry.meters import Meters
from gateway.interceptors.door import SOON, Doorkeeper

METHOD = "gateway.v1.GatewayService/ExecuteAction"
PEER = "ipv4:127.0.0.1:1"


async def a_door() -> Doorkeeper:
    """Before a gate that is full, and has refused a call of the peer."""
    gate = Gate(1)
    assert gate.take("another", Priority.CRITICAL)
    with pytest.raises(Overloaded):
        await gate.turn(PEER, Priority.NORMAL, 0.0)
    return Doorkeeper(gate, Meters(), METHOD, chance=lambda: 0.0)


async def test_m01_what_is_turned_away_gets_the_time_to_come_again_and_is_told_later() -> None:
    door = await a_door()
    refused = door((), PEER, 0.4)
    assert refused is not None
    assert refused.code is StatusCode.UNAVAILABLE
    assert 0.05 < refused.hold < 0.2
    last = dict(refused.trailing_metadata)
    assert last["grpc-retry-pushback-ms"] == "500"
    status = last[GRPC_DETAILS_METADATA_KEY]
    assert isinstance(status, bytes)
    details = Status.FromString(status).details
    info, retry = ErrorInfo(), RetryInfo()
    assert details[0].Unpack(info)
    assert details[1].Unpack(retry)
    assert (info.reason, info.metadata["outcome"]) == ("OVERLOADED", "NOT_EXECUTED")
    assert retry.retry_delay.ToMilliseconds() == 500


async def test_m08_what_is_critical_comes_in() -> None:
    door = await a_door()
    assert door((("priority", "u=0"),), PEER, 0.4) is None
    assert door((("priority", "u=7"),), PEER, 0.4) is not None


async def test_a_calm_gate_turns_nobody_away() -> None:
    assert Doorkeeper(Gate(1), Meters(), METHOD)((), PEER, 0.0) is None


async def test_many_refusals_are_one_line_that_says_how_many(
    caplog: pytest.LogCaptureFixture,
) -> None:
    door = await a_door()
    with caplog.at_level(logging.INFO, ACCESS):
        for _ in range(5):
            door((), PEER, 0.4)
        await asyncio.sleep(2 * SOON)
    (line,) = [each for each in caplog.records if each.name == ACCESS]
    assert line.getMessage() == f"{METHOD} UNAVAILABLE OVERLOADED 0.000 ms {PEER}"
    assert vars(line)["more"] == 4
