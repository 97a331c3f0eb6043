"""Form: the ways of writing a tool that there are."""

from enum import StrEnum


class Form(StrEnum):
    """Whose way of writing a tool."""

    MCP = "mcp"
    OPENAI = "openai"
    ANTHROPIC = "anthropic"
