"""Mirror: messages whose fields are called as those of a dataclass, to and fro."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import fields
from enum import Enum
from typing import Any, TypeVar

from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message

from facade.errors.fault import Violation

Value = TypeVar("Value")

NANOSECONDS = 1_000_000_000

SECRET = "_secret"  # noqa: S105 - a suffix of names
"""Ends the names of fields that hold references, where the dataclass has a plain name."""


def fill(message: Message, value: object) -> None:
    """Sets the fields of a message that a dataclass has under the same name.

    Seconds become durations and members of enums their numbers; messages within are left alone.
    """
    for descriptor in message.DESCRIPTOR.fields:
        own = getattr(value, _name(descriptor, value), None)
        if own is None or not _is_plain(descriptor):
            continue
        held = getattr(message, descriptor.name)
        if isinstance(held, Duration):
            held.FromNanoseconds(round(own * NANOSECONDS))
        elif isinstance(own, Mapping):
            held.update(own)
        elif isinstance(own, tuple):
            held.extend(own)
        elif descriptor.enum_type is not None:
            setattr(message, descriptor.name, number_of(own, descriptor.enum_type))
        else:
            setattr(message, descriptor.name, own)


def read(
    message: Message,
    kind: type[Value],
    field: str,
    problems: list[Violation],
    given: Mapping[str, Any] | None = None,
) -> Value:
    """The dataclass that a message stands for; what is unset has the dataclass's default.

    `given` stands for fields that the message leaves unset, or says in another way. Numbers that
    an enum does not have are added to the problems, by their field below `field`.
    """
    known = {each.name for each in fields(kind)}  # type: ignore[arg-type]  # a dataclass
    found: dict[str, Any] = {}
    for descriptor in message.DESCRIPTOR.fields:
        name = _name(descriptor, kind)
        if name not in known or not _is_plain(descriptor):
            continue
        held = getattr(message, descriptor.name)
        if isinstance(held, Duration):
            if message.HasField(descriptor.name):
                found[name] = seconds_of(held)
        elif descriptor.enum_type is not None:
            member = member_of(held, descriptor.enum_type, _default(kind, name))
            if member is None:
                place = f"{field}.{descriptor.name}"
                problems.append(Violation(field=place, description=f"{held} is none of its values"))
            else:
                found[name] = member
        elif held:
            found[name] = _plain(held, descriptor)
    return kind(**(dict(given or {}) | found))


def seconds_of(duration: Duration) -> float:
    """A duration in seconds."""
    return duration.seconds + duration.nanos / NANOSECONDS


def number_of(member: Enum, descriptor: Any) -> int:
    """The number that a message has for a member of an enum of the same names.

    0, which stands for the default, where it has none.
    """
    found = descriptor.values_by_name.get(_prefix(descriptor) + member.name)
    return 0 if found is None else int(found.number)


def member_of(number: int, descriptor: Any, default: Enum) -> Enum | None:
    """The member for a number, the default for none; None for a number that there is not."""
    if number == 0:
        return default
    found = descriptor.values_by_number.get(number)
    if found is None:
        return None
    return type(default)[found.name.removeprefix(_prefix(descriptor))]


def _name(descriptor: Any, owner: object) -> str:
    name: str = descriptor.name
    return name if hasattr(owner, name) or name in _fields(owner) else name.removesuffix(SECRET)


def _fields(owner: object) -> Iterable[str]:
    return getattr(owner, "__dataclass_fields__", {})


def _is_plain(descriptor: Any) -> bool:
    """Whether a field holds no message but a duration or a map of texts."""
    kind = descriptor.message_type
    if kind is None or kind.full_name == Duration.DESCRIPTOR.full_name:
        return True
    return bool(kind.GetOptions().map_entry) and kind.fields_by_name["value"].message_type is None


def _plain(held: Any, descriptor: Any) -> Any:
    if descriptor.message_type is not None:
        return dict(held)
    return tuple(held) if descriptor.is_repeated else held


def _default(kind: type, name: str) -> Any:
    """The member that stands for none: the field's default, or the first of its type."""
    field = kind.__dataclass_fields__[name]  # type: ignore[attr-defined]  # a dataclass
    return field.default if isinstance(field.default, Enum) else next(iter(field.type))


def _prefix(descriptor: Any) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", descriptor.name).upper() + "_"
