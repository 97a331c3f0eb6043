"""Health and reflection as endpoints, without the chain: a probe is nobody's call."""

from collections.abc import Iterator
from typing import TypeVar

from google.protobuf.message import DecodeError, Message
from grpc import StatusCode
from grpc_health.v1.health import SERVICE_NAME
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_reflection.v1alpha.reflection_pb2 import ServerReflectionRequest

from gateway.health import Health
from gateway.interceptors.base import End, Endpoint, Refusal, Rpc
from gateway.reflection import METHOD, V1, V1ALPHA, Reflection

T = TypeVar("T", bound=Message)

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


class Watcher:
    """Who watches, as the health package's servicer knows him."""

    def __init__(self, rpc: Rpc) -> None:
        """Takes the RPC."""
        self._rpc = rpc

    async def write(self, response: HealthCheckResponse) -> None:
        """Sends one status."""
        await self._rpc.context.write(response.SerializeToString())


def of_health(health: Health) -> Iterator[Endpoint]:
    """The three methods of grpc.health.v1.Health."""

    def check(request: bytes, _rpc: Rpc) -> End:
        asked = _read(HealthCheckRequest, request)
        if asked is None:
            return UNREADABLE
        found = health.status(asked.service)
        return UNKNOWN if found is None else found.SerializeToString()

    def every(_request: bytes, _rpc: Rpc) -> End:
        answer: bytes = health.statuses().SerializeToString()
        return answer

    async def watch(request: bytes, rpc: Rpc) -> End:
        asked = _read(HealthCheckRequest, request)
        if asked is None:
            return UNREADABLE
        await health.Watch(asked, Watcher(rpc))
        return b""

    for method, begin in {"Check": check, "List": every, "Watch": watch}.items():
        yield Endpoint(
            service=SERVICE_NAME,
            method=method,
            incoming=False,
            outgoing=method == "Watch",
            begin=begin,
        )


def of_reflection(reflection: Reflection) -> Iterator[Endpoint]:
    """`ServerReflectionInfo` in either version."""

    async def stream(_request: bytes, rpc: Rpc) -> End:
        if rpc.requests is not None:
            async for each in rpc.requests:
                asked = _read(ServerReflectionRequest, each)
                if asked is None:
                    return UNREADABLE
                answer = reflection.answer(asked)
                await rpc.context.write(answer.SerializeToString())
        return b""

    for service in (V1, V1ALPHA):
        yield Endpoint(service=service, method=METHOD, incoming=True, outgoing=True, begin=stream)
