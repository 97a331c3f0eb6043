"""What a backend says went wrong, in its own words."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson

from facade.model.call import Reply
from facade.transcode.json_text import to_utf8
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
    "/errors/0/title",
    "/errors/0",
    "/errors/message",
    "/errors",
    "/detail/0/msg",
    "/error/errors/0/message",
    "/error/detail",
    "/error/title",
    "/error/msg",
    "/error/reason",
    "/error/type",
    "/fault/faultstring",
    "/0/message",
    "/Message",
    "",
)
"""Where bodies of errors keep their text, the first that is a text counts: RFC 9457, RFC 6749,
JSON:API, AIP-193 and what frameworks do. A name of the kind of error comes after a sentence."""

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
    """Gives what a pointer leads to: a string as it is, the rest as JSON; None if absent."""
    value = at(document, pointer)
    if value is ABSENT:
        return None
    return value if isinstance(value, str) else orjson.dumps(value).decode()


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
    for pointer in WORDS:
        value = at(document, pointer)
        if isinstance(value, str) and value.strip():
            return value
    media = parse(reply.header("content-type") or "")
    if document is ABSENT and media is not None and media.essence == "text/plain":
        lines = reply.body[:4096].decode(errors="replace").strip().splitlines()
        if lines:
            return lines[0]
    return phrase_of(reply.status)
