"""JSON values to the fields of a message in wire form."""

from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from typing import Any, Final, Protocol, TypeAlias

import msgspec
import orjson

from facade.model.typed import Enum, Field, Scalar, WellKnown
from gateway.convert.wire import framed, varint
from gateway.typed.columns import FEW, Rows, framed_all
from gateway.typed.heads import Heads
from gateway.typed.misfit import Misfit
from gateway.typed.opaque import OpaqueWriter
from gateway.typed.scalar_writers import LENGTH, VARINT, WRITERS, integer, whole_of

Put: TypeAlias = Callable[[Any, int], bytes]
"""Writes a value of a message that stands so many levels deep: the field with its tag."""

KEY, VALUE = 1, 2
"""Numbers in the entry of a map."""

NULL: Final = b"\0"
"""NULL_VALUE, the only value of its enum."""


OBJECTS: Final = {dict}
NO_ARRAY: Final = "is no array"


class Writer(Protocol):
    """What writes a message."""

    @property
    def takes_null(self) -> bool:
        """Whether null is a value that it may stand for."""

    def write(self, tree: Any, level: int) -> bytes:
        """The message of a value; raises Misfit."""

    def rows(self, trees: list[Any], level: int) -> Iterable[bytes]:
        """Those of several objects; raises Misfit."""


class Element(msgspec.Struct, frozen=True, gc=False):
    """How one value of a field's type is written."""

    wire: int
    """Its wire type."""
    write: Put
    """Behind the tag; of what has a length, that first. Takes the level that the value has."""


class Elements:
    """Makes what writes fields."""

    def __init__(
        self,
        enums: Mapping[str, Enum],
        heads: Callable[[int], Heads],
        message: Callable[[str], Writer],
        *,
        by_columns: bool,
    ) -> None:
        """Takes the enums, what stands before texts by number, and those of other messages.

        `by_columns`: whether arrays of many objects are written member by member.
        """
        self._by_columns = by_columns
        self._enums, self._heads, self._message = enums, heads, message
        self._opaque = OpaqueWriter()
        self._open: Mapping[WellKnown, Put] = {
            WellKnown.VALUE: self._opaque.value,
            WellKnown.STRUCT: self._opaque.struct,
            WellKnown.LIST: self._opaque.list,
        }

    def put(self, field: Field, *, null: Field | None, other: Field | None) -> Put:
        """What writes a field, with those beside it for null and for other values."""
        if field.repeated:
            put = self._repeated(field)
        elif field.keyed:
            put = self._keyed(field)
        else:
            put = self._single(field, other)
        if null is not None:
            return _or(varint(null.number << 3 | VARINT) + NULL, put)
        return put if self._takes_null(field) else _or(b"", put)

    def entry(self, field: Field) -> Callable[[str, Any, int], bytes]:
        """What writes an entry of a map."""
        element = self._element(field, level=2)
        tag, key = varint(field.number << 3 | LENGTH), varint(KEY << 3 | LENGTH)
        value = varint(VALUE << 3 | element.wire)

        def put(name: str, each: Any, level: int) -> bytes:
            return framed(tag, framed(key, name.encode()) + value + element.write(each, level))

        return put

    def _takes_null(self, field: Field) -> bool:
        """Whether null is a value of the type itself."""
        if field.repeated or field.keyed:
            return False
        if field.type is not None:
            return field.type in (WellKnown.VALUE, WellKnown.NULL)
        return field.ref not in self._enums and self._message(field.ref).takes_null

    def _single(self, field: Field, other: Field | None) -> Put:
        if other is not None:
            return self._enum(field, other)
        element = self._element(field, level=1)
        tag, write = varint(field.number << 3 | element.wire), element.write
        return lambda value, level: tag + write(value, level)

    def _repeated(self, field: Field) -> Put:
        body, heads = self._body(field), self._heads(field.number)
        if body is not None and field.type is None and self._by_columns:
            rows = self._message(field.ref).rows
            return _by_columns(heads, rows, _listing(heads, body))
        if field.type is Scalar.STRING and body is not None:
            return _texts(heads, _listing(heads, body))
        if body is not None:
            return _listing(heads, body)
        element = self._element(field, level=1)
        write, packed = element.write, element.wire != LENGTH
        tag = varint(field.number << 3 | LENGTH)
        before = b"" if packed else tag

        def put(value: Any, level: int) -> bytes:
            parts = _parts(value, lambda each: (before, write(each, level)))
            written = b"".join(parts)
            return framed(tag, written) if packed and written else written

        return put

    def _body(self, field: Field) -> Put | None:
        """What writes a value of a text, bytes or message type without its length."""
        if field.type is None:
            return None if field.ref in self._enums else self._message(field.ref).write
        if not isinstance(field.type, Scalar) or WRITERS[field.type].wire != LENGTH:
            return None
        write = WRITERS[field.type].write
        return lambda value, _level: write(value)

    def _keyed(self, field: Field) -> Put:
        entry = self.entry(field)

        def put(value: Any, level: int) -> bytes:
            if type(value) is not dict:
                raise Misfit("is no object")
            parts: list[bytes] = []
            name = ""
            try:
                for name, each in value.items():
                    parts.append(entry(name, each, level))
            except Misfit as misfit:
                misfit.path.append(name)
                raise
            return b"".join(parts)

        return put

    def _element(self, field: Field, *, level: int) -> Element:
        """`level`: how much deeper than its message a message in the field stands."""
        if isinstance(field.type, Scalar):
            return _scalar(field.type)
        if field.type is WellKnown.NULL:
            return Element(VARINT, _null)
        if field.type is not None:
            return Element(LENGTH, _deeper(self._open[field.type], level))
        if field.ref in self._enums:
            return Element(VARINT, _listed(self._enums[field.ref]))
        return Element(LENGTH, self._nested(field.ref, level))

    def _nested(self, ref: str, level: int) -> Put:
        writer = self._message(ref)

        def write(value: Any, above: int) -> bytes:
            return framed(b"", writer.write(value, above + level))

        return write

    def _enum(self, field: Field, other: Field) -> Put:
        tag, texts = varint(field.number << 3 | VARINT), self._heads(other.number)
        numbers, said_of = _numbers(self._enums[field.ref])
        known = {value: tag + number for value, number in numbers.items()}

        def put(value: Any, _level: int) -> bytes:
            said = said_of(value)
            if said in known:
                return known[said]
            text = str(said).encode()
            return texts[len(text)] + text

        return put


def _by_columns(heads: Heads, rows: Rows, others: Put) -> Put:
    """Writes arrays of many objects, and `others` all other values."""

    def put(value: Any, level: int) -> bytes:
        if type(value) is not list or len(value) < FEW or set(map(type, value)) != OBJECTS:
            return others(value, level)
        bodies = list(rows(value, level + 1))
        return b"".join(chain.from_iterable(zip(*framed_all(heads, bodies), strict=True)))

    return put


def _texts(heads: Heads, others: Put) -> Put:
    """Writes arrays of texts, and `others` all other values."""

    def put(value: Any, level: int) -> bytes:
        if type(value) is not list:
            return others(value, level)
        parts: list[bytes] = []
        for each in value:
            if type(each) is not str:
                return others(value, level)
            written = each.encode()
            parts += heads[len(written)], written
        return b"".join(parts)

    return put


def _listing(heads: Heads, body: Put) -> Put:
    def put(value: Any, level: int) -> bytes:
        if type(value) is not list:
            raise Misfit(NO_ARRAY)
        parts: list[bytes] = []
        try:
            for each in value:
                written = body(each, level + 1)
                parts += heads[len(written)], written
        except Misfit as misfit:
            misfit.path.append(len(parts) // 2)
            raise
        return b"".join(parts)

    return put


def _parts(value: Any, one: Callable[[Any], tuple[bytes, bytes]]) -> list[bytes]:
    """What is written for the items of an array, two parts for each."""
    if type(value) is not list:
        raise Misfit(NO_ARRAY)
    parts: list[bytes] = []
    try:
        for each in value:
            parts += one(each)
    except Misfit as misfit:
        misfit.path.append(len(parts) // 2)
        raise
    return parts


def _or(null: bytes, put: Put) -> Put:
    return lambda value, level: null if value is None else put(value, level)


def _deeper(write: Put, level: int) -> Put:
    return lambda value, above: write(value, above + level)


def _scalar(scalar: Scalar) -> Element:
    wire, write = WRITERS[scalar]
    if wire == LENGTH:
        return Element(wire, lambda value, _level: framed(b"", write(value)))
    return Element(wire, lambda value, _level: write(value))


def _null(value: Any, _level: int) -> bytes:
    if value is not None:
        raise Misfit("is not null")
    return NULL


def _listed(enum: Enum) -> Put:
    known, said_of = _numbers(enum)

    def write(value: Any, _level: int) -> bytes:
        said = said_of(value)
        if said not in known:
            raise Misfit("is no value that the document lists")
        return known[said]

    return write


def _numbers(enum: Enum) -> tuple[Mapping[Any, bytes], Callable[[Any], str | int]]:
    """The varints of an enum's values by their JSON, and what makes such JSON of a value."""
    known = {orjson.loads(each.key): integer(each.number) for each in enum.values}
    texts = any(type(each) is str for each in known)
    return known, _text if texts else _integer


def _text(value: Any) -> str:
    if type(value) is not str:
        raise Misfit("is no text")
    return value


def _integer(value: Any) -> int:
    number = whole_of(value)
    if number is None:
        raise Misfit("is no integer")
    return number
