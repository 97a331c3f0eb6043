"""Bodies: the media types of what goes out and what comes back."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from facade.model.action import Body, Media, Problem, Schema
from facade.spec.document import Document, escape
from facade.spec.encoding import compile_encodings, compile_item, compile_prefix
from facade.spec.problems import problem
from facade.spec.schemas.schema import Direction, Piece, Schemas
from facade.spec.schemas.xml import document_element

NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
MEDIA_TYPE = re.compile(rf"[ \t]*({NAME})/({NAME})[ \t]*(?:;[\t -~]*)?")
"""RFC 9110 section 8.3.1; a key that is none is left out."""
ANY = "*/*"
FORM = "application/x-www-form-urlencoded"

JSON, STRUCTURED, FORMS, MULTIPART, TEXT, OTHER, RANGE, ANYTHING = range(8)
"""The kinds of media types, the preferred ones first."""
OBJECTS = frozenset({JSON, STRUCTURED, FORMS, MULTIPART})
"""The kinds whose content may be an object."""

XML = re.compile(r"[/+]xml[ \t]*(?:;|$)", re.IGNORECASE)
"""A media type whose content is written by the `xml` objects of its schema (RFC 7303)."""

SEQUENCE = re.compile(
    rf"application/(?:x-)?(?:jsonl|jsonlines|ndjson|json-seq)|{NAME}/{NAME}\+json-seq"
    r"|text/event-stream"
)
"""Types whose content is an array, whatever stands between its items (OAS 3.2 section 4.14.2)."""


@dataclass(frozen=True, slots=True)
class DeclaredMedia:
    """One media type, and where in the document its schema stands."""

    media: Media
    schema_pointer: str
    of_items: bool = False
    """Whether that is the schema of each item, and the content an array of them."""
    item_pointer: str = ""
    """Of the schema that is said of each item of a sequence; empty where none is."""


@dataclass(frozen=True, slots=True)
class DeclaredBody:
    """A request body, and where in the document its schemas stand."""

    body: Body
    contents: tuple[DeclaredMedia, ...]
    """Its media types, the preferred one first; there is always one."""
    flat: Mapping[str, str] = field(default_factory=dict)
    """The pointers of the properties that may be arguments of their own."""

    @property
    def schema_pointer(self) -> str:
        """Of the preferred media type; empty where it has none."""
        return self.contents[0].schema_pointer

    @property
    def of_items(self) -> bool:
        """Whether that is the schema of each item of an array."""
        return self.contents[0].of_items


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
) -> list[DeclaredMedia]:
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
    ) or [DeclaredMedia(Media(type=ANY), "")]
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
    return DeclaredBody(body, tuple(contents), flat)


def _compile(
    name: str,
    node: Any,
    pointer: str,
    document: Document,
    schemas: Schemas,
    direction: Direction,
) -> DeclaredMedia:
    try:
        found, at = document.follow(node, pointer)
    except LookupError:
        found, at = None, pointer
    if not isinstance(found, Mapping):
        return DeclaredMedia(Media(type=name), "")
    place, of_items = _schema_place(name, found, at, schemas)
    bundled = partial(_bundle, schemas, place, direction, of_items=of_items)
    item_place = f"{at}/itemSchema" if "itemSchema" in found else ""
    media = Media(
        type=name,
        schema=bundled if place else True,
        item_schema=partial(schemas.bundle, item_place, direction) if item_place else True,
        untyped_is_binary=document.modern,
        xml=document_element(_xml_type(name), place, document, schemas, direction),
        **_encodings(name, found, at, document),
    )
    return DeclaredMedia(media, place, of_items, item_place or (place if of_items else ""))


def _xml_type(name: str) -> str:
    """The media type by which the shape of XML is asked for: a part of any body may be XML."""
    return "application/xml" if kind(name) == MULTIPART else name


def _schema_place(
    name: str, found: Mapping[str, Any], at: str, schemas: Schemas
) -> tuple[str, bool]:
    """Where the schema stands, and whether it is that of each item.

    `schema` speaks of the whole. Before OAS 3.2, which says so, that of a sequence of JSON was
    often the schema of one item: an object, where only an array can be meant.
    """
    if "schema" not in found:
        return (f"{at}/itemSchema", True) if "itemSchema" in found else ("", False)
    place = f"{at}/schema"
    is_sequence = SEQUENCE.fullmatch(name.partition(";")[0].strip().lower())
    return place, bool(is_sequence) and _is_object(schemas, place)


def _is_object(schemas: Schemas, pointer: str) -> bool:
    parts = schemas.parts(pointer).values()
    return any(part.get("type") == "object" or _properties(part) for part in parts)


def _bundle(schemas: Schemas, pointer: str, direction: Direction, *, of_items: bool) -> Schema:
    piece = schemas.piece(pointer, direction)
    return schemas.close(array_of(piece) if of_items else piece, direction)


def array_of(piece: Piece) -> Piece:
    """The schema of an array whose items are of a schema."""
    return Piece({"type": "array", "items": piece.schema}, piece.references)


def _encodings(name: str, found: Mapping[str, Any], at: str, document: Document) -> dict[str, Any]:
    """The encodings of a form or multipart body; other media types have none.

    Styles count in forms; in multipart/form-data since 3.1, and in 2.0, whose collectionFormat
    they are here (OAS 3.0.4 section 4.8.15, OAS 3.1.1 section 4.8.15).
    """
    sort = kind(name)
    if sort not in {FORMS, MULTIPART}:
        return {}
    styled = sort == FORMS or not document.version.startswith("3.0")
    in_form = name.partition(";")[0].strip().lower() in {FORM, "multipart/form-data", "multipart/*"}
    by_name = compile_encodings(found.get("encoding"), at, document, styled=styled and in_form)
    if sort == FORMS:
        return {"encoding": by_name}
    return {
        "encoding": by_name,
        "prefix_encoding": compile_prefix(found.get("prefixEncoding"), at, document),
        "item_encoding": compile_item(found.get("itemEncoding"), at, document),
    }


def _flat(content: DeclaredMedia, schemas: Schemas, taken: set[str]) -> dict[str, str]:
    """The pointers of the properties that callers may give by themselves."""
    of_objects = kind(content.media.type) in OBJECTS or XML.search(content.media.type)
    if not of_objects or not content.schema_pointer:
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


def _needed(content: DeclaredMedia, schemas: Schemas) -> set[str]:
    parts = schemas.parts(content.schema_pointer).values() if content.schema_pointer else ()
    lists = [part.get("required") for part in parts]
    return {
        name
        for listed in lists
        for name in (listed if isinstance(listed, list) else ())
        if isinstance(name, str)
    }
