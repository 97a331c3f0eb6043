"""JSON as bytes: whether they are JSON, and UTF-8 out of other charsets. Builds no values."""

import codecs
import re
from typing import Any

import msgspec
import orjson

CHARSET = re.compile(
    r"ascii|utf-8|utf-(?:16|32)(?:-[bl]e)?|iso8859-\d+|cp125\d|cp932|cp949|koi8-[rtu]|gbk|gb2312|"
    r"gb18030|big5|euc_jp|euc_kr|shift_jis|iso2022_jp"
)
"""Python's names of the charsets of the WHATWG Encoding Standard: `idna` or `punycode` in a
backend's Content-Type would cost quadratic time, `unicode_escape` is no charset."""
PRESUMED = frozenset({"iso8859-1", "cp1252"})
"""Charsets that servers name by default whatever they send."""
UTF_8 = frozenset({"", "utf-8", "us-ascii"})
"""Names of charsets in which ASCII is UTF-8 for sure, as they are mostly written."""
TWO_BYTES = frozenset({"utf-16", "utf-32"})
"""Charsets whose byte order the text itself tells: by its mark, else as JSON begins in ASCII."""

BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"

SPACE = b" \t\r\n"
"""White space between the tokens of JSON (RFC 8259 section 2)."""

RAW = msgspec.json.Decoder(msgspec.Raw)

STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)


def codec_of(charset: str) -> str | None:
    """Gives Python's name of a charset; None where it is none that the web knows."""
    try:
        name = codecs.lookup(charset).name
    except (LookupError, ValueError):
        return None
    return name if CHARSET.fullmatch(name) else None


def to_utf8(data: bytes, charset: str) -> bytes | None:
    """Gives the same text in UTF-8 without a byte order mark; None where it is not of the charset.

    UTF-8 without a mark comes back as it is, the same object; also where Latin-1 is named as its
    charset: JSON has none (RFC 8259 section 11), and servers name that one by default.
    """
    if data.isascii() and charset.lower() in UTF_8:
        return data
    name = codec_of(charset or "utf-8")
    if name is None:
        return None
    if name in PRESUMED and _is_utf8(data):
        name = "utf-8"
    elif name in TWO_BYTES and data[:1] == b"\0" and data[:4] != b"\0\0\xfe\xff":
        name += "-be"
    try:
        text = data.decode(name)
    except UnicodeDecodeError:
        return None
    if name in ("utf-8", "ascii") and not text.startswith(BOM):
        return data
    return text.removeprefix(BOM).encode()


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def is_json(data: bytes) -> bool:
    """Tells whether the UTF-8 text is exactly one JSON value (RFC 8259).

    A number of any size is JSON, also one that no double holds; a lone surrogate is none. Text
    nested deeper than 1,024 levels counts as broken.
    """
    try:
        RAW.decode(data)
    except msgspec.DecodeError:
        return False
    except RecursionError:
        return _is_json_by_value(data)
    return True


def _is_json_by_value(data: bytes) -> bool:
    """Judges by orjson: its limit of depth is a number, msgspec's depends on the caller's stack."""
    try:
        orjson.loads(data)
    except orjson.JSONDecodeError:
        return False
    return True


def sniffs_as_json(data: bytes) -> bool:
    """Tells whether the UTF-8 text is a JSON object or array, where nothing says so."""
    return data.lstrip(SPACE)[:1] in (b"{", b"[") and is_json(data)


def repeats_names(data: bytes, value: Any) -> bool:
    """Tells whether an object within the JSON names a member twice.

    `value` is what a parser reads in it: the last of such members alone. Both have the colons of
    the texts in common, unless one is escaped.
    """
    try:
        kept = b"" if b"\\u003" in data else orjson.dumps(value, default=str)
    except TypeError:  # deeper or larger than it writes
        kept = b""
    if kept:
        return data.count(b":") != kept.count(b":")
    return STRING.sub(b"", data).count(b":") != _members(value)


def _members(value: Any) -> int:
    count, waiting = 0, [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            count += len(each)
            waiting.extend(each.values())
        elif isinstance(each, list):
            waiting.extend(each)
    return count
