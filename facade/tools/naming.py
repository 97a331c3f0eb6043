"""Names of tools: legal for MCP and for the vendors of language models; the same each time."""

import re
from collections import Counter
from collections.abc import Mapping
from hashlib import sha256

from facade.model.names import VersionName, malformed, parse_version

TOOLS = "tools"

LONGEST = 64
"""Characters of a name: what every vendor takes."""

BETWEEN = "__"
"""Between the connector's id, which has no such thing, and the tool's name."""

_ILLEGAL = re.compile(r"[^a-zA-Z0-9_-]+")
_DIGEST = 8


def tool_name(version: VersionName, tool: str) -> str:
    """The name of a tool as a resource."""
    return f"{version}/{TOOLS}/{tool}"


def parse_tool(text: str, tenant: str = "") -> tuple[VersionName, str]:
    """Parses connectors/{connector}/versions/{version}/tools/{tool}; raises InvalidRequest."""
    parent, between, tool = text.rpartition(f"/{TOOLS}/")
    if not between or not tool or "/" in tool:
        pattern = f"connectors/{{connector}}/versions/{{version}}/{TOOLS}/{{tool}}"
        raise malformed("name", text, pattern)
    return parse_version(parent, "name", tenant), tool


def legal(text: str) -> str:
    """A name of letters, digits, `_` and `-` alone; one too long ends in a hash of the text."""
    plain = text
    if not text or _ILLEGAL.search(text):
        plain = _ILLEGAL.sub("_", text).strip("_") or "tool"
    return plain if len(plain) <= LONGEST else _marked(plain, text)


def distinct(wanted: Mapping[str, str]) -> dict[str, str]:
    """The names of tools by the ids of their actions, given what each would like to be called.

    Of those that claim one name, the one that is called so as it is keeps it; the others end in a
    hash of their ids. So a name depends on no order, and a new action renames no old one unless it
    claims the very same text.
    """
    made = {key: legal(text) for key, text in wanted.items()}
    claims = Counter(made.values())
    exact = Counter(made[key] for key, text in wanted.items() if made[key] == text)
    return {
        key: name
        if claims[name] == 1 or (exact[name] == 1 and wanted[key] == name)
        else _marked(name, key)
        for key, name in made.items()
    }


def prefixed(connector: str, name: str) -> str:
    """The name among the tools of several connectors."""
    whole = f"{connector}{BETWEEN}{name}"
    return whole if len(whole) <= LONGEST else _marked(whole, whole)


def may_be_of(name: str, connector: str) -> bool:
    """Whether a tool of the connector may be called so, as far as its id alone tells."""
    start = f"{connector}{BETWEEN}"[: LONGEST - 1 - _DIGEST]
    return name.startswith(start)


def _marked(name: str, of: str) -> str:
    digest = sha256(of.encode(errors="surrogatepass")).hexdigest()[:_DIGEST]
    return f"{name[: LONGEST - 1 - _DIGEST]}_{digest}"
