"""JSON and the messages of a typed service, by protobuf's own classes and docs/typed.md alone."""

import base64
import json
import math
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message import Message as Proto
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.struct_pb2 import ListValue, Struct, Value

from facade.model.typed import Field, Kind, Message, Role, Scalar, TypedService, WellKnown

EXACT = 2**53
"""Up to here a double holds every integer."""
OPEN: Mapping[Any, type] = MappingProxyType(
    {WellKnown.VALUE: object, WellKnown.STRUCT: dict, WellKnown.LIST: list}
)
KINDS: Mapping[Any, Any] = MappingProxyType(
    {WellKnown.VALUE: Value, WellKnown.STRUCT: Struct, WellKnown.LIST: ListValue}
)


class Unsayable(Exception):
    """A value for which a message has no words."""


@dataclass(frozen=True)
class Said:
    """A message, and the part of a JSON value that it says."""

    message: Any
    kept: Any


class TypedJson:
    """Says JSON as messages of one service, and reads it from them."""

    def __init__(self, service: TypedService, pool: DescriptorPool, package: str) -> None:
        self.service = service
        self._pool = pool
        self._package = package

    def kind(self, key: str) -> Any:
        """The class of a message."""
        name = f"{self._package}.{self.service.messages[key].name}"
        return GetMessageClass(self._pool.FindMessageTypeByName(name))

    def say(self, key: str, value: Any) -> Said:
        """A JSON value as a message; raises Unsayable."""
        made = self.kind(key)()
        return Said(made, self._put(made, key, value))

    def read(self, message: Proto, key: str) -> Any:
        """The JSON value that a message says."""
        known = self.service.messages[key]
        if known.kind is Kind.OBJECT:
            return self._read_object(message, known)
        found = self._read_members(message, known)
        if found:
            return next(iter(found.values()))
        field = known.fields[0]
        return [] if field.repeated else {} if field.keyed else None

    def _put(self, message: Any, key: str, value: Any) -> Any:
        known = self.service.messages[key]
        if known.kind is Kind.OBJECT:
            return self._put_object(message, known, value)
        if known.kind is Kind.CHOICE:
            return self._put_choice(message, known, value)
        return self._put_field(message, known, of_role(known, Role.WHOLE)[0], value)

    def _put_object(self, message: Any, known: Message, value: Any) -> Any:
        if not isinstance(value, dict):
            raise Unsayable("no object")
        kept = {}
        members = {each.json: each for each in of_role(known, Role.MEMBER)}
        extra = of_role(known, Role.ADDITIONAL)
        for name, each in value.items():
            if name in members:
                put = self._put_field(message, known, members[name], each)
                if put not in ([], {}) or not is_several(members[name]):
                    kept[name] = put
            elif extra:
                kept[name] = self._put_entry(message, extra[0], name, each)
        return kept

    def _put_choice(self, message: Any, known: Message, value: Any) -> Any:
        said: Any = json_type(value)
        if known.discriminator:
            said = value.get(known.discriminator) if isinstance(value, dict) else None
        field = next((each for each in known.fields if each.json == said), None)
        if field is None:
            raise Unsayable(f"{said} is no kind of {known.name}")
        return self._put_field(message, known, field, value)

    def _put_field(self, message: Any, known: Message, field: Field, value: Any) -> Any:
        if value is None and not self._takes_null(field):
            return self._put_null(message, known, field)
        if field.keyed:
            if not isinstance(value, dict):
                raise Unsayable("no object")
            return {name: self._put_entry(message, field, name, x) for name, x in value.items()}
        if field.repeated:
            if not isinstance(value, list):
                raise Unsayable("no array")
            return [self._put_item(message, field, each) for each in value]
        if is_message(field, self.service):
            held = getattr(message, field.name)
            held.SetInParent()
            return self._fill(held, field, value)
        return self._put_scalar(message, known, field, value)

    def _put_scalar(self, message: Any, known: Message, field: Field, value: Any) -> Any:
        try:
            setattr(message, field.name, self._scalar(field, value))
        except Unsayable:
            other = next((x for x in of_role(known, Role.OTHER) if x.json == field.json), None)
            texts = other is not None and is_of_texts(self.service.enums[field.ref].values)
            if other is None or not isinstance(value, str if texts else int):
                raise
            setattr(message, other.name, str(value))
        return value

    def _put_null(self, message: Any, known: Message, field: Field) -> Any:
        beside = [each for each in of_role(known, Role.NULL) if each.json == field.json]
        if not beside:
            raise Unsayable(f"null as {field.name}")
        setattr(message, beside[0].name, 0)

    def _put_entry(self, message: Any, field: Field, name: str, value: Any) -> Any:
        held = getattr(message, field.name)
        if is_message(field, self.service):
            return self._fill(held[name], field, value)
        held[name] = self._scalar(field, value)
        return value

    def _put_item(self, message: Any, field: Field, value: Any) -> Any:
        held = getattr(message, field.name)
        if is_message(field, self.service):
            return self._fill(held.add(), field, value)
        held.append(self._scalar(field, value))
        return value

    def _fill(self, held: Any, field: Field, value: Any) -> Any:
        """What a field's message says; the message is changed."""
        if field.ref:
            return self._put(held, field.ref, value)
        if not isinstance(value, OPEN[field.type]) or not all(map(is_double, leaves(value))):
            raise Unsayable(f"no {field.type}")
        plain: Any = value
        held.MergeFromString(ParseDict(plain, KINDS[field.type]()).SerializeToString())
        return value

    def _scalar(self, field: Field, value: Any) -> Any:
        if field.ref:
            listed = {each.key: each.number for each in self.service.enums[field.ref].values}
            number = listed.get(json.dumps(value, ensure_ascii=False))
            if number is None:
                raise Unsayable(f"{value} is not listed")
            return number
        return scalar(field.type, value)

    def _takes_null(self, field: Field) -> bool:
        if is_several(field):
            return False
        if field.ref in self.service.messages:
            held = self.service.messages[field.ref]
            nulls = [each for each in held.fields if each.type is WellKnown.NULL]
            anything = [each for each in held.fields if each.type is WellKnown.VALUE]
            return held.kind is not Kind.OBJECT and bool(nulls or anything)
        return field.type in (WellKnown.VALUE, WellKnown.NULL)

    def _read_object(self, message: Any, known: Message) -> Any:
        found = self._read_members(message, known)
        for field in of_role(known, Role.ADDITIONAL):
            found |= self._read_field(message, field)
        return found

    def _read_members(self, message: Any, known: Message) -> dict[str, Any]:
        """What the fields that are set say, by their name in the JSON."""
        found: dict[str, Any] = {}
        for field in known.fields:
            if field.role is Role.ADDITIONAL:
                continue
            held = getattr(message, field.name)
            if len(held) if is_several(field) else message.HasField(field.name):
                found[field.json] = self._read_field(message, field)
                if field.role is Role.OTHER:
                    ref = next(x.ref for x in of_role(known, Role.MEMBER) if x.json == field.json)
                    texts = is_of_texts(self.service.enums[ref].values)
                    found[field.json] = held if texts else int(held)
        return found

    def _read_field(self, message: Any, field: Field) -> Any:
        held = getattr(message, field.name)
        if field.keyed:
            return {name: self._read_one(held[name], field) for name in sorted(held)}
        if field.repeated:
            return [self._read_one(each, field) for each in held]
        return self._read_one(held, field)

    def _read_one(self, held: Any, field: Field) -> Any:
        if field.ref in self.service.enums:
            listed = {each.number: each.key for each in self.service.enums[field.ref].values}
            return json.loads(listed[held])
        if field.ref:
            return self.read(held, field.ref)
        if field.type is WellKnown.NULL:
            return None
        if isinstance(field.type, WellKnown):
            return in_order(MessageToDict(held))
        if field.type is Scalar.BYTES:
            return base64.b64encode(held).decode()
        return number(shortest(held) if field.type is Scalar.FLOAT else held)


def scalar(kind: Any, value: Any) -> Any:
    """A JSON value as one of a scalar type; raises Unsayable."""
    known = SCALARS.get(type(value), {}).get(kind)
    found = known(value) if known is not None else None
    if found is None:
        raise Unsayable(f"{value!r} as {kind}")
    return found


def _whole(low: int, high: int) -> Callable[[Any], int | None]:
    return lambda value: int(value) if value == int(value) and low <= value < high else None


def _double(value: Any) -> float | None:
    return float(value) if is_double(value) else None


def _octets(text: str) -> bytes | None:
    found = octets(text)
    return found if base64.b64encode(found).decode() == text else None


def _itself(value: Any) -> Any:
    return value


NUMBERS: Mapping[Any, Callable[[Any], Any]] = MappingProxyType(
    {
        Scalar.INT32: _whole(-(2**31), 2**31),
        Scalar.INT64: _whole(-(2**63), 2**63),
        Scalar.UINT32: _whole(0, 2**32),
        Scalar.UINT64: _whole(0, 2**64),
        Scalar.DOUBLE: _double,
        Scalar.FLOAT: _double,
    }
)
SCALARS: Mapping[type, Mapping[Any, Callable[[Any], Any]]] = MappingProxyType(
    {
        int: NUMBERS,
        float: NUMBERS,
        bool: {Scalar.BOOL: _itself},
        str: {Scalar.STRING: _itself, Scalar.BYTES: _octets},
        type(None): {WellKnown.NULL: lambda _: 0},
    }
)
"""What makes one of a type, by the type of the value in Python; None where there is none."""


def octets(text: str) -> bytes:
    """What is meant by base64; nothing where it is none."""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return b""


def of_role(known: Message, role: Role) -> list[Field]:
    return [each for each in known.fields if each.role is role]


def is_several(field: Field) -> bool:
    """Whether nothing tells an empty one from none."""
    return field.repeated or field.keyed


def is_message(field: Field, service: TypedService) -> bool:
    opaque = isinstance(field.type, WellKnown) and field.type is not WellKnown.NULL
    return opaque or field.ref in service.messages


def is_of_texts(values: Any) -> bool:
    return any(each.key.startswith('"') for each in values)


def is_double(value: Any) -> bool:
    """Whether a leaf is no number, or one that a double holds."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return True
    return abs(value) <= EXACT if isinstance(value, int) else math.isfinite(value)


def leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for each in value.values() for leaf in leaves(each)]
    if isinstance(value, list):
        return [leaf for each in value for leaf in leaves(each)]
    return [value]


def json_type(value: Any) -> str:
    """The name of a value's JSON type."""
    names = {str: "string", bool: "boolean", dict: "object", list: "array", type(None): "null"}
    return names.get(type(value), "number")


def same(one: Any, other: Any) -> bool:
    """Whether two are the same JSON: 5.0 is 5, and true is not 1; floats by 32 bits or 64."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, float) or isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-7, abs_tol=1e-45)
    return bool(one == other)


def in_order(value: Any) -> Any:
    """What protobuf holds of any JSON: names sorted, as messages are written in the tests."""
    if isinstance(value, dict):
        return {name: in_order(value[name]) for name in sorted(value)}
    return [in_order(each) for each in value] if isinstance(value, list) else number(value)


def number(value: Any) -> Any:
    """A double that is whole as an integer; anything else as it is."""
    is_whole = isinstance(value, float) and value.is_integer() and abs(value) < EXACT
    return int(value) if is_whole else value


def shortest(value: float) -> float:
    """The number with the fewest digits that is this float."""
    tries = (float(f"{value:.{digits}g}") for digits in range(1, 10))
    return next(each for each in tries if struct.pack("<f", each) == struct.pack("<f", value))
