"""Choices: the alternatives of a schema, each by the name under which callers know it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from facade.spec.schemas.discriminator import ALTERNATIVES, Discriminators, told
from facade.spec.schemas.keyword import types
from facade.spec.schemas.reference import References


@dataclass(frozen=True, slots=True)
class Branch:
    """One alternative."""

    name: str
    """What its discriminator calls it, else its component, its title or its one JSON type.

    Empty: it has none of them. Several may have the same.
    """
    pointer: str
    """Where its schema stands in the end."""
    values: tuple[str, ...] = ()
    """All that its discriminator calls it."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The alternatives of one `oneOf` or `anyOf`, or of a schema that others inherit from."""

    pointer: str
    branches: tuple[Branch, ...]
    property: str = ""
    """Of the discriminator."""


class Choices:
    """Reads the choices of a document's schemas."""

    def __init__(self, references: References) -> None:
        """Takes what follows the document's references."""
        self._references = references
        self._discriminators = Discriminators(references)

    def end(self, pointer: str) -> str:
        """Where the schema stands that one at a pointer is but a reference to."""
        node = self._references.node(pointer)
        if not isinstance(node, Mapping) or "$ref" not in node:
            return pointer
        if self._references.beside(node, pointer).keys() - {"$ref"}:
            return pointer
        target = self._references.targets(node, self._references.enter(pointer)).get("$ref")
        return target.pointer if target else pointer

    def of(self, at: str, part: Mapping[str, Any], *, owner: bool) -> list[Choice]:
        """Those of one part of a value; `owner`: it is the value's own schema, no parent of it."""
        apart = told(part)
        found = []
        for key in ALTERNATIVES:
            listed = part.get(key)
            if isinstance(listed, list) and listed:
                pointers = [
                    f"{at}/{key}/{index}" for index, each in enumerate(listed) if not is_null(each)
                ]
                found.append(self._choice(at, f"{at}/{key}", pointers, part))
        if apart is not None and not found and owner:
            heirs = self._discriminators.heirs(self._references.enter(at))
            if heirs:
                found.append(self._choice(at, at, [each.pointer for each in heirs], part))
        return found

    def _choice(self, at: str, place: str, pointers: list[str], part: Mapping[str, Any]) -> Choice:
        apart = told(part)
        shown: list[tuple[str, ...]] = [()] * len(pointers)
        if apart is not None:
            site = self._references.enter(at)
            meanings = self._discriminators.meanings(apart, site, pointers)
            for value, position in meanings.shown.items():
                shown[position] = (*shown[position], value)
        ends = [self.end(each) for each in pointers]
        branches = tuple(
            Branch(values[0] if values and values[0] else self._name(end), end, values)
            for end, values in zip(ends, shown, strict=True)
        )
        return Choice(place, branches, apart.name if apart else "")

    def _name(self, end: str) -> str:
        folder, _, name = end.rpartition("/")
        if folder == "/components/schemas":
            return name
        node = self._references.node(end)
        if not isinstance(node, Mapping):
            return ""
        title = node.get("title")
        return title if isinstance(title, str) and title else _json_type(node)


def _json_type(node: Mapping[str, Any]) -> str:
    """The one JSON type but null that a schema says; empty where there is none, or several."""
    said = types(node.get("type"))
    named = {said} if isinstance(said, str) else set(said) if isinstance(said, list) else set()
    found = {"number" if each == "integer" else each for each in named} - {"null"}
    return found.pop() if len(found) == 1 else ""


def is_null(node: Any) -> bool:
    """Whether a schema takes null and nothing else."""
    if not isinstance(node, Mapping):
        return False
    said = node.get("type")
    return said in ("null", ["null"]) or (said is None and node.get("enum") == [None])
