"""The gRPC server: addresses, limits, services, and an end without a lost call."""

import asyncio
import logging
from collections.abc import Mapping
from functools import partial
from typing import Protocol

import grpc
from google.protobuf.descriptor import ServiceDescriptor
from grpc_health.v1.health import SERVICE_NAME

from facade.app.drain import until_last_words
from facade.app.listening import KEPT, Changes, TlsFiles, is_port, tls_for
from facade.catalog.catalog import Catalog
from facade.config import Misconfigured, Settings
from facade.hop.traces import Elsewhere
from facade.listing import listing as lists
from facade.listing.pages import Tokens
from facade.listing.secrets import Secrets
from facade.listing.traces import Traces
from facade.policy.overload.gate import Gate
from facade.secrets.safe import Safe
from facade.telemetry.meters import Meters
from facade.telemetry.ring import Ring
from facade.telemetry.spans import Tracing
from gateway.catalog_service import CatalogService
from gateway.engines.beside import of_health, of_reflection
from gateway.engines.choice import build_engine
from gateway.engines.engine import MAX_MESSAGE, OPTIONS, Engine
from gateway.engines.grpcio import Grpcio
from gateway.health import Health
from gateway.interceptors.access import Access
from gateway.interceptors.admission import Admission, StreamAdmission
from gateway.interceptors.base import Interceptor
from gateway.interceptors.chain import endpoints
from gateway.interceptors.door import Doorkeeper
from gateway.interceptors.drain import Drain
from gateway.interceptors.faults import Faults
from gateway.interceptors.trace import Trace
from gateway.listing import Listing
from gateway.reflection import V1, V1ALPHA, Reflection
from gateway.secret_service import SecretService
from gateway.service import GatewayService, Repeats
from gateway.stream_service import Streamer, StreamService
from gateway.trace_service import TraceService
from gateway.v1 import catalog_pb2, gateway_pb2, secret_pb2, stream_pb2, trace_pb2

LOGGER = logging.getLogger(__name__)

NAMES = (
    *(
        service.full_name
        for proto in (gateway_pb2, stream_pb2, catalog_pb2, secret_pb2, trace_pb2)
        for service in proto.DESCRIPTOR.services_by_name.values()
    ),
    SERVICE_NAME,
    V1,
    V1ALPHA,
)
"""The services as health and reflection name them."""


class Parts(Protocol):
    """What the server stands on; `facade.bootstrap` opens it."""

    @property
    def engine(self) -> Streamer:
        """Executes calls."""

    @property
    def again(self) -> Repeats:
        """Answers calls as they were answered before."""

    @property
    def gate(self) -> Gate:
        """Lets calls in while there is room for them."""

    @property
    def catalog(self) -> Catalog:
        """Knows connectors, versions and actions."""

    @property
    def safe(self) -> Safe:
        """Keeps secrets."""

    @property
    def tracing(self) -> Tracing:
        """Makes spans."""

    @property
    def meters(self) -> Meters:
        """Counts and times what happens."""

    @property
    def ring(self) -> Ring:
        """Has the last traces."""

    @property
    def elsewhere(self) -> Elsewhere:
        """Knows what other processes have of them."""

    @property
    def page_key(self) -> bytes:
        """Seals page tokens: the same in every worker and after a restart."""


class Server:
    """A gRPC server that starts, drains and stops."""

    def __init__(self, engine: Engine, health: Health, drain: Drain, settings: Settings) -> None:
        """Takes the parts from `build_server`."""
        self._engine = engine
        self._health = health
        self._drain = drain
        self._settings = settings

    async def start(self) -> str:
        """Listens, and gives the address, whose port is the one that was found for port 0.

        Raises Misconfigured where the address cannot be listened on, or must not be.
        """
        address = self._settings.grpc
        if not is_port(address):  # gRPC would listen on what is left of it
            raise Misconfigured(f"cannot listen on {address}: no such port")
        try:
            port = await self._engine.start(address)
        except OSError:
            raise _taken(address) from None
        if not address.startswith("unix"):
            address = f"{address.rpartition(':')[0]}:{port}"
        return address

    async def drain(self) -> None:
        """Ends without losing a call.

        Says NOT_SERVING at once, takes calls for `drain_delay` more seconds, until everybody
        has heard it, and gives those under way `drain_grace` seconds.
        """
        await self._health.enter_graceful_shutdown()
        await asyncio.sleep(self._settings.drain_delay)
        self._health.dismiss()
        grace = self._settings.drain_grace
        async with asyncio.TaskGroup() as group:
            end = group.create_task(self._end(until_last_words(grace)))
            await self._engine.stop(grace)
            end.cancel()

    async def welcome(self, *, ready: bool) -> None:
        """Says over health whether new calls are welcome."""
        await self._health.welcome(ready=ready)

    async def stop(self) -> None:
        """Ends at once."""
        await self._engine.stop(0)

    async def _end(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._drain.expire()


class HealthServer:
    """grpc.health.v1 alone, in the clear: for probes that know no TLS."""

    def __init__(self, address: str) -> None:
        """Takes HOST:PORT."""
        self._address = address
        self._health = Health(NAMES)
        options = {**OPTIONS, "grpc.so_reuseport": 0}
        self._engine = Grpcio((), of_health(self._health), options)

    async def start(self) -> str:
        """Listens, and gives the address; raises Misconfigured."""
        try:
            port = await self._engine.start(self._address)
        except OSError:
            raise _taken(self._address) from None
        return f"{self._address.rpartition(':')[0]}:{port}"

    async def welcome(self, *, ready: bool) -> None:
        """Says whether new calls are welcome."""
        await self._health.welcome(ready=ready)

    async def drain(self) -> None:
        """Says NOT_SERVING, until it is stopped."""
        await self._health.enter_graceful_shutdown()

    async def stop(self) -> None:
        """Ends at once."""
        self._health.dismiss()
        await self._engine.stop(0)


def build_server(parts: Parts, settings: Settings) -> Server:
    """A server with everything in its place, that does not listen yet.

    Raises Misconfigured for an address, or an engine, that must not or cannot be.
    """
    drain, health = Drain(), Health(NAMES)
    chain: tuple[Interceptor, ...] = (
        Faults(),
        Trace(parts.tracing, settings.grpc),
        Access(parts.meters),
        drain,
        # identity: who calls
    )
    calls, streams = (*chain, Admission(parts.gate)), (*chain, StreamAdmission(parts.gate))
    tokens = Tokens(parts.page_key)
    listing = Listing(lists.Listing(parts.catalog, tokens))
    services: Mapping[ServiceDescriptor, object] = {
        gateway_pb2.DESCRIPTOR.services_by_name["GatewayService"]: GatewayService(
            parts.engine, parts.again, parts.catalog, listing
        ),
        stream_pb2.DESCRIPTOR.services_by_name["StreamService"]: StreamService(parts.engine),
        catalog_pb2.DESCRIPTOR.services_by_name["CatalogService"]: CatalogService(
            parts.catalog, listing
        ),
        secret_pb2.DESCRIPTOR.services_by_name["SecretService"]: SecretService(
            parts.safe, parts.catalog, Secrets(parts.safe, tokens)
        ),
        trace_pb2.DESCRIPTOR.services_by_name["TraceService"]: TraceService(
            Traces(parts.ring, parts.elsewhere, tokens)
        ),
    }
    limits = {
        "": settings.max_request_bytes,
        "ManageVersions": MAX_MESSAGE,
        "CreateConnector": MAX_MESSAGE,
        "ValidateSpec": MAX_MESSAGE,
    }
    served = [
        endpoint
        for service, servicer in services.items()
        for endpoint in endpoints(
            service,
            servicer,
            streams if isinstance(servicer, StreamService) else calls,
            limits,
            partial(Doorkeeper, parts.gate, parts.meters),
        )
    ]
    beside = (*of_health(health), *of_reflection(Reflection(lambda: NAMES)))
    credentials = credentials_for(settings)
    engine = build_engine(settings, served, beside, credentials, drain.close)
    return Server(engine, health, drain, settings)


def _taken(address: str) -> Misconfigured:
    return Misconfigured(f"cannot listen on {address}: in use, or not of this host")


def credentials_for(settings: Settings) -> grpc.ServerCredentials | None:
    """TLS by the settings, or None for none; raises Misconfigured where that would not be safe."""
    files = tls_for(settings, "grpc")
    if files is None:
        return None
    changes = Changes(files)

    def fetch() -> grpc.ServerCertificateConfiguration | None:
        try:
            return _configuration(files) if changes.seen() else None
        except (Misconfigured, OSError) as problem:
            LOGGER.warning(KEPT, problem)
            return None

    return grpc.dynamic_ssl_server_credentials(
        _configuration(files),
        fetch,  # type: ignore[arg-type]  # None says that nothing is new; the stub has none
        require_client_authentication=files.authority is not None,
    )


def _configuration(files: TlsFiles) -> grpc.ServerCertificateConfiguration:
    """Python's TLS reads the files first, which notices what is wrong with them."""
    files.context()
    return grpc.ssl_server_certificate_configuration(
        [(files.key.read_bytes(), files.certificate.read_bytes())],
        root_certificates=files.authority.read_bytes() if files.authority else None,
    )
