"""How a value is written into a path, a query, a header or a cookie: the table of styles.

The columns are those of OAS 3.1.1 and 3.0.4 (section 4.8.12.6, which is RFC 6570 section 3.2.1
for four of them); `label` without explode joins by commas as they do, not by dots as 3.0.0 to
3.0.3 printed. What the standard leaves open is settled here:

- null is the tables' undefined column: `color=`, `;color`, `.`, and nothing for `simple`;
  inside an array or object it is left out (RFC 6570 section 2.3);
- an empty array or object is undefined: the parameter is left out;
- a container inside an array or object is written as its JSON, but goes on in a deepObject,
  where items are `a[]=`, and `a[0][b]=` where they are containers themselves;
- a delimited style that explodes, or holds a single value, is written as `form`;
- nothing is percent-encoded in headers and cookies, whose values have grammars of their own;
- exploded members of a cookie are cookies of their own.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from facade.model.action import Location, Parameter, Style
from facade.transcode.arguments import Number

LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
NAME = "!$'()*,:@/?"
"""What a query parameter's name keeps beside the unreserved characters: `$filter`, `a:b`."""
RESERVED = "%:/?[]@!$&'()*+,;="
"""What `allowReserved` keeps (RFC 3986 section 2.2), but for `#`, which would end the query."""
RESERVED_PATH = RESERVED.replace("?", "")
"""The same in a path, which a question mark would end."""


@dataclass(frozen=True, slots=True)
class Row:
    """One style's row of the table."""

    first: str
    separator: str
    """Between exploded members; a query's and a cookie's stand apart instead."""
    delimiter: str
    """Between members that do not explode."""
    named: bool
    empty: str = ""
    """After the name of an empty value."""


TABLE: Mapping[Style, Row] = MappingProxyType(
    {
        Style.SIMPLE: Row("", ",", ",", named=False),
        Style.LABEL: Row(".", ".", ",", named=False),
        Style.MATRIX: Row(";", ";", ",", named=True),
        Style.FORM: Row("", "&", ",", named=True, empty="="),
        Style.COOKIE: Row("", "; ", ",", named=True, empty="="),
        Style.SPACE: Row("", "&", "%20", named=True, empty="="),
        Style.PIPE: Row("", "&", "%7C", named=True, empty="="),
        Style.TAB: Row("", "&", "%09", named=True, empty="="),
    }
)

PLACES: Mapping[Location, frozenset[Style]] = MappingProxyType(
    {
        Location.PATH: frozenset({Style.SIMPLE, Style.LABEL, Style.MATRIX}),
        Location.QUERY: frozenset(
            {Style.FORM, Style.SPACE, Style.PIPE, Style.TAB, Style.DEEP_OBJECT}
        ),
        Location.HEADER: frozenset({Style.SIMPLE}),
        Location.COOKIE: frozenset({Style.FORM, Style.COOKIE}),
    }
)
DEFAULTS: Mapping[Location, Style] = MappingProxyType(
    {
        Location.PATH: Style.SIMPLE,
        Location.QUERY: Style.FORM,
        Location.HEADER: Style.SIMPLE,
        Location.COOKIE: Style.FORM,
    }
)


def write(parameter: Parameter, value: Any) -> tuple[str, ...]:
    """Writes a value whose numbers are Numbers, as `arguments.tokens` reads it.

    Answers a path's one text, a query's or cookie's `name=value` pairs, or a header's one value;
    nothing where the value is undefined.
    """
    if parameter.media_type is not None:
        return _content(parameter, value)
    if parameter.style not in PLACES[parameter.location]:
        style = DEFAULTS[parameter.location]
    else:
        style = parameter.style
    encode = _encoder(parameter)
    name = query_name(parameter.name) if parameter.location is Location.QUERY else parameter.name
    if style is Style.DEEP_OBJECT and isinstance(value, list | dict):
        return tuple(f"{key}={encode(scalar(item))}" for key, item in _deep(name, value))
    row = TABLE.get(style, TABLE[Style.FORM])
    members = tuple(_members(name, value, row, (parameter.explode, encode)))
    if parameter.location in {Location.QUERY, Location.COOKIE} or not members:
        return members
    return (row.first + row.separator.join(members),)


def scalar(value: Any) -> str:
    """The text of one value: numbers as written, containers as JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else compact(value)


def compact(value: Any) -> str:
    """JSON without spaces, numbers as they were written."""
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, list):
        return f"[{','.join(compact(item) for item in value)}]"
    if isinstance(value, dict):
        members = (f"{compact(key)}:{compact(item)}" for key, item in value.items())
        return f"{{{','.join(members)}}}"
    return json.dumps(value, ensure_ascii=False)


def query_name(name: str) -> str:
    """A parameter's name as it stands in a query."""
    return quote(name, safe=NAME)


def unreserved(text: str) -> str:
    """Percent-encodes all but the unreserved characters (RFC 3986 section 2.3), as UTF-8."""
    return quote(text, safe="")


def reserved(text: str, safe: str = RESERVED) -> str:
    """Percent-encodes what may not stand in a URI, keeping triplets (RFC 6570 section 3.2.3)."""
    return quote(LONE_PERCENT.sub("%25", text), safe=safe)


def _reserved_path(text: str) -> str:
    return reserved(text, RESERVED_PATH)


def _encoder(parameter: Parameter) -> Callable[[str], str]:
    if parameter.location in {Location.HEADER, Location.COOKIE}:
        return str
    if not parameter.allow_reserved:
        return unreserved
    return _reserved_path if parameter.location is Location.PATH else reserved


def _content(parameter: Parameter, value: Any) -> tuple[str, ...]:
    """A parameter with `content`: JSON, or the string itself where its media type is none."""
    is_json = "json" in (parameter.media_type or "").lower()
    plain = isinstance(value, str) and not isinstance(value, Number) and not is_json
    text = value if plain else compact(value)
    if parameter.location is Location.HEADER:
        return (text if plain else _ascii(text),)
    if parameter.location is Location.PATH:
        return (unreserved(text),)
    if parameter.location is Location.QUERY:
        return (f"{query_name(parameter.name)}={_encoder(parameter)(text)}",)
    return (f"{parameter.name}={unreserved(text)}",)


def _ascii(text: str) -> str:
    """The same JSON in ASCII, which alone a header field carries safely."""
    return "".join(
        character if character.isascii() else json.dumps(character)[1:-1] for character in text
    )


def _members(
    name: str, value: Any, row: Row, how: tuple[bool, Callable[[str], str]]
) -> Iterator[str]:
    explode, encode = how
    if isinstance(value, dict):
        pairs = [
            (encode(key), encode(scalar(item))) for key, item in value.items() if item is not None
        ]
        if explode:
            yield from (_pair(key, text, row) for key, text in pairs)
            return
        items = [text for pair in pairs for text in pair]
    elif isinstance(value, list):
        items = [encode(scalar(item)) for item in value if item is not None]
        if explode:
            yield from (_named(name, item, row) for item in items)
            return
    else:
        items = [encode(scalar(value))]
    if items:
        yield _named(name, row.delimiter.join(items), row)


def _named(name: str, text: str, row: Row) -> str:
    return _pair(name, text, row) if row.named else text


def _pair(name: str, text: str, row: Row) -> str:
    return name + row.empty if row.named and not text else f"{name}={text}"


def _deep(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """A deepObject's names and values; brackets are percent-encoded as the tables have them."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _deep(f"{name}%5B{unreserved(key)}%5D", item)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            place = index if isinstance(item, list | dict) else ""
            yield from _deep(f"{name}%5B{place}%5D", item)
    elif value is not None:
        yield name, value
