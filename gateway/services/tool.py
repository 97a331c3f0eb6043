"""ToolService: actions as tools of language models."""

from facade.model.names import VersionName, parse_connection, parse_version
from facade.tools.naming import parse_tool
from facade.tools.toolbox import Shelf, Toolbox
from gateway.convert.tool import form_of, tool_to
from gateway.interceptors.base import Rpc
from gateway.pages import asked_in, weight
from gateway.v1 import tool_pb2 as pb


class ToolService:
    """The methods of gateway.v1.ToolService."""

    def __init__(self, toolbox: Toolbox) -> None:
        """Takes what has the tools."""
        self._toolbox = toolbox

    async def get_tool(self, request: pb.GetToolRequest, rpc: Rpc) -> pb.Tool:
        """Gets a tool."""
        version, name = parse_tool(request.name, rpc.identity.tenant)
        shelf, form = _shelf(version, request.connection), form_of(request.format)
        return tool_to(await self._toolbox.get(shelf, rpc.identity, name), form)

    async def list_tools(self, request: pb.ListToolsRequest, rpc: Rpc) -> pb.ListToolsResponse:
        """Lists the tools of a version, page by page."""
        tenant = rpc.identity.tenant
        shelf = _shelf(parse_version(request.parent, "parent", tenant), request.connection)
        form, asked = form_of(request.format), asked_in(request, tenant)
        found, token = await self._toolbox.page(
            shelf, rpc.identity, asked, lambda offer: tool_to(offer, form), weight
        )
        return pb.ListToolsResponse(tools=found, next_page_token=token)


def _shelf(version: VersionName, through: str) -> Shelf:
    connection = parse_connection(through, "connection", version.tenant) if through else None
    return Shelf(connector=version.connector, version=version.version, connection=connection)
