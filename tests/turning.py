"""Publishes and rollbacks while calls are made: what callers see of each turn."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc.aio

from gateway.v1.gateway_pb2 import (
    EXECUTION_VIEW_FULL,
    CreateVersion,
    DeleteVersion,
    ExecuteActionRequest,
    ManageVersionsRequest,
    PromoteVersion,
    RollbackVersions,
    VersionChange,
)
from gateway.v1.gateway_pb2_grpc import GatewayServiceStub
from gateway.v1.version_pb2 import ConnectorVersion, Direct
from tests.doors import document
from tests.fakes import HttpBackend, answer
from tests.processes import portico_up

PARENT = "connectors/turns"
CALL = ExecuteActionRequest(
    name=f"{PARENT}/versions/live/actions/which", parameters_json="{}", view=EXECUTION_VIEW_FULL
)
OWN = (("grpc.use_local_subchannel_pool", 1),)
"""A connection of its own for each caller: they are spread over the processes."""
TYPE = (("Content-Type", "application/json"),)
SETTLED = 1.0
"""Seconds after which all processes know of the connector."""
KEPT = 6
"""Versions that are there at a time."""


@dataclass(slots=True)
class Seen:
    """What calls met, and when which version served."""

    turns: list[tuple[float, float, str]] = field(default_factory=list)
    """When a turn began and when it was acknowledged, and to which version."""
    calls: list[tuple[float, float, str]] = field(default_factory=list)
    """When a call began and ended, and which version served it."""
    failed: list[str] = field(default_factory=list)
    mixed: list[str] = field(default_factory=list)
    """Answers of which the exchange and the backend name different versions."""

    def lags(self) -> list[float]:
        """How long after each acknowledged turn somebody still got what was before."""
        found = [0.0] * len(self.turns)
        number = 0
        for began, ended, version in sorted(self.calls):
            while number + 1 < len(self.turns) and self.turns[number + 1][1] <= began:
                number += 1
            here = self.turns[number][2]
            coming = self.turns[number + 1 : number + 3]
            following = {each for start, _, each in coming if start <= ended}
            if version not in {here, *following}:
                found[number] = max(found[number], began - self.turns[number][1])
        return found


async def turn(folder: Path, turns: int, pause: float, callers: int = 8) -> Seen:
    """Publishes and rolls back in turns before four processes, while callers call."""
    seen = Seen()
    async with HttpBackend(_which) as backend:
        flags = ("--workers", "4")
        async with portico_up(folder, None, *flags) as running, asyncio.TaskGroup() as group:
            await _publish(running.gateway, backend.origin, 0, seen)
            done = asyncio.Event()
            await asyncio.sleep(SETTLED)
            for _ in range(callers):
                group.create_task(_call(running.address, seen, done))
            for number in range(1, turns + 1):
                await asyncio.sleep(pause)
                if number % 2:
                    await _publish(running.gateway, backend.origin, number, seen)
                else:
                    await _roll_back(running.gateway, seen)
            await asyncio.sleep(pause)
            done.set()
    return seen


def _which(request: bytes) -> bytes:
    """Tells the version by the path of its server."""
    version = request.split(b"/", 2)[1].decode()
    return answer(json.dumps({"version": version}).encode(), headers=TYPE)


async def _publish(gateway: Any, origin: str, number: int, seen: Seen) -> None:
    text = json.dumps(document({"/which": {"get": {"operationId": "which", "responses": {}}}}))
    made = ConnectorVersion(spec_text=text, direct=Direct(base_uri=f"{origin}/v{number}"))
    key = f"v{number}"
    changes = [
        VersionChange(create=CreateVersion(version_id=key, version=made)),
        VersionChange(promote=PromoteVersion(name=f"{PARENT}/versions/{key}")),
    ]
    if number > KEPT:
        gone = f"{PARENT}/versions/v{number - KEPT}"
        changes.append(VersionChange(delete=DeleteVersion(name=gone)))
    await _turned(gateway, changes, seen)


async def _roll_back(gateway: Any, seen: Seen) -> None:
    await _turned(gateway, [VersionChange(rollback=RollbackVersions())], seen)


async def _turned(gateway: Any, changes: list[VersionChange], seen: Seen) -> None:
    began = time.monotonic()
    answered = await gateway.ManageVersions(ManageVersionsRequest(parent=PARENT, changes=changes))
    live = next(each.name for each in answered.versions if each.traffic_percent)
    seen.turns.append((began, time.monotonic(), live.rpartition("/")[2]))


async def _call(address: str, seen: Seen, done: asyncio.Event) -> None:
    async with _channel(address) as gateway:
        while not done.is_set():
            began = time.monotonic()
            try:
                answered = await gateway.ExecuteAction(CALL, timeout=10)
            except grpc.aio.AioRpcError as failure:
                seen.failed.append(f"{failure.code()} {failure.details()}")
                continue
            served = answered.exchange.version.rpartition("/")[2]
            told = json.loads(answered.json)["version"]
            if told != served:
                seen.mixed.append(f"{served} answered as {told}")
            seen.calls.append((began, time.monotonic(), served))


@asynccontextmanager
async def _channel(address: str) -> AsyncIterator[Any]:
    async with grpc.aio.insecure_channel(address, options=OWN) as channel:
        yield GatewayServiceStub(channel)
