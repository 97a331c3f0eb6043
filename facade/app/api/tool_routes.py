"""The methods of tools, and what they take and answer."""

from typing import Final

import msgspec
from starlette.responses import Response

from facade.app.api.catalog import listed, page_of
from facade.app.api.form.form import Field, Form, Listed
from facade.app.api.form.page import NEXT_PAGE_TOKEN
from facade.app.api.form.scalar import CONNECTION_NAME, COUNT, FLAG, TEXT, Choice
from facade.app.api.route import Asked, Desk, Route
from facade.app.api.template import Template
from facade.app.api.told import data, packed, weight
from facade.model.names import ActionName, VersionName, parse_connection, parse_version
from facade.tools import forms
from facade.tools.form import Form as ToolForm
from facade.tools.naming import parse_tool, tool_name
from facade.tools.toolbox import Offer, Shelf

SERVICE: Final = "ToolService"

TOOL = Form(
    "Tool",
    "One action, as a language model is told of it.",
    (
        Field("name", TEXT, "Format: connectors/{connector}/versions/{version}/tools/{tool}"),
        Field("action", TEXT, "What ExecuteAction calls it."),
        Field("title", TEXT, "A line for people."),
        Field("description", TEXT, "What it does, for the model: at most 1,024 characters."),
        Field("read_only", FLAG, "Whether it changes nothing, as far as that is told."),
        Field("idempotent", FLAG, "Whether a repeat does no more than one call."),
        Field("destructive", FLAG, "Whether it may change or remove what is there."),
        Field("open_world", FLAG, "Whether it reaches beyond this service."),
        Field("definition", TEXT, "The tool as JSON, in the form that was asked for."),
    ),
)

LIST_TOOLS_RESPONSE = Form(
    "ListToolsResponse",
    "A page of tools.",
    (
        Field("tools", Listed(TOOL), "The tools, ordered by name."),
        NEXT_PAGE_TOKEN,
    ),
)

FORMAT = Field(
    "format",
    Choice(
        {
            "TOOL_FORMAT_UNSPECIFIED": ToolForm.MCP,
            "TOOL_FORMAT_MCP": ToolForm.MCP,
            "TOOL_FORMAT_OPENAI": ToolForm.OPENAI,
            "TOOL_FORMAT_ANTHROPIC": ToolForm.ANTHROPIC,
        }
    ),
    "Whose way of writing definitions; MCP's if unset.",
)
CONNECTION = Field(
    "connection",
    CONNECTION_NAME,
    "The connection whose tools they are: with its version and overrides.",
)
GET = Form("GetToolRequest", "A tool.", (FORMAT, CONNECTION))
LIST = Form(
    "ListToolsRequest",
    "A page of tools.",
    (
        Field("page_size", COUNT, "At most so many tools; 50 if unset, 1000 at most."),
        Field("page_token", TEXT, "The token of an earlier answer to the same request."),
        FORMAT,
        CONNECTION,
    ),
)


async def get_tool(desk: Desk, asked: Asked) -> Response:
    """Gets a tool."""
    version, name = parse_tool(asked.name, asked.identity.tenant)
    offer = await desk.toolbox.get(_shelf(version, asked), asked.identity, name)
    return data(_told(offer, _form(asked)))


async def list_tools(desk: Desk, asked: Asked) -> Response:
    """Lists the tools of a version, page by page."""
    version, form = parse_version(asked.name, "parent", asked.identity.tenant), _form(asked)

    def told(offer: Offer) -> msgspec.Raw:
        return packed(_told(offer, form))

    shelf = _shelf(version, asked)
    found = await desk.toolbox.page(shelf, asked.identity, page_of(asked), told, weight)
    return listed("tools", *found)


def _form(asked: Asked) -> ToolForm:
    found: ToolForm = asked.fields.get("format", ToolForm.MCP)
    return found


def _shelf(version: VersionName, asked: Asked) -> Shelf:
    through = asked.fields.get("connection", "")
    connection = parse_connection(through, "connection", version.tenant) if through else None
    return Shelf(connector=version.connector, version=version.version, connection=connection)


def _told(offer: Offer, form: ToolForm) -> dict[str, object]:
    name, tool = offer.version.name, offer.tool
    given = {
        "name": tool_name(name, tool.name),
        "action": str(ActionName(name.connector, name.version, tool.action.id)),
        "title": tool.title,
        "description": tool.description,
        "read_only": tool.hints.read_only,
        "idempotent": tool.hints.idempotent,
        "destructive": tool.hints.destructive,
        "open_world": tool.hints.open_world,
        "definition": msgspec.json.encode(forms.written(tool, form)).decode(),
    }
    return TOOL.write(None, given)


ROUTES: Final = (
    Route(
        rpc="GetTool",
        service=SERVICE,
        about="Gets a tool.",
        verb="GET",
        path=Template.of("/v1/{name=connectors/*/versions/*/tools/*}"),
        request=GET,
        answer=TOOL,
        handler=get_tool,
    ),
    Route(
        rpc="ListTools",
        service=SERVICE,
        about="Lists the tools that the caller may call.",
        verb="GET",
        path=Template.of("/v1/{parent=connectors/*/versions/*}/tools"),
        request=LIST,
        answer=LIST_TOOLS_RESPONSE,
        handler=list_tools,
    ),
)
