"""Builds a tree of JSON's types out of the events of a YAML parser, and counts while it does."""

from dataclasses import dataclass
from math import isfinite
from typing import Any, Final

import yaml

from facade.errors.caller import InvalidSpec
from facade.model.action import Problem
from facade.spec.document import escape
from facade.spec.limits import Limits
from facade.spec.problems import problem
from facade.spec.text.position import Lines, offset_of, unreadable
from facade.spec.text.yaml_scalar import CORE, resolve, resolve_tagged

MERGE: Final = "<<"
_OPEN: Final = object()
"""The value of an anchor whose node is not complete."""


@dataclass(slots=True)
class Level:
    """A container that is being filled."""

    container: dict[str, Any] | list[Any]
    anchor: str | None
    key: str | None = None
    merged: bool = False

    @property
    def keyless(self) -> bool:
        """Whether a key is due."""
        return self.key is None and isinstance(self.container, dict)

    @property
    def token(self) -> str:
        """The last token of the pointer to what is read now."""
        return self.key or "" if isinstance(self.container, dict) else str(len(self.container))


class Builder:
    """Takes the events of one document, one by one."""

    def __init__(self, text: str, limits: Limits) -> None:
        """Starts before the first event; `text` is for the places of what is found."""
        self.root: Any = None
        self._text = text
        self._limits = limits
        self._levels: list[Level] = []
        self._anchors: dict[str, Any] = {}
        self._nodes = 0
        self._aliases = 0
        self._added = 0
        self._begun = False
        self._found: list[tuple[str, str, str, int]] = []

    def problems(self) -> tuple[Problem, ...]:
        """What is doubtful so far, with places."""
        lines = Lines(self._text)
        return tuple(
            problem(code, message, pointer, **lines.place(offset)._asdict())
            for code, message, pointer, offset in self._found
        )

    def take(self, event: yaml.Event) -> None:
        """Takes the next event; raises InvalidSpec where the document must be refused."""
        offset = offset_of(event)
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event, offset)
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event.anchor or "", offset)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._start(event, offset)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._end(offset)
        elif isinstance(event, yaml.DocumentStartEvent):
            if self._begun:
                raise self._refusal(offset, "a second document begins here; one is read")
            self._begun = True

    def _scalar(self, event: yaml.ScalarEvent, offset: int) -> None:
        if self._levels and self._levels[-1].keyless:
            if event.tag is not None:
                self._tagged(event, offset)
            self._anchor(event.anchor, event.value)
            self._key(event.value, offset, plain=event.implicit[0])
            return
        if event.tag is not None:
            value = self._tagged(event, offset)
        elif event.implicit[0]:
            try:
                value = resolve(event.value)
            except ValueError as error:
                raise self._refusal(offset, str(error)) from None
        else:
            value = event.value
        self._anchor(event.anchor, value)
        self._put(value, offset)

    def _tagged(self, event: yaml.ScalarEvent, offset: int) -> Any:
        try:
            return resolve_tagged(event.value, event.tag or "")
        except ValueError as error:
            raise self._refusal(offset, str(error)) from None

    def _key(self, name: str, offset: int, *, plain: bool) -> None:
        level = self._levels[-1]
        level.key = name
        if name in level.container:
            self._note("duplicate-key", f"`{name}` stands twice here; the last one counts", offset)
        if name == MERGE and plain:
            level.merged = True
            message = "YAML 1.2 has no merge keys; what it names was merged in: write it out"
            self._note("merge-key", message, offset)

    def _start(self, event: yaml.CollectionStartEvent, offset: int) -> None:
        if self._levels and self._levels[-1].keyless:
            raise self._refusal(offset, "a key must be text, not a list or a mapping")
        mapping = isinstance(event, yaml.MappingStartEvent)
        if event.tag not in {None, CORE + ("map" if mapping else "seq")}:
            name = str(event.tag).replace(CORE, "!!")
            raise self._refusal(offset, f"the tag `{name}` is refused: only JSON's types are read")
        if len(self._levels) >= self._limits.depth:
            raise self._refusal(offset, f"the document nests deeper than {self._limits.depth}")
        self._anchor(event.anchor, _OPEN)
        self._levels.append(Level({} if mapping else [], event.anchor))

    def _end(self, offset: int) -> None:
        level = self._levels.pop()
        if level.merged and isinstance(level.container, dict):
            merge(level.container)
        if level.anchor is not None and self._anchors.get(level.anchor) is _OPEN:
            self._anchors[level.anchor] = level.container
        self._put(level.container, offset)

    def _put(self, value: Any, offset: int) -> None:
        self._nodes += 1
        if self._nodes > self._limits.nodes:
            raise self._refusal(offset, f"the document has more than {self._limits.nodes} values")
        if isinstance(value, float) and not isfinite(value):
            self._note("not-finite", "JSON has no such number; it was read as null", offset)
            value = None
        if not self._levels:
            self.root = value
            return
        level = self._levels[-1]
        if isinstance(level.container, list):
            level.container.append(value)
        else:
            level.container[level.key or ""] = value
            level.key = None

    def _anchor(self, name: str | None, value: Any) -> None:
        if name is not None:
            self._anchors[name] = value

    def _alias(self, name: str, offset: int) -> None:
        self._aliases += 1
        if self._aliases > self._limits.aliases:
            raise self._refusal(offset, f"more than {self._limits.aliases} aliases")
        if name not in self._anchors:
            raise self._refusal(offset, f"there is no anchor `&{name}` before this alias")
        value = self._anchors[name]
        if value is _OPEN:
            raise self._refusal(offset, f"the alias `*{name}` stands inside what it names")
        if not self._levels or not self._levels[-1].keyless:
            self._put(self._copy(value, len(self._levels), offset), offset)
        elif isinstance(value, str):
            self._key(value, offset, plain=False)
        else:
            raise self._refusal(offset, "a key must be text, not a list or a mapping")

    def _copy(self, value: Any, depth: int, offset: int) -> Any:
        """A copy of an anchored value: the tree stays one, and its size is counted."""
        self._added += 1
        if self._added > self._limits.alias_nodes:
            message = f"the aliases add more than {self._limits.alias_nodes} values"
            raise self._refusal(offset, message)
        if isinstance(value, dict | list) and depth >= self._limits.depth:
            raise self._refusal(offset, f"the document nests deeper than {self._limits.depth}")
        if isinstance(value, dict):
            return {key: self._copy(each, depth + 1, offset) for key, each in value.items()}
        if isinstance(value, list):
            return [self._copy(each, depth + 1, offset) for each in value]
        return value

    def _note(self, code: str, message: str, offset: int) -> None:
        pointer = "".join(f"/{escape(level.token)}" for level in self._levels)
        self._found.append((code, message, pointer, offset))

    def _refusal(self, offset: int, description: str) -> InvalidSpec:
        return unreadable(self._text, offset, description)


def merge(mapping: dict[str, Any]) -> None:
    """Merges what `<<` names into a mapping; its own keys and earlier sources win."""
    source = mapping[MERGE]
    sources = source if isinstance(source, list) else [source]
    if all(isinstance(each, dict) for each in sources):
        del mapping[MERGE]
        for each in sources:
            for key, value in each.items():
                mapping.setdefault(key, value)
