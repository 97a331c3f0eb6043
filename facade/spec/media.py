"""Bodies: the media types of what goes out and what comes back."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Any

from facade.model.action import Body, Encoding, Media, Problem, Style
from facade.spec.document import Document, escape
from facade.spec.problems import problem
from facade.spec.schema import Direction, Schemas

NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
MEDIA_TYPE = re.compile(rf"[ \t]*({NAME})/({NAME})[ \t]*(?:;[\t -~]*)?")
"""RFC 9110 section 8.3.1; a key that is none is left out."""
ANY = "*/*"
FORM = "application/x-www-form-urlencoded"

JSON, STRUCTURED, FORMS, MULTIPART, TEXT, OTHER, RANGE, ANYTHING = range(8)
"""The kinds of media types, the preferred ones first."""
OBJECTS = frozenset({JSON, STRUCTURED, FORMS, MULTIPART})
"""The kinds whose content may be an object."""

ENCODING_STYLES: Mapping[str, Style] = MappingProxyType(
    {each.value: each for each in (Style.FORM, Style.SPACE, Style.PIPE, Style.DEEP_OBJECT)}
    | {Style.TAB.value: Style.TAB}
)


@dataclass(frozen=True, slots=True)
class Content:
    """One media type, and where in the document its schema stands."""

    media: Media
    schema_pointer: str


@dataclass(frozen=True, slots=True)
class DeclaredBody:
    """A request body, and where in the document its schemas stand."""

    body: Body
    schema_pointer: str = ""
    """Of the preferred media type; empty where it has none."""
    flat: Mapping[str, str] = field(default_factory=dict)
    """The pointers of the properties that may be arguments of their own."""


def kind(media_type: str) -> int:
    """Which of the kinds a media type is of."""
    match = MEDIA_TYPE.fullmatch(media_type)
    if match is None:
        return OTHER
    name, subtype = match[1].lower(), match[2].lower()
    if name == "*" or "*" in subtype:
        return ANYTHING if name == "*" else RANGE
    if name == "multipart":
        return MULTIPART
    exact = {"application/json": JSON, FORM: FORMS}.get(f"{name}/{subtype}")
    if exact is not None:
        return exact
    if subtype.endswith("+json"):
        return STRUCTURED
    return TEXT if name == "text" else OTHER


def compile_content(
    content: Any, pointer: str, document: Document, schemas: Schemas, direction: Direction
) -> list[Content]:
    """The media types of a `content` object, the preferred ones first."""
    if not isinstance(content, Mapping):
        return []
    found = [
        _compile(name, node, f"{pointer}/{escape(name)}", document, schemas, direction)
        for name, node in content.items()
        if MEDIA_TYPE.fullmatch(name)
    ]
    return sorted(found, key=lambda each: kind(each.media.type))


def compile_body(
    node: Any, pointer: str, document: Document, schemas: Schemas, taken: Iterable[str]
) -> DeclaredBody | Problem:
    """A request body, or why no request can be made of it.

    The properties of an object stay within it where any clashes with `taken`. A
    body that names no media type may be anything.
    """
    try:
        found, at = document.follow(node, pointer)
    except LookupError as reference:
        message = f"`{str(reference.args[0])[:200]}` leads to no request body."
        return problem("dangling-ref", message, pointer)
    if not isinstance(found, Mapping):
        return problem("wrong-type", "A request body must be an object.", at)
    contents = compile_content(
        found.get("content"), f"{at}/content", document, schemas, Direction.REQUEST
    ) or [Content(Media(type=ANY), "")]
    flat = _flat(contents[0], schemas, {*taken, "body"})
    needed = _needed(contents[0], schemas)
    description = found.get("description")
    body = Body(
        required=found.get("required") is True,
        media=tuple(each.media for each in contents),
        flat=tuple(flat),
        flat_required=tuple(name for name in flat if name in needed),
        description=description if isinstance(description, str) else "",
    )
    return DeclaredBody(body, contents[0].schema_pointer, flat)


def _compile(
    name: str,
    node: Any,
    pointer: str,
    document: Document,
    schemas: Schemas,
    direction: Direction,
) -> Content:
    try:
        found, at = document.follow(node, pointer)
    except LookupError:
        found, at = None, pointer
    if not isinstance(found, Mapping):
        return Content(Media(type=name), "")
    place = f"{at}/schema" if "schema" in found else ""
    media = Media(
        type=name,
        schema=partial(schemas.bundle, place, direction) if place else True,
        encoding=_encodings(found.get("encoding")) if kind(name) in {FORMS, MULTIPART} else {},
    )
    return Content(media, place)


def _encodings(node: Any) -> dict[str, Encoding]:
    if not isinstance(node, Mapping):
        return {}
    return {name: _encoding(each) for name, each in node.items() if isinstance(each, Mapping)}


def _encoding(node: Mapping[str, Any]) -> Encoding:
    """`style`, `explode` or `allowReserved` ask for the rules of a query (OAS 3.2 section 4.15)."""
    content_type, explode = node.get("contentType"), node.get("explode")
    headers = node.get("headers")
    style = ENCODING_STYLES.get(str(node.get("style")))
    if style is None and ("explode" in node or "allowReserved" in node):
        style = Style.FORM
    return Encoding(
        content_type=content_type if isinstance(content_type, str) else None,
        style=style,
        explode=explode if isinstance(explode, bool) else style in {None, Style.FORM},
        allow_reserved=node.get("allowReserved") is True,
        headers=tuple(
            name
            for name in (headers if isinstance(headers, Mapping) else ())
            if name.lower() != "content-type"
        ),
    )


def _flat(content: Content, schemas: Schemas, taken: set[str]) -> dict[str, str]:
    """The pointers of the properties that callers may give by themselves."""
    if kind(content.media.type) not in OBJECTS or not content.schema_pointer:
        return {}
    parts = schemas.parts(content.schema_pointer)
    if not all(_may_be_object(part) for part in parts.values()):
        return {}
    hidden = schemas.hidden(content.schema_pointer, Direction.REQUEST)
    found = {
        name: f"{at}/properties/{escape(name)}"
        for at, part in parts.items()
        for name in _properties(part)
        if name not in hidden
    }
    return {} if found.keys() & taken else found


def _may_be_object(node: Mapping[str, Any]) -> bool:
    types = node.get("type")
    return types is None or types == "object" or (isinstance(types, list) and "object" in types)


def _properties(node: Mapping[str, Any]) -> Mapping[str, Any]:
    properties = node.get("properties")
    return properties if isinstance(properties, Mapping) else {}


def _needed(content: Content, schemas: Schemas) -> set[str]:
    parts = schemas.parts(content.schema_pointer).values() if content.schema_pointer else ()
    lists = [part.get("required") for part in parts]
    return {
        name
        for listed in lists
        for name in (listed if isinstance(listed, list) else ())
        if isinstance(name, str)
    }
