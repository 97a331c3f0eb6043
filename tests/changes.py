"""Changes of versions, made short, and what a gateway says of them."""

import json
from collections.abc import Mapping
from typing import Any

import grpc

from gateway.v1.catalog_pb2 import GetConnectorRequest, GetVersionRequest, ListVersionsRequest
from gateway.v1.gateway_pb2 import ManageVersionsRequest, ManageVersionsResponse, VersionChange
from gateway.v1.version_pb2 import Connector, ConnectorVersion
from tests.doors import Door, Refusal, document, refusal

NOT_EXECUTED = ("gateway", "NOT_EXECUTED")
REQUEST = ("INVALID_ARGUMENT", "INVALID_REQUEST", *NOT_EXECUTED)
SPEC = ("INVALID_ARGUMENT", "INVALID_SPEC", *NOT_EXECUTED)
READY, ACTIVE, DEPRECATED = 1, 2, 3
OK = {"200": {"description": "all"}}


def text(version: str = "v1") -> str:
    return json.dumps(
        document({"/it": {"get": {"operationId": "getIt", "summary": version, "responses": OK}}})
    )


def created(version: str, spec: str = "", *, strict: bool = False, **fields: Any) -> dict[str, Any]:
    """The change that creates a version."""
    made = {"spec_text": spec or text(version)} | fields
    return {"create": {"version_id": version, "version": made, "strict": strict}}


def change(kind: str, parent: str, version: str, **fields: Any) -> dict[str, Any]:
    return {kind: {"name": f"{parent}/versions/{version}", **fields}}


def updated(
    parent: str, version: str, paths: tuple[str, ...] = (), **fields: Any
) -> dict[str, Any]:
    made = {"name": f"{parent}/versions/{version}", **fields}
    return {"update": {"version": made, "update_mask": {"paths": paths}}}


def request(parent: str, *changes: Mapping[str, Any], **fields: Any) -> ManageVersionsRequest:
    made = [VersionChange(**each) for each in changes]
    return ManageVersionsRequest(parent=parent, changes=made, **fields)


async def manage(
    door: Door, parent: str, *changes: Mapping[str, Any], **fields: Any
) -> list[ConnectorVersion]:
    answered: ManageVersionsResponse = await door.gateway.ManageVersions(
        request(parent, *changes, **fields)
    )
    return list(answered.versions)


async def refused(door: Door, parent: str, *changes: Mapping[str, Any], **fields: Any) -> Refusal:
    return await refusal(door.gateway.ManageVersions(request(parent, *changes, **fields)))


async def states(door: Door, parent: str) -> dict[str, tuple[int, int]]:
    """State and share of each version; nothing where there is no connector."""
    call = door.catalog.ListVersions(ListVersionsRequest(parent=parent))
    if await call.code() is grpc.StatusCode.NOT_FOUND:
        return {}
    found = await call
    return {
        each.name.rpartition("/")[2]: (each.state, each.traffic_percent) for each in found.versions
    }


async def connector(door: Door, parent: str) -> Connector:
    found: Connector = await door.catalog.GetConnector(GetConnectorRequest(name=parent))
    return found


async def version(door: Door, parent: str, name: str) -> ConnectorVersion:
    found: ConnectorVersion = await door.catalog.GetVersion(
        GetVersionRequest(name=f"{parent}/versions/{name}")
    )
    return found
