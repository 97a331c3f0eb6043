"""Two tenants at one gateway, each known by a key of its own, and every RPC as each may ask it."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pool
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.json_format import ParseDict
from google.protobuf.message_factory import GetMessageClass

from facade.model.access import Grant, Identity, Role
from facade.model.key import KeyName
from gateway.services.services import NAMES
from tests.doors import document
from tests.faces import Faces, as_http, both_faces

SPEC = document(
    {
        "/things": {
            "get": {
                "operationId": "listThings",
                "responses": {
                    "200": {
                        "description": "",
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "array",
                                    "items": {
                                        "type": "object",
                                        "properties": {"id": {"type": "string"}},
                                    },
                                }
                            }
                        },
                    }
                },
            }
        },
        "/things/{id}": {
            "get": {
                "operationId": "getThing",
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
                ],
                "responses": {"200": {"description": "", "content": {"application/json": {}}}},
            }
        },
    }
)

HELD, UNHELD = "vaults", "cellar"
"""Ids of one length: of everything that the other tenant has, and of nothing that anybody has."""

_ADMIN = (Grant(role=Role.ADMIN),)


@dataclass(frozen=True, kw_only=True)
class Tenant:
    """One tenant, as its administrator comes to both faces."""

    name: str
    faces: Faces
    key: str

    @property
    def identity(self) -> Identity:
        """Who changes things for it."""
        return Identity(tenant=self.name, name="key:admin", grants=_ADMIN)

    @property
    def shown(self) -> tuple[tuple[str, str], ...]:
        """What makes it known."""
        return (("authorization", f"Bearer {self.key}"),)

    async def asks(self, rpc: str, tree: Mapping[str, Any]) -> Any:
        """Asks over gRPC: the answer, or the answers of a stream; raises AioRpcError."""
        method = METHODS[rpc]
        path = f"/{method.containing_service.full_name}/{rpc}"
        request = ParseDict(dict(tree), GetMessageClass(method.input_type)())
        answer = GetMessageClass(method.output_type).FromString
        shape = ("stream" if method.client_streaming else "unary") + (
            "_stream" if method.server_streaming else "_unary"
        )
        call: Any = getattr(self.faces.door.channel, shape)(
            path, type(request).SerializeToString, answer
        )
        given = iter([request]) if method.client_streaming else request
        begun = call(given, metadata=self.shown)
        return [each async for each in begun] if method.server_streaming else await begun

    async def fetches(self, rpc: str, tree: Mapping[str, Any]) -> Any:
        """Asks over HTTP: the response."""
        return await self.faces.http.request(**as_http(rpc, tree), headers=dict(self.shown))

    async def publish(
        self, connector: str, origin: str, document: Any = SPEC, **fields: Any
    ) -> None:
        """Publishes a version of a document and promotes it."""
        version = {"specText": json.dumps(document), "direct": {"baseUri": origin}, **fields}
        name = f"connectors/{connector}"
        changes = [
            {"create": {"versionId": "v1", "version": version}},
            {"promote": {"name": f"{name}/versions/v1"}},
        ]
        await self.asks("ManageVersions", {"parent": name, "changes": changes})


METHODS: Mapping[str, MethodDescriptor] = {
    method.name: method
    for name in NAMES
    if name.startswith("gateway.")
    for method in descriptor_pool.Default().FindServiceByName(name).methods
}
"""Every RPC of every service of ours."""


@asynccontextmanager
async def two_tenants(
    folder: Path, environ: Mapping[str, str] | None = None, **settings: Any
) -> AsyncIterator[tuple[Tenant, Tenant]]:
    """The tenants `shop` and `bank` at one gateway."""
    async with both_faces(folder, environ, **settings) as faces:
        yield await _known(faces, "shop"), await _known(faces, "bank")


async def _known(faces: Faces, tenant: str) -> Tenant:
    by = Identity(tenant=tenant, name="operator", grants=_ADMIN)
    _, key = await faces.parts.access.keys.create(KeyName("admin", tenant), _ADMIN, by=by)
    return Tenant(name=tenant, faces=faces, key=key)
