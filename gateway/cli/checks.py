"""What `portico doctor` looks at: the installation, its settings, and the gateway."""

import asyncio
import json
import os
import platform
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from importlib import metadata
from pathlib import Path
from types import MappingProxyType

import grpc
from cryptography import x509
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub

from facade.app.callers import ANYONE, may_be_anyone
from facade.catalog.directory import read_directory
from facade.catalog.drift import drift
from facade.config import MEMORY, Misconfigured, Settings, load
from facade.environment import environment
from facade.errors.fault import Fault
from facade.ground import EMBEDDED
from facade.secrets.ring import KeyRing
from facade.stores.embedded import program
from facade.stores.ledger import SqlLedger
from facade.stores.opening import open_shared
from facade.stores.shared import SharedGone
from gateway.cli.channel import open_channel
from gateway.cli.connector_files import published
from gateway.cli.finding import Finding
from gateway.cli.main import version
from gateway.run import GATEWAY
from gateway.v1.catalog_pb2_grpc import CatalogServiceStub

FACES = ("grpc", "http", "admin", "health")
"""Settings that say where to listen."""

SOON = 14
"""Days before its end at which a certificate is told of."""


def findings(
    config: Path | None, server: str, ca: Path | None, certificate: Path | None, key: Path | None
) -> list[Finding]:
    """What there is to say of the installation, of its settings, and of the gateway at `server`.

    Exits with 2 where no channel can be opened by those files.
    """
    found = [*_installation(), *_settings(config)]
    with open_channel(server, ca, certificate, key) as channel:
        return [*found, *_gateway(server, channel, config)]


def _installation() -> Iterator[Finding]:
    yield Finding("portico", "ok", f"{version()} on Python {platform.python_version()}")
    yield Finding(
        "grpcio", "ok", f"{metadata.version('grpcio')}, protobuf {metadata.version('protobuf')}"
    )
    if sys.platform.startswith("linux") and (cores := len(os.sched_getaffinity(0))) > 1:
        yield Finding("cores", "note", f"{cores}", "`portico up --workers N` uses more than one")


def _settings(file: Path | None) -> Iterator[Finding]:
    try:
        settings = load({}, environment(), file)
    except Misconfigured as problem:
        for line in str(problem).splitlines():
            yield Finding("settings", "wrong", line, "`portico up --help` lists the settings")
        return
    yield Finding("settings", "ok", str(file) if file else "defaults and environment")
    yield _callers(settings)
    yield from _faces(settings)
    yield _data(settings)
    if settings.database:
        yield _database(settings.database)
    yield from _files(settings)
    yield _redis(settings)
    for name in ("tls_cert", "tls_client_ca"):
        if chain := getattr(settings, name):
            yield _certificate(name, chain)
    if settings.dev:
        yield Finding(
            "profile", "note", "development: loopback backends are allowed", "leave out --dev"
        )


def _callers(settings: Settings) -> Finding:
    """Whether callers must be known."""
    try:
        anyone = may_be_anyone(settings)
    except Misconfigured as problem:
        return Finding("callers", "wrong", str(problem), "leave `callers` out")
    if anyone:
        return Finding(
            "callers",
            "note",
            ANYONE.removeprefix("callers: "),
            "`--callers known`, and docs/callers.md",
        )
    return Finding("callers", "ok", "must be known")


def _faces(settings: Settings) -> Iterator[Finding]:
    """Where the gateway would listen, and whether it may."""
    try:
        GATEWAY.check(settings)
    except Misconfigured as problem:
        for line in str(problem).splitlines():
            yield Finding("faces", "wrong", line)
        return
    shown = [f"{name} {address}" for name in FACES if (address := getattr(settings, name))]
    yield Finding("faces", "ok", ", ".join(shown))


def _files(settings: Settings) -> Iterator[Finding]:
    """What settings name besides: it has to be there."""
    for name, read in FILES.items():
        file = getattr(settings, name)
        if file is None:
            continue
        try:
            yield Finding(name, "ok", f"{file}: {read(name, file)}")
        except Misconfigured as problem:
            yield Finding(name, "wrong", str(problem).removeprefix(f"{name}: "))
        except (OSError, UnicodeDecodeError):
            yield Finding(name, "wrong", f"{file}: cannot be read")
    if settings.hop_key is None:
        remedy = "facades in other places need `hop_key`, the same as here"
        yield Finding("hop_key", "note", "none: made of the key ring", remedy)


def _keys(name: str, file: Path) -> str:
    count = len(KeyRing(file, make=False, setting=name).keys())
    return "one key" if count == 1 else f"{count} keys, the first one is used"


def _token(name: str, file: Path) -> str:
    if not file.read_text(encoding="utf-8").strip():
        raise Misconfigured(f"{name}: {file} is empty")
    return "a token"


def _folder(name: str, folder: Path) -> str:
    if not folder.is_dir():
        raise Misconfigured(f"{name}: {folder} is no folder")
    return "a folder"


def _data(settings: Settings) -> Finding:
    folder = settings.data
    if folder == MEMORY:
        return Finding("data", "note", "memory: nothing is kept beyond the process")
    existing = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as problem:
        return Finding("data", "wrong", f"{folder}: {problem.strerror}", "choose another --data")
    return Finding("data", "ok", f"{folder} can be written")


def _database(url: str) -> Finding:
    """Whether PostgreSQL answers, and keeps tenants apart by itself."""
    try:
        is_above = asyncio.run(_above_policies(url))
    except ValueError as problem:
        return Finding("database", "wrong", str(problem), "docs/ledger.md shows a URL")
    except Fault:
        remedy = "see that it runs, and that host, name, role and password are right"
        return Finding("database", "wrong", "does not answer", remedy)
    if is_above:
        detail = "answers; its role is above row-level security"
        return Finding("database", "note", detail, "give Portico a role without SUPERUSER")
    return Finding("database", "ok", "answers, and keeps tenants apart")


async def _above_policies(url: str) -> bool:
    ledger = SqlLedger(url)
    try:
        return await ledger.is_above_policies()
    finally:
        await ledger.close()


def _redis(settings: Settings) -> Finding:
    url = settings.redis or environment().get("REDIS_URL", "")
    if not url:
        return Finding("redis", "note", "none: each process counts and remembers by itself")
    try:
        if url == EMBEDDED:
            program()
            return Finding("redis", "ok", "embedded, for the workers of this machine")
        reached = asyncio.run(_reached(url))
    except ValueError as problem:
        said = str(problem).removeprefix("redis: ")
        return Finding("redis", "wrong", said, "`portico up --help` shows what URLs there are")
    if not reached:
        remedy = "calls go on without it; see that it runs, and that the URL is right"
        return Finding("redis", "wrong", "does not answer in time", remedy)
    return Finding("redis", "ok", "answers")


async def _reached(url: str) -> bool:
    """Whether a shared store answers."""
    async with open_shared(url) as shared:
        try:
            await shared.get("doctor")
        except SharedGone:
            return False
    return True


def _certificate(name: str, file: Path) -> Finding:
    try:
        certificates = x509.load_pem_x509_certificates(file.read_bytes())
    except OSError as problem:
        return Finding(name, "wrong", f"{file}: {problem.strerror}")
    except ValueError:
        return Finding(name, "wrong", f"{file}: no PEM certificate")
    left = (min(each.not_valid_after_utc for each in certificates) - datetime.now(UTC)).days
    if left < SOON:
        return Finding(name, "wrong", f"{file}: ends in {left} days", "renew it")
    return Finding(name, "ok", f"{file}: {left} days left")


def _gateway(server: str, channel: grpc.Channel, config: Path | None) -> Iterator[Finding]:
    check: Callable[..., HealthCheckResponse] = HealthStub(channel).Check
    try:
        answer = check(HealthCheckRequest(service="gateway.v1.GatewayService"), timeout=3)
    except grpc.RpcError:
        remedy = f"`portico up --grpc {server}` starts one"
        yield Finding("gateway", "note", f"none answers at {server}{_port(server)}", remedy)
        return
    state = HealthCheckResponse.ServingStatus.Name(answer.status)
    yield Finding("gateway", "ok" if state == "SERVING" else "wrong", f"{server} is {state}")
    with suppress(Misconfigured):
        settings = load({}, environment(), config)
        if settings.admin:
            yield from _ledger(settings.admin)
        folder = settings.connectors
        if folder is not None and folder.is_dir():
            yield _drift(folder, CatalogServiceStub(channel))


def _ledger(admin: str) -> Iterator[Finding]:
    """What the gateway's readiness says of its ledger."""
    host, _, port = admin.rpartition(":")
    connection = HTTPConnection(host.strip("[]"), int(port), timeout=3)
    try:
        connection.request("GET", "/readyz")
        said = json.loads(connection.getresponse().read()).get("ledger", "")
    except (OSError, HTTPException, ValueError, AttributeError):
        yield Finding("ledger", "note", f"cannot be told: {admin} does not answer")
        return
    finally:
        connection.close()
    yield LEDGER.get(said, Finding("ledger", "wrong", f"is {said}"))


def _drift(folder: Path, catalog: CatalogServiceStub) -> Finding:
    """Whether the gateway's connectors are as the files say that it follows."""
    lines: list[str] = []
    try:
        for file in read_directory(folder).files:
            lines += drift(file, published(catalog, str(file.name)))
    except grpc.RpcError as failure:
        return Finding("drift", "note", f"cannot be told: {failure.code().name}")
    if not lines:
        return Finding("drift", "ok", f"none: connectors are as {folder} says")
    more = f", and {len(lines) - 3} more" if len(lines) > 3 else ""
    remedy = "a change of the files brings them back"
    return Finding("drift", "note", "; ".join(lines[:3]) + more, remedy)


def _port(server: str) -> str:
    """Whether something that is no gateway holds the port."""
    host, _, port = server.rpartition(":")
    if server.startswith("unix:") or not port.isdecimal():
        return ""
    with socket.socket() as probe:
        probe.settimeout(1)
        taken = probe.connect_ex((host or "127.0.0.1", int(port))) == 0
    return ", but something else listens there" if taken else ""


LEDGER: Mapping[str, Finding] = MappingProxyType(
    {
        "": Finding("ledger", "ok", "answers"),
        "stale": Finding(
            "ledger",
            "wrong",
            "stale: its database does not answer, changes are refused, calls go on",
            "see that it runs; the gateway takes it up by itself",
        ),
        "read only": Finding(
            "ledger",
            "wrong",
            "read only: the disk has failed to keep a change, calls go on",
            "see to the disk, then start the gateway again",
        ),
    }
)
"""What is found, by what readiness says."""

FILES: Mapping[str, Callable[[str, Path], str]] = MappingProxyType(
    {
        "key_ring": _keys,
        "hop_key": _keys,
        "metrics_token": _token,
        "vault_token": _token,
        "connectors": _folder,
        "file_secrets": _folder,
    }
)
"""Settings that name a file or a folder, and what says what is in it."""
