"""Several gateways on one folder and one Redis, and callers who count what they are told."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

import grpc

from gateway.v1.gateway_pb2 import ExecuteActionRequest
from gateway.v1.gateway_pb2_grpc import GatewayServiceStub
from tests.doors import named
from tests.processes import Running, portico_up

CHANNELS = 8
"""Connections to a gateway: each takes 100 calls at once, and may be another worker's."""

OWN = (("grpc.use_local_subchannel_pool", 1),)

PATIENCE = 10.0
"""Seconds that a call may take."""

AT_ONCE = 500
"""Calls under way, above which no more are offered: a gateway has no more to give."""

GOOD = grpc.StatusCode.OK
REFUSED = grpc.StatusCode.RESOURCE_EXHAUSTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one call came to. Times are the event loop's."""

    began: float
    ended: float
    code: grpc.StatusCode
    cache: str = ""
    body: Mapping[str, Any]

    @property
    def seconds(self) -> float:
        return self.ended - self.began


class Member:
    """One gateway, and connections to it."""

    def __init__(self, running: Running, channels: Sequence[grpc.aio.Channel]) -> None:
        self.running = running
        self._stubs = cycle([GatewayServiceStub(each) for each in channels])

    async def call(self, action: str, key: str) -> Told:
        """Calls `connector/action` for a key."""
        arguments = json.dumps({"key": key})
        request = ExecuteActionRequest(name=named(action), parameters_json=arguments)
        began = _now()
        call: Any = next(self._stubs).ExecuteAction(request, timeout=PATIENCE)
        try:
            said = json.loads((await call).json)
        except grpc.aio.AioRpcError as error:
            return Told(began=began, ended=_now(), code=error.code(), body={"": str(error)})
        ended = _now()
        before = dict(await call.initial_metadata())
        return Told(began=began, ended=ended, code=GOOD, cache=before["x-cache"], body=said)


@asynccontextmanager
async def member_up(
    folder: Path, files: Mapping[str, str], env: Mapping[str, str], *flags: str
) -> AsyncIterator[Member]:
    """A gateway on a folder, where others may be too; only the first brings connector files."""
    async with AsyncExitStack() as stack:
        log = folder / "log"
        running = await stack.enter_async_context(
            portico_up(folder, files, *flags, env=env, log=log)
        )
        channels = [
            await stack.enter_async_context(grpc.aio.insecure_channel(running.address, OWN))
            for _ in range(CHANNELS)
        ]
        yield Member(running, channels)


@asynccontextmanager
async def fleet_up(
    folder: Path, files: Mapping[str, str], envs: Sequence[Mapping[str, str]]
) -> AsyncIterator[list[Member]]:
    """A gateway for each environment, all on one folder."""
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(member_up(folder, files, envs[0]))
        others = (stack.enter_async_context(member_up(folder, {}, env)) for env in envs[1:])
        yield [first, *await asyncio.gather(*others)]


async def offered(
    call: Callable[[int], Awaitable[Told]], rate: float, seconds: float, together: int = 1
) -> list[Told]:
    """Makes calls at a steady rate, however those before them fare, while that can be kept up.

    So many are made together.
    """
    places = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> Told:
        try:
            return await call(number)
        finally:
            places.release()

    begun, calls = _now(), list[asyncio.Task[Told]]()
    async with asyncio.TaskGroup() as group:
        while _now() < begun + seconds and len(calls) < rate * seconds:
            due = begun + len(calls) // together * together / rate
            await asyncio.sleep(max(0.0, due - _now()))
            await places.acquire()
            calls.append(group.create_task(one(len(calls))))
    return [each.result() for each in calls]


def percentile(told: Sequence[Told], part: float) -> float:
    """The seconds within which that part of the calls was answered."""
    times = sorted(each.seconds for each in told)
    return times[min(int(part * len(times)), len(times) - 1)]


def admitted(told: Sequence[Told]) -> list[Told]:
    """The calls that no limit refused; fails where one failed otherwise."""
    assert [each.body for each in told if each.code not in (GOOD, REFUSED)] == []
    return [each for each in told if each.code is GOOD]


def ideal(told: Sequence[Told], rate: float, burst: int) -> int:
    """How many a limit admits of calls that come when these were answered.

    That is fewer than the limit has room for, where a busy machine has let it rest.
    """
    count, due = 0, 0.0
    for time in sorted(each.ended for each in told):
        if due - time <= (burst - 1) / rate:
            count, due = count + 1, max(due, time) + 1 / rate
    return count


def most_in_a_second(told: Sequence[Told]) -> int:
    """How many of the calls at most ended within a second."""
    times = sorted(each.ended for each in told)
    most = first = 0
    for last, time in enumerate(times):
        while time - times[first] > 1.0:
            first += 1
        most = max(most, last - first + 1)
    return most


def _now() -> float:
    return asyncio.get_running_loop().time()
