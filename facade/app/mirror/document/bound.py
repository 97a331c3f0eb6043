"""What of a document's parameters and bodies the version's own variables give."""

from collections.abc import Iterator, Mapping
from typing import Any

from facade.app.mirror.place import ParameterPlace, place, place_of
from facade.model.action import Location
from facade.model.version import Variable, Version
from facade.spec.document import Document
from facade.spec.path import variables

PLACEHOLDER = "-"
"""What callers write in a path where the version's own value goes."""
TOLD = "The facade knows the value; what stands here is not read."


class Bound:
    """Takes what a version gives with every call out of what its document asks callers for.

    What a caller may give another value for is asked for no more, but may be given.
    """

    def __init__(self, version: Version, document: Document) -> None:
        """Takes the version, and the document as it was written."""
        known = [each for each in version.variables if has_value(each)]
        self._set = frozenset(place_of(each) for each in known if not each.overridable)
        self._open = frozenset(place_of(each) for each in known if each.overridable)
        self._document = document

    def parameters(self, listed: Any) -> Any:
        """A list of parameters without those that are given."""
        if not isinstance(listed, list) or not (self._set or self._open):
            return listed
        return list(self._kept(listed))

    def placeholders(self, path: str) -> list[dict[str, Any]]:
        """Parameters for the slots of a path that are given, each of which takes one word alone."""
        given = (each for each in variables(path) if (Location.PATH, each) in self._set)
        return [self._placeholder(each) for each in given]

    def body(self, node: Any) -> Any:
        """A request body whose properties that are given are gone, or asked for no more."""
        if not any(location == Location.BODY for location, _ in self._set | self._open):
            return node
        found = self._follow(node)
        content = found.get("content") if isinstance(found, Mapping) else None
        if not isinstance(content, Mapping):
            return node
        return {**found, "content": {name: self._media(each) for name, each in content.items()}}

    def _kept(self, listed: list[Any]) -> Iterator[Any]:
        for each in listed:
            node = self._follow(each)
            if not isinstance(node, Mapping):
                yield each
                continue
            place = _declared_at(node)
            if place in self._set:
                continue
            if place in self._open and place[0] != Location.PATH:
                yield {key: value for key, value in node.items() if key != "required"}
            elif node.get("in") == "body":
                yield self._media(node) if "schema" in node else each
            else:
                yield each

    def _placeholder(self, name: str) -> dict[str, Any]:
        schema = {"type": "string", "enum": [PLACEHOLDER], "default": PLACEHOLDER}
        said = {"name": name, "in": "path", "required": True, "description": TOLD}
        if self._document.version.startswith("2."):
            return {**said, **schema}
        return {**said, "schema": schema}

    def _media(self, node: Any) -> Any:
        """A media type, or 2.0's parameter of a body, with the schema of what is left."""
        found = self._follow(node)
        schema = self._follow(found.get("schema")) if isinstance(found, Mapping) else None
        properties = schema.get("properties") if isinstance(schema, Mapping) else None
        if not isinstance(schema, Mapping) or not isinstance(properties, Mapping):
            return node
        gone = {name for name in properties if (Location.BODY, name) in self._set}
        free = gone | {name for name in properties if (Location.BODY, name) in self._open}
        if not free:
            return node
        left = {key: value for key, value in schema.items() if key != "required"}
        left["properties"] = {name: x for name, x in properties.items() if name not in gone}
        asked = schema.get("required")
        required = [x for x in asked if x not in free] if isinstance(asked, list) else []
        if required:
            left["required"] = required
        return {**found, "schema": left}

    def _follow(self, node: Any) -> Any:
        try:
            return self._document.follow(node, "")[0]
        except LookupError:
            return None


def has_value(variable: Variable) -> bool:
    """Whether a version gives the variable by itself."""
    return variable.value is not None or variable.secret is not None


def _declared_at(node: Mapping[str, Any]) -> ParameterPlace:
    location, name = node.get("in"), node.get("name")
    if not isinstance(location, str) or not isinstance(name, str):
        return "", ""
    return place(Location.BODY if location == "formData" else location, name)
