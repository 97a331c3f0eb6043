"""JSON text to the wire form of google.protobuf.Value, with no message in between."""

import re
import struct
from collections.abc import Iterable, Mapping
from decimal import Decimal
from itertools import repeat
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import orjson

from facade.transcode.json_text import STRING, repeats_names
from gateway.convert.values import MAX_LEVELS, NoValue
from gateway.convert.wire import framed, varint

DIGITS = bytes.maketrans(b"0123456789.", b"0" * 11)
LONG = b"0" * 16
"""What every number has that a double may not hold, once all digits and points are alike."""
NUMBER = re.compile(rb"(?<![eE+])(?<![eE]-)[0-9.]++(?:[eE][-+]?+[0-9]++)?+")
"""Less its sign."""

NULL, DOUBLE, TEXT, BOOL, STRUCT, LIST = b"\x08", b"\x11", b"\x1a", b"\x20", b"\x2a", b"\x32"
"""The tags of a Value's kinds."""
ITEM, VALUE = b"\x0a", b"\x12"
"""The tags of an item in a Struct or a ListValue, and of the Value in an item of a Struct."""
CONSTANTS: Mapping[bool | None, bytes] = MappingProxyType(
    {None: NULL + b"\0", False: BOOL + b"\0", True: BOOL + b"\1"}
)

LONGEST_KEY = 64
"""Characters of a name that is remembered."""
MAX_KEYS = 512
"""Names that are remembered, before that begins anew."""
SHORT: Final = 0x7F
"""The largest size of one byte; of what is larger is not remembered what stands before it."""
NAMELESS = repeat(None)

_double: Final = struct.Struct("<d").pack


class Place(NamedTuple):
    """Where JSON goes in a message: one of two fields of a oneof."""

    value: bytes
    """The tag of the field that is a Value."""
    text: bytes
    """The tag of the one that is a text."""
    level: int
    """How deep the Value stands in the outermost message."""


class Before(dict[int, bytes]):
    """What stands in an item before a value of one kind, by the size of the value in bytes."""

    __slots__ = ("_head", "_tag")

    def __init__(self, head: bytes, tag: bytes) -> None:
        """Takes what stands in the item before its Value, and the tag of the kind."""
        super().__init__()
        self._head = head
        self._tag = tag

    def __missing__(self, size: int) -> bytes:
        found = _before(self._head, self._tag + varint(size), size)
        if size <= SHORT:
            self[size] = found
        return found


class Key:
    """What stands before each kind of value under one name; None is the name of all in a list."""

    __slots__ = ("constants", "lists", "number", "structs", "texts")

    def __init__(self, name: str | None) -> None:
        """Takes the name."""
        head = b"" if name is None else framed(ITEM, name.encode()) + VALUE
        self.number = _before(head, DOUBLE, 8)
        self.texts, self.structs, self.lists = (Before(head, tag) for tag in (TEXT, STRUCT, LIST))
        self.constants = {each: _before(head, CONSTANTS[each], 0) for each in CONSTANTS}
        """The whole items."""


class Keys(dict[str | None, Key]):
    """The keys of names, made when they come and kept for when they come again."""

    __slots__ = ()

    def __missing__(self, name: str | None) -> Key:
        key = Key(name)
        if name is None or len(name) <= LONGEST_KEY:
            if len(self) >= MAX_KEYS:
                self.clear()
            self[name] = key
        return key


class ValueWriter:
    """Writes Values, and keeps what it learns of the names in them."""

    def __init__(self) -> None:
        """Knows none."""
        self._keys = Keys()

    def put(self, json: bytes, place: Place, *, as_text: bool) -> bytes:
        """JSON as a field; JSON that no Value can carry is a text whatever is asked for."""
        if not as_text:
            try:
                return place.value + self._written(json, place.level)
            except NoValue:
                pass
        return framed(place.text, json)

    def _written(self, json: bytes, level: int) -> bytes:
        """A Value with its length before it, that stands so many levels deep; raises NoValue."""
        try:
            tree = orjson.loads(json)
        except orjson.JSONDecodeError:
            raise NoValue from None
        if repeats_names(json, tree):
            raise NoValue
        item = self._items(((None, tree),), level)
        if _loses_digits(json, tree):
            raise NoValue
        return item[len(ITEM) :]

    def _items(self, members: Iterable[tuple[str | None, Any]], level: int) -> bytes:
        """A Struct or a ListValue, whose Values stand so many levels deep.

        Those within one of them stand three levels deeper in a Struct, two in a ListValue.
        """
        if level > MAX_LEVELS:
            raise NoValue
        keys, parts = self._keys, []
        for name, each in members:
            key, kind = keys[name], type(each)
            if kind is str:
                written = each.encode()
                parts.append(key.texts[len(written)])
            elif kind is int or kind is float:
                written = _double(each)
                parts.append(key.number)
            elif kind is dict:
                written = self._items(each.items(), level + 3 if each else level + 1)
                parts.append(key.structs[len(written)])
            elif kind is list:
                elements = zip(NAMELESS, each, strict=False)
                written = self._items(elements, level + 2 if each else level + 1)
                parts.append(key.lists[len(written)])
            else:
                written = key.constants[each]
            parts.append(written)
        return b"".join(parts)


def _before(head: bytes, tag: bytes, size: int) -> bytes:
    """What stands in an item before the last bytes of its Value; the tag stands before those."""
    size += len(tag)
    if head:
        head += varint(size)
        size += len(head)
    return ITEM + varint(size) + head + tag


def _loses_digits(text: bytes, tree: Any) -> bool:
    """Whether some number would be written differently once it has been a double."""
    if LONG not in text.translate(DIGITS) or _comes_back(text, tree):
        return False
    return not (_are_doubles(text) or _are_doubles(STRING.sub(b"", text)))


def _comes_back(text: bytes, tree: Any) -> bool:
    """Whether JSON without an integer beyond a double's is written again as it came."""
    try:
        return orjson.dumps(tree, option=orjson.OPT_STRICT_INTEGER) == text
    except orjson.JSONEncodeError:
        return False


def _are_doubles(text: bytes) -> bool:
    """Whether a double holds every number with many digits, those in strings taken for numbers."""
    digits = text.translate(DIGITS)
    at = digits.find(LONG)
    while at >= 0:
        number = NUMBER.match(text, at)
        if number is None or not _is_double(number[0].decode()):
            return False
        at = digits.find(LONG, number.end())
    return True


def _is_double(literal: str) -> bool:
    try:
        double = repr(float(literal))
    except ValueError:
        return False
    return double == literal or Decimal(double) == Decimal(literal)
