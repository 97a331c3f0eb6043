"""Parameters: what an operation takes in the path, the query, headers and cookies."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

from facade.model.action import Location, Parameter, Problem, Style
from facade.spec.document import Document, escape
from facade.spec.path import Layer, Operation, variables
from facade.spec.problems import problem
from facade.spec.schema import Direction, Schemas, validator

IGNORED = frozenset({"accept", "content-type", "authorization"})
"""Headers that are no parameters, whatever the document says (OAS 3.2 section 4.12.2.1)."""

STYLES: Mapping[str, tuple[Style, ...]] = MappingProxyType(
    {
        Location.PATH: (Style.SIMPLE, Style.LABEL, Style.MATRIX),
        Location.QUERY: (Style.FORM, Style.SPACE, Style.PIPE, Style.DEEP_OBJECT),
        Location.HEADER: (Style.SIMPLE,),
        Location.COOKIE: (Style.FORM, Style.COOKIE),
    }
)
"""By location, the default first (OAS 3.2 section 4.12.3)."""
DELIMITED = (Style.SPACE, Style.PIPE, Style.TAB)
"""What OpenAPI 2.0's collectionFormat may ask for anywhere."""
EXPLODED = frozenset({Style.FORM, Style.COOKIE})
"""The styles that explode where the document does not say."""


@dataclass(frozen=True, slots=True)
class Declared:
    """A parameter, and where in the document its schema stands."""

    parameter: Parameter
    schema_pointer: str = ""
    """Empty where the schema is none of the document's."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One element of a `parameters` list, its reference followed."""

    node: Mapping[str, Any]
    pointer: str

    @property
    def name(self) -> str:
        """What the backend calls it."""
        return str(self.node["name"])

    @property
    def location(self) -> Location:
        """Where it goes."""
        return Location(self.node["in"])

    @property
    def identity(self) -> tuple[str, str]:
        """What an operation overrides of its path (OAS 3.2 section 4.12.1), headers by RFC 9110."""
        is_header = self.location is Location.HEADER
        return self.location, self.name.lower() if is_header else self.name


def compile_parameters(
    operation: Operation, document: Document, schemas: Schemas, *, has_body: bool
) -> tuple[list[Declared], list[Problem]]:
    """The parameters by the keys that callers use, and why there can be no call.

    A path's variable that is not declared is a string. What cannot be read, or
    written in the style that it asks for, is left out where it is optional.
    """
    problems: list[Problem] = []
    entries = _effective(operation, document, schemas, problems)
    implicit = _undeclared(operation, entries)
    broken = any(each.code == "dangling-ref" for each in problems)
    if not (implicit and broken):
        problems = [each for each in problems if each.code != "dangling-ref"]
    places = [(each.location, each.name) for each in entries]
    places += [(Location.PATH, name) for name in implicit]
    keys = assign_keys(places, has_body=has_body)
    declared = [_compile(entry, keys, document, schemas) for entry in entries]
    return declared + [_implicit(name, keys) for name in implicit], problems


def assign_keys(
    places: Iterable[tuple[Location, str]], *, has_body: bool
) -> dict[tuple[Location, str], str]:
    """What the caller calls each: its name, or `location.name` where that is another's too."""
    places = list(places)
    clashing = {name for name, count in Counter(name for _, name in places).items() if count > 1}
    clashing |= {"body"} if has_body else set()
    for _ in places:
        long = {f"{location}.{name}" for location, name in places if name in clashing}
        more = {name for _, name in places if name in long} - clashing
        if not more:
            break
        clashing |= more
    return {
        (location, name): f"{location}.{name}" if name in clashing else name
        for location, name in places
    }


def _effective(
    operation: Operation, document: Document, schemas: Schemas, problems: list[Problem]
) -> list[Entry]:
    """What the path and the operation declare together, without what cannot be sent."""
    own = Layer(operation.node, operation.pointer)
    found: dict[tuple[str, str], Entry] = {}
    for layer in (*operation.layers, own):
        for entry in _entries(layer, document, problems):
            found[entry.identity] = entry
    names = variables(operation.path)
    kept = (each for each in found.values() if _is_sent(each, names))
    return [each for each in kept if _is_writable(each, document, schemas, problems)]


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
            yield Entry(target, place)


def _is_readable(node: Mapping[str, Any], pointer: str, problems: list[Problem]) -> bool:
    name, location = node.get("name"), node.get("in")
    if isinstance(name, str) and name and isinstance(location, str) and location in STYLES:
        return True
    if node.get("required") is True and location != Location.PATH:
        message = "A required parameter has no name, or no place that a request has."
        problems.append(problem("invalid-value", message, pointer))
    return False


def _is_sent(entry: Entry, names: tuple[str, ...]) -> bool:
    if entry.location is Location.PATH:
        return entry.name in names
    return entry.location is not Location.HEADER or entry.name.lower() not in IGNORED


def _is_writable(
    entry: Entry, document: Document, schemas: Schemas, problems: list[Problem]
) -> bool:
    """Whether there is a way to write it; a single value is written the same in any style."""
    style = entry.node.get("style")
    if style is None or "content" in entry.node or style in _allowed(entry.location, document):
        return True
    if not _is_compound(schemas, _schema_pointer(entry)):
        return True
    if entry.node.get("required") is True or entry.location is Location.PATH:
        message = f"`{str(style)[:100]}` is no style of a {entry.location} parameter."
        problems.append(problem("invalid-value", message, f"{entry.pointer}/style"))
    return False


def _allowed(location: Location, document: Document) -> tuple[Style, ...]:
    return STYLES[location] + (DELIMITED if document.version.startswith("2.") else ())


def _is_compound(schemas: Schemas, pointer: str) -> bool:
    """Whether it may be an array or an object."""
    parts = schemas.parts(pointer).values() if pointer else ()
    types = {name for part in parts for name in _types(part)}
    return bool(types & {"array", "object"}) or any(
        "properties" in part or "items" in part for part in parts
    )


def _types(node: Mapping[str, Any]) -> list[str]:
    types = node.get("type")
    listed = types if isinstance(types, list) else [types]
    return [each for each in listed if isinstance(each, str)]


def _undeclared(operation: Operation, entries: list[Entry]) -> list[str]:
    declared = {each.name for each in entries if each.location is Location.PATH}
    return [name for name in variables(operation.path) if name and name not in declared]


def _implicit(name: str, keys: Mapping[tuple[Location, str], str]) -> Declared:
    return Declared(
        Parameter(
            key=keys[Location.PATH, name],
            name=name,
            location=Location.PATH,
            required=True,
            style=Style.SIMPLE,
            explode=False,
            schema={"type": "string"},
        )
    )


def _compile(
    entry: Entry,
    keys: Mapping[tuple[Location, str], str],
    document: Document,
    schemas: Schemas,
) -> Declared:
    node, location = entry.node, entry.location
    allowed = _allowed(location, document)
    style = Style(node["style"]) if node.get("style") in allowed else allowed[0]
    explode = node.get("explode")
    pointer = _schema_pointer(entry)
    required = location is Location.PATH or node.get("required") is True
    description = node.get("description")
    parameter = Parameter(
        key=keys[location, entry.name],
        name=entry.name,
        location=location,
        required=required,
        style=style,
        explode=explode if isinstance(explode, bool) else style in EXPLODED,
        schema=partial(schemas.bundle, pointer, Direction.REQUEST) if pointer else True,
        allow_reserved=node.get("allowReserved") is True,
        allow_empty=node.get("allowEmptyValue") is True,
        media_type=_media_type(node),
        default=_default(schemas, pointer) if required and pointer else None,
        description=description if isinstance(description, str) else "",
        deprecated=node.get("deprecated") is True,
    )
    return Declared(parameter, pointer)


def _media_type(node: Mapping[str, Any]) -> str | None:
    """The first of a `content` parameter, which may have but one (OAS 3.2 section 4.12.2.3)."""
    content = node.get("content")
    if "schema" in node or not isinstance(content, Mapping):
        return None
    return next(iter(content), None)


def _schema_pointer(entry: Entry) -> str:
    """Where its schema stands: in the parameter itself where that was left in 2.0's form."""
    if "schema" in entry.node:
        return f"{entry.pointer}/schema"
    media_type = _media_type(entry.node)
    if media_type is not None:
        return f"{entry.pointer}/content/{escape(media_type)}/schema"
    return entry.pointer if "type" in entry.node else ""


def _default(schemas: Schemas, pointer: str) -> Any:
    """The default, unless its own schema refuses it."""
    schema = schemas.bundle(pointer, Direction.REQUEST)
    default = schema.get("default") if isinstance(schema, Mapping) else None
    if default is None or not validator(schema).is_valid(default):
        return None
    return default
