"""Both faces of one gateway in this process: its gRPC door, and its HTTP face without a socket."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import grpc
import httpx

from facade.app.api.table import ROUTES
from facade.app.app import build_app
from facade.bootstrap import open_parts
from facade.config import Settings
from facade.parts import Parts
from gateway.server import build_server
from gateway.v1.catalog_pb2_grpc import CatalogServiceStub
from gateway.v1.gateway_pb2_grpc import GatewayServiceStub
from tests.carriers import carried
from tests.doors import Door
from tests.ledgers import prepare

_ROUTE = {route.rpc: route for route in ROUTES}


@dataclass(frozen=True, kw_only=True)
class Faces:
    """One gateway, from both sides."""

    parts: Parts
    door: Door
    http: httpx.AsyncClient
    address: str
    """Of the gRPC face."""


@asynccontextmanager
async def both_faces(
    folder: Path, environ: Mapping[str, str] | None = None, **settings: Any
) -> AsyncIterator[Faces]:
    """A gateway in the development profile, seen from both of its faces."""
    chosen: dict[str, Any] = {"grpc": "127.0.0.1:0", "data": folder, "dev": True} | settings
    made = Settings(**carried(chosen))
    prepare(made.data)
    async with open_parts(made, environ or {}) as parts, a_client(parts, made) as http:
        server = build_server(parts, made)
        try:
            address = await server.start()
            async with grpc.aio.insecure_channel(address) as channel:
                door = Door(
                    gateway=GatewayServiceStub(channel),
                    catalog=CatalogServiceStub(channel),
                    channel=channel,
                )
                yield Faces(parts=parts, door=door, http=http, address=address)
        finally:
            await server.stop()


@asynccontextmanager
async def a_client(parts: Parts, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the HTTP face that stands on the parts."""
    app = build_app(parts, settings, lambda: True)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url="http://portico.test") as client:
        yield client


def as_http(rpc: str, tree: Mapping[str, Any]) -> dict[str, Any]:
    """A request as google.api.http has it of the JSON of its message."""
    route, left = _ROUTE[rpc], dict(tree)
    path, field = route.path.text, route.path.field
    body: Any = None
    if route.body and route.body != "*":
        body = dict(left.pop(route.body, {}))
    if field:
        holder = left if "." not in field else body
        name = quote(holder.pop(field.rpartition(".")[2]))
        path = f"{path[: path.index('{')]}{name}{path[path.index('}') + 1 :]}"
    if route.body == "*":
        body, left = left, {}
    sent = {"json": body} if body is not None else {}
    return {"method": route.verb, "url": path, "params": dict(_flat(left)), **sent}


def _flat(tree: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value
