"""Health by the standard protocol (grpc.health.v1), whose watchers do not hold up the end."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any, Final

from grpc_health.v1 import health
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse, HealthListResponse

UNKNOWN: Final = HealthCheckResponse.SERVICE_UNKNOWN

LOOK: Final = 0.25
"""Seconds between two looks at whether a service is still there."""


class Health(health.aio.HealthServicer):  # type: ignore[misc]  # the package has no types
    """Says SERVING for every service and the whole, until the server goes away."""

    def __init__(self, services: Iterable[str]) -> None:
        """Takes the names of the services."""
        super().__init__()
        self._server_status.update(dict.fromkeys(services, HealthCheckResponse.SERVING))
        self._watches: set[asyncio.Timeout] = set()

    async def welcome(self, *, ready: bool) -> None:
        """Says of every service whether new calls are welcome; not any more once it drains.

        Its own serves for as long as it answers: by that a probe tells whether the process lives.
        """
        status = HealthCheckResponse.SERVING if ready else HealthCheckResponse.NOT_SERVING
        for service in self._server_status.keys() - {health.SERVICE_NAME}:
            await self.set(service, status)

    def status(self, service: str) -> HealthCheckResponse | None:
        """The status of a service; None for one that is not there."""
        found = self._server_status.get(service)
        return None if found is None else HealthCheckResponse(status=found)

    def statuses(self) -> HealthListResponse:
        """The status of everything."""
        found = self._server_status.items()
        return HealthListResponse(
            statuses={name: HealthCheckResponse(status=status) for name, status in found}
        )

    async def Watch(  # noqa: N802 - the method's name in the proto
        self, request: HealthCheckRequest, context: Any
    ) -> None:
        """Writes the status and its changes to `context`, until `dismiss`."""
        async with self._watching():
            await super().Watch(request, context)

    async def follow(self, is_there: Callable[[], bool], context: Any) -> None:
        """Writes the status of a service that comes and goes to `context`, until `dismiss`."""
        async with self._watching():
            told = None
            while True:
                status = self._server_status[health.OVERALL_HEALTH] if is_there() else UNKNOWN
                if status != told:
                    await context.write(HealthCheckResponse(status=status))
                    told = status
                await asyncio.sleep(LOOK)

    @contextlib.asynccontextmanager
    async def _watching(self) -> AsyncIterator[None]:
        watch = asyncio.timeout(None)
        with contextlib.suppress(TimeoutError):
            async with watch:
                self._watches.add(watch)
                try:
                    yield
                finally:
                    self._watches.discard(watch)

    def dismiss(self) -> None:
        """Ends the streams of those who watch, who would be waited for otherwise."""
        now = asyncio.get_running_loop().time()
        for watch in self._watches:
            watch.reschedule(now)
