"""How a value is written into a path, a query, a header or a cookie: the table of styles.

The columns are those of OAS 3.1.1 and 3.0.4 (section 4.8.12.6) and 3.2 (section 4.12.5), which
are RFC 6570 section 3.2.1 for four of them. `label` without explode joins by commas as they do;
by dots in documents of 3.0.0 to 3.0.3 and 3.1.0, as their tables print it; and as a version's
`serialization.label_delimiter` says, whatever the document. The delimiters `|`, space and tab and
the brackets of deepObject are percent-encoded always: 3.0.3 printed them bare, a server reads the
same. What the standard leaves open is settled here:

- null is the tables' undefined column: `color=`, `;color`, `.`, and nothing for `simple`, which
  is no header at all; inside an array or object it is left out (RFC 6570 section 2.3);
- an empty array or object is undefined: the parameter is left out. Where the document allows an
  empty value, the caller gives `""` or null for `name=`, whatever the schema says;
- a container inside an array or object is written as its JSON. In a header, where nothing is
  encoded, a value with containers in it is JSON as a whole. Only an array in an object that
  explodes into pairs is repeated, `size=2&sort=a&sort=b`: each pair is as that of a parameter;
- a deepObject goes as deep as its value, `explode` or not. An array in it, or in its place, is
  `a[]=x&a[]=y`, or what a version's `serialization.deep_object_arrays` says; where an item is a
  container itself they are counted in any case, `a[0][b]=`, for else they would run together;
- a delimited style that explodes, or holds a single value, is written as `form`;
- headers and the style `cookie` are written as they are given (OAS 3.2 section 4.12.2.2): what
  their grammar forbids is refused, and so is an item that holds what stands between items.
  `form` in a cookie is percent-encoded (RFC 6570), and refuses `;` and control characters all
  the same: nobody knows who decodes it how often. Exploded members are cookies of their own;
- `allowReserved` counts in a query; in a path and a cookie only from 3.2 on. In a path `/`, `?`,
  `#`, `[` and `]` are encoded nonetheless, in a query `#` is;
- an array of 2.0 within an array is joined by its own collectionFormat.

A parameter with `content` is `parameter_content.py`'s.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from facade.model.action import Location, Parameter, Style
from facade.model.version import DeepObjectArrays, LabelDelimiter, Serialization
from facade.transcode.arguments import COMPACT, Number

ENCODED: Mapping[int, str] = MappingProxyType(
    {code: quote(chr(code), safe="") for code in range(128)}
)
"""What percent-encoding makes of ASCII (RFC 3986 section 2.3)."""
LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
NAME = "!$'()*,:@/?"
"""What a query parameter's name keeps beside the unreserved characters: `$filter`, `a:b`."""
MATRIX_NAME = "!$'()*:@"
"""The same of a matrix parameter, whose segment ends at a slash and whose pair at a semicolon."""
COOKIE_NAME = "!#$&'*+^`|"
"""The same of a cookie: the rest of a token's characters (RFC 9110 section 5.6.2)."""
RESERVED = "%:/?[]@!$&'()*+,;="
"""What `allowReserved` keeps (RFC 3986 section 2.2), but for `#`, which would end the query."""
RESERVED_PATH = "%:@!$&'()*+,;="
"""The same in a path, where the rest would end the segment or has no place (OAS 3.2, 4.8.2)."""

Encode = Callable[[str], str]
Write = Callable[[Any], tuple[str, ...]]
"""Makes of a value a path's one text, a query's or cookie's pairs, or a header's one value."""


@dataclass(frozen=True, slots=True)
class Row:
    """One style's row of the table."""

    first: str
    separator: str
    """Between exploded members; a query's and a cookie's stand apart instead."""
    delimiter: str
    """Between members that do not explode, before it is percent-encoded."""
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
        Style.SPACE: Row("", "&", " ", named=True, empty="="),
        Style.PIPE: Row("", "&", "|", named=True, empty="="),
        Style.TAB: Row("", "&", "\t", named=True, empty="="),
        Style.DEEP_OBJECT: Row("", "&", ",", named=True, empty="="),
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
LABELS: Mapping[LabelDelimiter, str] = MappingProxyType(
    {LabelDelimiter.COMMA: ",", LabelDelimiter.DOT: "."}
)
ARRAYS: Mapping[DeepObjectArrays, str] = MappingProxyType(
    {
        DeepObjectArrays.BRACKETS: "%5B%5D",
        DeepObjectArrays.INDICES: "%5B{}%5D",
        DeepObjectArrays.REPEAT: "",
    }
)
"""What follows a deepObject's name for each item of an array, by its index."""
INDEXED = ARRAYS[DeepObjectArrays.INDICES]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How one parameter looks on the wire, whatever its value: what writing and reading share."""

    style: Style
    """One that its location knows."""
    row: Row
    name: str
    """As it stands before the `=`."""
    explode: bool
    apart: bool
    """Whether exploded members stand apart: pairs of a query, cookies."""
    delimiters: tuple[str, ...]
    """Between items that do not explode, level by level, before they are percent-encoded."""
    joints: tuple[str, ...]
    """The same as they stand on the wire."""
    encode: Encode
    array: str
    """What follows the name for each item of an array in a deepObject."""
    lead: str
    """What stands before a single value."""
    blank: str
    """What stands for one whose text is empty."""


def shape_of(parameter: Parameter, serialization: Serialization) -> Shape:
    """Finds how a parameter with a `schema` is written in a version."""
    location = parameter.location
    known = parameter.style in PLACES[location]
    style = parameter.style if known else DEFAULTS[location]
    row = TABLE[style]
    delimiters = parameter.delimiters or (row.delimiter,)
    if style is Style.LABEL and serialization.label_delimiter in LABELS:
        delimiters = (LABELS[serialization.label_delimiter],)
    in_uri = location in {Location.PATH, Location.QUERY}
    name = _name(parameter, style)
    return Shape(
        style=style,
        row=row,
        name=name,
        explode=parameter.explode,
        apart=location in {Location.QUERY, Location.COOKIE},
        delimiters=delimiters,
        joints=tuple(quote(each, safe=",") if in_uri else each for each in delimiters),
        encode=encoder(parameter, style),
        array=ARRAYS[serialization.deep_object_arrays],
        lead=f"{row.first}{name}=" if row.named else row.first,
        blank=row.first + name + row.empty if row.named else row.first,
    )


def compile_shape(shape: Shape, location: Location) -> Write:
    """Compiles the writer of a shape, which takes values as `arguments.tokens` reads them.

    It answers nothing where the value is undefined.
    """
    if shape.style is Style.DEEP_OBJECT:
        return partial(_write_deep, shape)
    return partial(_write_header if location is Location.HEADER else _write, shape)


def clash(shape: Shape, value: Any) -> str:
    """Why a value that nothing is encoded of would be read as another; empty where it is not."""
    if _is_whole(shape, value):
        return ""
    if shape.explode and isinstance(value, dict) and any("=" in key for key in value):
        return "has a name with `=` in it, which is what stands after names there"
    for text in _texts(value, shape.explode and shape.apart):
        if any(each in text for each in shape.delimiters):
            shown = " or ".join(f"`{each}`" for each in dict.fromkeys(shape.delimiters))
            return f"has an item with {shown} in it, which is what stands between items there"
        if text != text.strip(" \t"):
            return "has an item with a space at its end, which no reader there keeps"
    return ""


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
    return COMPACT.encode(value)


def in_ascii(text: str) -> str:
    """The same JSON in ASCII, which alone a header field carries safely."""
    return "".join(
        character if character.isascii() else json.dumps(character)[1:-1] for character in text
    )


def query_name(name: str) -> str:
    """A parameter's name as it stands in a query."""
    return quote(name, safe=NAME)


def unreserved(text: str, safe: str = "") -> str:
    """Percent-encodes all but the unreserved characters (RFC 3986 section 2.3), as UTF-8."""
    return quote(text, safe=safe) if safe or not text.isascii() else text.translate(ENCODED)


def reserved(text: str, safe: str = RESERVED) -> str:
    """Percent-encodes what may not stand in a URI, keeping triplets (RFC 6570 section 3.2.3)."""
    return quote(LONE_PERCENT.sub("%25", text), safe=safe)


def encoder(parameter: Parameter, style: Style) -> Encode:
    """Finds how the texts of a parameter's values are encoded."""
    location = parameter.location
    if location is Location.HEADER or style is Style.COOKIE:
        return str
    slash = "/" if parameter.multi_segment else ""
    once: Encode = partial(unreserved, safe=slash) if slash else unreserved
    if parameter.allow_reserved:
        safe = RESERVED_PATH if location is Location.PATH else RESERVED
        once = partial(reserved, safe=safe + slash)
    return partial(_twice, once) if parameter.encode_twice else once


def _twice(once: Encode, text: str) -> str:
    return quote(once(text), safe="/")


def _name(parameter: Parameter, style: Style) -> str:
    match parameter.location:
        case Location.QUERY:
            return query_name(parameter.name)
        case Location.PATH:
            return quote(parameter.name, safe=MATRIX_NAME)
        case Location.COOKIE if style is Style.FORM:
            return quote(parameter.name, safe=COOKIE_NAME)
    return parameter.name


def _write(shape: Shape, value: Any) -> tuple[str, ...]:
    if not isinstance(value, (list, dict)):
        text = shape.encode(scalar(value))
        return (shape.lead + text if text else shape.blank,)
    members = tuple(_members(shape, value))
    if shape.apart or not members:
        return members
    return (shape.row.first + shape.row.separator.join(members),)


def _write_deep(shape: Shape, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | dict):
        return _write(shape, value)
    pairs = _deep(shape.name, value, shape.array)
    return tuple(f"{name}={shape.encode(scalar(item))}" for name, item in pairs)


def _write_header(shape: Shape, value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, (list, dict)):
        return _write(shape, value)
    return (in_ascii(compact(value)),) if _is_whole(shape, value) else _write(shape, value)


def _is_whole(shape: Shape, value: Any) -> bool:
    """Whether there are containers in a container, for which a header has no other words."""
    members = _values(value)
    return len(shape.delimiters) == 1 and any(isinstance(each, list | dict) for each in members)


def _values(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def _texts(value: Any, apart: bool) -> Iterator[str]:  # noqa: FBT001 # of the shape
    """The texts between which delimiters stand; members that stand apart have none."""
    if isinstance(value, dict) and not apart:
        yield from value
    for item in _values(value):
        if isinstance(item, list):
            yield from _texts(item, apart and isinstance(value, dict))
        elif not apart and item is not None:
            yield scalar(item)


def _members(shape: Shape, value: list[Any] | dict[str, Any]) -> Iterator[str]:
    if isinstance(value, dict):
        members = [(shape.encode(key), item) for key, item in value.items() if item is not None]
        if shape.explode:
            pairs = ((key, each) for key, item in members for each in _several(shape, item))
            yield from (_pair(key, _item(shape, each, 0), shape.row) for key, each in pairs)
            return
        items = [text for key, item in members for text in (key, _item(shape, item, 0))]
    else:
        items = [_item(shape, item, 1) for item in value if item is not None]
        if shape.explode:
            yield from (_named(shape, item) for item in items)
            return
    if items:
        yield _named(shape, shape.joints[0].join(items))


def _several(shape: Shape, item: Any) -> list[Any]:
    """What a member of an object that explodes stands for: each item where it stands apart."""
    if not shape.apart or not isinstance(item, list):
        return [item]
    return [each for each in item if each is not None]


def _item(shape: Shape, value: Any, level: int) -> str:
    """An item's text; an array's items are joined where its level has a delimiter."""
    if 0 < level < len(shape.joints) and isinstance(value, list):
        items = (_item(shape, each, level + 1) for each in value if each is not None)
        return shape.joints[level].join(items)
    return shape.encode(scalar(value))


def _named(shape: Shape, text: str) -> str:
    return _pair(shape.name, text, shape.row) if shape.row.named else text


def _pair(name: str, text: str, row: Row) -> str:
    return name + row.empty if row.named and not text else f"{name}={text}"


def _deep(name: str, value: Any, array: str) -> Iterator[tuple[str, Any]]:
    """A deepObject's names and values; brackets are percent-encoded as the tables have them."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _deep(f"{name}%5B{unreserved(key)}%5D", item, array)
    elif isinstance(value, list):
        items = [item for item in value if item is not None]
        place = INDEXED if any(isinstance(item, list | dict) for item in items) else array
        for index, item in enumerate(items):
            yield from _deep(name + place.format(index), item, array)
    elif value is not None:
        yield name, value
