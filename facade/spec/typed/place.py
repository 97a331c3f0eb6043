"""Place: where a value stands in a document, and what a type of its own would be called there."""

import re
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Final

from facade.spec.document import escape, unescape
from facade.spec.shapes.shape import Value
from facade.spec.typed.naming import camel

COMPONENT: Final = re.compile(r"(/components/schemas/([^/]+))(.*)")
STEP: Final = re.compile(r"/allOf/[0-9]+|/properties/([^/]*)|/(items)|/(additionalProperties)")
"""From a schema to one of the same value, of a property, of items or of the values of a map."""


class Use(Enum):
    """Where a value stands, by what becomes of an enum there."""

    MEMBER = auto()
    """A property: beside its enum there is a field for other texts."""
    PARAMETER = auto()
    """An argument: what its enum does not list is never sent."""
    VALUE = auto()
    """In an array, in a map, or a message of its own: it goes by its type."""


@dataclass(frozen=True, slots=True)
class Place:
    """What an inline type is called."""

    key: str
    words: str
    use: Use

    @property
    def name(self) -> str:
        """The name of a message or an enum."""
        return camel(self.words)

    def within(self, token: str, word: str, use: Use = Use.VALUE) -> "Place":
        """The place of what stands within it."""
        return Place(f"{self.key}/{token}", f"{self.words} {word}", use)

    def of(self, value: Value) -> "Place":
        """The place of a value that stands within components, whichever way it was come to.

        So a type has the same key wherever it is come to first. What several schemas speak of is
        called by all of them, but where one of these is its holder.
        """
        own = [_declared(each, self.use) for each in value]
        found = [each for each in own if each is not None]
        if not found or len(found) < len(own):
            return self
        if len(found) == 1:
            return found[0]
        if any(self.key.startswith(f"{each.key}/") for each in found):
            return self
        return replace(self, key="+".join(sorted(each.key for each in found)))

    def plain(self) -> "Place":
        """The same place, where enums go by their type."""
        return replace(self, use=Use.VALUE)

    def member(self, json: str) -> "Place":
        """The place of a property."""
        return self.within(escape(json), json, Use.MEMBER)


def _declared(pointer: str, use: Use) -> Place | None:
    """What is declared at a pointer is called by its component and the way from there."""
    component = COMPONENT.fullmatch(pointer)
    if component is None:
        return None
    key, name, way = component.groups()
    found, end = Place(key, unescape(name), use), 0
    for step in STEP.finditer(way):
        if step.start() != end:
            return None
        end = step.end()
        token, items, values = step.groups()
        if token is not None:
            found = found.within(token, unescape(token), use)
        elif items or values:
            found = found.within(*(("items", "item") if items else ("*", "value")), use)
    return found if end == len(way) else None
