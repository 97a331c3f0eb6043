"""CatalogService: what there is, and what it is called."""

import asyncio

from google.protobuf.empty_pb2 import Empty

from facade.catalog.catalog import Catalog
from facade.listing.editions import Editions, Import
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
from gateway.convert.edition import use_to
from gateway.convert.report import report_to, spec_from
from gateway.convert.version import version_to
from gateway.interceptors.base import Rpc
from gateway.services.listing import Listing
from gateway.v1 import action_pb2, version_pb2
from gateway.v1 import catalog_pb2 as pb


class CatalogService:
    """The methods of gateway.v1.CatalogService."""

    def __init__(self, catalog: Catalog, listing: Listing, editions: Editions) -> None:
        """Takes what it hands on to."""
        self._catalog = catalog
        self._editions = editions
        self._listing = listing

    async def get_connector(
        self, request: pb.GetConnectorRequest, rpc: Rpc
    ) -> version_pb2.Connector:
        """Gets a connector."""
        name = parse_connector(request.name, tenant=rpc.identity.tenant)
        return connector_to(self._catalog.connector(name))

    async def list_connectors(
        self, request: pb.ListConnectorsRequest, rpc: Rpc
    ) -> pb.ListConnectorsResponse:
        """Lists the connectors, page by page."""
        return await self._listing.connectors(request, rpc.identity)

    async def create_connector(
        self, request: pb.CreateConnectorRequest, rpc: Rpc
    ) -> version_pb2.Connector:
        """Creates a connector and its first version."""
        name = ConnectorName(request.connector_id, rpc.identity.tenant)
        connector = await self._catalog.create_connector(
            connector_from(request.connector, name),
            first_from(request),
            by=rpc.identity,
            validate_only=request.validate_only,
            request_id=request.request_id,
        )
        return connector_to(connector)

    async def update_connector(
        self, request: pb.UpdateConnectorRequest, rpc: Rpc
    ) -> version_pb2.Connector:
        """Changes what is said of a connector."""
        name = parse_connector(request.connector.name, "connector.name", rpc.identity.tenant)
        connector = await self._catalog.update_connector(
            name,
            connector_from(request.connector, name),
            tuple(request.update_mask.paths),
            request.connector.etag,
            by=rpc.identity,
            validate_only=request.validate_only,
        )
        return connector_to(connector)

    async def delete_connector(self, request: pb.DeleteConnectorRequest, rpc: Rpc) -> Empty:
        """Deletes a connector."""
        await self._catalog.delete_connector(
            parse_connector(request.name, tenant=rpc.identity.tenant),
            request.etag,
            force=request.force,
            by=rpc.identity,
            validate_only=request.validate_only,
        )
        return Empty()

    async def get_version(
        self, request: pb.GetVersionRequest, rpc: Rpc
    ) -> version_pb2.ConnectorVersion:
        """Gets a version."""
        name = parse_version(request.name, tenant=rpc.identity.tenant)
        return version_to(self._catalog.snapshot.likely(name), None)

    async def list_versions(
        self, request: pb.ListVersionsRequest, rpc: Rpc
    ) -> pb.ListVersionsResponse:
        """Lists the versions of a connector, page by page."""
        return await self._listing.versions(request, rpc.identity)

    async def list_version_uses(
        self, request: pb.ListVersionUsesRequest, rpc: Rpc
    ) -> pb.ListVersionUsesResponse:
        """Lists who calls a version."""
        name = parse_version(request.parent, "parent", rpc.identity.tenant)
        found = await self._editions.uses(name)
        return pb.ListVersionUsesResponse(uses=[use_to(each) for each in found])

    async def export_version(
        self, request: pb.ExportVersionRequest, rpc: Rpc
    ) -> pb.ExportVersionResponse:
        """Gives a version as one document."""
        name = parse_version(request.name, tenant=rpc.identity.tenant)
        return pb.ExportVersionResponse(document=await self._editions.export(name))

    async def import_connector(
        self, request: pb.ImportConnectorRequest, rpc: Rpc
    ) -> version_pb2.Connector:
        """Makes a connector, or a version, of such a document."""
        connector = await self._editions.take(
            Import(
                document=request.document,
                connector_id=request.connector_id,
                version_id=request.version_id,
                as_new_version=request.as_new_version,
                validate_only=request.validate_only,
                request_id=request.request_id,
            ),
            rpc.identity,
        )
        return connector_to(connector)

    async def get_action(self, request: pb.GetActionRequest, rpc: Rpc) -> action_pb2.Action:
        """Gets an action, with its schemas."""
        asked = parse_action(request.name, tenant=rpc.identity.tenant)
        version, action = self._catalog.resolve(asked)
        name = ActionName(version.name.connector, version.name.version, action.id, asked.tenant)
        return action_to(name, action, full=True)

    async def validate_spec(
        self, request: pb.ValidateSpecRequest, rpc: Rpc
    ) -> pb.ValidateSpecResponse:
        """Says what is wrong or doubtful in a document."""
        text, tenant = request.against, rpc.identity.tenant
        against = parse_version(text, "against", tenant) if text else None
        read, told = await self._catalog.validate(spec_from(request), against)
        return await asyncio.to_thread(report_to, read, told)
