"""The gRPC server: addresses, limits, services, and an end without a lost call."""

import asyncio
import ipaddress
import signal
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import grpc
from google.protobuf.descriptor import ServiceDescriptor
from grpc_health.v1.health import SERVICE_NAME
from grpc_health.v1.health_pb2_grpc import add_HealthServicer_to_server

from facade.catalog.catalog import Catalog
from facade.config import Misconfigured, Settings
from facade.secrets.safe import Safe
from facade.telemetry.spans import Tracing
from gateway.catalog_service import CatalogService
from gateway.health import Health
from gateway.interceptors.access import Access
from gateway.interceptors.base import Interceptor, handlers
from gateway.interceptors.drain import Drain
from gateway.interceptors.faults import Faults
from gateway.interceptors.trace import Trace
from gateway.listing import Listing
from gateway.pages import Tokens
from gateway.reflection import METHOD, V1, V1ALPHA, Reflection
from gateway.secret_service import SecretService
from gateway.service import GatewayService
from gateway.stream_service import Streamer, StreamService
from gateway.v1 import catalog_pb2, gateway_pb2, secret_pb2, stream_pb2

MAX_MESSAGE = 33 * 2**20
"""Bytes: a document of 32 MiB and what stands around it."""

OPTIONS: Mapping[str, int] = {
    "grpc.max_receive_message_length": MAX_MESSAGE,
    "grpc.max_send_message_length": -1,  # what a backend may answer is limited where it is read
    "grpc.max_metadata_size": 16 * 1024,
    "grpc.absolute_max_metadata_size": 16 * 1024,
    "grpc.max_concurrent_streams": 100,
    "grpc.http2.bdp_probe": 0,
    "grpc.keepalive_time_ms": 60_000,
    "grpc.keepalive_timeout_ms": 20_000,
    "grpc.keepalive_permit_without_calls": 0,
    "grpc.http2.min_recv_ping_interval_without_data_ms": 30_000,
    "grpc.http2.max_ping_strikes": 2,
    "grpc.max_connection_idle_ms": 15 * 60_000,
    "grpc.max_connection_age_ms": 30 * 60_000,
    "grpc.max_connection_age_grace_ms": 30_000,
    "grpc.server_handshake_timeout_ms": 5_000,
}
"""Safe defaults; so_reuseport, which is on in gRPC, is added: on only among workers."""

LAST_WORDS = 2.0
"""Seconds before the end of the grace at which the calls that still run are told so."""


class Parts(Protocol):
    """What the server stands on; `facade.bootstrap` opens it."""

    @property
    def engine(self) -> Streamer:
        """Executes calls."""

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
    def page_key(self) -> bytes:
        """Seals page tokens: the same in every worker and after a restart."""


class Server:
    """A gRPC server that starts, drains and stops."""

    def __init__(
        self, server: grpc.aio.Server, health: Health, drain: Drain, settings: Settings
    ) -> None:
        """Takes the parts from `build_server`."""
        self._server = server
        self._health = health
        self._drain = drain
        self._settings = settings
        self.serving = False
        """Whether new calls are welcome: from the start to the beginning of the end."""

    async def start(self) -> str:
        """Listens, and gives the address, whose port is the one that was found for port 0.

        Raises Misconfigured where the address cannot be listened on, or must not be.
        """
        address = self._settings.grpc
        credentials = credentials_for(self._settings)
        try:
            if credentials is None:
                port = self._server.add_insecure_port(address)
            else:
                port = self._server.add_secure_port(address, credentials)
        except RuntimeError:
            raise Misconfigured(
                f"cannot listen on {address}: in use, or not of this host"
            ) from None
        await self._server.start()
        self.serving = True
        if address.startswith("unix"):
            return address
        return f"{address.rpartition(':')[0]}:{port}"

    async def drain(self) -> None:
        """Ends without losing a call.

        Says NOT_SERVING at once, takes calls for `drain_delay` more seconds, until everybody
        has heard it, and gives those under way `drain_grace` seconds.
        """
        self.serving = False
        await self._health.enter_graceful_shutdown()
        await asyncio.sleep(self._settings.drain_delay)
        self._health.dismiss()
        grace = self._settings.drain_grace
        async with asyncio.TaskGroup() as group:
            end = group.create_task(self._end(max(grace - LAST_WORDS, grace / 2)))
            await self._server.stop(grace)
            end.cancel()

    async def stop(self) -> None:
        """Ends at once."""
        self.serving = False
        await self._server.stop(0)

    async def run(self) -> None:
        """Serves until SIGTERM or SIGINT, then drains; a second signal ends it at once."""
        loop = asyncio.get_running_loop()
        signals = asyncio.Semaphore(0)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, signals.release)
        await signals.acquire()
        async with asyncio.TaskGroup() as group:
            drain = group.create_task(self.drain())
            hurry = group.create_task(signals.acquire())
            await asyncio.wait((drain, hurry), return_when=asyncio.FIRST_COMPLETED)
            drain.cancel()
            hurry.cancel()
        await self.stop()

    async def _end(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._drain.expire()


def build_server(parts: Parts, settings: Settings) -> Server:
    """A server with everything in its place, that does not listen yet."""
    options = (*OPTIONS.items(), ("grpc.so_reuseport", int(settings.workers > 1)))
    server = grpc.aio.server(options=options)
    drain = Drain()
    chain: tuple[Interceptor, ...] = (
        Faults(),
        Trace(parts.tracing),
        Access(),
        drain,
        # identity: who calls
    )
    tokens = Tokens(parts.page_key)
    listing = Listing(parts.catalog, tokens)
    services: Mapping[ServiceDescriptor, object] = {
        gateway_pb2.DESCRIPTOR.services_by_name["GatewayService"]: GatewayService(
            parts.engine, parts.catalog, listing
        ),
        stream_pb2.DESCRIPTOR.services_by_name["StreamService"]: StreamService(parts.engine),
        catalog_pb2.DESCRIPTOR.services_by_name["CatalogService"]: CatalogService(
            parts.catalog, listing
        ),
        secret_pb2.DESCRIPTOR.services_by_name["SecretService"]: SecretService(
            parts.safe, parts.catalog, tokens
        ),
    }
    limits = {
        "": settings.max_request_bytes,
        "ManageVersions": MAX_MESSAGE,
        "CreateConnector": MAX_MESSAGE,
        "ValidateSpec": MAX_MESSAGE,
    }
    for service, servicer in services.items():
        methods = handlers(service, servicer, chain, limits)
        server.add_registered_method_handlers(service.full_name, methods)
    names = (*(service.full_name for service in services), SERVICE_NAME, V1, V1ALPHA)
    health = Health(names)
    add_HealthServicer_to_server(health, server)
    reflection = Reflection(lambda: names)
    for name in (V1, V1ALPHA):
        server.add_registered_method_handlers(name, {METHOD: reflection.handler()})
    return Server(server, health, drain, settings)


def credentials_for(settings: Settings) -> grpc.ServerCredentials | None:
    """TLS by the settings, or None for none; raises Misconfigured where that would not be safe.

    In the clear only on loopback and Unix sockets, in the development profile too: with it the
    gateway calls backends on this machine for whoever reaches it. Beyond them callers must show
    certificates, which that profile alone spares them.
    """
    certificate, key, authority = settings.tls_cert, settings.tls_key, settings.tls_client_ca
    if not (certificate or key or authority):
        if not is_local(settings.grpc):
            raise Misconfigured(
                f"grpc: {settings.grpc} is beyond this host, where callers must show certificates: "
                "set tls_cert, tls_key and tls_client_ca, or listen on 127.0.0.1 or unix:PATH"
            )
        return None
    if certificate is None or key is None:
        raise Misconfigured("tls_cert and tls_key go together, and tls_client_ca with them")
    if authority is None and not (settings.dev or is_local(settings.grpc)):
        raise Misconfigured(
            f"grpc: {settings.grpc} is beyond this host, where callers must show certificates: "
            "set tls_client_ca"
        )
    return _tls(certificate, key, authority)


def is_local(address: str) -> bool:
    """Whether only this host can reach an address."""
    if address.startswith(("unix:", "unix-abstract:")):
        return True
    host = address.rpartition(":")[0].strip("[]")
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _tls(certificate: Path, key: Path, authority: Path | None) -> grpc.ServerCredentials:
    """Reads the files with Python's TLS first, which notices what is wrong with them."""
    roots = None
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        if authority is not None:
            context.load_verify_locations(authority)
            roots = authority.read_bytes()
        pair = (key.read_bytes(), certificate.read_bytes())
    except (OSError, ssl.SSLError) as problem:
        files = ", ".join(str(each) for each in (certificate, key, authority) if each)
        raise Misconfigured(f"TLS cannot be set up with {files}: {problem}") from None
    return grpc.ssl_server_credentials(
        [pair], root_certificates=roots, require_client_auth=roots is not None
    )
