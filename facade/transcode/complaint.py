"""What a backend says went wrong, in its own words."""

import re
from collections.abc import Iterator, Mapping
from html import unescape
from http import HTTPStatus
from typing import Any

import orjson

from facade.model.call import Reply
from facade.transcode.json_text import BOM, codec_of, to_utf8
from facade.transcode.media_type import parse

WORDS = (
    "/error/description",
    "/error/message",
    "/error_description",
    "/message",
    "/detail",
    "/error",
    "/title",
    "/description",
    "/errorMessage",
    "/error_message",
    "/msg",
    "/reason",
    "/errors/0/message",
    "/errors/0/detail",
    "/errors/0/description",
    "/errors/0/title",
    "/errors/0",
    "/errors/message",
    "/errors",
    "/errorMessages/0",
    "/messages/0",
    "/detail/0/msg",
    "/message/0",
    "/error/errors/0/message",
    "/error/detail",
    "/error/title",
    "/error/msg",
    "/error/reason",
    "/error/type",
    "/error/0/message",
    "/fault/faultstring",
    "/0/message",
    "/Message",
    "/Error/Message",
    "",
)
"""Where bodies of errors keep their text, the first that is a text counts: RFC 9457, RFC 6749,
JSON:API, AIP-193 and what frameworks do. A name of the kind of error comes after a sentence."""

ELEMENTS = re.compile(
    r"<(?:[\w.-]++:)?(message|detail|faultstring|description|error_description|text|reason|"
    r"title|error)(?:\s[^<>]*+)?>\s*+(?:<!\[CDATA\[([^\]]*+(?:\](?!\]>)[^\]]*+)*)\]\]>|([^<]++))",
    re.IGNORECASE,
)
"""Elements of XML that hold a text, and which they are; in HTML, of which `title` alone counts."""
ORDER = (
    *("message", "detail", "faultstring", "description", "error_description"),
    *("text", "reason", "title", "error"),
)
"""What counts first, as in JSON: S3 and its like, RFC 9457 appendix B, SOAP 1.1 and 1.2."""

CONTROL = re.compile("[\0-\x08\x0e-\x1a]")
"""What bytes that are no text are full of."""

LOOKED_AT = 16_384
"""Bytes of a text or markup in which words are looked for."""

PAGE = ("<!doctype html", "<html")
"""What a page of HTML begins with: its title is a word for people, the rest is none."""

ABSENT = object()
"""What a pointer gives that points nowhere: null is a value."""


def at(document: Any, pointer: str) -> Any:
    """Follows a JSON pointer (RFC 6901); ABSENT where it points nowhere."""
    node = document
    for token in pointer.split("/")[1:]:
        key = token.replace("~1", "/").replace("~0", "~")
        if isinstance(node, Mapping):
            node = node.get(key, ABSENT)
        elif isinstance(node, list):
            inside = key.isdecimal() and key.isascii() and len(key) < 10 and int(key) < len(node)
            node = node[int(key)] if inside else ABSENT
        else:
            return ABSENT
    return node


def text_at(document: Any, pointer: str) -> str | None:
    """Gives what a pointer leads to: a string as it is, the rest as JSON; None if absent.

    What is nested too deep to be written again has no text: it is empty.
    """
    value = at(document, pointer)
    if value is ABSENT:
        return None
    try:
        return value if isinstance(value, str) else orjson.dumps(value).decode()
    except TypeError:
        return ""


def document_of(reply: Reply) -> Any:
    """Gives the body as JSON, whatever type it says it has; ABSENT where it is none."""
    if not reply.body:
        return ABSENT
    media = parse(reply.header("content-type") or "")
    data = to_utf8(reply.body, media.charset if media else "")
    try:
        return ABSENT if data is None else orjson.loads(data)
    except orjson.JSONDecodeError:
        return ABSENT


def phrase_of(status: int) -> str:
    """Gives the reason phrase of a status (RFC 9110 section 15)."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"HTTP status {status}"


def complaint_of(reply: Reply, document: Any) -> str:
    """Gives the backend's words, or the status's own; neither masked nor cut."""
    words = _in_json(document) if document is not ABSENT else _in_text(reply)
    return next(filter(str.strip, words), phrase_of(reply.status))


def _in_json(document: Any) -> Iterator[str]:
    values = (at(document, pointer) for pointer in WORDS)
    yield from (value for value in values if isinstance(value, str))


def _in_text(reply: Reply) -> Iterator[str]:
    """Of markup the elements that hold words, of plain text the first line."""
    kind = parse(reply.header("content-type") or "")
    text = _beginning(reply.body, kind.charset if kind else "")
    if text.startswith("<"):
        yield from _in_markup(text, is_page=text[:14].lower().startswith(PAGE))
    elif kind is None or kind.essence == "text/plain":
        yield text.partition("\n")[0]


def _in_markup(text: str, *, is_page: bool) -> Iterator[str]:
    found: dict[str, str] = {}
    for name, raw, escaped in ELEMENTS.findall(text):
        found.setdefault(name.lower(), raw or unescape(escaped))
    wanted = ("title",) if is_page else ORDER
    yield from (found[name] for name in wanted if found.get(name, "").strip())


def _beginning(body: bytes, charset: str) -> str:
    """The beginning of a text; empty where it is none."""
    text = body[:LOOKED_AT].decode(codec_of(charset) or "utf-8", errors="replace")
    text = text.removeprefix(BOM).lstrip()
    return "" if CONTROL.search(text) else text
