"""ConnectionService: connections, whether they work, and requests of one's own through them."""

from google.protobuf.empty_pb2 import Empty

from facade.connections.connections import Connections
from facade.connections.http_request import HttpRequests
from facade.listing.connections import ConnectionList
from facade.model.face import deadline_of, said_before
from facade.model.names import ConnectionName, parse_connection
from gateway.convert.connection import (
    checked_to,
    connection_from,
    connection_to,
    http_request_from,
    http_response_to,
)
from gateway.interceptors.base import Rpc
from gateway.pages import asked_in, weight
from gateway.v1 import connection_pb2 as pb


class ConnectionService:
    """The methods of gateway.v1.ConnectionService."""

    def __init__(
        self, connections: Connections, requests: HttpRequests, listing: ConnectionList
    ) -> None:
        """Takes where connections are, what sends requests through them, and what lists them."""
        self._connections = connections
        self._requests = requests
        self._listing = listing

    async def create_connection(
        self, request: pb.CreateConnectionRequest, rpc: Rpc
    ) -> pb.Connection:
        """Creates a connection."""
        name = ConnectionName(request.connection_id, rpc.identity.tenant)
        made = await self._connections.create(
            connection_from(request.connection, name),
            by=rpc.identity,
            validate_only=request.validate_only,
            request_id=request.request_id,
            force=request.force,
        )
        return connection_to(made)

    async def get_connection(self, request: pb.GetConnectionRequest, rpc: Rpc) -> pb.Connection:
        """Gets a connection."""
        return connection_to(self._connections.get(_name(request.name, rpc)))

    async def list_connections(
        self, request: pb.ListConnectionsRequest, rpc: Rpc
    ) -> pb.ListConnectionsResponse:
        """Lists the connections, page by page."""
        tenant = rpc.identity.tenant
        found, token = await self._listing.page(
            tenant, asked_in(request, tenant, rpc.identity), connection_to, weight
        )
        return pb.ListConnectionsResponse(connections=found, next_page_token=token)

    async def update_connection(
        self, request: pb.UpdateConnectionRequest, rpc: Rpc
    ) -> pb.Connection:
        """Changes a connection."""
        name = parse_connection(request.connection.name, "connection.name", rpc.identity.tenant)
        changed = await self._connections.update(
            name,
            connection_from(request.connection, name),
            tuple(request.update_mask.paths),
            request.connection.etag,
            by=rpc.identity,
            validate_only=request.validate_only,
        )
        return connection_to(changed)

    async def delete_connection(self, request: pb.DeleteConnectionRequest, rpc: Rpc) -> Empty:
        """Deletes a connection."""
        name = _name(request.name, rpc)
        await self._connections.delete(name, request.etag, force=request.force, by=rpc.identity)
        return Empty()

    async def suspend_connection(
        self, request: pb.SuspendConnectionRequest, rpc: Rpc
    ) -> pb.Connection:
        """Refuses the calls of a connection."""
        name = _name(request.name, rpc)
        return connection_to(await self._connections.suspend(name, rpc.identity))

    async def resume_connection(
        self, request: pb.ResumeConnectionRequest, rpc: Rpc
    ) -> pb.Connection:
        """Lets the calls of a connection go on."""
        name = _name(request.name, rpc)
        return connection_to(await self._connections.resume(name, rpc.identity))

    async def lock_connection(self, request: pb.LockConnectionRequest, rpc: Rpc) -> pb.Connection:
        """Keeps a connection from being changed."""
        name = _name(request.name, rpc)
        return connection_to(await self._connections.lock(name, request.reason, rpc.identity))

    async def unlock_connection(
        self, request: pb.UnlockConnectionRequest, rpc: Rpc
    ) -> pb.Connection:
        """Lets a connection be changed again."""
        name = _name(request.name, rpc)
        return connection_to(await self._connections.unlock(name, rpc.identity))

    async def check_connection(
        self, request: pb.CheckConnectionRequest, rpc: Rpc
    ) -> pb.CheckConnectionResponse:
        """Says whether calls through a connection would work now."""
        return checked_to(await self._connections.check(_name(request.name, rpc)))

    async def execute_http_request(
        self, request: pb.ExecuteHttpRequestRequest, rpc: Rpc
    ) -> pb.ExecuteHttpRequestResponse:
        """Sends a request of the caller's own through a connection."""
        outcome = await self._requests.execute(
            _name(request.name, rpc),
            http_request_from(request),
            deadline_of(rpc.context.time_remaining()),
            rpc.trace_id,
        )
        rpc.metadata |= said_before(outcome)
        return http_response_to(outcome)


def _name(text: str, rpc: Rpc) -> ConnectionName:
    return parse_connection(text, "name", rpc.identity.tenant)
