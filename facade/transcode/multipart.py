"""Bodies of multipart/form-data (RFC 7578): fields, JSON and files as parts."""

import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from facade.errors.caller import InvalidParameters
from facade.errors.fault import Violation
from facade.model.action import Encoding, Media, Schema
from facade.model.call import Argument
from facade.transcode.arguments import pointer
from facade.transcode.binary import (
    Binary,
    is_binary,
    properties_of,
    read_binary,
    refused,
)
from facade.transcode.form import items_of, pairs_of
from facade.transcode.media_type import TCHARS, MediaType, parse

OCTETS = "application/octet-stream"
PLAIN = "text/plain; charset=utf-8"

TRIES = 16
"""A random boundary is never found in the content; this bounds the loop that makes sure."""

HEADER_VALUE = re.compile(r"[\t -~]*")

OUR_HEADERS = frozenset({"content-disposition", "content-type"})
"""Made from the part itself (OAS 3.2 section 4.15.1: a declared Content-Type is ignored)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a form."""

    name: str
    data: bytes
    content_type: str = ""
    """None is written if empty: text/plain (RFC 7578 section 4.4)."""
    filename: str | None = None
    headers: tuple[tuple[str, str], ...] = field(default=())


def random_boundary() -> str:
    """Gives a boundary that no content holds but by intent."""
    return f"portico-{secrets.token_hex(16)}"


def quoted(text: str) -> str:
    """Quotes a field or file name as browsers do (HTML, multipart/form-data encoding algorithm)."""
    safe = re.sub('[\x00-\x1f"\x7f]', lambda match: f"%{ord(match[0]):02X}", text)
    return f'"{safe}"'


def _head(part: Part) -> bytes:
    disposition = f"form-data; name={quoted(part.name)}"
    if part.filename is not None:
        disposition += f"; filename={quoted(part.filename)}"
    lines = [f"Content-Disposition: {disposition}"]
    if part.content_type:
        lines.append(f"Content-Type: {part.content_type}")
    lines.extend(f"{name}: {value}" for name, value in part.headers)
    return "\r\n".join(lines).encode()


def _free_boundary(pieces: Sequence[bytes], boundary: Callable[[], str]) -> str:
    """The first boundary that stands in no part."""
    for _ in range(TRIES):
        candidate = boundary()
        if not any(candidate.encode() in piece for piece in pieces):
            return candidate
    raise refused(Violation(field="/body", description="holds every boundary that was tried"))


def write_multipart(
    parts: Sequence[Part], boundary: Callable[[], str] = random_boundary
) -> tuple[str, bytes]:
    """Gives the content type, with the boundary, and the bytes; names are UTF-8 as browsers do."""
    pieces = [b"%b\r\n\r\n%b\r\n" % (_head(part), part.data) for part in parts]
    free = _free_boundary(pieces, boundary)
    opening = b"--%b\r\n" % free.encode()
    body = b"".join(opening + piece for piece in pieces) + b"--%b--\r\n" % free.encode()
    return f"multipart/form-data; boundary={free}", body


def types_of(encoding: Encoding) -> list[MediaType]:
    """Gives the media types that an encoding allows: it may list several, or none."""
    parsed = (parse(each) for each in (encoding.content_type or "").split(","))
    return [each for each in parsed if each is not None]


def is_file(schema: Any, root: Schema, encoding: Encoding) -> bool:
    """Tells whether a property is sent as bytes, by its schema or by its encoding."""
    if is_binary(schema, root):
        return True
    declared = types_of(encoding)
    return bool(declared) and not any(each.is_json or each.is_text for each in declared)


def file_names(media: Media) -> list[str]:
    """Gives the properties of a multipart body that are files."""
    properties = properties_of(media.schema)
    return [
        name
        for name, schema in properties.items()
        if is_file(schema, media.schema, media.encoding.get(name, Encoding()))
    ]


def _file_type(binary: Binary, encoding: Encoding, place: str) -> str:
    """The caller's content type where the encoding allows it, else the encoding's own."""
    declared = types_of(encoding)
    given = parse(binary.content_type)
    if given is None:
        unsaid = PLAIN if binary.plain else OCTETS
        return next((each.text for each in declared if not each.is_range), unsaid)
    if declared and not any(each.covers(given) for each in declared):
        description = f"must be {encoding.content_type}, and is {given.essence}"
        raise refused(Violation(field=f"{place}/contentType", description=description))
    return given.text


def _headers(
    binary: Binary, encoding: Encoding, place: str
) -> Iterator[tuple[str, str] | Violation]:
    """The part's headers that the document declares, under the names that it gives them."""
    declared = {
        name.lower(): name
        for name in encoding.headers
        if re.fullmatch(TCHARS, name) and name.lower() not in OUR_HEADERS
    }
    for name, value in binary.headers.items():
        inner = place + pointer(("headers", name))
        if name.lower() not in declared:
            yield Violation(field=inner, description="is no header that the document declares")
        elif not HEADER_VALUE.fullmatch(value):
            yield Violation(field=inner, description="must be printable ASCII")
        else:
            yield declared[name.lower()], value


def file_part(name: str, binary: Binary, encoding: Encoding, place: str) -> Part:
    """Makes a file of bytes; without a file name it is called as its field.

    Servers take a part for a file by its file name, so there always is one.
    """
    content_type = _file_type(binary, encoding, place)
    headers = list(_headers(binary, encoding, place))
    problems = [each for each in headers if isinstance(each, Violation)]
    if problems:
        raise refused(*problems)
    return Part(
        name=name,
        data=binary.data,
        content_type=content_type,
        filename=binary.filename or name,
        headers=tuple(each for each in headers if not isinstance(each, Violation)),
    )


def _files(name: str, argument: Argument, encoding: Encoding, place: str) -> Iterator[Part]:
    """One file, or one of each item of an array."""
    if not isinstance(argument.value, list):
        yield file_part(name, read_binary(argument.value, place), encoding, place)
        return
    for index, item in enumerate(argument.value):
        inner = place + pointer((index,))
        yield file_part(name, read_binary(item, inner), encoding, inner)


def _fields(name: str, argument: Argument, encoding: Encoding) -> Iterator[Part]:
    """Text as text, objects as JSON, an array as one part for each item."""
    if encoding.style is not None:
        for pair in pairs_of(name, argument, encoding):
            yield Part(name=pair.name, data=pair.delimiter.join(pair.pieces).encode())
        return
    declared = next((each for each in types_of(encoding) if not each.is_range), None)
    each = items_of(argument) if isinstance(argument.value, list) else [argument]
    for item in each:
        if item.value is None:
            continue
        as_json = declared.is_json if declared else isinstance(item.value, dict | list)
        plain = isinstance(item.value, str) and not as_json
        content_type = declared.text if declared else "application/json" if as_json else ""
        text = item.value if plain else item.text
        yield Part(name=name, data=text.encode(), content_type=content_type)


def parts_of(members: Mapping[str, Argument], media: Media, place: str) -> list[Part]:
    """Makes the parts of an object's members, in their order; null comes to no part.

    Raises InvalidParameters with everything that is wrong with any of them.
    """
    properties = properties_of(media.schema)
    parts: list[Part] = []
    problems: list[Violation] = []
    for name, argument in members.items():
        encoding = media.encoding.get(name, Encoding())
        inner = place + pointer((name,))
        if argument.value is None:
            continue
        as_file = is_file(properties.get(name, True), media.schema, encoding)
        try:
            parts.extend(
                _files(name, argument, encoding, inner)
                if as_file
                else _fields(name, argument, encoding)
            )
        except InvalidParameters as fault:
            problems.extend(fault.details.violations)
    if problems:
        raise refused(*problems)
    return parts
