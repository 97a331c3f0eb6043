"""Metering: whether this process counts anything, and where the numbers go."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from facade.config import Settings
from facade.telemetry.beat import beating
from facade.telemetry.exposition import WORKERS
from facade.telemetry.meters import Meters
from facade.telemetry.otlp_metrics import exporter_from, opened, sending
from facade.telemetry.recording import Recording


@asynccontextmanager
async def open_meters(
    settings: Settings, environ: Mapping[str, str], service: str
) -> AsyncIterator[Meters]:
    """The meters of this process: they count where /metrics or a collector gets the numbers.

    Raises Misconfigured where the OTEL_* variables cannot work.
    """
    make = exporter_from(environ)
    if not (make or settings.admin or settings.http or environ.get(WORKERS)):
        yield Meters()
        return
    recording = Recording(exemplars=not environ.get(WORKERS))
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(beating(recording))
        if make is not None:
            exporter = opened(make)
            await stack.enter_async_context(sending(recording, exporter, environ, service))
        yield recording
