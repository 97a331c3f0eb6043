"""Bootstrap: the one place where parts are chosen, opened and closed."""

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

from facade.again import Again
from facade.catalog.catalog import Catalog
from facade.catalog.examiner import Examiner
from facade.catalog.sourcing import Intake
from facade.config import MEMORY, Misconfigured, Settings
from facade.egress import Egress
from facade.engine import Engine
from facade.guards import Guards, Servers
from facade.hop.acceptance import Acceptance
from facade.hop.carrier import Carrier
from facade.hop.signature import Keys
from facade.hop.traces import Elsewhere, Facades
from facade.inbound import Sizes
from facade.network.exits import Exits
from facade.network.tls import system_trust
from facade.policy.cache.cache import Cache
from facade.policy.credentials.credentials import Credentials
from facade.policy.credentials.endpoint import Endpoint
from facade.policy.credentials.tokens import Tokens
from facade.policy.limits.admission import Limits
from facade.policy.once import Once
from facade.policy.overload.gate import Gate
from facade.secrets.opening import open_ring, open_secrets, vault_server
from facade.secrets.ring import KeyRing
from facade.secrets.safe import Safe
from facade.secrets.vault import Vault
from facade.secrets.vault_client import VaultClient
from facade.spec.examination import examine
from facade.spec.limits import Limits as SpecLimits
from facade.stores.calls import SqlCalls
from facade.stores.embedded import embedded
from facade.stores.grants import SqlGrants
from facade.stores.ledger import SqlLedger, open_ledger
from facade.stores.opening import open_shared
from facade.stores.redis import RedisShared
from facade.stores.secrets import SqlSecrets
from facade.stores.shared import Shared
from facade.stores.sqlite import memory
from facade.telemetry import instruments as table
from facade.telemetry import names
from facade.telemetry.export import Export
from facade.telemetry.metering import open_meters
from facade.telemetry.meters import Meters
from facade.telemetry.ring import Ring
from facade.telemetry.setup import open_tracing
from facade.telemetry.spans import Tracing
from facade.transport import Transport
from facade.wire import Wire

DATABASE = "portico.db"

EMBEDDED = "embedded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the faces stand on."""

    engine: Engine
    again: Again
    gate: Gate
    catalog: Catalog
    safe: Safe
    tracing: Tracing
    meters: Meters
    ring: Ring
    elsewhere: Elsewhere
    acceptance: Acceptance
    page_key: bytes
    """Seals page tokens: the same in every process on one ledger."""


@asynccontextmanager
async def open_parts(
    settings: Settings, environ: Mapping[str, str], service: str = names.GATEWAY
) -> AsyncIterator[Parts]:
    """Opens everything that a gateway needs, and closes it in the opposite order.

    `service` is what the process is called in traces, where the environment has no name for it.
    Raises Misconfigured where the settings cannot work.
    """
    async with AsyncExitStack() as stack:
        traces = Ring(settings.traces)
        opened = open_tracing(settings, environ, service, traces)
        tracing = await stack.enter_async_context(opened)
        meters = await stack.enter_async_context(open_meters(settings, environ, service))
        transport = _transport(settings, _egress(settings), meters)
        stack.push_async_callback(transport.close)
        ledger = await _ledger(settings, stack)
        catalog = await _catalog(settings, ledger, transport, stack)
        page_key = await ledger.page_key()
        ring = open_ring(settings)
        seal = ring.seal("portico")
        shared = await _shared(settings, environ, stack)
        vault = _vault(settings, environ, stack)
        secrets, safe = await stack.enter_async_context(
            open_secrets(settings, environ, SqlSecrets(ledger, ""), ring, vault)
        )
        tokens = Tokens(shared, SqlGrants(ledger), seal.derived("tokens"), Endpoint(transport))
        await stack.enter_async_context(tokens)
        meters.watch(table.TOKENS, tokens.results)
        credentials = Credentials(secrets, tokens, seal.derived("credentials"))
        guards = Guards(
            once=Once(SqlCalls(ledger), seal.derived("calls")),
            limits=Limits(shared, seal.derived("limits"), settings.tenant_limit),
            cache=await stack.enter_async_context(Cache(shared, seal.derived("cache"))),
            servers=Servers(),
            credentials=credentials,
        )
        hop_keys = _hop_keys(settings, ring)
        carrier = Carrier(transport, hop_keys)
        guards.watch(meters)
        _watch(meters, shared, ledger, catalog)
        _watch_spans(meters, tracing, traces)
        engine = Engine(catalog, guards, carrier, tracing, meters)
        gate = await stack.enter_async_context(Gate(settings.max_calls))
        gate.tell(meters)
        yield Parts(
            engine=engine,
            again=Again(catalog, guards, meters),
            gate=gate,
            catalog=catalog,
            safe=safe,
            tracing=tracing,
            meters=meters,
            ring=traces,
            elsewhere=Facades(transport, hop_keys, catalog.resolve, credentials.sign),
            acceptance=Acceptance(hop_keys, settings.hop_names),
            page_key=page_key,
        )


@asynccontextmanager
async def open_embedded(settings: Settings) -> AsyncIterator[str]:
    """The URL of the server that `--redis embedded` starts, for the block; else the setting's own.

    Raises Misconfigured where it cannot be started.
    """
    if settings.redis != EMBEDDED:
        yield settings.redis
        return
    if settings.data == MEMORY:
        raise Misconfigured("redis: `embedded` needs a folder: data is `memory`")
    async with AsyncExitStack() as stack:
        try:
            url = await stack.enter_async_context(embedded(settings.data))
        except ValueError as problem:
            raise Misconfigured(f"redis: {problem}") from None
        yield url


def _watch(meters: Meters, shared: Shared, ledger: SqlLedger, catalog: Catalog) -> None:
    """Has the meters ask the stores."""
    meters.watch(table.LEDGER_ERRORS, lambda: {(): ledger.failures})
    meters.watch(table.CATALOG_VERSIONS, lambda: {(): catalog.size})
    if isinstance(shared, RedisShared):
        meters.watch(table.REDIS_UP, lambda: {(): shared.traffic.up})
        meters.watch(table.REDIS_COMMANDS, lambda: {(): shared.traffic.commands})
        meters.watch(table.REDIS_DROPS, lambda: {(): shared.traffic.drops})
        meters.watch(
            table.REDIS_ERRORS,
            lambda: {(kind,): each for kind, each in shared.traffic.failures.items()},
        )


def _watch_spans(meters: Meters, tracing: Tracing, traces: Ring) -> None:
    """Has the meters ask where spans go."""
    exports = [each for each in tracing.sinks if isinstance(each, Export)]
    meters.watch(table.TRACES_KEPT, lambda: {(): traces.count})
    meters.watch(table.SPANS_DROPPED, lambda: {(): sum(each.dropped for each in exports)})


def _transport(settings: Settings, egress: Egress, meters: Meters) -> Transport:
    try:
        exits = Exits.parse(settings.proxies, settings.source_addresses)
    except ValueError as problem:
        raise Misconfigured(str(problem)) from None
    largest = settings.max_response_bytes
    wire = Wire(egress, system_trust(), exits)
    meters.watch(table.CONNECTIONS, wire.connections)
    return Transport(wire, Sizes(wire=largest, decoded=largest))


def _hop_keys(settings: Settings, ring: KeyRing) -> Keys:
    """The keys that sign hops: the operator's, else made of the key ring."""
    if settings.hop_key is None:
        return Keys(ring.keys)
    return Keys(KeyRing(settings.hop_key, make=False, setting="hop_key").keys)


async def _ledger(settings: Settings, stack: AsyncExitStack) -> SqlLedger:
    try:
        if settings.data == MEMORY:
            url = stack.enter_context(memory())
        else:
            settings.data.mkdir(parents=True, exist_ok=True)
            url = f"sqlite+aiosqlite:///{settings.data / DATABASE}"
    except OSError as problem:
        raise Misconfigured(f"data: {settings.data}: {problem.strerror}") from None
    except ValueError as problem:
        raise Misconfigured(f"data: `{MEMORY}` {problem}") from None
    ledger = await open_ledger(url)
    stack.push_async_callback(ledger.close)
    return ledger


async def _catalog(
    settings: Settings, ledger: SqlLedger, transport: Transport, stack: AsyncExitStack
) -> Catalog:
    examiner = await stack.enter_async_context(Examiner())
    catalog = Catalog(
        ledger,
        partial(examine, limits=SpecLimits(size=settings.max_spec_bytes)),
        partial(transport.fetch, limit=settings.max_spec_bytes),
        intake=Intake(hosts=settings.spec_hosts, run=examiner.run),
    )
    await catalog.refresh()
    return catalog


async def _shared(settings: Settings, environ: Mapping[str, str], stack: AsyncExitStack) -> Shared:
    url = await stack.enter_async_context(open_embedded(settings))
    try:
        return await stack.enter_async_context(open_shared(url or environ.get("REDIS_URL", "")))
    except ValueError as problem:
        raise Misconfigured(str(problem)) from None


def _vault(settings: Settings, environ: Mapping[str, str], stack: AsyncExitStack) -> Vault | None:
    """The operator's Vault, at whatever address."""
    server = vault_server(settings, environ)
    if server is None:
        return None
    client = VaultClient(system_trust())
    stack.push_async_callback(client.close)
    return Vault(server, client.get, time.monotonic)


def _egress(settings: Settings) -> Egress:
    try:
        return Egress(settings.egress_allow, loopback=settings.dev)
    except ValueError as problem:
        raise Misconfigured(f"egress_allow: {problem}") from None
