"""Tools: each action as something that a language model can call; pure."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from facade.listing.shown import output
from facade.model.action import Action, Schema
from facade.model.connection import ToolOverride
from facade.recent import Living
from facade.spec.spec import Spec
from facade.tools.naming import distinct

EXTENSION = "x-portico-tool"
"""On an operation: how its tool is called and told of, or `false` for none."""

LONGEST_TITLE = 128
LONGEST_DESCRIPTION = 1024
"""Characters: vendors refuse more."""

ANYTHING: Mapping[str, Any] = {"type": "object"}

DESTRUCTIVE = frozenset({"PUT", "PATCH", "DELETE"})
READING = frozenset({"GET", "HEAD"})
HINTS = ("readOnly", "idempotent", "destructive", "openWorld")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What a tool may do, as far as its method or its document tells: no promise."""

    read_only: bool
    idempotent: bool
    destructive: bool
    open_world: bool = True
    """Whether it reaches beyond this service: every backend is beyond it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """One action, as a language model is told of it."""

    name: str
    """At most 64 letters, digits, `_` and `-`; its own in the document."""
    title: str
    description: str
    hints: Hints
    action: Action

    @property
    def input_schema(self) -> Mapping[str, Any]:
        """Of the arguments, as ExecuteAction takes them: a JSON Schema that stands alone."""
        schema = self.action.input_schema
        return schema if isinstance(schema, Mapping) else ANYTHING

    @property
    def output_schema(self) -> Schema:
        """Of what a call answers, as its document has it."""
        return output(self.action)


class Tools:
    """The tools of documents, whose names are found once."""

    def __init__(self) -> None:
        """Knows none."""
        self._names: Living[Mapping[str, str]] = Living()

    def names(self, spec: Spec) -> Mapping[str, str]:
        """The ids of a document's actions by the names of their tools, ordered by name.

        Those that the document hides are left out.
        """
        return self._names.find(id(spec)) or self._names.put(spec, names(spec))

    def tool(self, spec: Spec, name: str) -> Tool:
        """Makes a tool; raises KeyError for an unknown name."""
        action_id = self.names(spec)[name]
        return tool_of(spec.action(action_id), name, said_of(spec, action_id) or {})


def names(spec: Spec) -> Mapping[str, str]:
    """The ids of a document's actions by the names of their tools, ordered by name."""
    wanted: dict[str, str] = {}
    for action_id in spec.ids:
        said = said_of(spec, action_id)
        if said is not None:
            wanted[action_id] = _text(said, "name") or action_id
    found = {name: action_id for action_id, name in distinct(wanted).items()}
    return dict(sorted(found.items()))


def said_of(spec: Spec, action_id: str) -> Mapping[str, Any] | None:
    """What the document says of an action's tool itself; None: that there is to be none."""
    node = spec.document.find(spec.outline.rows[action_id][2])
    said = node.get(EXTENSION) if isinstance(node, Mapping) else None
    if said is False:
        return None
    if not isinstance(said, Mapping):
        return {}
    return None if said.get("hidden") is True else said


def tool_of(action: Action, name: str, said: Mapping[str, Any]) -> Tool:
    """One tool, by the action and what its document says of the tool itself."""
    title = _text(said, "title") or action.title
    return Tool(
        name=name,
        title=_bounded(" ".join(title.split()), LONGEST_TITLE),
        description=_text(said, "description")[:LONGEST_DESCRIPTION] or _description(action),
        hints=_hints(action, said),
        action=action,
    )


def overridden(tool: Tool, said: ToolOverride) -> Tool:
    """A tool as a connection has it told of, whose word wins (G-25)."""
    own = {each.name: getattr(said, each.name) for each in fields(Hints)}
    hints = replace(tool.hints, **{name: each for name, each in own.items() if each is not None})
    if said.read_only and said.destructive is None:
        hints = replace(hints, destructive=False)
    return replace(tool, hints=hints)


def _hints(action: Action, said: Mapping[str, Any]) -> Hints:
    """By the method (RFC 9110 section 9.2), unless the document knows better."""
    method = action.method
    reads = method in READING
    of_method = (reads, reads or method in {"PUT", "DELETE"}, method in DESTRUCTIVE, True)
    given = (said.get(each) for each in HINTS)
    read_only, idempotent, destructive, open_world = (
        own if isinstance(own, bool) else known for own, known in zip(given, of_method, strict=True)
    )
    return Hints(
        read_only=read_only,
        idempotent=idempotent,
        destructive=destructive and not read_only,
        open_world=open_world,
    )


def _description(action: Action) -> str:
    parts = ["Deprecated."] if action.deprecated else []
    parts.extend(each.strip() for each in (action.title, action.description) if each.strip())
    if len(parts) == 2 and not action.deprecated and parts[1].startswith(parts[0]):
        del parts[0]
    text = "\n\n".join(parts) or f"{action.method} {action.path}"
    return _bounded(text, LONGEST_DESCRIPTION)


def _bounded(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


def _text(said: Mapping[str, Any], word: str) -> str:
    found = said.get(word)
    return found.strip() if isinstance(found, str) else ""
