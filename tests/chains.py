"""Gateway, facade, Redis, backend and a receiver of telemetry, as processes; and their traces."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc.aio
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from gateway.v1.gateway_pb2 import ExecuteActionRequest
from tests.canaries import CANARIES, USER
from tests.doors import document, named
from tests.facades import key_file
from tests.hops import Hop, drawn, requests_in, spans_in
from tests.processes import Running, facade_up, portico_up, until
from tests.receivers import Kept, started
from tests.servers import RedisServer, free_port

ARRIVES = 10.0
"""Seconds within which telemetry has come."""

SOON = {"OTEL_BSP_SCHEDULE_DELAY": "50", "OTEL_METRIC_EXPORT_INTERVAL": "200"}
"""Milliseconds from one export to the next."""

PET_ID: Mapping[str, Any] = {"name": "petId", "in": "path", "required": True, "schema": {}}
NOTE: Mapping[str, Any] = {"name": "note", "in": "query", "schema": {"type": "string"}}
FLOWS = {"clientCredentials": {"tokenUrl": "https://unused.example/token", "scopes": {}}}
DOCUMENT = {
    **document(
        {
            "/pets/{petId}": {
                "get": {"operationId": "getPet", "parameters": [PET_ID, NOTE], "responses": {}}
            },
            "/pets": {
                "post": {
                    "operationId": "addPet",
                    "requestBody": {"content": {"application/json": {}}},
                    "responses": {},
                }
            },
        }
    ),
    "components": {"securitySchemes": {"shop": {"type": "oauth2", "flows": FLOWS}}},
    "security": [{"shop": []}],
}

PET, FLAKY = {"petId": 7}, {"petId": 5}
"""The arguments for a pet, and for the one of which the first request fails."""

CONNECTORS: Mapping[str, Mapping[str, Any]] = {
    "plain": {"cache": {"mode": "off"}},
    "signed": {"cache": {"mode": "off"}},
    "kept": {"cache": {"mode": "override", "ttl": "1m"}},
    "few": {"cache": {"mode": "off"}, "limits": [{"calls": 1, "period": "1h"}]},
}
"""The facade's policy for each; it signs the calls of `signed`."""

GONE = "gone"
"""The connector whose facade is down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """A call, and what its caller was told."""

    trace_id: str
    parent: str
    """The caller's own span, where it has one."""
    code: grpc.StatusCode
    before: Mapping[str, str]
    after: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """What is started, and what has come out at the far ends."""

    folder: Path
    gateway: Running
    facade: asyncio.subprocess.Process
    url: str
    """The facade's."""
    backend: Kept
    received: Kept

    async def call(
        self,
        action: str,
        arguments: Mapping[str, Any],
        *metadata: tuple[str, str],
        flags: str | None = "01",
    ) -> Called:
        """Calls `connector/action` within a trace of the caller's; None: the caller has none."""
        trace_id, parent = f"{random.getrandbits(128):032x}", f"{random.getrandbits(64):016x}"
        context = () if flags is None else (("traceparent", f"00-{trace_id}-{parent}-{flags}"),)
        request = ExecuteActionRequest(name=named(action), parameters_json=json.dumps(arguments))
        call = self.gateway.gateway.ExecuteAction(request, metadata=(*metadata, *context))
        before = dict(await call.initial_metadata())
        code = await call.code()
        after = dict(await call.trailing_metadata())
        return Called(
            trace_id=before.get("x-trace-id") or after["x-trace-id"],
            parent="" if flags is None else parent,
            code=code,
            before=before,
            after=after,
        )

    def asked(self, called: Called) -> list[bytes]:
        """The requests that have come to the backend for a call."""
        return [each for each in self.backend.all("request") if called.trace_id.encode() in each]

    def log(self, process: str) -> list[dict[str, Any]]:
        """The lines that `gateway` or `facade` has written."""
        return list(map(json.loads, (self.folder / f"{process}.log").read_text().splitlines()))

    def hops(self, trace_id: str) -> list[Hop]:
        """All that is known of a trace at the far ends, by its beginning."""
        requests = self.backend.all("request")
        found = [*spans_in(self.received.all("spans")), *requests_in(requests)]
        return sorted(
            (each for each in found if each.trace_id == trace_id), key=lambda each: each.start
        )

    async def traced(self, called: Called, services: int = 2) -> list[Hop]:
        """The hops of a trace as soon as the server's spans of so many services have come.

        A server's span ends last, and spans are sent in the order in which they end.
        """

        async def complete() -> bool:
            found = self.hops(called.trace_id)
            servers = [each for each in found if each.span.kind == Span.SPAN_KIND_SERVER]
            return len({each.service for each in servers}) == services

        await until(complete, ARRIVES, "the trace has come")
        return self.hops(called.trace_id)

    async def drawing(self, called: Called, services: int = 2) -> list[str]:
        """The trace as a tree below the caller's span, a line for each hop."""
        hops = await self.traced(called, services)
        lines = list(drawn(hops, called.parent))
        assert len(lines) == len(hops), [each for each in hops if each.text not in str(lines)]
        return lines


def facade_files(backend: str) -> dict[str, str]:
    """Connector files of the facade."""
    kind = {
        "grant": "clientCredentials",
        "tokenUri": f"{backend}/token",
        "clientId": USER,
        "clientSecret": "env:PORTICO_SECRET_CLIENT",
    }
    return {
        f"{name}.yaml": _file(
            name,
            server=backend,
            policy=policy,
            credentials=[{"scheme": "shop", "oauth2": kind}] if name == "signed" else [],
        )
        for name, policy in CONNECTORS.items()
    }


def gateway_files(facade: str) -> dict[str, str]:
    """Connector files of the gateway: the same, through the facade; and one without a facade."""
    places = {name: f"{facade}/connectors/{name}/versions/v1" for name in CONNECTORS}
    places[GONE] = f"http://127.0.0.1:{free_port()}"
    return {
        f"{name}.yaml": _file(name, indirect={"server": place}) for name, place in places.items()
    }


def _file(name: str, **fields: Any) -> str:
    version = {"id": "v1", "spec": DOCUMENT, **fields}
    return json.dumps({"connector": name, "versions": [version]})


@asynccontextmanager
async def a_chain(
    folder: Path,
    redis: RedisServer,
    received: Kept,
    *,
    env: Mapping[str, str] | None = None,
    of_gateway: tuple[str, ...] = (),
    of_facade: tuple[str, ...] = (),
) -> AsyncIterator[Chain]:
    """All of it but the receiver, with variables of both processes and flags of each."""
    flags = ("--hop-key", str(key_file(folder)), "--log-format", "json")
    secrets = {"PORTICO_SECRET_CLIENT": CANARIES["client"], "PORTICO_REDIS": redis.url}
    address = f"127.0.0.1:{free_port()}"
    url = f"http://{address}"
    for name in ("facade", "gateway"):
        (folder / name).mkdir()
    async with AsyncExitStack() as stack:
        backend, shop = await stack.enter_async_context(started("backend", folder / "asked"))
        facade = facade_up(
            folder / "facade",
            facade_files(shop),
            *("--http", address, *flags, *of_facade),
            env={**secrets, **(env or {})},
            log=folder / "facade.log",
        )
        gateway = portico_up(
            folder / "gateway",
            gateway_files(url),
            *(*flags, *of_gateway),
            env=env,
            log=folder / "gateway.log",
        )
        (process, _), running = await asyncio.gather(
            stack.enter_async_context(facade), stack.enter_async_context(gateway)
        )
        yield Chain(
            folder=folder,
            gateway=running,
            facade=process,
            url=url,
            backend=backend,
            received=received,
        )
