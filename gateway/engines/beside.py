"""Health and reflection as endpoints, without the chain: a probe is nobody's call.

Health tells SERVING or NOT_SERVING to whoever asks; reflection what there is, to who may see it.
"""

from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import NamedTuple, TypeAlias, TypeVar

from google.protobuf.message import DecodeError, Message
from grpc import StatusCode
from grpc_health.v1.health import SERVICE_NAME
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_reflection.v1alpha.reflection_pb2 import ServerReflectionRequest

from facade.model.access import Identity
from gateway.health import Health
from gateway.interceptors.base import End, Endpoint, Refusal, Rpc
from gateway.reflection import METHOD, V1, V1ALPHA, Reflection

T = TypeVar("T", bound=Message)

Entrance: TypeAlias = Callable[[Rpc], Awaitable[Refusal | None]]
"""Gives the status of an RPC whose caller may not have it."""


class Others(NamedTuple):
    """The services that not everybody has."""

    entrance: Entrance
    is_one: Callable[[str], bool]
    """Says whether one could have that full name."""
    serves: Callable[[str, Identity], bool]
    """Says whether there is one with that full name for a caller."""


UNKNOWN = Refusal(code=StatusCode.NOT_FOUND, details="There is no such service.")

UNREADABLE = Refusal(
    code=StatusCode.INVALID_ARGUMENT,
    details="The request is not what this method takes.",
)


def _read(kind: type[T], request: bytes) -> T | None:
    try:
        return kind.FromString(request)
    except DecodeError:
        return None


def _written(status: HealthCheckResponse | None) -> bytes:
    written: bytes = (status or HealthCheckResponse()).SerializeToString()
    return written


class Watcher:
    """Who watches, as the health package's servicer knows him."""

    def __init__(self, rpc: Rpc) -> None:
        """Takes the RPC."""
        self._rpc = rpc

    async def write(self, response: HealthCheckResponse) -> None:
        """Sends one status."""
        await self._rpc.context.write(response.SerializeToString())


class Probes:
    """The three methods of grpc.health.v1.Health."""

    def __init__(self, health: Health, others: Others | None) -> None:
        """Takes the services that everybody knows, and those that not everybody has, if any."""
        self._health = health
        self._others = others

    def check(self, request: bytes, rpc: Rpc) -> End | Awaitable[End]:
        """The status of one."""
        asked = _read(HealthCheckRequest, request)
        if asked is None:
            return UNREADABLE
        found = self._health.status(asked.service)
        return self._check_other(asked.service, rpc) if found is None else _written(found)

    def every(self, _request: bytes, _rpc: Rpc) -> End:
        """The status of each that everybody knows."""
        answer: bytes = self._health.statuses().SerializeToString()
        return answer

    async def watch(self, request: bytes, rpc: Rpc) -> End:
        """The status of one, and each change of it."""
        asked = _read(HealthCheckRequest, request)
        if asked is None:
            return UNREADABLE
        rpc.streamed = True
        others, service = self._others, asked.service
        if others is not None and await self._has(others, service, rpc):
            is_there = partial(others.serves, service, rpc.identity)
            await self._health.follow(is_there, Watcher(rpc))
        else:
            await self._health.Watch(asked, Watcher(rpc))
        return b""

    async def _check_other(self, service: str, rpc: Rpc) -> End:
        """One that the caller has, who is asked who he is, is as well as the whole."""
        others = self._others
        if others is None or not await self._has(others, service, rpc):
            return UNKNOWN
        return _written(self._health.status(""))

    async def _has(self, others: Others, service: str, rpc: Rpc) -> bool:
        if self._health.status(service) is not None or not others.is_one(service):
            return False
        return await others.entrance(rpc) is None and others.serves(service, rpc.identity)


def of_health(health: Health, others: Others | None = None) -> Iterator[Endpoint]:
    """The endpoints of grpc.health.v1.Health."""
    probes = Probes(health, others)
    begins = {"Check": probes.check, "List": probes.every, "Watch": probes.watch}
    for method, begin in begins.items():
        yield Endpoint(service=SERVICE_NAME, method=method, incoming=False, begin=begin)


def of_reflection(reflection: Reflection, entrance: Entrance) -> Iterator[Endpoint]:
    """`ServerReflectionInfo` in either version, for those who may see what there is."""

    async def stream(_request: bytes, rpc: Rpc) -> End:
        refusal = await entrance(rpc)
        if refusal is not None:
            return refusal
        rpc.streamed = True
        if rpc.requests is not None:
            async for each in rpc.requests:
                refusal = await entrance(rpc)  # what is shown may have been taken back since
                if refusal is not None:
                    return refusal
                asked = _read(ServerReflectionRequest, each)
                if asked is None:
                    return UNREADABLE
                answer = await reflection.answer(asked, rpc.identity, rpc.sent())
                await rpc.context.write(answer.SerializeToString())
        return b""

    for service in (V1, V1ALPHA):
        yield Endpoint(service=service, method=METHOD, incoming=True, begin=stream)
