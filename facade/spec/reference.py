"""References between schemas: where each one leads, and which apply to the same value."""

import re
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import unquote

from facade.spec.document import MAX_HOPS, Document, escape
from facade.spec.expansion import Edge

MAX_PARTS = 100
"""Schemas that make up one object by `allOf`."""
BRANCHES = ("anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas")
"""The keywords whose schemas apply to the same value, perhaps."""

COMPONENT = re.compile(r"/components/schemas/([A-Za-z0-9._-]{1,100})")


def name_of(pointer: str) -> str:
    """What the definition at a JSON pointer is called: the same name in every bundle.

    A component keeps its name where that can stand in a pointer as it is; other
    names are made of the pointer and a hash of it.
    """
    component = COMPONENT.fullmatch(pointer)
    if component:
        return component[1]
    words = re.sub(r"[^A-Za-z0-9._-]+", "_", pointer.rpartition("/")[2])[:60]
    return f"{words}-{sha256(pointer.encode()).hexdigest()[:12]}"


class References:
    """Follows the references of a document's schemas."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._edges: dict[str, tuple[Edge, ...]] = {}

    def node(self, pointer: str) -> Any:
        """What stands at a JSON pointer; None where nothing does."""
        try:
            return self._document.find(pointer)
        except (LookupError, ValueError):
            return None

    def target(self, reference: Any, pointer: str) -> str | None:
        """The pointer of the schema that a reference at a pointer means in the end.

        None where that is outside the document, nowhere, in a circle, no schema,
        or by an anchor.
        """
        for _ in range(MAX_HOPS):
            found = self._resolve(reference, pointer)
            if found is None:
                return None
            node = self.node(found)
            if not isinstance(node, Mapping | bool):
                return None
            if isinstance(node, bool) or self.beside(node) or "$ref" not in node:
                return found
            reference, pointer = node["$ref"], found
        return None

    def beside(self, node: Mapping[str, Any]) -> dict[str, Any]:
        """What counts of a schema beside its `$ref`: nothing before OpenAPI 3.1."""
        if isinstance(node.get("$ref"), str) and not self._document.modern:
            return {}
        return {key: value for key, value in node.items() if key != "$ref"}

    def parts(self, pointer: str) -> dict[str, Mapping[str, Any]]:
        """The schemas that a value always has to satisfy together, by `$ref` and `allOf`.

        By their pointers, the schema itself first, each without its `$ref`.
        """
        found: dict[str, Mapping[str, Any]] = {}
        waiting = [pointer]
        for at in waiting:
            node = self.node(at)
            if at in found or not isinstance(node, Mapping) or len(found) >= MAX_PARTS:
                continue
            found[at] = self.beside(node)
            target = self.target(node.get("$ref"), at)
            waiting.extend([target] if target else [])
            several = found[at].get("allOf")
            count = len(several) if isinstance(several, list) else 0
            waiting.extend(f"{at}/allOf/{index}" for index in range(count))
        return found

    def edges(self, pointer: str) -> tuple[Edge, ...]:
        """The references of the schema at a pointer that apply to the same value as it does."""
        if pointer not in self._edges:
            self._edges[pointer] = tuple(self._walk(pointer))
        return self._edges[pointer]

    def _walk(self, pointer: str) -> Iterator[Edge]:
        waiting: list[tuple[Any, str, bool]] = [(self.node(pointer), pointer, False)]
        while waiting:
            node, at, branch = waiting.pop()
            if not isinstance(node, Mapping):
                continue
            target = self.target(node.get("$ref"), at)
            if target:
                yield Edge(target, branch)
            waiting.extend(_within(self.beside(node), at, branch=branch))

    def _resolve(self, reference: Any, pointer: str) -> str | None:
        """Where one reference leads: as the document, or the nearest `$id` around, counts."""
        if not isinstance(reference, str) or not reference.startswith("#"):
            return None
        fragment = reference[1:]
        if fragment and not fragment.startswith("/"):
            return None
        candidates = [unquote(fragment), fragment] if fragment else []
        found = next((each for each in candidates if self.node(each) is not None), None)
        if found is not None:
            return found
        base = self._base(pointer)
        return base + fragment if base and self.node(base + fragment) is not None else None

    def _base(self, pointer: str) -> str:
        """The pointer of the nearest schema with an `$id` around, empty where there is none."""
        base, at = "", ""
        for token in pointer.split("/")[1:]:
            at = f"{at}/{token}"
            node = self.node(at)
            if isinstance(node, Mapping) and isinstance(node.get("$id"), str):
                base = at
        return base


def _within(
    node: Mapping[str, Any], pointer: str, *, branch: bool
) -> Iterator[tuple[Any, str, bool]]:
    """The schemas within one that apply to the same value, and whether always."""
    for key in ("allOf", *BRANCHES):
        value, at = node.get(key), f"{pointer}/{key}"
        perhaps = branch or key != "allOf"
        if isinstance(value, list):
            yield from ((each, f"{at}/{index}", perhaps) for index, each in enumerate(value))
        elif key == "dependentSchemas" and isinstance(value, Mapping):
            yield from ((each, f"{at}/{escape(name)}", perhaps) for name, each in value.items())
        elif isinstance(value, Mapping):
            yield value, at, perhaps
