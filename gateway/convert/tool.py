"""Tools, as messages."""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from facade.catalog.request import invalid
from facade.errors.fault import Violation
from facade.model.names import ActionName
from facade.tools.form import Form
from facade.tools.forms import written
from facade.tools.naming import tool_name
from facade.tools.toolbox import Offer
from gateway.v1 import tool_pb2 as pb

FORMS: Mapping["pb.ToolFormat.ValueType", Form] = MappingProxyType(
    {
        pb.TOOL_FORMAT_UNSPECIFIED: Form.MCP,
        pb.TOOL_FORMAT_MCP: Form.MCP,
        pb.TOOL_FORMAT_OPENAI: Form.OPENAI,
        pb.TOOL_FORMAT_ANTHROPIC: Form.ANTHROPIC,
    }
)


def form_of(number: "pb.ToolFormat.ValueType") -> Form:
    """Whose way of writing tools a number stands for; raises InvalidRequest for none's."""
    found = FORMS.get(number)
    if found is None:
        raise invalid(Violation(field="format", description=f"{number} is none of its values"))
    return found


def tool_to(offer: Offer, form: Form) -> pb.Tool:
    """A tool, with its definition in that form."""
    name, tool = offer.version.name, offer.tool
    return pb.Tool(
        name=tool_name(name, tool.name),
        action=str(ActionName(name.connector, name.version, tool.action.id)),
        title=tool.title,
        description=tool.description,
        read_only=tool.hints.read_only,
        idempotent=tool.hints.idempotent,
        destructive=tool.hints.destructive,
        open_world=tool.hints.open_world,
        definition=msgspec.json.encode(written(tool, form)).decode(),
    )
