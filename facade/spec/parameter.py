"""Parameters: what an operation takes in the path, the query, headers and cookies."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from facade.model.action import Location, Parameter, Problem, Style
from facade.spec.document import Document
from facade.spec.media import DeclaredMedia, compile_content
from facade.spec.parameter_list import DELIMITED, Entry, allowed, effective, is_compound
from facade.spec.path import Operation, spans
from facade.spec.problems import problem
from facade.spec.schemas.schema import Direction, Schemas, validator

DOTTED = re.compile(r"3\.0(\.[0-3])?(-.*)?|3\.1(\.0)?(-.*)?")
"""The editions whose tables print dots between the items of a label that does not explode."""
EXPLODED = frozenset({Style.FORM, Style.COOKIE})
"""The styles that explode where the document does not say."""


@dataclass(frozen=True, slots=True)
class Declared:
    """A parameter, and where in the document its schema stands."""

    parameter: Parameter
    schema_pointer: str = ""
    """Empty where the schema is none of the document's."""


def compile_parameters(
    operation: Operation, document: Document, schemas: Schemas, *, has_body: bool
) -> tuple[list[Declared], list[Problem]]:
    """The parameters by the keys that callers use, and why there can be no call.

    A path's variable that is not declared is a string. What cannot be read, or
    written in the style that it asks for, is left out where it is optional.
    """
    problems: list[Problem] = []
    listed, implicit = effective(operation, document, problems)
    entries = [each for each in listed if _is_writable(each, document, schemas, problems)]
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


def _is_writable(
    entry: Entry, document: Document, schemas: Schemas, problems: list[Problem]
) -> bool:
    """Whether there is a way to write it; a single value is written the same in any style."""
    style = entry.node.get("style")
    if style is None or "content" in entry.node or style in allowed(entry.location, document):
        return True
    if not is_compound(schemas, _schema_pointer(entry)):
        return True
    if entry.node.get("required") is True or entry.location is Location.PATH:
        message = f"`{str(style)[:100]}` is no style of a {entry.location} parameter."
        problems.append(problem("invalid-value", message, f"{entry.pointer}/style"))
    return False


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
    node, content = entry.node, _content(entry, document, schemas)
    pointer = content.schema_pointer if content else _schema_pointer(entry)
    required = entry.location is Location.PATH or node.get("required") is True
    description = node.get("description")
    parameter = Parameter(
        key=keys[entry.location, entry.name],
        name=entry.name,
        location=entry.location,
        required=required,
        schema=partial(schemas.bundle, pointer, Direction.REQUEST) if pointer else True,
        slot=entry.slot,
        media_type=content.media.type if content else None,
        encoding=content.media.encoding if content else {},
        xml=partial(getattr, content.media, "xml") if content else None,
        default=_default(schemas, pointer) if required and pointer else None,
        description=description if isinstance(description, str) else "",
        deprecated=node.get("deprecated") is True,
        **_manner(entry, document),
    )
    return Declared(parameter, pointer)


def _content(entry: Entry, document: Document, schemas: Schemas) -> DeclaredMedia | None:
    if "schema" in entry.node and entry.location is not Location.QUERYSTRING:
        return None
    pointer = f"{entry.pointer}/content"
    contents = compile_content(
        entry.node.get("content"), pointer, document, schemas, Direction.REQUEST
    )
    return contents[0] if contents else None


def _manner(entry: Entry, document: Document) -> dict[str, Any]:
    """How it is written, as the document's edition has it."""
    node, location = entry.node, entry.location
    known = allowed(location, document)
    style = Style(node["style"]) if node.get("style") in known else known[0]
    if style in DELIMITED and location is not Location.QUERY:
        style = known[0]
    explode = node.get("explode")
    skips = node.get("x-ms-skip-url-encoding") is True
    in_path, in_query = location is Location.PATH, location is Location.QUERY
    return {
        "style": style,
        "explode": explode if isinstance(explode, bool) else style in EXPLODED,
        "delimiters": _delimiters(node, style, document),
        "allow_reserved": skips or _allows_reserved(entry, document),
        "allow_empty": in_query and _allows_empty(entry, style, document),
        "multi_segment": in_path
        and (skips or node.get("x-multi-segment") is True or spans(entry.slot)),
        "encode_twice": (in_path or in_query) and node.get("x-ms-url-encoding") == "double",
    }


def _delimiters(node: Mapping[str, Any], style: Style, document: Document) -> tuple[str, ...]:
    """Dots between the items of a label where the edition's table prints them; 2.0's own."""
    if document.version.startswith("2."):
        return tuple(node.get("delimiters", ()))
    return (".",) if style is Style.LABEL and DOTTED.fullmatch(document.version) else ()


def _allows_reserved(entry: Entry, document: Document) -> bool:
    """In a query; elsewhere since 3.2 (OAS 3.2 section 4.12.2.2)."""
    everywhere = document.version.startswith("3.2") or entry.location is Location.QUERY
    return everywhere and entry.node.get("allowReserved") is True


def _allows_empty(entry: Entry, style: Style, document: Document) -> bool:
    """Not in the styles that have no form for it (OAS 3.2 section 4.12.2.1); 2.0 excepts none."""
    has_form = style is Style.FORM or document.version.startswith("2.")
    return has_form and entry.node.get("allowEmptyValue") is True


def _schema_pointer(entry: Entry) -> str:
    """Where its schema stands: in the parameter itself where that was left in 2.0's form."""
    if "schema" in entry.node:
        return f"{entry.pointer}/schema"
    return entry.pointer if "type" in entry.node else ""


def _default(schemas: Schemas, pointer: str) -> Any:
    """The default, unless its own schema refuses it."""
    schema = schemas.bundle(pointer, Direction.REQUEST)
    default = schema.get("default") if isinstance(schema, Mapping) else None
    if default is None or not validator(schema).is_valid(default):
        return None
    return default
