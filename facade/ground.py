"""The ground: stores, keys, wires and meters, on which everything else of a process stands."""

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

from facade.catalog.catalog import Catalog
from facade.catalog.examiner import Examiner
from facade.catalog.sourcing import Intake
from facade.config import MEMORY, Misconfigured, Settings
from facade.egress import Egress
from facade.inbound import Sizes
from facade.network.exits import Exits
from facade.network.tls import system_trust
from facade.sealing import Seal
from facade.secrets.opening import open_ring, open_secrets, vault_server
from facade.secrets.references import Secrets
from facade.secrets.ring import KeyRing
from facade.secrets.safe import Safe
from facade.secrets.vault import Vault
from facade.secrets.vault_client import VaultClient
from facade.spec.examination import examine
from facade.spec.limits import Limits as SpecLimits
from facade.stores.embedded import embedded
from facade.stores.keeping import Keeping
from facade.stores.ledger import SqlLedger
from facade.stores.migrating import tables_of_this_release
from facade.stores.opening import open_shared
from facade.stores.redis import RedisShared
from facade.stores.secrets import SqlSecrets
from facade.stores.shared import Shared
from facade.stores.snapshot_file import SnapshotFile
from facade.stores.sqlite import memory
from facade.stores.stand_in import opened
from facade.telemetry import instruments as table
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
class Ground:
    """What is opened first, and closed last."""

    settings: Settings
    tracing: Tracing
    traces: Ring
    meters: Meters
    transport: Transport
    ledger: SqlLedger
    catalog: Catalog
    ring: KeyRing
    seal: Seal
    shared: Shared
    secrets: Secrets
    safe: Safe


async def open_ground(
    settings: Settings, environ: Mapping[str, str], service: str, stack: AsyncExitStack
) -> Ground:
    """Opens it, to be closed with the stack; raises Misconfigured."""
    traces = Ring(settings.traces)
    opened = open_tracing(settings, environ, service, traces)
    tracing = await stack.enter_async_context(opened)
    meters = await stack.enter_async_context(open_meters(settings, environ, service))
    transport = _transport(settings, _egress(settings), meters)
    stack.push_async_callback(transport.close)
    ring = open_ring(settings)
    ledger = await _ledger(settings, ring, stack)
    catalog = await _catalog(settings, ledger, transport, stack)
    shared = await _shared(settings, environ, stack)
    vault = _vault(settings, environ, stack)
    secrets, safe = await stack.enter_async_context(
        open_secrets(settings, environ, SqlSecrets(ledger), ring, vault)
    )
    _watch(meters, shared, ledger, catalog)
    _watch_spans(meters, tracing, traces)
    return Ground(
        settings=settings,
        tracing=tracing,
        traces=traces,
        meters=meters,
        transport=transport,
        ledger=ledger,
        catalog=catalog,
        ring=ring,
        seal=ring.seal("portico"),
        shared=shared,
        secrets=secrets,
        safe=safe,
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
    meters.watch(table.LEDGER_READ_ONLY, lambda: {(): int(ledger.is_read_only)})
    meters.watch(table.CATALOG_STALE, lambda: {(): int(ledger.is_stale)})
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


async def _ledger(settings: Settings, ring: KeyRing, stack: AsyncExitStack) -> SqlLedger:
    kept = _sqlite(settings, stack)  # the folder has the key ring, wherever the ledger is
    url = settings.database or kept
    try:
        ledger = SqlLedger(url)
    except ValueError as problem:
        raise Misconfigured(f"database: {problem}") from None
    stack.push_async_callback(ledger.close)
    file = _snapshot_file(settings, url, ring)
    await stack.enter_async_context(opened(ledger, file))
    await stack.enter_async_context(ledger.hearing())
    if file is not None:
        await stack.enter_async_context(Keeping(ledger, file))
    return ledger


def _snapshot_file(settings: Settings, url: str, ring: KeyRing) -> SnapshotFile | None:
    """What stands in for the ledger where that is away at the start; none without a folder."""
    if settings.data == MEMORY:
        return None
    return SnapshotFile(settings.data, url, tables_of_this_release(), ring.seal)


def _sqlite(settings: Settings, stack: AsyncExitStack) -> str:
    """The URL of the database in the data folder, or in memory."""
    try:
        if settings.data == MEMORY:
            return stack.enter_context(memory())
        settings.data.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise Misconfigured(f"data: {settings.data}: {problem.strerror}") from None
    except ValueError as problem:
        raise Misconfigured(f"data: `{MEMORY}` {problem}") from None
    return f"sqlite+aiosqlite:///{settings.data / DATABASE}"


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
