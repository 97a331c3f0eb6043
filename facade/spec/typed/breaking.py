"""Breaking: what a new document changes for stubs of the typed service, in the manner of buf.

Numbers and names stay with their keys for ever, so that two services need no numbers to be
compared: what has another key has another number. Messages and enums are looked at where a method
leads to them; one that is gone is told by what led to it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, TypeAlias

from facade.model.difference import Finding, Place, Verdict
from facade.model.typed import (
    Enum,
    Field,
    Message,
    Method,
    Role,
    Streaming,
    TypedService,
)
from facade.spec.document import escape

BESIDE: Final = frozenset({Role.MEMBER, Role.WHOLE, Role.NULL, Role.OTHER})
"""The roles of a value's own field, and of those that stand beside it."""

WIRE, SOURCE = Verdict.WIRE_BREAKING, Verdict.SOURCE_BREAKING

BREAKING: Final[Mapping[str, tuple[Verdict, str]]] = MappingProxyType(
    {
        "method-removed": (WIRE, "A method is gone, or has another name."),
        "method-streaming-changed": (WIRE, "A method streams what it answers now, or no more."),
        "method-response-changed": (WIRE, "A method answers another message."),
        "method-response-added": (SOURCE, "A method that answered an empty message has another."),
        "message-kind-changed": (WIRE, "A message stands for another kind of value."),
        "field-removed": (SOURCE, "A field is gone; its number is never used again."),
        "field-type-changed": (WIRE, "A field has another type, and with it another number."),
        "field-type-adjusted": (SOURCE, "A field has another type of integer, which reads both."),
        "field-label-changed": (WIRE, "A field is a list or a map now, or no more."),
        "field-oneof-changed": (SOURCE, "A field is in a oneof, in another, or in none any more."),
        "enum-value-removed": (SOURCE, "A value of an enum is gone; its number is not used again."),
    }
)
"""What can be found, with its verdict and a line for docs."""

Types: TypeAlias = Mapping[str, tuple[Finding, ...]]
"""What differs in messages and enums, by their keys."""


@dataclass(frozen=True, slots=True)
class Sides:
    """A message as both services have it."""

    old: Message
    new: Message
    names: Mapping[str, str]
    """Of the messages and enums of both, by key."""

    def kind(self, field: Field) -> str:
        """The type of a field, as findings call it."""
        return str(field.type) if field.type is not None else f"`{self.names[field.ref]}`"

    def say(self, rule: str, field: Field, said: str, other: Field | None = None) -> Finding:
        """A finding at a field of the message."""
        message = f"The field `{field.name}` of the message `{self.old.name}` {said}"
        new = _place(self.new.key, other) if other is not None else self.new.key
        return _finding(rule, message, _place(self.old.key, field), new)


def breaking(old: TypedService, new: TypedService) -> Iterator[Finding]:
    """What stubs of the old service meet at the new one, action by action.

    The pointers are keys of messages, with the name of a property behind; those of methods are the
    ids of their actions.
    """
    methods = {each.key: each for each in new.methods}
    types = _types(old, new)
    told: dict[Finding, None] = {}
    for method in old.methods:
        found = [*_method(method, old, new, methods)]
        if method.key in methods:
            found += [each for key in _reached(method, old) for each in types.get(key, ())]
        told.update((replace(each, action=method.action), None) for each in found)
    yield from told


def _method(
    method: Method, old: TypedService, new: TypedService, methods: Mapping[str, Method]
) -> Iterator[Finding]:
    """What differs in a method itself."""
    name, at = f"The method `{method.name}`", method.action
    other = methods.get(method.key)
    if other is None:
        known = {each.key for each in old.methods}
        fresh = (each for each in new.methods if each.key not in known)
        other = next((each for each in fresh if _in_place(each, method)), None)
        if other is None:
            yield _finding("method-removed", f"{name} is gone", at, None)
            return
        words = "one message" if other.streaming is Streaming.NONE else "a stream of messages"
        yield _finding("method-streaming-changed", f"{name} answers {words} now", at, at)
        return
    if method.response == other.response:
        return
    before, after = old.messages[method.response], new.messages[other.response]
    said = f"{name} answers `{after.name}` now, no longer `{before.name}`"
    yield _finding(
        "method-response-changed" if before.fields else "method-response-added", said, at, at
    )


def _in_place(new: Method, old: Method) -> bool:
    """Whether a method has the path of another, and answers in another way."""
    pages = Streaming.PAGES
    return new.action == old.action and (new.streaming is pages) == (old.streaming is pages)


def _types(old: TypedService, new: TypedService) -> Types:
    found: dict[str, tuple[Finding, ...]] = {}
    services = (new, old)
    names = {key: each.name for one in services for key, each in one.messages.items()}
    names |= {key: each.name for one in services for key, each in one.enums.items()}
    for key, message in old.messages.items():
        if key in new.messages:
            found[key] = tuple(_message(Sides(message, new.messages[key], names)))
    for key, enum in old.enums.items():
        if key in new.enums:
            found[key] = tuple(_values(enum, new.enums[key]))
    return {key: each for key, each in found.items() if each}


def _message(sides: Sides) -> Iterator[Finding]:
    old, new = sides.old, sides.new
    if old.kind is not new.kind:
        if old.fields:
            said = f"The message `{old.name}` stands for another kind of value: {new.kind}"
            yield _finding("message-kind-changed", said, old.key, new.key)
        return
    worst: dict[tuple[Role, str], Finding] = {}
    for part, found in _fields(sides):
        known = worst.get(part)
        if known is None or known.verdict.rank < found.verdict.rank:
            worst[part] = found
    yield from worst.values()


def _fields(sides: Sides) -> Iterator[tuple[tuple[Role, str], Finding]]:
    """What differs in fields, by what the field and those beside it stand for together."""
    fields = {each.key: each for each in sides.new.fields}
    roles = {(each.role, each.json): each for each in sides.new.fields}
    for field in sides.old.fields:
        other = fields.get(field.key)
        found = _kept(sides, field, other) if other is not None else None
        if other is None:
            found = _gone(sides, field, roles.get((field.role, field.json)))
        if found is not None:
            yield (Role.MEMBER if field.role in BESIDE else field.role, field.json), found


def _gone(sides: Sides, field: Field, other: Field | None) -> Finding:
    """What became of a field whose key is no more."""
    if other is None:
        return sides.say("field-removed", field, "is gone")
    if (field.repeated, field.keyed) != (other.repeated, other.keyed):
        said = f"is {_label(other)} now, no longer {_label(field)}, and has another number"
        return sides.say("field-label-changed", field, said, other)
    said = f"is {sides.kind(other)} now, no longer {sides.kind(field)}, and has another number"
    return sides.say("field-type-changed", field, said, other)


def _kept(sides: Sides, field: Field, other: Field) -> Finding | None:
    """The worst of what differs in a field that has kept its number."""
    if field.type is not other.type:
        said = f"is {other.type} now, no longer {field.type}, by the same number"
        return sides.say("field-type-adjusted", field, said, other)
    if field.oneof != other.oneof:
        said = f"is in the oneof `{other.oneof}` now" if other.oneof else "is in no oneof any more"
        return sides.say("field-oneof-changed", field, said, other)
    return None


def _values(old: Enum, new: Enum) -> Iterator[Finding]:
    kept = {each.key for each in new.values}
    for value in old.values:
        if value.key not in kept:
            said = f"The value `{value.name}` of the enum `{old.name}` is gone"
            yield _finding("enum-value-removed", said, old.key, new.key)


def _reached(method: Method, service: TypedService) -> Iterator[str]:
    """The messages and enums that a method takes and gives, each once."""
    left = [method.response, method.request]
    seen = set(left)
    while left:
        key = left.pop()
        yield key
        message = service.messages.get(key)
        refs = {each.ref: None for each in message.fields if each.ref} if message else {}
        left += [each for each in refs if each not in seen]
        seen.update(refs)


def _place(key: str, field: Field) -> str:
    named = field.role in (Role.MEMBER, Role.NULL, Role.OTHER) and field.json
    return f"{key}/{escape(field.json)}" if named else key


def _finding(rule: str, said: str, old: str, new: str | None) -> Finding:
    return Finding(
        rule=rule,
        verdict=BREAKING[rule][0],
        message=f"{said}.",
        old=Place(pointer=old),
        new=None if new is None else Place(pointer=new),
    )


def _label(field: Field) -> str:
    return "repeated" if field.repeated else "a map" if field.keyed else "single"
