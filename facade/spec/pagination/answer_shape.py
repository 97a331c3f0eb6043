"""Shape: what an answer's schema says of one place in it, as far as paging asks."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from facade.spec.document import escape
from facade.spec.schemas.schema import Schemas

ALTERNATIVES = ("anyOf", "oneOf")


class Shape:
    """The schema at one place, read through its references and past what may be null."""

    def __init__(self, pointer: str, schemas: Schemas) -> None:
        """Takes where in the document the schema stands; reads nothing yet."""
        self.pointer = pointer
        """Where the schema stands."""
        self._schemas = schemas

    @cached_property
    def types(self) -> frozenset[str]:
        """The JSON types that it names but for null; an unsaid one is told by its keywords."""
        found: set[str] = set()
        for part in self._parts.values():
            said = part.get("type")
            names = said if isinstance(said, list) else [said]
            found.update(each for each in names if isinstance(each, str))
        if not found and any("properties" in part for part in self._parts.values()):
            found.add("object")
        if not found and any("items" in part for part in self._parts.values()):
            found.add("array")
        return frozenset(found) - {"null"}

    @cached_property
    def properties(self) -> Mapping[str, "Shape"]:
        """Its members by name."""
        return {
            name: Shape(f"{at}/properties/{escape(name)}", self._schemas)
            for at, part in self._parts.items()
            if isinstance(part.get("properties"), Mapping)
            for name in part["properties"]
            if isinstance(name, str)
        }

    @property
    def item(self) -> "Shape | None":
        """What each item of the array is; None where nothing says that."""
        places = (at for at, part in self._parts.items() if isinstance(part.get("items"), Mapping))
        return next((Shape(f"{at}/items", self._schemas) for at in places), None)

    @property
    def description(self) -> str:
        """What the document says of it, all in one."""
        texts = (part.get("description") for part in self._parts.values())
        return "\n".join(each for each in texts if isinstance(each, str))

    def said(self, keyword: str) -> Any:
        """The value of a keyword; None where it does not stand there."""
        found = (part[keyword] for part in self._parts.values() if keyword in part)
        return next(found, None)

    def at(self, *names: str) -> "Shape | None":
        """What stands below, by the names of members; None where that is not declared."""
        shape: Shape | None = self
        for name in names:
            shape = shape.properties.get(name) if shape else None
        return shape

    @cached_property
    def _parts(self) -> Mapping[str, Mapping[str, Any]]:
        found: dict[str, Mapping[str, Any]] = {}
        waiting = [self.pointer] if self.pointer else []
        for pointer in waiting:
            if pointer not in found:
                parts = self._schemas.parts(pointer)
                found.update(parts)
                for at, part in parts.items():
                    waiting.extend(_only(part, at))
        return found


def _only(part: Mapping[str, Any], pointer: str) -> Iterator[str]:
    """The one alternative that is not null."""
    for keyword in ALTERNATIVES:
        several = part.get(keyword)
        branches = [
            f"{pointer}/{keyword}/{index}"
            for index, each in enumerate(several if isinstance(several, list) else ())
            if not (isinstance(each, Mapping) and each.get("type") == "null")
        ]
        if len(branches) == 1:
            yield branches[0]
