"""Trees of CEL: what its library knows of a compiled condition, read from the bytes that it gives.

`cel.expr.CheckedExpr` (cel-spec, checked.proto and syntax.proto) in protobuf's encoding; of it the
expression, the types that were found, and where each part stands in the text.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

_EXPRESSION, _SOURCE, _ANY = 4, 5, 2
_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5
_POSITIONS: Final = 4

Value = int | bytes


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a condition."""

    kind: str
    """`constant`, `name`, `field`, `call`, `list`, `object` or `loop`."""
    name: str = ""
    """Of a variable, a field, a function; of a loop its variable."""
    below: "tuple[Part, ...]" = ()
    """Operand, target and arguments, items; of a loop: its range, start, condition, step, end."""
    text: str | None = None
    """Of a constant that is a string."""
    tests: bool = False
    """Whether a field is only asked for: `has(…)`."""
    at: int = 0
    """Where in the text it stands, in characters."""
    gathers: bool = False
    """Whether a loop makes a list: `map` and `filter`, which copy it at each item."""
    sum: str = ""
    """The name by which a loop's own parts call what it has so far."""


def tree_of(serialized: bytes) -> Part:
    """Gives the tree of a condition that the library compiled."""
    checked = serialized
    for number, value in _fields(serialized):
        # The library wraps it in google.protobuf.Any.
        if number == _ANY and isinstance(value, bytes) and b"cel.expr.CheckedExpr" in serialized:
            checked = value
    places: dict[int, int] = {}
    root = b""
    for number, value in _fields(checked):
        if number == _SOURCE and isinstance(value, bytes):
            places = dict(_places(value))
        elif number == _EXPRESSION and isinstance(value, bytes):
            root = value
    return _part(root, places)


def _fields(data: bytes) -> Iterator[tuple[int, Value]]:
    """The fields of a message, by their numbers."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        wire = key & 7
        if wire == _VARINT:
            value, at = _varint(data, at)
            yield key >> 3, value
            continue
        size = {_FIXED64: 8, _FIXED32: 4}.get(wire, 0)
        if wire == _LENGTH:
            size, at = _varint(data, at)
        yield key >> 3, data[at : at + size]
        at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """An integer of 7 bits in each byte, and where it ends."""
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def _places(source: bytes) -> Iterator[tuple[int, int]]:
    """Of each part by its id, where it stands."""
    for number, value in _fields(source):
        if number == _POSITIONS and isinstance(value, bytes):
            entry = dict(_fields(value))
            key, offset = entry.get(1, 0), entry.get(2, 0)
            if isinstance(key, int) and isinstance(offset, int):
                yield key, offset


def _part(data: bytes, places: Mapping[int, int]) -> Part:
    """A message Expr."""
    fields = dict(_fields(data))
    identifier = fields.get(2, 0)
    at = places.get(identifier, 0) if isinstance(identifier, int) else 0
    for number, make in _MAKERS.items():
        value = fields.get(number)
        if isinstance(value, bytes):
            return make(value, at, places)
    return Part("constant", at=at)


def _text(value: Value | None) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""


def _constant(data: bytes, at: int, _: Mapping[int, int]) -> Part:
    fields = dict(_fields(data))
    return Part("constant", text=_text(fields[6]) if 6 in fields else None, at=at)


def _name(data: bytes, at: int, _: Mapping[int, int]) -> Part:
    return Part("name", _text(dict(_fields(data)).get(1)), at=at)


def _field(data: bytes, at: int, places: Mapping[int, int]) -> Part:
    fields = dict(_fields(data))
    operand = fields.get(1)
    below = (_part(operand, places),) if isinstance(operand, bytes) else ()
    return Part("field", _text(fields.get(2)), below, tests=bool(fields.get(3)), at=at)


def _call(data: bytes, at: int, places: Mapping[int, int]) -> Part:
    name, below = "", []
    for number, value in _fields(data):
        if number == 2:
            name = _text(value)
        elif isinstance(value, bytes):
            below.append(_part(value, places))
    return Part("call", name, tuple(below), at=at)


def _list(data: bytes, at: int, places: Mapping[int, int]) -> Part:
    fields = ((number, each) for number, each in _fields(data) if isinstance(each, bytes))
    below = [_part(each, places) for number, each in fields if number == 1]
    return Part("list", below=tuple(below), at=at)


def _object(data: bytes, at: int, places: Mapping[int, int]) -> Part:
    below: list[Part] = []
    for number, entry in _fields(data):
        if number == 2 and isinstance(entry, bytes):
            pair = [each for key, each in _fields(entry) if key in {3, 4}]
            below += [_part(each, places) for each in pair if isinstance(each, bytes)]
    return Part("object", below=tuple(below), at=at)


def _loop(data: bytes, at: int, places: Mapping[int, int]) -> Part:
    fields = dict(_fields(data))
    several = [fields.get(number) for number in (2, 4, 5, 6, 7)]
    below = tuple(_part(each, places) for each in several if isinstance(each, bytes))
    gathers = len(below) > 1 and below[1].kind == "list"
    name, own = _text(fields.get(1)), _text(fields.get(3))
    return Part("loop", name, below, at=at, gathers=gathers, sum=own)


_MAKERS: Final = {3: _constant, 4: _name, 5: _field, 6: _call, 7: _list, 8: _object, 9: _loop}
"""By the number of the field in Expr."""
