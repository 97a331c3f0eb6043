"""Which spans are recorded and where they go: the OTEL_* variables decide."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from opentelemetry.sdk.resources import SERVICE_NAME, OTELResourceDetector, Resource

from facade.config import Settings
from facade.telemetry.export import Export, exporters_from, open_export
from facade.telemetry.ring import Ring
from facade.telemetry.sampling import sampler_from
from facade.telemetry.spans import Tracing

DISABLED = "OTEL_SDK_DISABLED"


@asynccontextmanager
async def open_tracing(
    settings: Settings, environ: Mapping[str, str], service: str, ring: Ring
) -> AsyncIterator[Tracing]:
    """Opens the tracing of this process, and sends what waits in the end.

    With an exporter, what the sampler chooses is exported and kept in the ring; without one all
    is kept in the ring, and no trace is called sampled for that. Raises Misconfigured.
    """
    baggage_keys = frozenset(settings.baggage_keys)
    if environ.get(DISABLED, "").strip().lower() == "true":
        yield Tracing(service=service, baggage_keys=baggage_keys)
        return
    told = OTELResourceDetector().detect()
    service = str(told.attributes.get(SERVICE_NAME) or service)
    async with AsyncExitStack() as stack:
        exports = [
            await _opened(stack, open_export(make, _resource(service), environ))
            for make in exporters_from(environ)
        ]
        rings = [ring] if settings.traces else []
        yield Tracing(
            *exports,
            *rings,
            service=service,
            sampler=sampler_from(environ) if exports else None,
            baggage_keys=baggage_keys,
        )


async def _opened(stack: AsyncExitStack, export: Export) -> Export:
    stack.push_async_callback(export.close)
    return export


def _resource(service: str) -> Resource:
    """What the process is: OTEL_RESOURCE_ATTRIBUTES, and its name."""
    return Resource.create({SERVICE_NAME: service})
