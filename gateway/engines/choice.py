"""Which engine carries the gRPC face, by the settings and by what is installed."""

from collections.abc import Callable, Iterable
from typing import Literal, TypeAlias

import grpc

from facade.config import Misconfigured, Settings
from gateway.engines.engine import OPTIONS, Engine
from gateway.engines.grpcio import UNKNOWN, Beside, Grpcio
from gateway.interceptors.base import Endpoint

try:
    from gateway.engines import native
except ImportError:  # the extra is not installed
    native = None  # type: ignore[assignment]  # a module or nothing

Name: TypeAlias = Literal["grpcio", "native"]


def engine_of(settings: Settings, *, installed: bool = native is not None) -> Name:
    """The engine that is taken; raises Misconfigured where the one that is asked for cannot be."""
    lacks = _lacks(settings, installed=installed)
    if settings.engine == "grpcio" or (settings.engine == "auto" and lacks):
        return "grpcio"
    if lacks:
        raise Misconfigured(f"engine: `native` {lacks}")
    return "native"


def _lacks(settings: Settings, *, installed: bool) -> str:
    """Why the native engine cannot be taken, and what to do; or nothing."""
    if not installed:
        return "is not installed: pip install 'portico-gateway[native]' (Linux and macOS)"
    if settings.tls_cert is not None:
        return "has no TLS: take `grpcio`, or `auto`, which takes it then"
    if settings.grpc.startswith("unix-abstract:"):
        return "has no abstract sockets: listen on unix:PATH or HOST:PORT, or take `grpcio`"
    return ""


def build_engine(
    settings: Settings,
    endpoints: Iterable[Endpoint],
    beside: Beside,
    credentials: grpc.ServerCredentials | None,
    close: Callable[[], None],
    others: Endpoint = UNKNOWN,
) -> Engine:
    """The engine, with what it serves; `close` has the chain refuse new calls.

    `others` is for every method that has no endpoint.
    """
    shared = settings.workers > 1
    if engine_of(settings) == "native":
        return native.Native(endpoints, beside, others, shared=shared, close=close)
    options = {**OPTIONS, "grpc.so_reuseport": int(shared)}
    return Grpcio(endpoints, beside, options, credentials, others)
