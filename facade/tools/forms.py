"""Tools as MCP and the vendors of language models write them."""

import sys
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from facade.model.action import Schema
from facade.tools.form import Form
from facade.tools.tools import Tool


def written(tool: Tool, form: Form) -> dict[str, Any]:
    """A tool as its readers have it."""
    return FORMS[form](tool)


def mcp(tool: Tool, name: str = "", output: Schema | None = None) -> dict[str, Any]:
    """As MCP lists it; under another name and with the schema of its output where given.

    Clients hold answers to that schema, so it is only for answers that are held to it here.
    """
    hints = tool.hints
    told: dict[str, Any] = {"name": name or tool.name}
    if tool.title:
        told["title"] = tool.title
    told |= {
        "description": tool.description,
        "inputSchema": plain(tool.input_schema),
        "annotations": {
            "readOnlyHint": hints.read_only,
            "destructiveHint": hints.destructive,
            "idempotentHint": hints.idempotent,
            "openWorldHint": hints.open_world,
        },
    }
    return told if output is None else told | {"outputSchema": plain(output)}


def openai(tool: Tool) -> dict[str, Any]:
    """As a function of OpenAI's chat completions, and of all who speak as they do."""
    function = {
        "name": tool.name,
        "description": tool.description,
        "parameters": plain(tool.input_schema),
    }
    return {"type": "function", "function": function}


def anthropic(tool: Tool) -> dict[str, Any]:
    """As a tool of Anthropic's messages."""
    return {
        "name": tool.name,
        "description": tool.description,
        "input_schema": plain(tool.input_schema),
    }


FORMS: Mapping[Form, Callable[[Tool], dict[str, Any]]] = {
    Form.MCP: mcp,
    Form.OPENAI: openai,
    Form.ANTHROPIC: anthropic,
}


def plain(tree: Any) -> Any:
    """JSON of numbers that every writer knows: one that no double holds is cut to its range."""
    if isinstance(tree, Mapping):
        return {str(key): plain(each) for key, each in tree.items()}
    if isinstance(tree, list | tuple):
        return [plain(each) for each in tree]
    if isinstance(tree, Decimal):
        return float(tree)
    if isinstance(tree, int) and not isinstance(tree, bool) and tree.bit_length() > 63:
        most = sys.float_info.max
        return float(max(-most, min(most, tree)))
    return tree
