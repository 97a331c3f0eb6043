"""The gRPC server: addresses, limits, and an end without a lost call."""

import asyncio
import logging
from collections.abc import Awaitable
from functools import partial

import grpc
from google.protobuf.descriptor import MethodDescriptor

from facade.app.addresses import is_port
from facade.app.drain import until_last_words
from facade.app.listening import KEPT, Changes, TlsFiles, tls_for
from facade.config import Misconfigured, Settings
from facade.parts import Parts
from gateway.engines.beside import Others, of_health, of_reflection
from gateway.engines.choice import build_engine
from gateway.engines.engine import MAX_MESSAGE, OPTIONS, Engine
from gateway.engines.grpcio import Grpcio
from gateway.health import Health
from gateway.interceptors.access import Access
from gateway.interceptors.admission import Admission, LateAdmission, StreamAdmission
from gateway.interceptors.base import End, Endpoint, Interceptor, Rpc
from gateway.interceptors.chain import Chain, endpoints
from gateway.interceptors.door import Doorkeeper
from gateway.interceptors.drain import Drain
from gateway.interceptors.faults import Faults
from gateway.interceptors.given import Given
from gateway.interceptors.identity import Identified
from gateway.interceptors.permission import checking
from gateway.interceptors.trace import Trace
from gateway.reflection import Reflection
from gateway.services.services import NAMES, services_of
from gateway.services.typed import OTHER, TypedCalls
from gateway.typed.registry import Registry
from gateway.typed.target import is_service

LOGGER = logging.getLogger(__name__)

LARGE = ("ManageVersions", "CreateConnector", "ValidateSpec")
"""Methods whose requests have documents."""


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
    known = Identified(
        parts.access.identities,
        parts.access.authority,
        is_socket=settings.grpc.startswith("unix"),
    )
    chain = (
        Faults(parts.gate.tarpit),
        Trace(parts.tracing, settings.grpc),
        Access(parts.meters),
        drain,
        known,
    )
    served = _served(parts, settings, chain)
    registry = Registry(parts.catching_up, parts.typed)
    reflection = Reflection(lambda: NAMES, registry)
    beside = (
        *of_health(health, Others(known.entrance, is_service, registry.serves)),
        *of_reflection(reflection, known.entrance),
    )
    credentials = credentials_for(settings)
    others = _typed(parts, settings, registry, chain)
    engine = build_engine(settings, served, beside, credentials, drain.close, others)
    return Server(engine, health, drain, settings)


def _served(parts: Parts, settings: Settings, chain: tuple[Interceptor, ...]) -> list[Endpoint]:
    """The methods of the services, with all that is before each."""
    calls, streams = (*chain, Admission(parts.gate)), (*chain, StreamAdmission(parts.gate))
    limits = {"": settings.max_request_bytes, **dict.fromkeys(LARGE, MAX_MESSAGE)}

    def interceptors(method: MethodDescriptor) -> tuple[Interceptor, ...]:
        return streams if method.client_streaming or method.server_streaming else calls

    return [
        endpoint
        for service, servicer in services_of(parts).items()
        for endpoint in endpoints(
            service,
            servicer,
            interceptors,
            limits,
            partial(Doorkeeper, parts.gate, parts.meters),
            checking(parts.access.authority),
        )
    ]


def _typed(
    parts: Parts, settings: Settings, registry: Registry, chain: tuple[Interceptor, ...]
) -> Endpoint:
    """All methods that are none of the services': those of versions, behind the same chain."""
    admission = LateAdmission(parts.gate)
    calls = TypedCalls(
        parts.engine,
        registry,
        parts.access.authority,
        Given(parts.again),
        settings.max_request_bytes,
        admission.stream,
    )
    begin = Chain(calls, (*chain, admission), calls.again).begin

    def called(request: bytes, rpc: Rpc) -> End | Awaitable[End]:
        rpc.path, rpc.method = rpc.method, OTHER
        return begin(request, rpc)

    door = Doorkeeper(parts.gate, parts.meters, OTHER)
    # Who may not see a version must not tell by the form of an answer that another tenant has it.
    paths = registry.paths if parts.access.identities.is_open else None
    return Endpoint(service="", method=OTHER, incoming=False, begin=called, door=door, paths=paths)


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
