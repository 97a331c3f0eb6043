"""Bytes among JSON arguments: base64, or an object with a file's name and type."""

import binascii
import re
from base64 import b64decode
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from facade.errors.caller import InvalidParameters
from facade.errors.fault import Details, Violation
from facade.model.action import Schema
from facade.transcode.arguments import pointer
from facade.transcode.media_type import parse

BASE64 = re.compile(r"[A-Za-z0-9+/_-]*={0,2}")
"""Both alphabets of RFC 4648, padding optional, as proto3's JSON takes bytes."""

KEYS = ("content", "text", "filename", "contentType", "headers")


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


def refused(*violations: Violation) -> InvalidParameters:
    """Says all that is wrong with arguments."""
    first = violations[0]
    message = f"{first.field}: {first.description}"
    return InvalidParameters(message, details=Details(violations=violations))


def _from_base64(text: str, place: str) -> bytes:
    if not BASE64.fullmatch(text):
        raise refused(Violation(field=place, description="is not base64 (RFC 4648)"))
    digits = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return b64decode(digits + "=" * (-len(digits) % 4), validate=True)
    except binascii.Error:
        description = "is not base64: one character too many or too few"
        raise refused(Violation(field=place, description=description)) from None


def _problems(value: Mapping[str, Any], place: str) -> Iterator[Violation]:
    for key, each in value.items():
        inner = place + pointer((key,))
        if key not in KEYS:
            yield Violation(field=inner, description=f"is unknown; known are {', '.join(KEYS)}")
        elif key == "headers":
            if not isinstance(each, dict) or not all(isinstance(x, str) for x in each.values()):
                yield Violation(field=inner, description="must be an object of strings")
        elif not isinstance(each, str):
            yield Violation(field=inner, description="must be a string")
        elif key == "contentType" and parse(each) is None:
            yield Violation(field=inner, description="is no media type")
    if ("content" in value) == ("text" in value):
        description = "must have either `content` (base64) or `text`"
        yield Violation(field=place, description=description)


def read_binary(value: Any, place: str) -> Binary:
    """Reads a base64 string, or `{content | text, filename, contentType, headers}`.

    Raises InvalidParameters with the pointer of each thing that is wrong.
    """
    if isinstance(value, str):
        return Binary(data=_from_base64(value, place))
    if not isinstance(value, Mapping):
        description = "must be a base64 string, or an object with `content` or `text`"
        raise refused(Violation(field=place, description=description))
    problems = tuple(_problems(value, place))
    if problems:
        raise refused(*problems)
    plain = "text" in value
    return Binary(
        data=value["text"].encode()
        if plain
        else _from_base64(value["content"], place + "/content"),
        filename=value.get("filename", ""),
        content_type=value.get("contentType", ""),
        headers=value.get("headers", {}),
        plain=plain,
    )


def _target(reference: str, root: Schema) -> Any:
    """What a `$ref` into its own document points to; True where it points nowhere."""
    node: Any = root
    for token in unquote(reference.removeprefix("#")).split("/")[1:]:
        key = token.replace("~1", "/").replace("~0", "~")
        if not isinstance(node, Mapping) or key not in node:
            return True
        node = node[key]
    return node


def _applied(schema: Any, root: Schema) -> Iterator[Mapping[str, Any]]:
    """The schema and all that it is composed of, each once: compositions may be circular."""
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


def _says_binary(node: Mapping[str, Any]) -> bool:
    if node.get("format") == "binary" or node.get("contentEncoding") in ("base64", "base64url"):
        return True
    media = parse(str(node.get("contentMediaType", "")))
    return media is not None and not (media.is_json or media.is_text)


def is_binary(schema: Any, root: Schema) -> bool:
    """Tells whether a schema means bytes: itself, or as an array of them."""
    for node in _applied(schema, root):
        if _says_binary(node):
            return True
        if any(_says_binary(item) for item in _applied(node.get("items"), root)):
            return True
    return False


def properties_of(root: Schema) -> Mapping[str, Any]:
    """Gives the schemas of an object's properties, by name; `root` holds its own `$defs`."""
    found: dict[str, Any] = {}
    for node in _applied(root, root):
        for name, schema in (node.get("properties") or {}).items():
            found.setdefault(name, schema)
    return found
