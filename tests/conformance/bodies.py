"""Request bodies read from their bytes by their media type, and what they must be read as."""

import base64
import gzip
import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qsl
from xml.etree.ElementTree import fromstring

from tests.conformance.documents import Operation

GZIP = b"\x1f\x8b"
"""What begins a body that a Content-Encoding among the arguments asked for."""
FORM = "application/x-www-form-urlencoded"
DELIMITERS = {"spaceDelimited": " ", "pipeDelimited": "|", "tabDelimited": "\t"}


def body_differences(
    operation: Operation, arguments: Mapping[str, Any], sent: str, body: bytes
) -> list[str]:
    """In what a body of the content type `sent` is not the argument `body`."""
    if "body" not in arguments or not operation.content:
        return [f"body of {sent}"] if body and not operation.content else []
    essence = bare(sent)
    declared = {bare(each): media for each, media in operation.content.items()}
    major = essence.partition("/")[0]
    media = next((declared[key] for key in (essence, f"{major}/*", "*/*") if key in declared), None)
    if media is None:
        return [f"content type {sent} is not declared"]
    plain = gzip.decompress(body) if body.startswith(GZIP) and not is_binary(essence) else body
    if is_xml(essence) and isinstance(arguments["body"], dict):
        return xml_differences(arguments["body"], plain)
    found = read_body(essence, sent, plain)
    wanted = body_of(essence, arguments["body"], encodings(operation, essence, media))
    return [] if found == wanted else [f"body: {found!r} is not {wanted!r}"]


def bare(media_type: str) -> str:
    """Without its parameters."""
    return media_type.partition(";")[0].strip().lower()


def encodings(operation: Operation, essence: str, media: Mapping[str, Any]) -> Mapping[str, Any]:
    """How properties are written: of a multipart form, only OpenAPI 3.1 and later say."""
    if essence != FORM and operation.edition.startswith("3.0"):
        return {}
    found: Mapping[str, Any] = media.get("encoding") or {}
    return found


def is_xml(essence: str) -> bool:
    return essence.endswith(("/xml", "+xml"))


def xml_differences(value: Any, body: bytes) -> list[str]:
    """Which single values are not in the XML, or are too much in it; names are not looked at."""
    root = fromstring(body)  # noqa: S314 - our own
    found = [text for each in root.iter() for text in (*each.attrib.values(), each.text or "")]
    wanted = [text.decode() for text in singles(value)]
    lists = (sorted(filter(str.strip, texts)) for texts in (found, wanted))
    first, second = lists
    return [] if first == second else [f"XML: {first} is not {second}"]


def singles(value: Any) -> Iterator[bytes]:
    """All single values in a value, as text."""
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from singles(each)
    else:
        yield as_text(value)


def is_binary(essence: str) -> bool:
    return not essence.startswith(("text/", "multipart/", "application/x-www")) and not is_json(
        essence
    )


def is_json(essence: str) -> bool:
    return essence.endswith(("/json", "+json"))


def read_body(essence: str, sent: str, body: bytes) -> Any:
    """A body as its media type reads it."""
    if is_json(essence):
        return json.loads(body, parse_float=Decimal)
    if essence.startswith("text/") or essence.endswith(("/xml", "+xml")):
        return body.decode()
    if essence == FORM:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=bool(body))
        return [(name, from_json(text)) for name, text in pairs]
    return parts_of(sent, body) if essence.startswith("multipart/") else body


def parts_of(sent: str, body: bytes) -> list[tuple[str, Any]]:
    """The parts of a form: name and content."""
    head = f"Content-Type: {sent}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + body)
    return [
        (
            str(part.get_param("name", header="content-disposition")),
            from_json(part.get_payload(decode=True)),
        )
        for part in message.iter_parts()
    ]


def from_json(text: Any) -> Any:
    """A member that is JSON by its value, without regard to spaces; texts are texts."""
    data = text if isinstance(text, bytes) else text.encode()
    if data[:1] in (b"{", b"["):
        try:
            return json.loads(data, parse_float=Decimal)
        except ValueError:
            return data
    return data


def body_of(essence: str, value: Any, encoding: Mapping[str, Any]) -> Any:
    """What a body must be read as."""
    if is_json(essence):
        return exact(value)
    if essence.startswith("text/"):
        return value if isinstance(value, str) else json.dumps(value)
    if essence == FORM or essence.startswith("multipart/"):
        return [
            pair
            for name, each in value.items()
            for pair in members(name, each, encoding.get(name) or {})
        ]
    return base64.b64decode(value["content"]) if isinstance(value, dict) else value


def members(name: str, value: Any, encoding: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The fields or parts that a property comes to."""
    styled = {"style", "explode", "allowReserved"} & encoding.keys()
    if is_file(value):
        yield name, base64.b64decode(value["content"])
    elif isinstance(value, dict) and "headers" in value:
        yield name, value["text"].encode()
    elif encoding.get("style") == "deepObject":
        yield from deep(name, value)
    elif styled and isinstance(value, list | dict):
        yield from in_style(name, value, encoding)
    else:
        for each in value if isinstance(value, list) else [value]:
            if is_file(each):
                yield name, base64.b64decode(each["content"])
            else:
                yield name, as_text(each)


def is_file(value: Any) -> bool:
    """Whether it is a file object, and not data with a `content` of its own."""
    return isinstance(value, dict) and value.keys() == {"content", "filename"}


def in_style(name: str, value: Any, encoding: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """By the rules of a query."""
    style = encoding.get("style", "form")
    exploded = encoding.get("explode", style == "form")
    if exploded and isinstance(value, list):
        yield from ((name, as_text(each)) for each in value)
    elif exploded:
        yield from ((key, as_text(each)) for key, each in value.items())
    else:
        flat = value
        if isinstance(value, dict):
            flat = [text for key, each in value.items() for text in (key, each)]
        texts = (as_text(each) for each in flat)
        raw = (each if isinstance(each, bytes) else json.dumps(each).encode() for each in texts)
        yield name, DELIMITERS.get(style, ",").encode().join(raw)


def deep(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from deep(f"{name}[{key}]", each)
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from deep(f"{name}[{index if isinstance(each, dict | list) else ''}]", each)
    else:
        yield name, as_text(value)


def as_text(value: Any) -> Any:
    """One value as it stands in a form; containers by their value."""
    if isinstance(value, dict | list):
        return exact(value)
    return (value if isinstance(value, str) else json.dumps(value)).encode()


def exact(value: Any) -> Any:
    """The same as read from JSON, numbers by their digits."""
    return json.loads(json.dumps(value), parse_float=Decimal)
