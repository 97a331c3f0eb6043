"""Shapes: messages that Envoy turns into the backend's own JSON, and back.

Its filter (envoy.filters.http.grpc_json_reverse_transcoder) prints a request as protobuf's JSON,
with the names that fields have in their descriptors, and reads an answer as protobuf's JSON. So a
property is called as the JSON calls it, and so is the value of an enum; numbers stay as they are.
"""

import json
import re
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from msgspec import structs

from facade.model.typed import Enum, Field, Kind, Message, Role, Scalar, TypedService
from facade.spec.typed.layout import alone, entry, is_synthetic, json_names

NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""What fields and values of enums may be called."""
WIDE: Final = frozenset({Scalar.INT64, Scalar.UINT64})
KINDS: Final[Mapping[Kind, str]] = MappingProxyType(
    {
        Kind.WHOLE: "is an array or a value in a message of its own",
        Kind.CHOICE: "is one of several types",
    }
)
"""What a message is whose JSON is not protobuf's."""
ASKED: Final[Mapping[Role, str]] = MappingProxyType(
    {
        Role.NULL: "Null is not sent for `{place}`.",
        Role.OTHER: "Only the values that the document lists are sent for `{place}`.",
        Role.ADDITIONAL: "Additional properties of `{owner}` are not sent.",
    }
)
"""What cannot be sent, by the field that would say it."""
ANSWERED: Final[Mapping[Role, str]] = MappingProxyType(
    {
        Role.NULL: "Null for `{place}` is read as absent.",
        Role.OTHER: "A value of `{place}` that the document does not list ends the call, INTERNAL.",
        Role.ADDITIONAL: "Additional properties of `{owner}` are dropped.",
    }
)
"""What cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """How far Envoy can carry something."""

    reasons: tuple[str, ...] = ()
    """Why it cannot; empty where it can."""
    limits: tuple[str, ...] = ()
    """What is lost where it can."""
    refs: tuple[str, ...] = ()
    """The messages and enums that it needs."""


def together(fits: Iterable[Fit]) -> Fit:
    """Several as one, each word once."""
    all_ = tuple(fits)
    return Fit(
        reasons=tuple(dict.fromkeys(word for each in all_ for word in each.reasons)),
        limits=tuple(dict.fromkeys(word for each in all_ for word in each.limits)),
        refs=tuple(dict.fromkeys(ref for each in all_ for ref in each.refs)),
    )


class Shapes:
    """The messages and enums of a service by the names that Envoy needs."""

    def __init__(self, service: TypedService) -> None:
        """Takes the service; nothing is looked at yet."""
        self.messages = {
            key: _renamed(each, service.enums) for key, each in service.messages.items()
        }
        self.enums = {key: _spoken(each) for key, each in service.enums.items()}
        self._declared = service.messages
        self._known: dict[tuple[str, bool], Fit] = {}

    def whole(self, ref: str, *, asked: bool) -> Fit:
        """A message with all that it holds, as a request has it or an answer."""
        found: dict[str, Fit] = {}
        left = [ref]
        while left:
            key = left.pop()
            if key in self.messages and key not in found:
                found[key] = self._own(key, asked=asked)
                left.extend(reversed(found[key].refs))
        return together((Fit(refs=(ref,)), *found.values()))

    def value(self, field: Field, place: str, *, asked: bool) -> Fit:
        """The value of one field, with all that it holds."""
        own = self._value(field, place, asked=asked)
        if own.reasons:
            return own
        return together((own, *(self.whole(each, asked=asked) for each in own.refs)))

    def _own(self, key: str, *, asked: bool) -> Fit:
        """A message without those that it refers to."""
        if (key, asked) not in self._known:
            found = together(self._members(key, asked=asked))
            self._known[key, asked] = found
        return self._known[key, asked]

    def _members(self, key: str, *, asked: bool) -> Iterator[Fit]:
        message = self.messages[key]
        if _clash(message):
            yield Fit(reasons=(f"`{message.name}` has properties of clashing names.",))
        names = json_names(message)
        for field in message.fields:
            place = f"{message.name}.{field.json}"
            if field.json not in ((field.name,) if asked else (field.name, names[field.name])):
                yield Fit(reasons=(f"No field can be called as `{place}` is.",))
            yield self._value(field, place, asked=asked)
        words = ASKED if asked else ANSWERED
        for field in self._declared[key].fields:
            if field.role in words:
                place = f"{message.name}.{field.json}"
                limit = words[field.role].format(place=place, owner=message.name)
                yield Fit(limits=(limit,))

    def _value(self, field: Field, place: str, *, asked: bool) -> Fit:
        if field.ref in self.enums:
            return self._enum(field, place)
        if field.type in WIDE and asked:
            return Fit(reasons=(f"`{place}` has 64 bits, which protobuf's JSON writes as text.",))
        if field.type is not None:
            return Fit()
        kind = KINDS.get(self.messages[field.ref].kind)
        if kind is not None:
            return Fit(reasons=(f"`{place}` {kind}, which is not protobuf's JSON.",))
        return Fit(refs=(field.ref,))

    def _enum(self, field: Field, place: str) -> Fit:
        enum = self.enums[field.ref]
        names = [each.name for each in enum.values]
        if all(map(NAME.fullmatch, names)) and enum.zero not in names:
            return Fit(refs=(field.ref,))
        return Fit(reasons=(f"`{place}` has values that no value of an enum can be called.",))


def plain(fields: Iterable[Field], enums: Container[str]) -> Iterator[Field]:
    """Fields of properties, each on its own: those beside them Envoy can neither send nor fill."""
    for field in fields:
        if field.role is Role.MEMBER:
            single = not (field.repeated or field.keyed)
            scalar = isinstance(field.type, Scalar) or field.ref in enums
            yield structs.replace(field, oneof="", optional=single and scalar)


def _renamed(message: Message, enums: Container[str]) -> Message:
    """A message whose fields are called as their properties are, where they can be."""
    if message.kind is not Kind.OBJECT:
        return message
    fields = tuple(plain(message.fields, enums))
    taken = {each.json for each in fields}
    named = []
    for field in fields:
        name = field.json if NAME.fullmatch(field.json) else field.name
        while name != field.json and name in taken:
            name += "_"
        taken.add(name)
        named.append(structs.replace(field, name=name))
    return structs.replace(message, fields=tuple(named), reserved=())


def _clash(message: Message) -> bool:
    """Whether what protobuf makes of the names is called as another of them."""
    names = [each.name for each in message.fields]
    names += [alone(each) for each in message.fields if is_synthetic(each)]
    names += [entry(each.name) for each in message.fields if each.keyed]
    return len(set(names)) < len(names)


def _spoken(enum: Enum) -> Enum:
    """An enum whose values are called as their texts; of integers they are no names."""
    values = tuple(
        structs.replace(each, name=said if isinstance(said := json.loads(each.key), str) else "")
        for each in enum.values
    )
    return structs.replace(enum, values=values, reserved=())
