"""Both faces of one gateway in this process: its gRPC door, and its HTTP face without a socket."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import httpx

from facade.app.app import build_app
from facade.bootstrap import Parts, open_parts
from facade.config import Settings
from gateway.server import build_server
from gateway.v1.catalog_pb2_grpc import CatalogServiceStub
from gateway.v1.gateway_pb2_grpc import GatewayServiceStub
from tests.carriers import carried
from tests.doors import Door
from tests.ledgers import prepare


@dataclass(frozen=True, kw_only=True)
class Faces:
    """One gateway, from both sides."""

    parts: Parts
    door: Door
    http: httpx.AsyncClient


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
            async with grpc.aio.insecure_channel(await server.start()) as channel:
                door = Door(
                    gateway=GatewayServiceStub(channel),
                    catalog=CatalogServiceStub(channel),
                    channel=channel,
                )
                yield Faces(parts=parts, door=door, http=http)
        finally:
            await server.stop()


@asynccontextmanager
async def a_client(parts: Parts, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the HTTP face that stands on the parts."""
    app = build_app(parts, settings, lambda: True)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url="http://portico.test") as client:
        yield client
