"""JSON text to the wire form of google.protobuf.Value, with no message in between."""

import re
import struct
from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType, NoneType
from typing import Any, Final, NamedTuple, TypeAlias

import orjson

from facade.transcode.json_text import STRING, repeats_names
from gateway.convert.values import MAX_LEVELS, NoValue
from gateway.convert.wire import framed, varint

DIGITS = bytes.maketrans(b"0123456789.", b"0" * 11)
LONG = b"0" * 16
"""What every number has that a double may not hold, once all digits and points are alike."""
NUMBER = re.compile(rb"(?<![eE+])(?<![eE]-)[0-9.]++(?:[eE][-+]?+[0-9]++)?+")
"""Less its sign."""

TINY = re.compile(rb"[eE]-0*(?:[3-9][0-9]{2}|[1-9][0-9]{3})")
"""The exponent of what a double may hold as zero alone."""

ITEM, VALUE = b"\x0a", b"\x12"
"""The tags of an item in a Struct or a ListValue, and of the Value in an item of a Struct."""


class Kind(NamedTuple):
    """A kind of Value."""

    tag: bytes
    sized: bool
    """Whether its size stands before it."""


KINDS: Mapping[type, Kind] = MappingProxyType(
    {
        NoneType: Kind(b"\x08", sized=False),
        int: Kind(b"\x11", sized=False),
        float: Kind(b"\x11", sized=False),
        str: Kind(b"\x1a", sized=True),
        bool: Kind(b"\x20", sized=False),
        dict: Kind(b"\x2a", sized=True),
        list: Kind(b"\x32", sized=True),
    }
)
CONSTANTS: Mapping[bool | None, bytes] = MappingProxyType({None: b"\0", False: b"\0", True: b"\1"})

Heads: TypeAlias = dict[str | None, dict[int, bytes]]
"""What stands in items before values of one kind: by name, None in a list, and by size in bytes."""

LONGEST_KEY = 64
"""Characters of a name that is remembered."""
MAX_KEYS = 512
"""Names that are remembered for a kind, before that begins anew."""
MAX_SIZES = 128
"""Sizes of the values of one name that are remembered, before that begins anew."""

_double: Final = struct.Struct("<d").pack
DOUBLE: Final = 8
"""Bytes of one."""


class JsonPlace(NamedTuple):
    """Where JSON goes in a message: one of two fields of a oneof."""

    value: bytes
    """The tag of the field that is a Value."""
    text: bytes
    """The tag of the one that is a text."""
    level: int
    """How deep the Value stands in the outermost message."""


class ValueWriter:
    """Writes Values, and keeps what it learns of the names in them."""

    def __init__(self) -> None:
        """Knows none."""
        self._texts, self._numbers, self._structs, self._lists = (Heads() for _ in range(4))
        self._heads = {
            NoneType: Heads(),
            bool: Heads(),
            int: self._numbers,
            float: self._numbers,
            str: self._texts,
            dict: self._structs,
            list: self._lists,
        }

    def put(self, json: bytes, place: JsonPlace, *, as_text: bool) -> bytes:
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
        if not _comes_back(json, tree) and (repeats_names(json, tree) or loses_digits(json)):
            raise NoValue
        return self.elements([tree], level)[len(ITEM) :]

    def members(self, tree: Mapping[str, Any], level: int) -> bytes:
        """A Struct, whose Values stand so many levels deep; those within them, three deeper."""
        if level > MAX_LEVELS:
            raise NoValue
        parts: list[bytes] = []
        for name, each in tree.items():
            kind = type(each)
            try:
                if kind is str:
                    written = each.encode()
                    head = self._texts[name][len(written)]
                elif kind is int or kind is float:
                    written = _double(each)
                    head = self._numbers[name][DOUBLE]
                elif kind is dict:
                    written = self.members(each, level + 3 if each else level + 1)
                    head = self._structs[name][len(written)]
                elif kind is list:
                    written = self.elements(each, level + 2 if each else level + 1)
                    head = self._lists[name][len(written)]
                else:
                    written = CONSTANTS[each]
                    head = self._heads[kind][name][1]
            except KeyError:
                head = self._learned(kind, name, len(written))
            parts += head, written
        return b"".join(parts)

    # Apart from `members`: one loop for both, over pairs, would take a fifth longer.
    def elements(self, tree: Sequence[Any], level: int) -> bytes:
        """A ListValue, whose Values stand so many levels deep; those within them, two deeper."""
        if level > MAX_LEVELS:
            raise NoValue
        parts: list[bytes] = []
        for each in tree:
            kind = type(each)
            try:
                if kind is dict:
                    written = self.members(each, level + 3 if each else level + 1)
                    head = self._structs[None][len(written)]
                elif kind is str:
                    written = each.encode()
                    head = self._texts[None][len(written)]
                elif kind is int or kind is float:
                    written = _double(each)
                    head = self._numbers[None][DOUBLE]
                elif kind is list:
                    written = self.elements(each, level + 2 if each else level + 1)
                    head = self._lists[None][len(written)]
                else:
                    written = CONSTANTS[each]
                    head = self._heads[kind][None][1]
            except KeyError:
                head = self._learned(kind, None, len(written))
            parts += head, written
        return b"".join(parts)

    def _learned(self, kind: type, name: str | None, size: int) -> bytes:
        """What stands in an item before a value; it is kept, unless its name is too long."""
        head = _head(KINDS[kind], name, size)
        if name is None or len(name) <= LONGEST_KEY:
            heads = self._heads[kind]
            if name not in heads and len(heads) >= MAX_KEYS:
                heads.clear()
            sizes = heads.setdefault(name, {})
            if len(sizes) >= MAX_SIZES:
                sizes.clear()
            sizes[size] = head
        return head


def _head(kind: Kind, name: str | None, size: int) -> bytes:
    """What stands in an item before the last bytes of its Value, so many."""
    head = kind.tag + varint(size) if kind.sized else kind.tag
    if name is not None:
        head = framed(ITEM, name.encode()) + VALUE + varint(len(head) + size) + head
    return ITEM + varint(len(head) + size) + head


def loses_digits(text: bytes) -> bool:
    """Whether some number would be written differently once it has been a double."""
    if (b"e-" in text or b"E-" in text) and TINY.search(text):
        numbers = NUMBER.findall(STRING.sub(b"", text))
        return not all(_is_double(each.decode()) for each in numbers)
    if LONG not in text.translate(DIGITS):
        return False
    return not (_are_doubles(text) or _are_doubles(STRING.sub(b"", text)))


def _comes_back(text: bytes, tree: Any) -> bool:
    """Whether JSON without an integer beyond a double's is written again as it came.

    Then no name in it stands twice, and no number loses digits.
    """
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
