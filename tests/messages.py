"""Messages of any kind, at random: every field of a descriptor, with values that may be there."""

from collections.abc import Callable, Mapping
from random import Random
from types import MappingProxyType
from typing import Any

from google.api import field_behavior_pb2
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

DEEPEST = 2
"""Messages of one kind within each other."""

UNKNOWN = 99
"""A number that no enum has."""

TEXTS = ("a", "header", "query", "body", "connectors/pets/versions/v1", "é\n", "-")
REFERENCES = ("env:TOKEN", "file:key.pem", "secret:hop", "vault:kv/data/a#b")
DURATIONS = ((0, 0), (3, 500_000_000), (0, 1_500_000), (400, 1), (-2, -250_000_000))

SCALARS: Mapping[int, Callable[[Random], Any]] = MappingProxyType(
    {
        FieldDescriptor.TYPE_INT32: lambda random: random.choice((1, 200, 2**31 - 1)),
        FieldDescriptor.TYPE_INT64: lambda random: random.choice((1, 2**53 + 1, 2**63 - 1)),
        FieldDescriptor.TYPE_DOUBLE: lambda random: random.choice((0.1, 0.5, 1.0, 3e-7)),
        FieldDescriptor.TYPE_BOOL: lambda random: random.random() < 0.7,
        FieldDescriptor.TYPE_BYTES: lambda random: random.randbytes(random.randint(1, 4)),
    }
)


def is_required(field: FieldDescriptor) -> bool:
    """Whether the protos say so."""
    said = field.GetOptions().Extensions[field_behavior_pb2.field_behavior]
    return field_behavior_pb2.REQUIRED in said


class Messages:
    """Makes messages, the same ones for the same seed.

    Sound ones have what is required, and of enums only values that there are.
    """

    def __init__(self, seed: int, *, sound: bool) -> None:
        """Takes what tells them from others."""
        self._random = Random(seed)  # noqa: S311 - the same in every run
        self._sound = sound

    def of(self, descriptor: Descriptor, deep: int = 0) -> Any:
        """A message of that kind, so many of its own kind above it."""
        message = GetMessageClass(descriptor)()
        for field in descriptor.fields:
            oneof = field.containing_oneof
            if oneof is not None and len(oneof.fields) > 1:
                continue
            if self._sometimes(always=self._sound and is_required(field)):
                self._put(message, field, deep)
        for oneof in descriptor.oneofs:
            if len(oneof.fields) > 1 and self._sometimes(always=self._sound):
                self._put(message, self._random.choice(list(oneof.fields)), deep)
        return message

    def _sometimes(self, *, always: bool) -> bool:
        return always or self._random.random() < 0.7

    def _put(self, message: Message, field: FieldDescriptor, deep: int) -> None:
        kind = field.message_type
        within = kind is not None and kind.full_name == message.DESCRIPTOR.full_name
        deep = deep + 1 if within else 0
        if deep > DEEPEST:
            return
        held: Any = getattr(message, field.name)
        if kind is not None and kind.GetOptions().map_entry:
            value = kind.fields_by_name["value"]
            for key in self._random.sample(("a", "b", "X-C"), 2):
                _set(held, key, self._value(value, deep), value)
        elif field.is_repeated:
            held.extend(self._value(field, deep) for _ in range(self._random.randint(1, 2)))
        elif kind is not None:
            held.CopyFrom(self._value(field, deep))
        else:
            setattr(message, field.name, self._value(field, deep))

    def _value(self, field: FieldDescriptor, deep: int) -> Any:
        if field.message_type is not None:
            return self._message(field.message_type, deep)
        if field.enum_type is not None:
            return self._random.choice(_numbers(field.enum_type, sound=self._sound))
        if field.type == FieldDescriptor.TYPE_STRING:
            return self._random.choice(REFERENCES if "secret" in field.full_name.lower() else TEXTS)
        return SCALARS[field.type](self._random)

    def _message(self, kind: Descriptor, deep: int) -> Any:
        known = GetMessageClass(kind)
        match kind.full_name:
            case "google.protobuf.Duration":
                seconds, nanos = self._random.choice(DURATIONS)
                return known(seconds=seconds, nanos=nanos)
            case "google.protobuf.Timestamp":
                return known(seconds=self._random.randrange(2**31))
            case "google.protobuf.FieldMask":
                return known(paths=self._random.choice((["labels"], ["spec_text", "notes"])))
        return self.of(kind, deep)


def _set(held: Any, key: str, value: Any, field: FieldDescriptor) -> None:
    if field.message_type is None:
        held[key] = value
    else:
        held[key].CopyFrom(value)


def _numbers(enum: EnumDescriptor, *, sound: bool) -> list[int]:
    known = [each.number for each in enum.values if each.number and each.name != "DATA_LOSS"]
    return known if sound else [*known, 0, UNKNOWN]
