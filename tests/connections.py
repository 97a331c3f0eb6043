"""A shop behind connections: what its calls carry, and a door to both."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from google.protobuf.field_mask_pb2 import FieldMask

from gateway.v1.connection_pb2 import (
    CheckConnectionRequest,
    CheckConnectionResponse,
    Connection,
    CreateConnectionRequest,
    DeleteConnectionRequest,
    ExecuteHttpRequestRequest,
    GetConnectionRequest,
    HttpHeader,
    LockConnectionRequest,
    UpdateConnectionRequest,
)
from gateway.v1.connection_pb2_grpc import ConnectionServiceStub
from gateway.v1.version_pb2 import BackendVariable
from tests.doors import Door, a_door, document
from tests.fakes import HttpBackend, answer

SECRETS = {
    "PORTICO_SECRET_BERLIN": "berlin-key",
    "PORTICO_SECRET_PARIS": "paris-key",
    "PORTICO_SECRET_SHOP": "shop-key",
}

DOCUMENT = document(
    {
        "/items": {
            "get": {"operationId": "listItems", "responses": {}},
            "post": {"operationId": "addItem", "responses": {}},
        },
        "/items/{id}": {
            "get": {
                "operationId": "getItem",
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
                ],
                "responses": {},
            }
        },
    },
    security=[{"key": []}],
    components={"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "x-key"}}},
)

VARIABLES = [
    BackendVariable(
        key="x-region",
        location=BackendVariable.LOCATION_HEADER,
        required=True,
        choices=["eu", "us"],
    ),
    BackendVariable(
        key="x-shelf",
        location=BackendVariable.LOCATION_HEADER,
        type=BackendVariable.TYPE_INTEGER,
    ),
    BackendVariable(key="x-code", location=BackendVariable.LOCATION_HEADER, pattern="[A-Z]{2}"),
]

KEY = {"scheme": "key", "api_key": {"key_secret": "env:PORTICO_SECRET_SHOP"}}


def key(name: str) -> dict[str, Any]:
    """The credential of a connection."""
    return {"scheme": "key", "api_key": {"key_secret": f"env:PORTICO_SECRET_{name.upper()}"}}


def cached(_: bytes) -> bytes:
    """An answer that may be kept."""
    fields = (("Content-Type", "application/json"), ("Cache-Control", "max-age=60"))
    return answer(b'{"ok":true}', headers=fields)


@dataclass(frozen=True, kw_only=True)
class Shop:
    """A gateway with the connector `shop`, its backend, and its connections."""

    door: Door
    backend: HttpBackend
    connections: Any

    async def create(
        self, key: str = "berlin", *, force: bool = False, **fields: Any
    ) -> Connection:
        """Makes a connection of the shop."""
        given: dict[str, Any] = {"connector": "shop", "variables": {"x-region": "eu"}} | fields
        made: Connection = await self.connections.CreateConnection(
            CreateConnectionRequest(connection_id=key, connection=Connection(**given), force=force)
        )
        return made

    async def get(self, key: str = "berlin") -> Connection:
        """How it stands."""
        found: Connection = await self.connections.GetConnection(
            GetConnectionRequest(name=f"connections/{key}")
        )
        return found

    async def update(self, *paths: str, key: str = "berlin", **fields: Any) -> Connection:
        """Changes one."""
        given: dict[str, Any] = {"name": f"connections/{key}"} | fields
        changed: Connection = await self.connections.UpdateConnection(
            UpdateConnectionRequest(
                connection=Connection(**given), update_mask=FieldMask(paths=paths)
            )
        )
        return changed

    async def delete(self, key: str = "berlin", **fields: Any) -> None:
        """Deletes one."""
        await self.connections.DeleteConnection(
            DeleteConnectionRequest(name=f"connections/{key}", **fields)
        )

    async def lock(self, reason: str, key: str = "berlin") -> Connection:
        """Locks one."""
        locked: Connection = await self.connections.LockConnection(
            LockConnectionRequest(name=f"connections/{key}", reason=reason)
        )
        return locked

    async def check(self, key: str = "berlin") -> CheckConnectionResponse:
        """Whether it works."""
        found: CheckConnectionResponse = await self.connections.CheckConnection(
            CheckConnectionRequest(name=f"connections/{key}")
        )
        return found

    async def call(self, action: str = "listItems", key: str = "berlin", **fields: Any) -> Any:
        """Calls an action through one."""
        given = {"connection": f"connections/{key}"} | fields
        return await self.door.execute(f"shop/{action}", **given)

    async def send(
        self, url: str, key: str = "berlin", headers: tuple[tuple[str, str], ...] = (), **more: Any
    ) -> Any:
        """Sends a request of one's own through one."""
        fields = [HttpHeader(name=name, value=value) for name, value in headers]
        return await self.connections.ExecuteHttpRequest(
            ExecuteHttpRequestRequest(name=f"connections/{key}", url=url, headers=fields, **more)
        )

    @property
    def last(self) -> str:
        """The head of the last request, in lower case."""
        return self.backend.requests[-1].partition(b"\r\n\r\n")[0].decode().lower()


@asynccontextmanager
async def a_shop(
    folder: Path,
    engine: str = "grpcio",
    document: object = DOCUMENT,
    settings: Mapping[str, Any] = MappingProxyType({}),
    **fields: Any,
) -> AsyncIterator[Shop]:
    """A shop whose version v1 is live, in front of a backend whose answers may be kept."""
    given: dict[str, Any] = {"backend_variables": VARIABLES, "credentials": [KEY]} | fields
    async with (
        HttpBackend(cached) as backend,
        a_door(folder, SECRETS, engine=engine, **settings) as door,
    ):
        await door.publish("shop", json.dumps(document), backend.origin, **given)
        yield Shop(door=door, backend=backend, connections=ConnectionServiceStub(door.channel))
