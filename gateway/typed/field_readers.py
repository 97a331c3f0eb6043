"""What stands in the fields of a message as JSON values."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Protocol

import orjson

from facade.model.typed import Enum, Field, Role, Scalar, WellKnown
from facade.transcode.doubles import MAX_STRUCT
from gateway.typed.field_writers import KEY, VALUE
from gateway.typed.opaque import NoKind, opaque_of
from gateway.typed.scalar_readers import (
    READERS,
    Convert,
    Path,
    Read,
    ReadAs,
    Reading,
    int32,
    number_of,
)
from gateway.typed.scalar_writers import LENGTH, VARINT
from gateway.typed.scan import FIXED, UNKNOWN, Found, Keep, Keeps, chunks, scan, varints


class Reader(Protocol):
    """What reads a message."""

    def read(self, data: bytes, path: Path, level: int, reading: Reading) -> Any:
        """The JSON value of a message; raises Broken."""


class Fields:
    """Makes what reads fields."""

    def __init__(self, enums: Mapping[str, Enum], message: Callable[[str], Reader]) -> None:
        """Takes the enums, and what reads other messages."""
        self._enums, self._message = enums, message

    def keeps(self, field: Field, rivals: Iterable[Field]) -> dict[int, Keep]:
        """What takes the values of a field, by tag; `rivals`: the others of its oneof."""
        wire, convert, *_ = self._element(field)
        number = field.number
        tag, packed = number << 3 | wire, number << 3 | LENGTH
        if field.keyed:
            return {packed: _each(number, bytes)}
        if field.repeated:
            return {packed: _packed(number, wire, convert), tag: _each(number, convert)}
        keep = (_each if self._is_merged(field) else _last)(number, convert)
        others = tuple((each.number, self._check(each)) for each in rivals)
        return {tag: _alone(keep, others) if others else keep}

    def read(self, field: Field) -> Read | None:
        """What makes the JSON value of what was kept of a field; None: that is it."""
        if field.keyed:
            return self.entries(field)
        read = self._element(field).read
        if read is None or not (field.repeated or self._is_merged(field)):
            return read
        return _items(read) if field.repeated else _joined(read)

    def other(self, enum: str) -> Read | None:
        """What reads the text of a value that an enum does not have."""
        texts = any(type(each) is str for each in _values(self._enums[enum]).values())
        return None if texts else _read_integer

    def _is_merged(self, field: Field) -> bool:
        """Whether it is a message: given twice, it is all of its bytes one after the other."""
        if field.type is None:
            return field.ref not in self._enums
        return isinstance(field.type, WellKnown) and field.type is not WellKnown.NULL

    def _check(self, field: Field) -> Callable[[list[bytes]], object] | None:
        """What finds out whether a message is broken that another field has taken the place of."""
        if field.type is not None or field.ref in self._enums:
            return None
        reader = self._message(field.ref)
        return lambda raw: reader.read(b"".join(raw), (), 0, Reading())

    def _element(self, field: Field) -> ReadAs:
        if field.role is Role.DATA:
            return ReadAs(LENGTH, bytes, b"")
        if isinstance(field.type, Scalar):
            return READERS[field.type]
        if field.type is WellKnown.NULL:
            return ReadAs(VARINT, _null, None)
        if field.type is not None:
            return ReadAs(LENGTH, bytes, b"", _opaque(field.type))
        if field.ref in self._enums:
            return ReadAs(VARINT, int32, 0, _listed(self._enums[field.ref]))
        return ReadAs(LENGTH, bytes, b"", self._nested(field.ref))

    def _nested(self, ref: str) -> Read:
        reader = self._message(ref)

        def read(raw: bytes, path: Path, level: int, reading: Reading) -> Any:
            return reader.read(raw, path, level + 1, reading)

        return read

    def entries(self, field: Field) -> Read:
        """What makes an object of what was kept of a map."""
        wire, convert, zero, read_value = self._element(field)
        keep = _last(VALUE, convert)
        if self._is_merged(field) and read_value is not None:
            keep, read_value, zero = _each(VALUE, bytes), _joined(read_value), ()
        keeps = Keeps({KEY << 3 | LENGTH: _last(KEY, bytes.decode), VALUE << 3 | wire: keep})

        def read(raw: list[bytes], path: Path, level: int, reading: Reading) -> dict[str, Any]:
            reading.take(len(raw), path)
            found: dict[str, Any] = {}
            for each in raw:
                entry = scan(each, keeps, level + 1)
                if UNKNOWN in entry:
                    reading.take(entry[UNKNOWN], path)
                name, value = entry.get(KEY, ""), entry.get(VALUE, zero)
                found[name] = (
                    value
                    if read_value is None
                    else read_value(value, (*path, name), level + 1, reading)
                )
            return found

        return read


LONGEST: Final = 64
"""Digits of an integer."""
WIDE: Final = 64
"""Bits of integers that not everything writes."""
UNSURE: Final = (
    "is a whole number beyond 2^53, which a double does not hold for certain; "
    "call ExecuteAction with `parameters_json`"
)


def _last(number: int, convert: Convert) -> Keep:
    def keep(found: Found, raw: Any) -> None:
        found[number] = convert(raw)

    return keep


def _each(number: int, convert: Convert) -> Keep:
    def keep(found: Found, raw: Any) -> None:
        found.setdefault(number, []).append(convert(raw))

    return keep


def _packed(number: int, wire: int, convert: Convert) -> Keep:
    def keep(found: Found, raw: bytes) -> None:
        values = varints(raw) if wire == VARINT else chunks(raw, FIXED[wire])
        if values:
            found.setdefault(number, []).extend(map(convert, values))

    return keep


def _alone(
    keep: Keep, rivals: tuple[tuple[int, Callable[[list[bytes]], object] | None], ...]
) -> Keep:
    """Whatever was set of the same oneof is not any more."""

    def kept(found: Found, raw: Any) -> None:
        for rival, check in rivals:
            if rival in found:
                gone = found.pop(rival)
                if check is not None:
                    check(gone)
        keep(found, raw)

    return kept


def _joined(read: Read) -> Read:
    def whole(raw: list[bytes], path: Path, level: int, reading: Reading) -> Any:
        return read(raw[0] if len(raw) == 1 else b"".join(raw), path, level, reading)

    return whole


def _items(read: Read) -> Read:
    def items(raw: list[Any], path: Path, level: int, reading: Reading) -> list[Any]:
        reading.take(len(raw), path)
        return [read(each, (*path, at), level, reading) for at, each in enumerate(raw)]

    return items


def _null(_raw: int) -> None:
    return None


def _read_integer(text: str, path: Path, _level: int, reading: Reading) -> int:
    digits = text.removeprefix("-")
    if digits.isascii() and digits.isdigit() and len(digits) <= LONGEST:
        number = int(text)
        reading.exponents |= number.bit_length() >= WIDE
        return number
    reading.refuse(path, "is no integer, as the values of its enum are")
    return 0


def _values(enum: Enum) -> Mapping[int, Any]:
    """The JSON of an enum's values, by number."""
    return {each.number: orjson.loads(each.key) for each in enum.values}


def _listed(enum: Enum) -> Read:
    known = _values(enum)

    def read(number: int, path: Path, _level: int, reading: Reading) -> Any:
        if number in known:
            return known[number]
        if number:
            reading.refuse(path, f"is {number}, which is no value of the enum {enum.name}")
        else:
            reading.refuse(path, f"is {enum.zero}, which says nothing; leave the field out")
        return None

    return read


def _opaque(kind: WellKnown) -> Read:
    def read(raw: bytes, path: Path, _level: int, reading: Reading) -> Any:
        try:
            return _numbered(opaque_of(kind, raw), path, reading)
        except NoKind:
            reading.refuse(path, "holds a Value without a kind, or is broken")
            return None

    return read


def _numbered(value: Any, path: Path, reading: Reading) -> Any:
    """The same with whole numbers as integers."""
    if type(value) is dict:
        return {name: _numbered(each, (*path, name), reading) for name, each in value.items()}
    if type(value) is list:
        return [_numbered(each, (*path, at), reading) for at, each in enumerate(value)]
    if type(value) is not float:
        return value
    if value.is_integer() and abs(value) > MAX_STRUCT:
        reading.refuse(path, UNSURE)
    return number_of(value, path, reading)
