"""Bytes among JSON arguments: base64, or an object with a file's name and type."""

import binascii
import re
from base64 import b64decode
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

from facade.errors.fault import Violation
from facade.model.action import Schema
from facade.transcode.arguments import pointer, refused
from facade.transcode.media_type import parse

BASE64 = re.compile(r"[A-Za-z0-9+/_-]*={0,2}")
"""Both alphabets of RFC 4648, padding optional, as proto3's JSON takes bytes."""

NOTES = ("filename", "contentType", "headers")
"""What an object of bytes says of them."""
KEYS = ("content", "text", *NOTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Binary:
    """Bytes that a caller gives, with what is said of them."""

    data: bytes
    filename: str = ""
    content_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Further headers of a part, by name."""
    plain: bool = False
    """Whether it was given as text."""


def _from_base64(text: str, place: str) -> bytes:
    if not BASE64.fullmatch(text):
        raise refused(Violation(field=place, description="is not base64 (RFC 4648)"))
    digits = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return b64decode(digits + "=" * (-len(digits) % 4), validate=True)
    except binascii.Error:
        description = "is not base64: one character too many or too few"
        raise refused(Violation(field=place, description=description)) from None


def _is_scalar(value: Any) -> bool:
    return isinstance(value, str | int | float | Decimal)


def _are_headers(value: Any) -> bool:
    return isinstance(value, dict) and all(
        all(map(_is_scalar, each)) if isinstance(each, list) else _is_scalar(each)
        for each in value.values()
    )


def _header(value: Any) -> str:
    """A header's value by the style `simple`, which theirs always is."""
    if isinstance(value, list):
        return ",".join(map(_header, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _note_problems(value: Mapping[str, Any], place: str) -> Iterator[Violation]:
    for key in NOTES:
        each, inner = value.get(key, ""), place + pointer((key,))
        if key == "headers":
            if key in value and not _are_headers(each):
                description = "must be an object of texts, numbers, booleans or lists of them"
                yield Violation(field=inner, description=description)
        elif not isinstance(each, str):
            yield Violation(field=inner, description="must be a string")
        elif key == "contentType" and each and parse(each) is None:
            yield Violation(field=inner, description="is no media type")


def _content_problems(value: Mapping[str, Any], place: str) -> Iterator[Violation]:
    for key in value:
        inner = place + pointer((key,))
        if key not in KEYS:
            yield Violation(field=inner, description=f"is unknown; known are {', '.join(KEYS)}")
        elif key not in NOTES and not isinstance(value[key], str):
            yield Violation(field=inner, description="must be a string")
    if ("content" in value) == ("text" in value):
        description = "must have either `content` (base64) or `text`"
        yield Violation(field=place, description=description)


def noted(value: Mapping[str, Any], place: str) -> Binary:
    """Reads what an object of a part says beside its content: file name, type and headers."""
    problems = tuple(_note_problems(value, place))
    if problems:
        raise refused(*problems)
    return Binary(
        data=b"",
        filename=value.get("filename", ""),
        content_type=value.get("contentType", ""),
        headers={name: _header(each) for name, each in value.get("headers", {}).items()},
    )


def is_bytes_object(value: Mapping[str, Any]) -> bool:
    """Tells whether an object can be read as bytes: `content` or `text`, and notes of them."""
    return value.keys() <= {*KEYS} and ("content" in value) != ("text" in value)


def is_wrapped(value: Any) -> bool:
    """Tells whether a value is an object of a part's `value` with notes of it beside."""
    if not isinstance(value, dict) or "value" not in value or len(value) < 2:
        return False
    return value.keys() <= {"value", *NOTES}


def read_binary(value: Any, place: str) -> Binary:
    """Reads a base64 string, or `{content | text, filename, contentType, headers}`.

    Raises InvalidParameters with the pointer of each thing that is wrong.
    """
    if isinstance(value, Binary):
        return value
    if isinstance(value, str):
        return Binary(data=_from_base64(value, place))
    if not isinstance(value, Mapping):
        description = "must be a base64 string, or an object with `content` or `text`"
        raise refused(Violation(field=place, description=description))
    problems = (*_note_problems(value, place), *_content_problems(value, place))
    if problems:
        raise refused(*problems)
    plain = "text" in value
    data = value["text"].encode() if plain else _from_base64(value["content"], f"{place}/content")
    return replace(noted(value, place), data=data, plain=plain)


def _target(reference: str, root: Schema) -> Any:
    """What a `$ref` into its own document points to; True where it points nowhere."""
    node: Any = root
    for token in unquote(reference.removeprefix("#")).split("/")[1:]:
        key = token.replace("~1", "/").replace("~0", "~")
        if not isinstance(node, Mapping) or key not in node:
            return True
        node = node[key]
    return node


def applied(schema: Any, root: Schema) -> Iterator[Mapping[str, Any]]:
    """Gives a schema and all that it is composed of, each once: compositions may be circular."""
    waiting, seen = deque([schema]), set[int]()
    while waiting:
        node = waiting.popleft()
        if not isinstance(node, Mapping) or id(node) in seen:
            continue
        seen.add(id(node))
        yield node
        if isinstance(node.get("$ref"), str):
            waiting.append(_target(node["$ref"], root))
        for key in ("allOf", "anyOf", "oneOf"):
            waiting.extend(node.get(key) or ())
        waiting.extend(node[key] for key in ("then", "else") if key in node)


def says_binary(node: Mapping[str, Any]) -> bool:
    """Tells whether a schema itself means bytes that no text stands for."""
    if node.get("format") == "binary":
        return True
    media = parse(str(node.get("contentMediaType", "")))
    return media is not None and not (media.is_json or media.is_text)


def is_binary(schema: Any, root: Schema) -> bool:
    """Tells whether a schema, or what it is composed of, means bytes."""
    return any(says_binary(node) for node in applied(schema, root))


def properties_of(root: Schema, schema: Any = None) -> Mapping[str, Any]:
    """Gives the schemas of an object's properties, by name: of `root`, or of one within it."""
    found: dict[str, Any] = {}
    for node in applied(root if schema is None else schema, root):
        for name, each in (node.get("properties") or {}).items():
            found.setdefault(name, each)
    return found
