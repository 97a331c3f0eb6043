"""Multipart bodies taken apart (RFC 2046 section 5.1, RFC 7578): the bytes become parts.

Written out because a body is in memory already: python-multipart is a push parser of chunks that
leaves bounds to its callers, and `email` reads text, mends what is broken and has no bounds.
"""

import re
from collections.abc import Iterator

from facade.model.field_names import TOKEN
from facade.transcode.arguments import Defect
from facade.transcode.body.multipart import Part
from facade.transcode.media_type import TCHARS, MediaType

MAX_PARTS = 1_000
MAX_HEAD = 16 * 1024
"""Bytes of the header fields of one part."""
MAX_FIELDS = 32
"""Header fields of one part."""
BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]")
"""RFC 2046 section 5.1.1."""
PARAMETER = re.compile(rf""";[ \t]*+({TCHARS})=(?:"([^"]*+)"|([^\s";]++))""")
ESCAPED = re.compile(r"%(0[0-9A-F]|1[0-9A-F]|22|7F)")
"""What names have in place of quotes and control characters (HTML section 4.10.21.8)."""
PADDING = re.compile(rb"[ \t]*\r\n")


def read_multipart(data: bytes, kind: MediaType) -> list[Part]:
    """Takes a body apart; raises Defect for what is none, or goes beyond the bounds."""
    boundary = kind.parameters.get("boundary", "")
    if not BOUNDARY.fullmatch(boundary):
        raise Defect("has no valid `boundary` in its Content-Type")
    return [_part(block) for block in _blocks(data, b"--" + boundary.encode())]


def _blocks(data: bytes, line: bytes) -> Iterator[bytes]:
    """What stands between the delimiter lines; a preamble and an epilogue are nothing."""
    delimiter = b"\r\n" + line
    at = 0 if data.startswith(line) else data.find(delimiter) + 2
    if at == 1:
        raise Defect("does not hold the boundary of its Content-Type")
    at += len(line)
    for _ in range(MAX_PARTS + 1):
        if data.startswith(b"--", at):
            return
        opening = PADDING.match(data, at)
        end = -1 if opening is None else data.find(delimiter, opening.end() - 2)
        if opening is None or end < 0:
            raise Defect("ends without its closing boundary")
        yield data[opening.end() : end]
        at = end + len(delimiter)
    raise Defect(f"has more than {MAX_PARTS:,} parts")


def _part(block: bytes) -> Part:
    if block.startswith(b"\r\n"):
        return Part(data=block[2:])
    end = block.find(b"\r\n\r\n", 0, MAX_HEAD)
    if end < 0:
        raise Defect(f"has a part whose head does not end within {MAX_HEAD:,} bytes")
    fields = list(_fields(block[:end]))
    known = {name.lower(): value for name, value in fields}
    said = _disposition(known.get("content-disposition", ""))
    others = [each for each in fields if each[0].lower() not in OURS]
    return Part(
        name=said.get("name"),
        data=block[end + 4 :],
        content_type=known.get("content-type", ""),
        filename=said.get("filename"),
        headers=tuple(others),
    )


OURS = frozenset({"content-disposition", "content-type"})


def _fields(head: bytes) -> Iterator[tuple[str, str]]:
    try:
        lines = head.decode().split("\r\n")
    except UnicodeDecodeError:
        raise Defect("has a part whose head is not UTF-8") from None
    if len(lines) > MAX_FIELDS:
        raise Defect(f"has a part with more than {MAX_FIELDS} header fields")
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not TOKEN.fullmatch(name):
            raise Defect("has a part with a line in its head that is no header field")
        yield name, value.strip(" \t")


def _disposition(text: str) -> dict[str, str]:
    """The parameters of a Content-Disposition; names are as browsers write them."""
    found = ((each[1].lower(), each[2] or each[3] or "") for each in PARAMETER.finditer(text))
    return {name: ESCAPED.sub(_character, value) for name, value in found}


def _character(match: re.Match[str]) -> str:
    return chr(int(match[1], 16))
