"""JSON as bytes: whether they are JSON, and UTF-8 out of other charsets. Builds no values."""

import codecs
import re

import msgspec
import orjson

CHARSET = re.compile(
    r"ascii|utf-8|utf-(?:16|32)(?:-[bl]e)?|iso8859-\d+|cp125\d|cp932|cp949|koi8-[rtu]|gbk|gb2312|"
    r"gb18030|big5|euc_jp|euc_kr|shift_jis|iso2022_jp"
)
"""Python's names of the charsets of the WHATWG Encoding Standard: `idna` or `punycode` in a
backend's Content-Type would cost quadratic time, `unicode_escape` is no charset."""

BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"


def to_utf8(data: bytes, charset: str) -> bytes | None:
    """Gives the same text in UTF-8 without a byte order mark; None where it is not of the charset.

    UTF-8 without a mark comes back as it is, the same object.
    """
    try:
        name = codecs.lookup(charset or "utf-8").name
    except (LookupError, ValueError):
        return None
    if not CHARSET.fullmatch(name):
        return None
    try:
        text = data.decode(name)
    except UnicodeDecodeError:
        return None
    if name in ("utf-8", "ascii") and not text.startswith(BOM):
        return data
    return text.removeprefix(BOM).encode()


def is_json(data: bytes) -> bool:
    """Tells whether the UTF-8 text is exactly one JSON value (RFC 8259).

    A number of any size is JSON, also one that no double holds; a lone surrogate is none. Text
    nested deeper than 1,024 levels counts as broken.
    """
    try:
        msgspec.json.decode(data, type=msgspec.Raw)
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
    return data.lstrip(b" \t\r\n")[:1] in (b"{", b"[") and is_json(data)
