"""Bodies of application/x-www-form-urlencoded, property by property."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

import msgspec

from facade.model.action import Encoding, Style
from facade.model.call import Argument
from facade.model.version import DeepObjectArrays
from facade.transcode.media_type import is_json

DELIMITERS: Mapping[Style, str] = {Style.SPACE: " ", Style.PIPE: "|", Style.TAB: "\t"}
"""Between the items of one value; of every other style, a comma (OAS 3.2 section 4.12.3)."""

ENCODED: Mapping[str, str] = {"": "", ",": ",", " ": "%20", "|": "%7C", "\t": "%09"}
"""The delimiters as they stand in a form."""

RESERVED = ":/?[]@!$'()*,;"
"""RFC 3986's reserved characters but for `#&=+`, which would end or change a pair of a form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One name with its value, not yet encoded; the value is its pieces, delimited."""

    name: str
    pieces: tuple[str, ...]
    delimiter: str = ""


def members_of(argument: Argument) -> dict[str, Argument]:
    """Splits an object into its members, each with its own text."""
    texts = msgspec.json.decode(argument.text, type=dict[str, msgspec.Raw])
    return {
        name: Argument(value=argument.value[name], text=bytes(text).decode())
        for name, text in texts.items()
    }


def items_of(argument: Argument) -> list[Argument]:
    """Splits an array into its items, each with its own text."""
    texts = msgspec.json.decode(argument.text, type=list[msgspec.Raw])
    return [
        Argument(value=value, text=bytes(text).decode())
        for value, text in zip(argument.value, texts, strict=True)
    ]


def text_of(argument: Argument) -> str:
    """Gives a string as it is, null as nothing, and the rest by its literal: digits as written."""
    if argument.value is None:
        return ""
    return argument.value if isinstance(argument.value, str) else argument.text


def present(argument: Argument) -> list[Argument]:
    """The items of an array that are not null: those are undefined (RFC 6570 section 2.3)."""
    return [item for item in items_of(argument) if item.value is not None]


def _by_content_type(name: str, argument: Argument, content_type: str | None) -> Iterator[Pair]:
    """Without a style: an array is repeated, an object is JSON (OAS 3.2 section 4.15.1)."""
    as_json = content_type is not None and is_json(content_type)
    each = present(argument) if isinstance(argument.value, list) else [argument]
    for item in each:
        yield Pair(name=name, pieces=(item.text if as_json else text_of(item),))


def _listed(name: str, argument: Argument, encoding: Encoding) -> Iterator[Pair]:
    """An array by style: repeated where exploded, else one value with delimiters."""
    pieces = [text_of(item) for item in present(argument)]
    if encoding.explode:
        yield from (Pair(name=name, pieces=(piece,)) for piece in pieces)
    elif pieces:
        delimiter = DELIMITERS.get(encoding.style or Style.FORM, ",")
        yield Pair(name=name, pieces=tuple(pieces), delimiter=delimiter)


def _keyed(name: str, argument: Argument, encoding: Encoding) -> Iterator[Pair]:
    """An object by style: its members as pairs where exploded, else key and value in turn.

    As a pair, a member is written as a property of the form is: an array is repeated.
    """
    found = members_of(argument).items()
    members = {key: each for key, each in found if each.value is not None}
    if encoding.explode:
        for key, each in members.items():
            yield from _by_content_type(key, each, None)
    elif members:
        flat = tuple(text for key, each in members.items() for text in (key, text_of(each)))
        delimiter = DELIMITERS.get(encoding.style or Style.FORM, ",")
        yield Pair(name=name, pieces=flat, delimiter=delimiter)


ARRAYS: Mapping[DeepObjectArrays, str] = {
    DeepObjectArrays.BRACKETS: "[]",
    DeepObjectArrays.INDICES: "[{}]",
    DeepObjectArrays.REPEAT: "",
}
"""What follows the name for each item of an array in a deepObject."""


def _deep(name: str, argument: Argument, arrays: DeepObjectArrays) -> Iterator[Pair]:
    """`a[b][c]=`, as deep as the value goes.

    The standard leaves arrays open: a version says how they are written, as it does for a query.
    Where an item has members of its own it is counted in any case, `a[0][b]=`.
    """
    if isinstance(argument.value, dict):
        for key, member in members_of(argument).items():
            yield from _deep(f"{name}[{key}]", member, arrays)
    elif isinstance(argument.value, list):
        nested = any(isinstance(item, dict | list) for item in argument.value)
        follows = "[{}]" if nested else ARRAYS[arrays]
        for index, item in enumerate(items_of(argument)):
            yield from _deep(name + follows.format(index), item, arrays)
    else:
        yield Pair(name=name, pieces=(text_of(argument),))


def pairs_of(
    name: str, argument: Argument, encoding: Encoding, arrays: DeepObjectArrays
) -> Iterator[Pair]:
    """Gives the pairs that one property comes to; a null one is `name=`, as in a query."""
    if encoding.style is None:
        yield from _by_content_type(name, argument, encoding.content_type)
    elif encoding.style is Style.DEEP_OBJECT:
        yield from _deep(name, argument, arrays)
    elif isinstance(argument.value, list):
        yield from _listed(name, argument, encoding)
    elif isinstance(argument.value, dict):
        yield from _keyed(name, argument, encoding)
    else:
        yield Pair(name=name, pieces=(text_of(argument),))


def form_encoded(text: str, charset: str = "utf-8") -> str:
    """Encodes as WHATWG's form serializer does (URL Standard section 5.2): a space is `+`."""
    return quote_plus(text, safe="*", encoding=charset, errors="strict").replace("~", "%7E")


def _reserved_kept(text: str, charset: str) -> str:
    """Encodes but for reserved characters and triples that are encoded already."""
    pieces = re.split("(%[0-9A-Fa-f]{2})", text)
    return "".join(
        piece
        if index % 2
        else quote(piece, safe=RESERVED + " ", encoding=charset, errors="strict").replace(" ", "+")
        for index, piece in enumerate(pieces)
    )


def write_form(
    members: Mapping[str, Argument],
    encodings: Mapping[str, Encoding],
    arrays: DeepObjectArrays = DeepObjectArrays.BRACKETS,
    charset: str = "utf-8",
) -> bytes:
    """Writes an object as a form, its properties in the caller's order.

    Raises UnicodeEncodeError for what the charset cannot hold.
    """
    fields: list[str] = []
    for name, argument in members.items():
        encoding = encodings.get(name, Encoding())
        encode = _reserved_kept if encoding.allow_reserved else form_encoded
        for pair in pairs_of(name, argument, encoding, arrays):
            value = ENCODED[pair.delimiter].join(encode(each, charset) for each in pair.pieces)
            fields.append(f"{form_encoded(pair.name, charset)}={value}")
    return "&".join(fields).encode("ascii")
