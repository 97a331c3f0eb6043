"""CatalogService: what there is, and what it is called."""

import asyncio

from google.protobuf.empty_pb2 import Empty

from facade.catalog.catalog import Catalog
from facade.model.names import (
    ActionName,
    ConnectorName,
    parse_action,
    parse_connector,
    parse_version,
)
from gateway.convert.action import action_to
from gateway.convert.change import first_from
from gateway.convert.connector import connector_from, connector_to
from gateway.convert.report import report_to, spec_from
from gateway.convert.version import version_to
from gateway.interceptors.base import Rpc
from gateway.listing import Listing
from gateway.v1 import action_pb2, version_pb2
from gateway.v1 import catalog_pb2 as pb


class CatalogService:
    """The methods of gateway.v1.CatalogService."""

    def __init__(self, catalog: Catalog, listing: Listing) -> None:
        """Takes what it hands on to."""
        self._catalog = catalog
        self._listing = listing

    async def get_connector(
        self, request: pb.GetConnectorRequest, _rpc: Rpc
    ) -> version_pb2.Connector:
        """Gets a connector."""
        return connector_to(self._catalog.connector(parse_connector(request.name)))

    async def list_connectors(
        self, request: pb.ListConnectorsRequest, _rpc: Rpc
    ) -> pb.ListConnectorsResponse:
        """Lists the connectors, page by page."""
        return await self._listing.connectors(request)

    async def create_connector(
        self, request: pb.CreateConnectorRequest, _rpc: Rpc
    ) -> version_pb2.Connector:
        """Creates a connector and its first version."""
        connector = await self._catalog.create_connector(
            connector_from(request.connector, ConnectorName(request.connector_id)),
            first_from(request),
            validate_only=request.validate_only,
            request_id=request.request_id,
        )
        return connector_to(connector)

    async def update_connector(
        self, request: pb.UpdateConnectorRequest, _rpc: Rpc
    ) -> version_pb2.Connector:
        """Changes what is said of a connector."""
        name = parse_connector(request.connector.name, "connector.name")
        connector = await self._catalog.update_connector(
            name,
            connector_from(request.connector, name),
            tuple(request.update_mask.paths),
            request.connector.etag,
            validate_only=request.validate_only,
        )
        return connector_to(connector)

    async def delete_connector(self, request: pb.DeleteConnectorRequest, _rpc: Rpc) -> Empty:
        """Deletes a connector."""
        await self._catalog.delete_connector(
            parse_connector(request.name),
            request.etag,
            force=request.force,
            validate_only=request.validate_only,
        )
        return Empty()

    async def get_version(
        self, request: pb.GetVersionRequest, _rpc: Rpc
    ) -> version_pb2.ConnectorVersion:
        """Gets a version."""
        return version_to(self._catalog.version(parse_version(request.name)))

    async def list_versions(
        self, request: pb.ListVersionsRequest, _rpc: Rpc
    ) -> pb.ListVersionsResponse:
        """Lists the versions of a connector, page by page."""
        return await self._listing.versions(request)

    async def get_action(self, request: pb.GetActionRequest, _rpc: Rpc) -> action_pb2.Action:
        """Gets an action, with its schemas."""
        version, action = self._catalog.resolve(parse_action(request.name))
        name = ActionName(version.name.connector, version.name.version, action.id)
        return action_to(name, action, full=True)

    async def validate_spec(
        self, request: pb.ValidateSpecRequest, _rpc: Rpc
    ) -> pb.ValidateSpecResponse:
        """Says what is wrong or doubtful in a document."""
        found = await self._catalog.validate(spec_from(request))
        return await asyncio.to_thread(report_to, found)
