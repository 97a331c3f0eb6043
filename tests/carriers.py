"""Which engine carries gRPC in the tests: `pytest --engine native` runs them all on that one."""

from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from facade.config import Settings
from facade.environment import environment
from gateway.engines.choice import Name, build_engine
from gateway.engines.engine import Engine
from gateway.interceptors.base import Begin, End, Endpoint, Rpc

ENGINE = "TEST_ENGINE"
"""The variable that says so."""

EVERY: tuple[Name, ...] = ("grpcio", "native")
"""The engines, for tests that run on all of them by themselves."""

ACT = "/test.Service/Act"

LOOPBACK = "127.0.0.1:0"


def carried(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a gateway, with the engine of this run where it can carry them."""
    if "tls_cert" in settings or str(settings.get("grpc")).startswith("unix-abstract:"):
        return dict(settings)
    return {"engine": environment().get(ENGINE, "grpcio"), **settings}


@asynccontextmanager
async def a_carrier(
    name: Name, *served: Endpoint, address: str = LOOPBACK, workers: int = 1
) -> AsyncIterator[tuple[Engine, str]]:
    """An engine that serves endpoints and nothing else, and where it listens."""
    chosen = Settings(grpc=address, engine=name, workers=workers)
    engine = build_engine(chosen, served, (), None, lambda: None)
    port = await engine.start(address)
    try:
        yield engine, address if address.startswith("unix") else f"127.0.0.1:{port}"
    finally:
        await engine.stop(0)


def served(act: Begin, *, incoming: bool = False, outgoing: bool = False) -> Endpoint:
    """An endpoint, `test.Service/Act`, which does just that."""

    def begin(request: bytes, rpc: Rpc) -> End | Awaitable[End]:
        rpc.streamed = outgoing
        return act(request, rpc)

    return Endpoint(service="test.Service", method="Act", begin=begin, incoming=incoming)
