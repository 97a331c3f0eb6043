"""Which parameters an operation takes: those of its path and its own, what can be sent of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from facade.model.action import Location, Problem, Style
from facade.model.field_names import TOKEN, is_ignored
from facade.spec.document import Document
from facade.spec.media import MEDIA_TYPE
from facade.spec.path import (
    QUERY_OPERATORS,
    Layer,
    Operation,
    bare,
    has_pair,
    query_variables,
    variables,
)
from facade.spec.problems import problem
from facade.spec.schemas.schema import Schemas

STYLES: Mapping[str, tuple[Style, ...]] = MappingProxyType(
    {
        Location.PATH: (Style.SIMPLE, Style.LABEL, Style.MATRIX),
        Location.QUERY: (Style.FORM, Style.SPACE, Style.PIPE, Style.DEEP_OBJECT),
        Location.QUERYSTRING: (Style.FORM,),
        Location.HEADER: (Style.SIMPLE,),
        Location.COOKIE: (Style.FORM, Style.COOKIE),
    }
)
"""By location, the default first (OAS 3.2 section 4.12.3)."""
DELIMITED = (Style.SPACE, Style.PIPE, Style.TAB)
"""What OpenAPI 2.0's collectionFormat may ask for anywhere."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One element of a `parameters` list, its reference followed."""

    node: Mapping[str, Any]
    pointer: str
    location: Location
    """Where it goes."""
    slot: str = ""
    """What stands for it in the path where that is not its name."""

    @property
    def name(self) -> str:
        """What the backend calls it."""
        return str(self.node["name"])

    @property
    def identity(self) -> tuple[str, str]:
        """What an operation overrides of its path (OAS 3.2 section 4.12.1), headers by RFC 9110."""
        is_header = self.location is Location.HEADER
        return self.location, self.name.lower() if is_header else self.name


def effective(
    operation: Operation, document: Document, problems: list[Problem]
) -> tuple[list[Entry], list[str]]:
    """What the path and the operation declare together, and the path's undeclared variables.

    Of what is declared twice in one list the last counts.
    """
    own = Layer(operation.node, operation.pointer)
    found: dict[tuple[str, str], Entry] = {}
    for layer in (*operation.layers, own):
        for entry in _entries(layer, document, problems):
            found[entry.identity] = entry
    fillers = _fillers(operation.path, list(found.values()))
    entries = [_filling(each, fillers, operation.path) for each in found.values()]
    kept = [each for each in entries if each is not None and _is_sent(each, problems)]
    names = variables(operation.path)
    return kept, [each for each in names if each and _is_open(each, fillers)]


def is_compound(schemas: Schemas, pointer: str) -> bool:
    """Whether what a schema describes may be an array or an object."""
    parts = schemas.parts(pointer).values() if pointer else ()
    types = {name for part in parts for name in _types(part)}
    return bool(types & {"array", "object"}) or any(
        "properties" in part or "items" in part for part in parts
    )


def allowed(location: Location, document: Document) -> tuple[Style, ...]:
    """The styles of a location, the default first."""
    return STYLES[location] + (DELIMITED if document.version.startswith("2.") else ())


def _entries(layer: Layer, document: Document, problems: list[Problem]) -> Iterator[Entry]:
    listed = layer.node.get("parameters")
    pointer = f"{layer.pointer}/parameters"
    if listed and not isinstance(listed, list):
        problems.append(problem("wrong-type", "`parameters` must be an array.", pointer))
    for index, node in enumerate(listed if isinstance(listed, list) else ()):
        at = f"{pointer}/{index}"
        try:
            target, place = document.follow(node, at)
        except LookupError as reference:
            message = f"`{str(reference.args[0])[:200]}` leads to no parameter."
            problems.append(problem("dangling-ref", message, at))
            continue
        if isinstance(target, Mapping) and _is_readable(target, place, problems):
            yield Entry(target, place, Location(target["in"]))


def _is_readable(node: Mapping[str, Any], pointer: str, problems: list[Problem]) -> bool:
    name, location = node.get("name"), node.get("in")
    if isinstance(name, str) and name and _has_place(node):
        return True
    if node.get("required") is True and location != Location.PATH:
        message = "A required parameter has no name, or no place that a request has."
        problems.append(problem("invalid-value", message, pointer))
    return False


def _has_place(node: Mapping[str, Any]) -> bool:
    """Whether a request has its place; a whole query is one where its `content` can be written."""
    location, content = node.get("in"), node.get("content")
    if location == Location.QUERYSTRING:
        return isinstance(content, Mapping) and any(map(MEDIA_TYPE.fullmatch, content))
    return isinstance(location, str) and location in STYLES


def _fillers(path: str, entries: list[Entry]) -> dict[str, Entry]:
    """The parameter that fills each variable of the path.

    In the query that a path may hold it can be a parameter of the query.
    """
    in_path = {each.name: each for each in entries if each.location is Location.PATH}
    in_query = {each.name: each for each in entries if each.location is Location.QUERY}
    asked = query_variables(path)
    found = {
        name: in_path.get(name)
        or (in_query.get(name) if name in asked else None)
        or in_path.get(bare(name))
        for name in variables(path)
    }
    return {name: entry for name, entry in found.items() if entry is not None}


def _is_open(variable: str, fillers: Mapping[str, Entry]) -> bool:
    return variable not in fillers and not variable.startswith(QUERY_OPERATORS)


def _filling(entry: Entry, fillers: Mapping[str, Entry], path: str) -> Entry | None:
    """The entry with the slot that it fills; None where it is the path's and fills none.

    A parameter of the query writes its pair itself where the path has it under its name, and
    fills the place where it stands under another.
    """
    slots = [slot for slot, each in fillers.items() if each is entry]
    if entry.location is Location.QUERY and slots and not has_pair(path, entry.name):
        return replace(entry, location=Location.PATH)
    if entry.location is not Location.PATH:
        return entry
    if not slots:
        return None
    return entry if entry.name in slots else replace(entry, slot=slots[0])


def _is_sent(entry: Entry, problems: list[Problem]) -> bool:
    """Whether a request can have it; what is reserved is not missed, even where it is required."""
    if entry.location is Location.HEADER and is_ignored(entry.name):
        return False
    if entry.location not in {Location.HEADER, Location.COOKIE} or TOKEN.fullmatch(entry.name):
        return True
    if entry.location is Location.COOKIE and entry.node.get("style") != Style.COOKIE:
        return True
    if entry.node.get("required") is True:
        message = f"`{entry.name[:100]}` is no name that a {entry.location} may have."
        problems.append(problem("invalid-value", message, f"{entry.pointer}/name"))
    return False


def _types(node: Mapping[str, Any]) -> list[str]:
    types = node.get("type")
    listed = types if isinstance(types, list) else [types]
    return [each for each in listed if isinstance(each, str)]
