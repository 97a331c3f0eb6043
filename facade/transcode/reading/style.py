"""A value out of the text that a style made of it: the table of styles, read the other way.

Text is split where a delimiter stands as itself, before anything is decoded; a delimiter that is
percent-encoded in any case, `|`, space and tab, is one wherever it stands. What the styles cannot
tell apart is read by the schema, and as the least that it may be: a value where the schema allows
one, before an array of one.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import unquote_to_bytes

from facade.model.action import Location, Parameter, Style
from facade.transcode.arguments import Defect
from facade.transcode.reading.kind import (
    ALL,
    ARRAY,
    OBJECT,
    Fragment,
    Kind,
    array,
    container,
    dumps,
    object_of,
)
from facade.transcode.style import Row, Shape

Decode = Callable[[str], str]

BARE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {" ": ("%20", "+", " "), "|": ("%7C", "%7c", "|"), "\t": ("%09", "\t")}
)
"""The forms that a delimiter may have in a query; all others stand as themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How one parameter or property is read, compiled once."""

    key: str
    """What it is called where it goes."""
    name: str
    """What it is called on the wire, decoded."""
    row: Row
    deep: bool = False
    """Whether its names go on in brackets."""
    explode: bool
    joints: tuple[re.Pattern[str], ...]
    """Between items that do not explode, level by level."""
    decode: Decode
    kind: Kind
    allow_empty: bool = False
    content: Callable[[str], Fragment] | None = None
    """Reads the decoded text of one that has a media type in place of a style."""
    scalar: Callable[[Kind, str], Fragment] = Kind.scalar
    """Reads the decoded text of a single value."""
    compact: bool = False
    """Whether a value with containers in it is written as its JSON: in a header."""
    apart: bool = True
    """Whether the members of an object that explodes are pairs of their own."""

    @property
    def spreads(self) -> bool:
        """Whether pairs under other names than its own may be its members."""
        apart = self.apart and self.explode and not self.deep and self.content is None
        return apart and "object" in self.kind.types and self.kind.types != ALL


def reading_of(parameter: Parameter, shape: Shape, kind: Kind) -> Reading:
    """Compiles how a parameter with a `schema` is read, by the shape that it is written in."""
    return Reading(
        key=parameter.key,
        name=parameter.name,
        row=shape.row,
        deep=shape.style is Style.DEEP_OBJECT,
        explode=shape.explode,
        joints=joints_of(shape.delimiters, parameter.location),
        decode=decoder(parameter, shape.style),
        kind=kind,
        allow_empty=parameter.allow_empty,
        compact=parameter.location is Location.HEADER,
    )


def joints_of(delimiters: tuple[str, ...], location: Location) -> tuple[re.Pattern[str], ...]:
    """What stands between items on the wire."""
    if location in {Location.HEADER, Location.COOKIE}:
        return tuple(re.compile(re.escape(each)) for each in delimiters)
    return tuple(joint(each) for each in delimiters)


def joint(delimiter: str) -> re.Pattern[str]:
    """A delimiter as it may stand in a URI or a form."""
    forms = BARE.get(delimiter, (delimiter,))
    return re.compile("|".join(re.escape(each) for each in forms))


def decoder(parameter: Parameter, style: Style) -> Decode:
    """Finds how texts of a parameter are decoded.

    A `+` of a query is a space, as forms have it, unless reserved characters stand for themselves.
    """
    location = parameter.location
    if location is Location.HEADER:
        return stripped
    if style is Style.COOKIE:
        return str
    once: Decode = from_uri
    if location is Location.QUERY and not parameter.allow_reserved:
        once = from_form
    return (lambda text: from_uri(once(text))) if parameter.encode_twice else once


def stripped(text: str) -> str:
    """An item of a header: white space around it is nothing (RFC 9110 section 5.6.1)."""
    return text.strip(" \t")


def from_uri(text: str, charset: str = "utf-8") -> str:
    """Decodes percent-encoded text; raises Defect for what is not text of the charset."""
    if "%" not in text and text.isascii():
        return text
    try:
        return unquote_to_bytes(text).decode(charset)
    except (UnicodeDecodeError, LookupError):
        raise Defect(f"is not {charset.upper()}, percent-encoded") from None


def from_form(text: str, charset: str = "utf-8") -> str:
    """The same where a plus is a space."""
    return from_uri(text.replace("+", " "), charset)


def read_text(reading: Reading, raw: str) -> Fragment:
    """Reads a value that is one text: in a path or a header."""
    if reading.content is None and reading.kind.is_single and not reading.row.first:
        return reading.scalar(reading.kind, reading.decode(raw))
    if reading.content is not None:
        return reading.content(reading.decode(raw))
    text = raw.removeprefix(reading.row.first)
    if reading.explode:
        return _exploded(reading, text)
    return read_joined(reading, [_value_of_pair(reading, text)])


def read_joined(reading: Reading, raws: list[str]) -> Fragment:
    """Reads what does not explode: items between delimiters, names and values in turn."""
    types = reading.kind.types
    whole = _whole(reading, raws)
    if whole is not None:
        return whole
    split = [piece for raw in raws for piece in reading.joints[0].split(raw)]
    if types <= OBJECT:
        return _in_turn(reading, split)
    if types <= ARRAY or (len(split) > 1 and "array" in types):
        return _items(reading, split)
    single = reading.scalar(reading.kind, reading.decode(",".join(raws)))
    if "object" in types and len(split) > 1 and not reading.kind.fits(single):
        return _in_turn(reading, split)
    return single


def read_repeated(reading: Reading, raws: list[str]) -> Fragment:
    """Reads the values of all pairs of one name."""
    if reading.content is not None:
        return reading.content(reading.decode(raws[-1]))
    if reading.allow_empty and raws == [""]:
        return dumps("")
    kind = reading.kind
    if len(raws) == 1 and kind.is_single:
        return reading.scalar(kind, reading.decode(raws[0]))
    if not reading.explode:
        return read_joined(reading, raws)
    if len(raws) == 1 and not kind.types <= ARRAY:
        single = reading.scalar(kind, reading.decode(raws[0]))
        if "array" not in kind.types or kind.fits(single):
            return single
    return _items(reading, raws)


def member(reading: Reading, name: str, raws: list[str]) -> Fragment:
    """A member of an object that explodes into pairs; an array is one pair an item."""
    kind = reading.kind.member(name)
    texts = [reading.decode(raw) for raw in raws]
    items = array([reading.scalar(kind.item(index), text) for index, text in enumerate(texts)])
    if len(texts) > 1 or (kind.types <= ARRAY and kind.fits(items)):
        return items
    return _single(reading, name, raws[0])


def _single(reading: Reading, name: str, raw: str) -> Fragment:
    """A member of an object that is one text."""
    return reading.scalar(reading.kind.member(name), reading.decode(raw))


def _whole(reading: Reading, raws: list[str]) -> Fragment | None:
    """The JSON that a header writes a value with containers in it as."""
    if not reading.compact or len(raws) != 1 or raws[0].count("[") + raws[0].count("{") < 2:
        return None
    found = container(raws[0], reading.kind.types)
    return found if found is not None and reading.kind.fits(found) else None


def _exploded(reading: Reading, text: str) -> Fragment:
    """Members that stand side by side in one text."""
    types = reading.kind.types
    whole = _whole(reading, [text])
    if whole is not None:
        return whole
    parts = text.split(reading.row.separator)
    if types <= OBJECT:
        pairs = [part.partition("=") for part in parts if part.strip()]
        names = [(reading.decode(name), value) for name, _, value in pairs]
        return object_of({name: _single(reading, name, value) for name, value in names})
    values = [_value_of_pair(reading, part) for part in parts]
    if types <= ARRAY or (len(values) > 1 and "array" in types):
        return _items(reading, values)
    return reading.scalar(reading.kind, reading.decode(_value_of_pair(reading, text)))


def _value_of_pair(reading: Reading, text: str) -> str:
    """The value after a name that a matrix repeats; what lacks the name is the value itself."""
    name, _, value = text.partition("=")
    return value if reading.row.named and unquoted(name) == reading.name else text


def unquoted(name: str) -> str:
    """A name, decoded as well as it can be."""
    return unquote_to_bytes(name).decode(errors="replace")


def _items(reading: Reading, raws: list[str]) -> Fragment:
    kind = reading.kind
    return array([_item(reading, kind.item(at), raw, 1) for at, raw in enumerate(raws)])


def _item(reading: Reading, kind: Kind, raw: str, level: int) -> Fragment:
    """An item; one that is an array is joined again where its level has a delimiter."""
    if level < len(reading.joints) and "array" in kind.types:
        pieces = reading.joints[level].split(raw)
        items = [_item(reading, kind.item(at), each, level + 1) for at, each in enumerate(pieces)]
        return array(items)
    return reading.scalar(kind, reading.decode(raw))


def _in_turn(reading: Reading, split: list[str]) -> Fragment:
    """An object of names and values in turn."""
    if len(split) % 2:
        if not any(split):
            return "{}"
        raise Defect("has a name without a value")
    names = [reading.decode(each) for each in split[::2]]
    values = split[1::2]
    return object_of(
        {name: _single(reading, name, raw) for name, raw in zip(names, values, strict=True)}
    )
