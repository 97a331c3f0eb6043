"""What one service changes, another reads."""

import json

import grpc

from gateway.v1.catalog_pb2 import GetActionRequest, ListConnectorsRequest
from gateway.v1.catalog_pb2_grpc import CatalogServiceStub
from gateway.v1.gateway_pb2 import (
    CreateVersion,
    ListActionsRequest,
    ManageVersionsRequest,
    PromoteVersion,
    VersionChange,
)
from gateway.v1.gateway_pb2_grpc import GatewayServiceStub
from gateway.v1.version_pb2 import ConnectorVersion


async def test_the_catalog_is_changed_and_read_through_both_services(
    channel: grpc.aio.Channel,
) -> None:
    gateway_stub, catalog_stub = GatewayServiceStub(channel), CatalogServiceStub(channel)
    spec = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "servers": [{"url": "https://x.example"}],
        "paths": {
            f"/things/{name}": {"get": {"operationId": name, "responses": {}}}
            for name in ("b", "a", "c")
        },
    }
    name = "connectors/shop/versions/v1"
    changed = await gateway_stub.ManageVersions(
        ManageVersionsRequest(
            parent="connectors/shop",
            changes=[
                VersionChange(
                    create=CreateVersion(
                        version_id="v1", version=ConnectorVersion(spec_text=json.dumps(spec))
                    )
                ),
                VersionChange(promote=PromoteVersion(name=name)),
            ],
        )
    )
    assert [each.name for each in changed.versions] == [name, name]
    assert changed.versions[1].traffic_percent == 100
    listed = ListActionsRequest(parent="connectors/shop/versions/live", page_size=2)
    page = await gateway_stub.ListActions(listed)
    assert [each.name for each in page.actions] == [f"{name}/actions/a", f"{name}/actions/b"]
    listed.page_token = page.next_page_token
    page = await gateway_stub.ListActions(listed)
    assert [each.name for each in page.actions] == [f"{name}/actions/c"]
    assert not page.next_page_token
    from_catalog = await catalog_stub.GetAction(GetActionRequest(name=f"{name}/actions/b"))
    assert (from_catalog.method, from_catalog.path) == ("GET", "/things/b")
    connectors = await catalog_stub.ListConnectors(ListConnectorsRequest())
    assert [each.name for each in connectors.connectors] == ["connectors/shop"]
