"""Bootstrap: the one place where parts are chosen, opened and closed."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

from facade.catalog.catalog import Catalog
from facade.config import Misconfigured, Settings
from facade.egress import Egress
from facade.engine import Engine
from facade.inbound import Limits
from facade.policy.credentials import Credentials
from facade.secrets import Secrets
from facade.spec.examination import examine
from facade.spec.limits import Limits as SpecLimits
from facade.stores.ledger import open_ledger
from facade.telemetry.setup import open_provider
from facade.telemetry.spans import Tracing
from facade.transport import Transport
from facade.wire import Wire, system_trust

DATABASE = "portico.db"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the faces stand on."""

    engine: Engine
    catalog: Catalog
    tracing: Tracing
    page_key: bytes
    """Seals page tokens: the same in every process on one ledger."""


@asynccontextmanager
async def open_parts(settings: Settings, environ: Mapping[str, str]) -> AsyncIterator[Parts]:
    """Opens everything that a gateway needs, and closes it in the opposite order.

    Raises Misconfigured where the settings cannot work.
    """
    async with AsyncExitStack() as stack:
        provider = open_provider(environ)
        stack.callback(provider.shutdown)
        tracing = Tracing(provider)
        wire = Wire(_egress(settings), system_trust())
        largest = settings.max_response_bytes
        transport = Transport(wire, Limits(wire=largest, decoded=largest))
        stack.push_async_callback(transport.close)
        try:
            settings.data.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise Misconfigured(f"data: {settings.data}: {problem.strerror}") from None
        ledger = await open_ledger(f"sqlite+aiosqlite:///{settings.data / DATABASE}")
        stack.push_async_callback(ledger.close)
        catalog = Catalog(
            ledger,
            partial(examine, limits=SpecLimits(size=settings.max_spec_bytes)),
            partial(transport.fetch, limit=settings.max_spec_bytes),
            spec_hosts=settings.spec_hosts,
        )
        await catalog.refresh()
        patterns = ("*",) if settings.dev else settings.env_secrets
        secrets = Secrets(environ, patterns, settings.file_secrets)
        engine = Engine(catalog, Credentials(secrets), transport, tracing)
        yield Parts(
            engine=engine, catalog=catalog, tracing=tracing, page_key=await ledger.page_key()
        )


def _egress(settings: Settings) -> Egress:
    try:
        return Egress(settings.egress_allow, loopback=settings.dev)
    except ValueError as problem:
        raise Misconfigured(f"egress_allow: {problem}") from None
