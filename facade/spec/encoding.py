"""Encoding objects: how the properties and parts of forms and multipart bodies are written."""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from facade.model.action import Encoding, PartHeader, Style
from facade.spec.document import Document
from facade.spec.text.numbers import dumps

MAX_DEPTH = 8
"""Encodings within one another; the standard asks for one level (OAS 3.2 section 4.15.3)."""

STYLES: Mapping[str, Style] = MappingProxyType(
    {each.value: each for each in (Style.FORM, Style.SPACE, Style.PIPE, Style.DEEP_OBJECT)}
    | {Style.TAB.value: Style.TAB}
)
SCALARS = (str, int, float, Decimal)


def compile_encodings(
    node: Any, pointer: str, document: Document, *, styled: bool, depth: int = 0
) -> dict[str, Encoding]:
    """Compiles an `encoding` map, by property.

    `styled`: whether `style`, `explode` and `allowReserved` count for the media type.
    """
    return {
        name: compile_encoding(each, pointer, document, styled=styled, depth=depth)
        for name, each in (node.items() if isinstance(node, Mapping) else ())
        if isinstance(each, Mapping)
    }


def compile_prefix(
    node: Any, pointer: str, document: Document, depth: int = 0
) -> tuple[Encoding, ...]:
    """Compiles a `prefixEncoding` list, by position; what is none holds its place."""
    listed = node if isinstance(node, list) else []
    return tuple(
        compile_encoding(each, pointer, document, styled=False, depth=depth) for each in listed
    )


def compile_item(node: Any, pointer: str, document: Document, depth: int = 0) -> Encoding | None:
    """Compiles an `itemEncoding`; None where there is none."""
    if not isinstance(node, Mapping):
        return None
    return compile_encoding(node, pointer, document, styled=False, depth=depth)


def compile_encoding(
    node: Any, pointer: str, document: Document, *, styled: bool, depth: int = 0
) -> Encoding:
    """`style`, `explode` or `allowReserved` ask for the rules of a query (OAS 3.2 section 4.15)."""
    if not isinstance(node, Mapping) or depth > MAX_DEPTH:
        return Encoding()
    content_type, explode = node.get("contentType"), node.get("explode")
    style = _style(node) if styled else None
    return Encoding(
        content_type=content_type if isinstance(content_type, str) else None,
        style=style,
        explode=explode if isinstance(explode, bool) else style in {None, Style.FORM},
        allow_reserved=styled and node.get("allowReserved") is True,
        headers=tuple(_headers(node.get("headers"), pointer, document)),
        members=compile_encodings(
            node.get("encoding"), pointer, document, styled=styled, depth=depth + 1
        ),
        prefix=compile_prefix(node.get("prefixEncoding"), pointer, document, depth + 1),
        item=compile_item(node.get("itemEncoding"), pointer, document, depth + 1),
    )


def _style(node: Mapping[str, Any]) -> Style | None:
    style = STYLES.get(str(node.get("style")))
    if style is None and ("explode" in node or "allowReserved" in node):
        return Style.FORM
    return style


def _headers(node: Any, pointer: str, document: Document) -> list[PartHeader]:
    """The headers of a part; Content-Type is not among them (OAS 3.2 section 4.15.1.1)."""
    named = node.items() if isinstance(node, Mapping) else ()
    found = ((name, _followed(each, pointer, document)) for name, each in named)
    return [
        PartHeader(name=name, required=header.get("required") is True, default=_only(schema))
        for name, header in found
        if name.lower() != "content-type"
        and (schema := _schema(header, pointer, document)) is not False
    ]


def _followed(node: Any, pointer: str, document: Document) -> Mapping[str, Any]:
    try:
        found, _ = document.follow(node, pointer)
    except LookupError:
        return {}
    return found if isinstance(found, Mapping) else {}


def _schema(header: Mapping[str, Any], pointer: str, document: Document) -> Any:
    """The header's schema; False forbids it."""
    schema = header.get("schema")
    return schema if isinstance(schema, bool) else _followed(schema, pointer, document)


def _only(schema: Any) -> str | None:
    """The value that a schema gives by default, or the only one that it allows."""
    if not isinstance(schema, Mapping):
        return None
    choices = schema.get("enum")
    only = choices[0] if isinstance(choices, list) and len(choices) == 1 else None
    value = schema.get("default", schema.get("const", only))
    if not isinstance(value, SCALARS):
        return None
    return value if isinstance(value, str) else dumps(value)
